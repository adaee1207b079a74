# Access by area, over generated data: for each area's role the rows seen are those that a
# plain query says; what a policy asks is asked once a query, and by index; nothing of the
# rest comes out by functions, errors, views, prepared statements or parallel workers; the
# protection comes through a dump. MSB_FULL=1 takes a million rows.
use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $rows = $ENV{MSB_FULL} ? 1_000_000 : 100_000;
my @areas = qw(boern unge voksne udsatte job sundhed);
my $node = PostgreSQL::Test::Cluster->new('access');
$node->init;
$node->append_conf('postgresql.conf', "fsync = off\nmax_wal_size = '4GB'\nmsb_org.today = '2019-09-02'\njit = off");
$node->start;
$node->safe_psql('postgres', 'CREATE DATABASE sager');

# As a role; standard output, or the error.
sub as
{
	my ($role, $sql, $database) = @_;
	my ($rc, $out, $err) = $node->psql($database // 'sager', $sql, extra_params => [ '-U', $role ], on_error_stop => 1);
	return $rc == 0 ? $out : $err;
}

sub notices
{
	my ($role, $sql) = @_;
	my ($rc, $out, $err) = $node->psql('sager', $sql, extra_params => [ '-U', $role ]);
	return $err;
}

$node->safe_psql('sager', 'CREATE ROLE ejer LOGIN; CREATE ROLE fagsystem LOGIN; CREATE ROLE ingen LOGIN; CREATE ROLE ydelse LOGIN; CREATE ROLE rapport LOGIN;'
	. join(' ', map { "CREATE ROLE $_ LOGIN;" } @areas)
	. 'CREATE EXTENSION msb_org; CREATE SCHEMA fag AUTHORIZATION ejer; GRANT USAGE ON SCHEMA fag TO PUBLIC;
	GRANT EXECUTE ON FUNCTION msb_org.attach(regclass, text, text, text, jsonb, jsonb, text, text, text[], text, jsonb, text, text, text, text, text) TO ejer;');
$node->safe_psql('sager', "
	SELECT msb_org.load_structure('msb-2019'), msb_org.adopt('msb-2019', DATE '2019-08-01');
	CREATE TABLE fag.sag (sag_id integer PRIMARY KEY, cpr text, opgave text, udfordring text, indsats text, omraade text, oprettet date, note text);
	ALTER TABLE fag.sag OWNER TO ejer;
	SELECT msb_org.attach('fag.sag', key => 'sag_id', citizen => 'cpr', birth => 'cpr', area => 'omraade',
	                      facets => '{\"task\": \"opgave\", \"challenge\": \"udfordring\", \"service\": \"indsats\"}', mode => 'fill');
	INSERT INTO fag.sag (sag_id, cpr, opgave, udfordring, indsats, oprettet, note)
	SELECT n, to_char(61 + p % 28, 'FM00') || to_char(1 + p / 28 % 12, 'FM00') || to_char(p / 336 % 100, 'FM00') || '-'
	          || CASE WHEN p / 336 % 100 < 19 THEN '4' ELSE '0' END || to_char(p / 33600, 'FM000'),
	       (ARRAY['provision', 'authority', 'benefit', 'coordination'])[1 + (h & 1023) % 4],
	       (ARRAY['homelessness', 'disability', 'unemployment', 'sickness', 'mental_illness', 'integration', NULL])[1 + (h >> 4 & 1023) % 7],
	       (ARRAY['family_support', 'residential', 'general', NULL])[1 + (h >> 8 & 1023) % 4],
	       DATE '2019-09-01' - n % 2000, 'note ' || n
	  FROM generate_series(1, $rows) n, LATERAL (SELECT hashint4(n) & 1073741823 AS h, (hashint4extended(n, 7) & 1073741823)::integer % ($rows * 3 / 5) AS p) r;
	-- one that nobody can judge
	INSERT INTO fag.sag VALUES (0, '610180-1000', 'NOGET', NULL, NULL, NULL, '2019-09-01', 'note 0');
	CREATE INDEX ON fag.sag (omraade, oprettet);
	GRANT SELECT ON fag.sag TO PUBLIC; GRANT ALL ON fag.sag TO fagsystem;
	INSERT INTO msb_org.unit_role (structure, unit, role) SELECT 'msb-2019', u, u FROM unnest('{@{[join ',', @areas]}}'::text[]) u;
	INSERT INTO msb_org.unit_role VALUES ('msb-2019', 'sundhed', 'ydelse', 'age 18-64; task benefit');
	INSERT INTO msb_org.unit_role VALUES ('msb-2019', 'job', 'en rolle, der ikke findes');
	SELECT msb_org.protect('fag.sag', '{fagsystem}');");

# Plans with consents; some are withdrawn, some not consented yet, some not begun.
$node->safe_psql('sager', q{
	DO $$
	DECLARE
	    p record;
	    n integer := 0;
	BEGIN
	    FOR p IN SELECT * FROM msb_org.plan ORDER BY citizen LIMIT 600 LOOP
	        n := n + 1;
	        INSERT INTO msb_org.plan_consent (citizen, plan, recipient, scope, given, until) VALUES
	            (p.citizen, p.plan, (ARRAY['boern', 'unge', 'voksne', 'udsatte', 'job', 'sundhed'])[1 + n % 6],
	             (ARRAY['any', 'task authority|benefit', 'age 30-', 'challenge disability; task provision'])[1 + n / 6 % 4]::msb_org.target_group,
	             DATE '2019-08-28' + n % 7, CASE n % 5 WHEN 0 THEN DATE '2019-09-04' END);
	        IF n % 4 > 0 THEN
	            PERFORM msb_org.set_plan_status(p.plan, 'offered'), msb_org.set_plan_status(p.plan, 'consented');
	        END IF;
	        IF n % 13 = 0 THEN
	            PERFORM msb_org.withdraw_consent(p.plan);
	        END IF;
	    END LOOP;
	END $$;
	ANALYZE;});
cmp_ok($node->safe_psql('sager', "SELECT count(*) FROM msb_org.plan WHERE status = 'consented'"), '>', 100, 'there are plans with consents');

# What a plain query says, from the rows themselves and plan_readers().
my $by_area = q{SELECT s.sag_id FROM (SELECT s.*, CASE WHEN opgave <> 'NOGET' THEN msb_org.area_of(msb_org.birth_date(cpr::msb_org.cpr), opgave, udfordring, indsats) END AS area FROM fag.sag s) s WHERE s.area = '%s'};
my $by_consent = q{
	SELECT s.sag_id FROM msb_org.plan p, msb_org.plan_readers(p.plan) r
	  JOIN fag.sag s ON true
	 WHERE r.kind = 'unit' AND r.reader = '%s' AND r.cause = 'consent' AND s.cpr = p.citizen AND s.opgave <> 'NOGET'
	   AND r.scope @> concat('subject citizen; age ', date_part('year', age(DATE '2019-09-02', msb_org.birth_date(s.cpr::msb_org.cpr))), '; task ', s.opgave,
	                         '; challenge ', coalesce(s.udfordring, 'unknown'), '; service ', coalesce(s.indsats, 'unknown'))::msb_org.target_group};
my $shared = 0;
for my $area (@areas)
{
	my $expected = $node->safe_psql('sager', "SET search_path = msb_org, pg_catalog;" . sprintf("SELECT count(*), sum(hashint4extended(sag_id, 1)) FROM ($by_area UNION $by_consent) x", $area, $area));
	is(as($area, 'SELECT count(*), sum(hashint4extended(sag_id, 1)) FROM fag.sag'), $expected, "$area sees the rows that the rules and the consents say");
	isnt((split /\|/, $expected)[0], 0, '... and there are some');
	$shared += $node->safe_psql('sager', "SET search_path = msb_org, pg_catalog;" . sprintf("SELECT count(*) FROM ($by_consent EXCEPT $by_area) x", $area, $area));
	my $hidden = $node->safe_psql('sager', "SELECT sag_id FROM fag.sag WHERE omraade <> '$area' AND sag_id::text NOT IN (SELECT a.case_key FROM msb_org.assignment a JOIN msb_org.plan_consent USING (citizen)) ORDER BY sag_id LIMIT 1");
	is(as($area, "SELECT count(*) FROM fag.sag WHERE sag_id = $hidden"), '0', '... not one of another area by its key');
}
cmp_ok($shared, '>', 20, 'cases are shared by consent');
is(as('ydelse', 'SELECT count(*), sum(hashint4extended(sag_id, 1)) FROM fag.sag'), $node->safe_psql('sager', "
	SELECT count(*), sum(hashint4extended(sag_id, 1)) FROM fag.sag WHERE omraade = 'sundhed' AND opgave = 'benefit'
	   AND date_part('year', age(DATE '2019-09-02', msb_org.birth_date(cpr::msb_org.cpr))) BETWEEN 18 AND 64"), 'a role that sees some of the cases of a unit');
is(as('ingen', 'SELECT count(*) FROM fag.sag'), '0', 'a role without an area sees nothing');
is(as('ingen', 'SELECT count(*) FROM msb_org.my_area'), '0', '... and has none');
is(as('fagsystem', 'SELECT count(*) FROM fag.sag'), $rows + 1, 'the application sees everything');
is(as('ejer', 'SELECT count(*) FROM fag.sag'), $rows + 1, 'the owner too');

# Commit work reads and writes as the owner.
is(as('fagsystem', "INSERT INTO fag.sag VALUES (-1, '740398-0121', 'authority', 'homelessness', NULL, NULL, '2019-09-01', 'x'); UPDATE fag.sag SET opgave = 'benefit' WHERE sag_id = -1;"), '', 'the application writes');
is($node->safe_psql('sager', 'SELECT omraade FROM fag.sag WHERE sag_id = -1'), 'sundhed', '... and the area follows');
is(as('fagsystem', 'DELETE FROM fag.sag WHERE sag_id = -1'), '', '... and it deletes');

#
# Once a query, and by index.
#
sub plan_of
{
	my ($role, $sql, $before) = @_;
	return as($role, ($before // '') . "EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF) $sql");
}
my $scan = plan_of('unge', 'SELECT count(note) FROM fag.sag', 'SET max_parallel_workers_per_gather = 0;');
like($scan, qr/Filter: \(\(omraade = ANY \(/, 'the policy compares the area with what was asked before');
unlike($scan, qr/Filter:[^\n]*visible_areas/, '... and does not ask row by row');
is(scalar(() = $scan =~ /InitPlan (?:expr_)?\d[^\n]*\n\s+->  Result \(actual rows=1(?:\.00)? loops=1\)/g), 4, 'each of the four things that the policy asks is asked once') or diag($scan);
unlike($scan, qr/loops=(?!1\b)/, '... nothing in the plan is done more than once');
$node->safe_psql('sager', 'ALTER ROLE unge SET enable_seqscan = off');
my $index = plan_of('unge', "SELECT count(note) FROM fag.sag WHERE oprettet = '2019-08-20'");
# from 18 on one look can skip from area to area instead
like($index, qr/BitmapOr.*Bitmap Index Scan on sag_omraade_oprettet_idx.*Index Cond: \(\(omraade = ANY \([^\n]*oprettet = |Bitmap Index Scan on sag_omraade_oprettet_idx[^\n]*\n\s+Index Cond: \(oprettet = [^\n]*\n\s+Index Searches: /s,
	'the index on the area serves, with the condition of the query') or diag($index);
like($index, qr/Bitmap Index Scan on sag_pkey.*Index Cond: \(sag_id = ANY |Index Searches: /s, '... and the one on the key for what is shared');
$node->safe_psql('sager', 'ALTER ROLE unge RESET ALL');
like(plan_of('unge', 'SELECT note FROM fag.sag WHERE sag_id = 5'), qr/Index Scan using sag_pkey/, 'a point query goes by its key');
is(plan_of('fagsystem', 'SELECT note FROM fag.sag', 'SET max_parallel_workers_per_gather = 0;') =~ /Filter|InitPlan/ ? 1 : 0, 0, 'the application pays nothing');

#
# What does not come out.
#
$node->safe_psql('sager', q{
	CREATE FUNCTION public.leak(text) RETURNS boolean LANGUAGE plpgsql COST 0.0000001 AS $$ BEGIN RAISE NOTICE 'saw %', $1; RETURN true; END $$;
	CREATE FUNCTION public.fail(text) RETURNS boolean LANGUAGE plpgsql IMMUTABLE COST 0.0000001 AS $$ BEGIN RAISE EXCEPTION 'saw %', $1; END $$});
my $victim = $node->safe_psql('sager', "SELECT min(sag_id) FROM fag.sag WHERE omraade = 'voksne' AND sag_id::text NOT IN (SELECT case_key FROM msb_org.assignment JOIN msb_org.plan_consent USING (citizen))");
my @attempts = (
	"SELECT count(*) FROM fag.sag WHERE leak(note) AND sag_id = $victim",
	"SELECT count(*) FROM fag.sag WHERE fail(note) AND sag_id = $victim",
	"SELECT 1 / (sag_id - $victim) FROM fag.sag WHERE sag_id BETWEEN $victim AND $victim",
	"SELECT count(*) FROM fag.sag WHERE note::integer = 1 AND sag_id = $victim",
	"SELECT count(*) FROM fag.sag WHERE 1 / (CASE WHEN note = 'note $victim' THEN 0 ELSE 1 END) = 1 AND sag_id = $victim",
	"SELECT count(*) FROM fag.sag s JOIN (VALUES ($victim)) v (n) ON s.sag_id = v.n AND leak(s.cpr)",
	"SELECT count(*) FROM (SELECT * FROM fag.sag WHERE sag_id = $victim OFFSET 0) s WHERE fail(cpr)",
	"SELECT s.* FROM fag.sag s WHERE sag_id = $victim FOR UPDATE",
	"WITH x AS MATERIALIZED (SELECT * FROM fag.sag WHERE sag_id = $victim) SELECT count(*) FROM x WHERE leak(note)",
	"SET max_parallel_workers_per_gather = 0; COPY (SELECT note FROM fag.sag WHERE sag_id = $victim) TO STDOUT",
	"SELECT count(*) FROM fag.sag TABLESAMPLE SYSTEM (100) WHERE fail(note) AND sag_id = $victim",
	"SELECT most_common_vals FROM pg_stats WHERE tablename = 'sag' AND attname IN ('note', 'cpr', 'omraade')");
for my $sql (@attempts)
{
	my $err = notices('unge', $sql);
	my $out = as('unge', $sql);
	unlike("$err\n$out", qr/saw|note $victim|division by zero|invalid input/, "nothing comes of: $sql");
}
like(as('unge', 'SET row_security = off; SELECT count(*) FROM fag.sag'), qr/query would be affected by row-level security/, 'row_security = off is an error, no way round');
unlike(as('unge', "EXPLAIN SELECT * FROM fag.sag WHERE sag_id = $victim"), qr/note|voksne/, 'EXPLAIN shows no value');
for my $relation (qw(assignment plan plan_consent plan_participant unit_role attached_table handover current_assignment violation my_case my_plan))
{
	like(as('unge', "SELECT count(*) FROM msb_org.$relation"), qr/permission denied/, "$relation is not to be read");
}
# The helpers answer about the caller only.
is(as('unge', "SELECT msb_org.sees_case('sag', '$victim', 'voksne'), msb_org.is_unjudged('sag', '0'), msb_org.visible_areas('sag')"), 'f|f|{unge}', 'what the policies call says nothing of others');
is(as('unge', "SELECT count(*) FROM msb_org.my_shared_case c WHERE NOT EXISTS (SELECT FROM fag.sag s WHERE s.sag_id::text = c.case_key)"), '0', 'the cases shared are those seen');
is(as('unge', 'SELECT count(*) FROM msb_org.my_unjudged_case'), '0', 'what cannot be judged is the entry\'s');

# Writing gives no key away.
$node->safe_psql('sager', 'GRANT INSERT, UPDATE, DELETE ON fag.sag TO unge');
for my $sql ("INSERT INTO fag.sag VALUES ($victim, '740398-0121', 'authority', NULL, NULL, 'unge', NULL, NULL)",
	"INSERT INTO fag.sag VALUES ($victim, '740398-0121', 'authority', NULL, NULL, 'unge', NULL, NULL) ON CONFLICT (sag_id) DO UPDATE SET note = 'x'")
{
	like(as('unge', $sql), qr/new row violates row-level security policy/, 'a taken key is no other answer than a free one');
	is(as('unge', $sql =~ s/\($victim,/(-$victim,/r), as('unge', $sql), '... word for word');
}
is(as('unge', "UPDATE fag.sag SET note = 'x' RETURNING 1"), '', 'no row is updated');
$node->safe_psql('sager', 'REVOKE INSERT, UPDATE, DELETE ON fag.sag FROM unge');

# Views: with their owner's policies, or with the reader's.
$node->safe_psql('sager', "SET ROLE ejer; CREATE VIEW fag.ejers AS SELECT * FROM fag.sag; CREATE VIEW fag.min WITH (security_invoker) AS SELECT * FROM fag.sag; GRANT SELECT ON fag.ejers, fag.min TO unge, ingen");
is(as('ingen', 'SELECT count(*) FROM fag.min'), '0', 'a view with security_invoker shows what the reader may see');
is(as('unge', 'SELECT count(*) FROM fag.min'), as('unge', 'SELECT count(*) FROM fag.sag'), '... all of it');
is(as('ingen', 'SELECT count(*) FROM fag.ejers'), $rows + 1, "a view of the owner's shows everything: as docs/access.md warns");

# Prepared statements, SET ROLE, and parallel workers.
$node->safe_psql('sager', 'CREATE ROLE leder LOGIN NOINHERIT; GRANT unge, voksne, ingen TO leder');
my %count = map { $_ => as($_, 'SELECT count(*) FROM fag.sag') } qw(unge voksne ingen);
is(as('leder', 'PREPARE q AS SELECT count(*) FROM fag.sag; ' . join('', map { "SET ROLE $_; EXECUTE q; EXECUTE q;" } qw(unge voksne ingen)) . 'RESET ROLE; EXECUTE q'),
	join("\n", (map { ($count{$_}, $count{$_}) } qw(unge voksne ingen)), 0), 'one prepared statement, several roles');
is(as('leder', "BEGIN; SET LOCAL ROLE voksne; DECLARE c CURSOR FOR SELECT sag_id FROM fag.sag WHERE sag_id = $victim; SET LOCAL ROLE ingen; FETCH ALL FROM c; COMMIT"), '', 'a cursor goes by the role that reads it');
# of this table alone: what the policies ask would start workers at each call
$node->safe_psql('sager', 'ALTER TABLE fag.sag SET (parallel_workers = 2)');
my $parallel = "SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET max_parallel_workers_per_gather = 2; SET enable_indexscan = off; SET enable_bitmapscan = off; SET enable_indexonlyscan = off;";
like(as('unge', "$parallel EXPLAIN (COSTS OFF) SELECT count(note) FROM fag.sag"), qr/Parallel Seq Scan/, 'the scan can be parallel');
is(as('unge', "$parallel SELECT count(note) FROM fag.sag"), $count{unge}, '... and sees the same');

# A membership that ends, ends at the next statement; so does a row of unit_role.
$node->safe_psql('sager', 'CREATE ROLE hanne LOGIN IN ROLE unge');
is(as('hanne', 'SELECT count(*) FROM fag.sag'), $count{unge}, 'a member of an area\'s role');
$node->safe_psql('sager', 'REVOKE unge FROM hanne');
is(as('hanne', 'SELECT count(*) FROM fag.sag'), '0', '... no longer one');
$node->safe_psql('sager', "DELETE FROM msb_org.unit_role WHERE role = 'voksne'");
is(as('voksne', 'SELECT count(*) FROM fag.sag'), '0', 'a role that is no longer the unit\'s');
$node->safe_psql('sager', "INSERT INTO msb_org.unit_role VALUES ('msb-2019', 'voksne', 'voksne')");

#
# A dump and a restore.
#
my $dump = $node->basedir . '/sager.sql';
$node->command_ok([ 'pg_dump', '-f', $dump, $node->connstr('sager') ], 'dumped');
$node->safe_psql('postgres', 'CREATE DATABASE kopi');
$node->command_ok([ 'psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-f', $dump, $node->connstr('kopi') ], 'restored');
is($node->safe_psql('kopi', "SELECT count(*), count(*) FILTER (WHERE role = 'en rolle, der ikke findes') FROM msb_org.unit_role"), (@areas + 2) . '|1', 'roles of units, absent ones too');
is($node->safe_psql('kopi', 'SELECT protected FROM msb_org.attachment'), 't', 'the table is protected');
is(as($_, 'SELECT count(*) FROM fag.sag', 'kopi'), as($_, 'SELECT count(*) FROM fag.sag'), "$_ sees the same there") for ('unge', 'ydelse', 'ingen', 'fagsystem');

$node->stop;
done_testing();
