\echo 'Mode enforce refuses what fill only notes. First it says how many open cases would be refused'
\echo 'if they were written as they stand; those are left alone until somebody writes them.'
\echo

SELECT msb_org.set_mode('sag', 'enforce');

\echo
\echo 'The same habit again, in the statements that the application sends. It builds the case in'
\echo 'four statements, so nothing can be said before the last; the answer comes at COMMIT.'
\echo

\set ECHO none
SELECT min(borger_id) AS borger_id FROM borger WHERE fodselsdato BETWEEN DATE '1970-01-01' AND DATE '1980-01-01' \gset
\set ECHO queries
SET ROLE fagsystem;
BEGIN;
INSERT INTO sag (borger_id, opgave, oprettet) VALUES (:borger_id, 'UDF', DATE '2019-08-01') RETURNING sag_id \gset
UPDATE sag SET udfordring = 'HCP-F' WHERE sag_id = :sag_id;
UPDATE sag SET indsats = '§108' WHERE sag_id = :sag_id;
UPDATE sag SET omraade = 'voksenhandicap' WHERE sag_id = :sag_id;

\set VERBOSITY verbose
\set ON_ERROR_STOP off
COMMIT;
\set refused :LAST_ERROR_SQLSTATE
\set ON_ERROR_STOP on
\set VERBOSITY default

\echo
\echo 'SQLSTATE' :refused 'is a check violation: applications have a message for it. Without the area, or'
\echo 'with the right one, the same case goes in.'
\echo

BEGIN;
INSERT INTO sag (borger_id, opgave, oprettet) VALUES (:borger_id, 'UDF', DATE '2019-08-01') RETURNING sag_id \gset
UPDATE sag SET udfordring = 'HCP-F' WHERE sag_id = :sag_id;
UPDATE sag SET indsats = '§108' WHERE sag_id = :sag_id;
COMMIT;
RESET ROLE;

\echo
SELECT sag_id::text, opgave, udfordring, indsats, omraade AS area FROM sag WHERE sag_id = :sag_id;

\echo 'A case that must stand elsewhere for a while does so with a reason, and until a day.'
\echo

SELECT msb_org.override('sag', :'sag_id', 'udsatte', 'Bor på et af deres botilbud, flytter 1. november', DATE '2019-10-31');
SELECT omraade AS area, unit, origin, reason, due FROM sag
JOIN msb_org.current_assignment ON case_table = 'sag' AND case_key = sag_id::text WHERE sag_id = :sag_id;
SELECT msb_org.override('sag', :'sag_id', NULL, NULL);

\set ECHO none
SELECT :'refused' <> '23514' OR (SELECT omraade FROM sag WHERE sag_id = :sag_id) IS DISTINCT FROM 'voksne' AS failed \gset
\if :failed
DO $$ BEGIN RAISE 'enforce did not do what it should'; END $$;
\endif
