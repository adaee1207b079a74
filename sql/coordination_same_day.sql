-- The coordination of a plan goes to another unit twice on one day: what has happened
-- stands, and the second is planned for the day after. And a plan that somebody ends
-- is looked at no more.
SET client_min_messages = warning;
SET msb_org.today = '2019-09-02';
\pset footer off
SELECT msb_org.load_structure('msb-2019'), msb_org.adopt('msb-2019', DATE '2019-08-01');
CREATE TABLE sag (nr integer PRIMARY KEY, cpr text, opgave text, udfordring text, lukket date);
SELECT msb_org.attach('sag', key => 'nr', citizen => 'cpr', birth => 'cpr', closed => 'lukket', mode => 'fill',
                      facets => '{"task": "opgave", "challenge": "udfordring"}');
INSERT INTO sag VALUES (1, '610180-1001', 'provision', 'homelessness'), (2, '610180-1001', 'benefit', NULL);
CREATE VIEW moves AS
    SELECT h.planned, h.from_unit, h.to_unit, h.accepted_at IS NOT NULL AS accepted, h.moved_at IS NOT NULL AS moved, h.void_at IS NOT NULL AS void, p.unit AS coordinates
      FROM msb_org.plan p LEFT JOIN msb_org.handover h ON h.case_table = '' AND h.case_key = p.plan::text ORDER BY h.planned;
TABLE moves;
SELECT plan FROM msb_org.plan \gset
SELECT msb_org.state_primary_challenge('610180-1001', 'disability', 'udredning');
SELECT msb_org.accept_handover('', :'plan');
TABLE moves;
SELECT msb_org.state_primary_challenge('610180-1001', 'homelessness', 'ny udredning');
TABLE moves;
-- To and fro once more: nothing is added.
SELECT msb_org.state_primary_challenge('610180-1001', 'disability', 'som før');
SELECT msb_org.state_primary_challenge('610180-1001', 'homelessness', 'ny udredning');
TABLE moves;
SELECT what, recorded, expected FROM msb_org.recheck();
SET msb_org.today = '2019-09-03';
SELECT msb_org.reassign_due();
TABLE moves;
SELECT what, recorded, expected FROM msb_org.recheck();

-- The last reason goes; somebody closes the plan.
UPDATE sag SET lukket = '2019-09-03' WHERE nr = 2;
SELECT cause, reviewed_at IS NOT NULL AS reviewed FROM msb_org.plan_review;
SELECT msb_org.set_plan_status(:'plan', 'closed', 'målet er nået');
SELECT cause, reviewed_at IS NOT NULL AS reviewed, reviewed_by IS NOT NULL AS by_somebody FROM msb_org.plan_review;
SELECT count(*) AS taking_part FROM msb_org.plan_participant WHERE valid_to IS NULL;

DROP VIEW moves;
DROP TABLE sag;
DROP EXTENSION msb_org CASCADE;
CREATE EXTENSION msb_org;
