# Danish messages.  The catalogue against the sources: every message of C and SQL is in
# it, translated, with the same format.  And on a server: errors, notices and warnings
# in the language of lc_messages, in every encoding, with the same SQLSTATEs, and what
# is stored does not depend on it.
#
# The server looks for catalogues beside its own program.  So that nothing need be
# installed, the test makes a tree like the server's: what make install DESTDIR=... puts
# there is ours, programs are copies, everything else is a link to the installed files.
# The locales are made in a directory of the test's (LOCPATH).
use strict;
use warnings;

use Digest::MD5 qw(md5_hex);
use Encode qw(decode);
use File::Copy qw(copy);
use File::Path qw(make_path);
use IPC::Run;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

delete @ENV{qw(MAKEFLAGS MFLAGS MAKELEVEL LANGUAGE TEMP_CONFIG)};
$ENV{LC_ALL} = 'C';

sub run_ok
{
	my ($what, @command) = @_;
	my $output = '';
	my $ok = IPC::Run::run(\@command, '>', \$output, '2>&1');
	ok($ok, $what) or diag $output;
	return $output;
}

my $config = 'pg_config';	# the server's: its programs come first in the path
my %dir;
for (qw(bindir pkglibdir sharedir localedir))
{
	chomp($dir{$_} = `$config --$_`);
}
my @make = ('make', '-s', 'with_llvm=no', "PG_CONFIG=$config");

# The entries of a catalogue: msgid => the rest.
sub entries
{
	my ($file) = @_;
	my %entries;

	for my $block (split /\n\n+/, `msgcat --no-wrap '$file'`)
	{
		my ($id) = $block =~ /^msgid "(.*)"$/m;
		next unless defined $id && $id ne '';
		$entries{$id} = {
			plural => ($block =~ /^msgid_plural "(.*)"$/m)[0] // '',
			format => $block =~ /^#,.*\bc-format/m && $block !~ /no-c-format/ ? 1 : 0,
			texts => [ $block =~ /^msgstr(?:\[\d\])? "(.*)"$/mg ],
		};
	}
	return \%entries;
}

# The catalogue.
unlink 'po/msb_org.pot';
run_ok('the messages of the sources are collected', @make, 'init-po');
my $template = entries('po/msb_org.pot');
my $danish = entries('po/da.po');
cmp_ok(scalar keys %$template, '>', 350, 'there are messages');
is_deeply([ grep { !$danish->{$_} } sort keys %$template ], [], 'every message of the sources is in po/da.po (make po adds what is missing)');
is_deeply([ grep { !$template->{$_} } sort keys %$danish ], [], 'po/da.po has no message that the sources do not have');
is_deeply([ grep { $danish->{$_} && $danish->{$_}{plural} ne $template->{$_}{plural} } sort keys %$template ], [], 'and the same plurals');
is_deeply([ grep { /%/ && !$template->{$_}{format} } sort keys %$template ], [], 'a message with a % is a format that msgfmt checks');
my $statistics = run_ok('msgfmt --check finds nothing', 'msgfmt', '--check', '--statistics', '-o', '/dev/null', 'po/da.po');
is($statistics, sprintf("%d translated messages.\n", scalar keys %$danish), 'nothing fuzzy, nothing untranslated');
is_deeply([ grep { my $id = $_; grep { $_ eq $id } @{ $danish->{$id}{texts} } } sort keys %$danish ], ['%s'], 'nothing is left in English');
is_deeply([ grep { /[.]$/ xor $danish->{$_}{texts}[0] =~ /[.]$/ } sort keys %$danish ], [], 'a sentence stays a sentence');
is_deeply([ grep { my $text = decode('UTF-8', $danish->{$_}{texts}[0]); /^[a-z].*[^.]$/ && $text =~ /^\p{Lu}/ } sort keys %$danish ], [], 'and a message begins as before');

# Names of SQL and codes stay as they are: what has an underscore, or is called with parentheses.
my @names;
for my $id (sort keys %$danish)
{
	my %names = map { $_ => 1 } $id =~ /\b(?:[a-z]+_[a-z_]+|[a-z_]+(?=\(\)))\b/g;
	push @names, map { "$_: $id" } grep { index($danish->{$id}{texts}[0], $_) < 0 } sort keys %names;
}
is_deeply(\@names, [], 'names stay as they are');

# The sources: who raises an error sees the catalogue; no text is raised untranslated.
my @outside;
for my $file (glob 'extension/*/*.c')
{
	my (%seen, @queue);

	next unless slurp_file($file) =~ /\b(?:errmsg|errdetail|errhint|gettext|GUC_check_errdetail)\b/;
	@queue = ($file);
	while (my $next = shift @queue)
	{
		next if $seen{$next}++ || !-e $next;
		push @queue, map { "extension/$_" } slurp_file($next) =~ /^#include "([^"]+)"/mg;
	}
	push @outside, $file unless $seen{'extension/base/msb_org.h'};
}
is_deeply(\@outside, [], 'every C file with messages includes msb_org.h, which names the catalogue');

my @literal;
my $raised = 0;
for my $file (glob 'extension/*/*.sql')
{
	my $sql = slurp_file($file);
	$sql =~ s/^\s*--.*//mg;
	while ($sql =~ /^ *((?:RAISE [A-Z_a-z]+ USING|PERFORM msb_org\.raise\()(?:[^';]|'(?:[^']|'')*')*;)/mg)
	{
		my $statement = $1;
		$raised++;
		$statement =~ s/msb_org\.n?gettext\((?:\s*'(?:[^']|'')*',?)+//g;
		push @literal, map { "$file: $_" } grep { /[A-Za-z]{2}.* / } $statement =~ /'((?:[^']|'')*)'/g;
		push @literal, "$file: $statement" if $statement =~ /(?:MESSAGE|DETAIL|HINT) = (?:format\()?'[^']/;
	}
	push @literal, "$file: $1" while $sql =~ /\b(RAISE +(?:(?:NOTICE|WARNING|EXCEPTION|INFO) +)?'.*)/g;
}
is_deeply(\@literal, [], 'every message of the SQL functions goes through gettext or ngettext');
cmp_ok($raised, '>', 100, 'of which there are many');

my ($titles) = slurp_file('extension/reports/report.sql') =~ /^CREATE FUNCTION msb_org\.danish_title\(.*?^END;/ms ? $& : '';
is_deeply([ grep { $titles !~ /WHEN '$_' THEN '[^']+'/ } slurp_file('extension/structure/finding.h') =~ /#define MSB_FINDING_\w+\s+"(\w+)"/g ],
	[], 'every finding has a Danish title');

# What make does with and without msgfmt, and for a server without NLS.
my $tools = PostgreSQL::Test::Utils::tempdir;
append_to_file("$tools/msgfmt", "#!/bin/sh\nexit 127\n");
chmod 0755, "$tools/msgfmt";
like(run_ok('make install, dry', @make, '-n', 'install', 'DESTDIR=/nowhere'), qr{/nowhere\Q$dir{localedir}\E'?/(?:da|\$lang)/LC_MESSAGES}, 'the catalogue is installed where the server looks');
{
	local $ENV{PATH} = "$tools:$ENV{PATH}";
	my $output = run_ok('without msgfmt it is made, too', @make, '-n', 'all', 'install', 'DESTDIR=/nowhere');
	unlike($output, qr/\.mo\b/, 'without a catalogue');
	like($output, qr/msgfmt is missing/, 'and it is said');
}
unlike(run_ok('for a server without NLS', @make, '-n', 'all', 'install', 'enable_nls=no', 'DESTDIR=/nowhere'), qr/\.mo\b/, 'there is no catalogue');

# The server's tree.
my $tree = PostgreSQL::Test::Utils::tempdir;
run_ok('make install DESTDIR', @make, 'install', "DESTDIR=$tree");
sub fill_in
{
	my ($from, $to, $copied) = @_;

	make_path($to);
	opendir my $handle, $from or die "$from: $!";
	for my $name (grep { !/^\.\.?$/ } readdir $handle)
	{
		if ($copied && $name =~ /$copied/)
		{
			copy("$from/$name", "$to/$name") or die "$to/$name: $!";
			chmod 0755, "$to/$name";
		}
		elsif (-d "$to/$name") { fill_in("$from/$name", "$to/$name") }
		elsif (!-e "$to/$name") { symlink "$from/$name", "$to/$name" or die "$to/$name: $!" }
	}
}
fill_in($dir{bindir}, "$tree$dir{bindir}", qr/^(?:postgres|initdb|pg_ctl)$/);
fill_in($dir{pkglibdir}, "$tree$dir{pkglibdir}");
fill_in($dir{sharedir}, "$tree$dir{sharedir}");
ok(-s glob("$tree$dir{localedir}/da/LC_MESSAGES/msb_org-*.mo"), 'the catalogue stands there');

my $locales = PostgreSQL::Test::Utils::tempdir;
run_ok("the locale da_DK.$_ is made", 'localedef', '--no-archive', '-i', 'da_DK', '-f', $_, "$locales/da_DK.$_") for qw(UTF-8 ISO-8859-1);
$ENV{LOCPATH} = $locales;

my $node = PostgreSQL::Test::Cluster->new('dansk', install_path => "$tree$dir{bindir}" =~ s{/bin$}{}r);
$node->init(extra => [ '--locale=C', '--encoding=UTF8' ]);
$node->append_conf('postgresql.conf', "msb_org.today = '2019-09-02'\nclient_min_messages = notice");
$node->start;
$node->safe_psql('postgres', 'CREATE DATABASE sager');
$node->safe_psql('sager', q{
	CREATE EXTENSION msb_org;
	SELECT msb_org.load_structure('msb-2019'), msb_org.adopt('msb-2019', DATE '2019-08-01');
	CREATE TABLE sag (sag_id integer PRIMARY KEY, cpr text, opgave text, udfordring text, indsats text, omraade text);
	SELECT msb_org.attach('sag', key => 'sag_id', citizen => 'cpr', birth => 'cpr', area => 'omraade',
		facets => '{"task": "opgave", "challenge": "udfordring", "service": "indsats"}', mode => 'enforce');
	CREATE TABLE til (sag_id integer PRIMARY KEY, cpr text, opgave text, omraade text);
	CREATE VIEW et_view AS SELECT 1 AS sag_id;
	CREATE TABLE ydelse (nr integer PRIMARY KEY, borger text, opgave text);
	SELECT msb_org.import_structure(jsonb_set(jsonb_set(msb_org.export_structure('msb-2019'), '{structure}', '"uden"'), '{rules}', '[]'));
});

# What psql shows of a script in one language; verbose: with the SQLSTATE.
sub said
{
	my ($language, $sql, $database, %options) = @_;
	my $encoding = $options{encoding} // 'UTF8';
	my ($output, $script) = ('', "\\set QUIET on\n\\set VERBOSITY verbose\n\\set SHOW_CONTEXT never\n"
		. "SET client_encoding = $encoding;\nSET lc_messages = '$language';\n$sql\n");

	IPC::Run::run([ 'psql', '-X', '-q', '-A', '-t', '-d', $node->connstr($database // 'sager') ], '<', \$script, '>', \$output, '2>&1');
	return join "\n", map { s/^psql:<stdin>:\d+: //r } grep { !/^LOCATION: / } split /\n/, $output;
}

# In both languages: lines that must be there, as they are.
my $da = 'da_DK.UTF-8';
sub both
{
	my ($what, $sql, $english, $danish_lines) = @_;

	for ([ 'C', 'English', $english ], [ $da, 'Danish', $danish_lines ])
	{
		my ($language, $name, $lines) = @$_;
		my $output = said($language, $sql);
		my @missing = grep { index("\n$output\n", "\n$_\n") < 0 } @$lines;
		is("@missing", '', "$what, in $name") or diag $output;
		unlike($output, qr/\d{6}-?\d{4}/, "$what: no CPR number");
	}
}

both('a wrong area, at commit',
	q{INSERT INTO sag VALUES (1, '610100-4001', 'provision', 'homelessness', 'general', 'job');},
	[ 'ERROR:  23514: area "job" is not responsible for case 1 of "sag"',
	  'DETAIL:  Rule B1 of msb-2019#1 makes "unge" responsible.',
	  'HINT:  Leave the area out to have it filled in, correct the other values of the case, or give the case to another unit with msb_org.override().' ],
	[ 'ERROR:  23514: området "job" har ikke ansvaret for sag 1 i "sag"',
	  'DETAIL:  Ansvarsregel B1 i msb-2019#1 giver "unge" ansvaret.',
	  'HINT:  Lad området være tomt, så bliver det udfyldt, ret sagens øvrige værdier, eller giv sagen til en anden enhed med msb_org.override().' ]);
both('a value that is not known',
	q{INSERT INTO sag VALUES (1, '610100-4001', 'provision', 'hjemløs', 'general');},
	[ 'ERROR:  23514: case 1 of "sag" cannot be judged: facet "challenge" has the value "hjemløs", which is neither an alias nor a label',
	  'DETAIL:  Finding: unknown_label.',
	  'HINT:  Correct the case, or have the value mapped with an alias (msb_org.alias).' ],
	[ 'ERROR:  23514: sag 1 i "sag" kan ikke vurderes: facetten "challenge" har værdien "hjemløs", som hverken er et alias eller en kendt værdi',
	  'DETAIL:  Anmærkning: unknown_label.',
	  'HINT:  Ret sagen, eller få værdien oversat med et alias (msb_org.alias).' ]);
both('a value that is missing, and no CPR number',
	q{INSERT INTO sag VALUES (1, '610100-4001'); INSERT INTO sag VALUES (1, 'ukendt', 'provision', 'homelessness', 'general');},
	[ 'ERROR:  23514: case 1 of "sag" cannot be judged: facet "task" has no value',
	  'ERROR:  23514: case 1 of "sag" cannot be judged: the text that gives the birth date is no CPR number' ],
	[ 'ERROR:  23514: sag 1 i "sag" kan ikke vurderes: facetten "task" er ikke udfyldt',
	  'ERROR:  23514: sag 1 i "sag" kan ikke vurderes: teksten, som fødselsdatoen tages fra, er ikke et CPR-nummer',
	  "HINT:  Ret borgerens nummer eller fødselsdato." ]);
both('a CPR number',
	q{SELECT '613100-4001'::msb_org.cpr; SELECT '6101'::msb_org.cpr;},
	[ 'ERROR:  22P02: invalid input syntax for type cpr',
	  'DETAIL:  The first six digits are not a date in the century that the seventh names.',
	  'DETAIL:  A CPR number has ten characters, and may have a dash after the sixth.',
	  'HINT:  Write it as DDMMYY-SSSS or DDMMYYSSSS.' ],
	[ 'ERROR:  22P02: ugyldig værdi for typen cpr',
	  'DETAIL:  De første seks cifre er ikke en dato i det århundrede, som det syvende angiver.',
	  'DETAIL:  Et CPR-nummer har ti tegn og kan have en bindestreg efter det sjette.',
	  'HINT:  Skriv det som DDMMÅÅ-LLLL eller DDMMÅÅLLLL.' ]);
both('a target group',
	q{SELECT 'age 17-15'::msb_org.target_group; SELECT 'task "'::msb_org.target_group;},
	[ 'ERROR:  22P02: invalid input syntax for type target_group',
	  'DETAIL:  The first age is above the last, at character 5.',
	  'DETAIL:  A quote is not closed, at character 6.' ],
	[ 'ERROR:  22P02: ugyldig værdi for typen target_group',
	  'DETAIL:  Den første alder er højere end den sidste, ved tegn 5.',
	  'DETAIL:  Et anførselstegn er ikke afsluttet, ved tegn 6.' ]);
both('a setting',
	q{SELECT msb_org.today(); SET msb_org.today = 'i dag';},
	[ 'ERROR:  22023: invalid value for parameter "msb_org.today": "i dag"',
	  'DETAIL:  "i dag" is not a date of the form YYYY-MM-DD, from 1900-01-01 on.' ],
	[ 'DETAIL:  "i dag" er ikke en dato på formen ÅÅÅÅ-MM-DD fra og med 1900-01-01.' ]);
both('what attach refuses',
	q{SELECT msb_org.attach('et_view', key => 'sag_id');
	  SELECT msb_org.attach('til', key => 'nummer');
	  SELECT msb_org.attach('til', key => 'sag_id', mode => 'hård');
	  SELECT msb_org.attach('til', key => 'sag_id', facets => '{"opgave": "opgave"}');
	  SELECT msb_org.attach('til', key => 'sag_id', closed => 'opgave');
	  SELECT msb_org.detach('nogen');},
	[ 'ERROR:  42809: public.et_view cannot be attached: it is a view',
	  'HINT:  Attach the table behind it; rows that are written through the view are judged too.',
	  'ERROR:  42703: table public.til has no column "nummer"',
	  'ERROR:  22023: there is no mode "hård"',
	  'ERROR:  22023: there is no facet "opgave"',
	  'HINT:  Map a column of one of these types: date, timestamp without time zone, timestamptz. If the column holds codes, name those that close a case in closed_values.',
	  'ERROR:  42704: no table is attached as "nogen"' ],
	[ 'ERROR:  42809: public.et_view kan ikke tilknyttes: det er et view',
	  'HINT:  Tilknyt tabellen bag viewet; rækker, der skrives gennem viewet, vurderes også.',
	  'ERROR:  42703: tabellen public.til har ingen kolonne "nummer"',
	  'ERROR:  22023: der findes ingen tilstand (mode) "hård"',
	  'ERROR:  22023: der findes ingen facet "opgave"',
	  'HINT:  Angiv en kolonne af en af disse typer: date, timestamp without time zone, timestamptz. Hvis kolonnen indeholder koder, så angiv dem, der afslutter en sag, i closed_values.',
	  'ERROR:  42704: ingen tabel er tilknyttet som "nogen"' ]);
both('what attach and set_mode say',
	q{BEGIN; INSERT INTO ydelse VALUES (1, '610180-1001', 'benefit'), (2, 'ukendt', 'NOGET');
	  SELECT msb_org.attach('ydelse', key => 'nr', citizen => 'borger', birth => 'borger', facets => '{"challenge": "opgave"}');
	  SELECT msb_org.set_mode('ydelse', 'enforce'); ROLLBACK;},
	[ 'WARNING:  01000: no column and no constant is mapped to: "task"',
	  'NOTICE:  00000: no open case of "ydelse" that has been judged would be refused',
	  'WARNING:  01000: the existing cases of "ydelse" have not been judged yet',
	  "HINT:  CALL msb_org.reassign('ydelse'); judges them." ],
	[ 'WARNING:  01000: der er hverken angivet en kolonne eller en fast værdi for: "task"',
	  'NOTICE:  00000: ingen åben og vurderet sag i "ydelse" ville blive afvist',
	  'WARNING:  01000: de eksisterende sager i "ydelse" er ikke vurderet endnu',
	  "HINT:  CALL msb_org.reassign('ydelse'); vurderer dem." ]);

# One and many.
sub counted
{
	my ($rows) = @_;
	return qq{TRUNCATE til; INSERT INTO til SELECT n, '61018' || n || '-1001', 'benefit', 'gammel' FROM generate_series(1, $rows) n;
		SELECT msb_org.attach('til', key => 'sag_id', citizen => 'cpr', birth => 'cpr', area => 'omraade', facets => '{"task": "opgave"}', mode => 'fill');
		CALL msb_org.reassign('til'); SELECT msb_org.detach('til', restore_area => true);};
}
both('one case', counted(1),
	[ 'NOTICE:  00000: "til": 1 of 1 case judged, 1 moved', 'NOTICE:  00000: 1 case of "til" has its former area again' ],
	[ 'NOTICE:  00000: "til": 1 af 1 sag vurderet, 1 flyttet', 'NOTICE:  00000: 1 sag i "til" har igen det område, som den havde før' ]);
both('two cases', counted(2),
	[ 'NOTICE:  00000: "til": 2 of 2 cases judged, 2 moved', 'NOTICE:  00000: 2 cases of "til" have their former areas again' ],
	[ 'NOTICE:  00000: "til": 2 af 2 sager vurderet, 2 flyttet', 'NOTICE:  00000: 2 sager i "til" har igen det område, som de havde før' ]);

both('a structure that is not fit',
	q{SELECT msb_org.adopt('uden', DATE '2019-10-01'); SELECT msb_org.adopt('ingen', DATE '2019-10-01'); DELETE FROM msb_org.enactment;
	  SELECT msb_org.area_of(DATE '2000-01-01', 'provision', 'homelessness', 'ukendt');},
	[ 'ERROR:  23514: structure "uden" cannot be adopted: 1 error',
	  'DETAIL:  No rule takes this target group; give it to a unit with a rule for: any.',
	  "HINT:  To see them all: SELECT * FROM msb_org.verify('uden') WHERE severity = 'error';",
	  'ERROR:  42704: structure "ingen" does not exist',
	  'ERROR:  55000: an enactment cannot be deleted',
	  'ERROR:  22023: facet "service" has no label "ukendt" in structure "msb-2019"' ],
	[ 'ERROR:  23514: organiseringen "uden" kan ikke vedtages: 1 fejl',
	  'DETAIL:  Ingen ansvarsregel dækker denne målgruppe; giv den til en enhed med en regel for: any.',
	  "HINT:  Se dem alle med: SELECT * FROM msb_org.verify('uden') WHERE severity = 'error';",
	  'ERROR:  42704: organiseringen "ingen" findes ikke',
	  'ERROR:  55000: en vedtagelse kan ikke slettes',
	  'ERROR:  22023: facetten "service" har ingen værdi "ukendt" i organiseringen "msb-2019"' ]);
both('what verify finds', q{SELECT finding, message FROM msb_org.verify('uden');},
	['gap|no rule takes this target group; give it to a unit with a rule for: any'],
	['gap|ingen ansvarsregel dækker denne målgruppe; giv den til en enhed med en regel for: any']);

# a number that cannot be taken for a CPR number
my $plan = 'aaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaaaa';
$node->safe_psql('sager', "SELECT msb_org.open_plan('610180-1001', 'coordination', 'voksne', plan => '$plan')");
both('the steps of a plan',
	qq{SELECT msb_org.set_plan_status('$plan', 'active', 'straks'); DELETE FROM msb_org.plan;
	   SELECT msb_org.open_plan('610180-1001', 'coordination'); SELECT msb_org.open_plan('610180-1001', 'festplan');},
	[ "ERROR:  23514: plan $plan cannot go from draft to active",
	  'DETAIL:  From draft a plan can go to closed, entered_in_error, offered, replaced.',
	  'HINT:  The allowed steps are the rows of msb_org.plan_step.',
	  'ERROR:  55000: a plan cannot be deleted',
	  "ERROR:  42710: the citizen has an open coordination plan already, $plan",
	  'ERROR:  42704: there is no kind "festplan" of plans' ],
	[ "ERROR:  23514: planen $plan kan ikke gå fra draft til active",
	  'DETAIL:  Fra draft kan en plan gå til closed, entered_in_error, offered, replaced.',
	  'HINT:  De tilladte trin er rækkerne i msb_org.plan_step.',
	  'ERROR:  55000: en plan kan ikke slettes',
	  "ERROR:  42710: borgeren har allerede en åben koordineringsplan, $plan",
	  'HINT:  En borger har højst én: arbejd videre med den.',
	  'ERROR:  42704: der findes ingen plantype "festplan"' ]);
$node->safe_psql('sager', "SELECT msb_org.set_plan_status('$plan', 'offered', 'sendt'), msb_org.set_plan_status('$plan', 'consented', 'ja')");
both('what a plan demands', qq{SELECT msb_org.set_plan_status('$plan', 'active', 'nu');},
	[ "ERROR:  23514: plan $plan cannot become active", 'DETAIL:  Missing: consent of the citizen; a coordinator.' ],
	[ "ERROR:  23514: planen $plan kan ikke få status active", 'DETAIL:  Der mangler: borgerens samtykke; en koordinator.' ]);

# What is stored is the same in every session.
$node->safe_psql('sager', "SELECT msb_org.set_mode('sag', 'fill')");
said($da, q{INSERT INTO sag VALUES (7, '610100-4001', 'provision', 'hjemløs', 'general');});
is($node->safe_psql('sager', q{SELECT reason FROM msb_org.current_assignment WHERE case_key = '7'}),
	'facet "challenge" has the value "hjemløs", which is neither an alias nor a label', 'the ledger keeps its words');

# The quick start shows what the server says.
my ($told) = slurp_file('docs/da/kom-i-gang.md') =~ /^((?:    (?:ERROR|DETAIL|HINT):.*\n)+)/m;
$node->safe_psql('sager', "SELECT msb_org.set_mode('sag', 'enforce')");
my $quick_start = said($da, q{INSERT INTO sag (sag_id, cpr, opgave, udfordring, omraade)
	VALUES (6, '620571-0026', 'provision', 'substance_misuse', 'job');});
is_deeply([ map { s/^ERROR:  23514: /ERROR:  /r } grep { /^(?:ERROR|DETAIL|HINT):/ } split /\n/, $quick_start ],
	[ map { s/^    //r } split /\n/, $told ], 'the refusal in the Danish quick start');

# All of the catalogue, as the server finds it.
my %found = split /[|\n]/, join "\n", said($da, 'SET standard_conforming_strings = on;' . join '', map {
	my ($id) = map { s/\\(["\\])/$1/gr =~ s/'/''/gr } $_;
	"SELECT md5('$id'), md5(msb_org.gettext('$id'));\n"
} grep { !$danish->{$_}{plural} } sort keys %$danish);
is_deeply(\%found, { map { map { md5_hex(s/\\(["\\])/$1/gr) } $_, $danish->{$_}{texts}[0] } grep { !$danish->{$_}{plural} } keys %$danish },
	'every message is found by the server');

# Where the catalogue says nothing, and the empty text.
is(said($da, q{SELECT msb_org.gettext('something else'), '<' || msb_org.gettext('') || '>', msb_org.ngettext('one', 'many', 1), msb_org.ngettext('one', 'many', 0);}),
	'something else|<>|one|many', 'what has no translation stays');

# For a whole database, and for a role.
$node->safe_psql('postgres', "ALTER DATABASE sager SET lc_messages = '$da'");
like(($node->psql('sager', q{SELECT 'x'::msb_org.cpr}))[2], qr/ugyldig værdi for typen cpr/, 'lc_messages of the database');
$node->safe_psql('postgres', 'ALTER DATABASE sager RESET lc_messages');

# Encodings: of the database and of the client, with LC_CTYPE C and Danish.
my $omraade = 'ingen organisering er i kraft';
for (['latin_c', 'LATIN1', 'C'], ['latin_da', 'LATIN1', 'da_DK.ISO-8859-1'], ['utf_da', 'UTF8', 'da_DK.UTF-8'])
{
	my ($database, $encoding, $locale) = @$_;

	$node->safe_psql('postgres', "CREATE DATABASE $database ENCODING '$encoding' LC_COLLATE '$locale' LC_CTYPE '$locale' TEMPLATE template0");
	$node->safe_psql($database, 'CREATE EXTENSION msb_org');
	my $sql = q{SELECT '6101'::msb_org.cpr; SELECT msb_org.gettext('the birth date lies in the future'); SELECT msb_org.danish_title('born_later');};
	is(said($da, $sql, $database), "ERROR:  22P02: ugyldig værdi for typen cpr\n"
		. "DETAIL:  Et CPR-nummer har ti tegn og kan have en bindestreg efter det sjette.\nHINT:  Skriv det som DDMMÅÅ-LLLL eller DDMMÅÅLLLL.\n"
		. "fødselsdatoen ligger i fremtiden\nFødselsdato efter dagen", "$database: Danish letters come through to a UTF-8 client");
	like(said($da, $sql, $database, encoding => 'LATIN1'), qr/ugyldig v\xe6rdi for .*DDMM\xc5\xc5-LLLL.*\nf\xf8dselsdatoen ligger i fremtiden\nF\xf8dselsdato/s, "$database: and to a LATIN1 client");
}

$node->stop;
done_testing();
