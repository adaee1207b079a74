# What the project promises about itself: one version, a theme for every test, and a comment
# on every object.

use strict;
use warnings;

use JSON::PP;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

sub version_in_control
{
    my ($version) = slurp_file('msb_org.control') =~ /^default_version\s*=\s*'([^']+)'/m;
    return $version;
}

# The control file is the source of the version; PGXN wants three numbers.
my $version = version_in_control();
(my $semantic = $version) =~ s/^(\d+\.\d+)$/$1.0/;
my $meta = JSON::PP->new->decode(slurp_file('META.json'));

is($meta->{version}, $semantic, 'META.json has the version of msb_org.control');
is($meta->{provides}{msb_org}{version}, $semantic, 'so has what it provides');
is( $meta->{provides}{msb_org}{file},
    "extension/msb_org--$version.sql",
    'it names the script of that version');
my ($released) = slurp_file('CHANGELOG.md') =~ /^## \Q$version\E \((.*?)\)/m;
ok($released, 'the changelog has a section for it');

# The Debian package is of that version, and is released on the day on which it is.
SKIP:
{
    skip 'the bundle for PGXN has no debian/', 2 if !-e 'debian/changelog';
    my ($packaged, $suite, $day) = slurp_file('debian/changelog') =~
      /\Amsb-org \((\S+)-\d+\) (\S+);.*?^ -- [^\n]+>  \w+, (\d\d \w+ \d{4}) /ms;
    is($packaged, $semantic, 'debian/changelog has that version');
    my %month;
    @month{qw(Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec)} = map { sprintf '%02d', $_ } 1 .. 12;
    $day =~ s/(\d+) (\w+) (\d+)/$3-$month{$2}-$1/;
    is($suite eq 'UNRELEASED' ? 'unreleased' : $day, $released, '... released when CHANGELOG.md says so');
}

# t/README.md has a theme for every test, and names none that is not there.
my ($table) = slurp_file('t/README.md') =~ /^\| theme \| `sql\/`.*?\n((?:\|.*\n)+)/m;
my @themes = map { [ split /\s*\|\s*/ ] } grep { !/^\|-/ } split /\n/, $table;
for my $column ([ 2, 'sql/%s.sql', qr/(?=_|$)/ ], [ 3, 'specs/iso_%s.spec', qr/(?=_|$)/ ], [ 4, 't/%s.pl', qr// ])
{
    my ($number, $file, $end) = @$column;
    my ($start, $ending) = split /%s/, $file;
    my @tests = map { substr $_, length $start, -length $ending } glob "$start*$ending";
    my @named = map { ($_->[$number] // '') =~ /`(\w+)`/g } @themes;
    is(join(' ', grep { my $test = $_; !grep { $test =~ /^$_$end/ } @named } @tests), '', "t/README.md has a theme for every $start*");
    is(join(' ', grep { my $name = $_; !grep { /^$name$end/ } @tests } @named), '', '... and names none that is not there');
}

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->start;
$node->safe_psql('postgres', 'CREATE EXTENSION msb_org');
is( $node->safe_psql(
        'postgres', q{SELECT extversion FROM pg_extension WHERE extname = 'msb_org'}),
    $version,
    'that version is installed');

# A plan with a way of planning switched off may have a cost of 10 thousand million, for which the
# server would compile it (jit) at every call.
my $compiled = $node->safe_psql('postgres', <<'SQL');
SELECT oid::regprocedure FROM pg_proc
WHERE pronamespace = 'msb_org'::regnamespace AND proconfig::text ~ '\menable_' AND proconfig::text !~ '\mjit=off';
SQL
is($compiled, '', 'no function that plans in its own way is compiled');

# Members of the extension, and the columns of its tables, views and composite types.
my $uncommented = $node->safe_psql('postgres', <<'SQL');
WITH member AS (
    SELECT d.classid, d.objid, 0 AS objsubid
    FROM pg_catalog.pg_depend d
    JOIN pg_catalog.pg_extension e ON e.oid = d.refobjid AND e.extname = 'msb_org'
    WHERE d.refclassid = 'pg_catalog.pg_extension'::regclass AND d.deptype = 'e'
      AND d.classid IN ('pg_catalog.pg_class'::regclass, 'pg_catalog.pg_proc'::regclass,
                        'pg_catalog.pg_type'::regclass, 'pg_catalog.pg_operator'::regclass,
                        'pg_catalog.pg_opclass'::regclass, 'pg_catalog.pg_opfamily'::regclass,
                        'pg_catalog.pg_cast'::regclass, 'pg_catalog.pg_namespace'::regclass)
      -- from 17 on, also what the server makes of itself: row types and array types
      AND NOT (d.classid = 'pg_catalog.pg_type'::regclass AND EXISTS (
               SELECT FROM pg_catalog.pg_type t
               LEFT JOIN pg_catalog.pg_class c ON c.oid = t.typrelid
               WHERE t.oid = d.objid AND (c.relkind <> 'c' OR t.typcategory = 'A')))
), object AS (
    SELECT * FROM member
    UNION ALL
    SELECT m.classid, m.objid, a.attnum
    FROM member m
    JOIN pg_catalog.pg_class c ON c.oid = m.objid AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
    JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    WHERE m.classid = 'pg_catalog.pg_class'::regclass
    UNION ALL
    SELECT 'pg_catalog.pg_class'::regclass, c.oid, a.attnum
    FROM member m
    JOIN pg_catalog.pg_type t ON t.oid = m.objid
    JOIN pg_catalog.pg_class c ON c.oid = t.typrelid AND c.relkind = 'c'
    JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    WHERE m.classid = 'pg_catalog.pg_type'::regclass
)
SELECT pg_catalog.pg_describe_object(o.classid, o.objid, o.objsubid)
FROM object o
WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_description d
                  WHERE d.classoid = o.classid AND d.objoid = o.objid
                    AND d.objsubid = o.objsubid AND d.description <> '')
ORDER BY 1
SQL
is($uncommented, '', 'every object of the extension, and every column, has a comment');

$node->stop;
done_testing();
