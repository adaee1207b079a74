# psycopg 3, text and binary: the program t/clients/psycopg3.py over the server's socket.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/clients";

use PostgreSQL::Test::Utils;
use Test::More;
use Clients;

my $python = find_program([ $ENV{PYTHON}, 'python3', '/usr/bin/python3' ], '-c', 'import psycopg')
  or missing('a Python with psycopg');

my $node = server();
my $found = facts('psycopg', $python, 't/clients/psycopg3.py', $node->host, $node->port, 'postgres');

my %types = (
	'load.types' => 'unit str, title str, kind str, open_cases int, citizens int, new_cases int, closed_cases int,'
	  . ' staff Decimal, net_budget Decimal, cases_per_employee Decimal, citizens_per_employee Decimal, cost_per_citizen Decimal',
	'moves.types' => 'month date, from_unit str, from_title str, to_unit str, to_title str, moves int',
	'violation.types' => 'case_table str, case_key str, finding str, given str, expected str, rule str, reason str, since datetime',
	'explain_area.types' => 'rule str, target str, matches bool, wins bool, behind NULL');
my %class = (
	'no_operator' => 'UndefinedFunction ProgrammingError',
	'no_cast' => 'AmbiguousFunction ProgrammingError',
	'unknown_label' => 'InvalidParameterValue DataError',
	'not_granted' => 'InsufficientPrivilege ProgrammingError',
	(map { $_ => 'InvalidTextRepresentation DataError' } qw(invalid invalid_copy)),
	(map { $_ => 'CheckViolation IntegrityError' } qw(autocommit commit batch early revoked)));
# a binary cursor must see the same
my %binary = (%types, map { $_ => $common{$_} }
	grep { /^(load|moves|violation|attachment|klient\.\d|area_of|in_area|decide|explain_area)/ } keys %common);

compare('psycopg', $found, %common, %types,
	(map { ("binary.$_" => $binary{$_}) } keys %binary),
	(map { ("$_.class" => $class{$_}) } keys %class),
	'klient.copied' => 2,
	'invalid_copy' => $common{invalid},
	'no_operator' => '42883|NULL|NULL.NULL.NULL|operator does not exist: msb_org.cpr = unknown|NULL|No operator matches the given name and argument types. You might need to add explicit type casts.',
	'search_path.found' => '1',
	# without ::text a binary cursor gives what is sent
	'binary.uncast' => q(b'\xff\xff\xfdn\x01\x00\x00y'|b'\x01age 18-; challenge homelessness'),
	'binary.copied' => 11,
	'binary.same' => '11');
snippets('python', 'psycopg3.py', 'odbc.py');

$node->stop;
done_testing();
