-- verify() on generated structures: the space of five facets divided again and again at
-- a random facet into two, until there are so many parts, a rule for each; then a tenth of
-- the rules takes a label more or less in one facet, which makes conflicts and gaps.
-- In one transaction that is rolled back, with nothing else in the vocabulary; at its end one
-- of the structures is adopted, to see what a session keeps of it.

SET client_min_messages = warning;
BEGIN;
DELETE FROM msb_org.structure;
DELETE FROM msb_org.label;
DELETE FROM msb_org.facet;
INSERT INTO msb_org.facet (facet, position) SELECT 'f' || f, f FROM generate_series(1, 5) f;
INSERT INTO msb_org.label (facet, label, position) SELECT 'f' || f, 'l' || l, l FROM generate_series(1, 5) f, generate_series(1, 12) l;

CREATE FUNCTION pg_temp.divide(name text, nrules integer, noise float) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    parts jsonb[] := ARRAY[(SELECT jsonb_object_agg('f' || f, (SELECT jsonb_agg('l' || l) FROM generate_series(1, 12) l)) FROM generate_series(1, 5) f)];
    part jsonb;
    at integer;
    facet text;
    labels text[];
    cut integer;
BEGIN
    WHILE cardinality(parts) < nrules LOOP
        at := 1 + floor(random() * cardinality(parts));
        facet := 'f' || 1 + floor(random() * 5);
        labels := ARRAY(SELECT jsonb_array_elements_text(parts[at] -> facet) ORDER BY random());
        CONTINUE WHEN cardinality(labels) < 2;
        cut := 1 + floor(random() * (cardinality(labels) - 1));
        part := parts[at];
        parts[at] := part || jsonb_build_object(facet, to_jsonb(labels[:cut]));
        parts := parts || (part || jsonb_build_object(facet, to_jsonb(labels[cut + 1:])));
    END LOOP;
    INSERT INTO msb_org.structure (structure) VALUES (name);
    INSERT INTO msb_org.unit (structure, unit, kind) SELECT name, 'u' || n, 'operating_area' FROM generate_series(0, 9) n;
    FOR at IN 1 .. nrules LOOP
        part := parts[at];
        IF random() < noise THEN
            facet := 'f' || 1 + floor(random() * 5);
            labels := ARRAY(SELECT jsonb_array_elements_text(part -> facet));
            IF random() < 0.5 AND cardinality(labels) > 1 THEN
                labels := labels[2:];
            ELSE
                labels := ARRAY(SELECT DISTINCT l FROM unnest(labels || ('l' || 1 + floor(random() * 12))) l);
            END IF;
            part := part || jsonb_build_object(facet, to_jsonb(labels));
        END IF;
        INSERT INTO msb_org.rule (structure, rule, unit, target)
        SELECT name, 'r' || lpad(at::text, 5, '0'), 'u' || at % 10, string_agg(f || ' ' || l, '; ')::msb_org.target_group
        FROM (SELECT f, string_agg(l, '|') AS l FROM jsonb_each(part) AS e (f, ls), jsonb_array_elements_text(ls) l GROUP BY f) x;
    END LOOP;
END $$;

SELECT setseed(0.5), pg_temp.divide('1500-moved', 1500, 0.1), pg_temp.divide('5000-moved', 5000, 0.1),
       pg_temp.divide('1500-exact', 1500, 0), pg_temp.divide('5000-exact', 5000, 0) \g /dev/null
ANALYZE msb_org.rule;

-- verify_document: without reading the draft.
CREATE TEMP TABLE taken (name text, round integer, value float8);
CREATE PROCEDURE pg_temp.verify_all(rounds integer) LANGUAGE plpgsql AS $$
DECLARE
    began timestamptz;
    name text;
    doc jsonb;
    findings bigint;
BEGIN
    FOR round IN 0 .. rounds LOOP
        FOR name IN SELECT structure FROM msb_org.structure ORDER BY structure LOOP
            began := clock_timestamp();
            SELECT count(*) INTO findings FROM (SELECT finding, message FROM msb_org.verify(name) OFFSET 0) v WHERE finding IN ('gap', 'conflict');
            INSERT INTO taken VALUES ('verify, ' || name || ' rules over five facets, ms', round, extract(epoch FROM clock_timestamp() - began) * 1000);
            IF (name LIKE '%-exact') <> (findings = 0) THEN
                RAISE '%: % gaps and conflicts', name, findings;
            END IF;
            doc := msb_org.export_structure(name);
            began := clock_timestamp();
            PERFORM count(*) FROM (SELECT finding, message FROM msb_org.verify_document(doc) OFFSET 0) v;
            INSERT INTO taken VALUES ('verify_document, ' || name || ' rules over five facets, ms', round, extract(epoch FROM clock_timestamp() - began) * 1000);
        END LOOP;
    END LOOP;
END $$;
CALL pg_temp.verify_all(:rounds);

SELECT msb_org.adopt('1500-exact', DATE '2050-01-01') \g /dev/null
SELECT unit FROM msb_org.decide('f1 l1; f2 l1; f3 l1; f4 l1; f5 l1', DATE '2050-06-01') \g /dev/null
INSERT INTO taken SELECT 'cache of 1,500 rules over five facets, kB', 1, structures / 1024.0 FROM bench.held;

-- Only these outlive the transaction.
SELECT json_agg(taken) AS taken FROM taken WHERE round > 0 \gset
ROLLBACK;
INSERT INTO bench.figure SELECT * FROM json_populate_recordset(NULL::bench.figure, :'taken');
