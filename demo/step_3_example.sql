\echo 'The example by which the alderman explained the reform: a man of 21, near homelessness,'
\echo 'on benefit, in substance treatment. Before the merger and after it:'
\echo

CREATE TEMP TABLE question (nr integer, what text, situation msb_org.target_group);
INSERT INTO question VALUES
    (1, 'the authority''s decisions', 'age 21; task authority; challenge homelessness'),
    (2, 'support in his home',        'age 21; task provision; challenge homelessness; service general'),
    (3, 'coordination',               'age 21; task coordination; challenge homelessness'),
    (4, 'benefit',                    'age 21; task benefit; challenge social_exposure'),
    (5, 'substance treatment',        'age 21; task provision; challenge substance_misuse; service substance_treatment');

\echo
SELECT what, msb_org.area_of(situation, DATE '2019-07-31') AS "31 July",
       msb_org.area_of(situation, DATE '2019-08-01') AS "1 August"
FROM question ORDER BY nr;

\echo 'Each answer names its rule and the words that the rule rests on.'
\echo

SELECT what, d.rule, d.unit, d.basis
FROM question, msb_org.decide(situation, DATE '2019-08-01') AS d ORDER BY nr;

\echo 'Treatment: three rules take the situation, and for each that does not win the reason is a row.'
\echo

SELECT e.rule, e.unit, e.wins, e.behind, e.reason
FROM question, msb_org.explain_area(situation, DATE '2019-08-01') AS e
WHERE nr = 5 AND e.matches ORDER BY e.wins DESC;

\echo 'The same from a CPR number, as a report writer would ask it of a table:'
\echo

SELECT msb_org.mask('720398-3391'::msb_org.cpr) AS citizen, msb_org.age('720398-3391', DATE '2019-08-01'),
       msb_org.area_of('720398-3391'::msb_org.cpr, 'authority', 'homelessness', NULL, DATE '2019-08-01') AS area;

\set ECHO none
DO $$
BEGIN
    IF (SELECT string_agg(msb_org.area_of(situation, DATE '2019-08-01'), ' ' ORDER BY nr) FROM question)
       IS DISTINCT FROM 'unge unge unge sundhed sundhed' THEN
        RAISE 'the example does not come out as it was told';
    END IF;
END $$;
