# node-postgres (pg): the program t/clients/node_pg.js over the server's socket.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/clients";

use PostgreSQL::Test::Utils;
use Test::More;
use Clients;

# Debian's modules, and those that npm installs for all
$ENV{NODE_PATH} = join ':', grep { defined } $ENV{NODE_PATH}, '/usr/share/nodejs', '/usr/lib/node_modules', '/usr/local/lib/node_modules';
my $program = find_program([ $ENV{NODE}, 'node', 'nodejs' ], '-e', 'require("pg")')
  or missing('a node with pg');

my $node = server();
my $found = facts('node', $program, 't/clients/node_pg.js', $node->host, $node->port, 'postgres');
compare('node', $found, %common,
	'load.types' => 'unit String, title String, kind String, open_cases Number, citizens Number, new_cases Number, closed_cases Number,'
	  . ' staff String, net_budget String, cases_per_employee String, citizens_per_employee String, cost_per_citizen String',
	'moves.types' => 'month String, from_unit String, from_title String, to_unit String, to_title String, moves Number',
	'violation.types' => 'case_table String, case_key String, finding String, given String, expected String, rule String, reason String, since Date',
	'explain_area.types' => 'rule String, target String, matches Boolean, wins Boolean, behind NULL',
	map { ("$_.class" => 'DatabaseError') } qw(autocommit commit batch early revoked invalid no_cast unknown_label not_granted));
snippets('js', 'node_pg.js');

$node->stop;
done_testing();
