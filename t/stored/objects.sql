-- Everything that the extension is, a line an object: what it is, a tab, and its definition with
-- comment, privileges, owner. By names, in no OIDs; without attoptions, which differ between
-- minor versions of the server. The tests compare what an upgrade makes with a fresh installation.
SELECT set_config('search_path', '', false) \g /dev/null
CREATE TEMPORARY VIEW member AS
    SELECT d.classid, d.objid, e.oid AS extension
      FROM pg_catalog.pg_depend d JOIN pg_catalog.pg_extension e ON d.refclassid = 'pg_extension'::regclass AND d.refobjid = e.oid AND d.deptype = 'e'
     WHERE e.extname = 'msb_org';
CREATE TEMPORARY VIEW relation AS
    SELECT c.* FROM pg_catalog.pg_class c
     WHERE c.oid IN (SELECT m.objid FROM member m WHERE m.classid = 'pg_class'::regclass)
        OR c.oid IN (SELECT i.indexrelid FROM pg_catalog.pg_index i JOIN member m ON m.objid = i.indrelid AND m.classid = 'pg_class'::regclass);
-- privileges in an order of their own, and none told from the default
CREATE FUNCTION pg_temp.privileges(acl aclitem[], kind "char", owner oid) RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(a::text, ' ' ORDER BY a::text COLLATE "C") FROM unnest(coalesce(acl, acldefault(kind, owner))) a $$;
-- a foreign key's trigger has a number in its name
CREATE FUNCTION pg_temp.trigger_name(t pg_trigger) RETURNS text LANGUAGE sql AS $$
    SELECT CASE WHEN t.tgisinternal THEN regexp_replace(t.tgname, '[0-9]+$', '') || (SELECT k.conname FROM pg_catalog.pg_constraint k WHERE k.oid = t.tgconstraint) ELSE t.tgname END $$;
-- an object's name; of what is numbered, what it belongs to
CREATE FUNCTION pg_temp.object(class oid, id oid, sub integer) RETURNS text LANGUAGE sql AS $$
    SELECT CASE WHEN class = 'pg_trigger'::regclass
                THEN (SELECT 'trigger ' || pg_temp.trigger_name(t) || ' on ' || t.tgrelid::regclass FROM pg_catalog.pg_trigger t WHERE t.oid = id)
                WHEN class = 'pg_attrdef'::regclass
                THEN (SELECT 'default of ' || d.adrelid::regclass || '.' || d.adnum FROM pg_catalog.pg_attrdef d WHERE d.oid = id)
                WHEN class = 'pg_class'::regclass AND (SELECT c.relkind FROM pg_catalog.pg_class c WHERE c.oid = id) = 't'
                THEN (SELECT 'toast of ' || c.oid::regclass FROM pg_catalog.pg_class c WHERE c.reltoastrelid = id)
                ELSE pg_catalog.pg_describe_object(class, id, sub) END $$;

SELECT * FROM (
SELECT 'extension' AS kind, e.extname::text AS name, concat_ws(' ', e.extversion, e.extnamespace::regnamespace, e.extrelocatable, pg_get_userbyid(e.extowner),
       (SELECT string_agg(x.t::regclass::text || ':' || x.c, ', ' ORDER BY x.t::regclass::text) FROM unnest(e.extconfig, e.extcondition) AS x (t, c)),
       obj_description(e.oid, 'pg_extension')) AS definition
  FROM pg_catalog.pg_extension e WHERE e.extname = 'msb_org'
UNION ALL
SELECT 'member', pg_temp.object(m.classid, m.objid, 0), 'e' FROM member m
UNION ALL
SELECT 'schema', n.nspname, concat_ws(' ', pg_get_userbyid(n.nspowner), pg_temp.privileges(n.nspacl, 'n', n.nspowner), obj_description(n.oid, 'pg_namespace'))
  FROM pg_catalog.pg_namespace n WHERE n.nspname = 'msb_org'
UNION ALL
SELECT 'default privileges', concat_ws(' ', pg_get_userbyid(d.defaclrole), d.defaclnamespace::regnamespace, d.defaclobjtype), d.defaclacl::text FROM pg_catalog.pg_default_acl d
UNION ALL
-- functions and aggregates: every attribute
SELECT 'function', p.oid::regprocedure::text, concat_ws(' ',
       to_jsonb(p) - '{oid,pronamespace,proowner,prolang,prorettype,proargtypes,proallargtypes,prosupport,proacl,prosqlbody,provariadic,protrftypes,proargdefaults}'::text[],
       p.prorettype::regtype, p.provariadic::regtype, p.prosupport, p.protrftypes, (SELECT l.lanname FROM pg_catalog.pg_language l WHERE l.oid = p.prolang),
       pg_get_function_arguments(p.oid), pg_get_function_result(p.oid), pg_get_function_sqlbody(p.oid),
       pg_get_userbyid(p.proowner), pg_temp.privileges(p.proacl, 'f', p.proowner), obj_description(p.oid, 'pg_proc'))
  FROM pg_catalog.pg_proc p WHERE p.pronamespace = 'msb_org'::regnamespace
UNION ALL
SELECT 'aggregate', a.aggfnoid::regprocedure::text, concat_ws(' ', a.aggkind, a.aggnumdirectargs, a.aggtransfn, a.aggfinalfn, a.aggcombinefn, a.aggserialfn, a.aggdeserialfn,
       a.aggmtransfn, a.aggminvtransfn, a.aggmfinalfn, a.aggfinalextra, a.aggfinalmodify, a.aggsortop::regoperator, a.aggtranstype::regtype, a.aggtransspace, a.agginitval)
  FROM pg_catalog.pg_aggregate a JOIN pg_catalog.pg_proc p ON p.oid = a.aggfnoid WHERE p.pronamespace = 'msb_org'::regnamespace
UNION ALL
SELECT 'relation', c.oid::regclass::text, concat_ws(' ', c.relkind, c.relpersistence, c.relrowsecurity, c.relforcerowsecurity, c.relreplident, c.relispartition, c.reloptions,
       (SELECT a.amname FROM pg_catalog.pg_am a WHERE a.oid = c.relam), c.reltablespace, c.reltoastrelid <> 0, pg_get_userbyid(c.relowner),
       pg_temp.privileges(c.relacl, CASE c.relkind WHEN 'S' THEN 's'::"char" ELSE 'r' END, c.relowner), pg_get_indexdef(c.oid),
       CASE WHEN c.relkind IN ('v', 'm') THEN pg_get_viewdef(c.oid) END, obj_description(c.oid, 'pg_class'))
  FROM relation c
UNION ALL
SELECT 'column', a.attrelid::regclass || ' ' || to_char(a.attnum, 'FM000'), concat_ws(' ', a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attidentity, a.attgenerated,
       a.attstorage, a.attcompression, a.attisdropped, a.attislocal, a.attinhcount, a.attcollation::regcollation, a.attndims, a.attacl,
       (SELECT pg_get_expr(d.adbin, d.adrelid) FROM pg_catalog.pg_attrdef d WHERE d.adrelid = a.attrelid AND d.adnum = a.attnum), col_description(a.attrelid, a.attnum))
  FROM pg_catalog.pg_attribute a JOIN relation c ON c.oid = a.attrelid WHERE a.attnum > 0
UNION ALL
SELECT 'constraint', k.conname || ' on ' || coalesce(k.conrelid::regclass::text, '-') || ' ' || coalesce(k.contypid::regtype::text, '-'),
       concat_ws(' ', pg_get_constraintdef(k.oid), k.condeferrable, k.condeferred, k.convalidated, obj_description(k.oid, 'pg_constraint'))
  FROM pg_catalog.pg_constraint k WHERE k.connamespace = 'msb_org'::regnamespace
UNION ALL
SELECT 'index', i.indexrelid::regclass::text, concat_ws(' ', i.indisunique, i.indisprimary, i.indisexclusion, i.indimmediate, i.indisclustered, i.indisvalid, i.indisreplident, i.indoption, i.indcollation)
  FROM pg_catalog.pg_index i JOIN relation c ON c.oid = i.indexrelid
UNION ALL
SELECT 'trigger', pg_temp.trigger_name(t) || ' on ' || t.tgrelid::regclass, concat_ws(' ', CASE WHEN NOT t.tgisinternal THEN pg_get_triggerdef(t.oid) END, t.tgfoid::regprocedure, t.tgtype, t.tgenabled,
       t.tgdeferrable, t.tginitdeferred, obj_description(t.oid, 'pg_trigger'))
  FROM pg_catalog.pg_trigger t JOIN relation c ON c.oid = t.tgrelid
UNION ALL
SELECT 'rule', r.rulename || ' on ' || r.ev_class::regclass, concat_ws(' ', pg_get_ruledef(r.oid), r.ev_enabled, obj_description(r.oid, 'pg_rewrite'))
  FROM pg_catalog.pg_rewrite r JOIN relation c ON c.oid = r.ev_class
UNION ALL
SELECT 'policy', p.polname || ' on ' || p.polrelid::regclass, concat_ws(' ', p.polcmd, p.polpermissive, (SELECT string_agg(r::regrole::text, ',' ORDER BY r::regrole::text) FROM unnest(p.polroles) r),
       pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid), obj_description(p.oid, 'pg_policy'))
  FROM pg_catalog.pg_policy p JOIN relation c ON c.oid = p.polrelid
UNION ALL
SELECT 'statistics', s.stxname::text, concat_ws(' ', pg_get_statisticsobjdef(s.oid), s.stxstattarget, obj_description(s.oid, 'pg_statistic_ext'))
  FROM pg_catalog.pg_statistic_ext s WHERE s.stxnamespace = 'msb_org'::regnamespace
UNION ALL
SELECT 'type', t.oid::regtype::text, concat_ws(' ',
       to_jsonb(t) - '{oid,typnamespace,typowner,typrelid,typelem,typarray,typbasetype,typacl,typdefaultbin,typinput,typoutput,typreceive,typsend,typmodin,typmodout,typanalyze,typsubscript}'::text[],
       t.typrelid::regclass, t.typelem::regtype, t.typarray::regtype, t.typbasetype::regtype, t.typinput, t.typoutput, t.typreceive, t.typsend, t.typmodin, t.typmodout, t.typanalyze,
       t.typsubscript, pg_get_userbyid(t.typowner), pg_temp.privileges(t.typacl, 'T', t.typowner), obj_description(t.oid, 'pg_type'),
       (SELECT string_agg(l.enumlabel, ',' ORDER BY l.enumsortorder) FROM pg_catalog.pg_enum l WHERE l.enumtypid = t.oid))
  FROM pg_catalog.pg_type t WHERE t.typnamespace = 'msb_org'::regnamespace
UNION ALL
SELECT 'range', r.rngtypid::regtype::text, concat_ws(' ', r.rngsubtype::regtype, r.rngcollation::regcollation, r.rngcanonical, r.rngsubdiff)
  FROM pg_catalog.pg_range r JOIN pg_catalog.pg_type t ON t.oid = r.rngtypid WHERE t.typnamespace = 'msb_org'::regnamespace
UNION ALL
SELECT 'operator', o.oid::regoperator::text, concat_ws(' ', o.oprkind, o.oprcanmerge, o.oprcanhash, o.oprresult::regtype, o.oprcom::regoperator, o.oprnegate::regoperator, o.oprcode, o.oprrest, o.oprjoin,
       pg_get_userbyid(o.oprowner), obj_description(o.oid, 'pg_operator'))
  FROM pg_catalog.pg_operator o WHERE o.oprnamespace = 'msb_org'::regnamespace
UNION ALL
SELECT 'operator family', f.opfname || ' ' || a.amname, concat_ws(' ', pg_get_userbyid(f.opfowner), obj_description(f.oid, 'pg_opfamily'),
       (SELECT string_agg(pg_describe_object('pg_amop'::regclass, o.oid, 0), '; ' ORDER BY o.amopstrategy, pg_describe_object('pg_amop'::regclass, o.oid, 0)) FROM pg_catalog.pg_amop o WHERE o.amopfamily = f.oid),
       (SELECT string_agg(pg_describe_object('pg_amproc'::regclass, o.oid, 0) || o.amproc, '; ' ORDER BY o.amprocnum, pg_describe_object('pg_amproc'::regclass, o.oid, 0)) FROM pg_catalog.pg_amproc o WHERE o.amprocfamily = f.oid))
  FROM pg_catalog.pg_opfamily f JOIN pg_catalog.pg_am a ON a.oid = f.opfmethod WHERE f.opfnamespace = 'msb_org'::regnamespace
UNION ALL
SELECT 'operator class', c.opcname || ' ' || a.amname, concat_ws(' ', c.opcintype::regtype, c.opcdefault, c.opckeytype::regtype, f.opfname, pg_get_userbyid(c.opcowner), obj_description(c.oid, 'pg_opclass'))
  FROM pg_catalog.pg_opclass c JOIN pg_catalog.pg_am a ON a.oid = c.opcmethod JOIN pg_catalog.pg_opfamily f ON f.oid = c.opcfamily WHERE c.opcnamespace = 'msb_org'::regnamespace
UNION ALL
SELECT 'cast', c.castsource::regtype || ' ' || c.casttarget::regtype, concat_ws(' ', c.castfunc::regprocedure, c.castcontext, c.castmethod, obj_description(c.oid, 'pg_cast'))
  FROM pg_catalog.pg_cast c WHERE c.oid IN (SELECT m.objid FROM member m WHERE m.classid = 'pg_cast'::regclass)
UNION ALL
SELECT 'event trigger', t.evtname::text, concat_ws(' ', t.evtevent, t.evtfoid::regprocedure, t.evtenabled, t.evttags)
  FROM pg_catalog.pg_event_trigger t WHERE t.oid IN (SELECT m.objid FROM member m WHERE m.classid = 'pg_event_trigger'::regclass)
UNION ALL
-- what depends on what, seen from all that is in the schema
SELECT DISTINCT 'dependency', pg_temp.object(d.classid, d.objid, d.objsubid), d.deptype::text || ' ' || pg_temp.object(d.refclassid, d.refobjid, d.refobjsubid)
  FROM pg_catalog.pg_depend d
 WHERE (d.classid, d.objid) IN (SELECT m.classid, m.objid FROM member m)
    OR (d.refclassid, d.refobjid) IN (SELECT m.classid, m.objid FROM member m) AND d.classid <> ALL ('{pg_rewrite,pg_class}'::regclass[])
    OR d.classid = 'pg_rewrite'::regclass AND (SELECT r.ev_class FROM pg_catalog.pg_rewrite r WHERE r.oid = d.objid) IN (SELECT c.oid FROM relation c)
-- and who is named anywhere: initial privileges are what pg_dump tells a site's own grants from
UNION ALL
SELECT 'initial privileges', pg_temp.object(i.classoid, i.objoid, i.objsubid), i.privtype::text || ' ' || (SELECT string_agg(a::text, ' ' ORDER BY a::text COLLATE "C") FROM unnest(i.initprivs) a)
  FROM pg_catalog.pg_init_privs i WHERE (i.classoid, i.objoid) IN (SELECT m.classid, m.objid FROM member m)
) o ORDER BY o.kind COLLATE "C", o.name COLLATE "C", o.definition COLLATE "C";
