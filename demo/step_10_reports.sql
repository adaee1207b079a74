\echo 'Reports count, and show nobody: no number of a citizen, and no count of one to four (·).'
\echo 'The load of each area today. Cases opened today have come in by the applications'' day.'
\echo

SELECT unit, title, open_cases, citizens, new_cases, closed_cases FROM msb_org.load_by_area('msb-2019');

\echo 'Which areas meet over the same citizens? (Empty: nobody.)'
\echo

SELECT unit, with_unit, citizens FROM msb_org.area_overlap('msb-2019', 'operating_area')
\crosstabview unit with_unit

\echo 'The administrations of the day before, and the citizens in both:'
\echo

SELECT bucket, title, citizens FROM msb_org.citizens_by('number_of_units', 'msb-2018', 'administration', DATE '2019-07-31', DATE '2019-07-31');

\echo 'Which handovers will birthdays bring within a year, and to whom?'
\echo

SELECT to_unit, to_title, handovers, accepted FROM msb_org.handovers_by_cause(DATE '2019-08-02', DATE '2020-08-01')
WHERE moves = 'case' AND cause = 'birthday';

\set ECHO none
DO $$
BEGIN
    IF (SELECT citizens FROM msb_org.citizens_by('number_of_units', 'msb-2018', 'administration', DATE '2019-07-31', DATE '2019-07-31') WHERE number = 2) IS DISTINCT FROM 8000
       OR (SELECT sum(open_cases) FROM msb_org.load_by_area('msb-2019')) IS DISTINCT FROM (SELECT count(*) FROM msb_org.current_assignment) THEN
        RAISE 'the reports do not say what they should';
    END IF;
END $$;
