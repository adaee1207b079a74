-- What an application's statements meet: tables that hold the standard load, with statistics
-- and without dead rows; and numbers for the cases that come.

SET search_path = bench;
SET client_min_messages = warning;

CREATE SEQUENCE client_case START 100000001;
CALL take_load('standard');
SELECT format('INSERT INTO bench.%I (case_id, citizen_id, citizen, birth, task, challenge, service, opened) SELECT * FROM bench.load WHERE case_id <= %s', tab, :rows_write)
FROM contender WHERE tab IN ('w_plain', 'w_fk', 'w_all', 'w_same') \gexec
VACUUM (ANALYZE) w_plain, w_fk, w_all, w_same, msb_org.assignment, msb_org.plan, msb_org.plan_reason, msb_org.plan_participant, bench.ledger, bench.plan, bench.plan_reason, bench.plan_participant;
CHECKPOINT;
