# One INSERT … SELECT in one transaction at default settings, of cases that make a
# duty due for part of the citizens: what it takes in memory beside a transaction
# that makes none due, and that reasons, plans and participants are what a plain
# query says.  MSB_FULL=1 takes a million rows.
use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;
use BackendMemory;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

plan skip_all => 'needs /proc' unless -r '/proc/self/status';

my $rows = $ENV{MSB_FULL} ? 1_000_000 : 50_000;
my $node = memory_server();

# Two or three cases a citizen, in no order; of every five citizens one has a benefit and
# a social case, two have cases of employment only and two have social ones only.
$node->safe_psql(
	'postgres', qq{
    CREATE EXTENSION msb_org;
    SELECT msb_org.load_structure('msb-2019'), msb_org.adopt('msb-2019', DATE '2019-08-01');
    CREATE TABLE sag (sag_id integer PRIMARY KEY, cpr text, opgave text, udfordring text, omraade text);
    CREATE TABLE kilde AS
    SELECT n AS sag_id,
           to_char(61 + p % 28, 'FM00') || to_char(1 + p / 28 % 12, 'FM00') || to_char(50 + p / 336 % 50, 'FM00') || '-' || to_char(p / 16800, 'FM0000') AS cpr,
           CASE p % 5 WHEN 0 THEN CASE k WHEN 0 THEN 'benefit' ELSE 'provision' END
                      WHEN 1 THEN 'authority' WHEN 2 THEN 'authority' ELSE 'provision' END AS opgave,
           CASE p % 5 WHEN 0 THEN CASE k WHEN 1 THEN 'homelessness' ELSE 'disability' END
                      WHEN 1 THEN CASE k WHEN 0 THEN 'sickness' ELSE 'flexjob' END
                      WHEN 2 THEN CASE k WHEN 0 THEN 'integration' ELSE 'unemployment' END
                      ELSE CASE k WHEN 0 THEN 'disability' ELSE 'mental_illness' END END AS udfordring
      FROM (SELECT n, n * 2 / 5 AS p, n - (n * 2 / 5 * 5 + 1) / 2 AS k FROM generate_series(1, $rows) n) s
     ORDER BY hashint4(n);
    ANALYZE kilde;
    SELECT msb_org.attach('sag', key => 'sag_id', citizen => 'cpr', birth => 'cpr', area => 'omraade',
                          facets => '{"task": "opgave", "challenge": "udfordring"}', mode => 'fill');
    CREATE TABLE log (what text, at timestamptz DEFAULT clock_timestamp());
});

my $ours = own_bytes_query($node);
my ($grown, $peak, $start, $inserted, $worked, $spi, $committed) = memory($node, qq{
    BEGIN;
    $ours;
    INSERT INTO sag SELECT * FROM kilde;
    $ours;
    INSERT INTO log VALUES ('work begins');
    SET CONSTRAINTS ALL IMMEDIATE;
    INSERT INTO log VALUES ('work done');
    $ours;
    SELECT sum(total_bytes) FROM pg_backend_memory_contexts WHERE name LIKE 'SPI%';
    COMMIT;
    $ours});
cmp_ok(($worked - $start) / $rows, '<=', 64, 'at most 64 bytes a row after the work');
cmp_ok($committed, '<=', $start + 65536, 'and nothing after the commit');
cmp_ok($peak * 1024, '<=', 4_000_000 + 80 * $rows, 'at the most 80 bytes a row while it runs, with what the server keeps of events');
cmp_ok($spi // 0, '<', 1_000_000, 'nothing of the statements that wrote plans is left either');

is( $node->safe_psql(
		'postgres', q{
    SELECT count(*), count(*) FILTER (WHERE a.unit IS DISTINCT FROM s.area OR s.omraade IS DISTINCT FROM s.area OR a.citizen IS DISTINCT FROM s.cpr)
      FROM (SELECT s.*, msb_org.area_of(msb_org.birth_date(s.cpr::msb_org.cpr), s.opgave, s.udfordring, NULL) AS area FROM sag s) s
      FULL JOIN msb_org.current_assignment a ON a.case_key = s.sag_id::text}),
	"$rows|0", 'the ledger is what a plain query says');

# The duty by the structure's document: which of the few situations count for which part.
my $plain = q{
    CREATE TEMP TABLE situation AS
    SELECT s.*, msb_org.area_of(s.birth, s.opgave, s.udfordring, NULL) AS unit,
           ARRAY(SELECT DISTINCT d ->> 'part' FROM msb_org.enactment e, jsonb_array_elements(e.document -> 'plan_duties') d
                  WHERE msb_org.matches_document(e.document, (d ->> 'counted')::msb_org.target_group,
                        format('subject citizen; age %s; task %s; challenge %s; service unknown', s.age, s.opgave, s.udfordring)::msb_org.target_group)) AS parts
      FROM (SELECT extract(year FROM age(msb_org.today(), b.birth))::integer AS age, s.opgave, s.udfordring, min(b.birth) AS birth
              FROM sag s CROSS JOIN LATERAL (SELECT msb_org.birth_date(s.cpr::msb_org.cpr) AS birth) b GROUP BY 1, 2, 3) s;
    CREATE TEMP TABLE plain AS
    SELECT s.cpr AS citizen, array_agg(DISTINCT t.unit COLLATE "C") AS units,
           array_agg(DISTINCT t.unit COLLATE "C") FILTER (WHERE t.parts <> '{}' AND t.unit <> 'mso') AS counted,
           bool_or('social' = ANY (t.parts)) AND bool_or('employment' = ANY (t.parts)) AS both_parts
      FROM sag s JOIN situation t ON t.age = extract(year FROM age(msb_org.today(), msb_org.birth_date(s.cpr::msb_org.cpr)))::integer
       AND t.opgave = s.opgave AND t.udfordring = s.udfordring GROUP BY 1;
};
my ($due) = split /\n/, $node->safe_psql('postgres', $plain . q{SELECT count(*) FROM plain WHERE both_parts AND cardinality(counted) >= 2});
cmp_ok($due, '>', $rows / 20, 'many citizens have a duty due');
is( $node->safe_psql(
		'postgres', $plain . q{
    SELECT count(*), count(*) FILTER (WHERE p.counted IS DISTINCT FROM r.units OR r.observed OR v.plan IS NULL OR v.status <> 'draft'
                                         OR NOT p.units @> t.units OR NOT t.units @> (p.units || v.unit) OR v.opened_at < r.asks_since)
      FROM (SELECT * FROM plain WHERE both_parts AND cardinality(counted) >= 2) p
      FULL JOIN msb_org.plan_reason r USING (citizen)
      FULL JOIN msb_org.plan v USING (citizen)
      FULL JOIN (SELECT citizen, array_agg(participant) AS units FROM msb_org.plan_participant WHERE valid_to IS NULL GROUP BY citizen) t USING (citizen)}),
	"$due|0", 'reasons, plans and participants are what a plain query says');
is($node->safe_psql('postgres', 'SELECT count(*) FROM msb_org.plan_due'), '0', 'no duty is without a plan');
diag(sprintf '%d rows, %d plans: ours %.1f bytes a row after the insert, %.1f after the work; the backend grew by %d kB, at the most by %.1f bytes a row; work %s',
	$rows, $due, ($inserted - $start) / $rows, ($worked - $start) / $rows, $grown, $peak * 1024 / $rows,
	$node->safe_psql('postgres', 'SELECT max(at) - min(at) FROM log'));

# All of them end in one transaction: no duty is left, the plans stay for review.
($grown) = memory($node, 'BEGIN; DELETE FROM sag; COMMIT');
is( $node->safe_psql(
		'postgres', q{
    SELECT (SELECT count(*) FROM msb_org.current_assignment), (SELECT count(*) FROM msb_org.plan_reason WHERE valid_to IS NULL),
           (SELECT count(*) FROM msb_org.plan WHERE status = 'draft'), (SELECT count(*) FROM msb_org.plan_review WHERE reviewed_at IS NULL),
           (SELECT count(*) FROM msb_org.plan_participant t LEFT JOIN msb_org.plan p ON p.citizen = t.citizen AND p.plan = t.plan AND p.unit = t.participant
             WHERE t.valid_to IS NULL AND p.plan IS NULL)}),
	"0|0|$due|$due|0", 'all cases deleted: no reason is left, every plan is marked, its own unit alone takes part');
cmp_ok($grown, '<', 20_000 + $rows / 10, 'and the memory is given back');

$node->stop;
done_testing();
