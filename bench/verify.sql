-- verify() on generated structures: the space of five facets divided again and again at
-- a random facet into two, until there are so many parts, a rule for each; then a tenth of
-- the rules takes a label more or less in one facet, which makes conflicts and gaps.
-- In one transaction that is rolled back, with nothing else in the vocabulary.

\set ON_ERROR_STOP on
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

\echo 'dividing the space into 1,500 and 5,000 rules ...'
\o /dev/null
SELECT setseed(0.5), pg_temp.divide('1500-moved', 1500, 0.1), pg_temp.divide('5000-moved', 5000, 0.1),
       pg_temp.divide('1500-exact', 1500, 0), pg_temp.divide('5000-exact', 5000, 0);
\o
ANALYZE msb_org.rule;

CREATE TEMP TABLE taken (structure text, round integer, what text, ms float, gaps bigint, conflicts bigint);
DO $$
DECLARE
    began timestamptz;
    name text;
    doc jsonb;
    g bigint;
    c bigint;
BEGIN
    FOR round IN 0 .. 5 LOOP
        FOR name IN SELECT structure FROM msb_org.structure ORDER BY structure LOOP
            began := clock_timestamp();
            SELECT count(*) FILTER (WHERE finding = 'gap'), count(*) FILTER (WHERE finding = 'conflict') INTO g, c FROM msb_org.verify(name);
            INSERT INTO taken VALUES (name, round, 'verify', extract(epoch FROM clock_timestamp() - began) * 1000, g, c);
            doc := msb_org.export_structure(name);
            began := clock_timestamp();
            PERFORM count(*) FROM (SELECT finding, message FROM msb_org.verify_document(doc) OFFSET 0) v;
            INSERT INTO taken VALUES (name, round, 'verify_document', extract(epoch FROM clock_timestamp() - began) * 1000, g, c);
        END LOOP;
    END LOOP;
END $$;
\echo
\echo 'verify: milliseconds, median of five rounds after one that is not counted (verify_document: without'
\echo 'reading the draft). Moved: a tenth of the rules, one label more or less in one facet.'
\echo
SELECT t.structure AS "rules over five facets", max(gaps) AS gaps, max(conflicts) AS conflicts,
       round(percentile_cont(0.5) WITHIN GROUP (ORDER BY ms) FILTER (WHERE what = 'verify')::numeric, 1) AS verify,
       round(percentile_cont(0.5) WITHIN GROUP (ORDER BY ms) FILTER (WHERE what = 'verify_document')::numeric, 1) AS verify_document,
       CASE WHEN t.structure LIKE '1500%' THEN 50 ELSE 500 END AS must, CASE WHEN t.structure LIKE '1500%' THEN 10 END AS aim
FROM taken t WHERE round > 0 GROUP BY t.structure ORDER BY t.structure;
ROLLBACK;
