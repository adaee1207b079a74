# The compiled structures that a backend keeps: right after every way in which
# an enactment comes or goes, in parallel workers, under plans made before, for
# large documents and damaged ones; and their memory is given back.
use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init(extra => [ '--encoding=UTF8', '--locale=C' ]);
$node->append_conf('postgresql.conf', "max_prepared_transactions = 5\njit = off\n");
$node->start;
$node->safe_psql('postgres', 'CREATE EXTENSION msb_org');

my $begin = "SET msb_org.today = '2019-06-01';\n";

# What a script answers, its lines in one; the answers of DO and SET are not among them.
sub answers
{
	my ($script) = @_;
	my $said = $node->safe_psql('postgres', $begin . $script);
	$said =~ s/\n/ /g;
	return $said;
}

# The error of a script's last statement: its code and text.
sub refused
{
	my ($script) = @_;
	my ($rc, $out, $err) = $node->psql('postgres', "\\set VERBOSITY verbose\n" . $begin . $script);
	$err =~ s/^.*?ERROR:  //s;
	$err =~ s/\nLOCATION:.*//s;
	return $err;
}

$node->safe_psql('postgres', $begin . q{
	INSERT INTO msb_org.facet (facet, if_null) VALUES ('task', 't');
	INSERT INTO msb_org.label (facet, label) VALUES ('task', 't'), ('task', 'u');
	INSERT INTO msb_org.structure (structure) SELECT unnest(ARRAY['a', 'b', 'c']);
	INSERT INTO msb_org.unit (structure, unit, kind) SELECT structure, upper(structure), 'operating_area' FROM msb_org.structure;
	INSERT INTO msb_org.rule (structure, rule, unit, target) SELECT structure, 'R1', upper(structure), 'any' FROM msb_org.structure;
	SELECT msb_org.adopt('a', '2019-01-01');});

#
# In one session: commit, rollback, savepoints, what nobody should do by hand.
#
my $ask = "SELECT coalesce(msb_org.area_of('any'), '-');\n";
is(answers("$ask BEGIN; DO \$\$ BEGIN PERFORM msb_org.adopt('b', '2019-06-01'); END \$\$; $ask ROLLBACK; $ask"),
	'A B A', 'adopted and rolled back');
is(answers("BEGIN; DO \$\$ BEGIN PERFORM msb_org.adopt('b', '2019-06-01'); END \$\$; ROLLBACK; $ask"),
	'A', 'nothing asked before the rollback');
is(answers("BEGIN; $ask SAVEPOINT s; DO \$\$ BEGIN PERFORM msb_org.adopt('b', '2019-06-01'); END \$\$; $ask
	SAVEPOINT t; DO \$\$ BEGIN PERFORM msb_org.adopt('c', '2019-06-01'); END \$\$; $ask
	ROLLBACK TO t; $ask ROLLBACK TO s; $ask RELEASE s; $ask COMMIT; $ask"),
	'A B C B A A A', 'savepoints rolled back one after the other');
is(answers(q{DO $$
	DECLARE said text := msb_org.area_of('any');
	BEGIN
		BEGIN
			PERFORM msb_org.adopt('b', '2019-06-01');
			said := said || msb_org.area_of('any');
			RAISE division_by_zero;
		EXCEPTION WHEN division_by_zero THEN
			said := said || msb_org.area_of('any');
		END;
		PERFORM set_config('test.said', said, false);
	END $$;
	SHOW test.said;}), 'ABA', 'within one statement, an exception block');
is(answers("BEGIN; DO \$\$ BEGIN PERFORM msb_org.adopt('b', '2019-06-01'); END \$\$; $ask
	PREPARE TRANSACTION 'p'; $ask ROLLBACK PREPARED 'p'; $ask
	BEGIN; DO \$\$ BEGIN PERFORM msb_org.adopt('b', '2019-06-02'); END \$\$; PREPARE TRANSACTION 'p'; COMMIT PREPARED 'p';
	SELECT msb_org.area_of('any', '2019-06-02'); DO \$\$ BEGIN PERFORM msb_org.withdraw_enactment('b', 1); END \$\$;
	SELECT msb_org.area_of('any', '2019-06-02');"),
	'B A A B A', 'prepared transactions');
is(answers("BEGIN; $ask TRUNCATE msb_org.enactment; $ask ROLLBACK; $ask"), 'A - A', 'truncated and rolled back');
is(answers("BEGIN; $ask SET LOCAL session_replication_role = replica; DELETE FROM msb_org.enactment WHERE structure = 'a'; $ask ROLLBACK; $ask"),
	'A - A', 'rows deleted as logical replication would');
is(answers("BEGIN; $ask SET LOCAL session_replication_role = replica;
	UPDATE msb_org.enactment SET document = jsonb_set(document, '{rules,0,unit}', '\"Z\"') WHERE structure = 'a'; $ask ROLLBACK; $ask"),
	'A Z A', 'a document changed as logical replication would');
is(answers("BEGIN; $ask ALTER TABLE msb_org.enactment SET (fillfactor = 50); $ask ROLLBACK; $ask"), 'A A A', 'the table altered');
is(answers("$ask VACUUM FULL msb_org.enactment; $ask CLUSTER msb_org.enactment USING enactment_pkey; $ask"), 'A A A', 'the table written anew');
is(answers("$ask DISCARD ALL; SET msb_org.today = '2019-06-01'; $ask"), 'A A', 'everything discarded');

#
# A plan made before: a STABLE call is evaluated at every execution.
#
for my $mode ('force_custom_plan', 'force_generic_plan', 'auto')
{
	is(answers("SET plan_cache_mode = $mode;
		PREPARE ask AS SELECT msb_org.area_of('any'), msb_org.area_of(NULL::date, \$1, NULL, NULL), (msb_org.decide('any')).structure;
		EXECUTE ask('t'); EXECUTE ask('t'); EXECUTE ask('t'); EXECUTE ask('t'); EXECUTE ask('t'); EXECUTE ask('t'); EXECUTE ask('t');
		BEGIN; DO \$\$ BEGIN PERFORM msb_org.adopt('b', '2019-06-01'); END \$\$; EXECUTE ask('t'); ROLLBACK; EXECUTE ask('t');"),
		join(' ', ('A|A|a') x 7, 'B|B|b', 'A|A|a'), "a prepared statement, $mode");
}
is(answers(q{
	CREATE TEMP TABLE place (unit text, n int);
	INSERT INTO place SELECT chr(65 + k % 5), k FROM generate_series(0, 9999) AS k;
	CREATE INDEX ON place (unit); ANALYZE place;
	SET plan_cache_mode = force_generic_plan;
	PREPARE mine AS SELECT min(unit), max(unit), count(*) FROM place WHERE unit = msb_org.area_of('any');
	EXECUTE mine;
	BEGIN; DO $$ BEGIN PERFORM msb_org.adopt('b', '2019-06-01'); END $$; EXECUTE mine; ROLLBACK;
	EXECUTE mine;}), 'A|A|2000 B|B|2000 A|A|2000', 'an index condition in a cached plan');

#
# What a call keeps between rows: right when the structure changes between two
# fetches of a cursor, or two calls of one expression in PL/pgSQL, and when it comes
# back to the one that was before.
#
is(answers(q{BEGIN;
	DECLARE c CURSOR FOR SELECT msb_org.area_of(NULL::date, 't', NULL, NULL), msb_org.area_of(NULL::date, t, NULL, NULL) FROM unnest(ARRAY['t', 'u', 't', 'u']) AS t;
	FETCH 1 FROM c;
	SAVEPOINT s; DO $$ BEGIN PERFORM msb_org.adopt('b', '2019-06-01'); END $$; FETCH 1 FROM c;
	ROLLBACK TO s; FETCH 2 FROM c; ROLLBACK;}), 'A|A B|B A|A A|A', 'a cursor that is open while a structure is adopted');
is(answers(q{DO $$
	DECLARE said text := ''; label text;
	BEGIN
		FOR i IN 1 .. 4 LOOP
			label := CASE WHEN i % 2 = 0 THEN 't' ELSE 'u' END;
			IF i = 3 THEN PERFORM msb_org.adopt('b', '2019-06-01'); END IF;
			said := said || msb_org.area_of(NULL::date, label, NULL, NULL) || msb_org.area_of(NULL::date, 't', NULL, NULL);
		END LOOP;
		RAISE EXCEPTION 'undo';
	EXCEPTION WHEN raise_exception THEN
		PERFORM set_config('test.said', said, false);
	END $$;
	SHOW test.said;}), 'AAAABBBB', 'an expression of PL/pgSQL that is evaluated before and after');
# A result outlives the structure that it came from: an argument of a procedure that commits.
$node->safe_psql('postgres', q{
	CREATE PROCEDURE holding(area text) LANGUAGE plpgsql AS $$
	BEGIN
		FOR i IN 1 .. 3 LOOP
			PERFORM msb_org.adopt('a', '2019-01-02'), msb_org.area_of('any');
			COMMIT;
			PERFORM msb_org.withdraw_enactment('a', (SELECT max(revision) FROM msb_org.enactment WHERE structure = 'a')), msb_org.area_of('any');
			COMMIT;
		END LOOP;
		PERFORM set_config('test.said', area, false);
	END $$;});
is(answers("SET msb_org.today = '2019-01-01'; CALL holding(msb_org.area_of(NULL::date, 't', NULL, NULL)); SHOW test.said;"),
	'A', 'an area handed to a procedure that commits and changes the structure');

#
# Parallel workers see what their leader has adopted and not committed.
#
$node->safe_psql('postgres', q{
	CREATE TABLE born AS SELECT n, '1990-01-01'::date + n % 9000 AS birth FROM generate_series(1, 30000) AS n;
	ANALYZE born;});
my $parallel = "SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0;
	SET max_parallel_workers_per_gather = 2; SET parallel_leader_participation = off;\n";
my $count = "SELECT unit, count(*) FROM (SELECT msb_org.area_of(birth, 't', NULL, NULL) AS unit FROM born) AS x GROUP BY unit ORDER BY unit;\n";
my $plan = $node->safe_psql('postgres', $parallel . "EXPLAIN (COSTS OFF) $count");
like($plan, qr/Parallel Seq Scan on born/, 'the plan is a parallel one');
my $analyzed = $node->safe_psql('postgres', $begin . $parallel . "EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF) $count");
like($analyzed, qr/Workers Launched: [12]/, 'and workers are launched');
is(answers("$parallel $count BEGIN; DO \$\$ BEGIN PERFORM msb_org.adopt('b', '2019-06-01'); END \$\$; $count
	SAVEPOINT s; DO \$\$ BEGIN PERFORM msb_org.adopt('c', '2019-06-01'); END \$\$; $count ROLLBACK TO s; $count ROLLBACK; $count"),
	'A|30000 B|30000 C|30000 B|30000 A|30000', 'workers decide by what the leader sees');

#
# DROP and CREATE EXTENSION in one session.
#
is(answers(q{
	SET client_min_messages = warning;
	SELECT msb_org.area_of('any');
	BEGIN;
	DROP EXTENSION msb_org CASCADE;
	CREATE EXTENSION msb_org;
	SELECT coalesce(msb_org.area_of('any'), '-');
	INSERT INTO msb_org.structure VALUES ('n');
	INSERT INTO msb_org.unit (structure, unit, kind) VALUES ('n', 'N', 'staff');
	INSERT INTO msb_org.rule (structure, rule, unit, target) VALUES ('n', 'R1', 'N', 'any');
	SELECT msb_org.adopt('n', '2019-01-01');
	SELECT msb_org.area_of('any');
	ROLLBACK;
	SELECT msb_org.area_of('any');}), 'A - n#1 N A', 'the extension dropped and made again, and that rolled back');

#
# A large document: 1,500 rules, 300 labels, five facets.
#
my $large = q{
	INSERT INTO msb_org.facet (facet, if_null) SELECT 'f' || f, 'l1' FROM generate_series(1, 5) AS f;
	INSERT INTO msb_org.label (facet, label, parent) SELECT 'f' || f, 'l' || l, CASE WHEN l > 10 THEN 'l' || 1 + l % 10 END FROM generate_series(1, 5) AS f, generate_series(1, 60) AS l;
	INSERT INTO msb_org.structure VALUES ('large');
	INSERT INTO msb_org.unit (structure, unit, kind) SELECT 'large', 'u' || n, 'staff' FROM generate_series(0, 1499) AS n;
	INSERT INTO msb_org.rule (structure, rule, unit, target)
	SELECT 'large', 'R' || n, 'u' || n, CASE n WHEN 0 THEN 'any' ELSE format('age %s-%s; f1 l%s|l%s; f2 l%s; f3 l%s', n % 60, n % 60 + 40, 1 + n % 60, 1 + n % 10, 1 + n % 59, 1 + n % 7) END::msb_org.target_group
	FROM generate_series(0, 1499) AS n;
	INSERT INTO msb_org.precedence (structure, rule, over) SELECT 'large', 'R' || m, 'R' || n FROM generate_series(0, 1499) AS m, generate_series(0, 1499) AS n WHERE m > n AND (m - n) % 20 = 0 OR n = 0 AND m > 0;
};
$node->safe_psql('postgres', $begin . $large . q{
	INSERT INTO msb_org.enactment (structure, revision, from_date, in_force, document, adopted_by)
	SELECT 'large', 1, '2000-01-01', '[2000-01-01,2000-01-02)', msb_org.export_structure('large'), 'test';});
is(answers("SELECT rule, unit FROM msb_org.decide('age 90', '2000-01-01');
	SELECT msb_org.area_of('age 20; f1 l2; f2 l2; f3 l2', '2000-01-01') IS NOT DISTINCT FROM (SELECT unit FROM msb_org.explain_area('age 20; f1 l2; f2 l2; f3 l2', '2000-01-01') WHERE wins);
	SELECT count(*), count(*) FILTER (WHERE matches) > 1 FROM msb_org.explain_area('age 20; f1 l2; f2 l2; f3 l2', '2000-01-01');"),
	'R0|u0 t 1500|t', '1,500 rules are compiled and decide');
my $seconds = answers(q{
	SELECT set_config('test.at', clock_timestamp()::text, false) IS NULL; SELECT msb_org.area_of('any', '2000-01-01') IS NULL;
	SELECT extract(epoch FROM clock_timestamp() - current_setting('test.at')::timestamptz);});
$seconds =~ s/.* //;
note("compiling 1,500 rules and the first decision took $seconds s");
cmp_ok($seconds, '<', 5, 'in seconds, not minutes');
my $checked = answers("SELECT count(*) FROM msb_org.verify('large') WHERE finding LIKE 'unknown%';");
is($checked, '0', 'and the structure is verified');

#
# Documents that somebody wrote by hand: an error, no crash; and the rest goes on.
#
my @damaged = (
	[ '[]', 'It is not an object.' ],
	[ '"x"', 'It is not an object.' ],
	[ '7', 'It is not an object.' ],
	[ 'null', 'It is not an object.' ],
	[ '{}', 'Its "facets" is missing or not a list.' ],
	[ '{"facets": 7}', 'Its "facets" is missing or not a list.' ],
	[ '{"facets": {}}', 'Its "facets" is missing or not a list.' ],
	[ '{"facets": [], "labels": "x"}', 'Its "labels" is missing or not a list.' ],
	[ '{"facets": [7], "labels": []}', 'Element 1 of "facets" is not an object.' ],
	[ '{"facets": [{}], "labels": []}', 'A text under "facet" is missing.' ],
	[ '{"facets": [{"facet": null}], "labels": []}', 'A text under "facet" is missing.' ],
	[ '{"facets": [], "labels": [{"facet": "f"}]}', 'A text under "label" is missing.' ],
	[ '{"facets": [], "labels": [], "units": [[]]}', 'Element 1 of "units" is not an object.' ],
	[ '{"facets": [], "labels": [], "units": [{"unit": "u"}]}', 'A text under "kind" is missing.' ],
	[ '{"facets": [], "labels": [], "units": []}', 'Its "rules" is missing or not a list.' ],
	[ '{"facets": [], "labels": [], "units": [], "rules": [{"rule": "R", "unit": 1}]}', 'A text under "unit" is missing.' ],
	[ '{"facets": [], "labels": [], "units": [], "rules": [{"rule": "R", "unit": "u"}]}', 'A text under "target" is missing.' ],
	[ '{"facets": [], "labels": [], "units": [], "rules": [{"rule": "R", "unit": "u", "target": "age 7-3"}]}', 'The target of rule "R" is not a target group.' ],
	[ '{"facets": [], "labels": [], "units": [], "rules": []}', 'Its "precedences" is missing or not a list.' ],
	[ '{"facets": [], "labels": [], "units": [], "rules": [], "precedences": [{"rule": "R"}]}', 'A text under "over" is missing.' ],);
my $by_hand = "INSERT INTO msb_org.enactment (structure, revision, from_date, in_force, document, adopted_by)
	VALUES ('x', 3, '2001-01-01', '[2001-01-01,2001-01-02)', '%s', 'nobody')";
for my $case (@damaged)
{
	my ($document, $detail) = @$case;
	is( refused(sprintf("BEGIN; $by_hand; SELECT msb_org.area_of('any', '2001-01-01');", $document)),
		qq{XX001: the document of structure "x#3" is damaged\nDETAIL:  $detail},
		"damaged: $document");
}
# Damaged in a way that can be lived with: an unknown parent or if_null, a circle
# of parents, precedences of rules that are not there, a rule's code or a label twice.
is(answers(sprintf("BEGIN; $by_hand; SELECT * FROM msb_org.decide('f b; g a', '2001-01-01'); SELECT rule, matches, wins FROM msb_org.explain_area('f c; g a', '2001-01-01');",
	'{"facets": [{"facet": "f", "if_null": "z"}, {"facet": "g"}, {"facet": "g"}],
	  "labels": [{"facet": "f", "label": "a", "parent": "b"}, {"facet": "f", "label": "b", "parent": "a"}, {"facet": "f", "label": "c", "parent": "y"},
	             {"facet": "g", "label": "a"}, {"facet": "g", "label": "a"}, {"facet": "h", "label": "a"}],
	  "units": [], "rules": [{"rule": "R", "unit": "u", "target": "f a"}, {"rule": "R", "unit": "u", "target": "f a"}, {"rule": "S", "unit": "v", "target": "f x"}],
	  "precedences": [{"rule": "R", "over": "T"}, {"rule": "T", "over": "R"}, {"rule": "R", "over": "R"}]}')),
	'x|3|R|u||| R|f|f R|f|f S|f|f', 'a document that is odd and can be compiled');
# After the error the backend decides as before, and says the error again.
is(answers(sprintf(q{%s;
	DO $$
	BEGIN
		FOR i IN 1 .. 200 LOOP
			BEGIN
				PERFORM msb_org.area_of('any', '2001-01-01');
				RAISE EXCEPTION 'no error';
			EXCEPTION WHEN data_corrupted THEN NULL;
			END;
		END LOOP;
	END $$;
	SELECT msb_org.area_of('any'); SELECT count(*) FROM pg_backend_memory_contexts WHERE name = 'msb_org structures';
	SELECT count(*) FROM pg_backend_memory_contexts WHERE name = 'msb_org structure';
	SET session_replication_role = replica; DELETE FROM msb_org.enactment WHERE structure = 'x';}, sprintf($by_hand, '{}'))),
	'A 1 1', 'the error comes every time and leaves nothing behind');

#
# Memory
#
my $memory = "SELECT sum(total_bytes) FROM pg_backend_memory_contexts;\n";
my $cycle = "SELECT msb_org.adopt('a', '2019-06-01'); SELECT count(msb_org.area_of('any')) FROM generate_series(1, 50);\n";
my @grown = split ' ', $node->safe_psql('postgres',
	$begin . "SET client_min_messages = warning;\n" . "$cycle" x 20 . "\\echo bytes\n$memory" . $cycle x 200 . "\\echo bytes\n$memory"
	. "SELECT count(*) FROM pg_backend_memory_contexts WHERE name LIKE 'msb_org structure%';");
my ($first) = grep { $grown[$_] eq 'bytes' } 0 .. $#grown;
my $before = $grown[ $first + 1 ];
my ($contexts, $after) = @grown[ -1, -2 ];
note("memory after 20 adoptions: $before, after 200 more and 10,000 decisions: $after");
cmp_ok($after - $before, '<', 200_000, '200 adoptions and 10,000 decisions do not fill the memory');
is($contexts, '2', 'one cache with one structure is left');

# Rows take none: what is remembered was made by the first of them.
my $rows = "SELECT count(msb_org.area_of(birth, CASE WHEN n % 2 = 0 THEN 't' ELSE 'u' END, NULL, NULL)) FROM born, generate_series(1, %d) AS again;\n";
@grown = split ' ', $node->safe_psql('postgres', $begin . 'SET max_parallel_workers_per_gather = 0; ' . sprintf($rows, 2) x 2 . $memory . sprintf($rows, 70) . $memory);
cmp_ok($grown[4] - $grown[2], '<', 50_000, '2,100,000 decisions take no memory');
is($grown[3], 2_100_000, 'all of them decided');

# In one transaction the caches that are replaced wait for its end.
my $one = $node->safe_psql('postgres', $begin . q{
	SELECT msb_org.load_structure('msb-2019');
	INSERT INTO msb_org.rule (structure, rule, unit, target) VALUES ('msb-2019', 'T1', 'job', 'subject citizen; task t|u');
	SELECT msb_org.adopt('msb-2019', '2019-06-01');
	SELECT msb_org.area_of('task authority');
	BEGIN;
	DO $$ BEGIN FOR i IN 1 .. 50 LOOP PERFORM msb_org.adopt('msb-2019', '2019-06-01'), msb_org.area_of('task authority'); END LOOP; END $$;
	COMMIT;
	SELECT msb_org.area_of('task authority');
	SELECT count(*) FILTER (WHERE name = 'msb_org structures'), count(*) FILTER (WHERE name = 'msb_org structure') <= 1, sum(total_bytes)
	FROM pg_backend_memory_contexts WHERE name LIKE 'msb_org structure%';});
like($one, qr/^1\|t\|\d+$/m, 'after a transaction with many adoptions one cache is left');
my ($bytes) = $one =~ /\|(\d+)$/;
note("the cache with msb-2019 takes $bytes bytes");
cmp_ok($bytes, '<', 256 * 1024, 'the cache with msb-2019 takes less than 256 kB');

#
# msb_org.today is the superuser's, also where it is set before the library is loaded.
#
$node->safe_psql('postgres', 'CREATE ROLE clerk LOGIN');
{
	local $ENV{PGOPTIONS} = '-c msb_org.today=2001-02-03 -c msb_org.actor=somebody';
	is($node->safe_psql('postgres', "SELECT msb_org.today(), msb_org.actor()"), '2001-02-03|somebody', 'a superuser sets the day when connecting');
	my ($rc, $out, $err) = $node->psql('postgres', "SELECT msb_org.today() = '2001-02-03', msb_org.actor()", connstr => $node->connstr('postgres') . ' user=clerk');
	is($out, 'f|somebody', 'others do not, but say who acts');
	like($err, qr/permission denied to set parameter "msb_org.today"/, 'and hear of it');
}

#
# What is stated of citizens is kept in a filter: one whose making was cancelled
# half way is none.
#
$node->safe_psql('postgres', 'CREATE DATABASE stated');
$node->safe_psql('stated', q{
	SET client_min_messages = warning;
	SET msb_org.today = '2019-09-02';
	CREATE EXTENSION msb_org;
	SELECT msb_org.load_structure('msb-2019'), msb_org.adopt('msb-2019', DATE '2019-08-01');
	CREATE TABLE sag (nr integer PRIMARY KEY, cpr text, udfordring text);
	SELECT msb_org.attach('sag', key => 'nr', citizen => 'cpr', birth => 'cpr', mode => 'observe',
		facets => '{"challenge": "udfordring"}', facet_values => '{"task": "provision"}');
	INSERT INTO msb_org.primary_challenge (citizen, challenge, reason, actor, valid_from, valid_to)
	SELECT i, 'homelessness', 'r', 'a', '2019-01-01', '2019-01-02' FROM generate_series(1, 400000) i;
	INSERT INTO msb_org.primary_challenge (citizen, challenge, reason, actor, valid_from)
	VALUES ('640180-1001', 'homelessness', 'r', 'a', '2019-01-01');});
my $cancelled = 0;
foreach my $ms (5, 10, 20)
{
	my ($rc, $out, $err) = $node->psql('stated', qq{
		SET msb_org.today = '2019-09-02';
		BEGIN;
		INSERT INTO sag SELECT i, '650180-' || to_char(i, 'FM0000'), 'unemployment' FROM generate_series(1, 100) i;
		SET LOCAL statement_timeout = $ms;
		SET CONSTRAINTS ALL IMMEDIATE;
		ROLLBACK;
		INSERT INTO sag VALUES ($ms, '640180-1001', 'unemployment');
		SELECT unit FROM msb_org.assignment WHERE case_key = '$ms';}, on_error_stop => 0);
	$cancelled++ if $err =~ /statement timeout/;
	is($out, 'udsatte', "what is stated decides, after a scan of at most $ms ms");
}
note("$cancelled scans were cancelled");

$node->stop;
done_testing();
