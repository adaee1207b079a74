-- The locks of citizens and cases, for functions in SQL.

CREATE FUNCTION msb_org.lock_citizens(citizens text[]) RETURNS void
    LANGUAGE c VOLATILE STRICT COST 100
    AS 'MODULE_PATHNAME', 'msb_lock_citizens';
COMMENT ON FUNCTION msb_org.lock_citizens(text[]) IS
'Used by the functions that write ledger, plans or handovers: takes the locks of these citizens in ascending order, until the end of the transaction. Rows of the case tables, and of plan, must be locked before.';

CREATE FUNCTION msb_org.lock_case(citizen text, case_table text, case_key text) RETURNS void
    LANGUAGE c VOLATILE STRICT COST 100
    AS 'MODULE_PATHNAME', 'msb_lock_case';
COMMENT ON FUNCTION msb_org.lock_case(text, text, text) IS
'Used by accept_handover(): takes the lock under which the rows of a case are written, until the end of the transaction. It is the citizen''s lock, or the case''s own if the citizen is the empty text.';

CREATE FUNCTION msb_org.lock_all_citizens() RETURNS void
    LANGUAGE c VOLATILE COST 1000
    AS 'MODULE_PATHNAME', 'msb_lock_all_citizens';
COMMENT ON FUNCTION msb_org.lock_all_citizens() IS
'Used by set_mode(): takes all 1,024 locks, so that it sees the records of every transaction that was judging.';
