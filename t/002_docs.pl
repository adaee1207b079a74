# The documentation against the tree: links resolve, every object is in the
# reference, and the reference and the other pages name nothing that is not there.
# And against a server: the examples of these pages give what is shown there.

use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;


my @pages = ('README.md', 'CHANGELOG.md', glob 'docs/*.md docs/da/*.md');
my %text = map { $_ => slurp_file($_) } @pages;

# Links.  An anchor is a heading: lower case, punctuation dropped, dashes for spaces.
sub anchors
{
    my ($markdown) = @_;
    my %seen;
    $markdown =~ s/^ *```.*?^ *```$//msg;
    return map {
        my $slug = lc;
        $slug =~ s/[^\w\- ]//g;
        $slug =~ tr/ /-/;
        $slug . ($seen{$slug}++ ? '-' . ($seen{$slug} - 1) : '') => 1
    } $markdown =~ /^#+ +(.+?) *$/mg;
}

for my $page (@pages)
{
    my $markdown = $text{$page};
    my ($folder) = $page =~ m{^(.*/)?};
    my @broken;

    $folder //= '';
    $markdown =~ s/^ *```.*?^ *```$//msg;
    for my $link ($markdown =~ /\]\(([^()\s]+)\)/g)
    {
        next if $link =~ /^[a-z]+:/;
        my ($file, $anchor) = split /#/, $link, 2;
        my $target = $file eq '' ? $page : $folder . $file;
        if (!-e $target) { push @broken, $link; next }
        next unless defined $anchor;
        my %anchors = anchors(slurp_file($target));
        push @broken, $link unless $anchors{$anchor};
    }
    is("@broken", '', "$page: every relative link resolves");
}

for my $page (glob 'docs/*.md docs/da/*.md')
{
    like($text{'README.md'}, qr/\]\(\Q$page\E\)/, "$page is in README's index");
}

# What there is: the SQL objects, and the settings.
my $scripts = join "\n", map { slurp_file($_) } glob 'extension/scripts/*.sql';
my %functions = map { $_ => 1 } $scripts =~ /^CREATE (?:FUNCTION|PROCEDURE|AGGREGATE) msb_org\.(\w+)/mg;
my %relations = map { $_ => 1 } $scripts =~ /^CREATE (?:TABLE|VIEW) msb_org\.(\w+)/mg;
my %types = map { $_ => 1 } $scripts =~ /^CREATE TYPE msb_org\.(\w+)/mg;
my %settings = map { $_ => 1 } slurp_file('extension/src/module.c') =~ /DefineCustom\w+Variable\("msb_org\.(\w+)"/g;
cmp_ok(keys %functions, '>', 80, 'functions are found in the scripts');
cmp_ok(keys %relations, '>', 10, 'tables and views are found in the scripts');
cmp_ok(keys %settings, '>', 2, 'settings are found in the source');

my $reference = $text{'docs/reference.md'} . "\n" . $text{'docs/reference-tables.md'};
my @missing;
@missing = grep { $reference !~ /\bmsb_org\.$_\(/ && $reference !~ /`$_`/ } sort keys %functions;
is("@missing", '', 'every function is in the reference');
@missing = grep { $reference !~ /^### $_$/m } sort keys %relations;
is("@missing", '', 'every table and view has a section in the reference');
@missing = grep { $reference !~ /^### $_$/m } sort keys %types;
is("@missing", '', 'every type has a section in the reference');
@missing = grep { $reference !~ /^\| `msb_org\.$_` \|/m } sort keys %settings;
is("@missing", '', 'every setting is in the reference');

# Columns: each has a comment, so the comments name them all.
@missing = ();
while ($scripts =~ /^COMMENT ON COLUMN msb_org\.(\w+)\.(\w+) IS/mg)
{
    my ($relation, $column) = ($1, $2);
    my ($section) = $reference =~ /^### $relation$(.*?)(?=^##|\z)/ms;
    push @missing, "$relation.$column" unless defined $section && $section =~ /^\| `$column` \|/m;
}
is("@missing", '', 'every column is in the reference');

# And the other way round, on every page.
for my $page (@pages)
{
    my %unknown;

    for my $name ($text{$page} =~ /\bmsb_org\.(\w+)\s*\(/g)
    {
        $unknown{$name} = 1 unless $functions{$name} || $relations{$name};
    }
    for my $name ($text{$page} =~ /\bmsb_org\.(\w+)/g)
    {
        $unknown{$name} = 1
          unless $functions{$name} || $relations{$name} || $types{$name} || $settings{$name}
          || $name =~ /^(?:control|so|h)$/;
    }
    my @unknown = sort keys %unknown;
    is("@unknown", '', "$page names no object that is not there");
}

# Every source file has its place in the internals.
@missing = grep { index($text{'docs/internals.md'}, "`$_`") < 0 } map { m{([^/]+)$} } glob 'extension/src/*.c';
is("@missing", '', 'every source file is in the internals');

# Only replacement numbers (60 added to the day) stand for CPR numbers.
for my $page (@pages)
{
    my @numbers = grep { !/^[67]\d|^[89]\d/ } $text{$page} =~ /\b(\d{6}-?\d{4})\b/g;
    is("@numbers", '', "$page: every CPR number is a replacement number");
}

# The examples: the SQL of a page is run from top to bottom, and the block that
# follows directly must be what comes of it.  A page may leave out lines (the
# number of rows, the output of all but the last statement), not change them.
my $node = PostgreSQL::Test::Cluster->new('main');
$node->init(extra => [ '--locale=C', '--encoding=UTF8' ]);
# days are those of msb_org.timezone, whatever the time of day
$ENV{PGTZ} = 'Europe/Copenhagen';
$node->start;

for my $page ('README.md', 'docs/deciding.md', 'docs/attaching.md', 'docs/modes.md', 'docs/coordination.md', 'docs/plans.md', 'docs/handovers.md', 'docs/reports.md', 'docs/reorganising.md', 'docs/access.md', 'docs/da/kom-i-gang.md')
{
    my $markdown = $text{$page};
    my ($database) = lc($page) =~ m{(\w+)\.md$};
    my (@sql, @shown);

    while ($markdown =~ /^ *```sql\n(.*?)^ *```\n(?:\s*^ *```\n(.*?)^ *```\n)?/msg)
    {
        push @sql, $1;
        push @shown, $2 // '';
    }
    cmp_ok(scalar @sql, '>', 5, "$page has examples");
    $node->safe_psql('postgres', "CREATE DATABASE $database");
    $node->safe_psql($database, 'CREATE EXTENSION msb_org') unless $page =~ /README|kom-i-gang/;

    my $script = "\\encoding UTF8\n" . join '', map { "\\echo == $_\n$sql[$_]\n\\echo ==\n" } 0 .. $#sql;
    my $output = '';
    IPC::Run::run(
        [ 'psql', '-X', '-q', '-d', $node->connstr($database) ],
        '<', \$script, '>', \$output, '2>&1');

    for my $n (0 .. $#sql)
    {
        my ($came) = $output =~ /^== $n\n(.*?)^==$/ms;
        my @came = grep { $_ ne '' } map { s/^\s+|\s+$//gr } split /\n/, $came // '';
        my @left;

        for my $line (grep { $_ ne '' } map { s/^\s+|\s+$//gr } split /\n/, $shown[$n])
        {
            shift @came while @came && $came[0] ne $line;
            if (@came) { shift @came }
            else { push @left, $line }
        }
        is(join("\n", @left), '', "$page: example " . ($n + 1))
          or diag($sql[$n], '-- gave --', "\n", $came // 'nothing');
        unlike($came // '', qr/^ERROR/m, "$page: example " . ($n + 1) . ' has no error')
          unless $shown[$n] =~ /^ERROR/m;
    }
}
$node->stop;

done_testing();
