# reassign() on a running system: every session sees how far it is, it is
# interrupted and goes on, and others write meanwhile.
use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->append_conf('postgresql.conf', "msb_org.today = '2019-09-01'");
$node->start;

$node->safe_psql(
	'postgres', q{
    CREATE EXTENSION msb_org;
    SELECT msb_org.load_structure('msb-2019'), msb_org.adopt('msb-2019', DATE '2019-08-01');
    CREATE TABLE sag (sag_id integer PRIMARY KEY, cpr text, opgave text, udfordring text, afsluttet date, omraade text, note text);
    INSERT INTO sag SELECT n, '6101' || to_char(50 + n % 50, 'FM00') || '-' || to_char(n % 1000, 'FM0000'),
                           (ARRAY['provision', 'authority', 'benefit', 'coordination'])[1 + n % 4],
                           (ARRAY['homelessness', 'disability', 'unemployment'])[1 + n % 3], NULL, NULL
      FROM generate_series(1, 20000) n;
    SELECT msb_org.attach('sag', key => 'sag_id', citizen => 'cpr', birth => 'cpr', area => 'omraade',
                          facets => '{"task": "opgave", "challenge": "udfordring"}', closed => 'afsluttet', mode => 'fill');
});

my $progress = q{SELECT concat_ws(' ', cases, judged, moved, last_key, finished_at IS NOT NULL) FROM msb_org.reassignment};

# What differs between the ledger, the area column and a plain query.
my $differences = q{
    SELECT count(*) FROM (SELECT s.*, msb_org.area_of(msb_org.birth_date(s.cpr::msb_org.cpr), s.opgave, s.udfordring, NULL) AS area FROM sag s) s
      FULL JOIN msb_org.current_assignment a ON a.case_key = s.sag_id::text
     WHERE a.unit IS DISTINCT FROM s.area OR s.omraade IS DISTINCT FROM s.area};

# A row that another session holds stops the work in the sixteenth of its batches.
my $holder = $node->background_psql('postgres');
$holder->query_safe('BEGIN');
$holder->query_safe(q{UPDATE sag SET opgave = 'benefit' WHERE sag_id = 15500});

{
	local $ENV{PGOPTIONS} = '-c client_min_messages=notice';
	my ($out, $err) = ('', '');
	my $run = IPC::Run::start([ 'psql', '-X', '-d', $node->connstr('postgres'), '-c', q{CALL msb_org.reassign('sag', 1000)} ],
		'<', \undef, '>', \$out, '2>', \$err);
	$node->poll_query_until('postgres',
		q{SELECT count(*) = 1 FROM pg_stat_activity WHERE query LIKE 'CALL msb_org.reassign%' AND wait_event_type = 'Lock'})
	  or die 'it did not come to the row';
	$node->safe_psql('postgres', q{SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE query LIKE 'CALL msb_org.reassign%'});
	$run->finish;
	like($err, qr/NOTICE:  "sag": 1000 of 20000 cases judged, 1000 moved\n.*"sag": 15000 of 20000 cases judged, 15000 moved\n/s,
		'it says how far it is');
	like($err, qr/canceling statement due to user request/, 'it can be cancelled');
}
is($node->safe_psql('postgres', $progress), '20000 15000 15000 15000 f', 'what was done is done, and seen by others');
is($node->safe_psql('postgres', q{SELECT count(*) FROM msb_org.current_assignment}), '15000', 'so is the ledger');
is($node->safe_psql('postgres', q{SELECT count(omraade) FROM sag}), '15000', 'so are the areas');

# Meanwhile the application writes: before the place that it has come to, and after.
$node->safe_psql('postgres', q{
    UPDATE sag SET opgave = 'benefit' WHERE sag_id IN (10, 19000);
    DELETE FROM sag WHERE sag_id IN (11, 19001);
    INSERT INTO sag VALUES (-5, '610180-1001', 'benefit', NULL, NULL, NULL), (30000, '610180-1001', 'benefit', NULL, NULL, NULL)});
$holder->query_safe('COMMIT');
$holder->quit;

my ($rc, $out, $err) = $node->psql('postgres', q{CALL msb_org.reassign('sag', 1000)});
like($err, qr/going on with "sag" where it was interrupted: 15000 of 20000 cases judged/, 'the next call goes on');
unlike($err, qr/ 1000 of 20000/, 'and does not begin anew');
like($node->safe_psql('postgres', $progress), qr/^20000 20000 .* 30000 t$/, 'to the end');
is($node->safe_psql('postgres', $differences), '0', 'every case stands where the rule says');

# Others write all the time, in the rows that it works on; nobody is told to try again.
$node->safe_psql('postgres', q{CREATE EXTENSION IF NOT EXISTS plpgsql;
    CREATE PROCEDURE write_on(seed float) LANGUAGE plpgsql AS $$
    BEGIN
        PERFORM setseed(seed);
        FOR i IN 1 .. 400 LOOP
            UPDATE sag SET opgave = (ARRAY['provision', 'authority', 'benefit'])[1 + floor(random() * 3)::integer]
             WHERE sag_id = floor(random() * 20000)::integer;
            UPDATE sag SET note = i::text WHERE sag_id = floor(random() * 20000)::integer;
            COMMIT;
        END LOOP;
    END $$;
    UPDATE msb_org.attached_table SET mode = mode;
    SET session_replication_role = replica;
    UPDATE sag SET omraade = NULL, opgave = CASE opgave WHEN 'provision' THEN 'authority' ELSE 'provision' END});
my @writers = map {
	my $psql = $node->background_psql('postgres', on_error_stop => 0);
	$psql->{stdin} .= "CALL write_on(0.$_);\n\\echo written\n";
	$psql
} 1 .. 2;
($rc, $out, $err) = $node->psql('postgres', q{CALL msb_org.reassign('sag', 500)});
is($rc, 0, 'reassign beside writers');
foreach my $psql (@writers)
{
	$psql->query_safe('SELECT 1');
	$psql->quit;
}
unlike(slurp_file($node->logfile), qr/deadlock|could not serialize|concurrently/, 'nobody is told to try again');
is($node->safe_psql('postgres', $differences), '0', 'every case stands where the rule says, again');

$node->stop;
done_testing();
