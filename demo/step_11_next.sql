\echo 'Anything a report writer asks is plain SQL on views with plain types. Open cases per area:'
\echo

SELECT unit, count(*) FILTER (WHERE case_table = 'sag') AS social, count(*) FILTER (WHERE case_table = 'Jobsag') AS employment,
       count(DISTINCT citizen) AS citizens
FROM msb_org.current_assignment WHERE unit IS NOT NULL GROUP BY unit ORDER BY unit;

\echo 'Who will move next, and when: young citizens reach an age bound, closings come.'
\echo

SELECT to_char(due, 'YYYY-MM') AS month, count(*) AS "cases to be judged again"
FROM msb_org.current_assignment WHERE due <= DATE '2019-12-31' GROUP BY 1 ORDER BY 1;

\echo 'Whom to call together: of the open plans, which units meet most often?'
\echo

SELECT a.participant AS unit, b.participant AS with, count(*) AS plans
FROM msb_org.plan_participant AS a JOIN msb_org.plan_participant AS b USING (citizen, plan)
WHERE a.valid_to IS NULL AND b.valid_to IS NULL AND a.kind = 'unit' AND b.kind = 'unit' AND a.participant < b.participant
GROUP BY 1, 2 ORDER BY 3 DESC, 1, 2 LIMIT 5;

\echo 'Everything has a description: \\dx+ msb_org lists the objects, \\df+ msb_org.* and \\d+ say what'
\echo 'each is for. In this directory: docs/ (reference, how-to, security, internals), demo/ (these'
\echo 'scripts), extension/structures/ (the two structures). To try it on tables of your own:'
\echo
\echo '    make && make install, then CREATE EXTENSION msb_org, load_structure, adopt, attach'
\echo '    ... and SELECT msb_org.detach(''sag'', true) lets a table go, its former areas put back.'

