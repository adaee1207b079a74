# A database's owner who would like to be more has made, before the extension comes, a
# look-alike of every operator and function that it could name, of the types' names too, in a
# schema that the database's search path puts before pg_catalog. Each raises an error when it
# is called. The extension is created, updated (to a made-up next version) and used by a
# superuser in that database, and none is called.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/stored";

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use NextVersion;

# updated from this version to a made-up next one
my $version = current_version();
my $next = next_version(PostgreSQL::Test::Utils::tempdir());
my @earlier = grep { $_ ne $version } map { $_->[0] } released();

my $node = PostgreSQL::Test::Cluster->new('capture');
$node->init;
$node->append_conf('postgresql.conf', "fsync = off\nmsb_org.today = '2019-09-02'\nsession_preload_libraries = 'msb_org'\n" . join('', map { "$_\n" } $next ? @{ $next->{settings} } : ()));
$node->start;
$node->safe_psql('postgres', 'CREATE ROLE ejer LOGIN; CREATE DATABASE kommune OWNER ejer;');

sub as
{
	my ($role, $sql) = @_;
	my ($rc, $out, $err) = $node->psql('kommune', $sql, extra_params => [ '-U', $role, '-v', 'VERBOSITY=verbose' ], on_error_stop => 1);
	return $rc == 0 ? $out . ($err =~ /^(?:psql:\S+ )?WARNING/m ? $err : '') : $err;
}

#
# The schema is there already.
#
for my $role ('ejer', 'postgres')
{
	as('ejer', 'DROP SCHEMA IF EXISTS msb_org CASCADE; CREATE SCHEMA msb_org; CREATE TABLE msb_org.assignment (a integer)');
	like(as($role, 'CREATE EXTENSION msb_org'), qr/42P06: schema "msb_org" already exists/, "a schema of that name that somebody else owns: $role creates nothing");
}
is($node->safe_psql('kommune', "SELECT count(*) FROM pg_extension WHERE extname = 'msb_org'"), '0', '... nothing');
as('ejer', 'DROP SCHEMA msb_org CASCADE');

#
# Look-alikes: of the operators and functions of pg_catalog with these types, of functions that
# take any type, with types that fit better than those; in PL/pgSQL what is called is
# compiled only then. And of the types' names, domains whose CHECK does the same.
#
my $made = as('ejer', <<'END');
CREATE SCHEMA ond;
GRANT USAGE ON SCHEMA ond, public TO PUBLIC;
DO $$
DECLARE
    types constant regtype[] := '{text,name,"char",int2,int4,int8,oid,bool,date,timestamp,timestamptz,interval,jsonb,numeric,float8,uuid,regclass,regtype,regrole,regnamespace,bytea,varchar,bpchar,text[],name[],oid[],int2[],daterange,tstzrange,char,json,xid,xid8,pg_snapshot,int2vector,oidvector,regprocedure}';
    better constant regtype[] := '{text,name,int4,int8,date,jsonb,text[],oid[],uuid,timestamptz,daterange,regclass,bool,numeric,record}';
    f record;
    t regtype;
BEGIN
    FOR f IN
        SELECT DISTINCT p.proname, array_to_string(p.proargtypes::regtype[], ', ') AS arguments FROM pg_proc p
         WHERE p.pronamespace = 'pg_catalog'::regnamespace AND p.prokind <> 'p' AND p.pronargs > 0 AND p.proargtypes::oid[] <@ types::oid[]
         UNION
        -- no polymorphic one of the same name: it would be taken by everything, and the server's own with it
        SELECT DISTINCT p.proname, CASE p.pronargs WHEN 1 THEN b::text WHEN 2 THEN b || ', ' || c ELSE b || ', ' || c || ', ' || c END
          FROM pg_proc p, unnest(better) b, unnest('{text,name,int4,regclass,jsonb,text[]}'::regtype[]) c
         WHERE p.pronamespace = 'pg_catalog'::regnamespace AND p.pronargs BETWEEN 1 AND 3
           AND p.proname IN ('unnest', 'array_agg', 'cardinality', 'array_position', 'array_to_string', 'format', 'concat', 'count', 'max', 'min', 'jsonb_build_object', 'jsonb_build_array', 'to_jsonb', 'jsonb_agg',
                             'jsonb_object_agg', 'quote_literal', 'quote_nullable', 'array_append', 'array_cat', 'lower', 'upper', 'isempty', 'num_nonnulls', 'range_agg', 'row_number', 'lag', 'string_agg', 'coalesce', 'generate_series')
    LOOP
        EXECUTE format('CREATE FUNCTION ond.%I(%s) RETURNS text LANGUAGE plpgsql AS ''BEGIN RAISE EXCEPTION USING MESSAGE = pg_catalog.concat(''''fanget: %s som '''', current_user); END''', f.proname, f.arguments, f.proname);
    END LOOP;
    FOR f IN
        SELECT o.oprname, o.oprleft::regtype AS l, o.oprright::regtype AS r FROM pg_operator o
         WHERE o.oprnamespace = 'pg_catalog'::regnamespace AND (o.oprleft = 0 OR o.oprleft = ANY (types::oid[])) AND o.oprright = ANY (types::oid[])
         UNION SELECT n, b, b FROM unnest('{=,<>,<,>,<=,>=,||,@>,<@}'::name[]) n, unnest(better || '{int2vector}'::regtype[]) b WHERE b <> 'record'::regtype
         UNION SELECT n, b, c FROM unnest('{=,<>,||,~~,~,->,->>,-,+}'::name[]) n, unnest('{text,name,varchar}'::regtype[]) b, unnest('{text,name,varchar,int4,regclass,regtype,jsonb,oid}'::regtype[]) c
    LOOP
        EXECUTE format('CREATE OR REPLACE FUNCTION ond.op(%s) RETURNS boolean LANGUAGE plpgsql AS ''BEGIN RAISE EXCEPTION USING MESSAGE = pg_catalog.concat(''''fanget: operator som '''', current_user); END''', concat_ws(', ', nullif(f.l::text, '-'), f.r));
        BEGIN
            EXECUTE format('CREATE OPERATOR ond.%s (FUNCTION = ond.op%s, RIGHTARG = %s)', f.oprname, CASE WHEN f.l::oid <> 0 THEN ', LEFTARG = ' || f.l END, f.r);
        EXCEPTION WHEN duplicate_function THEN
            NULL;
        END;
    END LOOP;
END $$;
CREATE FUNCTION ond.fang() RETURNS boolean LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION USING MESSAGE = pg_catalog.concat(''fanget: en type som '', current_user); END';
DO $$
DECLARE
    t name;
BEGIN
    FOREACH t IN ARRAY '{text,date,jsonb,uuid,name,regclass,oid,timestamptz,daterange,tstzrange,regrole,cpr,target_group,plan,assignment}'::name[] LOOP
        EXECUTE pg_catalog.format('CREATE DOMAIN ond.%I AS pg_catalog.int4 CHECK (ond.fang())', t);
    END LOOP;
    FOREACH t IN ARRAY '{pg_class,pg_proc,pg_trigger,pg_attribute,pg_constraint,pg_roles,pg_namespace,pg_type,pg_policy,pg_locks,attached_table,enactment,facet,label}'::name[] LOOP
        EXECUTE pg_catalog.format('CREATE VIEW ond.%I AS SELECT ond.fang() AS oid', t);
    END LOOP;
END $$;
SELECT pg_catalog.count(*) > 1000 FROM pg_catalog.pg_proc WHERE pronamespace OPERATOR(pg_catalog.=) 'ond'::pg_catalog.regnamespace;
ALTER DATABASE kommune SET search_path = ond, public, pg_catalog;
END
is($made, 't', 'more than a thousand look-alikes') or diag($made);
like(as('postgres', "SELECT 'a'::pg_catalog.text = 'b'::pg_catalog.text"), qr/fanget: operator som postgres/, 'they are called where nothing is qualified: an operator');
like(as('postgres', "SELECT upper('a'::pg_catalog.text)"), qr/fanget: upper som postgres/, '... a function');
like(as('postgres', "SELECT '1'::date"), qr/fanget: en type som postgres/, '... a type');

#
# Created by a superuser and by the owner, updated.
#
for my $role ('postgres', 'ejer')
{
	is(as($role, "CREATE EXTENSION msb_org VERSION '$version'; DROP EXTENSION msb_org"), '', "$role creates it");
	for my $old (@earlier, $next ? $version : ())
	{
		is(as($role, "CREATE EXTENSION msb_org VERSION '$old'; ALTER EXTENSION msb_org UPDATE; DROP EXTENSION msb_org"), '', "... and updates it from $old");
	}
}
# What the owner may do to the extension before an update.
as('ejer', "CREATE EXTENSION msb_org VERSION '$version'");
like(as('ejer', $_), qr/42501/, "the extension's owner may not: $_")
  for 'CREATE FUNCTION msb_org.note_structure(text, text) RETURNS void LANGUAGE sql AS $$$$', 'CREATE TABLE msb_org.structure_note (a integer)', 'CREATE OR REPLACE VIEW msb_org.column_map AS SELECT 1',
  'CREATE OPERATOR msb_org.= (FUNCTION = ond.op, LEFTARG = pg_catalog.text, RIGHTARG = msb_org.cpr)', 'ALTER FUNCTION msb_org.today() OWNER TO ejer', 'ALTER SCHEMA msb_org RENAME TO x', 'GRANT CREATE ON SCHEMA msb_org TO ejer; CREATE TABLE msb_org.x ()',
  'ALTER EXTENSION msb_org DROP FUNCTION msb_org.today()';
is(as('ejer', 'CREATE FUNCTION public.note_structure(pg_catalog.text, pg_catalog.text) RETURNS void LANGUAGE sql AS $$$$; ALTER EXTENSION msb_org ADD FUNCTION public.note_structure(pg_catalog.text, pg_catalog.text); ALTER EXTENSION msb_org UPDATE'), '', 'a member of its own added before the update changes nothing');
is(as('ejer', "SELECT extversion FROM pg_catalog.pg_extension WHERE extname OPERATOR(pg_catalog.=) 'msb_org'"), $next ? $next->{version} : $version, '... and it is updated');
is(as('ejer', "ALTER EXTENSION msb_org DROP FUNCTION public.note_structure(pg_catalog.text, pg_catalog.text)"), '', '... and can be taken out');

#
# Used by the superuser, with the owner's search path. What is written here is qualified.
#
my @work = (
	"SELECT msb_org.load_structure('msb-2019'), msb_org.load_structure('msb-2018')",
	"SELECT msb_org.adopt('msb-2018', '2018-01-01'), msb_org.adopt('msb-2019', '2019-08-01', 'byrådet')",
	"CREATE TABLE public.borger (id integer PRIMARY KEY, cpr pg_catalog.text); CREATE TABLE public.sag (id integer PRIMARY KEY, borger integer REFERENCES public.borger, opgave pg_catalog.text, udfordring pg_catalog.text, omraade pg_catalog.text, oprettet pg_catalog.date, afsluttet pg_catalog.date);
	 CREATE INDEX ON public.sag (borger); CREATE TABLE public.jobsag (id pg_catalog.uuid PRIMARY KEY, cpr msb_org.cpr, opgave pg_catalog.varchar, omraade pg_catalog.bpchar(20), aar integer) ; CREATE TABLE public.kontakt (cpr pg_catalog.text, dag pg_catalog.date)",
	"INSERT INTO msb_org.alias VALUES ('default', 'task', 'M*', 'coordination')",
	"SELECT msb_org.attach('public.sag', key => 'id', citizen => 'borger.cpr', birth => 'borger.cpr', facets => '{\"task\": \"opgave\", \"challenge\": \"udfordring\"}', area => 'omraade', opened => 'oprettet', closed => 'afsluttet', decided => 'afsluttet', caseworker => 'opgave', mode => 'fill')",
	"SELECT msb_org.attach('public.jobsag', key => 'id', citizen => 'cpr', birth => 'cpr', facets => '{\"task\": \"opgave\"}', area => 'omraade', area_values => '{\"job\": \"J\"}')",
	"SELECT msb_org.attach('public.jobsag', key => 'id', citizen => 'cpr', birth => 'cpr', facets => '{\"task\": \"opgave\"}', area => 'omraade', mode => 'fill')",
	"SELECT msb_org.attach_contacts('public.kontakt', 'cpr', 'dag')",
	"INSERT INTO public.borger VALUES (1, '740398-0121'), (2, '620571-0026')",
	"INSERT INTO public.sag VALUES (1, 1, 'provision', 'homelessness', NULL, '2019-08-20'), (2, 2, 'authority', NULL, 'job', '2019-08-20'), (3, 1, 'X', NULL, NULL, '2019-08-20')",
	"INSERT INTO public.jobsag VALUES ('00000000-0000-0000-0000-000000000001', '740398-0121', 'benefit'), ('00000000-0000-0000-0000-000000000002', '620571-0026', 'M1')",
	"INSERT INTO public.kontakt VALUES ('740398-0121', '2019-09-01')",
	"UPDATE public.sag SET udfordring = 'disability'", "UPDATE public.borger SET cpr = '720571-0026' WHERE id OPERATOR(pg_catalog.=) 2",
	"CALL msb_org.reassign('sag')", "SELECT msb_org.reassign_due()", "SELECT * FROM msb_org.recheck(true)", "SELECT * FROM msb_org.impact('sag', on_date => '2019-09-01')",
	"SELECT msb_org.override('sag', '1', 'unge', 'aftalt')", "SELECT msb_org.state_primary_challenge('740398-0121', 'homelessness', 'oplyst')", "SELECT msb_org.renumber_citizen('740398-0121', '730398-0121', 'nyt')",
	"SELECT msb_org.set_mode('sag', 'enforce'), msb_org.set_mode('sag', 'observe'), msb_org.set_mode('sag', 'fill')", "SELECT * FROM msb_org.open_due_plans(dry_run => true)", "SELECT * FROM msb_org.open_due_plans()",
	"SELECT msb_org.write_plan('{\"citizen\": \"740398-0121\", \"kind\": \"min_plan\", \"wishes\": \"a\", \"goals\": [{\"goal\": \"x\", \"description\": \"y\"}], \"consents\": [{\"recipient\": \"job\", \"given\": \"2019-09-01\"}]}')",
	"SELECT msb_org.set_plan_status(p.plan, 'offered'), msb_org.set_coordinator(p.plan, 'K'), msb_org.read_plan(p.plan) FROM msb_org.plan p", "SELECT r.* FROM msb_org.plan p, LATERAL msb_org.plan_readers(p.plan) r",
	"SELECT * FROM msb_org.handovers('2019-09-02', '2030-01-01')", "SELECT msb_org.accept_handover('sag', '1')",
	"INSERT INTO msb_org.unit_role VALUES ('msb-2019', 'unge', 'ejer', 'age 18-29'), ('msb-2019', 'job', 'ejer', 'any'), ('msb-2019', 'indgang', 'ejer', 'any'); SELECT msb_org.protect('sag', '{postgres}'), msb_org.protect('jobsag')",
	"GRANT SELECT ON public.sag, public.jobsag TO ejer; GRANT ALL ON SCHEMA public TO ejer", "SET ROLE ejer; SELECT * FROM public.sag; SELECT * FROM public.jobsag; SELECT * FROM msb_org.my_case; SELECT * FROM msb_org.my_plan; SELECT * FROM msb_org.my_area; RESET ROLE",
	"SELECT msb_org.unprotect('sag'), msb_org.unprotect('jobsag')",
	"SELECT * FROM msb_org.citizen_view('740398-0121')", "SELECT * FROM msb_org.entry_point('740398-0121')", "SELECT * FROM msb_org.impact('sag', 'msb-2018', 'msb-2019')", "SELECT * FROM msb_org.impact('sag', 'msb-2018', 'msb-2019', detail => true)",
	"SELECT * FROM msb_org.verify('msb-2019'), msb_org.compare('msb-2018', 'msb-2019')", "SELECT msb_org.copy_structure('msb-2019', 'ny')", "SELECT msb_org.org_chart('msb-2019'), msb_org.export_structure('msb-2019#1'), msb_org.import_structure(msb_org.export_structure('ny'), 'ny2')",
	"SELECT * FROM msb_org.responsibility_map('msb-2019', 'provision', 'general')", "SELECT * FROM msb_org.explain_area('age 30; task benefit')", "SELECT msb_org.in_area('job', '1980-01-01'::pg_catalog.date, 'benefit', NULL, NULL), msb_org.area_of('1980-01-01'::pg_catalog.date, 'benefit', NULL, NULL)",
	"SELECT msb_org.adopt('ny', '2020-01-01'), msb_org.withdraw_enactment('ny', 1)", "SELECT msb_org.purge_ended('2019-01-01')", "SELECT * FROM msb_org.load_by_area(), msb_org.citizens_by('unit'), msb_org.citizens_by('number_of_units') n, msb_org.citizens_by('case_tables') t, msb_org.citizens_by('number_of_caseworkers') p, msb_org.contacts_by_area('2019-08-01'), msb_org.plans_by_status()",
	"SELECT * FROM msb_org.case_times(), msb_org.first_decision_times(), msb_org.moves_by_month(), msb_org.structure_flow('msb-2018', 'msb-2019')", "SELECT * FROM msb_org.deadlines_by_area(), msb_org.handovers_by_cause(), msb_org.violations_by_area(), msb_org.stranded_by_unit()",
	(map { "SELECT * FROM msb_org.$_" } qw(attachment column_map current_assignment violation finding plan_due plan_overdue standing_consent unit_title unit_in_force my_case my_plan)),
	"SELECT * FROM msb_org.attachment", "SELECT msb_org.remap('jobsag', key => 'id', citizen => 'cpr', birth => 'cpr', facets => '{\"task\": \"opgave\"}', area => 'omraade')", "DELETE FROM public.jobsag", "TRUNCATE public.sag", "SELECT * FROM msb_org.erase_citizen('720571-0026', 'påbud')",
	"SELECT msb_org.detach('sag'), msb_org.detach_contacts('kontakt')");
my ($out, $err) = ('', '');
IPC::Run::run([ 'psql', '-XAtq', '-U', 'postgres', '-d', $node->connstr('kommune'), '-f', '-' ], '<', \join('', map { "$_;\n" } 'SET client_min_messages = error', @work), '>', \$out, '2>', \$err);
unlike($err, qr/fanget/, scalar(@work) . ' statements of a superuser: none of the look-alikes is called');
# what is refused is refused by the extension
my @errors = $err =~ /ERROR:  (.*)/g;
is(join("\n", @errors), "the area_values of table public.jobsag leave out the unit \"besk\"\nno handover of case 1 of \"sag\" waits to be accepted", 'and they work') or diag($err);
is($node->safe_psql('kommune', "SELECT pg_catalog.count(*) FROM pg_catalog.pg_roles WHERE rolsuper AND rolname OPERATOR(pg_catalog.=) 'ejer'"), '0', 'the owner is no superuser');
$node->stop;
done_testing();
