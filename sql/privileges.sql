-- Every object of the extension and who may do what with it, as an ordinary installation by
-- a role that is no superuser leaves it. A new object is a new line here: give it the
-- privileges that it needs, and no more.
SET client_min_messages = warning;
\pset format unaligned
\pset tuples_only on
DROP EXTENSION msb_org;
CREATE ROLE regress_msb_it;
SELECT format('GRANT CREATE ON DATABASE %I TO regress_msb_it', current_database()) \gexec
SET ROLE regress_msb_it;
CREATE EXTENSION msb_org;
RESET ROLE;
CREATE FUNCTION who(acl aclitem[], owner oid, kind "char") RETURNS text LANGUAGE sql AS $$
    -- =: the owner alone
    SELECT coalesce(string_agg(w.who || '=' || w.what, ' ' ORDER BY w.who), '=')
      FROM (SELECT CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE replace(a.grantee::regrole::text, 'regress_msb_', '') END AS who,
                   string_agg(CASE a.privilege_type WHEN 'SELECT' THEN 'r' WHEN 'INSERT' THEN 'a' WHEN 'UPDATE' THEN 'w' WHEN 'DELETE' THEN 'd'
                                   WHEN 'EXECUTE' THEN 'X' WHEN 'USAGE' THEN 'U' WHEN 'CREATE' THEN 'C' ELSE a.privilege_type END
                              || CASE WHEN a.is_grantable THEN '*' ELSE '' END, '' ORDER BY a.privilege_type) AS what
              FROM aclexplode(coalesce(acl, acldefault(kind, owner))) a
             WHERE a.grantee <> owner GROUP BY a.grantee) w;
$$;

-- Who owns what: all of it the superuser, but the extension itself.
SELECT n.nspname, who(n.nspacl, n.nspowner, 'n') FROM pg_namespace n WHERE n.nspname = 'msb_org';
SELECT e.extname, e.extowner::regrole FROM pg_extension e WHERE e.extname = 'msb_org';
SELECT 'not the superuser''s:', pg_describe_object(d.classid, d.objid, 0)
  FROM pg_depend d
  LEFT JOIN pg_class c ON d.classid = 'pg_class'::regclass AND c.oid = d.objid
  LEFT JOIN pg_proc p ON d.classid = 'pg_proc'::regclass AND p.oid = d.objid
  LEFT JOIN pg_type t ON d.classid = 'pg_type'::regclass AND t.oid = d.objid
 WHERE d.refclassid = 'pg_extension'::regclass AND d.refobjid = (SELECT oid FROM pg_extension WHERE extname = 'msb_org') AND d.deptype = 'e'
   AND coalesce(c.relowner, p.proowner, t.typowner) <> 10;

-- What PUBLIC may execute: this is the list to look at when it grows. Left out is what types,
-- operators, operator classes, casts and aggregates are made of; all functions are listed below.
CREATE VIEW made_of AS
    SELECT unnest(ARRAY[t.typinput, t.typoutput, t.typreceive, t.typsend])::oid AS oid FROM pg_type t
     UNION SELECT o.oprcode FROM pg_operator o
     UNION SELECT a.amproc FROM pg_amproc a
     UNION SELECT c.castfunc FROM pg_cast c
     UNION SELECT unnest(ARRAY[a.aggfnoid, a.aggtransfn]) FROM pg_aggregate a
     UNION SELECT s.prosupport FROM pg_proc s;
SELECT p.proname, string_agg(pg_get_function_identity_arguments(p.oid), ' | ' ORDER BY p.oid) AS arguments
  FROM pg_proc p
 WHERE p.pronamespace = 'msb_org'::regnamespace AND has_function_privilege('public', p.oid, 'EXECUTE') AND p.oid NOT IN (SELECT m.oid FROM made_of m)
 GROUP BY p.proname ORDER BY p.proname COLLATE "C";
-- No function of a type or an operator reads or changes a table: none is in SQL, or SECURITY DEFINER.
SELECT 'open by what it is made of:', p.oid::regprocedure FROM pg_proc p JOIN made_of m ON m.oid = p.oid JOIN pg_language l ON l.oid = p.prolang
 WHERE p.pronamespace = 'msb_org'::regnamespace AND (l.lanname NOT IN ('c', 'internal') OR p.prosecdef OR p.provolatile = 'v');
-- Every table is dumped, whole but for these.
SELECT 'not dumped:', c.relname FROM pg_class c, pg_extension e
 WHERE c.relnamespace = 'msb_org'::regnamespace AND c.relkind IN ('r', 'p', 'S', 'm') AND e.extname = 'msb_org' AND c.oid <> ALL (e.extconfig);
SELECT t.relation::regclass, t.condition FROM pg_extension e, unnest(e.extconfig, e.extcondition) AS t (relation, condition)
 WHERE e.extname = 'msb_org' AND t.condition <> '' ORDER BY 1::text;

-- Tables and views; no column has privileges of its own.
SELECT c.relkind, c.relname, who(c.relacl, c.relowner, 'r')
  FROM pg_class c WHERE c.relnamespace = 'msb_org'::regnamespace AND c.relkind NOT IN ('i', 't', 'c') ORDER BY c.relname COLLATE "C";
SELECT a.attrelid::regclass, a.attname FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid WHERE c.relnamespace = 'msb_org'::regnamespace AND a.attacl IS NOT NULL;
-- Types
SELECT t.typname, who(t.typacl, t.typowner, 'T') FROM pg_type t
 WHERE t.typnamespace = 'msb_org'::regnamespace AND t.typtype = 'b' AND t.typelem = 0 ORDER BY t.typname COLLATE "C";
-- Functions and procedures: D runs as its owner, S sets a search path
SELECT p.oid::regprocedure, who(p.proacl, p.proowner, 'f'),
       concat(CASE WHEN p.prosecdef THEN 'D' END, CASE WHEN 'search_path=pg_catalog, pg_temp' = ANY (p.proconfig) THEN 'S' END)
  FROM pg_proc p WHERE p.pronamespace = 'msb_org'::regnamespace ORDER BY p.oid::regprocedure::text COLLATE "C";

-- What runs as its owner has a search path that nobody can write to, and none is PUBLIC's.
SELECT 'unsafe:', p.oid::regprocedure FROM pg_proc p
 WHERE p.pronamespace = 'msb_org'::regnamespace AND p.prosecdef
   AND (NOT coalesce('search_path=pg_catalog, pg_temp' = ANY (p.proconfig), false) OR has_function_privilege('public', p.oid, 'EXECUTE'));
-- PL/pgSQL looks names up when it runs: where no search path is set, no name, operator or cast is left to be looked up.
SELECT 'no search path:', p.oid::regprocedure FROM pg_proc p JOIN pg_language l ON l.oid = p.prolang
 WHERE p.pronamespace = 'msb_org'::regnamespace AND l.lanname IN ('plpgsql', 'sql') AND p.prosqlbody IS NULL
   AND NOT coalesce('search_path=pg_catalog, pg_temp' = ANY (p.proconfig), false) ORDER BY 2;
-- Views that others may read by their owner's rights are security barriers, or of public documents.
SELECT 'no barrier:', c.relname FROM pg_class c
 WHERE c.relnamespace = 'msb_org'::regnamespace AND c.relkind = 'v' AND has_table_privilege('public', c.oid, 'SELECT')
   AND NOT coalesce('security_barrier=true' = ANY (c.reloptions), false) ORDER BY c.relname COLLATE "C";

DROP FUNCTION who(aclitem[], oid, "char");
DROP VIEW made_of;
DROP EXTENSION msb_org;
SELECT format('REVOKE CREATE ON DATABASE %I FROM regress_msb_it', current_database()) \gexec
DROP ROLE regress_msb_it;
CREATE EXTENSION msb_org;
