# What of a CPR number comes into the server's log, at the server's default settings, when
# something goes wrong: each way has a number of its own, written into the statement itself,
# and the log is searched for all of them, with and without hyphen.
use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('log');
$node->init(extra => [ '--encoding=UTF8', '--locale=C' ]);
# the server's defaults, which the test framework changes
$node->append_conf('postgresql.conf', "fsync = off\nlog_statement = none\nlog_min_messages = warning\nlog_min_error_statement = error\nlog_error_verbosity = default\nlog_parameter_max_length_on_error = 0\nmsb_org.today = '2019-09-02'\n");
$node->start;
$node->safe_psql('postgres', q{
	CREATE EXTENSION msb_org;
	SELECT msb_org.load_structure('msb-2019'), msb_org.adopt('msb-2019', DATE '2019-08-01');
	CREATE TABLE p (nr integer, person msb_org.cpr);
	CREATE TABLE tekst (t text);
	CREATE TABLE borger (id integer PRIMARY KEY, cpr text);
	CREATE TABLE sag (sag_id text PRIMARY KEY, cpr text, opgave text, omraade text);
	CREATE TABLE jobsag (nr integer PRIMARY KEY, borger integer REFERENCES borger, opgave text, omraade text);
	CREATE INDEX ON jobsag (borger);
	SELECT msb_org.attach('sag', key => 'sag_id', citizen => 'cpr', birth => 'cpr', facets => '{"task": "opgave"}', area => 'omraade', mode => 'enforce'),
	       msb_org.attach('jobsag', key => 'nr', citizen => 'borger.cpr', birth => 'borger.cpr', facets => '{"task": "opgave"}', area => 'omraade', mode => 'enforce');
	INSERT INTO borger VALUES (1, '740398-0121'); INSERT INTO jobsag VALUES (1, 1, 'benefit');
	INSERT INTO sag VALUES ('740398-0129', '740398-0129', 'benefit');
	SELECT msb_org.open_plan('740398-0128', 'min_plan', plan => '00000000-0000-0000-0000-000000000001'), msb_org.open_plan('740398-0127', plan => '00000000-0000-0000-0000-000000000002');
	CREATE FUNCTION prøv(t text) RETURNS msb_org.cpr LANGUAGE plpgsql AS $$ BEGIN RETURN t::msb_org.cpr; END $$;
	CREATE DOMAIN nummer AS msb_org.cpr CHECK (msb_org.mod11(VALUE));
});
my $plan = '00000000-0000-0000-0000-000000000001';

# NR stands for a number that is one, BAD for one that is none, in each of these.
my @hidden = (
	# text that is no number
	"INSERT INTO p VALUES (1, 'BAD')", "INSERT INTO p SELECT 1, 'BAD'", "INSERT INTO p VALUES (1, 'BAD'::varchar)", "INSERT INTO p VALUES (1, 'BAD'::bpchar)", "UPDATE p SET person = 'BAD'", "SELECT 'BAD'::msb_org.cpr",
	"SELECT CAST('BAD'::text AS msb_org.cpr)", "SELECT msb_org.cpr 'BAD'", "SELECT prøv('BAD')", "SELECT pr\x{f8}v('BAD')", "SELECT 'BAD'::nummer", "DO \$\$ BEGIN PERFORM 'BAD'::msb_org.cpr; END \$\$", "PREPARE s(text) AS INSERT INTO p VALUES (1, \$1::msb_org.cpr); EXECUTE s('BAD')", "DEALLOCATE s",
	"COPY p FROM stdin;\n1\tBAD\n\\.\n", "COPY p FROM stdin (FORMAT csv);\n1,\"BAD\"\n\\.\n", "CREATE TABLE ny AS SELECT 'BAD'::msb_org.cpr", "SELECT * FROM jsonb_populate_record(NULL::p, '{\"person\": \"BAD\"}')", "SELECT '{BAD}'::msb_org.cpr[]", "SELECT '(1,BAD)'::p",
	"SELECT * FROM xmltable('/a' PASSING xml '<a>BAD</a>' COLUMNS p msb_org.cpr PATH '.')", "ALTER TABLE p ALTER person SET DEFAULT 'BAD'", "DECLARE c CURSOR WITH HOLD FOR SELECT 'BAD'::msb_org.cpr",
	# asking with a number, about what is not there
	"SELECT msb_org.area_of('NR'::msb_org.cpr, 'findes ikke', NULL, NULL)", "SELECT msb_org.area_of('NR'::msb_org.cpr, NULL, NULL, NULL)", "SELECT msb_org.in_area('job', 'NR'::msb_org.cpr, 'findes ikke', NULL, NULL)", "SELECT * FROM msb_org.explain_area('task \"NR\"')", "SELECT msb_org.decide('challenge NR')",
	"SELECT 'task NR; task x'::msb_org.target_group", "SELECT 'age NR'::msb_org.target_group",
	# a case that is refused
	"INSERT INTO sag VALUES ('NR', 'NR', 'findes ikke')", "INSERT INTO sag VALUES ('NR', 'NR', 'NR')", "INSERT INTO sag VALUES ('NR', 'NR', 'benefit', 'job')", "INSERT INTO sag VALUES ('NR', 'NR', 'benefit', 'NR')", "INSERT INTO sag VALUES ('x', 'BAD', 'benefit')",
	"UPDATE sag SET cpr = 'BAD', opgave = 'NR'", "BEGIN; INSERT INTO sag VALUES ('NR', 'NR', 'x'); SET CONSTRAINTS ALL IMMEDIATE", "BEGIN; INSERT INTO sag VALUES ('NR', 'NR', 'x'); COMMIT", "COPY sag (sag_id, cpr, opgave) FROM stdin;\nNR\tNR\tx\n\\.\n", "UPDATE borger SET cpr = 'BAD'", "UPDATE sag SET sag_id = 'NR', opgave = 'x'",
	# functions about a citizen, or a case whose key is a number
	"SELECT msb_org.renumber_citizen('NR', 'NR', 'x')", "SELECT msb_org.renumber_citizen('NR', 'x', 'y')", "SELECT msb_org.renumber_citizen('NR', '', 'y')", "SELECT msb_org.renumber_citizen('NR', '740398-0001', ' ')",
	"SELECT msb_org.state_primary_challenge('NR', 'findes ikke', 'x')", "SELECT msb_org.state_primary_challenge('NR', 'homelessness')", "SELECT msb_org.state_primary_challenge('NR', 'NR', 'x')", "SELECT msb_org.override('sag', 'NR', 'job', 'x')", "SELECT msb_org.override('sag', 'NR', 'findes ikke', 'x')", "SELECT msb_org.override('sag', 'NR', 'job', '')", "SELECT msb_org.override('sag', 'NR', NULL, NULL)", "SELECT msb_org.override('sag', 'NR', 'job', 'x', '2000-01-01')",
	"SELECT msb_org.accept_handover('sag', 'NR')", "SELECT msb_org.accept_handover('', 'NR')", "SELECT msb_org.erase_citizen('NR', '')", "SELECT msb_org.erase_citizen('740398-0129', 'om NR')",
	"SELECT msb_org.open_plan('NR', 'findes ikke')", "SELECT msb_org.open_plan('740398-0127', 'coordination', 'NR')", "SELECT msb_org.open_plan('NR', plan => '$plan')",
	"SELECT msb_org.write_plan('{\"citizen\": \"NR\", \"kind\": \"x\"}')", "SELECT msb_org.write_plan('{\"citizen\": \"NR\", \"ukendt\": 1}')", "SELECT msb_org.write_plan('{\"citizen\": \"NR\", \"goals\": 1}')", "SELECT msb_org.write_plan('{\"citizen\": \"NR\", \"consents\": [{\"recipient\": \"x\", \"given\": \"i g\xe5r\"}]}')", "SELECT msb_org.write_plan('[\"NR\"]')",
	"SELECT msb_org.write_plan('{\"plan\": \"$plan\", \"citizen\": \"NR\"}')", "SELECT msb_org.write_plan('{\"plan\": \"NR\"}')", "SELECT msb_org.write_plan('{\"plan\": \"$plan\", \"status\": \"active\", \"wishes\": \"NR\"}')", "SELECT msb_org.write_plan('{\"plan\": \"$plan\", \"decided\": \"NR\"}')", "SELECT msb_org.write_plan('{\"plan\": \"$plan\", \"related\": [{\"related\": \"NR\"}, {\"related\": \"NR\"}]}')",
	"SELECT msb_org.set_plan_status('$plan', 'active', 'NR')",
	"INSERT INTO msb_org.plan (citizen, opened_by) VALUES ('740398-0127', 'NR')", "INSERT INTO msb_org.plan (citizen, plan, opened_by) VALUES ('740398-0128', '$plan', 'NR')", "UPDATE msb_org.plan SET status = 'active', wishes = 'NR' WHERE plan = '$plan'", "DELETE FROM msb_org.plan WHERE citizen = 'NR' OR plan = '$plan'",
	"INSERT INTO msb_org.plan_goal (citizen, plan, goal, description) VALUES ('NR', '$plan', 'x', 'y')", "INSERT INTO msb_org.plan_citizen (citizen, plan, related) VALUES ('740398-0128', '$plan', '740398-0111'), ('740398-0128', '$plan', '740398-0111'), ('740398-0128', '$plan', 'NR')",
	"SELECT msb_org.judge_citizens('{NR}', 'x')", "SELECT msb_org.judge_cases('sag', '{NR}', 'x')", "SELECT msb_org.judge_cases('findes ikke', '{NR}', 'due')",
);
my $n = 100;
my @way;
for my $sql (@hidden)
{
	$n++;
	my $nr = sprintf('71%02d98-4%03d', 1 + $n % 12, $n);
	my $bad = sprintf('71%02d98-4%03dX', 1 + $n % 12, $n);
	push @way, [ $sql, $nr, ($sql =~ s/BAD/$bad/gr) =~ s/NR/$nr/gr ];
}
my $from = -s $node->logfile;
my ($out, $err) = ('', '');
my $in = join('', map { "\\warn \@\@\n" . ($_->[2] =~ /\n$/ ? $_->[2] : "$_->[2];\n") . "ROLLBACK;\n" } @way);
IPC::Run::run([ 'psql', '-XAtq', '-d', $node->connstr('postgres'), '-f', '-' ], '<', \$in, '>', \$out, '2>', \$err);
my $log = slurp_file($node->logfile, $from);
my @err = split /^\@\@\n/m, $err;
for my $i (0 .. $#way)
{
	my ($sql, $nr) = @{ $way[$i] };
	my $pattern = $nr =~ s/-/-?/r;
	my @lines = grep { /$pattern/ } split /\n/, $log;
	$sql =~ s/\s+/ /g;
	is(join("\n", @lines), '', "the log, $sql");
	unlike(join("\n", grep { !/^LINE \d+:|^ *\^/ } split /\n/, $err[ $i + 1 ]), qr/$pattern/, '... nor the message');
	like($err[ $i + 1 ], qr/ERROR/, '... it failed') unless $sql =~ /DEALLOCATE|erase_citizen\('740398-0129|DECLARE|UPDATE borger|explain|decide|area/;
}

# What the server raises shows its statement, whose values are not in it where the application
# binds them: work that is cancelled at its commit, and ended; a refusal, and what is no number.
my $holder = $node->background_psql('postgres');
$holder->query_safe("BEGIN; SELECT msb_org.lock_citizens('{710198-4001,710198-4002}')");
$from = -s $node->logfile;
my $file = $node->basedir . '/bound.sql';
for my $case ([ '710198-4001', "SET statement_timeout = 500; BEGIN; INSERT INTO sag VALUES (:nr, :nr, 'benefit'); SET CONSTRAINTS ALL IMMEDIATE;" ], [ '710198-4002', "SET lock_timeout = 500; INSERT INTO sag VALUES (:nr, :nr, 'benefit');" ],
	[ '710198-4003', "INSERT INTO sag VALUES (:nr, :nr, 'x');" ], [ '710198-4004X', 'SELECT :nr::text::msb_org.cpr;' ], [ '710198-4005X', 'INSERT INTO p VALUES (1, :nr);' ],
	[ '710198-4006', "SELECT msb_org.override('sag', :nr, 'job', 'x');" ])
{
	append_to_file($file, $case->[1] =~ s/; /;\n/gr . "\n");
	my ($o, $e);
	IPC::Run::run([ 'pgbench', '-n', '-t', '1', '-M', 'extended', '-D', "nr=$case->[0]", '-f', $file, $node->connstr('postgres') ], '>', \$o, '2>', \$e);
	like($e, qr/aborted/, "bound: $case->[1]");
	unlink $file;
}
$holder->quit;
$log = slurp_file($node->logfile, $from);
like($log, qr/canceling statement due to statement timeout.*canceling statement due to lock timeout/s, 'the log has the errors');
unlike($log, qr/710198-?400/, '... and none of the numbers');
$node->stop;
done_testing();
