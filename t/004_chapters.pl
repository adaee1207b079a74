# The chapters of extension/: what each README lists is there, in that order; no include and no
# symbol runs up, and there is no circle; a header declares what its file defines; the column
# numbers are those of the catalog; the way of a row names functions that there are.
use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $makefile = slurp_file('Makefile');
my ($chapters) = $makefile =~ /^CHAPTERS\s*=\s*(.*)$/m;
my @chapters = split ' ', $chapters;

#
# The order: of chapters in the Makefile and in extension/README.md, of files in each README.
#
my @listed = slurp_file('extension/README.md') =~ m{^\| \[\w+\]\((\w+)/README\.md\) }mg;
is_deeply(\@listed, [ @chapters, 'structures' ], 'extension/README.md has the chapters in their order');
is_deeply([ sort map { m{/(\w+)$} } grep { -d } glob 'extension/*' ], [ sort @listed ], '... all of them');

my (%place, @unlisted, @gone);
for my $chapter (@chapters)
{
	my $readme = slurp_file("extension/$chapter/README.md");
	my @rows = $readme =~ /^\| (`[^|]+`) \|/mg;
	my %there = map { m{([^/]+)$}; $1 => 1 } glob "extension/$chapter/*.{c,h,sql}";
	my %named;
	for my $row (@rows)
	{
		for my $file ($row =~ /`([^`]+)`/g)
		{
			next if $file =~ m{/$};
			push @gone, "$chapter/$file" unless $there{$file};
			$named{$file} = 1;
			$place{"$chapter/$1"} //= keys %place if $file =~ /^(\w+)\.[ch]$/;
		}
	}
	for my $file (sort keys %there)
	{
		# a header goes with its file
		push @unlisted, "$chapter/$file" unless $named{$file} || ($file =~ /^(\w+)\.h$/ && $named{"$1.c"});
	}
}
is("@gone", '', 'each README lists what is there');
is("@unlisted", '', '... and all of it');
cmp_ok(scalar keys %place, '>', 60, 'files were found');

my ($parts) = $makefile =~ /^SQL_PARTS.*?\\\n(.*?)\)\n/ms;
my @parts = $parts =~ m{(\w+/\w+\.sql)}g;
is_deeply([ sort @parts ], [ sort map { m{extension/(.*)} } glob 'extension/*/*.sql' ], 'the Makefile has each SQL file once');
my @first = @parts[ 0 .. $#parts - 2 ];
my %number = map { $chapters[$_] => $_ } 0 .. $#chapters;
my @turned = grep { $number{ ($first[$_] =~ m{^(\w+)})[0] } < $number{ ($first[ $_ - 1 ] =~ m{^(\w+)})[0] } } 1 .. $#first;
is("@first[@turned]", '', '... in the order of the chapters, but for the last two');

#
# Includes.
#
my (%arrows, @up, %includes);
for my $file (map { m{extension/(.*)} } glob 'extension/*/*.[ch]')
{
	my ($from) = $file =~ /(.*)\.[ch]$/;
	for my $header (slurp_file("extension/$file") =~ m{^#include "((?:@{[ join '|', @chapters ]})/\w+)\.h"}mg)
	{
		$includes{$from}{$header} = 1 if $header ne $from;
		next unless -e "extension/$header.h";
			push @up, "$file includes $header.h" if !defined $place{$header} || $place{$header} > $place{$from};
	}
}
is(join("\n", @up), '', 'no include runs up');

#
# Symbols of the object files.
#
SKIP:
{
	my @objects = glob 'extension/*/*.o';
	skip 'no object files, or no nm', 3 if !@objects || system('nm --version >/dev/null 2>&1') != 0;

	my (%defined, %used);
	for my $object (@objects)
	{
		my ($file) = $object =~ m{extension/(.*)\.o};
		for my $line (split /\n/, `nm $object`)
		{
			$defined{$1} = $file if $line =~ /^[0-9a-f]+ [TDBRC] (\w+)$/;
			$used{$file}{$1} = 1 if $line =~ /^ +U (\w+)$/;
		}
	}
	@up = ();
	my $calls = 0;
	for my $file (sort keys %used)
	{
		for my $symbol (sort keys %{ $used{$file} })
		{
			my $to = $defined{$symbol};
			next if !defined $to || $to eq $file;
			$calls++;
			$arrows{ ($file =~ m{^(\w+)})[0] }{ ($to =~ m{^(\w+)})[0] }++;
			push @up, "$file uses $symbol of $to" if $place{$to} > $place{$file};
		}
	}
	cmp_ok($calls, '>', 300, 'symbols were found');
	is(join("\n", @up), '', 'no symbol runs up');
	# upward arrows are the only ones that can close a circle of files in one order
	note(sprintf '%d uses of a symbol of another file, %d up; rows use columns:', $calls, scalar @up);
	note(join '', map { sprintf '%10s', $_ } '', @chapters);
	note(join '', sprintf('%10s', $_), do { my $row = $_; map { sprintf '%10s', $arrows{$row}{$_} // '.' } @chapters }) for @chapters;

	# x.h declares what x.c defines, and all that others use of it
	my @strangers;
	for my $header (map { m{extension/(.*)\.h} } glob 'extension/*/*.h')
	{
		for my $name (slurp_file("extension/$header.h") =~ /^(?:pg_noreturn )?extern [^(;]*?\b(msb_\w+)(?=\(|;|\[)/mg)
		{
			push @strangers, "$header.h declares $name" unless ($defined{$name} // '') eq $header;
		}
	}
	is(join("\n", @strangers), '', 'a header declares what its file defines');
}

#
# One struct for a name.
#
my %structs;
for my $file (glob 'extension/*/*.[ch]')
{
	push @{ $structs{$_} }, $file for slurp_file($file) =~ /\b(?:struct|enum)\s+(Msb\w+)\s*\{/g;
}
is(join("\n", map { "$_: @{ $structs{$_} }" } grep { @{ $structs{$_} } > 1 } sort keys %structs), '', 'a struct that is shared has a name of its own');

#
# The way of a row.
#
my @steps = slurp_file('extension/README.md') =~ /^\| \d+ \|.*\| `([\w\/]+\.c)` \| `(\w+)` \|$/mg;
is(scalar @steps, 2 * 18, 'the way of a row has eighteen steps');
my @lost;
while (my ($file, $function) = splice @steps, 0, 2)
{
	push @lost, "$function in $file" unless -e "extension/$file" && slurp_file("extension/$file") =~ /^\Q$function\E\(/m;
}
is("@lost", '', '... each a function in the file that it names');

#
# Column numbers.
#
my $node = PostgreSQL::Test::Cluster->new('chapters');
$node->init;
$node->start;
$node->safe_psql('postgres', 'CREATE EXTENSION msb_org');
my %columns = map { $_ => 1 } split /\n/, $node->safe_psql('postgres', q{
	SELECT format('Anum_%s_%s %s', c.relname, a.attname, a.attnum)
	  FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
	 WHERE c.relnamespace = 'msb_org'::regnamespace
	UNION ALL
	SELECT format('Natts_%s %s', c.relname, c.relnatts) FROM pg_class c WHERE c.relnamespace = 'msb_org'::regnamespace});
my $catalog = slurp_file('extension/base/catalog.h');
my @numbers = map { join ' ', split ' ' } $catalog =~ /^#define ((?:Anum|Natts)_\w+\s+\d+)$/mg;
cmp_ok(scalar @numbers, '>', 80, 'column numbers were found');
is(join("\n", grep { !/^Anum_plan_part_/ && !$columns{$_} } @numbers), '', 'catalog.h has the numbers of the catalog');
# the first two columns of all tables whose rows belong to a plan
my @part_tables = split /\n/, $node->safe_psql('postgres', q{
	SELECT DISTINCT t.tgrelid::regclass FROM pg_trigger t
	 WHERE t.tgfoid IN ('msb_org.plan_part_guard'::regproc, 'msb_org.consent_follows'::regproc)});
cmp_ok(scalar @part_tables, '>', 6, 'tables whose rows belong to a plan were found');
my @other = grep { my ($name) = /(\w+)$/; !$columns{"Anum_${name}_citizen 1"} || !$columns{"Anum_${name}_plan 2"} } @part_tables;
is("@other", '', '... begin with citizen and plan, as catalog.h says');
like($catalog, qr/Anum_plan_part_citizen\s+1\n.*Anum_plan_part_plan\s+2\n/, '... which are the first two');
$node->stop;

done_testing();
