-- A citizen gets another number: what is recorded of duties, plans and the primary
-- challenge follows the cases, wherever their tables hold the number.
\getenv srcdir PG_ABS_SRCDIR
\set fixture :srcdir '/sql/fixtures/coordination.sql'
\ir :fixture

-- In the table that one case table refers to, and as text in the other, in either
-- order, the new key before or after the old one.
-- Reasons, primary challenge and one plan, the one that was active, go over.
SET msb_org.today = '2021-01-04';
CREATE PROCEDURE begin_with(id integer, number text) LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO borger VALUES (id, number, DATE '1975-01-01');
    INSERT INTO sag VALUES (id * 10, id, 'authority', 'mental_illness', NULL), (id * 10 + 1, id, 'provision', 'unemployment', 'employment');
    INSERT INTO jobsag VALUES ('J' || id, number, 'benefit', NULL), ('K' || id, number, 'authority', 'unemployment');
    COMMIT;
    PERFORM msb_org.state_primary_challenge(number, 'mental_illness', 'oplyst');
    COMMIT;
    CALL set_status(number, 'active');
END $$;
CREATE FUNCTION two_keys(old text, new text) RETURNS TABLE (who text, what text, says text) LANGUAGE sql AS $$
    SELECT 'old', * FROM look(old) UNION ALL SELECT 'new', * FROM look(new)
$$;
CALL begin_with(31, '610175-4031');
SELECT * FROM look('610175-4031');
SET msb_org.today = '2021-01-05';
-- The citizen table first, a later key.
UPDATE borger SET cpr = '610175-4931' WHERE borger_id = 31;
SELECT * FROM two_keys('610175-4031', '610175-4931');
UPDATE jobsag SET cpr = '6101754931' WHERE nr = 'J31';
SELECT * FROM two_keys('610175-4031', '610175-4931') WHERE what IN ('case', 'plan', 'duty');
UPDATE jobsag SET cpr = '6101754931' WHERE nr = 'K31';
SELECT * FROM two_keys('610175-4031', '610175-4931');
SELECT * FROM wrong;
-- The citizen table first, an earlier key.
SET msb_org.today = '2021-01-04';
CALL begin_with(32, '610175-4932');
SET msb_org.today = '2021-01-05';
UPDATE borger SET cpr = '610175-4032' WHERE borger_id = 32;
UPDATE jobsag SET cpr = '610175-4032' WHERE nr IN ('J32', 'K32');
SELECT * FROM two_keys('610175-4932', '610175-4032');
SELECT * FROM wrong;
-- The text first, a later key.
SET msb_org.today = '2021-01-04';
CALL begin_with(33, '610175-4033');
SET msb_org.today = '2021-01-05';
UPDATE jobsag SET cpr = '610175-4933' WHERE nr IN ('J33', 'K33');
SELECT * FROM two_keys('610175-4033', '610175-4933');
UPDATE borger SET cpr = '610175-4933' WHERE borger_id = 33;
SELECT * FROM two_keys('610175-4033', '610175-4933');
SELECT * FROM wrong;
-- The text first, an earlier key.
SET msb_org.today = '2021-01-04';
CALL begin_with(34, '610175-4934');
SET msb_org.today = '2021-01-05';
UPDATE jobsag SET cpr = '610175-4034' WHERE nr IN ('J34', 'K34');
UPDATE borger SET cpr = '610175-4034' WHERE borger_id = 34;
SELECT * FROM two_keys('610175-4934', '610175-4034');
SELECT * FROM wrong;
-- All at once; and back again.
SET msb_org.today = '2021-01-04';
CALL begin_with(35, '610175-4935');
SET msb_org.today = '2021-01-05';
BEGIN;
UPDATE jobsag SET cpr = '610175-4035' WHERE nr IN ('J35', 'K35');
UPDATE borger SET cpr = '610175-4035' WHERE borger_id = 35;
COMMIT;
SELECT * FROM two_keys('610175-4935', '610175-4035');
BEGIN;
UPDATE borger SET cpr = '610175-4935' WHERE borger_id = 35;
UPDATE jobsag SET cpr = '610175-4935' WHERE nr IN ('J35', 'K35');
COMMIT;
SELECT * FROM two_keys('610175-4935', '610175-4035');
SELECT * FROM wrong;
-- The last declined: what stood under the old key is not asked again under the new.
SET msb_org.today = '2021-01-04';
CALL begin_with(36, '610175-4936');
SET msb_org.today = '2021-01-05';
CALL set_status('610175-4936', 'declined');
BEGIN;
UPDATE borger SET cpr = '610175-4036' WHERE borger_id = 36;
UPDATE jobsag SET cpr = '610175-4036' WHERE nr IN ('J36', 'K36');
COMMIT;
SELECT * FROM two_keys('610175-4936', '610175-4036');
-- Where no table says that it is the same person, somebody does; what was recorded
-- under the old number is then the new one's.
SET msb_org.today = '2021-01-04';
INSERT INTO jobsag VALUES ('J38', '610176-4938', 'benefit', NULL), ('K38', '610176-4938', 'authority', 'mental_illness');
CALL set_status('610176-4938', 'closed');
SET msb_org.today = '2021-01-05';
UPDATE jobsag SET cpr = '610176-4038' WHERE cpr = '610176-4938';
SELECT * FROM two_keys('610176-4938', '610176-4038');
SELECT msb_org.renumber_citizen('610176-4938', '610176-4038', 'samme person');
SELECT * FROM two_keys('610176-4938', '610176-4038');
SELECT * FROM wrong;

-- Both keys have a plan: the one that has got further stays, the other is replaced.
SET msb_org.today = '2021-01-04';
INSERT INTO jobsag VALUES ('J39', '610176-4939', 'benefit', NULL), ('K39', '610176-4939', 'authority', 'mental_illness');
CALL set_status('610176-4939', 'active');
SET msb_org.today = '2021-01-05';
UPDATE jobsag SET cpr = '610176-4039' WHERE cpr = '610176-4939';
SELECT * FROM two_keys('610176-4939', '610176-4039');
SELECT msb_org.renumber_citizen('610176-4939', '610176-4039', 'samme person');
SELECT * FROM two_keys('610176-4939', '610176-4039');
-- The plan under the new key has got further.
SET msb_org.today = '2021-01-04';
INSERT INTO jobsag VALUES ('J40', '610176-4940', 'benefit', NULL), ('K40', '610176-4940', 'authority', 'mental_illness');
SET msb_org.today = '2021-01-05';
UPDATE jobsag SET cpr = '610176-4040' WHERE cpr = '610176-4940';
CALL set_status('610176-4040', 'active');
SELECT msb_org.renumber_citizen('610176-4940', '610176-4040', 'samme person');
SELECT * FROM two_keys('610176-4940', '610176-4040');
-- Two people whose cases were all open, and who are one.
SET msb_org.today = '2021-01-04';
CALL begin_with(41, '610175-4041');
CALL begin_with(42, '610175-4942');
SET msb_org.today = '2021-01-05';
UPDATE sag SET borger_id = 41 WHERE borger_id = 42;
UPDATE jobsag SET cpr = '610175-4041' WHERE cpr = '610175-4942';
SELECT msb_org.renumber_citizen('610175-4942', '610175-4041', 'samme person') > 0 AS renumbered;
SELECT * FROM two_keys('610175-4942', '610175-4041');
SELECT * FROM wrong;

-- Somebody else's plan names the citizen as a relative: by the key that holds now.
SELECT msb_org.open_plan('620110-4001', 'whole_person') AS plan \gset
INSERT INTO msb_org.plan_citizen (citizen, plan, related, relation) VALUES ('620110-4001', :'plan', '610176-4040', 'sibling');
SELECT msb_org.renumber_citizen('610176-4040', '610176-4050', 'nyt nummer') > 0 AS renumbered;
SELECT related, relation FROM msb_org.plan_citizen;

DROP TABLE sag, jobsag, borger CASCADE;
DROP FUNCTION two_keys(text, text), look(text);
DROP PROCEDURE begin_with(integer, text), set_status(text, text);
DROP EXTENSION msb_org CASCADE;
CREATE EXTENSION msb_org;
