-- One transaction brings the cases of many citizens, each of whom gets a plan, when
-- the tables of plans have next to nothing in them and the planner knows it: what is
-- read for a citizen does not grow with the citizens before.
SET client_min_messages = warning;
SET msb_org.today = '2019-09-02';
\pset footer off
SELECT msb_org.load_structure('msb-2019'), msb_org.adopt('msb-2019', DATE '2019-08-01');
CREATE TABLE sag (nr integer PRIMARY KEY, cpr text, opgave text, udfordring text);
SELECT msb_org.attach('sag', key => 'nr', citizen => 'cpr', birth => 'cpr', mode => 'fill',
                      facets => '{"task": "opgave", "challenge": "udfordring"}');
INSERT INTO sag VALUES (1, '610180-1001', 'provision', 'homelessness'), (2, '610180-1001', 'benefit', NULL);
ANALYZE msb_org.plan, msb_org.plan_reason, msb_org.plan_participant, msb_org.plan_review, msb_org.handover, msb_org.renumbering;
BEGIN;
INSERT INTO sag
SELECT 10 + 2 * i + n, '620180-' || to_char(i, 'FM0000'), CASE n WHEN 0 THEN 'provision' ELSE 'benefit' END, CASE n WHEN 0 THEN 'homelessness' END
  FROM generate_series(1, 500) i, generate_series(0, 1) n;
SET CONSTRAINTS ALL IMMEDIATE;
SELECT count(*) FROM msb_org.plan;
SELECT relname, seq_tup_read, idx_tup_fetch FROM pg_stat_xact_all_tables
 WHERE schemaname = 'msb_org' AND relname ~ '^(plan|plan_.*|handover|renumbering)$' AND seq_tup_read + idx_tup_fetch > 20 * 500 ORDER BY 1;
ROLLBACK;

DROP TABLE sag;
DROP EXTENSION msb_org CASCADE;
CREATE EXTENSION msb_org;
