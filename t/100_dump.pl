# Dump and restore of a database that uses the extension: in every format, by a superuser and
# by the database's owner. All that is stored comes back, nothing is judged by the way, and
# the next row is.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/stored";

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use InUse;

my $node = server('dump');
my $dir = PostgreSQL::Test::Utils::tempdir();
my $n = 0;

in_use($node, 'egen', 'ejer');
in_use($node, 'faelles', $node->safe_psql('postgres', 'SELECT current_user'));
my %was = map { $_ => stored($node, $_) } qw(egen faelles);
for my $database (sort keys %was)
{
	is(join(' ', grep { $was{$database}{$_} eq '' } sort keys %{ $was{$database} }), '', "$database: no table of the extension is empty");
}
cmp_ok(scalar(grep { /^table msb_org\./ } keys %{ $was{egen} }), '>', 30, 'the tables were found');


#
# A whole dump, in every format and by each role, into an empty database: no complaint, all is
# back, and it works.
#
my $superuser = $node->safe_psql('postgres', 'SELECT current_user');
my @cases = (
	# the database, who dumps, how, and how it is restored by whom
	[ 'egen', 'ejer', 'plain', 'ejer' ],
	[ 'egen', 'ejer', 'custom', 'ejer', '--jobs=4' ],
	[ 'egen', $superuser, 'directory', $superuser, '--role=ejer', '--jobs=4' ],
	[ 'faelles', $superuser, 'plain', $superuser ],
	[ 'faelles', $superuser, 'custom', $superuser, '--single-transaction' ],
	[ 'faelles', $superuser, 'directory', $superuser, '--jobs=4' ]);
push @cases,
	[ 'egen', 'ejer', 'custom', 'ejer' ],
	[ 'egen', 'ejer', 'directory', 'ejer', '--jobs=4' ],
	[ 'egen', $superuser, 'plain', 'ejer' ],
	[ 'egen', $superuser, 'custom', $superuser, '--role=ejer' ],
	[ 'egen', $superuser, 'custom', 'ejer', '--single-transaction' ],
	[ 'faelles', $superuser, 'custom', $superuser, '--jobs=4' ],
	[ 'faelles', $superuser, 'inserts', $superuser, '--jobs=4' ] if $ENV{MSB_FULL};
for my $case (@cases)
{
	my ($database, $dumper, $format, $restorer, @how) = @$case;
	my $what = "$database, $format by " . ($dumper eq 'ejer' ? 'the owner' : 'a superuser')
	  . ', restored by ' . ($restorer eq 'ejer' ? 'the owner' : 'a superuser') . join('', map { " $_" } @how);
	my $file = "$dir/" . ++$n;
	my %options = (
		plain => ['--format=plain'],
		custom => ['--format=custom'],
		directory => [ '--format=directory', '--jobs=2' ],
		inserts => [ '--format=custom', '--inserts' ]);
	is(run($node, 'pg_dump', '-U', $dumper, @{ $options{$format} }, '-f', $file, $database), '', "$what: dumped");
	my $new = fresh($node, $database eq 'egen' ? 'ejer' : $superuser);
	is($format eq 'plain'
		? run($node, 'psql', '-XqU', $restorer, '-d', $new, '-o', '/dev/null', '-f', $file)
		: run($node, 'pg_restore', '-U', $restorer, @how, '-d', $new, $file), '', "$what: restored");
	same($was{$database}, stored($node, $new), $what);
	works($node, $new, $database eq 'egen' ? 'ejer' : $superuser, $what);
	$node->safe_psql('postgres', "DROP DATABASE $new");
}

done_testing();
