-- Who writes: each contender has a table of its own, alike in all but what is measured.

SET search_path = bench;
SET client_min_messages = warning;

CREATE TABLE contender (name text PRIMARY KEY, tab text UNIQUE NOT NULL, part integer NOT NULL DEFAULT 1);
INSERT INTO contender (name, tab, part) VALUES
    ('no trigger',                           'w_plain',   1),
    ('foreign key',                          'w_fk',      1),
    ('C trigger, nothing',                   'w_nothing', 1),
    ('C trigger, constant',                  'w_const',   1),
    ('generated column, CASE',               'w_gen',     1),
    ('msb_org, fill trigger alone',          'w_fill',    1),
    ('msb_org, everything on',               'w_all',     1),
    ('PL/pgSQL row trigger, CASE',           'w_case',    1),
    ('PL/pgSQL row trigger, rule table',     'w_table',   10),
    ('PL/pgSQL, area and ledger',            'w_ledger',  1),
    ('PL/pgSQL, the same as everything on',  'w_same',    1);

-- The area can be a generated column only because its CASE says one fixed day: an
-- expression of today's date is not immutable, and a stored area would stay what it was on
-- the day of the write.  It is here for what it costs; it could not do the work.  The CASE is
-- written out, as an administrator would: a function there is inlined anew by every statement.
SELECT replace(substr(pg_get_function_sqlbody('area_by_case'::regproc), 8), 'on_date', $$DATE '2019-07-15'$$) AS the_case \gset

SELECT format('CREATE TABLE %I (case_id integer PRIMARY KEY, citizen_id integer NOT NULL, citizen text NOT NULL, birth date,'
              ' task text NOT NULL, challenge text, service text, opened date NOT NULL, closed date, area text %s, note text)',
              tab, CASE WHEN tab = 'w_gen' THEN 'GENERATED ALWAYS AS (' || :'the_case' || ') STORED' END)
FROM contender \gexec

CREATE TRIGGER area BEFORE INSERT ON w_nothing FOR EACH ROW EXECUTE FUNCTION trigger_nothing();
CREATE TRIGGER area BEFORE INSERT ON w_const FOR EACH ROW EXECUTE FUNCTION trigger_constant();

CREATE FUNCTION by_case() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.area := bench.area_by_case(NEW.birth, NEW.task, NEW.challenge, NEW.service, DATE '2019-07-15');
    RETURN NEW;
END $$;
CREATE FUNCTION by_table() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.area := bench.area_by_table(NEW.birth, NEW.task, NEW.challenge, NEW.service, DATE '2019-07-15');
    RETURN NEW;
END $$;
CREATE TRIGGER area BEFORE INSERT ON w_case FOR EACH ROW EXECUTE FUNCTION by_case();
CREATE TRIGGER area BEFORE INSERT ON w_table FOR EACH ROW EXECUTE FUNCTION by_table();
CREATE TRIGGER area BEFORE INSERT ON w_ledger FOR EACH ROW EXECUTE FUNCTION by_case();
CREATE TRIGGER area BEFORE INSERT ON w_same FOR EACH ROW EXECUTE FUNCTION by_case();

SELECT msb_org.attach(tab, key => 'case_id', citizen => 'citizen', birth => 'birth',
         facets => '{"task": "task", "challenge": "challenge", "service": "service"}',
         opened => 'opened', closed => 'closed', area => 'area', mode => 'fill')
FROM unnest('{bench.w_fill,bench.w_all}'::regclass[]) AS tab \g /dev/null
ALTER TABLE w_fill DISABLE TRIGGER msb_org_area;
ALTER TABLE w_fill DISABLE TRIGGER msb_org_map;
