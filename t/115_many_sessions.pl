# 500 short-lived connections, each of which writes once and goes, 20 at a time, some of
# them on the same citizens; and half of them again by sessions that vanish.
use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;
use Workload;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $each = $ENV{MSB_FULL} ? 250 : 25;
my $node = PostgreSQL::Test::Cluster->new('sessions');
$node->init(allows_streaming => 1);
workload_conf($node);
$node->append_conf('postgresql.conf', "max_connections = 60\njit = off");
$node->start;
workload_tables($node);
$node->safe_psql('postgres', 'CREATE SEQUENCE number');

my $connections = 20 * $each;
my $script = PostgreSQL::Test::Utils::tempdir() . '/once.sql';
append_to_file($script, q{
\set borger random(1, 400)
\set kind random(0, 3)
SELECT nextval('number') AS id \gset
BEGIN;
INSERT INTO sag (sag_id, borger_id, opgave, udfordring) VALUES (:id, :borger, task(:kind), challenge(:id));
INSERT INTO jobsag SELECT :id, b.cpr, task(:kind + 1), challenge(:kind) FROM borger b WHERE b.borger_id = :borger;
UPDATE sag SET opgave = task(:id) WHERE sag_id = :id - 30;
COMMIT;
});
# -C: a connection for each transaction
my ($out, $err) = ('', '');
IPC::Run::run([ 'pgbench', '-n', '-C', '-c', 20, '-j', 2, '-t', $each, '-f', $script, $node->connstr('postgres') ], '>', \$out, '2>', \$err);
like($out, qr{number of transactions actually processed: $connections/$connections}, "$connections connections of one transaction each") or diag($err);
is($node->safe_psql('postgres', 'SELECT (SELECT count(*) FROM sag), (SELECT count(*) FROM jobsag)'), "$connections|$connections", 'nobody is refused');
unlike(slurp_file($node->logfile), qr/ERROR|FATAL|PANIC|WARNING/, 'and nothing is said');
workload_compare($node, 'short-lived connections');
is($node->safe_psql('postgres', q{SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'}), '0', 'no lock of a citizen is left');

# Sessions that go in the middle of a transaction leave nothing.
my $before = $node->safe_psql('postgres', 'SELECT count(*) FROM msb_org.assignment');
my $half = $connections / 20;
psql_end(map { psql_start($node, "BEGIN; INSERT INTO jobsag VALUES (500000 + $_, '610180-1001', 'benefit', NULL); SET CONSTRAINTS ALL IMMEDIATE; SAVEPOINT a; \\q\n") } 1 .. $half);
is($node->safe_psql('postgres', 'SELECT count(*) FROM msb_org.assignment'), $before, "$half sessions that went in the middle left no row in the ledger");
$node->poll_query_until('postgres', q{SELECT count(*) = 0 FROM pg_locks WHERE locktype = 'advisory'}) or die 'a lock is left';
workload_compare($node, 'sessions that went');

$node->stop;
done_testing();
