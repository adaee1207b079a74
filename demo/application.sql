-- A working day of the two applications, in the statements they send.  They
-- know nothing of areas, plans or rules: they insert a case, then save it field
-- by field as the caseworker tabs through the form, all in one transaction.
--
-- To be run after data.sql, once.  Without the extension every statement
-- succeeds; with it, the last transaction is one that `enforce` refuses.

\encoding UTF8

---------------------------------------------------------------------------
-- 1. A man of 21, near homelessness, on benefit, in substance treatment: the
--    example by which the reform was explained to the public.
---------------------------------------------------------------------------

-- Reception registers him.
INSERT INTO borger (cpr, navn, fodselsdato, vejnavn, husnr, postnr)
VALUES ('7203983391', 'Emil Åkjær', DATE '1998-03-12', 'c/o Havnegade', '12', '8000')
RETURNING borger_id AS emil \gset

-- Socialforvaltningen: the authority's case …
BEGIN;
INSERT INTO sag (borger_id, opgave, oprettet) VALUES (:emil, 'MYN', DATE '2019-08-01') RETURNING sag_id AS myndighed \gset
UPDATE sag SET udfordring = 'HJEML' WHERE sag_id = :myndighed;
UPDATE sag SET sagsbehandler = 'ak07' WHERE sag_id = :myndighed;
COMMIT;

-- … support in his own home, so that he keeps it …
BEGIN;
INSERT INTO sag (borger_id, opgave, oprettet) VALUES (:emil, 'UDF', DATE '2019-08-01') RETURNING sag_id AS stoette \gset
UPDATE sag SET udfordring = 'HJEML' WHERE sag_id = :stoette;
UPDATE sag SET indsats = '§85' WHERE sag_id = :stoette;
COMMIT;

-- … coordination …
BEGIN;
INSERT INTO sag (borger_id, opgave, oprettet) VALUES (:emil, 'KOORD', DATE '2019-08-01') RETURNING sag_id AS koordinering \gset
UPDATE sag SET udfordring = 'HJEML' WHERE sag_id = :koordinering;
COMMIT;

-- … and treatment.
BEGIN;
INSERT INTO sag (borger_id, opgave, oprettet) VALUES (:emil, 'UDF', DATE '2019-08-01') RETURNING sag_id AS behandling \gset
UPDATE sag SET udfordring = 'MISBR' WHERE sag_id = :behandling;
UPDATE sag SET indsats = '§101' WHERE sag_id = :behandling;
COMMIT;

-- Beskæftigelsesforvaltningen: uddannelseshjælp.  The form saves the KLE number
-- of an ordinary case first, then the right one.
BEGIN;
INSERT INTO "Beskæftigelse"."Jobsag" ("Journalnr", "Part", "CPR nr", "KLE nr", "Oprettet den")
VALUES ('JS-2019-900001', 'B', '720398-3391', '15.00.00G01', TIMESTAMPTZ '2019-08-01 10:15 Europe/Copenhagen');
UPDATE "Beskæftigelse"."Jobsag" SET "KLE nr" = '32.24.32G01' WHERE "Journalnr" = 'JS-2019-900001';
UPDATE "Beskæftigelse"."Jobsag" SET "Målgruppe" = '2.13 udsat' WHERE "Journalnr" = 'JS-2019-900001';
UPDATE "Beskæftigelse"."Jobsag" SET "Ansvarlig medarbejder" = 'JC117' WHERE "Journalnr" = 'JS-2019-900001';
COMMIT;

---------------------------------------------------------------------------
-- 2. The rest of the day
---------------------------------------------------------------------------

-- A company asks for help to find staff: a case without a citizen.
INSERT INTO "Beskæftigelse"."Jobsag" ("Journalnr", "Part", "CVR nr", "KLE nr", "Oprettet den")
VALUES ('JS-2019-900002', 'V', '00000042', '15.21.00G01', TIMESTAMPTZ '2019-08-01 10:40 Europe/Copenhagen');

-- Somebody at the counter will not say who they are.
INSERT INTO "Beskæftigelse"."Jobsag" ("Journalnr", "Part", "CPR nr", "KLE nr", "Målgruppe", "Oprettet den")
VALUES ('JS-2019-900003', 'B', 'ukendt', '15.00.00G01', '2.2', TIMESTAMPTZ '2019-08-01 11:05 Europe/Copenhagen');

-- The challenge of a case proves to be another: not exposed, but a brain injury.
SELECT min(sag_id) AS sag_id FROM sag JOIN borger USING (borger_id)
WHERE opgave = 'UDF' AND udfordring = 'UDSAT' AND indsats = '§85' AND afsluttet IS NULL
  AND fodselsdato BETWEEN DATE '1960-01-01' AND DATE '1980-01-01' \gset
UPDATE sag SET udfordring = 'HJERNE' WHERE sag_id = :sag_id;

-- A note and another caseworker: nothing that bears on who is responsible.
UPDATE sag SET bemaerkning = 'Ringet op, møde aftalt', sagsbehandler = 'bl12' WHERE sag_id = :sag_id;

-- A social case is closed.
SELECT min(sag_id) AS sag_id FROM sag WHERE opgave = 'UDF' AND udfordring = 'PSYK' AND afsluttet IS NULL \gset
UPDATE sag SET afsluttet = DATE '2019-08-01' WHERE sag_id = :sag_id;

-- An employment case is closed: its citizen has found work.
SELECT min("Journalnr") AS journalnr FROM "Beskæftigelse"."Jobsag"
WHERE "KLE nr" = '15.20.04G01' AND "Målgruppe" = '2.1' AND "Sagsstatus" = 'A' \gset
UPDATE "Beskæftigelse"."Jobsag" SET "Sagsstatus" = 'L' WHERE "Journalnr" = :'journalnr';

-- A birth date that nobody knew is confirmed.
SELECT min(borger_id) AS borger_id FROM sag JOIN borger USING (borger_id)
WHERE fodselsdato IS NULL AND opgave = 'MYN' AND udfordring = 'PSYK' AND afsluttet IS NULL \gset
UPDATE borger SET fodselsdato = DATE '1984-05-17' WHERE borger_id = :borger_id;

-- A birth date is corrected: fourteen, not fifteen.  (The number follows later.)
SELECT min(borger_id) AS borger_id FROM sag JOIN borger USING (borger_id)
WHERE fodselsdato BETWEEN DATE '2003-09-01' AND DATE '2004-07-31' AND opgave = 'MYN' AND afsluttet IS NULL \gset
UPDATE borger SET fodselsdato = fodselsdato + INTERVAL '1 year' WHERE borger_id = :borger_id;

-- A case entered on the wrong person is deleted.
SELECT max(sag_id) AS sag_id FROM sag WHERE opgave = 'MYN' AND afsluttet IS NULL AND borger_id <> :emil \gset
DELETE FROM sag WHERE sag_id = :sag_id;

-- Old habit: an area by hand, and one that is gone since this morning.
SELECT min(borger_id) AS borger_id FROM borger WHERE fodselsdato BETWEEN DATE '1970-01-01' AND DATE '1980-01-01' \gset
BEGIN;
INSERT INTO sag (borger_id, opgave, oprettet) VALUES (:borger_id, 'UDF', DATE '2019-08-01') RETURNING sag_id AS sag_id \gset
UPDATE sag SET udfordring = 'HCP-F' WHERE sag_id = :sag_id;
UPDATE sag SET indsats = '§108' WHERE sag_id = :sag_id;
UPDATE sag SET omraade = 'voksenhandicap' WHERE sag_id = :sag_id;
COMMIT;
