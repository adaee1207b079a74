# Generated input: what the fuzzers kept (t/fuzz/corpus) and some thousands of mutations of
# it, as text and in the binary form, and mutated documents for import_structure().  The
# same on every run; make check-sanitize goes on for longer, under the sanitizers.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/clients";

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Clients;

my $python = find_program([ $ENV{PYTHON}, 'python3', '/usr/bin/python3' ], '-c', 'import psycopg')
  or missing('a Python with psycopg');

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init(extra => [ '--encoding=UTF8', '--locale=C' ]);
$node->append_conf('postgresql.conf', "log_line_prefix = '%e '");
$node->start;
$node->safe_psql('postgres', 'CREATE EXTENSION msb_org');

local $ENV{PGHOST}     = $node->host;
local $ENV{PGPORT}     = $node->port;
local $ENV{PGDATABASE} = 'postgres';

my %runs = (cpr => 5000, target_group => 5000, import_structure => 300);
foreach my $kind (sort keys %runs)
{
	my ($out, $err) = run_command([ $python, 't/fuzz/fuzz_server.py', $kind, '--runs', $runs{$kind} ]);
	like($out, qr/^\Q$kind\E: $runs{$kind} inputs, [1-9]\d* taken, [1-9]\d* refused, 0 failed$/m, $kind)
	  or diag("$out$err");
}

$node->stop;
unlike(slurp_file($node->logfile), qr/XX000|TRAP:|terminated by signal/, 'no error that cannot happen, no crash');

done_testing();
