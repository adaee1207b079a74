# ODBC: isql with its scripts, and the program t/clients/odbc.py, with the data source
# that docs/clients.md shows, from an odbc.ini of this test's own.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/clients";

use PostgreSQL::Test::Utils;
use Test::More;
use Clients;

my $python = find_program([ $ENV{PYTHON}, 'python3', '/usr/bin/python3' ], '-c', 'import pyodbc') or missing('a Python with pyodbc');
my $isql = find_program(['isql'], '--version') or missing('isql');

my $node = server();
my $dir = PostgreSQL::Test::Utils::tempdir();
my ($source) = snippets_of_ini();
my %address = (Servername => '127.0.0.1', Port => $node->port, Database => 'postgres');
my $ini = '';
for my $role (qw(rapport fagsystem unge ingen dba))
{
	my $shown = $source;
	$shown =~ s/^\[.*\]$/[$role]/m or die;
	for my $key (keys %address, 'Username')
	{
		my $value = $address{$key} // $role;
		$shown =~ s/^$key = .*$/$key = $value/m or die "no $key in the data source";
	}
	# and once more without what is recommended
	my ($bare) = $shown =~ /^(.*?^Username = .*?\n)/ms;
	$ini .= $shown . $bare =~ s/\]/_default]/r;
}
append_to_file("$dir/odbc.ini", $ini);
append_to_file("$dir/odbcinst.ini", "[PostgreSQL Unicode]\nDriver = " . ($ENV{PSQLODBC} // 'psqlodbcw.so') . "\n");
$ENV{ODBCINI} = "$dir/odbc.ini";
$ENV{ODBCSYSINI} = $dir;
my $probe = isql('rapport', "SELECT 1\n", '-d|');
missing("the PostgreSQL ODBC driver ($probe)") unless $probe =~ /^1$/m;

sub snippets_of_ini
{
	my @blocks = slurp_file('docs/clients.md') =~ /^```ini\n(.*?)^```$/msg;
	die 'docs/clients.md shows one data source' unless @blocks == 1;
	return @blocks;
}

# What isql prints, both ways.
sub isql
{
	my ($dsn, $script, @options) = @_;
	local $ENV{LC_ALL} = 'C.UTF-8';
	my $out = '';
	IPC::Run::run([ $isql, $dsn, '-b', '-v', @options ], '<', \$script, '>&', \$out, IPC::Run::timeout(60));
	return $out;
}

# isql.
my $read = slurp_file('t/clients/isql_read.sql');
is(isql('rapport', $read, '-e', '-d|'), join("\n",
	'unge|Unge, Job og Uddannelse (15-29 år)||',
	'voksne|Voksne 30-66 år: myndighed, bo- og dagtilbud|14|2.5',
	'2019-09-01|Ledighed, fleksjob og virksomheder|6', 'unge', 'unge|B1', 'B1|1', ''), 'isql: reports, area_of, decide, explain_area');
is(isql('rapport', $read, '-d|'), isql('rapport', $read, '-e', '-d|'), 'isql: the same prepared');
for my $dsn ('rapport', 'rapport_default')
{
	my %type = isql($dsn, "help violation\n") =~ /^\|[^|]*\|[^|]*\| *violation *\| *(\w+) *\| *(-?\d+) *\|/mg;
	my $text = $dsn eq 'rapport' ? 12 : -1;    # VARCHAR or LONGVARCHAR
	is(join(' ', map { "$_ $type{$_}" } sort keys %type),
		"case_key $text case_table $text expected $text finding $text given $text reason $text rule $text since 11", "isql: help, $dsn");
}
my $written = isql('fagsystem', slurp_file('t/clients/isql_write.sql'), '-e', '-d|');
is($written =~ s/^\[ISQL\].*\n//mgr, <<'OUT', 'isql: writing, and refusals in autocommit and at COMMIT');
1|740398-0121|age 18-; challenge homelessness
2||
[22P02]ERROR: invalid input syntax for type cpr
DETAIL: Only a dash is allowed between the date and the last four characters.;
Error while executing the query
[23514]ERROR: area "voksne" is not responsible for case 401 of "sag"
DETAIL: Rule B1 of msb-2019#1 makes "unge" responsible.;
Error while executing the query
[23514]ERROR: area "job" is not responsible for case 402 of "sag"
DETAIL: Rule B1 of msb-2019#1 makes "unge" responsible.;
Error while executing the query
403|unge
OUT
# What the driver makes of a BEGIN that it prepares: the error is lost, the row is not kept.
my $lost = isql('fagsystem', slurp_file('t/clients/isql_write.sql') =~ s/.*^(?=BEGIN)//msr =~ s/COMMIT\n\K.*//sr . "SELECT count(*) FROM fag.sag WHERE sag_id = 402\n", '-d|');
like($lost, qr/^0$/m, 'isql: a prepared BEGIN and COMMIT keep no wrong row');
unlike($lost, qr/23514/, '... and say nothing, as docs/clients.md warns');
is(isql('unge', "SELECT sag_id FROM fag.sag WHERE sag_id < 400 ORDER BY sag_id\n", '-d|'), "201\n202\n203\n", 'isql: a caseworker sees the rows of the area');
my $view = "SELECT open_cases FROM ledelse.belastning WHERE unit = 'voksne'\n";
is(isql('rapport', $view, '-d|'), "14\n", 'isql: a report as a view of the site');
like(isql('ingen', $view, '-d|'), qr/^\[42501\]ERROR: permission denied for function load_by_area/, '... whose reader may execute the report');
$node->safe_psql('postgres', 'DELETE FROM fag.sag WHERE sag_id > 400; DELETE FROM fag.klient');
my @shown = slurp_file('docs/clients.md') =~ /^```sql\n(.*?)^```$/msg;
is(scalar @shown, 1, 'docs/clients.md shows statements for isql');
cmp_ok(index($read, $shown[0]), '>=', 0, '... which are run here');
snippets('python', 'psycopg3.py', 'odbc.py');

# A program with parameters, arrays of them, and transactions that the driver knows of.
my $found = facts('odbc', $python, 't/clients/odbc.py');

# No report holds a type that the driver does not know: that would be VARCHAR(255).
my %described = map { $_ => delete $found->{$_} } grep { /^described\./ } keys %$found;
cmp_ok(scalar keys %described, '>=', 19, 'odbc: the reports are described');
for my $report (sort keys %described)
{
	is(join(', ', grep { !/^\w+ (str\(8190\)|int|date|datetime|Decimal)$/ } split /, /, $described{$report}), '', "odbc: $report has plain types");
}

my %report = map { $_ => $common{$_} } grep { /^(load|moves|violation|attachment)/ } keys %common;
my %common_here = map { $_ => $common{$_} } grep { !exists $report{$_} && $_ ne 'explain_area' } keys %common;

# The driver passes on SQLSTATE, message and DETAIL; of the commit itself with its own number.
sub refusal_here
{
	my ($key, $area, $end) = @_;
	return "IntegrityError|23514|[23514] ERROR: area \"$area\" is not responsible for case $key of \"sag\" / DETAIL: Rule B1 of msb-2019#1 makes \"unge\" responsible.$end";
}
my $executing = '; / Error while executing the query (1)';
sub described
{
	my ($text, $count, $unknown, $boolean) = @_;
	return (
		'load.types' => join(', ', map { "$_ $text" } qw(unit title kind)) . join('', map { ", $_ $count" } qw(open_cases citizens new_cases closed_cases))
		  . join('', map { ", $_ Decimal" } qw(staff net_budget cases_per_employee citizens_per_employee cost_per_citizen)),
		'moves.types' => 'month date, ' . join('', map { "$_ $text, " } qw(from_unit from_title to_unit to_title)) . "moves $count",
		'violation.types' => join('', map { "$_ $text, " } qw(case_table case_key finding given expected rule reason)) . 'since datetime',
		'explain_area.types' => "rule $text, target $unknown, matches $boolean, wins $boolean, behind $text",
		# -9 and -10 are the wide VARCHAR and LONGVARCHAR, 93 a timestamp
		'violation.columns' => join('', map { "$_ " . ($text =~ /8190/ ? '-10(8190)' : '-9(4096)') . ', ' } qw(case_table case_key finding given expected rule reason)) . 'since 93(26)',
		'explain_area' => $common{explain_area} =~ s/true/$boolean eq 'bool' ? 'true' : 1/ger,
		'long' => '5000|4902');
}
my %recommended = (%report, described('str(4096)', 'float', 'str(8190)', 'bool'));
my %default = (%report, described('str(8190)', 'int', 'str(255)', 'str(5)'));

compare('odbc', $found, %common_here,
	(map { ("rapport.$_" => $recommended{$_}) } keys %recommended),
	(map { ("rapport_default.$_" => $default{$_}) } keys %default),
	'klient.types' => 'cpr str(8190), gruppe str(8190)',
	'autocommit' => refusal_here(401, 'voksne', $executing),
	'commit' => refusal_here(403, 'voksne', ' (110)'),
	'batch' => refusal_here(402, 'job', ' (110)'),
	'early' => refusal_here(406, 'job', $executing),
	'revoked' => refusal_here(502, 'voksne', $executing),
	'save.wrong' => refusal_here(404, 'voksne', '') =~ s/^.*?\|.*?\|//r,
	'invalid' => "DataError|22P02|[22P02] ERROR: invalid input syntax for type cpr / DETAIL: Only a dash is allowed between the date and the last four characters.$executing",
	'no_cast' => 'ProgrammingError|42725|[42725] ERROR: function msb_org.area_of(unknown, unknown, unknown, unknown) is not unique; / Error while preparing parameters (1)',
	'unknown_label' => "DataError|22023|[22023] ERROR: facet \"task\" has no label \"NOGET\" in structure \"msb-2019\"$executing",
	'not_granted' => "ProgrammingError|42501|[42501] ERROR: permission denied for view current_assignment$executing");

$node->stop;
done_testing();
