# Who may do what with attached tables: roles that write them without any grant
# of ours, a database's owner who is no superuser; and what of a CPR number
# anybody, or the server's log, gets to see when a case is refused.
use strict;
use warnings;
use utf8;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('roles');
$node->init;
$node->append_conf('postgresql.conf', "msb_org.today = '2019-09-02'\nlog_statement = none\nlog_duration = off\n");
$node->start;

# As a role, in the database of the municipality; stdout, or the error.
sub as
{
	my ($role, $sql) = @_;
	my ($rc, $out, $err) = $node->psql('kommune', $sql, extra_params => [ '-U', $role, '-v', 'VERBOSITY=verbose' ], on_error_stop => 1);
	return $rc == 0 ? $out : $err;
}

#
# A database's owner who is no superuser installs and runs everything.
#
$node->safe_psql('postgres', 'CREATE ROLE ejer LOGIN; CREATE ROLE fagsystem LOGIN; CREATE ROLE rapport LOGIN;
	CREATE DATABASE kommune OWNER ejer;');
is(as('ejer', 'CREATE EXTENSION msb_org'), '', 'a trusted extension: the owner of the database installs it');
is($node->safe_psql('kommune', "SELECT pg_get_userbyid(extowner), pg_get_userbyid(nspowner) FROM pg_extension, pg_namespace WHERE extname = 'msb_org' AND nspname = 'msb_org'"),
	'ejer|postgres', 'who owns what');
is(as('ejer', "SELECT msb_org.load_structure('msb-2019'); SELECT msb_org.adopt('msb-2019', '2019-08-01')"),
	"msb-2019\nmsb-2019#1", 'and loads and adopts a structure');
is(as('ejer', "
	CREATE SCHEMA fag;
	CREATE TABLE fag.borger (id integer PRIMARY KEY, cpr text);
	CREATE TABLE fag.sag (id integer PRIMARY KEY, borger integer REFERENCES fag.borger, task text, omraade text);
	CREATE INDEX ON fag.sag (borger);
	CREATE TABLE fag.delt (id integer, aar integer, task text, omraade text, PRIMARY KEY (id, aar)) PARTITION BY LIST (aar);
	CREATE TABLE fag.delt_1 PARTITION OF fag.delt FOR VALUES IN (1);
	CREATE TABLE fag.delt_2 PARTITION OF fag.delt DEFAULT;
	INSERT INTO fag.borger VALUES (1, '610180-1000');
	INSERT INTO fag.sag VALUES (1, 1, 'benefit'), (2, 1, 'M');
	INSERT INTO msb_org.alias VALUES ('default', 'task', 'M', 'coordination');
	SELECT msb_org.attach('fag.sag', key => 'id', citizen => 'borger.cpr', birth => 'borger.cpr', facets => '{\"task\": \"task\"}', area => 'omraade', mode => 'fill');
	SELECT msb_org.attach('fag.delt', key => 'id', facets => '{\"task\": \"task\"}', area => 'omraade', mode => 'fill');"),
	"sag\ndelt", 'attaches tables of its own');
is(as('ejer', "SET client_min_messages = warning; CALL msb_org.reassign('sag', 1)"), '', 'judges what stands');
is(as('ejer', 'SELECT id, omraade FROM fag.sag ORDER BY id'), "1|sundhed\n2|voksne", 'and the areas are written');
is(as('ejer', "SELECT case_key, citizen, unit, actor FROM msb_org.current_assignment ORDER BY 1"),
	"1|610180-1000|sundhed|ejer\n2|610180-1000|voksne|ejer", 'reads the ledger');
is(as('ejer', "SELECT msb_org.override('sag', '2', 'unge', 'aftalt'); SELECT msb_org.override('sag', '2', NULL, NULL)"), "\n", 'overrides');
is(as('ejer', "SELECT msb_org.reassign_due(), (SELECT count(*) FROM msb_org.impact('sag', on_date => '2019-09-02', detail => true))"), '0|2', 'the daily job and what another day would say');

#
# An application without any grant of ours, not even USAGE on the schema.
#
$node->safe_psql('kommune', 'REVOKE USAGE ON SCHEMA msb_org FROM PUBLIC; GRANT USAGE ON SCHEMA msb_org TO ejer; GRANT USAGE ON SCHEMA fag TO fagsystem;
	GRANT INSERT, UPDATE, DELETE, TRUNCATE ON ALL TABLES IN SCHEMA fag TO fagsystem; GRANT SELECT (id) ON ALL TABLES IN SCHEMA fag TO fagsystem');
like(as('fagsystem', 'SELECT msb_org.today()'), qr/42501: permission denied for schema msb_org/, 'the application may not even look into the schema');
like(as('fagsystem', 'SELECT omraade FROM fag.sag'), qr/42501: permission denied for table sag/, '... nor read the area');
is(as('fagsystem', "
	INSERT INTO fag.borger VALUES (2, '610110-4000');
	INSERT INTO fag.sag (id, borger, task) VALUES (3, 1, 'benefit'), (4, 2, 'M');
	UPDATE fag.sag SET task = 'benefit' WHERE id = 2;
	INSERT INTO fag.delt VALUES (1, 1, 'benefit'), (2, 2, 'benefit');
	UPDATE fag.delt SET aar = 2, task = 'M' WHERE id = 1;
	DELETE FROM fag.delt WHERE id = 2;"), '', 'it writes');
is($node->safe_psql('kommune', "SELECT id, omraade FROM fag.sag ORDER BY id"), "1|sundhed\n2|sundhed\n3|sundhed\n4|boern", 'areas are filled in');
is($node->safe_psql('kommune', "SELECT case_table, case_key, citizen, unit, actor FROM msb_org.current_assignment WHERE actor = 'fagsystem' ORDER BY 1, 2"),
	"delt|1||indgang|fagsystem\nsag|2|610180-1000|sundhed|fagsystem\nsag|3|610180-1000|sundhed|fagsystem\nsag|4|610110-4000|boern|fagsystem", 'the ledger is kept, and says who');
is(as('fagsystem', "UPDATE fag.borger SET cpr = '610100-4000' WHERE id = 2"), '', 'it gives a citizen another number');
is($node->safe_psql('kommune', "SELECT a.case_key, a.citizen, a.unit, s.omraade, r.actor FROM msb_org.current_assignment a JOIN fag.sag s ON s.id = 4 JOIN msb_org.renumbering r ON r.new_citizen = a.citizen WHERE a.case_key = '4'"),
	'4|610100-4000|unge|unge|fagsystem', 'the case moves, the ledger is renumbered') or diag(as('ejer', 'TABLE msb_org.renumbering'));
is(as('fagsystem', 'TRUNCATE fag.delt'), '', 'it truncates');
is($node->safe_psql('kommune', "SELECT count(*) FROM msb_org.current_assignment WHERE case_table = 'delt'"), '0', 'and the cases end');
is(as('fagsystem', "BEGIN; INSERT INTO fag.sag (id, borger, task) VALUES (5, 1, 'benefit'); SET ROLE fagsystem; COMMIT"), '', 'SET ROLE before the commit');
is(as('ejer', "SET client_min_messages = warning; SELECT msb_org.set_mode('sag', 'enforce')"), '', 'enforce');
like(as('fagsystem', "INSERT INTO fag.sag VALUES (6, 1, 'benefit', 'job')"),
	qr/ERROR:  23514: area "job" is not responsible for case 6 of "sag"\nDETAIL:  Rule F1 of msb-2019#1 makes "sundhed" responsible\./, 'a refusal reaches it whole');

# The extension's owner and the tables' owner may be others: a table of a third role.
$node->safe_psql('kommune', "CREATE ROLE tredje; CREATE SCHEMA tredje AUTHORIZATION tredje;
	SET ROLE tredje; CREATE TABLE tredje.sag (id integer PRIMARY KEY, task text, omraade text); RESET ROLE;
	SELECT msb_org.attach('tredje.sag', key => 'id', facets => '{\"task\": \"task\"}', area => 'omraade', mode => 'fill', case_table => 'tredje');
	GRANT USAGE ON SCHEMA tredje TO fagsystem; GRANT INSERT, UPDATE ON tredje.sag TO fagsystem");
like(as('ejer', "SELECT msb_org.detach('tredje')"), qr/42501: must be owner of table tredje\.sag/, "the extension's owner does not own every table");
is(as('fagsystem', "INSERT INTO tredje.sag VALUES (1, 'benefit')"), '', 'a table of a role that may nothing in msb_org');
is($node->safe_psql('kommune', "SELECT omraade, unit FROM tredje.sag JOIN msb_org.current_assignment ON case_table = 'tredje'"), 'sundhed|sundhed', '... is judged all the same');

#
# No CPR number, valid or not, in what a client or the log gets to see.
#
$node->safe_psql('kommune', "SELECT msb_org.detach('tredje'); SELECT msb_org.detach('delt')");
as('ejer', "
	CREATE TABLE fag.cprsag (nr text PRIMARY KEY, cpr text, task text, service text, omraade text, tal integer UNIQUE, oprettet date);
	SELECT msb_org.attach('fag.cprsag', key => 'nr', citizen => 'cpr', birth => 'cpr', facets => '{\"task\": \"task\", \"service\": \"service\"}', opened => 'oprettet', area => 'omraade');
	CREATE TABLE fag.talsag (tal integer PRIMARY KEY);
	SELECT msb_org.attach('fag.talsag', key => 'tal', facet_values => '{\"task\": \"benefit\"}');
	GRANT ALL ON fag.cprsag TO fagsystem;");
my $log_from = -s $node->logfile;
my $n = 0;
my %left = (
	'wrong number' => [ 'no_cpr', "INSERT INTO fag.cprsag VALUES ('K', 'NUMBER', 'benefit')" ],
	'number in the area' => [ 'wrong_area', "INSERT INTO fag.cprsag VALUES ('K', NULL, 'benefit', NULL, 'NUMBER')" ],
	'number as a facet' => [ 'unknown_label', "INSERT INTO fag.cprsag VALUES ('K', NULL, 'NUMBER')" ],
	'number as another facet' => [ 'unknown_label', "INSERT INTO fag.cprsag VALUES ('K', NULL, 'benefit', ' NUMBER ')" ],
	'COPY' => [ 'no_cpr', "COPY fag.cprsag (nr, cpr, task) FROM stdin;\nK\tNUMBER\tbenefit\n\\.\n" ],
	'COPY, number in the area' => [ 'wrong_area', "COPY fag.cprsag (nr, task, omraade) FROM stdin;\nK\tbenefit\tNUMBER\n\\.\n" ],
	'number as the key' => [ 'missing_label', "INSERT INTO fag.cprsag VALUES ('NUMBER')" ],
	'COPY, number as the key' => [ 'missing_label', "COPY fag.cprsag (nr) FROM stdin;\nNUMBER\n\\.\n" ],
	'UPDATE' => [ 'no_cpr', "BEGIN; INSERT INTO fag.cprsag VALUES ('K', NULL, 'benefit'); UPDATE fag.cprsag SET cpr = 'NUMBER' WHERE nr = 'K'; COMMIT" ],
	'in a function' => [ 'no_cpr', "DO \$\$ BEGIN INSERT INTO fag.cprsag VALUES ('K', 'NUMBER', 'benefit'); SET CONSTRAINTS ALL IMMEDIATE; END \$\$" ],
	'immediate' => [ 'no_cpr', "BEGIN; SET CONSTRAINTS ALL IMMEDIATE; INSERT INTO fag.cprsag VALUES ('K', 'NUMBER', 'benefit'); COMMIT" ]);
for my $mode ('observe', 'fill', 'enforce')
{
	$node->safe_psql('kommune', "SELECT msb_org.set_mode('cprsag', '$mode')");
	for my $name (sort keys %left)
	{
		my ($finding, $sql) = @{ $left{$name} };

		# No date, so no CPR number; with a dash or without
		my $number = sprintf('3213%02d%s%04d', 40 + $n % 10, $n % 2 ? '-' : '', 7301 + $n);
		$n++;
		$sql =~ s/NUMBER/$number/g;
		my $answer = as('fagsystem', $sql);
		if ($mode eq 'enforce')
		{
			like($answer, qr/ERROR:  23514: .*\n(?:DETAIL|HINT)/, "$mode, $name: refused");
		}
		else
		{
			is($answer, '', "$mode, $name: kept");
			is($node->safe_psql('kommune', "SELECT finding FROM msb_org.violation WHERE case_table = 'cprsag'"), $finding, "$mode, $name: $finding");
			unlike($node->safe_psql('kommune', "SELECT reason FROM msb_org.violation WHERE case_table = 'cprsag'"), qr/3213/, "$mode, $name: the reason in words shows no number");
		}
		unlike($answer, qr/3213|CONTEXT|STATEMENT|LINE/, "$mode, $name: the client sees no number");
		$node->safe_psql('kommune', 'DELETE FROM fag.cprsag');
	}
}
# Functions given a number where it does not belong
for my $sql (
	"SELECT msb_org.override('cprsag', 'NUMBER', 'unge', 'x')",
	"SELECT msb_org.override('talsag', 'NUMBER', 'unge', 'x')",
	"SELECT msb_org.override('cprsag', 'K', 'NUMBER', 'x')",
	"SELECT msb_org.override('NUMBER', 'K', 'unge', 'x')",
	"SELECT msb_org.judge_cases('NUMBER', '{1}', 'reassign')",
	"SELECT * FROM msb_org.impact('NUMBER', on_date => '2019-09-02')",
	"SELECT msb_org.attach('fag.borger', key => 'id', citizen => 'NUMBER')",
	"SELECT msb_org.attach('fag.borger', key => 'id', facet_values => '{\"task\": \"NUMBER\"}')",
	"SELECT msb_org.set_mode('NUMBER', 'fill')",
	"CALL msb_org.reassign('NUMBER')",
	"SELECT msb_org.renumber_citizen('NUMBER', 'NUMBER', 'x')")
{
	my $number = sprintf('3213%02d-%04d', 40 + $n % 10, 7301 + $n);
	$n++;
	my $answer = as('ejer', $sql =~ s/NUMBER/$number/gr);
	like($answer, qr/ERROR:  [0-9A-Z]{5}: /, "$sql: refused");
	unlike($answer, qr/3213/, '... without showing the number');
}
# A key that the column's type cannot have is no case, and no error of the type's.
is(as('ejer', "SELECT msb_org.judge_cases('talsag', ARRAY['321340-7301', '3213407301', 'x', NULL, '', '99999999999999999999'], 'reassign')"), '0', 'keys of another kind');
# What the log holds of our errors; the server's own lines on a statement that failed are outside the promise.
my $log = slurp_file($node->logfile, $log_from);
my @ours = grep { /3213/ } split /\n/, $log;
my @refusals = ($log =~ /ERROR:  (?:case|area) /g);
is(scalar(@refusals), scalar(keys %left), 'the log has every refusal');
is(join("\n", grep { !/STATEMENT:|SELECT msb_org|CALL msb_org/ } @ours), '', 'the log has no number in any message, DETAIL, HINT or CONTEXT');
is(join("\n", grep { /INSERT|COPY|UPDATE|DO / } @ours), '', 'nor the statement that was refused');

$node->stop;
done_testing();
