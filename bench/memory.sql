-- What a session holds in memory, in a session of its own: the compiled structure, and what
-- the rows of a transaction leave until its commit.

SET search_path = bench;
SET client_min_messages = warning;

CREATE VIEW held AS SELECT
    (SELECT coalesce(sum(total_bytes), 0) FROM pg_backend_memory_contexts WHERE name LIKE 'msb_org structure%') AS structures,
    (SELECT coalesce(sum(total_bytes), 0) FROM pg_backend_memory_contexts WHERE name IN ('msb_org commit work', 'msb_org noted pages', 'msb_org noted files', 'msb_org given areas')) AS notes,
    (SELECT coalesce(sum(total_bytes), 0) FROM pg_backend_memory_contexts WHERE name = 'AfterTriggerEvents') AS events,
    (SELECT sum(total_bytes) FROM pg_backend_memory_contexts) AS everything;

-- Deferred work: what was noted of a row, and the server's own event for it.
CALL take_load('standard');
BEGIN;
INSERT INTO w_all (case_id, citizen_id, citizen, birth, task, challenge, service, opened) SELECT * FROM load WHERE case_id <= :rows_write;
SELECT notes, events FROM held \gset
COMMIT;
BEGIN;
INSERT INTO figure SELECT 'deferred work, bytes a row', 1, (:notes + :events) / :rows_write::float8;
INSERT INTO figure SELECT 'of that the server''s events', 1, :events / :rows_write::float8;
INSERT INTO figure SELECT 'deferred work after the commit, bytes', 1, notes + events FROM held;
COMMIT;

-- Nothing grows with the rows that are read.
SELECT count(msb_org.area_of(birth, task, challenge, service, DATE '2019-07-15')) FROM load_large \g /dev/null
SELECT everything FROM held \gset before_
SELECT count(msb_org.area_of(birth, task, challenge, service, DATE '2019-07-15')) FROM load_large \g /dev/null
SELECT everything FROM held \gset after_
INSERT INTO figure VALUES ('memory that deciding for all rows once more takes, bytes', 1, :after_everything - :before_everything);
CALL clear();

\connect -
SET search_path = bench;
BEGIN;
SELECT msb_org.load_structure('msb-2019'), msb_org.adopt('msb-2019', DATE '2019-08-01') \g /dev/null
SELECT msb_org.area_of(DATE '1998-03-14', 'authority', 'homelessness', 'general', DATE '2019-09-02') \g /dev/null
SELECT structures FROM held \gset
ROLLBACK;
INSERT INTO figure VALUES ('cache of msb-2019, kB', 1, :structures / 1024.0);
