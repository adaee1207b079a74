# As many attached tables as there are: each is written, found by recheck(), by the daily
# job and by a change of structure.  MSB_FULL=1 attaches 10,000, else 200.
use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(time);

my $tables = $ENV{MSB_FULL} ? 10_000 : 200;
my $node = PostgreSQL::Test::Cluster->new('many');
$node->init;
$node->append_conf('postgresql.conf', "msb_org.today = '2019-09-01'\njit = off\nfsync = off\nmax_locks_per_transaction = " . ($tables / 20 + 64));
$node->start;

# The result, and how long it took.
sub timed
{
	my ($what, $sql) = @_;
	my $begin = time;
	my $out = $node->safe_psql('postgres', "SET client_min_messages = warning; $sql");
	note sprintf('%s: %.1f s', $what, time - $begin);
	return $out;
}

$node->safe_psql('postgres', q{
	CREATE EXTENSION msb_org;
	SELECT msb_org.load_structure('msb-2018'), msb_org.load_structure('msb-2019'), msb_org.adopt('msb-2018', DATE '2018-01-01'), msb_org.adopt('msb-2019', DATE '2019-08-01');
	CREATE PROCEDURE make(tables integer) LANGUAGE plpgsql AS $$
	BEGIN
		FOR n IN 1 .. tables LOOP
			EXECUTE format('CREATE TABLE sag_%s (sag_id integer PRIMARY KEY, cpr text, opgave text, udfordring text, omraade text)', n);
			PERFORM msb_org.attach(format('sag_%s', n)::regclass, key => 'sag_id', citizen => 'cpr', birth => 'cpr', area => 'omraade',
				facets => '{"task": "opgave", "challenge": "udfordring"}', mode => 'fill');
			COMMIT;
		END LOOP;
	END $$;
	CREATE PROCEDURE write(tables integer, what text) LANGUAGE plpgsql AS $$
	BEGIN
		FOR n IN 1 .. tables LOOP
			EXECUTE format(what, n);
		END LOOP;
	END $$});
timed("$tables tables attached", "CALL make($tables)");
is(timed('attachment', 'SELECT count(*), count(key), count(protected) FROM msb_org.attachment'), "$tables|$tables|$tables", 'all are attached');

# One transaction that writes all of them, of 100 citizens; then a session a table, for some.
timed('a row in each', qq{CALL write($tables, \$\$INSERT INTO sag_%1\$s VALUES (1, '610180-' || 1000 + %1\$s %% 100, 'provision', 'homelessness')\$\$)});
is($node->safe_psql('postgres', 'SELECT count(*), count(DISTINCT case_table), min(unit), max(unit) FROM msb_org.current_assignment'), "$tables|$tables|udsatte|udsatte", 'all are judged');
$node->safe_psql('postgres', "INSERT INTO sag_$_ VALUES (2, '610180-1003', 'benefit', 'unemployment')") foreach (1, int($tables / 2), $tables);
is($node->safe_psql('postgres', q{SELECT count(*), min(unit) FROM msb_org.current_assignment WHERE case_key = '2'}), '3|sundhed', 'also by sessions of their own');
is(timed('recheck', 'SELECT count(*) FROM msb_org.recheck()'), '0', 'recheck() finds nothing');

# What the triggers have not seen is found, in all.
timed('written unseen', qq{SET session_replication_role = replica; CALL write($tables, \$\$UPDATE sag_%1\$s SET opgave = 'benefit', omraade = NULL WHERE sag_id = 1\$\$)});
is(timed('recheck(true)', 'SELECT what, count(*) FROM msb_org.recheck(true) WHERE what NOT IN (\'duty\', \'participant\') GROUP BY 1'), "unit|$tables", 'recheck() finds every one and mends it');
is($node->safe_psql('postgres', 'SELECT count(*) FROM msb_org.recheck()'), '0', 'and nothing then');

# The daily job: nothing is due; then another structure is in force. Its first two runs go
# through the ledger (docs/internals.md).
foreach my $run (1 .. 3)
{
	is(timed("the daily job, run $run", 'SELECT msb_org.reassign_due()'), '0', "the daily job, run $run");
}
is($node->safe_psql('postgres', 'SELECT complete FROM msb_org.due_scan'), 't', 'it remembers what it has gone through');
timed('adopt', q{SELECT msb_org.adopt('msb-2018', DATE '2019-09-01')});
cmp_ok(timed('the daily job after adopt()', 'SELECT msb_org.reassign_due()'), '>=', $tables, 'the daily job moves them all');
is(timed('recheck', 'SELECT count(*) FROM msb_org.recheck()'), '0', 'recheck() finds nothing');
timed('reassign of one', "CALL msb_org.reassign('sag_7')");
timed('detach of one', q{SELECT msb_org.detach('sag_7')});
$node->safe_psql('postgres', q{INSERT INTO sag_8 VALUES (3, '610180-1003', 'benefit', 'unemployment'); INSERT INTO sag_7 VALUES (3, '610180-1003', 'benefit', 'unemployment')});
is($node->safe_psql('postgres', q{SELECT string_agg(case_table, ' ') FROM msb_org.current_assignment WHERE case_key = '3'}), 'sag_8', 'the next write is judged, that of the detached table is not');
timed('DROP EXTENSION', 'DROP EXTENSION msb_org CASCADE');
is($node->safe_psql('postgres', q{SELECT (SELECT count(*) FROM pg_trigger WHERE tgname ~ 'msb_org'), (SELECT count(*) FROM pg_class WHERE relname ~ '^sag_\d+$')}), "0|$tables", 'DROP EXTENSION takes the triggers and no table');

$node->stop;
done_testing();
