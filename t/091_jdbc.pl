# JDBC: the program t/clients/Jdbc.java against a server on 127.0.0.1.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/clients";

use PostgreSQL::Test::Utils;
use Test::More;
use Clients;

my $jar = $ENV{POSTGRESQL_JAR} // '/usr/share/java/postgresql.jar';
missing('a Java compiler (java with jdk.compiler)') unless find_program([ $ENV{JAVA}, 'java' ], '--describe-module', 'jdk.compiler');
missing("the PostgreSQL JDBC driver ($jar)") unless -e $jar;

my $node = server();
my $found = facts('jdbc', find_program([ $ENV{JAVA}, 'java' ], '--version'), '-Dfile.encoding=UTF-8', '-XX:TieredStopAtLevel=1',
	'-cp', $jar, 't/clients/Jdbc.java', $node->port, 'postgres');
compare('jdbc', $found, %common,
	'load.types' => 'unit String, title String, kind String, open_cases Long, citizens Long, new_cases Long, closed_cases Long,'
	  . ' staff BigDecimal, net_budget BigDecimal, cases_per_employee BigDecimal, citizens_per_employee BigDecimal, cost_per_citizen BigDecimal',
	'moves.types' => 'month Date, from_unit String, from_title String, to_unit String, to_title String, moves Long',
	'violation.types' => 'case_table String, case_key String, finding String, given String, expected String, rule String, reason String, since Timestamp',
	'explain_area.types' => 'rule String, target String, matches Boolean, wins Boolean, behind String',
	'klient.types' => 'cpr String, gruppe String',
	'klient.copied' => 2,
	'invalid_copy' => $common{invalid},
	'prepared.server' => 'true',
	# setString says varchar, of which no argument of a function is made unasked
	'no_cast' => '42883|NULL|NULL.NULL.NULL|function msb_org.area_of(character varying, character varying, character varying, unknown) does not exist|NULL|No function matches the given name and argument types. You might need to add explicit type casts.',
	'no_cast_target' => '42883|NULL|NULL.NULL.NULL|function msb_org.area_of(character varying) does not exist|NULL|No function matches the given name and argument types. You might need to add explicit type casts.',
	# with stringtype=unspecified the server chooses, where there is but one
	'unspecified.target' => 'unge',
	'unspecified.cast' => 'unge',
	'unspecified.operator' => '1',
	'unspecified.no_cast' => $common{no_cast});
snippets('java', 'Jdbc.java');

$node->stop;
done_testing();
