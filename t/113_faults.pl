# Faults at random moments of a load, of reassign, of the daily job and of adopt(): the
# statement is cancelled, the session is ended, the backend killed, the server stopped at
# once; then statement timeouts, prepared transactions and a disk that is full.
# MSB_FULL=1: each 25 times. MSB_SEED repeats a run's moments.
use strict;
use warnings;

use File::Spec;
use FindBin;
use lib $FindBin::RealBin;
use Workload;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(sleep time);

my $full = $ENV{MSB_FULL};
my $seed = $ENV{MSB_SEED} // int(time);
srand $seed;
note "MSB_SEED=$seed";

my $node = PostgreSQL::Test::Cluster->new('faults');
$node->init(allows_streaming => 1);
workload_conf($node);
$node->append_conf('postgresql.conf', "restart_after_crash = on\njit = off");
$node->start;
workload_tables($node);

# What was judged in July by the structure of then is the daily job's.
my $july = q{SET client_min_messages = warning; SET msb_org.today = '2019-07-01';};
$node->safe_psql('postgres', qq{
	SELECT msb_org.adopt('msb-2018', DATE '2018-01-01');
	$july
	INSERT INTO sag (sag_id, borger_id, opgave, udfordring) SELECT n, 1 + n % 400, task(n), challenge(n / 3) FROM generate_series(1, 1000) n;
	INSERT INTO jobsag (nr, cpr, opgave, udfordring) SELECT b.borger_id, b.cpr, task(b.borger_id), challenge(b.borger_id + 1) FROM borger b WHERE b.borger_id % 3 = 0});
cmp_ok($node->safe_psql('postgres', 'SELECT msb_org.reassign_due()'), '>', 500, 'the daily job moves what was judged in July');
workload_compare($node, 'before');

# What is done: "before" makes it necessary, "finish" finishes it after a fault.
my $finish = q{SET client_min_messages = warning; CALL msb_org.reassign('sag'); CALL msb_org.reassign('jobsag')};
my @work = (
	{
		name => 'a bulk load',
		before => 'DELETE FROM sag WHERE sag_id BETWEEN 10001 AND 20000; DELETE FROM jobsag WHERE nr BETWEEN 10001 AND 20000',
		sql => q{BEGIN; INSERT INTO sag (sag_id, borger_id, opgave, udfordring) SELECT n, 1 + n % 400, task(n), challenge(n / 3) FROM generate_series(10001, 12000) n;
			INSERT INTO jobsag (nr, cpr, opgave, udfordring) SELECT 10000 + b.borger_id, b.cpr, task(b.borger_id + 1), challenge(b.borger_id) FROM borger b; COMMIT},
		check => q{SELECT (SELECT count(*) FROM sag WHERE sag_id BETWEEN 10001 AND 20000), (SELECT count(*) FROM jobsag WHERE nr BETWEEN 10001 AND 20000)},
		either => '0|0, 2000|400',
	},
	{
		name => 'reassign',
		before => q{SET session_replication_role = replica; UPDATE sag SET omraade = NULL, opgave = task(sag_id + (random() * 3)::integer) WHERE sag_id <= 1000;
			DELETE FROM sag WHERE sag_id BETWEEN 100 AND 110},
		sql => q{SET client_min_messages = warning; CALL msb_org.reassign('sag', 50)},
		finish => $finish,
	},
	{
		name => 'reassign_due',
		before => qq{$july UPDATE sag SET udfordring = challenge(sag_id + (random() * 3)::integer), omraade = NULL WHERE sag_id <= 400;
			SELECT msb_org.judge_cases('sag', (SELECT array_agg(sag_id::text) FROM sag WHERE sag_id <= 400), 'reassign')},
		sql => q{SELECT msb_org.reassign_due()},
		check => q{SELECT count(DISTINCT structure) FROM msb_org.assignment WHERE valid_to IS NULL AND case_table = 'sag' AND case_key::integer <= 400},
		either => '1',
		finish => q{SELECT msb_org.reassign_due()},
	},
	{
		# the draft comes to be in force from a day on which nobody has been judged
		name => 'adopt',
		before => q{SELECT 1},
		sql => q{SELECT msb_org.adopt('msb-2019', d) FROM (SELECT greatest(max(lower(in_force)) + 1, '2019-09-02') AS d FROM msb_org.enactment) e},
		check => q{SELECT count(*) FROM msb_org.enactment WHERE in_force @> DATE '2019-09-01' UNION ALL
			SELECT count(*) FROM msb_org.enactment e JOIN msb_org.enactment f ON e.in_force && f.in_force AND (e.structure, e.revision) <> (f.structure, f.revision) UNION ALL
			SELECT count(*) FROM (SELECT lower(in_force) - lag(upper(in_force)) OVER (ORDER BY in_force) AS hole FROM msb_org.enactment) e WHERE hole <> 0},
		either => "1\n0\n0",
	});

# By the signals that pg_cancel_backend() and pg_terminate_backend() send.
my %fault = (
	'cancelled' => sub { kill 'INT', $_[0] },
	'terminated' => sub { kill 'TERM', $_[0] },
	'killed' => sub { kill 'KILL', $_[0] },
	'server stopped at once' => sub { kill 'QUIT', $node->{_pid}; $node->stop('immediate', fail_ok => 1); $node->start });

# A session of its own, whose number it says before the work begins.
sub start_work
{
	my ($sql) = @_;
	my $session = psql_start($node, "SELECT 'pid ' || pg_backend_pid();\n$sql;\n");
	for (1 .. 5000)
	{
		last if slurp_file($session->{out_file}) =~ /^pid (\d+)\n/m and $session->{pid} = $1;
		sleep 0.001;
	}
	return $session;
}

foreach my $work (@work)
{
	$node->safe_psql('postgres', $work->{before});
	my ($begin, $end) = (split /\n/, $node->safe_psql('postgres', "SELECT extract(epoch FROM clock_timestamp()); $work->{sql}; SELECT extract(epoch FROM clock_timestamp())"))[0, -1];
	my $takes = $end - $begin;
	is($node->safe_psql('postgres', 'SELECT * FROM difference LIMIT 10'), '', "$work->{name}, undisturbed");
	foreach my $fault ('cancelled', 'terminated', 'killed', 'server stopped at once')
	{
		my $times = $full ? 25 : 1;
		my $hits = 0;
		my $wrong = '';
		my $n = 0;
		# until one of them has hit it
		while ($n++ < $times or not $hits and $n < 50)
		{
			$node->safe_psql('postgres', $work->{before});
			my $session = start_work($work->{sql});
			sleep rand($takes * 0.9);
			$fault{$fault}->($session->{pid});
			psql_end($session);
			$hits++ if $session->{err} =~ /canceling statement|terminating connection|server closed the connection|connection to server was lost/;
			$node->poll_query_until('postgres', 'SELECT true') or die 'the server does not come back';
			my $found = defined $work->{check} ? $node->safe_psql('postgres', $work->{check}) : '';
			$wrong .= "found $found; " unless grep { $_ eq $found } split /, /, $work->{either} // '', -1 or $found eq '';
			$node->safe_psql('postgres', $work->{finish}) if $work->{finish};
			$wrong .= $node->safe_psql('postgres', 'SELECT * FROM difference LIMIT 10');
		}
		$n--;
		is($wrong, '', "$work->{name}: $fault $n times, $hits of them in the middle");
		cmp_ok($hits, '>', 0, '... at least once');
	}
	workload_write($node, $work->{name});
}

# Writers on all sides, and the server is gone: what was acknowledged stands.
foreach my $round (1 .. ($full ? 10 : 2))
{
	my @writers = start_writers($node, 3, $round * 1_000_000, 2000);
	$node->poll_query_until('postgres', "SELECT count(*) > 50 FROM sag WHERE sag_id > $round * 1000000") or die 'the load does not come';
	sleep rand 0.7;
	$node->stop('immediate');
	psql_end(@writers);
	$node->start;
	cmp_ok(check_acknowledged($node, "immediate stop under load $round", \@writers), '>', 20, "immediate stop under load $round: there was a load");
	workload_compare($node, "immediate stop under load $round");
}

# A statement timeout in reassign: what was done stays, and the next call goes on.
$node->safe_psql('postgres', $work[1]{before});
my ($calls, $rc, $out, $err, $said) = (0, 1, '', '', '');
while ($rc != 0 && $calls++ < 100)
{
	my $timeout = 50 * $calls;
	($rc, $out, $err) = $node->psql('postgres', qq{SET client_min_messages = warning; SET statement_timeout = '${timeout}ms'; CALL msb_org.reassign('sag', 50)});
	$said .= $err;
}
like($said, qr/ERROR:  canceling statement due to statement timeout/, 'reassign is timed out');
is($rc, 0, "and called until it is done, $calls times in all");
workload_compare($node, 'statement_timeout in reassign');

# Prepared transactions: the work is done at PREPARE, and kept over a crash.
$node->safe_psql('postgres', q{
	BEGIN; INSERT INTO jobsag VALUES (800001, '610180-1001', 'provision', 'homelessness'); UPDATE sag SET opgave = 'benefit' WHERE sag_id = 50; PREPARE TRANSACTION 'kept';
	BEGIN; INSERT INTO jobsag VALUES (800002, '610180-1003', 'provision', 'homelessness'); PREPARE TRANSACTION 'dropped'});
workload_compare($node, 'prepared and not committed');
$node->stop('immediate');
$node->start;
($rc, $out, $err) = $node->psql('postgres', q{SET lock_timeout = '100ms'; INSERT INTO jobsag VALUES (800003, '610180-1001', 'benefit', NULL)});
like($err, qr/ERROR:  canceling statement due to lock timeout/, 'the citizens of a prepared transaction are locked, after a crash too');
$node->safe_psql('postgres', q{COMMIT PREPARED 'kept'});
$node->safe_psql('postgres', q{ROLLBACK PREPARED 'dropped'});
is($node->safe_psql('postgres', q{SELECT string_agg(concat_ws(' ', case_table, case_key, unit), ', ' ORDER BY case_key) FROM msb_org.current_assignment WHERE case_key LIKE '80000_' OR (case_table, case_key) = ('sag', '50')}),
	'sag 50 sundhed, jobsag 800001 udsatte', 'what is committed is in the ledger, what is rolled back is not');
workload_compare($node, 'prepared transactions');
$node->safe_psql('postgres', q{SET client_min_messages = warning; SELECT msb_org.set_mode('sag', 'enforce')});
($rc, $out, $err) = $node->psql('postgres', q{BEGIN; INSERT INTO sag VALUES (800004, 1, 'provision', 'homelessness', NULL, 'boern'); PREPARE TRANSACTION 'refused'});
like($err, qr/ERROR:  area "boern" is not responsible for case 800004 of "sag"/, 'a refusal comes at PREPARE');
is($node->safe_psql('postgres', 'SELECT count(*) FROM pg_prepared_xacts'), '0', 'and nothing is prepared');
$node->safe_psql('postgres', q{SELECT msb_org.set_mode('sag', 'fill')});
workload_compare($node, 'a refusal at PREPARE');

# No room where the ledger stands: a file system of a few megabytes, in a mount namespace
# that the server runs in. What cannot be recorded is refused, with the rows that it is about.
SKIP:
{
	my $uid = $>;
	my $gid = (split / /, $))[0];
	my $room = File::Spec->rel2abs(PostgreSQL::Test::Utils::tempdir() . '/room');
	mkdir $room;
	my $enter = "mount -t tmpfs -o size=12m,mode=1777 tmpfs $room && exec unshare --user --map-user=$uid --map-group=$gid";
	skip 'no mount namespaces of its own are allowed here', 1 if system("unshare -rm sh -c '$enter touch $room/x' >/dev/null 2>&1") != 0;

	# the server's commands run in it, too
	my $bin = File::Spec->rel2abs(PostgreSQL::Test::Utils::tempdir());
	append_to_file("$bin/pg_ctl", qq{#!/bin/sh\nPATH=\${PATH#*:}\ncase " \$* " in\n*" start "*) exec unshare -rm sh -c '$enter "\$@"' enter pg_ctl "\$@" ;;\nesac\nexec pg_ctl "\$@"\n});
	chmod 0755, "$bin/pg_ctl";
	my $full_disk = PostgreSQL::Test::Cluster->new('full_disk');
	$full_disk->init(allows_streaming => 1);
	workload_conf($full_disk);
	$full_disk->append_conf('postgresql.conf', "jit = off");
	local $ENV{PATH} = "$bin:$ENV{PATH}";
	$full_disk->start;
	workload_tables($full_disk);
	$full_disk->safe_psql('postgres', "CREATE TABLESPACE small LOCATION '$room'");
	$full_disk->safe_psql('postgres', qq{
		SELECT msb_org.adopt('msb-2018', DATE '2018-01-01');
		INSERT INTO sag (sag_id, borger_id, opgave, udfordring) SELECT n, 1 + n % 400, task(n), challenge(n / 3) FROM generate_series(1, 1000) n;
		ALTER TABLE msb_org.assignment SET TABLESPACE small;
		ALTER INDEX msb_org.assignment_pkey SET TABLESPACE small;
		ALTER INDEX msb_org.assignment_case SET TABLESPACE small;
		ALTER INDEX msb_org.assignment_due SET TABLESPACE small});
	my $fill = sub { $full_disk->psql('postgres', "COPY (SELECT 1) TO PROGRAM 'dd if=/dev/zero of=$room/filler bs=8k 2>/dev/null; true'") };
	my $empty = sub { $full_disk->safe_psql('postgres', "COPY (SELECT 1) TO PROGRAM 'rm -f $room/filler'") };
	my $no_room = qr/ERROR:  53100: could not extend file "pg_tblspc[^"]*": No space left on device/;
	foreach my $try (
		[ 'a bulk load', q{INSERT INTO sag (sag_id, borger_id, opgave, udfordring) SELECT n, 1 + n % 400, task(n), challenge(n / 3) FROM generate_series(10001, 13000) n} ],
		[ 'single writes', q{SELECT format('INSERT INTO sag VALUES (%s, %s, %L, %L)', n, 1 + n % 400, task(n), challenge(n)) FROM generate_series(20001, 24000) n \gexec} ],
		[ 'reassign', q{SET client_min_messages = warning; SET session_replication_role = replica;
			UPDATE sag SET opgave = task(sag_id + 1), udfordring = challenge(sag_id + 1), omraade = NULL; RESET session_replication_role; CALL msb_org.reassign('sag', 50)} ],
		[ 'the daily job', q{UPDATE msb_org.assignment SET structure = 'msb-2018', revision = 1, due = '2019-08-15', unit = 'besk' WHERE valid_to IS NULL AND case_table = 'sag';
			SELECT msb_org.reassign_due()} ])
	{
		my ($name, $sql) = @$try;
		$fill->();
		my ($rc, $out, $err) = $full_disk->psql('postgres', "\\set VERBOSITY verbose\n$sql\n;", on_error_stop => 1);
		like($err, $no_room, "no room: $name is refused in plain words") or diag(substr($err, 0, 300));
		$empty->();
		# what was left unfinished is gone on with
		$full_disk->safe_psql('postgres', q{SET client_min_messages = warning; SELECT msb_org.reassign_due(); CALL msb_org.reassign('sag')});
		workload_compare($full_disk, "room again after $name");
	}
	$full_disk->stop;
}

$node->stop;
done_testing();
