-- Enactments: structures as adopted, frozen, each in force for a span of days.

CREATE TABLE msb_org.enactment (
    structure    text NOT NULL,
    revision     integer NOT NULL,
    from_date    date NOT NULL,
    in_force     daterange NOT NULL,
    document     jsonb NOT NULL,
    decision     text,
    adopted_at   timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    adopted_by   text NOT NULL,
    withdrawn_at timestamptz,
    withdrawn_by text,
    PRIMARY KEY (structure, revision),
    CONSTRAINT enactment_in_force EXCLUDE USING gist (in_force WITH OPERATOR(pg_catalog.&&))
);
COMMENT ON TABLE msb_org.enactment IS 'Adopted structures (vedtagelser): the frozen document of each and the days on which it is in force. Every decision is made from these rows.';
COMMENT ON COLUMN msb_org.enactment.structure IS 'Code of the structure.';
COMMENT ON COLUMN msb_org.enactment.revision IS 'Number of the revision, from 1 for each structure; name#n names it.';
COMMENT ON COLUMN msb_org.enactment.from_date IS 'The day on which it was adopted to come into force.';
COMMENT ON COLUMN msb_org.enactment.in_force IS 'The days on which it is in force; empty if a later enactment took all of them, or if it was withdrawn.';
COMMENT ON COLUMN msb_org.enactment.document IS 'The whole structure as it was adopted, facets and labels included; see export_structure().';
COMMENT ON COLUMN msb_org.enactment.decision IS 'The decision that it rests on: council, date, item.';
COMMENT ON COLUMN msb_org.enactment.adopted_at IS 'The time of the call of adopt().';
COMMENT ON COLUMN msb_org.enactment.adopted_by IS 'The user who called it.';
COMMENT ON COLUMN msb_org.enactment.withdrawn_at IS 'The time of the call of withdraw_enactment(); NULL: it was not withdrawn.';
COMMENT ON COLUMN msb_org.enactment.withdrawn_by IS 'The user who called it.';

-- An enactment does not change, and every backend learns of a new one. The triggers are row
-- triggers, ALWAYS: logical replication fires no statement trigger for rows.
CREATE FUNCTION msb_org.enactment_guard() RETURNS trigger
    LANGUAGE c COST 1 AS 'MODULE_PATHNAME', 'msb_enactment_guard';
COMMENT ON FUNCTION msb_org.enactment_guard() IS
'Trigger: refuses (55000) to change or delete the text of an enactment. It fires on UPDATE and DELETE only, so that a restore succeeds.';

CREATE FUNCTION msb_org.invalidate() RETURNS trigger
    LANGUAGE c COST 1 AS 'MODULE_PATHNAME', 'msb_invalidate';
COMMENT ON FUNCTION msb_org.invalidate() IS
'Trigger: notifies every backend that its cache of this table is out of date.';

CREATE TRIGGER enactment_guard BEFORE UPDATE OR DELETE ON msb_org.enactment
    FOR EACH ROW EXECUTE FUNCTION msb_org.enactment_guard();
CREATE TRIGGER invalidate AFTER INSERT OR UPDATE OR DELETE ON msb_org.enactment
    FOR EACH ROW EXECUTE FUNCTION msb_org.invalidate();
CREATE TRIGGER invalidate_all AFTER TRUNCATE ON msb_org.enactment
    FOR EACH STATEMENT EXECUTE FUNCTION msb_org.invalidate();
ALTER TABLE msb_org.enactment ENABLE ALWAYS TRIGGER invalidate;
ALTER TABLE msb_org.enactment ENABLE ALWAYS TRIGGER invalidate_all;

-- The document of a structure: one form for drafts, revisions and exchange.
CREATE FUNCTION msb_org.export_structure(structure text) RETURNS jsonb
    LANGUAGE plpgsql STABLE STRICT COST 1000
    SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    wanted   text := export_structure.structure;
    document jsonb;
BEGIN
    IF wanted ~ '#[0-9]{1,9}$' THEN
        SELECT e.document INTO document FROM msb_org.enactment e
         WHERE e.structure = regexp_replace(wanted, '#[0-9]+$', '')
           AND e.revision = substring(wanted FROM '#([0-9]+)$')::integer;
    ELSE
        SELECT jsonb_strip_nulls(jsonb_build_object(
                   'format', 1, 'structure', s.structure, 'title', s.title, 'description', s.description,
                   'facets', coalesce((SELECT jsonb_agg(to_jsonb(f) ORDER BY f.position, f.facet COLLATE "C")
                                         FROM msb_org.facet f), '[]'),
                   'labels', coalesce((SELECT jsonb_agg(CASE WHEN l.yields THEN to_jsonb(l) ELSE to_jsonb(l) - 'yields' END
                                                        ORDER BY f.position, l.facet COLLATE "C", l.position, l.label COLLATE "C")
                                         FROM msb_org.label l JOIN msb_org.facet f USING (facet)), '[]'),
                   'units', coalesce((SELECT jsonb_agg(to_jsonb(u) - 'structure' ORDER BY u.unit COLLATE "C")
                                        FROM msb_org.unit u WHERE u.structure = s.structure), '[]'),
                   'rules', coalesce((SELECT jsonb_agg(to_jsonb(r) - 'structure' ORDER BY r.rule COLLATE "C")
                                        FROM msb_org.rule r WHERE r.structure = s.structure), '[]'),
                   'precedences', coalesce((SELECT jsonb_agg(to_jsonb(p) - 'structure'
                                                             ORDER BY p.rule COLLATE "C", p.over COLLATE "C")
                                              FROM msb_org.precedence p WHERE p.structure = s.structure), '[]'),
                   'plan_duties', coalesce((SELECT jsonb_agg(to_jsonb(d) - 'structure'
                                                             ORDER BY d.duty COLLATE "C", d.part COLLATE "C",
                                                                      d.counted USING OPERATOR(msb_org.<))
                                              FROM msb_org.plan_duty d WHERE d.structure = s.structure), '[]')))
          INTO document
          FROM msb_org.structure s WHERE s.structure = wanted;
    END IF;
    IF document IS NULL THEN
        RAISE undefined_object USING
            MESSAGE = format(msb_org.gettext('structure "%s" does not exist'), msb_org.printable(wanted)),
            HINT = msb_org.gettext('A plain name is a draft in msb_org.structure, name#n a revision in msb_org.enactment.');
    END IF;
    RETURN document;
END $$;
COMMENT ON FUNCTION msb_org.export_structure(text) IS
'Returns the whole structure as one document: a draft by its name, a revision as name#n. Facets and labels are part of it. import_structure() reads it. Raises 42704 if there is no such structure.';

CREATE FUNCTION msb_org.import_structure(document jsonb, structure text DEFAULT NULL) RETURNS text
    LANGUAGE plpgsql VOLATILE COST 1000
    SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    doc    jsonb := import_structure.document;
    name   text := coalesce(import_structure.structure, doc ->> 'structure');
    part   text;
    place  text;            -- the rule or duty whose target group is read
    place_part text;        -- the duty's part
    target text;
    wrong  text;
    detail text;
BEGIN
    IF doc IS NULL OR jsonb_typeof(doc) <> 'object' OR jsonb_typeof(doc -> 'structure') IS DISTINCT FROM 'string' THEN
        RAISE invalid_parameter_value USING
            MESSAGE = msb_org.gettext('this is not the document of a structure'),
            DETAIL = msb_org.gettext('It must be an object with the structure''s name under "structure".');
    END IF;
    IF (doc -> 'format') IS DISTINCT FROM '1'::jsonb THEN
        RAISE invalid_parameter_value USING
            MESSAGE = msb_org.gettext('the document''s format is not one that this version reads'),
            HINT = msb_org.gettext('The key "format" must be 1.');
    END IF;
    FOREACH part IN ARRAY '{facets,labels,units,rules,precedences,plan_duties}'::text[] LOOP
        IF jsonb_typeof(doc -> part) IS DISTINCT FROM 'array'
           OR jsonb_path_exists(doc, format('strict $.%I[*] ? (@.type() != "object")', part)::jsonpath) THEN
            RAISE invalid_parameter_value USING
                MESSAGE = format(msb_org.gettext('the document''s "%s" must be a list of objects'), part);
        END IF;
    END LOOP;
    IF name !~ '^[^#[:space:]]+$' THEN
        RAISE invalid_parameter_value USING
            MESSAGE = format(msb_org.gettext('"%s" cannot be the name of a structure'), msb_org.printable(name)),
            DETAIL = msb_org.gettext('A name has neither spaces nor #, since name#n is a revision.');
    END IF;
    IF EXISTS (SELECT FROM msb_org.structure s WHERE s.structure = name) THEN
        RAISE duplicate_object USING
            MESSAGE = format(msb_org.gettext('structure "%s" exists already'), name),
            HINT = msb_org.gettext('Import it under another name with import_structure(document, ''another-name''), or delete the existing draft. shipped_structure() and export_structure() return the document.');
    END IF;

    INSERT INTO msb_org.structure (structure, title, description)
    VALUES (name, doc ->> 'title', doc ->> 'description');
    BEGIN
        part := 'facets';
        INSERT INTO msb_org.facet (facet, position, if_null, title)
            SELECT facet, coalesce(position, 0), if_null, title
              FROM jsonb_to_recordset(doc -> 'facets') AS r (facet text, position integer, if_null text, title text)
            ON CONFLICT DO NOTHING;
        part := 'labels';
        INSERT INTO msb_org.label (facet, label, parent, position, priority, yields, title)
            SELECT facet, label, parent, coalesce(position, 0), priority, coalesce(yields, false), title
              FROM jsonb_to_recordset(doc -> 'labels') AS r (facet text, label text, parent text,
                   position integer, priority integer, yields boolean, title text)
            ON CONFLICT DO NOTHING;
        part := 'units';
        INSERT INTO msb_org.unit (structure, unit, parent, kind, title, contact, origin)
            SELECT name, unit, parent, kind, title, contact, coalesce(origin, 'default')
              FROM jsonb_to_recordset(doc -> 'units') AS r (unit text, parent text, kind text,
                   title text, contact text, origin text);
        -- target groups one by one, so that the message can name the rule that has a wrong one
        part := 'rules';
        FOR place, target IN SELECT coalesce(r ->> 'rule', ''), r ->> 'target'
                               FROM jsonb_array_elements(doc -> 'rules') r LOOP
            PERFORM target::msb_org.target_group;
        END LOOP;
        place := NULL;
        INSERT INTO msb_org.rule (structure, rule, unit, target, origin, basis)
            SELECT name, rule, unit, target, coalesce(origin, 'default'), basis
              FROM jsonb_to_recordset(doc -> 'rules') AS r (rule text, unit text,
                   target msb_org.target_group, origin text, basis text);
        part := 'precedences';
        INSERT INTO msb_org.precedence (structure, rule, over, origin, reason)
            SELECT name, rule, over, coalesce(origin, 'default'), reason
              FROM jsonb_to_recordset(doc -> 'precedences') AS r (rule text, over text, origin text, reason text);
        part := 'plan_duties';
        FOR place, place_part, target IN SELECT coalesce(r ->> 'duty', ''), coalesce(r ->> 'part', ''), r ->> 'counted'
                               FROM jsonb_array_elements(doc -> 'plan_duties') r LOOP
            PERFORM target::msb_org.target_group;
        END LOOP;
        place := NULL;
        INSERT INTO msb_org.plan_duty (structure, duty, part, counted, min_units, action, basis)
            SELECT name, duty, part, counted, coalesce(min_units, 2), coalesce(action, 'open'), basis
              FROM jsonb_to_recordset(doc -> 'plan_duties') AS r (duty text, part text,
                   counted msb_org.target_group, min_units integer, action text, basis text);
    EXCEPTION WHEN data_exception OR integrity_constraint_violation THEN
        GET STACKED DIAGNOSTICS wrong = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL;
        RAISE invalid_parameter_value USING
            MESSAGE = CASE WHEN place IS NULL
                               THEN format(msb_org.gettext('the document''s "%s" cannot be imported: %s'), part, msb_org.printable(wrong))
                           WHEN part = 'rules'
                               THEN format(msb_org.gettext('the document''s "%s" cannot be imported, rule "%s": %s'),
                                           part, msb_org.printable(place), msb_org.printable(wrong))
                           ELSE format(msb_org.gettext('the document''s "%s" cannot be imported, duty "%s", part "%s": %s'),
                                       part, msb_org.printable(place), msb_org.printable(place_part), msb_org.printable(wrong)) END,
            DETAIL = coalesce(nullif(msb_org.printable(detail), ''), msb_org.gettext('Nothing was imported.'));
    END;
    RETURN name;
END $$;
COMMENT ON FUNCTION msb_org.import_structure(jsonb, text) IS
'Writes a document of export_structure() as a draft, under its own name or the one given, and returns the name. It adds missing facets and labels and changes none. Raises 42710 if the draft exists, 22023 if the argument is no such document or a part of it cannot be written. After an error nothing is written.';

CREATE FUNCTION msb_org.shipped_structure(structure text) RETURNS jsonb
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN CASE structure
WHEN 'msb-2018' THEN $json$
-- @include extension/structures/msb-2018.json
$json$::pg_catalog.jsonb
WHEN 'msb-2019' THEN $json$
-- @include extension/structures/msb-2019.json
$json$::pg_catalog.jsonb
END;
COMMENT ON FUNCTION msb_org.shipped_structure(text) IS
'Returns the document of a structure that ships with the extension, as load_structure() reads it: msb-2018 (before 1 August 2019) or msb-2019 (after). NULL for any other name.';

CREATE FUNCTION msb_org.load_structure(structure text) RETURNS text
    LANGUAGE plpgsql VOLATILE COST 1000
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    document jsonb := msb_org.shipped_structure(structure);
BEGIN
    IF structure IS NULL THEN
        RAISE null_value_not_allowed USING MESSAGE = msb_org.gettext('structure must be given');
    END IF;
    IF document IS NULL THEN
        RAISE undefined_object USING
            MESSAGE = format(msb_org.gettext('no structure "%s" comes with the extension'), msb_org.printable(structure)),
            HINT = msb_org.gettext('msb-2018 and msb-2019 do; import_structure() imports any other.');
    END IF;
    PERFORM msb_org.load_plan_kinds();
    RETURN msb_org.import_structure(document);
END $$;
COMMENT ON FUNCTION msb_org.load_structure(text) IS
'Loads a structure that ships with the extension (msb-2018, msb-2019) as a draft, and returns its name. It adds missing labels, and kinds of plans as load_plan_kinds() does, and changes none. Raises 42704 for another name, 42710 if the draft exists, 22004 for NULL.';

CREATE FUNCTION msb_org.copy_structure(from_structure text, to_structure text) RETURNS text
    LANGUAGE plpgsql VOLATILE COST 1000
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF from_structure IS NULL OR to_structure IS NULL THEN
        RAISE null_value_not_allowed USING
            MESSAGE = msb_org.gettext('from_structure and to_structure must be given');
    END IF;
    RETURN msb_org.import_structure(msb_org.export_structure(from_structure), to_structure);
END $$;
COMMENT ON FUNCTION msb_org.copy_structure(text, text) IS
'Begins a proposal from a draft, or from a revision as name#n, and returns its name. It copies units, rules, precedences and plan duties, no hearing notes. Labels that have been deleted since are added again. Raises 42704 if there is no such structure, 42710 if the new name is taken, 22023 if it is no name, 22004 for NULL.';

CREATE FUNCTION msb_org.adopt(structure text, from_date date, decision text DEFAULT NULL) RETURNS text
    LANGUAGE plpgsql VOLATILE COST 1000
    SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    name       text := adopt.structure;
    first_day  date := adopt.from_date;
    proposal   msb_org.structure;
    seen       bigint;
    document   jsonb;
    findings   text[];
    revision   integer;
    next_start date;
BEGIN
    IF name IS NULL OR first_day IS NULL THEN
        RAISE null_value_not_allowed USING
            MESSAGE = msb_org.gettext('structure and from_date must be given');
    END IF;
    IF NOT isfinite(first_day) THEN
        RAISE invalid_parameter_value USING MESSAGE = msb_org.gettext('from_date must be a day');
    END IF;
    IF name ~ '#' THEN
        RAISE invalid_parameter_value USING
            MESSAGE = format(msb_org.gettext('"%s" is a revision, and only a draft can be adopted'), name),
            HINT = msb_org.gettext('To adopt an earlier text again, import it with import_structure(export_structure(...), ...).');
    END IF;
    -- A session that waited for another decides anew: the structure in force is a different one.
    SELECT count(*) + count(e.withdrawn_at) INTO seen FROM msb_org.enactment e;
    LOCK TABLE msb_org.enactment IN SHARE ROW EXCLUSIVE MODE;
    IF seen <> (SELECT count(*) + count(e.withdrawn_at) FROM msb_org.enactment e) THEN
        RAISE object_not_in_prerequisite_state USING
            MESSAGE = format(msb_org.gettext('structure "%s" is not adopted: another session has changed the structures in force meanwhile'), name),
            DETAIL = (SELECT format(msb_org.gettext('Last adopted: %s#%s, from %s.'), e.structure, e.revision, e.from_date)
                        FROM msb_org.enactment e ORDER BY e.adopted_at DESC LIMIT 1),
            HINT = msb_org.gettext('Look at msb_org.enactment, and adopt the structure again if it should still come into force.');
    END IF;

    document := msb_org.export_structure(name);
    SELECT s.* INTO proposal FROM msb_org.structure s WHERE s.structure = name FOR UPDATE;
    IF proposal.status = 'withdrawn' THEN
        RAISE object_not_in_prerequisite_state USING
            MESSAGE = format(msb_org.gettext('structure "%s" is withdrawn and cannot be adopted'), name),
            HINT = format(msb_org.gettext('To propose it again: UPDATE msb_org.structure SET status = ''proposed'' WHERE structure = %s;'), quote_literal(name));
    END IF;
    IF proposal.status = 'hearing' AND proposal.hearing_to >= msb_org.today() THEN
        RAISE object_not_in_prerequisite_state USING
            MESSAGE = format(msb_org.gettext('structure "%s" is in hearing until %s and cannot be adopted before that'), name, proposal.hearing_to),
            HINT = msb_org.gettext('Adopt it after that day, or change hearing_to or status in msb_org.structure.');
    END IF;
    SELECT array_agg(upper(left(f.message, 1)) || regexp_replace(msb_org.printable(substr(f.message, 2), 500) || '.', '\.{4}$', '...')) INTO findings
      FROM msb_org.verify_document(document) f WHERE f.severity = 'error';
    IF findings IS NOT NULL THEN
        RAISE check_violation USING
            MESSAGE = format(msb_org.ngettext('structure "%s" cannot be adopted: %s error',
                                              'structure "%s" cannot be adopted: %s errors', cardinality(findings)),
                             name, cardinality(findings)),
            DETAIL = array_to_string(findings[1:3], E'\n'),
            HINT = format(msb_org.gettext('To see them all: SELECT * FROM msb_org.verify(%s) WHERE severity = ''error'';'), quote_literal(name));
    END IF;
    PERFORM msb_org.check_area_units(t.relation, t.area, t.area_values, document)
       FROM msb_org.attachment t WHERE t.area IS NOT NULL;
    IF first_day < msb_org.today() AND EXISTS (
        SELECT FROM msb_org.assignment a
         WHERE a.valid_from >= first_day::timestamp AT TIME ZONE current_setting('msb_org.timezone')) THEN
        RAISE object_not_in_prerequisite_state USING
            MESSAGE = format(msb_org.gettext('structure "%s" cannot come into force on %s: cases have been judged on or after that day'),
                             name, first_day),
            HINT = msb_org.gettext('Decisions that were made do not change. Adopt the structure from today or a later day.');
    END IF;

    SELECT coalesce(max(e.revision), 0) + 1 INTO revision FROM msb_org.enactment e WHERE e.structure = name;
    SELECT min(lower(e.in_force)) INTO next_start FROM msb_org.enactment e WHERE lower(e.in_force) > first_day;
    BEGIN
        UPDATE msb_org.enactment e
           SET in_force = daterange(lower(e.in_force), first_day)
         WHERE e.in_force @> first_day;
        INSERT INTO msb_org.enactment (structure, revision, from_date, in_force, document, decision, adopted_by)
        VALUES (name, revision, first_day, daterange(first_day, next_start), document, adopt.decision, msb_org.actor());
    EXCEPTION WHEN serialization_failure OR exclusion_violation OR unique_violation THEN
        -- the other session's rows are outside this transaction's snapshot
        RAISE serialization_failure USING
            MESSAGE = format(msb_org.gettext('structure "%s" is not adopted: another session has changed the structures in force since this transaction began'), name),
            HINT = msb_org.gettext('Look at msb_org.enactment in a new transaction, and adopt the structure again if it should still come into force.');
    END;
    UPDATE msb_org.structure s SET status = 'adopted' WHERE s.structure = name AND s.status <> 'adopted';
    RETURN format('%s#%s', name, revision);
END $$;
COMMENT ON FUNCTION msb_org.adopt(text, date, text) IS
'Freezes a draft as a new revision, in force from from_date until the next enacted structure begins, and returns its name (name#n). The structure in force on that day ends the day before. The draft''s status becomes adopted. Waits for another session that adopts (SHARE ROW EXCLUSIVE on enactment).

- 23514, with the first three findings in DETAIL, if verify() finds an error.
- 55000 for a past day on or after which cases have been judged, for a proposal that is withdrawn or still in hearing, and if another session adopted meanwhile (40001 if its rows are outside the transaction''s snapshot).
- 22023, 22001 or 42804 if the area column of an attached table cannot hold a unit.
- 22023 for an infinite day, or for a revision instead of a draft; 42704 if there is no such draft; 22004 for NULL.';

CREATE FUNCTION msb_org.withdraw_enactment(structure text, revision integer) RETURNS void
    LANGUAGE plpgsql VOLATILE COST 1000
    SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    gone msb_org.enactment;
BEGIN
    IF withdraw_enactment.structure IS NULL OR withdraw_enactment.revision IS NULL THEN
        RAISE null_value_not_allowed USING
            MESSAGE = msb_org.gettext('structure and revision must be given');
    END IF;
    LOCK TABLE msb_org.enactment IN SHARE ROW EXCLUSIVE MODE;
    SELECT e.* INTO gone FROM msb_org.enactment e
     WHERE e.structure = withdraw_enactment.structure AND e.revision = withdraw_enactment.revision;
    IF NOT FOUND THEN
        RAISE undefined_object USING
            MESSAGE = format(msb_org.gettext('there is no enactment %s#%s'), msb_org.printable(withdraw_enactment.structure), withdraw_enactment.revision),
            HINT = msb_org.gettext('SELECT structure, revision, in_force FROM msb_org.enactment shows what there is.');
    END IF;
    IF gone.withdrawn_at IS NOT NULL THEN
        RAISE object_not_in_prerequisite_state USING
            MESSAGE = format(msb_org.gettext('enactment %s#%s has been withdrawn already'), gone.structure, gone.revision);
    END IF;
    IF isempty(gone.in_force) AND gone.from_date <= msb_org.today() THEN
        RAISE object_not_in_prerequisite_state USING
            MESSAGE = format(msb_org.gettext('enactment %s#%s is not in force on any day: a later one has replaced it'), gone.structure, gone.revision);
    END IF;
    IF gone.from_date <= msb_org.today() THEN
        RAISE object_not_in_prerequisite_state USING
            MESSAGE = format(msb_org.gettext('enactment %s#%s came into force on %s and cannot be withdrawn'),
                             gone.structure, gone.revision, gone.from_date),
            HINT = msb_org.gettext('Adopt another structure from today or a later day.');
    END IF;
    UPDATE msb_org.enactment e
       SET in_force = 'empty', withdrawn_at = clock_timestamp(), withdrawn_by = msb_org.actor()
     WHERE e.structure = gone.structure AND e.revision = gone.revision;
    -- The span goes back to the enactment before it: the latest to begin on that day or earlier.
    IF NOT isempty(gone.in_force) THEN
        UPDATE msb_org.enactment e
           SET in_force = daterange(e.from_date, upper(gone.in_force))
         WHERE (e.structure, e.revision) = (
               SELECT b.structure, b.revision FROM msb_org.enactment b
                WHERE b.withdrawn_at IS NULL AND b.from_date <= gone.from_date
                ORDER BY b.from_date DESC, b.adopted_at DESC LIMIT 1);
    END IF;
END $$;
COMMENT ON FUNCTION msb_org.withdraw_enactment(text, integer) IS
'Withdraws an enactment that is not in force yet. Its days go back to the enactment before it. The row remains, marked as withdrawn. The draft''s status does not change. Raises 55000 if the enactment came into force already or was withdrawn, 42704 if there is none, 22004 for NULL.';
