# The ledger's tablespace is full: a file system of 8 MB, mounted in a user namespace of
# the test's own, so that nobody's disk is filled and no privilege is needed.  What does
# not fit is refused as a whole, what was acknowledged stands, and when there is room
# everything goes on.  MSB_FULL=1: eight times, else once.
use strict;
use warnings;

# Begin again in a namespace in which there is such a file system.
BEGIN
{
	if (!defined $ENV{MSB_FULL_DISK})
	{
		require File::Temp;
		my $directory = File::Temp::tempdir();
		my ($user, $group) = ($<, (split ' ', $()[0]);
		my @unshare = ('unshare', '--user', '--map-root-user', '--mount', 'sh', '-c',
			q{mount -t tmpfs -o size=8m,mode=700 none "$0" && exec unshare --user --map-user=} . "$user --map-group=$group" . q{ "$@"}, $directory);
		my $rc = 0;

		if ($user == 0 || system(qq{@{[ join ' ', map { "'$_'" } @unshare ]} true >/dev/null 2>&1}) != 0)
		{
			print "1..0 # SKIP no file system can be mounted in a user namespace here\n";
		}
		else
		{
			local $ENV{MSB_FULL_DISK} = $directory;
			$rc = system(@unshare, $^X, (map { "-I$_" } @INC), $0);
		}
		rmdir $directory;
		exit($rc == 0 ? 0 : 1);
	}
}

use FindBin;
use lib $FindBin::RealBin;

use Life;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $rounds = $ENV{MSB_FULL} ? 8 : 1;
my $node = PostgreSQL::Test::Cluster->new('full');
$node->init;
life_conf($node);
$node->append_conf('postgresql.conf', 'autovacuum = off');
$node->start;
life_tables($node);
mkdir "$ENV{MSB_FULL_DISK}/tight" or die $!;
$node->safe_psql('postgres', "CREATE TABLESPACE tight LOCATION '$ENV{MSB_FULL_DISK}/tight'");

# The table and its indexes
sub move_ledger
{
	my ($tablespace) = @_;
	$node->safe_psql('postgres', join ' ', "ALTER TABLE msb_org.assignment SET TABLESPACE $tablespace;",
		map { "ALTER INDEX $_ SET TABLESPACE $tablespace;" }
		  split /\n/, $node->safe_psql('postgres', q{SELECT indexrelid::regclass FROM pg_index WHERE indrelid = 'msb_org.assignment'::regclass}));
}
move_ledger('tight');
my $full = qr/ERROR:  53100: could not (?:extend|write to|write) .*No space left on device/;

# Loads of thousands until one does not fit, beside an application that opens single cases.
my $next = 100_000;
for my $round (1 .. $rounds)
{
	my ($loads, $err) = (0, '');
	my $size = 2000 + 500 * $round;
	my @writers = start_writers($node, 2, $round * 1_000_000, 4000);
	while ($err eq '' && $loads++ < 30)
	{
		(undef, undef, $err) = $node->psql('postgres', qq{\\set VERBOSITY verbose
			INSERT INTO sag (sag_id, borger_id, opgave, udfordring) SELECT n, 1 + n % 400, task(n), challenge(n / 3) FROM generate_series($next, $next + $size - 1) n});
		$next += $size;
	}
	like($err, $full, "load $round: the disk is full, and the application is told so");
	is($node->safe_psql('postgres', "SELECT count(*) FROM sag WHERE sag_id BETWEEN $next - $size AND $next - 1"), '0', '... of a load that did not fit no row stands');
	psql_end(@writers);
	like($writers[0]{err}, $full, '... so is one that writes single cases');
	cmp_ok(check_acknowledged($node, "load $round", \@writers), '>', 0, '... of which some did fit');
	is($node->safe_psql('postgres', 'SELECT * FROM difference LIMIT 10'), '', '... nothing differs');

	# reassign, of which batches are done until one does not fit
	$node->safe_psql('postgres', q{SET session_replication_role = replica; UPDATE sag SET opgave = task(sag_id + 1)});
	my ($rc, undef, $told) = $node->psql('postgres', q{\set VERBOSITY verbose
		CALL msb_org.reassign('sag', 100)});
	like($told, $full, '... so is reassign');

	# the server is gone at once while the disk is full
	$node->stop('immediate');
	$node->start;
	is($node->safe_psql('postgres', 'SELECT count(*) FROM msb_org.current_assignment') > 1000, 1, '... a crash meanwhile is recovered from');

	# there is room again
	move_ledger('pg_default');
	$node->safe_psql('postgres', q{SET client_min_messages = warning; CALL msb_org.reassign('sag')});
	life_compare($node, "load $round, with room again");
	$node->safe_psql('postgres', 'DELETE FROM jobsag; DELETE FROM sag; DELETE FROM msb_org.assignment; DELETE FROM msb_org.handover; VACUUM FULL msb_org.assignment');
	move_ledger('tight');
}
$node->stop;
done_testing();
