-- Who may see a plan: the man of 21, from the draft that opened by itself to the day on
-- which he takes his consent back.
SET client_min_messages = warning;
SET msb_org.today = '2019-09-02';
\pset footer off
SELECT msb_org.load_structure('msb-2019'), msb_org.adopt('msb-2019', DATE '2019-08-01');
CREATE TABLE sag (nr integer PRIMARY KEY, cpr text, opgave text, udfordring text, indsats text);
SELECT msb_org.attach('sag', key => 'nr', citizen => 'cpr', birth => 'cpr', mode => 'fill',
                      facets => '{"task": "opgave", "challenge": "udfordring", "service": "indsats"}');
INSERT INTO sag VALUES (1, '740398-0121', 'authority', 'homelessness', NULL), (2, '740398-0121', 'benefit', 'homelessness', NULL);
SELECT plan, citizen FROM msb_org.plan \gset
CREATE VIEW readers AS SELECT p.status, r.kind, r.reader, r.cause, r.scope FROM msb_org.plan p, msb_org.plan_readers(p.plan) r ORDER BY 2, 3, 4;
TABLE readers;
INSERT INTO msb_org.plan_participant (citizen, plan, kind, participant, actor) VALUES (:'citizen', :'plan', 'partner', 'Værestedet', 'prøve');
SELECT msb_org.set_plan_status(:'plan', 'offered');
TABLE readers;
INSERT INTO msb_org.plan_consent (citizen, plan, recipient_kind, recipient, scope, until) VALUES
    (:'citizen', :'plan', 'unit', 'sundhed', 'task authority|benefit', NULL),
    (:'citizen', :'plan', 'partner', 'Værestedet', 'task provision', '2019-12-31');
SELECT msb_org.set_plan_status(:'plan', 'consented');
TABLE readers;
SELECT msb_org.set_coordinator(:'plan', 'HN');
SELECT msb_org.set_plan_status(:'plan', 'active');
-- Another unit's case comes in: it takes part at once, and sees the plan.
INSERT INTO sag VALUES (3, '740398-0121', 'provision', 'homelessness', 'family_support');
TABLE readers;
-- The partner's consent has ended.
SET msb_org.today = '2020-01-01';
TABLE readers;
SELECT msb_org.withdraw_consent(:'plan');
TABLE readers;
-- No other draft opens for it.
UPDATE sag SET udfordring = 'substance_misuse';
SELECT status FROM msb_org.plan;
SELECT * FROM msb_org.plan_readers('00000000-0000-0000-0000-000000000000');
SELECT * FROM msb_org.plan_readers(NULL);

DROP VIEW readers;
DROP TABLE sag;
DROP EXTENSION msb_org CASCADE;
CREATE EXTENSION msb_org;
