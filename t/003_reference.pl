# The reference is what the catalog says: what make reference would write is what is
# committed, byte for byte, and nothing else lies beside it.

use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init(extra => [ '--locale=C', '--encoding=UTF8' ]);
$node->start;
$node->safe_psql('postgres', <<'SQL');
CREATE ROLE installer;
GRANT CREATE ON DATABASE postgres TO installer;
SET ROLE installer;
CREATE EXTENSION msb_org;
SQL

$ENV{PGHOST} = $node->host;
$ENV{PGPORT} = $node->port;
$ENV{PGDATABASE} = 'postgres';
my $directory = PostgreSQL::Test::Utils::tempdir;
my ($out, $err) = ('', '');
ok(IPC::Run::run([ 'perl', 'tools/reference.pl', $directory ], '>', \$out, '2>', \$err),
    'every object has a COMMENT and a chapter')
  or diag($err);

my @made = map { substr $_, length("$directory/") } glob "$directory/reference.md $directory/reference/*.md";
cmp_ok(scalar @made, '>', 10, 'an index and its chapters are written');
for my $file (@made)
{
    my @now = split /\n/, slurp_file("$directory/$file");
    my @committed = -e "docs/$file" ? split /\n/, slurp_file("docs/$file") : ();
    my $line = 0;

    $line++ while $line < @now && $line < @committed && $now[$line] eq $committed[$line];
    ok($line == @now && $line == @committed, "docs/$file is what the COMMENTs say")
      or diag('make reference would write, in line ' . ($line + 1) . ":\n  " . ($now[$line] // '(nothing)')
          . "\nwhere this is committed:\n  " . ($committed[$line] // '(nothing)') . "\nRun make reference and commit what it writes.");
    cmp_ok(scalar @now, '<=', 700, "docs/$file has at most 700 lines");
}
my %made = map { ("docs/$_" => 1) } @made;
is(join(' ', grep { !$made{$_} } glob 'docs/reference/*'), '', 'nothing else is in docs/reference');

# The tool notices what it could not write: an object without COMMENT, and one that no
# chapter takes.
$node->safe_psql('postgres', <<'SQL');
COMMENT ON COLUMN msb_org.alias.pattern IS NULL;
COMMENT ON FUNCTION msb_org.adopt(text, date, text) IS NULL;
CREATE FUNCTION msb_org.new_thing() RETURNS integer LANGUAGE sql RETURN 1;
COMMENT ON FUNCTION msb_org.new_thing() IS 'New.';
ALTER EXTENSION msb_org ADD FUNCTION msb_org.new_thing();
SQL
ok(!IPC::Run::run([ 'perl', 'tools/reference.pl', $directory ], '>', \$out, '2>', \$err), 'what cannot be told is an error');
like($err, qr/^reference: routine adopt has no COMMENT$/m, 'a function without a COMMENT');
like($err, qr/^reference: column alias\.pattern has no COMMENT$/m, 'a column without one');
like($err, qr/^reference: routine new_thing: no script creates it/m, 'an object that no script makes');

$node->stop;
done_testing();
