# What the tests of the clients share: a server that the programs beside this file find as
# setup.sql makes it, and what every one of them must see there.
package Clients;

use strict;
use warnings;

use Exporter 'import';
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

our @EXPORT = qw(missing find_program server facts compare refusal snippets %common $hint);

# Under make check every client must be there.
sub missing
{
	my ($what) = @_;
	die "$what is missing" if $ENV{MSB_CHECK};
	plan skip_all => "$what is not there";
}

# The first of some programs that does what is asked of it.
sub find_program
{
	my ($programs, @arguments) = @_;
	for my $program (grep { defined } @$programs)
	{
		my $ok = eval { IPC::Run::run([ $program, @arguments ], '<', \'', '>', \my $out, '2>', \my $err) };
		return $program if $ok;
	}
	return;
}

# On a socket, and on 127.0.0.1 for clients that know no socket.
sub server
{
	my $node = PostgreSQL::Test::Cluster->new('clients');
	$node->init(extra => [ '--locale=C.UTF-8', '--encoding=UTF8', '-A', 'trust' ]);
	$node->append_conf('postgresql.conf', "listen_addresses = '127.0.0.1'\nfsync = off\nmsb_org.today = '2019-09-02'\n"
		. "timezone = 'Europe/Copenhagen'\nlog_statement = none\nlog_min_error_statement = panic");
	$node->start;
	my $setup = slurp_file('t/clients/setup.sql');
	$node->safe_psql('postgres', "SET client_min_messages = warning;\n$setup");
	return $node;
}

# Runs a program, which must end well, and returns its lines "name TAB value".
sub facts
{
	my ($name, @command) = @_;
	local $ENV{LC_ALL} = 'C.UTF-8';
	my ($out, $err) = ('', '');
	my $ok = IPC::Run::run(\@command, '<', \'', '>', \$out, '2>', \$err, IPC::Run::timeout(180));
	ok($ok, "$name: the program ran to its end");
	is($err, '', "$name: and complained of nothing");
	my %found;
	for my $line (split /\n/, $out)
	{
		my ($key, $value) = split /\t/, $line, 2;
		fail("$name: $key came twice") if exists $found{$key};
		# what 19 says in the DETAIL stood in the HINT
		$value =~ s/\|No (\w+) of that name accepts the given argument types\.\|/|NULL|No $1 matches the given name and argument types. /;
		$value =~ s/\|(Could not choose a best candidate \w+\.)\|(?=You)/|NULL|$1 /;
		$value =~ s! / DETAIL: Could not choose a best candidate \w+\.;!;!;
		$found{$key} = $value;
	}
	my @shown = grep { /\.shown$/ } sort keys %found;
	cmp_ok(scalar @shown, '>=', 8, "$name: errors were seen");
	# the numbers in use begin with 6101, 7403 and 0108
	is(join("\n", grep { /\d{6}.?\d{4}|740398|6101|0121/ } map { delete $found{$_} } @shown), '',
		"$name: no error shows a CPR number or a part of one");
	return \%found;
}

# Everything that came is as expected, and nothing is missing.
sub compare
{
	my ($name, $found, %expected) = @_;
	is($found->{$_}, $expected{$_}, "$name: $_") for sort keys %expected;
	is(join(' ', grep { !exists $expected{$_} } sort keys %$found), '', "$name: nothing else came");
}

our $hint = 'Leave the area out to have it filled in, correct the other values of the case, or give the case to another unit with msb_org.override().';

# A refusal as a client with all fields of the error sees it.
sub refusal
{
	my ($key, $area) = @_;
	return "23514|msb_org_area|fag.sag.omraade|area \"$area\" is not responsible for case $key of \"sag\"|Rule B1 of msb-2019#1 makes \"unge\" responsible.|$hint";
}

# What the programs must see, whatever the client.
our %common = (
	'load.unge' => 'unge|Unge, Job og Uddannelse (15-29 år)|operating_area|NULL|NULL|NULL|0|NULL|NULL|NULL|NULL|NULL',
	'load.voksne' => 'voksne|Voksne 30-66 år: myndighed, bo- og dagtilbud|operating_area|14|14|14|0|2.5|900000|5.6|5.6|64286',
	'moves' => '2019-09-01|voksne|Voksne 30-66 år: myndighed, bo- og dagtilbud|job|Ledighed, fleksjob og virksomheder|6',
	'violation' => '300|voksne|unge|the application gave another area than the rule',
	'attachment' => 'sag|fag.sag|enforce|opgave',
	'klient.1' => '740398-0121|age 18-; challenge homelessness',
	'klient.9' => '610180-4009|NULL',
	'klient.10' => '010819-6AB1|any',
	'klient.11' => 'NULL|NULL',
	'klient.found' => '1',
	'klient.contained' => '1; 10',
	'klient.rows' => '11',
	'area_of.cast' => 'unge',
	'area_of.date' => 'unge',
	'in_area' => 'true',
	'decide' => 'msb-2019|1|B1|unge|extended|Hovedansvar for myndighed og indsatser for 15-29-årige på tværs af social- og beskæftigelsesområdet; koordinering følger hovedansvaret|NULL',
	'explain_area' => 'B1|age 15-29; subject citizen; task authority|coordination|provision|true|true|NULL',
	# nothing is refused before the commit, and nothing is left after it
	'before_commit' => 'voksne',
	'save.wrong' => "area \"voksne\" is not responsible for case 404 of \"sag\". Rule B1 of msb-2019#1 makes \"unge\" responsible. $hint",
	'save.right' => 'saved',
	'sag' => '402|unge; 405|unge; 406|unge',
	# eight executions before attach(), eight in fill, eight in observe, eight after detach(): the same statements on the server
	'prepared.8' => '8|KONTANT|NULL true 2',
	'prepared.16' => '16|KONTANT|sundhed true 2',
	'prepared.24' => '24|KONTANT|NULL true 2',
	'prepared.32' => '32|KONTANT|NULL true 2',
	'role.unge' => '201 202 203',
	'role.ingen' => 'NULL',
	'role.fagsystem' => join(' ', 1 .. 20, 101 .. 107, 201 .. 203, 300),
	'revoked.sag' => '501|unge',
	'revoked.klient' => '610180-4001|age 18-',
	'revoked.role' => '201 202 203 501',
	'invalid' => '22P02|NULL|NULL.NULL.NULL|invalid input syntax for type cpr|Only a dash is allowed between the date and the last four characters.|Write it as DDMMYY-SSSS or DDMMYYSSSS.',
	'autocommit' => refusal(401, 'voksne'),
	'commit' => refusal(403, 'voksne'),
	'batch' => refusal(402, 'job'),
	'early' => refusal(406, 'job'),
	'revoked' => refusal(502, 'voksne'),
	'no_cast' => '42725|NULL|NULL.NULL.NULL|function msb_org.area_of(unknown, unknown, unknown, unknown) is not unique|NULL|Could not choose a best candidate function. You might need to add explicit type casts.',
	'unknown_label' => '22023|NULL|NULL.NULL.NULL|facet "task" has no label "NOGET" in structure "msb-2019"|NULL|NULL',
	'not_granted' => '42501|NULL|NULL.NULL.NULL|permission denied for view current_assignment|NULL|NULL',
);

# Every block of a language in docs/clients.md stands word for word in one of the
# programs, but for how far it is indented.  Returns the blocks.
sub snippets
{
	my ($language, @programs) = @_;
	my @blocks = slurp_file('docs/clients.md') =~ /^```\Q$language\E\n(.*?)^```$/msg;
	my @texts = map { slurp_file("t/clients/$_") =~ s/^[ \t]+//mgr } @programs;
	cmp_ok(scalar @blocks, '>', 0, "docs/clients.md shows $language");
	for my $n (0 .. $#blocks)
	{
		my $block = $blocks[$n] =~ s/^[ \t]+//mgr;
		ok((grep { index("\n$_", "\n$block") >= 0 } @texts), "docs/clients.md: what it shows of $language is run here (" . ($n + 1) . ')')
		  or diag($blocks[$n]);
	}
	return @blocks;
}

1;
