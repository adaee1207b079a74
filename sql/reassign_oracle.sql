-- reassign() against judging every case: random changes, most of them while triggers are
-- off, in three tables with keys of three types, one of them partitioned, in every mode,
-- with overrides, aliases and structures that come into force; then both, from the same
-- state.  Ledger, areas, duties, plans and handovers must be the same, and a case that
-- was judged must be found settled.  What is printed does not depend on the numbers.
SET client_min_messages = warning;
SET datestyle = ISO;
SET msb_org.today = '2019-09-01';
SELECT msb_org.load_structure('msb-2018'), msb_org.load_structure('msb-2019');
SELECT msb_org.adopt('msb-2018', DATE '2019-01-01'), msb_org.adopt('msb-2019', DATE '2019-09-08');
CREATE TABLE borger (borger_id integer PRIMARY KEY, foedt date);
INSERT INTO borger SELECT n, DATE '2019-09-01' - n * 700 FROM generate_series(1, 40) n;
CREATE TABLE delt (nr integer PRIMARY KEY, borger_id integer REFERENCES borger, opgave text, udfordring text, aabnet date, afsluttet date, omraade text)
    PARTITION BY LIST (nr);
CREATE TABLE delt_1 PARTITION OF delt DEFAULT;
CREATE TABLE delt_2 (afsluttet date, omraade text, nr integer PRIMARY KEY, borger_id integer REFERENCES borger, aabnet date, opgave text, udfordring text);
ALTER TABLE delt ATTACH PARTITION delt_2 FOR VALUES IN (2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59);
CREATE TABLE tekst (nr varchar(20) COLLATE "C" PRIMARY KEY, borger_id integer REFERENCES borger, opgave text, udfordring text, aabnet date, afsluttet date, omraade text);
CREATE TABLE fast (nr char(6) PRIMARY KEY, borger_id integer REFERENCES borger, opgave text, udfordring text, aabnet date, afsluttet date, omraade text);
CREATE INDEX ON delt (borger_id);
CREATE INDEX ON tekst (borger_id);
CREATE INDEX ON fast (borger_id);
INSERT INTO msb_org.alias (facet, pattern, label) VALUES ('challenge', 'Q1', 'homelessness');
SELECT msb_org.attach(tab, key => 'nr', citizen => 'borger_id.borger_id', birth => 'borger_id.foedt', opened => 'aabnet', closed => 'afsluttet',
                      area => CASE WHEN tab <> 'fast'::regclass THEN 'omraade' END,
                      facets => '{"task": "opgave", "challenge": "udfordring"}', mode => 'fill')
  FROM unnest('{delt,tekst,fast}'::regclass[]) tab;

CREATE FUNCTION draw(n integer) RETURNS integer LANGUAGE sql VOLATILE AS 'SELECT floor(random() * n)::integer';
CREATE FUNCTION one(list text[]) RETURNS text LANGUAGE sql VOLATILE AS $$ SELECT nullif(list[1 + draw(cardinality(list))], 'NULL') $$;

CREATE FUNCTION change() RETURNS text LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    tab       text := one('{delt,tekst,fast}');
    key       text := CASE tab WHEN 'tekst' THEN 'n || ''é''' WHEN 'fast' THEN 'n::text' ELSE 'n' END;
    task      text := one('{provision,authority,benefit,coordination,ukendt,NULL}');
    challenge text := one('{homelessness,disability,unemployment,brain_injury,Q1,NULL}');
    few       text := format('abs(hashtext(nr::text)) %% 11 = %s', draw(11));
BEGIN
    RETURN CASE draw(11)
        WHEN 0 THEN format('INSERT INTO %s SELECT %s, 1 + n %% 40, %L, %L FROM generate_series(%s, %s) n ON CONFLICT DO NOTHING',
                           tab || '(nr, borger_id, opgave, udfordring)', key, task, challenge, draw(60), draw(70))
        WHEN 1 THEN format('INSERT INTO %s SELECT %s, 1 + n %% 40, %L, %L, %L FROM generate_series(%s, %s) n ON CONFLICT DO NOTHING',
                           tab || '(nr, borger_id, opgave, udfordring, omraade)', key, task, challenge, one('{unge,job}'), draw(60), draw(70))
        WHEN 2 THEN format('DELETE FROM %s WHERE %s', tab, few)
        WHEN 3 THEN format('UPDATE %s SET opgave = %L WHERE %s', tab, task, few)
        WHEN 4 THEN format('UPDATE %s SET udfordring = %L WHERE %s', tab, challenge, few)
        WHEN 5 THEN format('UPDATE %s SET omraade = %L WHERE %s', tab, one('{unge,job,udsatte,NULL}'), few)
        WHEN 6 THEN format('UPDATE %s SET afsluttet = msb_org.today() + %s WHERE %s', tab, draw(10) - 4, few)
        WHEN 7 THEN format('UPDATE %s SET afsluttet = NULL, aabnet = msb_org.today() - %s WHERE %s', tab, draw(100), few)
        WHEN 8 THEN format('UPDATE borger SET foedt = %L WHERE borger_id = %s', msb_org.today() - draw(30000), 1 + draw(40))
        WHEN 9 THEN format('UPDATE %s SET borger_id = 1 + %s WHERE %s', tab, draw(40), few)
        ELSE format('UPDATE %s SET opgave = opgave WHERE %s', tab, few)
    END;
END $$;

-- Everything that is recorded, without times and the numbers of plans.
CREATE FUNCTION recorded() RETURNS text[] LANGUAGE sql VOLATILE AS $$
    SELECT array_agg(r.what ORDER BY r.what) FROM (
        SELECT concat_ws(' ', 'case', a.case_table, a.case_key, row_number() OVER (PARTITION BY a.case_table, a.case_key ORDER BY a.valid_from),
                         (to_jsonb(a) - '{valid_from,valid_to,recorded_at}'::text[]) || jsonb_build_object('ended', a.valid_to IS NOT NULL)) AS what
          FROM msb_org.assignment a
        UNION ALL SELECT concat_ws(' ', 'row', s.tab, s.nr, coalesce(s.omraade, '-'))
          FROM (SELECT 'delt' AS tab, nr::text, omraade FROM delt UNION ALL SELECT 'tekst', nr, omraade FROM tekst UNION ALL SELECT 'fast', nr, omraade FROM fast) s
        UNION ALL SELECT concat_ws(' ', 'reason', r.citizen, r.duty, r.units, r.action, r.observed, r.valid_to IS NULL) FROM msb_org.plan_reason r
        UNION ALL SELECT concat_ws(' ', 'plan', p.citizen, p.kind, p.status, p.unit, p.challenge, p.duty) FROM msb_org.plan p
        UNION ALL SELECT concat_ws(' ', 'takes part', p.citizen, p.participant, p.valid_to IS NULL) FROM msb_org.plan_participant p
        UNION ALL SELECT concat_ws(' ', 'handover', h.citizen, h.case_table, CASE WHEN h.case_table <> '' THEN h.case_key END, h.planned, h.cause,
                                   h.from_unit, h.to_unit, h.moved_at IS NULL, h.void_at IS NULL) FROM msb_org.handover h) r
$$;

-- What reassign() did before it looked first: every case, batch after batch.
CREATE PROCEDURE judge_every_case(tab text, batch_size integer) LANGUAGE plpgsql AS $$
DECLARE
    keys text[];
    last text;
BEGIN
    LOOP
        EXECUTE format('SELECT array_agg(s.nr::text ORDER BY s.nr) FROM (SELECT nr FROM %1$I WHERE $1 IS NULL OR nr > $1::%2$s ORDER BY nr LIMIT $2) s',
                       tab, CASE tab WHEN 'delt' THEN 'integer' WHEN 'fast' THEN 'bpchar' ELSE 'varchar' END) INTO keys USING last, batch_size;
        EXIT WHEN keys IS NULL;
        IF msb_org.judge_cases(tab, keys, 'reassign') > 0 THEN
            PERFORM msb_org.record_moves(tab, keys, false);
        END IF;
        last := keys[cardinality(keys)];
    END LOOP;
    EXECUTE format('SELECT array_agg(a.case_key) FROM msb_org.assignment a WHERE a.case_table = %1$L AND a.valid_to IS NULL'
                   ' AND a.case_key NOT IN (SELECT nr::text FROM %1$I)', tab) INTO keys;
    IF keys IS NOT NULL THEN
        PERFORM msb_org.judge_cases(tab, keys, 'reassign');
    END IF;
END $$;

CREATE TABLE seen (judged integer, unsettled integer, settled_given integer, overridden integer);
CREATE PROCEDURE rounds(seed float, count integer) LANGUAGE plpgsql AS $$
DECLARE
    plain  text[];
    fast   text[];
    batch  record;
    one    record;
    size   integer;
    wrong  text;
BEGIN
    PERFORM setseed(seed);
    FOR round IN 1 .. count LOOP
        -- the application's, as they come, and behind the triggers' back
        FOR i IN 1 .. draw(6) LOOP
            BEGIN
                EXECUTE change();
                SET CONSTRAINTS ALL IMMEDIATE;
            EXCEPTION WHEN check_violation THEN
                NULL;   -- refused in enforce
            END;
        END LOOP;
        COMMIT;
        SET LOCAL session_replication_role = replica;
        FOR i IN 1 .. draw(8) LOOP
            EXECUTE change();
        END LOOP;
        COMMIT;
        CASE draw(6)
            WHEN 0 THEN PERFORM msb_org.set_mode(one('{delt,tekst,fast}'), one('{observe,fill,enforce}'));
            WHEN 1 THEN UPDATE msb_org.alias SET label = one('{homelessness,disability}') WHERE pattern = 'Q1';
            WHEN 2, 3 THEN
                BEGIN
                    PERFORM msb_org.override(a.case_table, a.case_key, u.unit, 'prøve', CASE draw(2) WHEN 0 THEN msb_org.today() + draw(4) END)
                       FROM (SELECT * FROM msb_org.current_assignment ORDER BY random() LIMIT 2) a,
                            (SELECT unit FROM msb_org.unit_in_force ORDER BY random() LIMIT 1) u
                      WHERE EXISTS (SELECT FROM delt WHERE a.case_table = 'delt' AND nr::text = a.case_key UNION ALL
                                    SELECT FROM tekst WHERE a.case_table = 'tekst' AND nr = a.case_key UNION ALL
                                    SELECT FROM fast WHERE a.case_table = 'fast' AND nr::text = a.case_key);
                EXCEPTION WHEN undefined_object THEN
                    NULL;   -- its row has been closed behind the triggers' back
                END;
            ELSE NULL;
        END CASE;
        COMMIT;
        PERFORM set_config('msb_org.today', (msb_org.today() + CASE WHEN round % 4 = 0 THEN 1 + draw(2) ELSE 0 END)::text, false);
        size := 1 + draw(60);
        INSERT INTO seen SELECT sum(u.judged), sum(cardinality(u.keys)), 0, 0
          FROM unnest('{delt,tekst,fast}'::text[]) tab, msb_org.changed_cases(tab, NULL, 1000) u;
        COMMIT;

        FOR one IN SELECT t.case_table FROM msb_org.attached_table t ORDER BY 1 LOOP
            CALL judge_every_case(one.case_table, size);
        END LOOP;
        plain := recorded();
        ROLLBACK;
        FOR one IN SELECT t.case_table FROM msb_org.attached_table t ORDER BY 1 LOOP
            PERFORM msb_org.reassign_begin(one.case_table);
            WHILE msb_org.reassign_batch(one.case_table, size) LOOP
            END LOOP;
        END LOOP;
        fast := recorded();
        COMMIT;

        SELECT string_agg(d.what, E'\n' ORDER BY d.what) INTO wrong
          FROM ((SELECT 'every: ' || p AS what FROM unnest(plain) p EXCEPT ALL SELECT 'every: ' || f FROM unnest(fast) f) UNION ALL
                (SELECT 'dry:   ' || f FROM unnest(fast) f EXCEPT ALL SELECT 'dry:   ' || p FROM unnest(plain) p)) d;
        IF wrong IS NOT NULL THEN
            RAISE EXCEPTION E'round % of %: they differ\n%', round, seed, wrong;
        END IF;
        SELECT string_agg(concat_ws(' ', tab, u.keys), ', ') INTO wrong
          FROM unnest('{delt,tekst,fast}'::text[]) tab, msb_org.changed_cases(tab, NULL, 1000) u WHERE u.keys <> '{}';
        IF wrong IS NOT NULL OR EXISTS (SELECT FROM unnest('{delt,tekst,fast}'::text[]) tab WHERE msb_org.lost_cases(tab) IS NOT NULL) THEN
            RAISE EXCEPTION 'round % of %: judged and not settled: %', round, seed, wrong;
        END IF;
        INSERT INTO seen SELECT 0, 0, count(*) FILTER (WHERE a.finding = 'wrong_area'), count(*) FILTER (WHERE a.origin = 'override')
          FROM msb_org.current_assignment a;
        COMMIT;
    END LOOP;
END $$;
-- set_mode() warns of what a round has just written behind its back
SET client_min_messages = error;
CALL rounds(0.1, 40);
SELECT msb_org.adopt('msb-2018', msb_org.today() + 3);
CALL rounds(0.2, 20);
-- There was much of everything.
SELECT sum(judged) > 1000 AS judged, sum(unsettled) > 100 AS unsettled, sum(judged - unsettled) > 1000 AS settled,
       sum(settled_given) > 0 AS violations, sum(overridden) > 0 AS overridden,
       (SELECT count(*) > 0 FROM msb_org.handover) AS handovers, (SELECT count(*) > 0 FROM msb_org.plan) AS plans FROM seen;
DROP TABLE delt, tekst, fast, borger CASCADE;
DROP FUNCTION draw(integer), one(text[]), change(), recorded();
DROP PROCEDURE judge_every_case(text, integer), rounds(float, integer);
DROP TABLE seen;
DROP EXTENSION msb_org CASCADE;
CREATE EXTENSION msb_org;
