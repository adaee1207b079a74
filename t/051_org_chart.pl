# The charts are drawn by Graphviz without a word, whatever the names are.
use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

plan skip_all => 'Graphviz is not installed' unless grep { -x "$_/dot" } split /:/, $ENV{PATH};

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init(extra => [ '--encoding=UTF8', '--locale=C' ]);
$node->start;
$node->safe_psql('postgres', q{
	CREATE EXTENSION msb_org;
	SELECT msb_org.load_structure('msb-2018'), msb_org.load_structure('msb-2019');
	INSERT INTO msb_org.structure (structure, title) VALUES ('navne', 'A & B <"C"> \N {x|y}'), ('tom', NULL);
	INSERT INTO msb_org.unit (structure, unit, parent, kind, title)
	SELECT 'navne', name || kind, CASE WHEN kind = 'department' THEN NULL WHEN n % 5 = 0 THEN name || kind ELSE name || 'department' END, kind, name
	FROM unnest(ARRAY['"', '\\', '\\"', '<', '>', '&', '&amp;', '</TD>', '<BR/>', E'\n', E'\x01', ' ', 'Æ', ']', ';', '-->', '%s', repeat('x', 500), repeat('x y ', 200)]) WITH ORDINALITY AS names (name, n),
	     unnest('{department,administration,operating_area,staff,entry,external,political,executive}'::text[]) AS kind;
	INSERT INTO msb_org.rule (structure, rule, unit, target)
	SELECT 'navne', unit || n, unit, 'task "<&>""|"; age 18-' FROM msb_org.unit, generate_series(1, 2) n WHERE structure = 'navne';});

for my $structure ('msb-2018', 'msb-2019', 'navne', 'tom')
{
	my $file = $node->basedir . "/$structure.dot";
	append_to_file($file, $node->safe_psql('postgres', "SELECT msb_org.org_chart('$structure')"));
	my ($svg, $said) = run_command([ 'dot', '-Tsvg', $file ]);
	is($said, '', "$structure: no warning");
	like($svg, qr/<svg.*<\/svg>\s*\z/s, "$structure: a picture");
}
my ($svg) = run_command([ 'dot', '-Tsvg', $node->basedir . '/msb-2019.dot' ]);
like($svg, qr/Unge, Job og Uddannelse/, 'the areas are in it');
like($svg, qr/stroke-dasharray/, 'and an external unit, dashed');

# The head stands over the middle of the areas, though staffs and an external unit hang beside.
my ($plain) = run_command([ 'dot', '-Tplain', $node->basedir . '/msb-2019.dot' ]);
my %x = $plain =~ /^node (\w+) ([0-9.]+) /mg;
my ($head, $row) = $plain =~ /^edge (n\d+) (row\d+) /m;
cmp_ok(abs($x{$head} - $x{$row}), '<', 1, 'the head stands over the areas');

done_testing();
