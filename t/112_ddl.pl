# Tables are rewritten, altered, remapped, moved, detached, and the extension dropped,
# while other sessions have them open: sessions that have judged before, with prepared
# statements, go on writing after each step.  Then the same in the middle of a load.
use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;

use Workload;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(sleep);

my $node = PostgreSQL::Test::Cluster->new('ddl');
$node->init;
workload_conf($node);
$node->start;
workload_tables($node);
$node->safe_psql('postgres', q{
CREATE SCHEMA fag;
CREATE TABLE kept AS SELECT pg_get_viewdef('difference') AS body;
INSERT INTO sag (sag_id, borger_id, opgave, udfordring) SELECT n, 1 + n % 400, task(n), challenge(n / 3) FROM generate_series(1, 500) n});

my $map = q{key => 'sag_id', citizen => 'borger_id.cpr', birth => 'borger_id.foedt', area => 'omraade', closed => 'afsluttet', facets => '{"task": "opgave", "challenge": "udfordring"}'};
my $remap = "SELECT msb_org.remap('sag', $map)";

my $view = q{SELECT format('CREATE VIEW difference AS %s', body) FROM kept \gexec} . "\n";

# Two sessions that stay, each with its own plans.
my $number = 10_000;
my @sessions = map { $node->background_psql('postgres', on_error_stop => 0) } 1 .. 2;
foreach my $session (@sessions)
{
	$session->query_safe(q{SET client_min_messages = warning; SET search_path = public, fag;
		PREPARE ny AS INSERT INTO sag (sag_id, borger_id, opgave, udfordring) VALUES ($1, 1 + $1 % 400, task($1::integer), challenge($1::integer));
		PREPARE om AS UPDATE sag SET opgave = task($1::integer + 1) WHERE sag_id = $1;
		PREPARE foedt AS UPDATE borger SET foedt = foedt + 400 WHERE borger_id = $1 % 400});
}
sub write_on
{
	my $said = '';
	foreach my $session (@sessions)
	{
		$number++;
		my $out = $session->query("EXECUTE ny ($number); EXECUTE om (" . ($number % 500) . "); EXECUTE foedt ($number);");
		$said .= $session->{stderr} =~ s/.*QUERY_SEPARATOR.*\n?//r;
		$session->{stderr} = '';
	}
	return $said;
}
write_on() for 1 .. 6;

my @steps = (
	[ 'VACUUM FULL', 'VACUUM FULL sag; VACUUM FULL borger; VACUUM FULL msb_org.assignment' ],
	[ 'CLUSTER', 'CLUSTER sag USING sag_pkey' ],
	[ 'columns added and dropped', 'ALTER TABLE sag ADD COLUMN ny integer DEFAULT 1, DROP COLUMN note; ALTER TABLE borger ADD COLUMN navn text' ],
	[ 'the table rewritten', 'ALTER TABLE sag ALTER COLUMN ny TYPE text; ALTER TABLE sag ADD COLUMN note text, ADD COLUMN r float DEFAULT random()' ],
	[ 'the key, a facet and the citizen of other types', "DROP VIEW difference; BEGIN; DROP TRIGGER msb_org_map ON sag; DROP TRIGGER msb_org_parent_map_1 ON borger;
		ALTER TABLE sag ALTER COLUMN sag_id TYPE bigint, ALTER COLUMN udfordring TYPE varchar(40); ALTER TABLE borger ALTER COLUMN cpr TYPE char(11); $remap; COMMIT; $view" ],
	[ 'moved to another schema', 'ALTER TABLE sag SET SCHEMA fag' ],
	[ 'and back', 'ALTER TABLE fag.sag SET SCHEMA public' ],
	[ 'remapped', $remap ],
	[ 'the mode changed twice', q{SELECT msb_org.set_mode('sag', 'observe'); SELECT msb_org.set_mode('sag', 'fill')} ],
	[ 'detached and attached', "SELECT msb_org.detach('sag'); SELECT msb_org.attach('sag', $map, mode => 'fill'); CALL msb_org.reassign('sag')" ],
	[ 'a new structure', q{SELECT msb_org.adopt('msb-2018', DATE '2019-09-01'); SELECT msb_org.reassign_due()} ],
	[ 'the extension dropped and made again', 'DROP EXTENSION msb_org CASCADE' ],
);
foreach my $step (@steps)
{
	my ($name, $sql) = @$step;
	# reassign commits, so statement by statement
	$node->psql('postgres', "SET client_min_messages = warning;\n$sql" . ($sql =~ /\n$/ ? "" : ";"), on_error_die => 1);
	is(write_on(), '', "$name: open sessions write");
	if ($name =~ /^the extension/)
	{
		is($node->safe_psql('postgres', 'SELECT count(*) FROM sag WHERE sag_id >= ' . ($number - 1)), '2', '... without it as before');
		$node->psql('postgres', "SET client_min_messages = warning; CREATE EXTENSION msb_org; SELECT msb_org.load_structure('msb-2019'), msb_org.adopt('msb-2019', DATE '2019-08-01');
			SELECT msb_org.attach('sag', $map, mode => 'fill'); SELECT msb_org.attach('jobsag', key => 'nr', citizen => 'cpr', birth => 'cpr', closed => 'afsluttet', facets => '{\"task\": \"opgave\", \"challenge\": \"udfordring\"}', mode => 'fill');
			$view", on_error_die => 1);
		$node->safe_psql('postgres', q{SET client_min_messages = warning; CALL msb_org.reassign('sag')});
		is(write_on(), '', "$name: open sessions write and are judged");
	}
	is($node->safe_psql('postgres', 'SELECT * FROM difference LIMIT 10'), '', '... nothing differs');
}
$_->quit foreach @sessions;

# Without the way round the server refuses, and says which trigger is in the way.
foreach my $refused ([ 'ALTER TABLE sag ALTER COLUMN sag_id TYPE numeric', qr/ERROR:  cannot alter type of a column used in a trigger definition\n.*DETAIL:  trigger msb_org_map on table sag/s ],
	[ 'ALTER TABLE borger ALTER COLUMN foedt TYPE timestamp', qr/DETAIL:  trigger msb_org_parent_map_1 on table borger/ ],
	[ 'ALTER TABLE sag DROP COLUMN omraade', qr/ERROR:  cannot drop column omraade/ ])
{
	my (undef, undef, $err) = $node->psql('postgres', $refused->[0]);
	like($err, $refused->[1], "refused: $refused->[0]");
}

# In the middle of a load.
my @writers = start_writers($node, 2, 1_000_000, 600);
my $done = 0;
$node->poll_query_until('postgres', 'SELECT count(*) > 20 FROM sag WHERE sag_id > 1000000') or die 'the load does not come';
foreach my $sql ('VACUUM FULL sag', 'ALTER TABLE sag ADD COLUMN x1 integer DEFAULT 1', $remap, 'CLUSTER sag USING sag_pkey', 'ALTER TABLE sag ALTER COLUMN x1 TYPE text',
	'ALTER TABLE sag DROP COLUMN x1', 'VACUUM FULL msb_org.assignment', 'REINDEX TABLE msb_org.assignment', $remap)
{
	for my $try (1 .. 20)
	{
		my ($rc) = $node->psql('postgres', "SET client_min_messages = warning; SET lock_timeout = '2s'; $sql");
		$done++, last if $rc == 0;
	}
}
psql_end(@writers);
is($done, 9, 'rewritten, altered, remapped in the middle of a load');
is(join('', map { $_->{err} } @writers), '', '... of which no statement failed');
is(check_acknowledged($node, 'in the middle of a load', \@writers), 1200, '... all of it was acknowledged');
workload_compare($node, 'in the middle of a load');

$node->stop;
done_testing();
