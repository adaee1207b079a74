-- A citizen's key changes.

CREATE FUNCTION msb_org.renumber_citizen(old_citizen text, new_citizen text, reason text) RETURNS bigint
    LANGUAGE c VOLATILE STRICT COST 10000
    AS 'MODULE_PATHNAME', 'msb_renumber_citizen';
COMMENT ON FUNCTION msb_org.renumber_citizen(text, text, text) IS
'Moves a citizen''s records to another key: changes the rows of the ledger, ended ones too, records the renumbering, and returns the number of rows. Plans, duties, handovers and the primary challenge follow if no open case is left under the old key. A CPR number may be in any form. A change of the key in the table that cases refer to has the same effect by itself. Raises 22023 if a key is empty, both are the same, or the old one is a CPR number and the new one is none; 22004 for an empty reason.';
