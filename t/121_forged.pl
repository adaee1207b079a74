# Triggers made by hand: whoever owns a table may put the extension's trigger functions on
# it, under any name and with any arguments. Each such write is refused or does nothing;
# nobody gets a lock, a row or a privilege by it, and nobody else is hindered. Neither do the
# functions that everybody may call take NULL amiss.
use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('forged');
$node->init;
$node->append_conf('postgresql.conf', "fsync = off\nmsb_org.today = '2019-09-02'\nrestart_after_crash = off\nmax_prepared_transactions = 2\n");
$node->start;

# As a role; what comes out, or the error with its SQLSTATE.
sub as
{
	my ($role, $sql) = @_;
	my ($rc, $out, $err) = $node->psql('kommune', $sql, extra_params => [ '-U', $role, '-v', 'VERBOSITY=verbose' ], on_error_stop => 1);
	return $rc == 0 ? $out : $err;
}

# Several in one session, each in a transaction that is rolled back; of each, what came out
# and the errors.
sub each_as
{
	my ($role, @sql) = @_;
	my $in = join('', map { "\\echo \@\@\n\\warn \@\@\nBEGIN;\n$sql[$_];\nROLLBACK;\n" } 0 .. $#sql);
	my ($out, $err) = ('', '');
	IPC::Run::run([ 'psql', '-XAtq', '-v', 'VERBOSITY=verbose', '-U', $role, '-d', $node->connstr('kommune'), '-f', '-' ], '<', \$in, '>', \$out, '2>', \$err);
	my @out = split /^\@\@\n/m, $out;
	my @err = split /^\@\@\n/m, $err;
	return map { ($out[$_] // '') . ($err[$_] // '') } 1 .. @sql;
}

$node->safe_psql('postgres', 'CREATE ROLE ejer LOGIN; CREATE ROLE fag LOGIN; CREATE ROLE angriber LOGIN; CREATE DATABASE kommune OWNER ejer;');
as('ejer', "CREATE EXTENSION msb_org; SELECT msb_org.load_structure('msb-2019'), msb_org.adopt('msb-2019', DATE '2019-08-01')");
$node->safe_psql('kommune', "
	CREATE EXTENSION file_fdw; CREATE SERVER filer FOREIGN DATA WRAPPER file_fdw; GRANT USAGE ON FOREIGN SERVER filer TO angriber;
	CREATE SCHEMA fag AUTHORIZATION fag; CREATE SCHEMA angriber AUTHORIZATION angriber; GRANT fag TO ejer; GRANT USAGE ON SCHEMA fag TO angriber;
	SET ROLE fag;
	CREATE TABLE fag.borger (id integer PRIMARY KEY, cpr text);
	CREATE TABLE fag.sag (id integer PRIMARY KEY, borger integer REFERENCES fag.borger, opgave text, omraade text, oprettet date, tal integer, andet bytea);
	CREATE INDEX ON fag.sag (borger);
	RESET ROLE; SET ROLE ejer;
	SELECT msb_org.attach('fag.sag', key => 'id', citizen => 'borger.cpr', birth => 'borger.cpr', facets => '{\"task\": \"opgave\"}', area => 'omraade', opened => 'oprettet', mode => 'fill');
	RESET ROLE;
	INSERT INTO fag.borger VALUES (1, '740398-0121');
	INSERT INTO fag.sag VALUES (1, 1, 'benefit');");
my $ledger = "SELECT case_table, case_key, citizen, unit, valid_to IS NULL FROM msb_org.assignment ORDER BY 1, 2, valid_from";
my $before = as('ejer', $ledger);
is($before, 'sag|1|740398-0121|sundhed|t', 'a case in the ledger');
my $map = as('ejer', "SELECT a.*::text FROM msb_org.attachment a");
like($map, qr/borger\.cpr/, 'and how its table is mapped');

#
# On a table of one's own: name of the trigger, timing, function and arguments, what is done,
# what comes of it.
#
my $refused = qr/39P01: function "\w+" was not called as its trigger/;
my $no_map = qr/55000: table "t" has no trigger "msb_org_map"/;
my $not_attached = qr/55000: table "t" has the triggers of case table ".*" but is not the table attached under that name/;
my $damaged = qr/22023: the arguments of trigger "msb_org_map" are damaged/;
my $insert = "INSERT INTO t VALUES (1, 1, 'x', 'y', 'z')";
my $update = "INSERT INTO t VALUES (2, 1, 'x', 'y', 'z'); UPDATE t SET id = 9, cpr = '620571-0026' WHERE id = 2";
my $map_of = sub { "msb_org_map AFTER INSERT OR DELETE OR UPDATE OF id, cpr ON t FOR EACH ROW EXECUTE FUNCTION msb_org.note_change($_[0])" };
my @forged = (
	# the working trigger alone
	[ "CONSTRAINT TRIGGER msb_org_area AFTER INSERT OR UPDATE OR DELETE ON t DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION msb_org.commit_work('sag')", $insert, $no_map ],
	[ "TRIGGER x AFTER INSERT ON t FOR EACH ROW EXECUTE FUNCTION msb_org.commit_work('sag', 'b', 'c')", $insert, $no_map ],
	[ "TRIGGER x AFTER UPDATE ON t FOR EACH ROW EXECUTE FUNCTION msb_org.commit_work('sag')", $update, $no_map ],
	[ "TRIGGER x AFTER DELETE ON t FOR EACH ROW EXECUTE FUNCTION msb_org.commit_work('sag')", "$insert; DELETE FROM t", $no_map ],
	[ "TRIGGER x AFTER INSERT ON t FOR EACH ROW EXECUTE FUNCTION msb_org.commit_work()", $insert, $refused ],
	[ "TRIGGER x BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION msb_org.commit_work('sag')", $insert, $refused ],
	[ "TRIGGER x AFTER INSERT ON t FOR EACH STATEMENT EXECUTE FUNCTION msb_org.commit_work('sag')", $insert, $refused ],
	[ "TRIGGER x AFTER TRUNCATE ON t FOR EACH STATEMENT EXECUTE FUNCTION msb_org.commit_work('sag')", 'TRUNCATE t', $refused ],
	# the fill trigger
	[ "TRIGGER zzzz_msb_org_fill BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION msb_org.fill_area('sag')", $insert, $no_map ],
	[ "TRIGGER x AFTER INSERT ON t FOR EACH ROW EXECUTE FUNCTION msb_org.fill_area('sag')", $insert, $refused ],
	[ "TRIGGER x BEFORE UPDATE ON t FOR EACH ROW EXECUTE FUNCTION msb_org.fill_area('sag')", $update, $refused ],
	[ "TRIGGER x BEFORE INSERT ON t FOR EACH STATEMENT EXECUTE FUNCTION msb_org.fill_area('sag')", $insert, $refused ],
	# the map with the working trigger; the first names another's table
	(map { [ [ 'TRIGGER ' . $map_of->($_->[0]), "CONSTRAINT TRIGGER msb_org_area AFTER INSERT OR UPDATE OR DELETE ON t DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION msb_org.commit_work('sag')",
			"TRIGGER zzzz_msb_org_fill BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION msb_org.fill_area('sag')" ], $insert, $_->[1] ] }
		[ q{'sag', '{"key": 1, "area": 2}'}, $not_attached ], [ q{'findes ikke', '{"key": 1}'}, $not_attached ], [ q{'', ''}, $damaged ], [ q{'740398-0121', '{}'}, $not_attached ],
		[ q{'sag', 'no json'}, $damaged ], [ q{'sag'}, $no_map ], [ q{'sag', '{"key": 1}', 'x'}, $no_map ]),
	# a map alone
	[ 'TRIGGER ' . $map_of->(q{'sag', 'no json'}), $update, $damaged ],
	[ 'TRIGGER ' . $map_of->(q{}), $insert, $refused ],
	# the table as one that cases refer to
	[ [ "TRIGGER msb_org_parent_map_1 AFTER UPDATE OF id, cpr ON t FOR EACH ROW EXECUTE FUNCTION msb_org.note_change('sag', '{\"ref\": 1, \"citizen\": 2, \"birth\": 2}')",
		"CONSTRAINT TRIGGER msb_org_parent_1 AFTER UPDATE ON t DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION msb_org.commit_work('sag')" ], $update, qr/^$/ ],
	[ "TRIGGER msb_org_parent_map_1 AFTER UPDATE OF id ON t FOR EACH ROW EXECUTE FUNCTION msb_org.note_change('sag', '[1]')", $update, qr/22023: the arguments of trigger "msb_org_parent_map_1" are damaged/ ],
	[ "TRIGGER msb_org_parent_map_1 AFTER UPDATE OF id ON t FOR EACH ROW EXECUTE FUNCTION msb_org.note_change('sag', '{\"ref\": 7}')", $update, qr/22023: the arguments of trigger "msb_org_parent_map_1" are damaged/ ],
	[ "TRIGGER msb_org_parent_map_1 AFTER UPDATE OF id ON t FOR EACH ROW EXECUTE FUNCTION msb_org.note_change('sag', '{}')", $update, qr/^$/ ],
	[ "TRIGGER msb_org_parent_1 AFTER UPDATE ON t FOR EACH ROW EXECUTE FUNCTION msb_org.commit_work('740398-0121')", $update, qr/55000: table "t" has lost the trigger that says how case table "XXXXXX-XXXX" refers to it/ ],
	# TRUNCATE
	[ "TRIGGER msb_org_truncate BEFORE TRUNCATE ON t FOR EACH STATEMENT EXECUTE FUNCTION msb_org.truncate_cases('sag')", "$insert; TRUNCATE t", qr/^$/ ],
	[ "TRIGGER x AFTER TRUNCATE ON t FOR EACH STATEMENT EXECUTE FUNCTION msb_org.truncate_cases('sag')", 'TRUNCATE t', $refused ],
	[ "TRIGGER x BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION msb_org.truncate_cases('sag')", $insert, $refused ],
	[ [ 'TRIGGER ' . $map_of->(q{'sag', '{"key": 1}'}), "TRIGGER msb_org_truncate BEFORE TRUNCATE ON t FOR EACH STATEMENT EXECUTE FUNCTION msb_org.truncate_cases('sag')" ], 'TRUNCATE t', $not_attached ],
	# what only the tables of the extension have
	(map { my $f = $_; [ "TRIGGER x BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION msb_org.$f()", '', qr/42501: permission denied for function (msb_org\.)?$f/ ] }
		qw(plan_guard plan_part_guard consent_follows keep_revision plan_follows enactment_guard invalidate contact_table_guard)));

my @got = each_as('angriber', map {
	my ($triggers, $work) = @$_;
	my $made = join('; ', map { "CREATE $_" } ref $triggers ? @$triggers : $triggers);
	"SET search_path = angriber; CREATE TABLE t (id integer PRIMARY KEY, borger integer, cpr text, opgave text, omraade text); $made; $work;
	SET CONSTRAINTS ALL IMMEDIATE; SELECT 'holds ' || l.mode FROM pg_locks l WHERE l.pid = pg_backend_pid() AND l.relation = 'fag.sag'::regclass" } @forged);
for my $n (0 .. $#forged)
{
	my ($triggers, $work, $expected) = @{ $forged[$n] };
	like($got[$n], $expected, substr(join('; ', ref $triggers ? @$triggers : $triggers), 0, 110));
}
# Some that stay, while others work.
as('angriber', "SET search_path = angriber; CREATE TABLE u (id integer PRIMARY KEY, cpr text);
	CREATE TRIGGER msb_org_map AFTER INSERT OR UPDATE OF id ON u FOR EACH ROW EXECUTE FUNCTION msb_org.note_change('sag', '{\"key\": 1.5, \"facets\": 3, \"x\": 1e1000000}');
	CREATE TRIGGER msb_org_parent_map_1 AFTER UPDATE OF cpr ON u FOR EACH ROW EXECUTE FUNCTION msb_org.note_change('sag', '{\"ref\": 1, \"citizen\": 1, \"birth\": \"\\u0000\"}');
	CREATE TRIGGER msb_org_parent_map_2 AFTER UPDATE OF cpr ON u FOR EACH ROW EXECUTE FUNCTION msb_org.note_change('sag', '{\"ref\": 1, \"citizen\": 1}');
	CREATE TRIGGER msb_org_truncate BEFORE TRUNCATE ON u FOR EACH STATEMENT EXECUTE FUNCTION msb_org.truncate_cases('sag');");
is(as('ejer', "SELECT a.*::text FROM msb_org.attachment a"), $map, 'forged maps stand beside it: the view shows the one that is');
is(as('ejer', "SELECT msb_org.remap('sag', key => 'id', citizen => 'borger.cpr', birth => 'borger.cpr', facets => '{\"task\": \"opgave\"}', area => 'omraade', opened => 'oprettet'); SELECT count(*) FROM msb_org.recheck()"),
	"\n0", 'remap() and recheck() are not hindered');
is(as('ejer', 'CALL msb_org.reassign(\'sag\')') =~ s/^.*NOTICE.*\n?//mgr, '', 'nor reassign()');
is(as('ejer', $ledger), $before, 'the ledger is as before');

# Views, foreign tables, partitions.
like(as('angriber', "SET search_path = angriber; CREATE VIEW v AS SELECT 1 AS id; CREATE TRIGGER x INSTEAD OF INSERT ON v FOR EACH ROW EXECUTE FUNCTION msb_org.fill_area('sag'); INSERT INTO v VALUES (1)"), $refused, 'INSTEAD OF: fill_area');
like(as('angriber', "SET search_path = angriber; CREATE OR REPLACE TRIGGER x INSTEAD OF INSERT ON v FOR EACH ROW EXECUTE FUNCTION msb_org.commit_work('sag'); INSERT INTO v VALUES (1)"), $refused, '... commit_work');
like(as('angriber', "SET search_path = angriber; CREATE FOREIGN TABLE f (id integer) SERVER filer OPTIONS (program 'true');"), qr/42501/, 'a foreign table of a program takes more than USAGE');
$node->safe_psql('kommune', "SET search_path = angriber; CREATE FOREIGN TABLE f (id integer) SERVER filer OPTIONS (filename '/dev/null'); ALTER FOREIGN TABLE f OWNER TO angriber");
for my $f ('fill_area', 'commit_work', 'note_change')
{
	my $timing = $f eq 'fill_area' ? 'BEFORE' : 'AFTER';
	like(as('angriber', "SET search_path = angriber; CREATE OR REPLACE TRIGGER msb_org_map $timing INSERT ON f FOR EACH ROW EXECUTE FUNCTION msb_org.$f('sag', '{\"key\": 1}'); INSERT INTO f VALUES (1)"),
		qr/39P01|55000|cannot insert/, "a foreign table: $f");
}
like(as('angriber', "SET search_path = angriber; CREATE TABLE p (id integer, cpr text) PARTITION BY LIST (id); CREATE TABLE p1 PARTITION OF p DEFAULT;
	CREATE TRIGGER msb_org_map AFTER INSERT OR UPDATE OF id ON p FOR EACH ROW EXECUTE FUNCTION msb_org.note_change('sag', '{\"key\": 1}');
	CREATE CONSTRAINT TRIGGER msb_org_area AFTER INSERT ON p DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION msb_org.commit_work('sag'); INSERT INTO p VALUES (1)"),
	qr/55000: table "p1" has the triggers/, 'a partitioned table of one\'s own');

#
# The owner of an attached table, who may not write the extension's tables.
#
my $area = "CREATE CONSTRAINT TRIGGER msb_org_area AFTER INSERT OR UPDATE OR DELETE ON fag.sag DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION msb_org.commit_work('sag')";
my @maps = (
	'{}', '{"area": 2}', '{"key": 0}', '{"key": 8}', '{"key": -1}', '{"key": 1.5}', '{"key": 99999999999}', '{"key": "1"}', '{"key": null}', '{"key": [1]}', '{"key": {"a": 1}}',
	'{"key": 7}', '{"key": 1, "birth": 7}', '{"key": 1, "birth": 6}', '{"key": 1, "opened": 7}', '{"key": 1, "closed": 6}', '{"key": 1, "citizen": "parent"}', '{"key": 1, "birth": "parent"}',
	'{"key": 1, "facets": 1}', '{"key": 1, "facets": {"task": {}}}', '{"key": 1, "facets": [1]}', '{"key": 1, "facets": {"task": "x"}}', '{"key": 1, "facets": {"task": 99}}', '[]', '1', '"key"', 'null', '', '{"key": 1', '{"key": 1e400000}', '{"\u0000": 1}');
@got = each_as('fag', map { "DROP TRIGGER msb_org_map ON fag.sag; CREATE TRIGGER msb_org_map AFTER INSERT OR DELETE OR UPDATE OF id, borger, opgave, omraade, oprettet, tal, andet ON fag.sag FOR EACH ROW EXECUTE FUNCTION msb_org.note_change('sag', \$map\$$_\$map\$);
	INSERT INTO fag.sag VALUES (7, 1, 'benefit', NULL, '2019-09-01', 4, 'bytes'); SET CONSTRAINTS ALL IMMEDIATE" } @maps);
like($got[$_], $damaged, "a map on one's own table: $maps[$_]") for 0 .. $#maps;
# A map that can be read, of columns of every type, maps them.
is(as('fag', "BEGIN; DROP TRIGGER msb_org_map ON fag.sag; CREATE TRIGGER msb_org_map AFTER INSERT OR DELETE OR UPDATE OF id, borger, opgave, omraade, oprettet, tal, andet ON fag.sag FOR EACH ROW EXECUTE FUNCTION msb_org.note_change('sag', '{\"key\": 1, \"citizen\": 7, \"facets\": {\"task\": 3}, \"area\": 4, \"opened\": 5, \"ukendt\": 6, \"andet\": \"ord\"}');
	INSERT INTO fag.sag VALUES (7, 1, 'benefit', NULL, '2019-09-01', 4, '\\x00'); COMMIT; SELECT omraade FROM fag.sag WHERE id = 7"), 'sundhed', 'one that can be read is read');
is($node->safe_psql('kommune', "SELECT citizen, unit FROM msb_org.current_assignment WHERE case_key = '7'"), '\x00|sundhed', '... as it says');
like(as('fag', "ALTER TABLE fag.sag DROP COLUMN tal"), qr/2BP01: cannot drop column tal of table sag/, 'a mapped column is not dropped');
is(as('fag', "ALTER TABLE fag.sag DROP COLUMN tal CASCADE"), '', 'but with its map');
like(as('fag', "INSERT INTO fag.sag VALUES (8, 1, 'benefit')"), qr/55000: table "sag" has no trigger "msb_org_map"/, '... and then the table says so');
is(as('ejer', "SELECT msb_org.remap('sag', key => 'id', citizen => 'borger.cpr', birth => 'borger.cpr', facets => '{\"task\": \"opgave\"}', area => 'omraade', opened => 'oprettet')"), '', 'remap() mends it');

#
# The role that installed the extension may call everything, and must not become a superuser by it.
#
$node->safe_psql('kommune', 'CREATE SCHEMA mit AUTHORIZATION ejer');
as('ejer', "SET search_path = mit;
	CREATE TYPE led AS ENUM ('x', 'y');
	CREATE FUNCTION ond(led) RETURNS json LANGUAGE plpgsql AS \$\$ BEGIN EXECUTE 'ALTER ROLE ejer SUPERUSER'; RETURN '1'; END \$\$;
	CREATE CAST (led AS json) WITH FUNCTION ond(led);
	CREATE FUNCTION ond_tekst(led) RETURNS text LANGUAGE plpgsql AS \$\$ BEGIN EXECUTE 'ALTER ROLE ejer SUPERUSER'; RETURN 'coordination'; END \$\$;
	CREATE CAST (led AS text) WITH FUNCTION ond_tekst(led) AS IMPLICIT;");
my @misused = (
	[ 'keep_revision', 'AFTER UPDATE OR DELETE', "UPDATE t SET status = 'y'" ], [ 'keep_revision', 'AFTER UPDATE OR DELETE', 'DELETE FROM t' ], [ 'keep_revision', 'AFTER INSERT', "INSERT INTO t (status) VALUES ('x')" ],
	[ 'plan_follows', 'AFTER UPDATE', "UPDATE t SET status = 'y', kind = 'y', coordinator = 'y'" ],
	[ 'plan_guard', 'BEFORE INSERT OR UPDATE OR DELETE', "INSERT INTO t (status) VALUES ('x')" ], [ 'plan_guard', 'BEFORE INSERT OR UPDATE OR DELETE', "UPDATE t SET status = 'y'" ], [ 'plan_guard', 'BEFORE INSERT OR UPDATE OR DELETE', 'DELETE FROM t' ],
	[ 'plan_part_guard', 'BEFORE INSERT OR UPDATE', "INSERT INTO t (status) VALUES ('x')" ], [ 'consent_follows', 'AFTER UPDATE OR DELETE', 'DELETE FROM t' ],
	[ 'enactment_guard', 'BEFORE UPDATE OR DELETE', "UPDATE t SET status = 'y'" ], [ 'contact_table_guard', 'BEFORE INSERT', "INSERT INTO t (status) VALUES ('x')" ]);
@got = each_as('ejer', map { "SET search_path = mit; CREATE TABLE t (status led, kind led, coordinator led); INSERT INTO t VALUES ('x', 'x', 'x');
	CREATE TRIGGER t $_->[1] ON t FOR EACH ROW EXECUTE FUNCTION msb_org.$_->[0](); $_->[2]; COMMIT" } @misused);
like($got[$_], $refused, "$misused[$_][0] on another table: $misused[$_][2]") for 0 .. $#misused;
is(as('ejer', "SET search_path = mit; CREATE TABLE t (a integer); CREATE TRIGGER t AFTER INSERT ON t FOR EACH ROW EXECUTE FUNCTION msb_org.invalidate(); INSERT INTO t VALUES (1)"), '', 'invalidate tells of a table, whichever');
like(as('ejer', "SELECT msb_org.raise('1', 'x')"), qr/22023: an SQLSTATE is five digits or capital letters/, 'raise() takes an SQLSTATE');
is($node->safe_psql('kommune', "SELECT rolsuper FROM pg_roles WHERE rolname = 'ejer'"), 'f', 'the installing role is no superuser');
like(as('ejer', "INSERT INTO msb_org.contact_table (contacts, relation, citizen, at, channel, attached_by) VALUES ('x', 'pg_authid', 'rolname', 'rolvaliduntil', 'rolpassword', 'x')"),
	qr/42501: must be owner of table pg_authid/, 'reports read no table that it does not own');
as('ejer', "CREATE TABLE mit.k (cpr text, dag date); SELECT msb_org.attach_contacts('mit.k', 'cpr', 'dag')");
like(as('ejer', "UPDATE msb_org.contact_table SET relation = 'pg_authid'"), qr/42501: must be owner of table pg_authid/, '... by UPDATE neither');
like(as('ejer', "CREATE TABLE msb_org.x ()"), qr/42501: permission denied for schema msb_org/, 'nor makes it anything in the schema');
like(as('ejer', "CREATE TRIGGER x BEFORE INSERT ON msb_org.assignment FOR EACH ROW EXECUTE FUNCTION msb_org.invalidate()"), qr/42501: permission denied for table assignment/, '... or a trigger on a table there');

#
# What everybody may call, called with NULL in each place.
#
my $calls = $node->safe_psql('kommune', "
	SELECT format('SELECT msb_org.%I(%s)', p.proname, (SELECT string_agg('NULL::' || format_type(t, NULL), ', ') FROM unnest(p.proargtypes) t WHERE t <> 'internal'::regtype))
	  FROM pg_proc p WHERE p.pronamespace = 'msb_org'::regnamespace AND p.prokind = 'f' AND p.prorettype <> 'trigger'::regtype
	   AND NOT 'internal'::regtype = ANY (p.proargtypes::oid[]) ORDER BY p.oid");
my @calls = split /\n/, $calls;
cmp_ok(scalar @calls, '>', 150, scalar @calls . ' functions');
for my $role ('angriber', 'ejer', 'postgres')
{
	my ($rc, $out, $err) = $node->psql('kommune', "BEGIN;\n" . join(";\n", map { "SAVEPOINT s; $_; ROLLBACK TO s" } @calls) . ';', extra_params => [ '-U', $role, '-v', 'VERBOSITY=verbose' ], on_error_stop => 0);
	unlike($err, qr/server closed|XX000/, "NULL everywhere, as $role: no crash, no internal error");
}
is($node->safe_psql('kommune', 'SELECT 1'), '1', 'the server stands');
unlike(slurp_file($node->logfile), qr/terminated by signal|TRAP:|XX000/, 'and never fell');
is(as('ejer', "SELECT what, case_key FROM msb_org.recheck(true); SELECT count(*) FROM msb_org.recheck()"), "citizen|7\n0", 'but for the case that was mapped otherwise, the ledger says what the tables say');
$node->stop;
done_testing();
