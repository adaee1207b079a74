# A streaming replica: it answers as the primary does, follows an adoption, refuses
# what writes, and takes over in the middle of a load, or of reassign(), without a
# row that was acknowledged being lost.  MSB_FULL=1: ten failovers, else two.
use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;

use Workload;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(sleep);

my $rounds = $ENV{MSB_FULL} ? 10 : 2;
my $primary = PostgreSQL::Test::Cluster->new('primary');
$primary->init(allows_streaming => 1);
workload_conf($primary);
$primary->start;
workload_tables($primary);
$primary->safe_psql('postgres', q{
INSERT INTO sag (sag_id, borger_id, opgave, udfordring) SELECT n, 1 + n % 400, task(n), challenge(n / 3) FROM generate_series(1, 1500) n;
INSERT INTO jobsag (nr, cpr, opgave, udfordring) SELECT b.borger_id, b.cpr, task(b.borger_id), challenge(b.borger_id + 1) FROM borger b;
SELECT msb_org.override('sag', '7', 'job', 'prøve', '2020-01-01');
});

sub new_standby
{
	my ($from, $name) = @_;
	my $standby = PostgreSQL::Test::Cluster->new($name);
	$from->backup("for_$name");
	$standby->init_from_backup($from, "for_$name", has_streaming => 1);
	$standby->append_conf('postgresql.conf', "hot_standby_feedback = on\nwal_receiver_status_interval = 1s");
	$standby->start;
	return $standby;
}

my $standby = new_standby($primary, 'standby0');
$primary->wait_for_catchup($standby, 'replay', $primary->lsn('insert'));

#
# What is asked is answered, and the same.
#
my @questions = (
	q{SELECT msb_org.area_of(DATE '2000-01-01', 'provision', 'homelessness', NULL)},
	q{SELECT * FROM msb_org.decide('age 21; task provision; challenge homelessness; service general', DATE '2019-09-01')},
	q{SELECT count(*), md5(string_agg(a::text, ' ' ORDER BY a::text)) FROM msb_org.assignment a},
	q{SELECT count(*) FROM msb_org.recheck()},
	q{SELECT * FROM difference},
	q{SELECT count(*), md5(string_agg(j::text, ' ' ORDER BY j::text)) FROM msb_org.impact('sag', on_date => '2019-09-15', detail => true) j},
	q{SELECT count(*), md5(string_agg(j::text, ' ' ORDER BY j::text)) FROM msb_org.impact('sag', 'msb-2019', 'msb-2018', '2019-09-01') j},
	q{SELECT count(*) FROM msb_org.compare('msb-2018', 'msb-2019')},
	q{SELECT count(*) FROM msb_org.verify('msb-2019')},
	q{SELECT count(*), md5(string_agg(j::text, ' ' ORDER BY j::text)) FROM msb_org.handovers('2019-09-01', '2021-09-01') j},
	q{SELECT count(*) FROM msb_org.explain_area('age 21; task provision; challenge homelessness; service general', DATE '2019-09-01')},
	q{SELECT length(msb_org.org_chart('msb-2019'))},
	q{SELECT count(*) FROM sag s JOIN borger b USING (borger_id) WHERE msb_org.in_area('voksne', b.foedt, s.opgave, s.udfordring, NULL)},
	q{SELECT * FROM msb_org.entry_point((SELECT citizen FROM msb_org.plan ORDER BY citizen COLLATE "C" LIMIT 1))},
	q{SELECT * FROM msb_org.citizen_duty((SELECT citizen FROM msb_org.plan ORDER BY citizen COLLATE "C" LIMIT 1))},
	q{SELECT * FROM msb_org.coordination_of((SELECT citizen FROM msb_org.plan ORDER BY citizen COLLATE "C" LIMIT 1))});
# every view too, and every column of it
push @questions, map { "SELECT count(*), md5(string_agg(v::text, ' ' ORDER BY v::text)) FROM $_ v" }
  split /\n/, $primary->safe_psql('postgres', q{SELECT oid::regclass FROM pg_class WHERE relnamespace = 'msb_org'::regnamespace AND relkind = 'v' ORDER BY 1});
my $script = join '', map { "\\echo $_\n$_;\n" } @questions;
my ($rc, $out, $err) = $standby->psql('postgres', $script, on_error_stop => 0);
is($out, $primary->safe_psql('postgres', $script), scalar(@questions) . ' questions are answered on the standby as on the primary');
is($err, '', '... without a word');

# A session that is open follows what the primary adopts, also within a transaction.
my $reader = $standby->background_psql('postgres');
my $ask = q{SELECT concat_ws(' ', structure, revision, unit) FROM msb_org.decide('age 40; task provision; challenge unemployment; service employment', DATE '2019-09-01');};
my $before = $reader->query_safe($ask);
like($before, qr/^msb-2019 1 /, 'the standby decides by what is in force');
my $old_snapshot = $standby->background_psql('postgres');
$old_snapshot->query_safe("BEGIN ISOLATION LEVEL REPEATABLE READ; $ask");
# what it may have to see the primary keeps
$primary->poll_query_until('postgres', 'SELECT count(backend_xmin) = 1 FROM pg_stat_replication') or die 'no feedback';
$primary->safe_psql('postgres', q{SELECT msb_org.adopt('msb-2018', DATE '2019-09-01'); SELECT msb_org.reassign_due(); SELECT msb_org.override('sag', '7', NULL, NULL)});
$primary->wait_for_catchup($standby, 'replay', $primary->lsn('insert'));
like($reader->query_safe($ask), qr/^msb-2018 1 /, 'an open session on the standby decides by what the primary has adopted');
like($old_snapshot->query_safe("$ask"), qr/^msb-2018 1 /, 'so does one in the middle of a transaction');
$old_snapshot->query_safe('COMMIT');
$_->quit foreach ($reader, $old_snapshot);
is($standby->safe_psql('postgres', 'SELECT * FROM difference'), '', 'nothing differs there');

# What writes is refused in plain words.
my @refused = (
	q{SELECT msb_org.adopt('msb-2019', DATE '2020-01-01')},
	q{SELECT msb_org.load_structure('msb-2019')},
	q{CALL msb_org.reassign('sag')},
	q{SELECT msb_org.reassign_due()},
	q{SELECT msb_org.override('sag', '8', 'besk', 'prøve')},
	q{SELECT msb_org.judge_cases('sag', '{1,2}', 'reassign')},
	q{SELECT msb_org.judge_cases('jobsag', '{1,2}', 'reassign')},
	q{SELECT msb_org.judge_noted('due')},
	q{SELECT msb_org.judge_citizens('{610180-1001}', 'arising')},
	q{SELECT * FROM msb_org.open_due_plans(dry_run => true)},
	q{SELECT msb_org.renumber_citizen('620231-1001', '620231-1002', 'prøve')},
	q{SELECT msb_org.state_primary_challenge('620231-1001', 'homelessness', 'prøve')},
	q{SELECT msb_org.open_plan('610180-1001', 'coordination')},
	q{SELECT msb_org.attach('borger', key => 'borger_id')},
	q{SELECT msb_org.set_mode('sag', 'observe')},
	q{SELECT msb_org.detach('sag')},
	q{SELECT msb_org.purge_ended(DATE '2019-01-01')},
	q{INSERT INTO sag VALUES (-1, 1, 'provision')});

sub refusals
{
	my ($node, $begin) = @_;
	my (undef, undef, $err) = $node->psql('postgres', "\\set VERBOSITY verbose\n$begin" . join('', map { "\\warn $_\n$_;\n" } @refused), on_error_stop => 0);
	my @got = split /^(?=SELECT |CALL |INSERT )/m, $err;
	is(scalar @got, scalar @refused, 'all were tried');
	return join '', grep { !/ERROR:  25006: cannot execute .* (?:in a read-only transaction|during recovery)/ } @got;
}
is(refusals($standby, ''), '', 'what writes is refused on a standby, with 25006');
is(refusals($primary, "SET default_transaction_read_only = on;\n"), '', 'and in a read-only transaction');
is($primary->safe_psql('postgres', 'SELECT * FROM difference'), '', 'nothing was written');

#
# Failover in the middle of a load: the primary is gone between one moment and the
# next, the standby takes over.  It is synchronous, so that an acknowledged
# transaction is there.
#
my $acknowledged = 0;
for my $round (1 .. $rounds)
{
	$primary->append_conf('postgresql.conf', "synchronous_standby_names = '*'");
	$primary->reload;
	$primary->poll_query_until('postgres', q{SELECT count(*) = 1 FROM pg_stat_replication WHERE sync_state = 'sync'}) or die 'no synchronous standby';

	# rows that nobody has judged, for reassign to be in the middle of
	$primary->safe_psql('postgres', q{SET synchronous_commit = local; SET session_replication_role = replica; UPDATE sag SET opgave = CASE opgave WHEN 'provision' THEN 'benefit' ELSE 'provision' END WHERE sag_id <= 1500});
	my @writers = start_writers($primary, 3, $round * 1_000_000, 4000);
	my $reassign = psql_start($primary, "SET client_min_messages = warning;\nCALL msb_org.reassign('sag', 25);\n");
	$primary->poll_query_until('postgres', qq{SELECT count(*) > 100 FROM sag WHERE sag_id > $round * 1000000}) or die 'the load does not come';
	sleep(rand 0.7);
	$primary->stop('immediate');
	$standby->promote;
	psql_end(@writers, $reassign);
	is(scalar(grep { $_->{err} =~ /ERROR:/ } @writers), 0, "failover $round: no error but the connection's") or diag(map { substr($_->{err}, 0, 500) } @writers);
	$standby->append_conf('postgresql.conf', "synchronous_standby_names = ''");
	$standby->reload;
	$standby->poll_query_until('postgres', q{SELECT current_setting('synchronous_standby_names') = ''});
	my $done = check_acknowledged($standby, "failover $round", \@writers);
	cmp_ok($done, '>', 50, "failover $round: there was a load");
	$acknowledged += $done;
	my ($rc, undef, $err) = $standby->psql('postgres', q{CALL msb_org.reassign('sag', 500)});
	is($rc, 0, "failover $round: reassign goes on there") or diag($err);
	workload_compare($standby, "failover $round");
	last if $round == $rounds;
	$primary = $standby;
	$standby = new_standby($primary, "standby$round");
}
diag("$rounds failovers, $acknowledged acknowledged transactions");
$standby->stop;
done_testing();
