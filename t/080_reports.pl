# Every report against a query over the demonstration's own tables: sag, borger, Jobsag,
# and demo/plain.sql, which has the rules once more as one CASE. The whole result is
# compared, never the ledger with itself.
use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init(extra => [ '--locale=C', '--encoding=UTF8' ]);
$node->append_conf('postgresql.conf', "fsync = off\nmax_wal_size = '4GB'\nshared_buffers = '256MB'");
$ENV{PGTZ} = 'Europe/Copenhagen';
$node->start;

sub script
{
    my ($script) = @_;
    my ($out, $err) = ('', '');
    my $input = "\\encoding UTF8\n\\set ON_ERROR_STOP on\n$script";
    IPC::Run::run([ 'psql', '-X', '-q', '-d', $node->connstr('postgres') ], '<', \$input, '>', \$out, '2>', \$err)
      or die "psql: $err";
}

# The rows of a report must be those of the plain query, and there must be some.
sub same
{
    my ($name, $report, $plain) = @_;
    my ($rc, $out, $err) = $node->psql('postgres', qq{
        CREATE TEMP TABLE report AS $report;
        CREATE TEMP TABLE plain (LIKE report);
        INSERT INTO plain $plain;
        SELECT count(*) FROM plain;
        SELECT count(*) || coalesce(': ' || min(d::text), '')
          FROM ((TABLE report EXCEPT ALL TABLE plain) UNION ALL (TABLE plain EXCEPT ALL TABLE report)) d});
    my ($rows, $different) = split /\n/, $out;
    is($err, '', "$name: no error");
    $rows //= 0;
    cmp_ok($rows, '>', 0, "$name: there are rows");
    is($different, '0', "$name: every row as the plain query has it");
}

# 31 July: everything is attached and judged.
my $attach = join '', slurp_file('demo/step_4_observe.sql') =~ /^(SELECT msb_org\.attach\(.*?\);)$/msg;
$attach =~ s/'observe'/'fill'/g;
script(q{\i demo/sagsdatabase.sql
\i demo/data.sql
CREATE EXTENSION msb_org;
ALTER DATABASE postgres SET msb_org.today = '2019-07-31';
SET msb_org.today = '2019-07-31';
SELECT msb_org.load_structure('msb-2018'), msb_org.load_structure('msb-2019'), msb_org.adopt('msb-2018', '2015-01-01'), msb_org.adopt('msb-2019', '2019-08-01');
\i demo/aliases.sql
} . $attach . q{
CALL msb_org.reassign('sag', 100000);
CALL msb_org.reassign('Jobsag', 200000);
ANALYZE;
CREATE FUNCTION small(n bigint) RETURNS bigint LANGUAGE sql RETURN CASE WHEN n IN (1, 2, 3, 4) THEN NULL ELSE n END;
CREATE VIEW fact AS
    SELECT 'sag' AS case_table, sag_id::text AS case_key, oprettet AS opened, afgjort AS decided, afsluttet AS closed, sagsbehandler AS caseworker, fodselsdato AS birth FROM sag JOIN borger USING (borger_id)
    UNION ALL
    SELECT 'Jobsag', "Journalnr", ("Oprettet den" AT TIME ZONE 'Europe/Copenhagen')::date, "Afgjort den", NULL, "Ansvarlig medarbejder", NULL FROM "Beskæftigelse"."Jobsag";
\set day 2019-07-31
\i demo/plain.sql
CREATE TABLE july AS SELECT p.*, opened FROM plain p JOIN fact USING (case_table, case_key);
DROP TABLE plain;
});

my $title = sub { "(SELECT title FROM msb_org.unit WHERE structure = '$_[0]' AND unit = $_[1])" };
my $administration = q{(SELECT borger_id, CASE WHEN unit_2018 = 'besk' THEN 'beskaeftigelse' ELSE 'social' END AS unit, case_key FROM july
    WHERE unit_2018 IN ('fbu', 'voksenhandicap', 'sou', 'besk') AND borger_id IS NOT NULL) a};

same('load_by_area in July',
    q{SELECT unit, title, kind, open_cases, citizens, new_cases, closed_cases FROM msb_org.load_by_area('msb-2018', '2019-07-01', '2019-07-31')},
    q{SELECT u.unit, coalesce(u.title, 'Kan ikke vurderes'), u.kind, small(count(case_key)), small(count(DISTINCT borger_id)),
             small(count(*) FILTER (WHERE opened >= '2019-07-01')), 0::bigint
        FROM (SELECT unit, title, kind FROM msb_org.unit WHERE structure = 'msb-2018' AND kind IN ('operating_area', 'entry', 'external')
              UNION ALL SELECT NULL, NULL, NULL) u
        LEFT JOIN july ON unit_2018 IS NOT DISTINCT FROM unit GROUP BY 1, 2, 3});
same('citizens_by_unit, administrations',
    q{SELECT unit, title, citizens, only_here, cases FROM msb_org.citizens_by_unit('msb-2018', 'administration', '2019-07-31', '2019-07-31')},
    qq{SELECT unit, } . $title->('msb-2018', 'c.unit') . qq{, small(count(*)), small(count(*) FILTER (WHERE units = 1)), small(sum(cases)::bigint)
        FROM (SELECT borger_id, unit, count(*) AS cases, count(*) OVER (PARTITION BY borger_id) AS units FROM $administration GROUP BY 1, 2) c GROUP BY unit});
same('citizens_by_number, administrations',
    q{SELECT * FROM msb_org.citizens_by_number('msb-2018', 'administration', '2019-07-31', '2019-07-31')},
    qq{SELECT units, count(*) FROM (SELECT count(DISTINCT unit) AS units FROM $administration GROUP BY borger_id) c GROUP BY 1});
is($node->safe_psql('postgres', q{SELECT units, citizens FROM msb_org.citizens_by_number('msb-2018', 'administration', '2019-07-31', '2019-07-31') WHERE units = 2}),
    '2|8000', 'the 8,000 in both administrations');
same('citizens_by_table', q{SELECT * FROM msb_org.citizens_by_table('2019-07-31', '2019-07-31')},
    q{SELECT CASE WHEN sag AND job THEN 'Jobsag + sag' WHEN sag THEN 'sag' ELSE 'Jobsag' END, sag::integer::bigint + job::integer, count(*)
        FROM (SELECT bool_or(case_table = 'sag') AS sag, bool_or(case_table = 'Jobsag') AS job FROM july WHERE borger_id IS NOT NULL GROUP BY borger_id) c GROUP BY 1, 2});
is($node->safe_psql('postgres', q{SELECT sum(citizens), sum(citizens) FILTER (WHERE case_tables LIKE '%Job%'), sum(citizens) FILTER (WHERE case_tables LIKE '%sag'
        AND case_tables <> 'Jobsag'), sum(citizens) FILTER (WHERE tables = 2) FROM msb_org.citizens_by_table()}),
    '82000|70000|20000|8000', 'the figures of the public text');

# The morning of 1 August: the structure has moved the cases, and nobody has written yet.
script(q{ALTER DATABASE postgres SET msb_org.today = '2019-08-01';
SET msb_org.today = '2019-08-01';
SELECT count(*) FROM msb_org.stranded_by_unit() \gset stranded_
CREATE TABLE stranded AS SELECT * FROM msb_org.stranded_by_unit();
SELECT msb_org.reassign_due();
ANALYZE msb_org.assignment;
\set day 2019-08-01
\i demo/plain.sql
CREATE TABLE morning AS TABLE plain;
DROP TABLE plain;
});
same('stranded_by_unit', 'SELECT unit, title, structure, cause, cases FROM stranded',
    q{SELECT unit_2018, coalesce(title, 'Kan ikke vurderes'), 'msb-2018', CASE WHEN unit_2018 IN ('fbu', 'voksenhandicap', 'sou', 'besk') THEN 'unit' ELSE 'not_reassigned' END, small(count(*))
        FROM july LEFT JOIN msb_org.unit ON structure = 'msb-2018' AND unit = unit_2018 GROUP BY 1, 2, 3, 4});
same('moves_by_month', 'SELECT * FROM msb_org.moves_by_month()',
    q{SELECT DATE '2019-08-01', j.unit_2018, } . $title->('msb-2018', 'j.unit_2018') . q{, m.unit_2019, } . $title->('msb-2019', 'm.unit_2019') . q{, small(count(*))
        FROM july j JOIN morning m USING (case_table, case_key) WHERE j.unit_2018 IS DISTINCT FROM m.unit_2019 GROUP BY 2, 4});
same('moves_per_citizen', 'SELECT * FROM msb_org.moves_per_citizen()',
    q{SELECT 2019, citizens, moved, moves, round(moves::numeric / citizens, 3) FROM (SELECT count(DISTINCT borger_id) AS citizens,
             count(DISTINCT borger_id) FILTER (WHERE j.unit_2018 IS DISTINCT FROM m.unit_2019) AS moved,
             count(*) FILTER (WHERE j.unit_2018 IS DISTINCT FROM m.unit_2019 AND borger_id IS NOT NULL) AS moves
        FROM july j JOIN morning m USING (case_table, case_key, borger_id) RIGHT JOIN (SELECT DISTINCT borger_id FROM july WHERE borger_id IS NOT NULL) b USING (borger_id)) c});
same('handovers_by_cause, what the structure moved',
    q{SELECT moves, cause, cause_title, to_unit, to_title, handovers, accepted, moved, late, void FROM msb_org.handovers_by_cause('2019-08-01', '2019-08-01') WHERE moves = 'case'},
    q{SELECT 'case', 'structure', 'Ny organisering', m.unit_2019, } . $title->('msb-2019', 'm.unit_2019') . q{, small(count(*)), 0::bigint, small(count(*)), 0::bigint, 0::bigint
        FROM july j JOIN morning m USING (case_table, case_key) WHERE j.unit_2018 IS DISTINCT FROM m.unit_2019 GROUP BY 4});

# The year ahead: the rules as they will be at each citizen's next birthday.
# A case that is to be closed moves only on a birthday before that; with the triggers
# off, its closing is put aside while the plain rules look a year ahead.
script(q{SET session_replication_role = replica;
CREATE TABLE closing AS SELECT sag_id, afsluttet FROM sag WHERE afsluttet > '2019-08-01';
UPDATE sag SET afsluttet = NULL WHERE afsluttet > '2019-08-01';
\set day 2020-08-01
\i demo/plain.sql
CREATE TABLE ahead AS SELECT * FROM plain LEFT JOIN (
    SELECT 'sag' AS case_table, sag_id::text AS case_key, c.afsluttet,
           (fodselsdato + make_interval(years => extract(year FROM age('2020-08-01', fodselsdato))::integer))::date AS birthday
      FROM closing c JOIN sag USING (sag_id) JOIN borger USING (borger_id)) c USING (case_table, case_key);
DROP TABLE plain;
UPDATE sag SET afsluttet = c.afsluttet FROM closing c WHERE c.sag_id = sag.sag_id;
});
same('handovers_by_cause, birthdays ahead',
    q{SELECT to_unit, to_title, handovers, accepted, late FROM msb_org.handovers_by_cause('2019-08-02', '2020-08-01') WHERE moves = 'case' AND cause = 'birthday'},
    q{SELECT a.unit_2019, } . $title->('msb-2019', 'a.unit_2019') . q{, small(count(*)), 0::bigint, 0::bigint
        FROM ahead a JOIN morning m USING (case_table, case_key) WHERE a.unit_2019 <> m.unit_2019 AND (a.afsluttet IS NULL OR a.birthday < a.afsluttet) GROUP BY 1});

# The day itself: the applications write, contacts come, deadlines and figures are entered.
script(q{SET msb_org.today = '2019-08-01';
\i demo/application.sql
\set day 2019-08-01
\i demo/plain.sql
CREATE TABLE evening AS SELECT p.*, opened, decided, caseworker, coalesce(birth, pg_temp.born(cpr)) AS birth
    FROM plain p JOIN fact USING (case_table, case_key) LEFT JOIN borger USING (borger_id);
UPDATE evening SET birth = NULL WHERE case_table = 'sag' AND borger_id IN (SELECT borger_id FROM borger WHERE fodselsdato IS NULL);
INSERT INTO msb_org.unit_figure SELECT 'msb-2019', unit, 2019, 100 + length(unit), 1000000 * length(unit) FROM msb_org.unit WHERE structure = 'msb-2019' AND kind = 'operating_area';
INSERT INTO msb_org.deadline (structure, deadline, counted, within, title) VALUES
    ('msb-2019', 'udsat', 'challenge social_exposure', '14 days', 'Svar til udsatte'),
    ('msb-2019', 'ung', 'age 18-29; task authority', '8 weeks', 'Afgørelse til unge');
CREATE TABLE henvendelse AS
    SELECT cpr, (TIMESTAMP '2019-06-20 00:30' + n % 42 * INTERVAL '1 day') AT TIME ZONE 'Europe/Copenhagen' AS tid, (ARRAY['telefon', 'brev', NULL])[1 + n % 3] AS kanal
      FROM generate_series(1, 60000) n JOIN borger ON borger_id = 1 + n * 7 % 82000;
CREATE TABLE brev AS SELECT left(cpr, 6) || '-' || right(cpr, 4) AS "CPR nr", DATE '2019-07-30' + n % 3 AS dag FROM generate_series(1, 9000) n JOIN borger ON borger_id = n * 9;
SELECT msb_org.attach_contacts('henvendelse', citizen => 'cpr', at => 'tid', channel => 'kanal'), msb_org.attach_contacts('brev', 'CPR nr', 'dag');
CREATE VIEW contact AS SELECT cpr, (tid AT TIME ZONE 'Europe/Copenhagen')::date AS day, kanal FROM henvendelse UNION ALL SELECT replace("CPR nr", '-', ''), dag, NULL FROM brev;
CREATE TABLE known AS      -- with the unit that the case has, or had last
    SELECT case_table, case_key, coalesce(e.borger_id, j.borger_id) AS borger_id, CASE WHEN e.case_key IS NULL THEN m.unit_2019 ELSE e.unit_2019 END AS unit, coalesce(e.opened, j.opened) AS opened,
           f.decided, CASE WHEN e.case_key IS NULL AND f.case_key IS NOT NULL THEN DATE '2019-08-01' END AS closed
      FROM july j FULL JOIN evening e USING (case_table, case_key) LEFT JOIN morning m USING (case_table, case_key) LEFT JOIN fact f USING (case_table, case_key);
ANALYZE;
});
my $of_2019 = q{(SELECT unit, title, kind FROM msb_org.unit WHERE structure = 'msb-2019' AND kind IN ('operating_area', 'entry', 'external') UNION ALL SELECT NULL, NULL, NULL)};
same('load_by_area in August', 'SELECT * FROM msb_org.load_by_area()',
    qq{SELECT unit, title, kind, open_cases, citizens, new_cases, closed_cases, staff, net_budget, round(open_cases / staff, 1), round(citizens / staff, 1), round(net_budget / citizens)
        FROM (SELECT u.unit, coalesce(u.title, 'Kan ikke vurderes') AS title, u.kind, small(count(k.case_key) FILTER (WHERE k.present)) AS open_cases,
             small(count(DISTINCT k.borger_id) FILTER (WHERE k.present)) AS citizens, small(count(*) FILTER (WHERE opened = '2019-08-01')) AS new_cases, small(count(closed)) AS closed_cases,
             CASE WHEN u.kind = 'operating_area' THEN 100 + length(u.unit)::numeric END AS staff, CASE WHEN u.kind = 'operating_area' THEN 1000000 * length(u.unit)::numeric END AS net_budget
        FROM $of_2019 u LEFT JOIN (SELECT known.*, evening.case_key IS NOT NULL AS present FROM known LEFT JOIN evening USING (case_table, case_key)) k ON k.unit IS NOT DISTINCT FROM u.unit GROUP BY 1, 2, 3) c});
my $lies = q{(SELECT DISTINCT borger_id, unit_2019 AS unit FROM evening WHERE borger_id IS NOT NULL AND unit_2019 IS NOT NULL)};
same('area_overlap', q{SELECT * FROM msb_org.area_overlap('msb-2019', NULL, '2019-08-02', '2019-08-02')},
    qq{SELECT a.unit, } . $title->('msb-2019', 'a.unit') . q{, b.unit, } . $title->('msb-2019', 'b.unit') . qq{, small(count(*)) FROM $lies a JOIN $lies b USING (borger_id) GROUP BY 1, 3});
same('citizens_by_caseworkers', 'SELECT * FROM msb_org.citizens_by_caseworkers()',
    q{SELECT people, small(count(*)) FROM (SELECT count(DISTINCT case_table || ' ' || caseworker) AS people FROM evening WHERE borger_id IS NOT NULL GROUP BY borger_id) c GROUP BY 1});
my $days = sub { "CASE WHEN count($_[0]) > 4 THEN (array_agg($_[0] ORDER BY $_[0]))[ceil(count($_[0]) * $_[1])::integer] END" };
same('case_times', q{SELECT * FROM msb_org.case_times(NULL, '2019-05-01')},
    q{SELECT unit, coalesce(} . $title->('msb-2019', 'k.unit') . q{, 'Kan ikke vurderes'), small(count(d)), } . $days->('d', 0.5) . ', ' . $days->('d', 0.9)
      . q{, small(count(c)), } . $days->('c', 0.5) . ', ' . $days->('c', 0.9) . q{
        FROM (SELECT unit, CASE WHEN decided >= '2019-05-01' AND decided >= opened THEN decided - opened END AS d, closed - opened AS c FROM known) k
       WHERE d IS NOT NULL OR c IS NOT NULL GROUP BY unit});
same('first_decision_times', q{SELECT * FROM msb_org.first_decision_times(NULL, '2019-01-01')},
    q{SELECT unit, coalesce(} . $title->('msb-2019', 'k.unit') . q{, 'Kan ikke vurderes'), small(count(d)), } . $days->('d', 0.5) . ', ' . $days->('d', 0.9) . q{
        FROM (SELECT DISTINCT ON (borger_id) borger_id, unit, decided, decided - least(first_opened, first_contact) AS d
                FROM known JOIN borger USING (borger_id)
                JOIN (SELECT borger_id, min(opened) AS first_opened FROM known GROUP BY 1) o USING (borger_id)
                LEFT JOIN (SELECT cpr, min(day) AS first_contact FROM contact GROUP BY 1) n USING (cpr)
               WHERE decided IS NOT NULL ORDER BY borger_id, decided, case_table COLLATE "C", case_key COLLATE "C") k
       WHERE decided >= '2019-01-01' AND d >= 0 GROUP BY unit});
same('violations_by_area', 'SELECT case_table, unit, finding, cases FROM msb_org.violations_by_area()',
    q{SELECT case_table, unit_2019, CASE WHEN unit_2019 IS NOT NULL THEN 'wrong_area'
                  WHEN evening.borger_id IS NULL AND NOT EXISTS (SELECT FROM "Beskæftigelse"."Jobsag" WHERE "Journalnr" = case_key AND "Part" = 'V') THEN 'no_cpr' ELSE 'unknown_label' END, small(count(*))
        FROM evening LEFT JOIN sag ON case_table = 'sag' AND sag_id::text = case_key WHERE unit_2019 IS NULL OR omraade <> unit_2019 GROUP BY 1, 2, 3});
same('uncertain_birth', 'SELECT case_table, case_key, unit, title FROM msb_org.uncertain_birth',
    q{SELECT case_table, case_key, unit_2019, } . $title->('msb-2019', 'unit_2019') . q{ FROM evening
       WHERE birth IS NULL AND NOT (case_table = 'Jobsag' AND EXISTS (SELECT FROM "Beskæftigelse"."Jobsag" WHERE "Journalnr" = case_key AND "Part" = 'V'))});
my $due = q{(SELECT e.case_table, e.case_key, unit_2019 AS unit, d.deadline, e.opened + d.days AS due
        FROM evening e LEFT JOIN sag ON e.case_table = 'sag' AND sag_id::text = e.case_key
        LEFT JOIN "Beskæftigelse"."Jobsag" j ON e.case_table = 'Jobsag' AND j."Journalnr" = e.case_key
        JOIN (VALUES ('udsat', 14), ('ung', 56)) d (deadline, days) ON CASE d.deadline
             WHEN 'udsat' THEN udfordring IN ('UDSAT', 'HJEML', 'MISBR') OR "Målgruppe" IN ('2.3 udsat', '2.3 hjemløs', '2.3 misbrug', '2.13 udsat')
             ELSE (opgave = 'MYN' OR "KLE nr" LIKE '15.00.%' OR "KLE nr" LIKE '15.17.%') AND birth > DATE '1989-08-01' AND birth <= DATE '2001-08-01' END
       WHERE decided IS NULL AND unit_2019 IS NOT NULL)};
same('case_deadline', q{SELECT case_table, case_key, unit, deadline, due, days_left FROM msb_org.case_deadline()},
    qq{SELECT case_table, case_key, unit, deadline, due, due - DATE '2019-08-01' FROM $due d});
same('deadlines_by_area', q{SELECT * FROM msb_org.deadlines_by_area()},
    q{SELECT unit, } . $title->('msb-2019', 'd.unit') . qq{, deadline, CASE deadline WHEN 'ung' THEN 'Afgørelse til unge' ELSE 'Svar til udsatte' END, small(count(*)),
        small(count(*) FILTER (WHERE due BETWEEN '2019-08-01' AND '2019-08-15')), small(count(*) FILTER (WHERE due < '2019-08-01')) FROM $due d GROUP BY 1, 3});
my $contacts = sub {
    my ($lies, $when) = @_;
    return qq{SELECT date_trunc('month', day)::date, unit, coalesce((SELECT title FROM msb_org.unit WHERE unit.unit = c.unit ORDER BY structure DESC LIMIT 1), 'Ingen sag'), kanal, small(count(*))
        FROM (SELECT day, kanal, unit FROM contact JOIN borger USING (cpr) LEFT JOIN $lies l USING (borger_id) WHERE $when) c GROUP BY 1, 2, 4};
};
same('contacts_by_area, as of today', q{SELECT * FROM msb_org.contacts_by_area('2019-07-01', '2019-07-31', '2019-08-01')},
    $contacts->($lies, q{day BETWEEN '2019-07-01' AND '2019-07-31'}));
$node->safe_psql('postgres', q{SELECT msb_org.detach_contacts('henvendelse'); DROP VIEW contact; CREATE VIEW contact AS SELECT replace("CPR nr", '-', '') AS cpr, dag AS day, NULL::text AS kanal FROM brev});
same('contacts_by_area, as it was', q{SELECT * FROM msb_org.contacts_by_area('2019-07-31', '2019-07-31')},
    $contacts->(q{(SELECT DISTINCT borger_id, unit_2018 AS unit FROM july WHERE borger_id IS NOT NULL AND unit_2018 IS NOT NULL)}, q{day = '2019-07-31'}));

# Plans: those of the duty, some of them taken further. They stand in no table of the
# application's, so what is written here is what is compared.
my $citizens = q{(SELECT left(cpr, 6) || '-' || right(cpr, 4) AS citizen, borger_id FROM borger WHERE borger_id % 1000 = 7)};
script(qq{SET msb_org.today = '2019-08-01';
SELECT msb_org.write_plan(jsonb_build_object('citizen', citizen, 'kind', 'min_plan', 'wishes', CASE WHEN borger_id % 3000 < 1000 THEN 'Egen bolig' END,
         'unit', CASE WHEN borger_id < 40000 THEN 'job' ELSE 'unge' END)) FROM $citizens c;});
same('plans_by_status', q{SELECT plans, overdue, without_consent, with_wishes, wishes_percent FROM msb_org.plans_by_status() WHERE kind = 'min_plan' AND status = 'draft'},
    qq{SELECT small(count(*)), 0::bigint, CASE WHEN (SELECT needs_consent FROM msb_org.plan_kind WHERE kind = 'min_plan') THEN small(count(*)) ELSE 0 END,
        small(count(*) FILTER (WHERE borger_id % 3000 < 1000)), round(100.0 * count(*) FILTER (WHERE borger_id % 3000 < 1000) / count(*), 1) FROM $citizens c});

$node->stop;
done_testing();
