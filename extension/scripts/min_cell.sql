-- Counts that would point at somebody.

CREATE FUNCTION msb_org.small_cell(count bigint) RETURNS bigint
    LANGUAGE sql STABLE PARALLEL SAFE
RETURN CASE WHEN count OPERATOR(pg_catalog.>=) 1
             AND count OPERATOR(pg_catalog.<=) (COALESCE(NULLIF(pg_catalog.current_setting('msb_org.min_cell', true), ''), '5')::integer OPERATOR(pg_catalog.-) 1)
            THEN NULL ELSE count END;
COMMENT ON FUNCTION msb_org.small_cell(bigint) IS
'A count of people or cases as a report may show it: NULL from 1 to one less than the setting min_cell (5 where it is not set); 0 stays 0.';
