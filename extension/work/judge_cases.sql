-- Judging the cases that a function names; overrides.

CREATE FUNCTION msb_org.judge_cases(case_table text, keys text[], origin text) RETURNS bigint
    LANGUAGE c VOLATILE STRICT COST 10000
    AS 'MODULE_PATHNAME', 'msb_judge_cases';
COMMENT ON FUNCTION msb_org.judge_cases(text, text[], text) IS
'Used by reassign(), reassign_due() and override(): judges these cases now, by their keys, as the table''s mode says. origin is written into the ledger. Cases that do not exist end. Returns how many got another unit. Raises 42704 if no table is attached under the name.';

CREATE FUNCTION msb_org.note_cases(case_table text, keys text[]) RETURNS text[]
    LANGUAGE c VOLATILE STRICT COST 10000
    AS 'MODULE_PATHNAME', 'msb_note_cases';
COMMENT ON FUNCTION msb_org.note_cases(text, text[]) IS
'Used by reassign_due(): the first half of judge_cases(). It locks the rows and notes them, so that the rows of all tables are locked before any citizen is. Returns the keys for which there is no case.';

CREATE FUNCTION msb_org.judge_noted(origin text) RETURNS bigint
    LANGUAGE c VOLATILE STRICT COST 10000
    AS 'MODULE_PATHNAME', 'msb_judge_noted';
COMMENT ON FUNCTION msb_org.judge_noted(text) IS
'Used by reassign_due(): the second half of judge_cases(), for all rows that note_cases() noted in this transaction. Returns how many cases got another unit.';

CREATE FUNCTION msb_org.override(case_table text, case_key text, unit text, reason text, until date DEFAULT NULL) RETURNS void
    LANGUAGE plpgsql VOLATILE COST 10000
    SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    name text := msb_org.attached_name(override.case_table);
    wanted text := override.unit;
BEGIN
    IF name IS NULL OR override.case_key IS NULL THEN
        RAISE null_value_not_allowed USING MESSAGE = msb_org.gettext('case_table and case_key must be given');
    END IF;
    IF wanted IS NULL THEN
        DELETE FROM msb_org.case_override o WHERE o.case_table = name AND o.case_key = override.case_key;
        IF NOT FOUND THEN
            PERFORM msb_org.raise('42704', format(msb_org.gettext('case %s of "%s" has no override'), msb_org.printable(override.case_key), name));
        END IF;
        PERFORM msb_org.judge_cases(name, ARRAY[override.case_key], 'reassign');
        RETURN;
    END IF;
    IF override.reason IS NULL OR btrim(override.reason) = '' THEN
        PERFORM msb_org.raise('22004', msb_org.gettext('an override needs a reason'));
    END IF;
    IF override.until < msb_org.today() THEN
        PERFORM msb_org.raise('22023', format(msb_org.gettext('the last day of the override, %s, has passed'), override.until));
    END IF;
    IF NOT EXISTS (SELECT FROM msb_org.enactment e, jsonb_array_elements(e.document -> 'units') u
                    WHERE e.in_force @> msb_org.today() AND u ->> 'unit' = wanted) THEN
        PERFORM msb_org.raise('42704', format(msb_org.gettext('the structure in force has no unit "%s"'), msb_org.printable(wanted)));
    END IF;
    INSERT INTO msb_org.case_override AS o (case_table, case_key, unit, reason, until, actor)
    VALUES (name, override.case_key, wanted, override.reason, override.until, msb_org.actor())
    ON CONFLICT (case_table, case_key) DO UPDATE
       SET unit = excluded.unit, reason = excluded.reason, until = excluded.until,
           actor = excluded.actor, recorded_at = now();
    PERFORM msb_org.judge_cases(name, ARRAY[override.case_key], 'override');
    IF NOT EXISTS (SELECT FROM msb_org.assignment a
                    WHERE a.case_table = name AND a.case_key = override.case_key
                      AND a.valid_to IS NULL AND a.origin = 'override') THEN
        PERFORM msb_org.raise('42704', format(msb_org.gettext('"%s" has no open case %s'), name, msb_org.printable(override.case_key)));
    END IF;
END $$;
COMMENT ON FUNCTION msb_org.override(text, text, text, text, date) IS
'Makes another unit than the rule''s responsible for one open case, for a reason, until the end of a day or until the case is closed; a NULL unit ends the override. The ledger changes at once, and so does the area column in fill and enforce. See docs/modes.md#overrides. Raises 42704 if there is no such open case, table or unit, or no override to end; 22004 without a reason; 22023 for a day that has passed.';
