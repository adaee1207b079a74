-- What the catalog says of every object of the extension, as one JSON document, for
-- reference.pl. Run it in a database in which an ordinary role created the extension:
-- who may do what is told of PUBLIC and of that role (psql -v installer=ROLE).

SET search_path = pg_catalog;
SELECT msb_org.today() IS NULL AS loaded \gset
WITH member AS (
    SELECT d.classid, d.objid
      FROM pg_depend d JOIN pg_extension e ON e.oid = d.refobjid AND e.extname = 'msb_org'
     WHERE d.refclassid = 'pg_extension'::regclass AND d.deptype = 'e'
), allowed AS (
    SELECT 'pg_proc'::regclass AS classid, p.oid AS objid, a.grantee, a.privilege_type
      FROM pg_proc p, aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a
    UNION ALL
    SELECT 'pg_class'::regclass, c.oid, a.grantee, a.privilege_type
      FROM pg_class c, aclexplode(coalesce(c.relacl, acldefault('r', c.relowner))) a
), who AS (
    -- e.g. {"SELECT": "everybody", "INSERT": "installer"}
    SELECT a.classid, a.objid, jsonb_object_agg(a.privilege_type, a.who) AS allowed
      FROM (SELECT classid, objid, privilege_type, CASE WHEN bool_or(grantee = 0) THEN 'everybody' ELSE 'installer' END AS who
              FROM allowed WHERE grantee = 0 OR grantee = (SELECT oid FROM pg_roles WHERE rolname = :'installer')
             GROUP BY classid, objid, privilege_type) a
     GROUP BY a.classid, a.objid
), support AS (
    -- functions that stand behind something else, by what the catalog says
    SELECT unnest(ARRAY[t.typinput, t.typoutput, t.typreceive, t.typsend])::oid AS oid FROM pg_type t
    UNION SELECT o.oprcode FROM pg_operator o
    UNION SELECT a.amproc FROM pg_amproc a
    UNION SELECT unnest(ARRAY[a.aggtransfn, a.aggcombinefn, a.aggfinalfn]) FROM pg_aggregate a
), routine AS (
    SELECT p.oid, p.proname AS name, p.prokind AS kind,
           pg_get_function_result(p.oid) AS result,
           p.proretset AS many,
           CASE p.provolatile WHEN 'i' THEN 'immutable' WHEN 's' THEN 'stable' ELSE 'volatile' END AS volatility,
           p.proisstrict AS strict, p.proleakproof AS leakproof, p.prosecdef AS definer,
           CASE p.proparallel WHEN 's' THEN 'safe' WHEN 'r' THEN 'restricted' ELSE 'unsafe' END AS parallel,
           obj_description(p.oid, 'pg_proc') AS comment,
           coalesce(w.allowed ->> 'EXECUTE', 'nobody') AS executes,
           p.prorettype = 'trigger'::regtype AS is_trigger,
           p.oid IN (SELECT s.oid FROM support s) OR 'internal'::regtype = ANY (p.proargtypes)
               OR p.prorettype = 'internal'::regtype AS is_support,
           (SELECT coalesce(json_agg(json_build_object(
                       'name', p.proargnames[n.i::integer],
                       'type', format_type(n.type, NULL),
                       'mode', coalesce(p.proargmodes[n.i::integer], 'i'),
                       'default', pg_get_function_arg_default(p.oid, n.i::integer)) ORDER BY n.i), '[]')
              FROM unnest(coalesce(p.proallargtypes, p.proargtypes::oid[])) WITH ORDINALITY n (type, i)) AS arguments
      FROM pg_proc p JOIN member m ON m.classid = 'pg_proc'::regclass AND m.objid = p.oid
      LEFT JOIN who w ON w.classid = 'pg_proc'::regclass AND w.objid = p.oid
), relation AS (
    SELECT c.oid, c.relname AS name, c.relkind AS kind, obj_description(c.oid, 'pg_class') AS comment,
           coalesce(w.allowed, '{}') AS allowed,
           'security_barrier=true' = ANY (c.reloptions) AS barrier,
           (SELECT json_agg(json_build_object('name', a.attname, 'type', format_type(a.atttypid, a.atttypmod),
                       'required', a.attnotnull, 'default', pg_get_expr(d.adbin, d.adrelid),
                       'comment', col_description(c.oid, a.attnum)) ORDER BY a.attnum)
              FROM pg_attribute a LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
             WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped) AS columns,
           (SELECT json_agg(json_build_object('kind', k.contype, 'to', f.relname, 'delete', k.confdeltype,
                       'columns', (SELECT json_agg(a.attname ORDER BY u.n)
                                     FROM unnest(k.conkey) WITH ORDINALITY u (attnum, n)
                                     JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = u.attnum))
                       ORDER BY k.contype DESC, k.conname COLLATE "C")
              FROM pg_constraint k LEFT JOIN pg_class f ON f.oid = k.confrelid
             WHERE k.conrelid = c.oid AND k.contype IN ('p', 'u', 'f', 'x')) AS keys
      FROM pg_class c JOIN member m ON m.classid = 'pg_class'::regclass AND m.objid = c.oid
      LEFT JOIN who w ON w.classid = 'pg_class'::regclass AND w.objid = c.oid
     WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
)
SELECT json_build_object(
    'routines', (SELECT json_agg(to_jsonb(r) - 'oid' ORDER BY r.name COLLATE "C", r.arguments::text COLLATE "C") FROM routine r),
    'relations', (SELECT json_agg(to_jsonb(r) - 'oid' ORDER BY r.name COLLATE "C") FROM relation r),
    'types', (SELECT json_agg(json_build_object('name', t.typname, 'kind', t.typtype, 'comment', obj_description(t.oid, 'pg_type'),
                        'length', t.typlen, 'by_value', t.typbyval,
                        'columns', (SELECT json_agg(json_build_object('name', a.attname, 'type', format_type(a.atttypid, a.atttypmod),
                                                    'comment', col_description(a.attrelid, a.attnum)) ORDER BY a.attnum)
                                      FROM pg_attribute a WHERE a.attrelid = t.typrelid AND a.attnum > 0 AND NOT a.attisdropped))
                        ORDER BY t.typname COLLATE "C")
                FROM pg_type t JOIN member m ON m.classid = 'pg_type'::regclass AND m.objid = t.oid
               -- from 17 on, also the row types and array types that the server makes of itself
               WHERE t.typcategory <> 'A' AND NOT EXISTS (SELECT FROM pg_class c WHERE c.oid = t.typrelid AND c.relkind <> 'c')),
    'operators', (SELECT json_agg(json_build_object('name', o.oprname, 'left', format_type(o.oprleft, NULL), 'right', format_type(o.oprright, NULL),
                        'result', format_type(o.oprresult, NULL), 'comment', obj_description(o.oid, 'pg_operator'))
                        ORDER BY o.oprleft::regtype::text COLLATE "C", o.oprname COLLATE "C")
                    FROM pg_operator o JOIN member m ON m.classid = 'pg_operator'::regclass AND m.objid = o.oid),
    'classes', (SELECT json_agg(json_build_object('name', c.opcname, 'method', a.amname, 'type', format_type(c.opcintype, NULL),
                        'default', c.opcdefault, 'comment', obj_description(c.oid, 'pg_opclass'),
                        'operators', (SELECT json_agg(o.oprname ORDER BY p.amopstrategy) FROM pg_amop p JOIN pg_operator o ON o.oid = p.amopopr
                                       WHERE p.amopfamily = c.opcfamily))
                        ORDER BY c.opcintype::regtype::text COLLATE "C", a.amname COLLATE "C")
                  FROM pg_opclass c JOIN pg_am a ON a.oid = c.opcmethod JOIN member m ON m.classid = 'pg_opclass'::regclass AND m.objid = c.oid),
    'casts', (SELECT json_agg(json_build_object('source', format_type(c.castsource, NULL), 'target', format_type(c.casttarget, NULL),
                        'context', CASE c.castcontext WHEN 'a' THEN 'on assignment' WHEN 'i' THEN 'always' ELSE 'when asked for' END,
                        'comment', obj_description(c.oid, 'pg_cast'))
                        ORDER BY c.casttarget::regtype::text COLLATE "C", c.castsource::regtype::text COLLATE "C")
                FROM pg_cast c JOIN member m ON m.classid = 'pg_cast'::regclass AND m.objid = c.oid),
    'settings', (SELECT json_agg(json_build_object('name', s.name, 'type', s.vartype, 'default', s.boot_val, 'min', s.min_val, 'max', s.max_val,
                        'context', s.context, 'short', s.short_desc, 'extra', s.extra_desc) ORDER BY s.name COLLATE "C")
                   FROM pg_settings s WHERE s.name LIKE 'msb\_org.%'),
    -- what else belongs to the extension: the tool must know of every kind
    'others', (SELECT json_agg(pg_describe_object(m.classid, m.objid, 0)) FROM member m
                WHERE m.classid NOT IN ('pg_proc'::regclass, 'pg_class'::regclass, 'pg_type'::regclass, 'pg_operator'::regclass,
                                        'pg_opclass'::regclass, 'pg_opfamily'::regclass, 'pg_cast'::regclass, 'pg_namespace'::regclass)),
    'uncommented', (SELECT json_agg(pg_describe_object(m.classid, m.objid, 0)) FROM member m
                     WHERE m.classid IN ('pg_opfamily'::regclass, 'pg_cast'::regclass)
                       AND obj_description(m.objid, m.classid::regclass::name) IS NULL));
