# One INSERT … SELECT of many rows in one transaction: what it takes in memory, and
# that the ledger is what a plain query says.  MSB_FULL=1 takes a million rows.
use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;
use BackendMemory;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

plan skip_all => 'needs /proc' unless -r '/proc/self/status';

my $rows = $ENV{MSB_FULL} ? 1_000_000 : 100_000;
my $node = memory_server();

$node->safe_psql(
	'postgres', qq{
    CREATE EXTENSION msb_org;
    SELECT msb_org.load_structure('msb-2019'), msb_org.adopt('msb-2019', DATE '2019-08-01');
    CREATE TABLE sag (sag_id integer PRIMARY KEY, cpr text, opgave text, udfordring text, omraade text);
    CREATE TABLE kilde AS
    SELECT n AS sag_id, '61' || to_char(1 + n % 12, 'FM00') || to_char(50 + n % 50, 'FM00') || '-' || to_char(n % 4000, 'FM0000') AS cpr,
           (ARRAY['provision', 'authority', 'benefit', 'coordination'])[1 + n % 4] AS opgave,
           (ARRAY['homelessness', 'disability', 'unemployment', 'sickness', NULL])[1 + n % 5] AS udfordring
      FROM generate_series(1, $rows) n;
    ANALYZE kilde;
    SELECT msb_org.attach('sag', key => 'sag_id', citizen => 'cpr', birth => 'cpr', area => 'omraade',
                          facets => '{"task": "opgave", "challenge": "udfordring"}', mode => 'fill');
    CREATE TABLE log (what text, at timestamptz DEFAULT clock_timestamp());
});

my $ours = own_bytes_query($node);
my (undef, undef, $start, $inserted, $worked, $committed) = memory($node, qq{
    BEGIN;
    $ours;
    INSERT INTO sag SELECT * FROM kilde;
    $ours;
    INSERT INTO log VALUES ('commit work begins');
    SET CONSTRAINTS ALL IMMEDIATE;
    INSERT INTO log VALUES ('commit work done');
    $ours;
    COMMIT;
    $ours});
cmp_ok(($inserted - $start) / $rows, '<=', 64, 'notes take at most 64 bytes a row');
cmp_ok(($worked - $start) / $rows, '<=', 64, 'so they do after the work');
cmp_ok($committed, '<=', $start + 65536, 'and nothing after the commit');
diag(sprintf '%d rows: notes %.2f bytes a row, after the work %.2f; work %s',
	$rows, ($inserted - $start) / $rows, ($worked - $start) / $rows,
	$node->safe_psql('postgres', q{SELECT max(at) - min(at) FROM log}))
  if $ENV{MSB_FULL};

is( $node->safe_psql(
		'postgres', q{
    SELECT count(*), count(*) FILTER (WHERE a.unit IS DISTINCT FROM s.area OR s.omraade IS DISTINCT FROM s.area
                                         OR a.citizen IS DISTINCT FROM msb_org.citizen_key(s.cpr))
      FROM (SELECT s.*, msb_org.area_of(msb_org.birth_date(s.cpr::msb_org.cpr), s.opgave, s.udfordring, NULL) AS area FROM sag s) s
      FULL JOIN msb_org.current_assignment a ON a.case_key = s.sag_id::text}),
	"$rows|0", 'the ledger is what a plain query says');

# The peak while the work runs: its list of rows is there, and goes.
my ($grown) = memory($node, 'BEGIN; DELETE FROM sag; COMMIT');
is($node->safe_psql('postgres', 'SELECT count(*) FROM msb_org.current_assignment'), '0', 'all of them end when all are deleted');
cmp_ok($grown, '<', 20_000 + $rows / 10, 'and the memory is given back');

$node->stop;
done_testing();
