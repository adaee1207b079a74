#!/usr/bin/env perl
# reference.pl DIRECTORY: writes reference.md and reference/*.md there, from the catalog of
# the database that the PG* variables name, in which the role "installer" has created the
# extension. Run by make reference, and by t/003_reference.pl to compare.
#
# Everything that is said of an object is its COMMENT. In which chapter it stands, the
# script that creates it decides (tools/reference-chapters.md); an object of which no
# chapter knows is an error, and so is one without a COMMENT.

use strict;
use warnings;
use utf8;

use FindBin;
use JSON::PP;

my $directory = shift // die "usage: reference.pl DIRECTORY\n";
my $top = "$FindBin::Bin/..";
my $generated = '<!-- Made by `make reference` from the COMMENTs in extension/ and tools/reference-chapters.md. Change those, not this. -->';
my $internal = qr/^Used by\b/;

sub slurp
{
    my ($file) = @_;
    open my $in, '<:encoding(UTF-8)', $file or die "$file: $!\n";
    local $/;
    return scalar <$in>;
}

# What the catalog says.
my $json = do
{
    open my $psql, '-|', 'psql', '-XqAt', '-v', 'ON_ERROR_STOP=1', '-v', 'installer=installer', '-f', "$top/tools/reference.sql"
      or die "psql: $!\n";
    local $/;
    my $said = <$psql>;
    close $psql or die "psql failed\n";
    $said;
};
my $catalog = JSON::PP->new->utf8->decode($json);
my @problems;
push @problems, map { "$_: reference.sql and reference.pl must learn of this kind of object" } @{ $catalog->{others} // [] };
push @problems, map { "$_ has no COMMENT" } @{ $catalog->{uncommented} // [] };

# The chapters: name, title, what stands in it, the words at its head.
my @chapters;
for my $part (split /^(?=## )/m, slurp("$top/tools/reference-chapters.md"))
{
    my ($name, $title, $takes, $words) = $part =~ /^## (\w+): (.*?)\n+<!-- (.*?) -->\n+(.*)/s or next;
    push @chapters, { name => $name, title => $title, takes => [ split ' ', $takes ], words => $words =~ s/\s+$//r };
}

# In which script each object is created, and in which order.
my (%script, %order);
my $makefile = slurp("$top/Makefile");
my ($parts) = $makefile =~ /^SQL_PARTS.*?\\\n(.*?)\)\n/ms;
for my $file ($parts =~ m{\w+/\w+\.sql}g)
{
    for my $line (split /\n/, slurp("$top/extension/$file"))
    {
        next unless $line =~ /^CREATE (?:UNLOGGED )?(TYPE|TABLE|VIEW|FUNCTION|PROCEDURE|AGGREGATE) msb_org\.(\w+)/;
        my ($what, $name) = ($1, $2);
        my $key = ({ TABLE => 'relation', VIEW => 'relation', TYPE => 'type' }->{$what} // 'routine') . " $name";
        push @problems, "$key is created in $script{$key} and in $file" if defined $script{$key} && $script{$key} ne $file;
        $script{$key} = $file;
        $order{$key} //= keys %order;
    }
}

my %taken;

sub chapter_of
{
    my ($kind, $name) = @_;
    my $key = "$kind $name";
    my $file = $script{$key};
    if (!defined $file) { push @problems, "$key: no script creates it on a line of its own"; return }

    for my $exact (1, 0)
    {
        for my $chapter (@chapters)
        {
            for my $take (@{ $chapter->{takes} })
            {
                my $pattern = join '.*', map { quotemeta } split /\*/, $take, -1;
                if ($exact ? $take eq $name : $take =~ /\.sql$/ && $file =~ /^$pattern$/)
                {
                    $taken{ $chapter->{name} }{$take} = 1;
                    return $chapter;
                }
            }
        }
    }
    push @problems, "$key: no chapter of tools/reference-chapters.md takes $file";
    return;
}

# Where everything stands: in its chapter, or with the internals.
my %place;        # "kind name" → file#anchor
my %contents;     # chapter → kind → objects in order
my @inside = ('internal');
for my $object (@{ $catalog->{types} }) { $object->{of} = 'type' }
for my $object (@{ $catalog->{relations} }) { $object->{of} = 'relation' }
for my $object (@{ $catalog->{routines} }) { $object->{of} = 'routine' }
for my $object (map { @{ $catalog->{$_} } } qw(types relations routines))
{
    push @problems, "$object->{of} $object->{name} has no COMMENT" unless $object->{comment};
    for my $column (@{ $object->{columns} // [] })
    {
        push @problems, "column $object->{name}.$column->{name} has no COMMENT" unless $column->{comment};
    }
    my $chapter = chapter_of($object->{of}, $object->{name}) or next;
    my $hidden = ($object->{comment} // '') =~ $internal || $object->{is_trigger} || $object->{is_support};
    $object->{chapter} = $chapter;
    push @{ $contents{ $hidden ? 'internal' : $chapter->{name} }{ $object->{of} } }, $object;
    next if $hidden && $object->{of} eq 'routine';
    my $file = $hidden ? 'internal' : $chapter->{name};
    # a type and a function of one name: the function's heading comes second
    $place{"$object->{of} $object->{name}"} //= "$file.md#$object->{name}"
      . ($object->{of} eq 'routine' && grep({ $_->{name} eq $object->{name} } @{ $catalog->{types} }) ? '-1' : '');
}
for my $chapter (@chapters)
{
    for my $take (@{ $chapter->{takes} })
    {
        push @problems, "chapter $chapter->{name}: there is no $take" unless $taken{ $chapter->{name} }{$take} || $take eq '-';
    }
}

# A COMMENT as Markdown: names of what has a section become links to it.
my $here = '';

sub linked
{
    my ($text, $target) = @_;
    my ($file, $anchor) = split /#/, $target;
    return "[$text](" . ($file eq "$here.md" ? '' : $file) . "#$anchor)";
}

sub prose
{
    my ($text, $self, $cell) = @_;
    my @out;

    for my $piece (split /(\bdocs\/[\w\/.-]+\.md(?:#[\w-]+)?|\b[a-z]\w*\(\)|\b[a-z]+_\w+(?:\.\w+)?)/, $text)
    {
        if ($piece =~ m{^docs/((?:\w+/)?([\w-]+)\.md(?:#[\w-]+)?)$})
        {
            push @out, "[$2](../$1)";
        }
        elsif ($piece =~ /^(\w+)\(\)$/ && $1 ne $self && $place{"routine $1"})
        {
            push @out, linked($piece, $place{"routine $1"});
        }
        elsif ($piece =~ /^(\w+_\w+?)(?:\.\w+)?$/ && $1 ne $self && $place{"relation $1"})
        {
            push @out, linked($piece, $place{"relation $1"});
        }
        else
        {
            $piece =~ s/([\\*<|`])/\\$1/g;
            push @out, $piece;
        }
    }
    my $markdown = join '', @out;
    # each line of a COMMENT of several lines is a paragraph, or an item of a list
    $markdown =~ s/\n+/ /g if $cell;
    $markdown =~ s/\n(?=- )/\n/g;
    return $markdown;
}

sub type_name
{
    my ($type) = @_;
    $type =~ s/^msb_org\.//;
    $type =~ s/\bmsb_org\.//g;
    $type =~ s/timestamp with time zone/timestamptz/;
    $type =~ s/timestamp without time zone/timestamp/;
    $type =~ s/character varying/varchar/;
    return $type;
}

sub value
{
    my ($expression) = @_;
    $expression =~ s/^\((.*)\)$/$1/;
    $expression =~ s/('[^']*')::[\w." ]+(?:\[\])?/$1/g;
    $expression =~ s/NULL::[\w." ]+(?:\[\])?/NULL/g;
    return $expression;
}

sub argument
{
    my ($argument) = @_;
    return join ' ', grep { defined } ($argument->{mode} eq 'v' ? 'VARIADIC' : undef), $argument->{name}, type_name($argument->{type}),
      (defined $argument->{default} ? 'DEFAULT ' . value($argument->{default}) : undef);
}

# A signature as one writes the call, on one line or with a line for each part.
sub signature
{
    my ($routine, $flat) = @_;
    my @in = map { argument($_) } grep { $_->{mode} =~ /[ibv]/ } @{ $routine->{arguments} };
    my @out = map { argument($_) } grep { $_->{mode} =~ /[tob]/ } @{ $routine->{arguments} };
    my $call = ($routine->{kind} eq 'p' ? 'CALL ' : '') . "msb_org.$routine->{name}";
    my $result = !defined $routine->{result} ? ''
      : @out ? ($routine->{many} ? ' → rows ' : ' → one row ') . '(' . join(', ', @out) . ')'
      : ' → ' . ($routine->{result} =~ /^SETOF (.*)/ ? 'rows of ' . type_name($1) : type_name($routine->{result}));
    my $line = "$call(" . join(', ', @in) . ')' . $result;

    return $line if $flat || length $line <= 110;
    $line = "$call(" . join(', ', @in) . ')';
    $line = "$call(\n    " . join(",\n    ", @in) . ')' if length $line > 110;
    if (length $result > 110) { $result = ($routine->{many} ? "\n → rows (" : "\n → one row (") . "\n    " . join(",\n    ", @out) . ')' }
    elsif ($line =~ /\n/ || length "$line$result" > 110) { $result = "\n$result" }
    return $line . $result;
}

my %who = (everybody => 'everybody', installer => 'the installing role', nobody => 'nobody');

sub facts
{
    my ($routine) = @_;
    my @facts;
    if ($routine->{kind} eq 'f')
    {
        push @facts, ucfirst $routine->{volatility};
        push @facts, 'strict' if $routine->{strict};
        push @facts, 'leakproof' if $routine->{leakproof};
        push @facts, "parallel $routine->{parallel}";
    }
    elsif ($routine->{kind} eq 'a') { push @facts, "Aggregate; parallel $routine->{parallel}" }
    else { push @facts, 'Procedure' }
    push @facts, "with the rights of the extension's owner" if $routine->{definer};
    return '*' . join(', ', @facts) . ". EXECUTE: $who{ $routine->{executes} }.*";
}

sub routine_section
{
    my (@same) = @_;
    my $name = $same[0]{name};
    my @out = ("### $name()\n");
    for my $routine (@same)
    {
        push @out, "```\n" . signature($routine) . "\n```\n", prose($routine->{comment}, $name) . "\n", facts($routine) . "\n";
    }
    return @out;
}

my %deleted = (c => ', and goes with it', n => ', and becomes NULL with it');

sub relation_section
{
    my ($relation) = @_;
    my $table = $relation->{kind} =~ /[rp]/;
    my @out = ("### $relation->{name}\n");
    my $allowed = $relation->{allowed};
    my $reads = $allowed->{SELECT} // 'nobody';

    push @out, prose($relation->{comment}, $relation->{name}) . "\n";
    my $columns = $table ? "| column | type | default | |\n|---|---|---|---|\n" : "| column | type | |\n|---|---|---|\n";
    for my $column (@{ $relation->{columns} })
    {
        $columns .= "| `$column->{name}` | " . type_name($column->{type}) . ($table && $column->{required} ? ', not null' : '') . ' | '
          . ($table ? (defined $column->{default} ? '`' . value($column->{default}) . '`' : '') . ' | ' : '')
          . prose($column->{comment}, $relation->{name}, 1) . " |\n";
    }
    push @out, $columns;

    my @keys;
    for my $key (@{ $relation->{keys} // [] })
    {
        my $columns = join ', ', map { "`$_`" } @{ $key->{columns} // [] };
        push @keys, $key->{kind} eq 'p' ? "Primary key: $columns."
          : $key->{kind} eq 'u' ? "Unique: $columns."
          : $key->{kind} eq 'f' ? "$columns refers to " . linked($key->{to}, $place{"relation $key->{to}"}) . ($deleted{ $key->{delete} } // '') . '.'
          : $columns ne '' ? "$columns: no two rows overlap." : ();
    }
    my $writes = $allowed->{UPDATE} // 'nobody';
    push @out, join(' ', @keys, '*SELECT' . ($table && $writes eq $reads ? ', INSERT, UPDATE, DELETE' : '') . ": $who{$reads}"
        . ($table && $writes ne $reads ? "; INSERT, UPDATE, DELETE: $who{$writes}" : '')
        . ($relation->{barrier} ? '; a security barrier' : '') . '.*') . "\n";
    return @out;
}

sub type_section
{
    my ($type) = @_;
    my $name = $type->{name};
    my $qualified = "msb_org.$name";
    my @out = ("### $name\n", prose($type->{comment}, $name) . "\n");
    if ($type->{kind} eq 'c')
    {
        return @out, join '', "| column | type | |\n|---|---|---|\n",
          map { "| `$_->{name}` | " . type_name($_->{type}) . ' | ' . prose($_->{comment}, $name, 1) . " |\n" } @{ $type->{columns} };
    }
    push @out, '*' . ($type->{length} < 0 ? 'Variable length' : "$type->{length} bytes, " . ($type->{by_value} ? 'by value' : 'by reference')) . ".*\n";

    my $rows = "| operator | gives | |\n|---|---|---|\n";
    for my $operator (grep { $_->{left} eq $qualified } @{ $catalog->{operators} })
    {
        push @problems, "operator $operator->{name} ($name) has no COMMENT" unless $operator->{comment};
        $rows .= "| `" . type_name($operator->{left}) . " $operator->{name} " . type_name($operator->{right}) . '` | ' . type_name($operator->{result})
          . ' | ' . prose($operator->{comment} // '', $name, 1) . " |\n";
    }
    push @out, $rows;
    $rows = "| operator class | for | operators | |\n|---|---|---|---|\n";
    for my $class (grep { $_->{type} eq $qualified } @{ $catalog->{classes} })
    {
        push @problems, "operator class $class->{name} has no COMMENT" unless $class->{comment};
        $rows .= "| `$class->{name}` | $class->{method}" . ($class->{default} ? ', the default' : '') . ' | `'
          . join('` `', @{ $class->{operators} }) . '` | ' . prose($class->{comment} // '', $name, 1) . " |\n";
    }
    push @out, $rows;
    $rows = "| cast from | to | when | |\n|---|---|---|---|\n";
    for my $cast (grep { $_->{source} eq $qualified || $_->{target} eq $qualified } @{ $catalog->{casts} })
    {
        $rows .= '| ' . join(' | ', type_name($cast->{source}), type_name($cast->{target}), $cast->{context}, prose($cast->{comment} // '', $name, 1)) . " |\n";
    }
    push @out, $rows;
    return @out;
}

sub settings_section
{
    my %context = (superuser => 'a superuser', user => 'everybody');
    my $rows = "| setting | type | default | who may set it | |\n|---|---|---|---|---|\n";
    for my $setting (@{ $catalog->{settings} })
    {
        $rows .= "| `$setting->{name}` | $setting->{type}" . (defined $setting->{min} ? ", $setting->{min} to $setting->{max}" : '') . ' | '
          . ($setting->{default} eq '' ? 'empty' : "`$setting->{default}`") . ' | ' . ($context{ $setting->{context} } // $setting->{context})
          . ' | ' . join(' ', map { prose($_, '', 1) } grep { defined && $_ ne '' } $setting->{short}, $setting->{extra}) . " |\n";
    }
    return ("## Settings\n", $rows);
}

sub in_order
{
    return sort { $order{"$a->{of} $a->{name}"} <=> $order{"$b->{of} $b->{name}"} } @_;
}

# Routines of one name, which have one section.
sub by_name
{
    my (@groups, %group);
    for my $routine (in_order(@_))
    {
        push @groups, $group{ $routine->{name} } = [] unless $group{ $routine->{name} };
        push @{ $group{ $routine->{name} } }, $routine;
    }
    return @groups;
}

my %written;
for my $chapter (@chapters)
{
    my $name = $here = $chapter->{name};
    my $has = $contents{$name} // {};
    my @out = ($generated . "\n", "# $chapter->{title}\n", "[Reference](../reference.md)\n");
    push @out, "$chapter->{words}\n" if $chapter->{words} ne '';

    if ($name eq 'internal')
    {
        for my $of (@chapters)
        {
            my @routines = grep { $_->{chapter} == $of } @{ $has->{routine} // [] };
            next unless @routines;
            my $rows = "| function | | |\n|---|---|---|\n";
            for my $routine (map { @$_ } by_name(@routines))
            {
                $rows .= '| `' . signature($routine, 1) . '` | ' . prose($routine->{comment}, $routine->{name}, 1) . ' | ' . facts($routine) . " |\n";
            }
            push @out, "## $of->{title}: functions\n", $rows;
        }
        push @out, "## Types\n", map { type_section($_) } in_order(@{ $has->{type} }) if $has->{type};
    }
    else
    {
        push @out, settings_section() if grep { $_ eq 'base/settings.sql' } @{ $chapter->{takes} };
        push @out, "## Types\n", map { type_section($_) } in_order(@{ $has->{type} }) if $has->{type};
        push @out, "## Functions\n", map { routine_section(@$_) } by_name(@{ $has->{routine} }) if $has->{routine};
    }
    my @views = grep { $_->{kind} !~ /[rp]/ } @{ $has->{relation} // [] };
    my @tables = grep { $_->{kind} =~ /[rp]/ } @{ $has->{relation} // [] };
    push @out, "## Views\n", map { relation_section($_) } in_order(@views) if @views;
    push @out, "## Tables\n", map { relation_section($_) } in_order(@tables) if @tables;
    $written{"reference/$name.md"} = join "\n", @out;
}

# The index: the chapters with what is in them, then every name.
my $index = slurp("$top/tools/reference-chapters.md");
my ($head) = $index =~ /^# Reference\n+<!-- .*? -->\n+(.*?)\s*(?=^## )/ms;
my @out = ($generated . "\n", "# Reference\n", "$head\n", "## Chapters\n");
my %sections;
for my $chapter (@chapters)
{
    my (@names, %seen);
    for my $of ('type', 'routine', 'relation')
    {
        for my $object (in_order(@{ $contents{ $chapter->{name} }{$of} // [] }))
        {
            my $key = "$of $object->{name}";
            next if !$place{$key} || $seen{$key}++ || ($chapter->{name} eq 'internal' && $of eq 'routine');
            my $text = $object->{name} . ($of eq 'routine' ? '()' : '');
            push @names, "[$text](reference/$place{$key})";
            $sections{$text} = [ "reference/$place{$key}", $of eq 'type' ? 'type'
                : $of eq 'relation' ? ($object->{kind} =~ /[rp]/ ? 'table' : 'view')
                : { f => 'function', p => 'procedure', a => 'aggregate' }->{ $object->{kind} } ];
        }
    }
    $_ = "[$chapter->{title}](reference/$chapter->{name}.md)" for my $link;
    push @out, "**$link**" . ($chapter->{name} eq 'settings' ? ' [settings](reference/settings.md#settings)' : '')
      . (@names ? ' ' . join(' · ', @names) : '') . "\n";
}
push @out, "## All names\n", "| name | | chapter |\n|---|---|---|\n" . join '', map {
    my ($target, $kind) = @{ $sections{$_} };
    my ($file) = $target =~ m{/(\w+)\.md};
    my ($chapter) = grep { $_->{name} eq $file } @chapters;
    "| [$_]($target) | $kind | $chapter->{title} |\n"
} sort keys %sections;
$written{'reference.md'} = join "\n", @out;

if (@problems)
{
    my %seen;
    print STDERR map { "reference: $_\n" } grep { !$seen{$_}++ } @problems;
    exit 1;
}
mkdir "$directory/reference" unless -d "$directory/reference";
for my $file (sort keys %written)
{
    open my $out, '>:encoding(UTF-8)', "$directory/$file" or die "$directory/$file: $!\n";
    print $out $written{$file};
    close $out or die "$directory/$file: $!\n";
}
