# Logical replication: a case is judged once, where it is written.  Three databases
# subscribe: to the case tables alone; to everything, ledger and enactments too; and to
# the case tables with our triggers enabled for replication, which is asking for a
# ledger of its own.
use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;

use Workload;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $pub = PostgreSQL::Test::Cluster->new('publisher');
$pub->init(allows_streaming => 'logical');
workload_conf($pub);
$pub->append_conf('postgresql.conf', 'logical_decoding_work_mem = 64kB');
$pub->start;
my $sub = PostgreSQL::Test::Cluster->new('subscriber');
$sub->init(allows_streaming => 'logical');
workload_conf($sub);
$sub->append_conf('postgresql.conf', "wal_retrieve_retry_interval = 100ms\nmax_worker_processes = 20\nmax_logical_replication_workers = 15\nmax_sync_workers_per_subscription = 6");
$sub->start;

workload_tables($pub);
$pub->safe_psql('postgres', q{
INSERT INTO sag (sag_id, borger_id, opgave, udfordring) SELECT n, 1 + n % 400, task(n), challenge(n / 3) FROM generate_series(1, 600) n;
INSERT INTO jobsag (nr, cpr, opgave, udfordring) SELECT b.borger_id, b.cpr, task(b.borger_id), challenge(b.borger_id + 1) FROM borger b;
CREATE PUBLICATION cases FOR TABLE borger, sag, jobsag;
CREATE PUBLICATION whole FOR ALL TABLES;
});

my $connection = $pub->connstr('postgres');
sub subscribe
{
	my ($db, $publication, $with) = @_;
	$sub->safe_psql($db, "CREATE SUBSCRIPTION $db CONNECTION \$c\$$connection\$c\$ PUBLICATION $publication WITH ($with)");
	$sub->wait_for_subscription_sync($pub, $db, $db) if $sub->can('wait_for_subscription_sync');
	$sub->poll_query_until($db, q{SELECT count(1) = 0 FROM pg_subscription_rel WHERE srsubstate NOT IN ('r', 's')}) or die "no initial copy in $db";
}

# What was written on the publisher has been applied everywhere.
sub applied
{
	$pub->wait_for_catchup($_) foreach @_;
}

#
# The case tables alone: nothing is judged there, and recheck() says so.
#
$sub->safe_psql('postgres', 'CREATE DATABASE plain; CREATE DATABASE whole; CREATE DATABASE judging');
workload_tables($sub, 'plain');
$sub->safe_psql('plain', 'TRUNCATE borger CASCADE');
subscribe('plain', 'cases', 'copy_data = true');
my $cases = q{SELECT count(*) FROM (SELECT sag_id FROM sag UNION ALL SELECT nr FROM jobsag) s};
is($sub->safe_psql('plain', $cases), '1000', 'case tables alone: the initial copy');
my $judged = q{SELECT count(*) FROM msb_org.assignment};
is($sub->safe_psql('plain', $judged), '0', '... of which nothing is judged');
is($sub->safe_psql('plain', 'SELECT what, count(*) FROM msb_org.recheck() GROUP BY 1'), 'case_not_recorded|1000', '... as recheck() says');

# Everything, by the schema as pg_dump has it.
my $schema = $pub->basedir . '/schema.sql';
command_ok([ 'pg_dump', '--schema-only', '--no-publications', '-f', $schema, $connection ], 'the schema is dumped');
$sub->command_ok([ 'psql', '-Xq', '-v', 'ON_ERROR_STOP=1', '-f', $schema, $sub->connstr('whole') ], 'and restored, with the triggers');
subscribe('whole', 'whole', 'copy_data = true');
my @ours = split /\n/, $pub->safe_psql('postgres', q{SELECT c.oid::regclass FROM pg_class c WHERE c.relnamespace = 'msb_org'::regnamespace AND c.relkind = 'r' ORDER BY 1});
my $contents = join '', map { "SELECT '$_', count(*), md5(string_agg(t::text, ' ' ORDER BY t::text COLLATE \"C\")) FROM $_ t;\n" } @ours, 'borger', 'sag', 'jobsag';

# what a table of an attached relation shows is its name, with or without a schema
sub same_contents
{
	my ($what) = @_;
	my $text = "SET search_path = pg_catalog;\n" . ($contents =~ s/ FROM (\w+) t;/ FROM public.$1 t;/gr);
	is($sub->safe_psql('whole', $text), $pub->safe_psql('postgres', $text), $what);
}
applied('whole');
same_contents('everything: ' . @ours . ' tables of the extension are the same after the initial copy');
is($sub->safe_psql('whole', 'SELECT * FROM difference'), '', '... and recheck() finds nothing');

# Our triggers enabled for replication, once the copy is there.
workload_tables($sub, 'judging');
$sub->safe_psql('judging', 'TRUNCATE borger CASCADE');
subscribe('judging', 'cases', 'copy_data = true, streaming = on, two_phase = on');
$sub->safe_psql('judging', q{
SET client_min_messages = warning;
ALTER TABLE sag ENABLE ALWAYS TRIGGER zzzz_msb_org_fill;
ALTER TABLE sag ENABLE ALWAYS TRIGGER msb_org_map;
ALTER TABLE sag ENABLE ALWAYS TRIGGER msb_org_area;
ALTER TABLE sag ENABLE ALWAYS TRIGGER msb_org_truncate;
ALTER TABLE jobsag ENABLE REPLICA TRIGGER msb_org_map;
ALTER TABLE jobsag ENABLE REPLICA TRIGGER msb_org_area;
ALTER TABLE borger ENABLE ALWAYS TRIGGER msb_org_parent_map_1;
ALTER TABLE borger ENABLE ALWAYS TRIGGER msb_org_parent_1;
CALL msb_org.reassign('sag');
CALL msb_org.reassign('jobsag');
});
is($sub->safe_psql('judging', 'SELECT * FROM difference'), '', 'triggers enabled: reassign judges what the copy brought');

#
# The publisher goes on, and sessions are open on the subscriber.
#
my $reader = $sub->background_psql('whole');
my $ask = q{SELECT concat_ws(' ', structure, revision, unit) FROM msb_org.decide('age 40; task provision; challenge unemployment; service employment', DATE '2019-09-01')};
like($reader->query_safe($ask), qr/^msb-2019 1 /, 'a session that is open decides by what came with the copy');

my @writers = start_writers($pub, 2, 1_000_000, 150);
psql_end(@writers);
is(join('', map { $_->{err} } @writers), '', 'the publisher is written to');
$pub->safe_psql('postgres', q{
-- more than logical_decoding_work_mem, a part of it rolled back
BEGIN;
INSERT INTO sag (sag_id, borger_id, opgave, udfordring) SELECT n, 1 + n % 400, task(n), challenge(n) FROM generate_series(10001, 12000) n;
SAVEPOINT s;
UPDATE sag SET opgave = 'benefit' WHERE sag_id > 10500;
ROLLBACK TO s;
UPDATE sag SET udfordring = 'disability' WHERE sag_id > 11000;
DELETE FROM sag WHERE sag_id > 11900;
COMMIT;
UPDATE borger SET foedt = foedt - 5000 WHERE borger_id % 10 = 0;
UPDATE borger SET cpr = '620231-1999' WHERE borger_id = 1;
UPDATE sag SET afsluttet = '2019-08-31' WHERE sag_id < 100;
SELECT msb_org.override('sag', '10005', 'job', 'prøve', '2019-12-01');
SELECT msb_org.state_primary_challenge((SELECT citizen FROM msb_org.plan ORDER BY 1 LIMIT 1), 'homelessness', 'oplyst');
SELECT msb_org.override('sag', '10005', NULL, NULL);
BEGIN;
INSERT INTO sag (sag_id, borger_id, opgave, udfordring) VALUES (20001, 3, 'provision', 'homelessness');
PREPARE TRANSACTION 'p';
});
applied('plain', 'whole', 'judging');
is($sub->safe_psql('plain', $judged), '0', 'case tables alone: nothing is judged');
same_contents('everything: the tables are the same');
is($sub->safe_psql('whole', 'SELECT * FROM difference'), '', '... and recheck() finds nothing');

is($sub->safe_psql('judging', 'SELECT * FROM difference'), '', 'triggers enabled: the subscriber has a ledger of its own');
is($sub->safe_psql('judging', q{SELECT count(*) FROM pg_prepared_xacts}), '1', '... a prepared transaction waits there too');
is($sub->safe_psql('judging', q{SELECT count(*) FROM sag WHERE sag_id = 20001}), '0', '... not seen yet');
$pub->safe_psql('postgres', q{COMMIT PREPARED 'p'});
applied('plain', 'whole', 'judging');
is($sub->safe_psql('judging', q{SELECT count(*) FROM msb_org.current_assignment WHERE case_table = 'sag' AND case_key = '20001'}), '1', '... and is judged when it is committed');
is($sub->safe_psql('judging', 'SELECT * FROM difference'), '', '... nothing differs');

#
# An adoption reaches the open session of the one that gets everything, and nobody else.
#
$pub->safe_psql('postgres', q{SELECT msb_org.adopt('msb-2018', DATE '2019-09-01'); SELECT msb_org.reassign_due()});
applied('plain', 'whole', 'judging');
like($reader->query_safe($ask), qr/^msb-2018 1 /, 'an open session decides by what the publisher has adopted');
$reader->quit;
same_contents('everything: the tables are the same after the adoption');
is($sub->safe_psql('whole', 'SELECT * FROM difference'), '', '... and recheck() finds nothing');
like($sub->safe_psql('judging', $ask), qr/^msb-2019 1 /, 'enactments are each database\'s own where they are not replicated');

#
# In enforce the subscriber refuses what its rules do not allow: replication waits, loses
# nothing, and goes on when the case or the mode is another.
#
$sub->safe_psql('judging', q{SET client_min_messages = warning; SELECT msb_org.set_mode('sag', 'enforce')});
my $from = -s $sub->logfile;
$pub->safe_psql('postgres', q{INSERT INTO sag (sag_id, borger_id, opgave, udfordring, omraade) VALUES (20002, 3, 'provision', 'homelessness', 'stab1'), (20003, 3, 'provision', 'homelessness', NULL)});
$sub->wait_for_log(qr/area "\w+" is not responsible for case 2000[23] of "sag"/, $from);
ok(1, 'a subscriber that enforces refuses, and its log says why');
is($sub->safe_psql('judging', 'SELECT count(*) FROM sag WHERE sag_id > 20001'), '0', '... nothing of the transaction stands');
$sub->safe_psql('judging', q{SELECT msb_org.set_mode('sag', 'fill')});
applied('judging');
is($sub->safe_psql('judging', q{SELECT s.sag_id, s.omraade, a.unit, a.finding FROM sag s JOIN msb_org.current_assignment a ON a.case_table = 'sag' AND a.case_key = s.sag_id::text WHERE sag_id > 20001 ORDER BY 1}),
	$sub->safe_psql('judging', q{SELECT 20002, 'stab1', msb_org.area_of(foedt, 'provision', 'homelessness', NULL), 'wrong_area' FROM borger WHERE borger_id = 3
	  UNION ALL SELECT 20003, $pub$} . $pub->safe_psql('postgres', 'SELECT omraade FROM sag WHERE sag_id = 20003') . q{$pub$, msb_org.area_of(foedt, 'provision', 'homelessness', NULL), 'wrong_area' FROM borger WHERE borger_id = 3}),
	'in fill it goes on: what the publisher wrote is given, and a violation where the subscriber\'s structure is another');

#
# TRUNCATE: the trigger is one of those to be enabled.
#
$pub->safe_psql('postgres', q{DELETE FROM sag WHERE sag_id > 20001; TRUNCATE sag});
applied('plain', 'whole', 'judging');
same_contents('everything: the same after TRUNCATE');
is($sub->safe_psql('judging', q{SELECT count(*) FROM msb_org.current_assignment WHERE case_table = 'sag'}), '0', 'triggers enabled: TRUNCATE ends the cases');
is($sub->safe_psql('judging', 'SELECT * FROM difference'), '', '... nothing differs');

#
# The subscribers take over: writes of their own are judged, what came unjudged is found.
#
$sub->safe_psql($_, "DROP SUBSCRIPTION $_") foreach ('plain', 'whole', 'judging');
is($sub->safe_psql('plain', 'SELECT what, count(*) FROM msb_org.recheck() GROUP BY 1'),
	'case_not_recorded|' . $pub->safe_psql('postgres', 'SELECT count(*) FROM jobsag'), 'case tables alone: recheck() lists every case');
$sub->safe_psql('plain', q{SET client_min_messages = warning; CALL msb_org.reassign('jobsag')});
foreach my $db ('plain', 'whole', 'judging')
{
	$sub->safe_psql($db, 'SELECT count(*) FROM msb_org.recheck(true); SELECT msb_org.reassign_due()');
	is($sub->safe_psql($db, 'SELECT * FROM difference'), '', "$db takes over: nothing differs");
	$sub->safe_psql($db, q{INSERT INTO sag (sag_id, borger_id, opgave, udfordring) VALUES (-1, 3, 'provision', 'homelessness')});
	is($sub->safe_psql($db, q{SELECT s.omraade = a.unit FROM sag s JOIN msb_org.current_assignment a ON a.case_table = 'sag' AND a.case_key = '-1'}), 't', "$db: the next write is judged");
	is($sub->safe_psql($db, 'SELECT * FROM difference'), '', "$db: and nothing differs");
}
unlike(slurp_file($sub->logfile), qr/PANIC|TRAP|terminated by signal/, 'no process of the subscriber has crashed');

$sub->stop;
$pub->stop;
done_testing();
