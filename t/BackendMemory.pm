# What the tests of memory share: a server, by how much a backend grows while it runs some
# statements, and what of it the extension has.
package BackendMemory;

use strict;
use warnings;

use Exporter 'import';
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;

our @EXPORT = qw(memory_server own_bytes_query memory);

# On which it is 2019-09-01, and nothing waits for the disk.
sub memory_server
{
	my $node = PostgreSQL::Test::Cluster->new('main');
	$node->init;
	$node->append_conf('postgresql.conf', "fsync = off\nmax_wal_size = '4GB'\nmsb_org.today = '2019-09-01'");
	$node->start;
	return $node;
}

# The query for the bytes in the extension's own memory contexts. What the server keeps for
# the events of a deferred trigger is not among them.
sub own_bytes_query
{
	my ($node) = @_;
	return $node->pg_version >= 18
	  ? q{WITH c AS MATERIALIZED (TABLE pg_backend_memory_contexts) SELECT coalesce(sum(total_bytes), 0) FROM c
       WHERE EXISTS (SELECT FROM c AS p WHERE p.name LIKE 'msb_org %' AND p.path[cardinality(p.path)] = ANY (c.path))}
	  : q{SELECT coalesce(sum(total_bytes), 0) FROM pg_backend_memory_contexts WHERE name LIKE 'msb_org %' OR parent LIKE 'msb_org %'};
}

# By how much kB a backend that has judged a case grew: at the end of the statements, and at
# the most while they ran (address space, of which what is shared was mapped before); and the
# lines that they wrote.
sub memory
{
	my ($node, $statements) = @_;
	my $psql = $node->background_psql('postgres');
	my $pid = $psql->query_safe('SELECT pg_backend_pid()');
	my $own = sub {
		my ($what) = @_;
		my ($kb) = slurp_file("/proc/$pid/status") =~ /^$what:\s+(\d+) kB/m;
		return $kb;
	};
	$psql->query_safe(q{SELECT msb_org.today(); INSERT INTO sag VALUES (-1, '610180-1001', 'benefit', NULL, NULL); DELETE FROM sag WHERE sag_id = -1});
	my $before = $own->('RssAnon');
	my $mapped = $own->('VmSize');
	my @said = split /\n/, $psql->query_safe($statements);
	my ($after, $peak) = ($own->('RssAnon'), $own->('VmPeak'));
	$psql->quit;
	return ($after - $before, $peak - $mapped, @said);
}

1;
