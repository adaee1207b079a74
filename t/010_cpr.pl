# The type cpr against an independent implementation, and what the log shows.
#
# python3-stdnum (stdnum.dk.cpr) reads the same numbers.  It knows neither the
# letter form nor replacement numbers, and its validate() refuses births after
# today, which an immutable type cannot.  So:
# - its get_birth_date() and checksum() are asked, not its validate();
# - for a replacement number it is asked for the date of the number less 60 in
#   the day, and for the checksum of the number as written, as the design says;
# - the letter form is computed here, in Perl, from the rule.
# Its table of centuries is the design's.
use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::Local qw(timegm_modern);

my $python = '/usr/bin/python3';
my $seed = 20071001;
srand($seed);

my $node = PostgreSQL::Test::Cluster->new('cpr');
$node->init;
$node->start;
$node->safe_psql('postgres', 'CREATE EXTENSION msb_org');

# A number out of 10 or so has a day or month out of range; every seventh digit
# and every year are about equally frequent.
sub ten_digits
{
	my $day = int(rand(34));
	my $month = int(rand(14));

	# Half of those at the ends of February, where calendars differ.
	($day, $month) = (27 + int(rand(4)), 2) if rand() < 0.1;
	return sprintf('%02d%02d%02d%d%03d', $day, $month, int(rand(100)), int(rand(10)), int(rand(1000)));
}

# Whether a date is in the calendar: the platform's own, not ours.
sub in_calendar
{
	my ($year, $month, $day) = @_;
	return eval { timegm_modern(0, 0, 0, $day, $month - 1, $year); 1 } ? 1 : 0;
}

subtest 'differential' => sub {
	plan skip_all => 'python3-stdnum is not installed'
	  if system("$python -c 'import stdnum.dk.cpr' 2>/dev/null") != 0;

	my $dir = PostgreSQL::Test::Utils::tempdir();
	my ($ordinary, $replacement, $letters) = (70_000, 20_000, 10_000);
	open my $ask, '>', "$dir/ask" or die;
	for my $i (1 .. $ordinary + $replacement)
	{
		my $plain = ten_digits();
		my $written = $plain;
		substr($written, 0, 2) = sprintf('%02d', substr($plain, 0, 2) + 60) if $i > $ordinary;

		# Day 00 and 60 more is no replacement: 60 is no day either way.
		print $ask "$plain $written\n";
	}
	close $ask;

	open my $script, '>', "$dir/ask.py" or die;
	print $script <<'PYTHON';
import sys
from stdnum.dk.cpr import get_birth_date, checksum
from stdnum.exceptions import ValidationError
for line in sys.stdin:
    plain, written = line.split()
    try:
        birth = get_birth_date(plain).isoformat()
        facts = '%s\t%s\t%s' % (birth, 'male' if int(written[9]) % 2 else 'female',
                                't' if checksum(written) == 0 else 'f')
    except ValidationError:
        facts = '\\N\t\\N\t\\N'
    print('%s\t%s' % (written, facts))
PYTHON
	close $script;
	is(system("$python $dir/ask.py < $dir/ask > $dir/answers"), 0, 'stdnum answers');

	open my $answers, '>>', "$dir/answers" or die;
	for (1 .. $letters)
	{
		my $number = ten_digits();
		my $case = rand() < 0.5 ? 65 : 97;
		substr($number, 7, 2) = chr($case + int(rand(26))) . chr($case + int(rand(26)));
		my ($day, $month, $yy, $c) = map { $_ + 0 } $number =~ /^(..)(..)(..)(.)/;
		my $century = { 0 => 1900, 1 => 1900, 6 => 2000, 7 => 2000 }->{$c};
		if (defined $century && in_calendar($century + $yy, $month, $day))
		{
			printf $answers "%s\t%04d-%02d-%02d\t%s\t\\N\n", $number, $century + $yy, $month, $day,
			  substr($number, 9) % 2 ? 'male' : 'female';
		}
		else
		{
			print $answers "$number\t\\N\t\\N\t\\N\n";
		}
	}
	close $answers;

	$node->safe_psql('postgres', "
		CREATE TABLE answer (number text, birth date, sex text, mod11 boolean);
		COPY answer FROM '$dir/answers';
		CREATE FUNCTION try_cpr(number text) RETURNS msb_org.cpr LANGUAGE plpgsql AS
		\$\$ BEGIN RETURN number::msb_org.cpr; EXCEPTION WHEN invalid_text_representation THEN RETURN NULL; END \$\$;
		CREATE TABLE ours AS SELECT *, try_cpr(number) AS cpr FROM answer;");
	is($node->safe_psql('postgres', 'SELECT count(*) FROM ours'), '100000', 'as many numbers as were to be tried');

	# The sample is what it is meant to be, or the comparison says little.
	is($node->safe_psql('postgres', "
		SELECT count(DISTINCT substr(number, 5, 2)), count(DISTINCT substr(number, 7, 1)),
			count(*) FILTER (WHERE birth IS NULL) > 10000,
			count(*) FILTER (WHERE birth IS NOT NULL) > 60000,
			count(*) FILTER (WHERE mod11) > 5000,
			count(*) FILTER (WHERE birth IS NOT NULL AND number > '6') > 10000,
			count(*) FILTER (WHERE birth IS NOT NULL AND mod11 IS NULL) > 2000,
			min(extract(year FROM birth)), max(extract(year FROM birth))
		FROM ours"), '100|10|t|t|t|t|t|1858|2099', 'years, seventh digits, valid and invalid, all forms');

	for my $fact (
		[ validity => '(cpr IS NULL) <> (birth IS NULL)' ],
		[ 'birth date' => 'msb_org.birth_date(cpr) IS DISTINCT FROM birth' ],
		[ sex => 'msb_org.sex(cpr) IS DISTINCT FROM sex' ],
		[ 'modulus 11' => 'msb_org.mod11(cpr) IS DISTINCT FROM mod11' ],
		[ certainty => "msb_org.birth_certain(cpr) IS DISTINCT FROM CASE WHEN birth IS NOT NULL THEN number ~ '^[0-9]+\$' END" ],
		[ output => "cpr::text IS DISTINCT FROM CASE WHEN birth IS NOT NULL THEN upper(substr(number, 1, 6) || '-' || substr(number, 7)) END" ],
		[ 'output read again' => 'cpr::text::msb_org.cpr OPERATOR(msb_org.<>) cpr' ],
		[ key => 'msb_org.citizen_key(number) IS DISTINCT FROM coalesce(cpr::text, number)' ],
		[ mask => "msb_org.mask(cpr) IS DISTINCT FROM CASE WHEN birth IS NOT NULL THEN substr(number, 1, 6) || '-XXXX' END" ])
	{
		is($node->safe_psql('postgres', "SELECT number, birth, sex, mod11, cpr FROM ours WHERE $fact->[1] LIMIT 5"),
			'', "$fact->[0]: no difference");
	}

	# By value, in the order of birth; and through the binary form and back.
	is($node->safe_psql('postgres', "
		SELECT count(*) FROM (SELECT birth, lag(birth) OVER (ORDER BY cpr) AS before FROM ours WHERE cpr IS NOT NULL) o
		WHERE birth < before"), '0', 'sorted by number is sorted by birth');
	$node->safe_psql('postgres', "
		COPY (SELECT cpr, cpr::text FROM ours WHERE cpr IS NOT NULL) TO '$dir/binary' (FORMAT binary);
		CREATE TABLE back (cpr msb_org.cpr, number text);
		COPY back FROM '$dir/binary' (FORMAT binary);");
	is($node->safe_psql('postgres', '
		SELECT (SELECT count(*) FROM back) = (SELECT count(cpr) FROM ours), count(*) FROM back WHERE cpr::text <> number'),
		't|0', 'binary COPY, there and back');
};

# No number that is refused appears in what psql shows or in the server's log,
# at default settings.  The numbers are no dates; each statement has its own.
$node->safe_psql('postgres', '
	CREATE TABLE person (citizen msb_org.cpr, name text);
	CREATE TABLE import (line text);
	CREATE FUNCTION to_cpr(v text) RETURNS msb_org.cpr LANGUAGE plpgsql AS $$ BEGIN RETURN v::msb_org.cpr; END $$;');
is($node->safe_psql('postgres', 'SHOW log_min_error_statement'), 'error', 'log_min_error_statement is the default');
is($node->safe_psql('postgres', 'SHOW log_error_verbosity'), 'default', 'log_error_verbosity is the default');
# The test framework sets log_statement = all, under which the server writes
# every statement down before it is run: not the default, and no error of ours.
$node->append_conf('postgresql.conf', "log_statement = none\nlog_duration = off\n");
$node->reload;
$node->poll_query_until('postgres', "SELECT current_setting('log_statement') = 'none'");
my $log_from = -s $node->logfile;

my $n = 0;
for my $try (
	[ 'literal' => "SELECT 'NUMBER'::msb_org.cpr" ],
	[ 'cast from text' => "SELECT 'NUMBER'::text::msb_org.cpr" ],
	[ 'cast from varchar' => "SELECT 'NUMBER'::varchar::msb_org.cpr" ],
	[ 'cast from char(n)' => "SELECT 'NUMBER'::char(20)::msb_org.cpr" ],
	[ 'INSERT' => "INSERT INTO person VALUES ('NUMBER', 'A')" ],
	[ 'INSERT of several rows' => "INSERT INTO person VALUES ('610158-5000', 'A'), ('NUMBER', 'B')" ],
	[ 'INSERT SELECT' => "INSERT INTO import VALUES ('NUMBER'); INSERT INTO person SELECT line FROM import" ],
	[ 'COPY' => "COPY person FROM stdin;\nNUMBER\tA\n\\." ],
	[ 'COPY of CSV' => "COPY person FROM stdin (FORMAT csv);\nNUMBER,A\n\\." ],
	[ 'UPDATE' => "INSERT INTO person VALUES (NULL, 'B'); UPDATE person SET citizen = 'NUMBER'" ],
	[ 'condition' => "SELECT * FROM person WHERE citizen OPERATOR(msb_org.=) 'NUMBER'" ],
	[ 'prepared' => "PREPARE p(varchar) AS INSERT INTO person VALUES (\$1); EXECUTE p('NUMBER')" ],
	[ 'prepared as cpr' => "PREPARE p(msb_org.cpr) AS INSERT INTO person VALUES (\$1); EXECUTE p('NUMBER')" ],
	[ 'function' => "SELECT to_cpr('NUMBER')" ],
	[ 'DO' => "DO \$\$ BEGIN PERFORM msb_org.sex('NUMBER'); END \$\$" ],
	[ 'record' => "SELECT '(NUMBER,A)'::person" ],
	[ 'array' => "SELECT '{NUMBER}'::msb_org.cpr[]" ],
	[ 'json' => "SELECT * FROM json_populate_record(NULL::person, '{\"citizen\": \"NUMBER\"}')" ],
	[ 'default' => "CREATE TABLE d (citizen msb_org.cpr DEFAULT 'NUMBER')" ],
	[ 'ALTER TYPE' => "TRUNCATE import; INSERT INTO import VALUES ('NUMBER'); ALTER TABLE import ALTER line TYPE msb_org.cpr USING line::msb_org.cpr" ])
{
	my $number = sprintf('3213%02d-%04d', 40 + $n, 7301 + 13 * $n);
	my $statement = $try->[1] =~ s/NUMBER/$number/gr;
	$n++;
	# VERBOSITY verbose shows what a client can see at most.
	my ($rc, $out, $err) = $node->psql('postgres', "\\set VERBOSITY verbose\n$statement;\n", on_error_stop => 1);
	isnt($rc, 0, "$try->[0]: refused");
	like($err, qr/ERROR:  22P02: invalid input syntax for type cpr\n/, "$try->[0]: SQLSTATE and message");
	unlike($err, qr/LINE |CONTEXT:|STATEMENT:|\Q$number\E|32134|32135|-7/, "$try->[0]: psql shows no number");
}

# The binary form
my $file = PostgreSQL::Test::Utils::tempdir() . '/binary';
$node->safe_psql('postgres', "COPY (SELECT 321347::bigint, 'A'::text) TO '$file' (FORMAT binary)");
my ($rc, $out, $err) = $node->psql('postgres', "\\set VERBOSITY verbose\nCOPY person FROM '$file' (FORMAT binary)");
like($err, qr/ERROR:  22P03: invalid binary representation of type cpr\nHINT/, 'binary COPY: refused');
unlike($err, qr/CONTEXT|321347/, 'binary COPY: nothing is shown');

my $log = slurp_file($node->logfile, $log_from);
is(scalar(() = $log =~ /ERROR:  invalid input syntax for type cpr/g), $n, 'the log has every error');
unlike($log, qr/32134|32135/, 'the log has none of the numbers');
unlike($log, qr/STATEMENT|CONTEXT/, 'the log has no statement and no context');

# From 16 on an error can be asked about, without being raised.
SKIP:
{
	skip 'soft errors came with 16', 1 if $node->pg_version < 16;
	is($node->safe_psql('postgres', "
		SELECT pg_input_is_valid('610158-5000', 'msb_org.cpr'), pg_input_is_valid('320158-5000', 'msb_org.cpr'),
			(pg_input_error_info('320158-5000', 'msb_org.cpr')).sql_error_code"), 't|f|22P02', 'soft error');
}

# A statement that other statements' errors would show is still shown there.
$node->psql('postgres', 'SELECT 1 / 0 AS seen');
like(slurp_file($node->logfile, $log_from), qr{STATEMENT:  SELECT 1 / 0 AS seen}, 'other errors show their statement');

$node->stop;
done_testing();
