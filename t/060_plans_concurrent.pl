# Eight clients open, change, close, delete, reopen and move the cases of 300
# citizens at each isolation level, with savepoints, several statements a
# transaction, plans declined and primary challenges stated meanwhile, and the
# server stopped in the middle of one run.  Afterwards the ledger, the reasons, the
# plans, their participants and the pending handovers must be what a plain query
# over the case tables says.  MSB_FULL=1 runs 20 s at each level, else it is 6 s.
use strict;
use warnings;

use IPC::Run;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(sleep);

my $seconds = $ENV{MSB_FULL} ? 20 : 6;
my $node = PostgreSQL::Test::Cluster->new('main');
$node->init(extra => [ '--encoding=UTF8', '--locale=C' ]);
$node->append_conf('postgresql.conf', q{
msb_org.today = '2019-09-01'
log_line_prefix = '%e|%x|'
log_statement = none
deadlock_timeout = 200ms
# as a server has it: predicate locks are counted by it
max_connections = 100
});
$node->start;

#
# 300 citizens of all ages, some with a number whose birth date is uncertain; two
# tables in fill, one of them with an area column, and a third in observe.
#
$node->safe_psql('postgres', q{
CREATE EXTENSION msb_org;
SELECT msb_org.load_structure('msb-2019'), msb_org.adopt('msb-2019', DATE '2019-08-01');
CREATE TABLE person (n integer PRIMARY KEY, cpr text NOT NULL);
INSERT INTO person
SELECT n, CASE WHEN n % 25 = 0 THEN '01' || to_char(1 + n % 12, 'FM00') || '801' || chr(64 + n / 25) || 'A' || n % 10
               ELSE to_char(61 + n % 28, 'FM00') || to_char(1 + n % 12, 'FM00')
                    || to_char(CASE n % 6 WHEN 0 THEN n % 18 ELSE 20 + n * 7 % 80 END, 'FM00')
                    || CASE WHEN n % 4 < 2 THEN '-' ELSE '' END || CASE n % 6 WHEN 0 THEN '4' ELSE '1' END || to_char(n, 'FM000') END
  FROM generate_series(1, 300) n;
CREATE TABLE sag (sag_id integer PRIMARY KEY, cpr text, opgave text, udfordring text, indsats text, afsluttet date, omraade text);
CREATE TABLE jobsag (nr integer PRIMARY KEY, cpr text, opgave text, udfordring text, indsats text, afsluttet date);
CREATE TABLE kontakt (nr integer PRIMARY KEY, cpr text, opgave text, udfordring text, indsats text, afsluttet date);
SELECT msb_org.attach('sag', key => 'sag_id', citizen => 'cpr', birth => 'cpr', area => 'omraade', closed => 'afsluttet',
                      facets => '{"task": "opgave", "challenge": "udfordring", "service": "indsats"}', mode => 'fill'),
       msb_org.attach('jobsag', key => 'nr', citizen => 'cpr', birth => 'cpr', closed => 'afsluttet',
                      facets => '{"task": "opgave", "challenge": "udfordring", "service": "indsats"}', mode => 'fill'),
       msb_org.attach('kontakt', key => 'nr', citizen => 'cpr', birth => 'cpr', closed => 'afsluttet',
                      facets => '{"task": "opgave", "challenge": "udfordring", "service": "indsats"}', mode => 'observe');

-- What an application writes, drawn by number.
CREATE FUNCTION cpr(n integer) RETURNS text LANGUAGE sql STABLE AS 'SELECT p.cpr FROM person p WHERE p.n = cpr.n';
CREATE FUNCTION task(n integer) RETURNS text LANGUAGE sql IMMUTABLE AS
$$SELECT ('{provision,provision,authority,benefit,benefit,coordination,ukendt,NULL}'::text[])[1 + n % 8]$$;
CREATE FUNCTION challenge(n integer) RETURNS text LANGUAGE sql IMMUTABLE AS
$$SELECT ('{homelessness,disability,unemployment,sickness,mental_illness,NULL,brain_injury,unknown,sludder,flexjob}'::text[])[1 + n % 10]$$;
CREATE FUNCTION service(n integer) RETURNS text LANGUAGE sql IMMUTABLE AS
$$SELECT ('{NULL,NULL,general,employment,residential,substance_treatment}'::text[])[1 + n % 6]$$;
CREATE FUNCTION closing(n integer) RETURNS date LANGUAGE sql STABLE AS
$$SELECT CASE n % 8 WHEN 0 THEN msb_org.today() + 100 ELSE msb_org.today() - n % 8 END$$;

--
-- The same by plain query
--
CREATE TABLE document AS SELECT e.document FROM msb_org.enactment e;
CREATE TABLE duty AS
    SELECT d ->> 'duty' AS duty, d ->> 'part' AS part, (d ->> 'counted')::msb_org.target_group AS counted, (d ->> 'min_units')::integer AS min_units,
           coalesce(d ->> 'action', 'open') AS action
      FROM document, jsonb_array_elements(document -> 'plan_duties') d;
CREATE TABLE unit AS SELECT u ->> 'unit' AS unit, u ->> 'kind' AS kind FROM document, jsonb_array_elements(document -> 'units') u;
CREATE TABLE challenge_label AS
    SELECT l ->> 'label' AS label, coalesce((l ->> 'yields')::boolean, false) AS yields, (l ->> 'priority')::integer AS priority
      FROM document, jsonb_array_elements(document -> 'labels') l WHERE l ->> 'facet' = 'challenge';

CREATE VIEW plain_case AS
    SELECT s.case_table, s.case_key, s.observed, s.omraade, msb_org.citizen_key(s.cpr) AS citizen, b.birth,
           l.challenge, l.known,
           CASE WHEN l.known THEN msb_org.area_of(b.birth, s.opgave, CASE WHEN l.yields THEN coalesce(p.challenge, l.challenge) ELSE l.challenge END, l.service) END AS unit,
           CASE WHEN l.known THEN format('subject citizen; age %s; task %s; challenge %s; service %s',
                coalesce(extract(year FROM age(msb_org.today(), b.birth))::text, 'unknown'), s.opgave, l.challenge, l.service) END AS situation
      FROM (SELECT 'sag' AS case_table, sag_id::text AS case_key, false AS observed, cpr, opgave, udfordring, indsats, afsluttet, omraade FROM sag
            UNION ALL SELECT 'jobsag', nr::text, false, cpr, opgave, udfordring, indsats, afsluttet, NULL FROM jobsag
            UNION ALL SELECT 'kontakt', nr::text, true, cpr, opgave, udfordring, indsats, afsluttet, NULL FROM kontakt) s
      CROSS JOIN LATERAL (SELECT CASE WHEN msb_org.birth_certain(s.cpr::msb_org.cpr) THEN msb_org.birth_date(s.cpr::msb_org.cpr) END AS birth) b
      CROSS JOIN LATERAL (SELECT coalesce(s.udfordring, 'unknown') AS challenge, coalesce(s.indsats, 'unknown') AS service,
                                 s.opgave IS NOT NULL AND s.opgave <> 'ukendt' AND s.udfordring IS DISTINCT FROM 'sludder' AS known,
                                 coalesce(s.udfordring, 'unknown') IN (SELECT label FROM challenge_label WHERE yields) AS yields) l
      LEFT JOIN msb_org.primary_challenge p ON p.citizen = msb_org.citizen_key(s.cpr) AND p.valid_to IS NULL
     WHERE s.afsluttet IS NULL OR s.afsluttet > msb_org.today();

CREATE FUNCTION difference() RETURNS TABLE (what text, citizen text, place text, plain text, recorded text) LANGUAGE plpgsql AS $$
BEGIN
    CREATE TEMP TABLE c ON COMMIT DROP AS SELECT * FROM plain_case;
    CREATE TEMP TABLE situation ON COMMIT DROP AS
        SELECT s.situation, d.duty, d.part FROM (SELECT DISTINCT c.situation FROM c WHERE c.known) s, duty d, document
         WHERE msb_org.matches_document(document.document, d.counted, s.situation::msb_org.target_group);
    CREATE TEMP TABLE due ON COMMIT DROP AS
        WITH counted AS (SELECT c.citizen, c.observed, s.duty, s.part, u.unit FROM c JOIN situation s USING (situation)
                           LEFT JOIN unit u ON u.unit = c.unit AND u.kind NOT IN ('external', 'entry')),
             one AS (SELECT k.citizen, k.duty, count(DISTINCT k.part) AS parts, count(DISTINCT k.part) FILTER (WHERE NOT k.observed) AS acting_parts,
                            array_agg(DISTINCT k.unit COLLATE "C") FILTER (WHERE k.unit IS NOT NULL) AS units,
                            count(DISTINCT k.unit) FILTER (WHERE NOT k.observed) AS acting_units
                       FROM counted k GROUP BY 1, 2),
             asked AS (SELECT d.duty, count(DISTINCT d.part) AS parts, max(d.min_units) AS min_units, min(d.action) AS action FROM duty d GROUP BY 1)
        SELECT o.citizen, o.duty, o.units, a.action, o.acting_parts < a.parts OR o.acting_units < a.min_units AS observed
          FROM one o JOIN asked a USING (duty) WHERE o.parts = a.parts AND cardinality(o.units) >= a.min_units;
    CREATE TEMP TABLE open_plan ON COMMIT DROP AS
        SELECT p.* FROM msb_org.plan p WHERE p.kind = 'coordination' AND p.status IN ('draft', 'offered', 'consented', 'active', 'under_review');

    RETURN QUERY
    SELECT 'case', coalesce(c.citizen, a.citizen), coalesce(c.case_table, a.case_table) || ' ' || coalesce(c.case_key, a.case_key),
           c.citizen || ' ' || coalesce(c.unit, '-'), a.citizen || ' ' || coalesce(a.unit, '-')
      FROM c FULL JOIN (SELECT * FROM msb_org.assignment a WHERE a.valid_to IS NULL) a ON a.case_table = c.case_table AND a.case_key = c.case_key
     WHERE c.citizen IS DISTINCT FROM a.citizen OR c.unit IS DISTINCT FROM a.unit
    UNION ALL
    SELECT 'open rows of a case', min(a.citizen), a.case_table || ' ' || a.case_key, '1', count(*)::text
      FROM msb_org.assignment a WHERE a.valid_to IS NULL GROUP BY a.case_table, a.case_key HAVING count(*) <> 1
    UNION ALL
    SELECT 'area', c.citizen, c.case_key, c.unit, c.omraade FROM c WHERE c.case_table = 'sag' AND c.unit IS NOT NULL AND c.omraade IS DISTINCT FROM c.unit
    UNION ALL
    SELECT 'reason', coalesce(d.citizen, r.citizen), coalesce(d.duty, r.duty), format('%s %s %s', d.units, d.action, d.observed), format('%s %s %s', r.units, r.action, r.observed)
      FROM due d FULL JOIN (SELECT * FROM msb_org.plan_reason r WHERE r.valid_to IS NULL) r ON r.citizen = d.citizen AND r.duty = d.duty
     WHERE d.citizen IS NULL OR r.citizen IS NULL OR d.units <> r.units OR d.action <> r.action OR d.observed <> r.observed
    UNION ALL
    SELECT 'open reasons of a duty', r.citizen, r.duty, '1', count(*)::text FROM msb_org.plan_reason r WHERE r.valid_to IS NULL GROUP BY 2, 3 HAVING count(*) <> 1
    UNION ALL
    SELECT 'open plans of a citizen', p.citizen, '', '1', count(*)::text FROM open_plan p GROUP BY 2 HAVING count(*) <> 1
    UNION ALL
    -- a duty has a plan, opened since it asks, or open now; else one that stood when it asked has been declined since
    SELECT 'no plan', r.citizen, r.duty, 'a plan', 'none' FROM msb_org.plan_reason r
     WHERE r.valid_to IS NULL AND NOT r.observed AND r.action = 'open'
       AND NOT EXISTS (SELECT FROM open_plan p WHERE p.citizen = r.citizen)
       AND NOT EXISTS (SELECT FROM msb_org.plan p WHERE p.citizen = r.citizen AND p.kind = 'coordination'
                          AND (p.opened_at >= r.asks_since OR p.status_since >= r.asks_since))
    UNION ALL
    SELECT 'plan_due', coalesce(r.citizen, v.citizen), '', r.citizen, v.citizen
      FROM (SELECT r.* FROM msb_org.plan_reason r WHERE r.valid_to IS NULL
               AND NOT EXISTS (SELECT FROM open_plan p WHERE p.citizen = r.citizen)
               AND NOT EXISTS (SELECT FROM msb_org.plan p WHERE p.citizen = r.citizen AND p.opened_at >= r.asks_since)) r
      FULL JOIN msb_org.plan_due v ON v.citizen = r.citizen AND v.duty = r.duty WHERE r.citizen IS NULL OR v.citizen IS NULL
    UNION ALL
    SELECT 'participant', coalesce(e.citizen, t.citizen), coalesce(e.plan, t.plan)::text, e.unit, t.participant
      FROM (SELECT p.citizen, p.plan, c.unit FROM open_plan p JOIN c USING (citizen) WHERE c.unit IS NOT NULL
            UNION SELECT p.citizen, p.plan, p.unit FROM open_plan p WHERE p.unit IS NOT NULL) e
      FULL JOIN (SELECT t.* FROM msb_org.plan_participant t JOIN open_plan USING (citizen, plan) WHERE t.kind = 'unit' AND t.valid_to IS NULL) t
        ON t.citizen = e.citizen AND t.plan = e.plan AND t.participant = e.unit
     WHERE e.unit IS NULL OR t.participant IS NULL
    UNION ALL
    SELECT 'open rows of a participant', t.citizen, t.participant, '1', count(*)::text
      FROM msb_org.plan_participant t WHERE t.valid_to IS NULL GROUP BY t.citizen, t.plan, t.kind, t.participant HAVING count(*) <> 1
    UNION ALL
    SELECT 'handover', e.citizen, e.plan::text, e.unit, h.to_unit
      FROM (SELECT p.citizen, p.plan, CASE WHEN f.challenge IS NOT NULL THEN nullif(msb_org.area_of(f.birth, 'coordination', f.challenge, NULL), p.unit) END AS unit
              FROM open_plan p
              LEFT JOIN LATERAL (SELECT c.birth, coalesce(s.challenge, c.challenge) AS challenge
                                   FROM c JOIN challenge_label l ON l.label = c.challenge
                                   LEFT JOIN msb_org.primary_challenge s ON s.citizen = c.citizen AND s.valid_to IS NULL
                                  WHERE c.citizen = p.citizen AND c.known ORDER BY l.priority LIMIT 1) f ON true
             WHERE EXISTS (SELECT FROM c WHERE c.citizen = p.citizen)) e
      LEFT JOIN msb_org.handover h ON h.citizen = e.citizen AND h.case_table = '' AND h.case_key = e.plan::text AND h.moved_at IS NULL
     WHERE e.unit IS DISTINCT FROM h.to_unit
    UNION ALL
    SELECT 'review', p.citizen, p.plan::text, (d.citizen IS NULL)::text, (v.plan IS NOT NULL)::text
      FROM open_plan p LEFT JOIN (SELECT DISTINCT due.citizen FROM due) d ON d.citizen = p.citizen
      LEFT JOIN msb_org.plan_review v ON v.citizen = p.citizen AND v.plan = p.plan AND v.reviewed_at IS NULL
     WHERE (d.citizen IS NULL) <> (v.plan IS NOT NULL);
END $$;
});

#
# The transactions.  Where one writes several rows it takes them in one order (sag,
# jobsag, kontakt, each by number), so that no two can wait for each other's rows.
#
my $draw = q{
\set id random(1, 900)
\set id2 :id + random(1, 5)
\set p random(1, 300)
\set p2 random(1, 300)
\set t random(0, 7)
\set u random(0, 9)
\set i random(0, 5)
\set d random(1, 40)
};
my $insert = sub {
	my ($table, $key, $id, $then) = @_;
	return "INSERT INTO $table ($key, cpr, opgave, udfordring, indsats) VALUES ($id, cpr(:p), task(:t), challenge(:u), service(:i)) "
	  . "ON CONFLICT ($key) $then;\n";
};
my $reopen = 'DO UPDATE SET opgave = excluded.opgave, udfordring = excluded.udfordring, afsluttet = NULL';
my @tables = ([ 'sag', 'sag_id' ], [ 'jobsag', 'nr' ], [ 'kontakt', 'nr' ]);
my @scripts;
for my $place (@tables)
{
	my ($table, $key) = @$place;
	my $weight = $table eq 'kontakt' ? 1 : 4;

	push @scripts,
	  [ 3 * $weight, $insert->($table, $key, ':id', $reopen) ],
	  [ $weight, $insert->($table, $key, ':id', 'DO NOTHING') ],
	  [ 2 * $weight, "UPDATE $table SET udfordring = challenge(:u) WHERE $key = :id;\n" ],
	  [ $weight, "UPDATE $table SET opgave = task(:t), indsats = service(:i) WHERE $key = :id;\n" ],
	  [ 2 * $weight, "UPDATE $table SET afsluttet = closing(:d) WHERE $key = :id;\n" ],
	  [ $weight, "UPDATE $table SET cpr = cpr(:p) WHERE $key = :id;\n" ],
	  [ $weight, "DELETE FROM $table WHERE $key = :id;\n" ];
}
push @scripts,
  # a citizen's cases in two tables come and go together
  [ 8, "BEGIN;\n" . $insert->('sag', 'sag_id', ':id', $reopen) . $insert->('jobsag', 'nr', ':id', $reopen =~ s/opgave = excluded.opgave/opgave = 'benefit'/r) . "COMMIT;\n" ],
  [ 3, "BEGIN;\nDELETE FROM sag WHERE sag_id = :id;\nUPDATE jobsag SET afsluttet = closing(:d) WHERE nr = :id;\nUPDATE kontakt SET cpr = cpr(:p) WHERE nr = :id2;\nEND;\n" ],
  # several statements, one case changed more than once, and a key that goes to another row
  [ 4, "BEGIN;\n" . $insert->('sag', 'sag_id', ':id', $reopen) . "UPDATE sag SET opgave = task(:d) WHERE sag_id = :id;\nUPDATE sag SET cpr = cpr(:p2) WHERE sag_id = :id;\n"
	  . "DELETE FROM sag WHERE sag_id = :id2;\n" . $insert->('sag', 'sag_id', ':id2', $reopen) . "SET CONSTRAINTS ALL IMMEDIATE;\nEND;\n" ],
  # savepoints rolled back, with the work done within or before
  [ 4, "BEGIN;\nUPDATE sag SET udfordring = challenge(:u) WHERE sag_id = :id;\nSAVEPOINT a;\n" . $insert->('jobsag', 'nr', ':id', $reopen)
	  . "DELETE FROM jobsag WHERE nr = :id2;\nROLLBACK TO a;\nUPDATE jobsag SET opgave = task(:t) WHERE nr = :id2;\nEND;\n" ],
  [ 4, "BEGIN;\n" . $insert->('sag', 'sag_id', ':id', $reopen) . "SAVEPOINT a;\n" . $insert->('jobsag', 'nr', ':id', $reopen)
	  . "SET CONSTRAINTS ALL IMMEDIATE;\nROLLBACK TO a;\nEND;\n" ],
  [ 3, "BEGIN;\nUPDATE sag SET afsluttet = closing(:d) WHERE sag_id = :id;\nSAVEPOINT a;\nUPDATE sag SET afsluttet = NULL, cpr = cpr(:p) WHERE sag_id = :id;\n"
	  . "SAVEPOINT b;\nDELETE FROM sag WHERE sag_id = :id;\nROLLBACK TO b;\nRELEASE b;\nROLLBACK TO a;\nEND;\n" ],
  [ 2, "BEGIN;\n" . $insert->('sag', 'sag_id', ':id', $reopen) . $insert->('jobsag', 'nr', ':id2', $reopen) . "SET CONSTRAINTS ALL IMMEDIATE;\nROLLBACK;\n" ],
  # people: a plan is declined, a primary challenge stated or taken back, due plans are opened
  [ 3, "BEGIN;\n"
	  . "UPDATE msb_org.plan SET status = 'offered', status_since = msb_org.record_time() WHERE citizen = msb_org.citizen_key(cpr(:p)) AND status = 'draft';\n"
	  . "UPDATE msb_org.plan SET status = 'declined', status_since = msb_org.record_time() WHERE citizen = msb_org.citizen_key(cpr(:p)) AND status = 'offered';\nEND;\n" ],
  [ 2, "SELECT msb_org.state_primary_challenge(cpr(:p), (ARRAY['sickness', 'homelessness', 'disability'])[1 + :t % 4], 'journal');\n" ],
  [ 1, "SELECT count(*) FROM msb_org.open_due_plans(max => 2);\n" ],
  # a job of the administrator's, not the application's: at the level that jobs have
  [ 1, "BEGIN ISOLATION LEVEL READ COMMITTED;\nSELECT msb_org.reassign_due();\nCOMMIT;\n" ];

my @files;
for my $script (@scripts)
{
	my $file = $node->basedir . '/script' . @files / 2 . '.sql';
	append_to_file($file, $draw . $script->[1]);
	push @files, '-f', "$file\@$script->[0]";
}

sub start_clients
{
	my ($level, $for) = @_;
	my $options = $level =~ s/ /\\ /r;
	local $ENV{PGOPTIONS} = "-c default_transaction_isolation=$options";
	my $run = { out => '', err => '' };
	$run->{handle} = IPC::Run::start(
		[ 'pgbench', '-n', '-c', 8, '-j', 2, '-T', $for, '--max-tries', 50, '--failures-detailed', '-h', $node->host, '-p', $node->port, @files, 'postgres' ],
		'<', \undef, '>', \$run->{out}, '2>', \$run->{err});
	return $run;
}

sub number_of
{
	my ($run, $what) = @_;
	return $run->{out} =~ /^$what: (\d+)/m ? $1 : 0;
}

# How often the server said each kind of error since a place in its log.
sub errors
{
	my ($from) = @_;
	my $log = substr(slurp_file($node->logfile), $from);
	my %count;
	$count{$1}++ while $log =~ /^(\w{5})\|\d+\|(?:ERROR|FATAL|PANIC):/mg;
	return \%count;
}

# What failed to serialize, by statement: the commit, or which one before it.
sub serialization_failures
{
	my ($from) = @_;
	my $log = substr(slurp_file($node->logfile), $from);
	my %count;
	while ($log =~ /^40001\|\d+\|ERROR:  ([^\n]*)\n((?:40001\|\d+\|(?:DETAIL|HINT|CONTEXT): [^\n]*\n(?:\t[^\n]*\n)*)*)40001\|\d+\|STATEMENT:  (\w+ \w+ [\w.]+|\w+)/mg)
	{
		my ($why, $more, $statement) = ($1, $2, $3);
		my $within = $more =~ /CONTEXT:  ([^\n]{1,70})/ ? " ($1)" : '';
		$count{"$statement$within: $why"}++;
	}
	return map { "$count{$_} $_\n" } sort keys %count;
}

sub compare
{
	my ($when) = @_;
	is($node->safe_psql('postgres', 'SELECT * FROM difference() LIMIT 5'), '', "no difference $when");
	note("$when: ", $node->safe_psql('postgres', q{
		SELECT format('%s open cases, %s ended; %s reasons, of them %s observed, %s ended; %s open plans, %s declined; %s participants; %s handovers; %s due without a plan',
		       (SELECT count(*) FROM msb_org.current_assignment), (SELECT count(*) FROM msb_org.assignment WHERE valid_to IS NOT NULL),
		       (SELECT count(*) FROM msb_org.plan_reason WHERE valid_to IS NULL), (SELECT count(*) FROM msb_org.plan_reason WHERE valid_to IS NULL AND observed),
		       (SELECT count(*) FROM msb_org.plan_reason WHERE valid_to IS NOT NULL),
		       (SELECT count(*) FROM msb_org.plan WHERE status = 'draft'), (SELECT count(*) FROM msb_org.plan WHERE status = 'declined'),
		       (SELECT count(*) FROM msb_org.plan_participant WHERE valid_to IS NULL), (SELECT count(*) FROM msb_org.handover),
		       (SELECT count(*) FROM msb_org.plan_due))}));
}

my $today = '2019-09-01';
for my $level ('read committed', 'repeatable read', 'serializable')
{
	my $from = -s $node->logfile;
	my $crash = $level eq 'repeatable read';
	my $run = start_clients($level, $seconds);
	my $done = 0;

	if ($crash)
	{
		sleep($seconds / 2);
		$node->stop('immediate');
		IPC::Run::finish($run->{handle});
		isnt($?, 0, "$level: the clients lost the server");
		$done = number_of($run, 'number of transactions actually processed');
		$node->start;
		compare("$level, after the server was stopped in the middle");
		$run = start_clients($level, $seconds / 2);
	}
	IPC::Run::finish($run->{handle});
	is($?, 0, "$level: no client ended with an error") or diag(substr($run->{err}, -2000));
	my $errors = errors($from);
	my $serialization = delete $errors->{40001} // 0;
	my $deadlocks = delete $errors->{'40P01'} // 0;
	delete $errors->{$_} for $crash ? ('57P02', '57P03') : ();
	is_deeply($errors, {}, "$level: no error but what is tried again");
	is($serialization, 0, "$level: no serialization failure") if $level eq 'read committed';
	is(number_of($run, 'number of failed transactions'), 0, "$level: and nobody gave up");
	$done += number_of($run, 'number of transactions actually processed');
	cmp_ok($done, '>', 100, "$level: transactions were run");
	diag(sprintf '%s: %d transactions, %d serialization failures and %d deadlocks, which were tried again',
		$level, $done, $serialization, $deadlocks);
	my @failures = serialization_failures($from);
	note(@failures);
	is(join('', grep { /msb_org\./ } @failures), '', "$level: none of them in the extension's own tables") if $level eq 'repeatable read';
	compare($level);

	# more than a year passes: birthdays, closings that were ahead, by the daily job
	$today =~ s/^(\d+)/$1 + 1/e;
	$node->append_conf('postgresql.conf', "msb_org.today = '$today'");
	$node->reload;
	$node->poll_query_until('postgres', "SELECT msb_org.today() = '$today'");
	$node->safe_psql('postgres', 'SELECT msb_org.reassign_due()');
	compare("$level, a year later");
}

# What is wrong is found.
for my $damage ("DELETE FROM msb_org.assignment WHERE ctid = (SELECT min(ctid) FROM msb_org.assignment WHERE valid_to IS NULL)",
	"UPDATE msb_org.plan_participant SET valid_to = valid_from WHERE ctid = (SELECT min(t.ctid) FROM msb_org.plan_participant t JOIN msb_org.plan p USING (citizen, plan) WHERE t.valid_to IS NULL AND p.status = 'draft')",
	"UPDATE msb_org.plan_reason SET valid_to = 'infinity' WHERE ctid = (SELECT min(ctid) FROM msb_org.plan_reason WHERE valid_to IS NULL)",
	"SET LOCAL session_replication_role = replica; DELETE FROM msb_org.plan p USING msb_org.plan_reason r WHERE r.citizen = p.citizen AND r.valid_to IS NULL AND NOT r.observed",
	"SET LOCAL session_replication_role = replica; UPDATE msb_org.plan SET unit = 'mso' WHERE ctid = (SELECT min(ctid) FROM msb_org.plan WHERE status = 'draft')")
{
	isnt($node->safe_psql('postgres', "BEGIN; $damage; SELECT DISTINCT what FROM difference(); ROLLBACK"), '', "found: $damage");
}

$node->stop;
done_testing();
