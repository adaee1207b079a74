-- A new connection: its first decision, and its second; its first write to an attached table
-- with all that the commit does, and its second.  The statements of a line go to the server at
-- once, and the clock is read between them, there: no round trip is in it.  :what is what is
-- asked; prints the times of both in milliseconds.

\if :writes
BEGIN \; SELECT clock_timestamp() AS t1 \; INSERT INTO bench.:what SELECT -1 - :n, citizen_id, citizen, birth, task, challenge, service, opened FROM bench.load WHERE case_id = 1 \; SET CONSTRAINTS ALL IMMEDIATE \; SELECT clock_timestamp() \; INSERT INTO bench.:what SELECT -1000 - :n, citizen_id, citizen, birth, task, challenge, service, opened FROM bench.load WHERE case_id = 2 \; SELECT clock_timestamp() \; ROLLBACK;
\else
SELECT clock_timestamp() \; SELECT :what(DATE '1998-03-14', 'authority', 'homelessness', 'general', DATE '2019-07-15') \; SELECT clock_timestamp() \; SELECT :what(DATE '1998-03-14', 'authority', 'homelessness', 'general', DATE '2019-07-15') \; SELECT clock_timestamp();
\endif
