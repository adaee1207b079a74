\echo 'Two administrations, two applications. The social one has its cases in sag, about'
\echo 'citizens in borger; the employment one has its own in "Beskæftigelse"."Jobsag" and'
\echo 'knows a citizen only as a text in which somebody typed a CPR number.'
\echo

SELECT n.nspname AS schema, c.relname AS "table", c.reltuples::bigint AS rows,
       pg_size_pretty(pg_total_relation_size(c.oid)) AS size,
       (SELECT string_agg(tgname, ', ') FROM pg_trigger t WHERE t.tgrelid = c.oid AND NOT tgisinternal) AS triggers
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'r' AND n.nspname IN ('public', 'Beskæftigelse')
ORDER BY 1 DESC, 2;

\echo 'Three social cases. The area (omraade) is typed by hand, or not at all, or from memory.'
\echo

SELECT sag_id::text, opgave, udfordring, indsats, omraade, oprettet
FROM sag WHERE sag_id IN (33790, 33791, 33792) ORDER BY sag_id;

\echo 'Citizens with an open case, as the applications'' own tables have it (demo/counts.sql):'
\echo

\set ECHO none
\i demo/counts.sql
