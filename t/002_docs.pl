# The documentation, and the READMEs of extension/, against the tree: links resolve, every page
# can be reached, every object is in the reference, and no page names what is not there.
# And against a server: the examples of every page give what is shown there.
# (That the reference says what the COMMENTs say is t/003_reference.pl's.)

use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('main');
my @pages = ('README.md', 'CHANGELOG.md', glob 'docs/*.md docs/*/*.md');
my @chapters = glob 'extension/README.md extension/*/README.md';
my %text = map { $_ => slurp_file($_) } @pages, @chapters;

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

for my $page (@pages, @chapters)
{
    my $markdown = $text{$page};
    my ($folder) = $page =~ m{^(.*/)?};
    my @broken;

    $folder //= '';
    $markdown =~ s/^ *```.*?^ *```$//msg;
    $markdown =~ s/`[^`\n]*`//g;
    for my $link ($markdown =~ /\]\(([^()]*)\)/g)
    {
        # no look at the network: of others' pages only that the address is one
        if ($link =~ /^[a-z]+:/i)
        {
            push @broken, $link unless $link =~ m{^https://[a-z0-9-]+(?:\.[a-z0-9-]+)+(?:/[^\s<>"]*)?$};
            next;
        }
        my ($file, $anchor) = split /#/, $link, 2;
        my $target = $file eq '' ? $page : $folder . $file;
        1 while $target =~ s{[^/]+/\.\./}{};
        if (!-e $target) { push @broken, $link; next }
        next unless defined $anchor;
        my %anchors = anchors(slurp_file($target));
        push @broken, $link unless $anchors{$anchor};
    }
    is("@broken", '', "$page: every link resolves");
}

# The front page leads to the index, and the index to every page; those of the reference
# have an index of their own.
for my $page (grep { m{^docs/} } @pages)
{
    my ($index, $link) =
        $page eq 'docs/README.md' ? ('README.md', $page)
      : $page =~ m{^docs/(reference/.*)} ? ('docs/reference.md', $1)
      : ('docs/README.md', substr $page, 5);
    like($text{$index}, qr/\]\(\Q$link\E\)/, "$page is in the index, $index");
}

# The glossary: a term has one row, which says what it means and where more is said.
{
    my (%rows, @incomplete, @unsorted);
    my $terms = 0;

    for my $table ($text{'docs/glossary.md'} =~ /^\|(?:---\|)+\n((?:\|.*\n)+)/mg)
    {
        my $before = '';

        for my $row (split /\n/, $table)
        {
            my ($term, $danish, $meaning, $more) = $row =~ /^\| (.+?) \| (.+?) \| (.+?) \| (.+?) \|$/;

            $terms++;
            $rows{ lc($term // $row) }++;
            push @incomplete, $term // $row unless defined $more && $meaning =~ /\.$/ && $more =~ /^\[[^\]]+\]\([^)]+\)/;
            push @unsorted, $term // $row if lc($term // '') lt $before;
            $before = lc($term // '');
        }
    }
    cmp_ok($terms, '>', 50, 'the glossary has terms');
    is(join(', ', grep { $rows{$_} > 1 } sort keys %rows), '', '... each once');
    is(join(', ', @incomplete), '', '... each with its Danish word, its meaning and the page that says more');
    is(join(', ', @unsorted), '', '... in order');
}

# A sentence begins with its subject, not with a relative word in search of a noun.
sub sentences
{
    my ($markdown) = @_;
    my (@blocks, @found);
    my $open = 0;

    $markdown =~ s/^ *```.*?^ *```$//msg;
    $markdown =~ s/<!--.*?-->//sg;
    $markdown =~ s/`[^`\n]*`/`/g;
    # the row over the line of dashes is a table's heading
    $markdown =~ s/^\|.*\n(?=\|(?:-+\|)+$)//mg;
    for my $line (split /\n/, $markdown)
    {
        if ($line =~ /^(?:#| {4})/ || $line !~ /\S/) { $open = 0 }
        elsif ($line =~ /^\|/)
        {
            push @blocks, grep { !/\?\W*$/ } split /\|/, $line;
            $open = 0;
        }
        elsif ($open && $line !~ /^ *(?:[-*]|\d+\.) /) { $blocks[-1] .= " $line" }
        else
        {
            push @blocks, $line =~ s/^ *(?:[-*]|\d+\.) //r;
            $open = 1;
        }
    }
    for my $block (@blocks)
    {
        # a question in bold at the head of a paragraph is a heading
        $block =~ s/^\s*\*\*[^*]*\?\*\*//;
        my ($first, @more) = split /(?<=[.!?])[)"*\]]*\s+/, $block;
        push @found, ucfirst(($first // '') =~ s/^[^\w`]+//r), map { s/^[^\w`]+//r } @more;
    }
    return @found;
}

my $relative = qr/^(?:Who|Whose|Whom|Of|What|Where)\b/;
is(scalar(grep { /$relative/ } sentences(<<'END')), 3, 'sentences that begin so are found');
## Who

* Whoever came. **Of it** somebody
  knew. Nobody asked. (What is here is little.)

| what | |
|---|---|
| who came | `x`. Whether or not | where to? |

**What if?** Nothing.

    Where
END
for my $page (grep { !m{^docs/da/} } @pages, @chapters)
{
    my @begun = grep { /$relative/ } sentences($text{$page});

    is(join("\n", @begun), '', "$page: no sentence begins with Who, Whose, Whom, Of, What or Where");
}

# What there is: the SQL objects, and the settings.
my $scripts = join "\n", map { slurp_file($_) } glob 'extension/*/*.sql';
my %functions = map { $_ => 1 } $scripts =~ /^CREATE (?:FUNCTION|PROCEDURE|AGGREGATE) msb_org\.(\w+)/mg;
my %relations = map { $_ => 1 } $scripts =~ /^CREATE (?:TABLE|VIEW) msb_org\.(\w+)/mg;
my %types = map { $_ => 1 } $scripts =~ /^CREATE TYPE msb_org\.(\w+)/mg;
my %settings = map { $_ => 1 } slurp_file('extension/base/settings.c') =~ /DefineCustom\w+Variable\("msb_org\.(\w+)"/g;
cmp_ok(keys %functions, '>', 80, 'functions are found in the scripts');
cmp_ok(keys %relations, '>', 10, 'tables and views are found in the scripts');
cmp_ok(keys %settings, '>', 2, 'settings are found in the source');

my $reference = join "\n", map { $text{$_} } grep { m{^docs/reference} } @pages;
my @missing;
@missing = grep { $reference !~ /^### $_\(\)$/m && $reference !~ /^\| `(?:CALL )?msb_org\.$_\(/m } sort keys %functions;
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

    for my $name ($text{$page} =~ /\bmsb_org\.(\w+)\(/g)
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

# Every SQLSTATE that the code raises is among the errors. The server's own list says
# which name of C or PL/pgSQL stands for which.
my (%sqlstate, %raised);
for my $line (split /\n/, slurp_file($node->config_data('--sharedir') . '/errcodes.txt'))
{
    my ($code, $macro, $name) = $line =~ /^(\w{5})\s+E\s+(ERRCODE_\w+)\s*(\w*)/ or next;
    $sqlstate{$macro} //= $code;
    $sqlstate{$name} //= $code if $name ne q{};
}
$raised{ $sqlstate{$_} // $_ } = 1
  for map { slurp_file($_) =~ /\b(ERRCODE_[A-Z_]+)\b/g } glob 'extension/*/*.c extension/*/*.h';
$raised{ $sqlstate{$_} // $_ } = 1 for $scripts =~ /\bRAISE ([a-z_]+) USING\b/g;
$raised{$_} = 1 for $scripts =~ /msb_org\.raise\('(\w{5})'/g;
cmp_ok(keys %raised, '>', 15, 'errors are found in the source');
@missing = grep { $text{'docs/errors.md'} !~ /^\|[^|]*\b$_\b/m } sort keys %raised;
is("@missing", '', 'every error is in docs/errors.md');

# Only replacement numbers (60 added to the day) stand for CPR numbers.
for my $page (@pages)
{
    my @numbers = grep { !/^[67]\d|^[89]\d/ } $text{$page} =~ /\b(\d{6}-?\d{4})\b/g;
    is("@numbers", '', "$page: every CPR number is a replacement number");
}

# The examples: the SQL of a page is run from top to bottom, and the block that
# follows directly must be what comes of it.  A page may leave out lines (the
# number of rows, the output of all but the last statement), not change them.
$node->init(extra => [ '--locale=C', '--encoding=UTF8' ]);
# days are those of msb_org.timezone, whatever the time of day
$ENV{PGTZ} = 'Europe/Copenhagen';
$node->start;

# What docs/clients.md shows is for its clients, and run by them: t/090 to t/093.
my @replayed;
for my $page (grep { $_ ne 'docs/clients.md' } @pages)
{
    my $markdown = $text{$page};
    my ($database) = lc($page) =~ m{([\w/-]+)\.md$};
    my (@sql, @shown);

    $database =~ tr{/-}{__};
    while ($markdown =~ /^ *```sql\n(.*?)^ *```\n(?:\s*^ *```\n(.*?)^ *```\n)?/msg)
    {
        push @sql, $1;
        push @shown, $2 // '';
    }
    next unless @sql;
    push @replayed, $page;
    $node->safe_psql('postgres', "CREATE DATABASE $database");
    $node->safe_psql($database, 'CREATE EXTENSION msb_org') unless grep { /^CREATE EXTENSION msb_org/m } @sql;

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

    # each page begins on an empty server, without the roles that another one made
    $node->safe_psql('postgres', "DROP DATABASE $database");
    my $roles = $node->safe_psql('postgres',
        q{SELECT string_agg(quote_ident(rolname), ', ') FROM pg_roles WHERE oid >= 16384});
    $node->safe_psql('postgres', "DROP ROLE $roles") if $roles ne '';
}
$node->stop;
my %replayed = map { $_ => 1 } @replayed;
@missing = grep { !$replayed{$_} }
  ('README.md', map { "docs/$_.md" } qw(tutorial howto types deciding reorganising attaching modes coordination plans handovers access reports installing stored-data));
is("@missing", '', 'the pages that teach have examples');

done_testing();
