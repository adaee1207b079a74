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
script(q{\i demo/case_database.sql
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
same('citizens_by unit, administrations',
    q{SELECT bucket, title, citizens, only_here, cases FROM msb_org.citizens_by('unit', 'msb-2018', 'administration', '2019-07-31', '2019-07-31')},
    qq{SELECT unit, } . $title->('msb-2018', 'c.unit') . qq{, small(count(*)), small(count(*) FILTER (WHERE units = 1)), small(sum(cases)::bigint)
        FROM (SELECT borger_id, unit, count(*) AS cases, count(*) OVER (PARTITION BY borger_id) AS units FROM $administration GROUP BY 1, 2) c GROUP BY unit});
same('citizens_by number_of_units, administrations',
    q{SELECT number, citizens FROM msb_org.citizens_by('number_of_units', 'msb-2018', 'administration', '2019-07-31', '2019-07-31')},
    qq{SELECT units, count(*) FROM (SELECT count(DISTINCT unit) AS units FROM $administration GROUP BY borger_id) c GROUP BY 1});
is($node->safe_psql('postgres', q{SELECT bucket, citizens FROM msb_org.citizens_by('number_of_units', 'msb-2018', 'administration', '2019-07-31', '2019-07-31') WHERE number = 2}),
    '2|8000', 'the 8,000 in both administrations');
same('citizens_by case_tables', q{SELECT bucket, number, citizens FROM msb_org.citizens_by('case_tables', NULL, NULL, '2019-07-31', '2019-07-31')},
    q{SELECT CASE WHEN sag AND job THEN 'Jobsag + sag' WHEN sag THEN 'sag' ELSE 'Jobsag' END, sag::integer::bigint + job::integer, count(*)
        FROM (SELECT bool_or(case_table = 'sag') AS sag, bool_or(case_table = 'Jobsag') AS job FROM july WHERE borger_id IS NOT NULL GROUP BY borger_id) c GROUP BY 1, 2});
is($node->safe_psql('postgres', q{SELECT sum(citizens), sum(citizens) FILTER (WHERE bucket LIKE '%Job%'), sum(citizens) FILTER (WHERE bucket LIKE '%sag'
        AND bucket <> 'Jobsag'), sum(citizens) FILTER (WHERE number = 2) FROM msb_org.citizens_by('case_tables')}),
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
same('stranded_by_unit', 'SELECT unit, title, structure, structure_title, cause, cases FROM stranded',
    q{SELECT unit_2018, coalesce(unit.title, 'Kan ikke vurderes'), 'msb-2018', (SELECT title FROM msb_org.structure WHERE structure = 'msb-2018'), CASE WHEN unit_2018 IN ('fbu', 'voksenhandicap', 'sou', 'besk') THEN 'unit_gone' ELSE 'not_reassigned' END, small(count(*))
        FROM july LEFT JOIN msb_org.unit ON structure = 'msb-2018' AND unit = unit_2018 GROUP BY 1, 2, 3, 4, 5});
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
same('citizens_by unit, areas', q{SELECT bucket, title, citizens, only_here, cases FROM msb_org.citizens_by('unit', 'msb-2019', 'operating_area', '2019-08-02', '2019-08-02')},
    q{SELECT unit, } . $title->('msb-2019', 'c.unit') . q{, small(count(*)), small(count(*) FILTER (WHERE units = 1)), small(sum(cases)::bigint)
        FROM (SELECT borger_id, unit_2019 AS unit, count(*) AS cases, count(*) OVER (PARTITION BY borger_id) AS units FROM evening
               WHERE borger_id IS NOT NULL AND unit_2019 NOT IN ('indgang', 'mso') GROUP BY 1, 2) c GROUP BY 1});
same('citizens_by number_of_units, every unit', q{SELECT number, citizens FROM msb_org.citizens_by('number_of_units', NULL, NULL, '2019-08-02', '2019-08-02')},
    qq{SELECT units, small(count(*)) FROM (SELECT count(*) AS units FROM $lies l GROUP BY borger_id) c GROUP BY 1});
same('citizens_by number_of_caseworkers', q{SELECT number, citizens FROM msb_org.citizens_by('number_of_caseworkers')},
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
same('finding: uncertain_birth', q{SELECT case_table, case_key, f.unit, title FROM msb_org.finding f LEFT JOIN msb_org.unit_title t ON t.unit = f.unit WHERE f.kind = 'uncertain_birth'},
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

# Deadlines: of several rows of one deadline the shortest counts; 'any' takes every age, an
# age takes none who has none. A case without a CPR number has labels, and so a deadline.
$node->safe_psql('postgres', q{DELETE FROM msb_org.deadline; INSERT INTO msb_org.deadline (structure, deadline, counted, within) VALUES
    ('msb-2019', 'alle', 'any', '1 year'), ('msb-2019', 'alle', 'task benefit', '3 months'), ('msb-2019', 'alder', 'age 0-; subject citizen', '6 months'), ('msb-2019', 'uden', 'age unknown', '6 weeks')});
same('case_deadline, ages and the shortest', q{SELECT case_table, case_key, deadline, due FROM msb_org.case_deadline()},
    q{SELECT e.case_table, e.case_key, d.deadline, (e.opened + CASE WHEN d.deadline = 'alle' AND "KLE nr" LIKE '32.%' THEN INTERVAL '3 months' ELSE d.within END)::date
        FROM evening e LEFT JOIN "Beskæftigelse"."Jobsag" j ON e.case_table = 'Jobsag' AND j."Journalnr" = e.case_key
        JOIN (VALUES ('alle', INTERVAL '1 year'), ('alder', INTERVAL '6 months'), ('uden', INTERVAL '42 days')) d (deadline, within)
          ON CASE d.deadline WHEN 'alder' THEN birth IS NOT NULL AND "Part" IS DISTINCT FROM 'V' WHEN 'uden' THEN birth IS NULL ELSE true END
       WHERE decided IS NULL AND (unit_2019 IS NOT NULL OR e.borger_id IS NULL AND "Part" = 'B')});

# Caseworkers: how many cases each has in a unit, and nobody with four colleagues or fewer.
same('caseworkers_by_area', 'SELECT * FROM msb_org.caseworkers_by_area()',
    q{SELECT unit_2019, coalesce(} . $title->('msb-2019', 'c.unit_2019') . q{, 'Kan ikke vurderes'), small(count(caseworker)), small(coalesce(sum(n) FILTER (WHERE caseworker IS NOT NULL), 0)::bigint),
             CASE WHEN count(caseworker) > 4 THEN round(sum(n) FILTER (WHERE caseworker IS NOT NULL) / count(caseworker), 1) END,
             CASE WHEN count(caseworker) > 4 THEN (array_agg(n ORDER BY n) FILTER (WHERE caseworker IS NOT NULL))[ceil(count(caseworker) * 0.9)::integer] END,
             small(coalesce(sum(n) FILTER (WHERE caseworker IS NULL), 0)::bigint)
        FROM (SELECT unit_2019, case_table, caseworker, count(*) AS n FROM evening GROUP BY 1, 2, 3) c GROUP BY 1});

# Plans. Those of the duty are drafts of the citizens who were in both, on one of the three
# days; what else there is is written here, at every status, and judged by what was written.
script(q{SET msb_org.today = '2019-08-01';
\set day 2019-08-01
\i demo/plain.sql
CREATE TABLE both_sides AS
    SELECT DISTINCT borger_id FROM (SELECT 1 AS day, borger_id, social, employment, unit_2018 AS unit FROM july UNION ALL
        SELECT 2, borger_id, social, employment, unit_2019 FROM morning UNION ALL SELECT 3, borger_id, social, employment, unit_2019 FROM evening) c
     WHERE borger_id IS NOT NULL AND (social OR employment)
     GROUP BY borger_id, day HAVING bool_or(social) AND bool_or(employment) AND count(DISTINCT unit) FILTER (WHERE unit NOT IN ('mso', 'indgang')) >= 2;
INSERT INTO msb_org.plan_kind (kind, title, needs_consent, due_interval, first_follow_up, decision_age, decision_before, decision_content)
VALUES ('lokal', 'Lokal plan', true, '1 month', '1 month', 18, '6 months', 'efter_18');
CREATE TABLE written AS
SELECT citizen, gen_random_uuid() AS plan, (ARRAY['lokal', 'min_plan', 'whole_person'])[1 + n % 3] AS kind,
       (ARRAY['draft', 'offered', 'consented', 'active', 'under_review', 'active', 'closed', 'declined', 'replaced', 'revoked'])[1 + n / 3 % 10] AS status,
       (ARRAY['job', 'unge', 'voksne', NULL])[1 + n / 7 % 4] AS unit, (ARRAY[NULL, '2019-07-31', '2019-08-01', '2019-09-01'])[1 + n / 2 % 4]::date AS due,
       (ARRAY['Egen bolig', '', ' ', NULL])[1 + n / 5 % 4] AS wishes, n / 11 % 3 = 0 AS decided_after_18, day18,
       (CASE WHEN n / 13 % 2 = 0 THEN '2019-06-01' ELSE '1990-01-01' END)::timestamptz AS opened_at,
       (ARRAY[NULL, '2019-07-31', '2019-08-01'])[1 + n / 17 % 3]::date AS follow_up, n / 51 % 2 = 0 AS held,
       (ARRAY['none', 'stands', 'ran out', 'last day', 'to come', 'withdrawn', 'of a parent'])[1 + n / 4 % 7] AS consent
  FROM (SELECT left(cpr, 6) || '-' || right(cpr, 4) AS citizen, (pg_temp.born(cpr) + INTERVAL '18 years')::date AS day18, (row_number() OVER (ORDER BY borger_id))::integer AS n
          FROM borger WHERE pg_temp.born(cpr) BETWEEN '1995-01-01' AND '2003-01-01' ORDER BY borger_id LIMIT 700) b;
INSERT INTO msb_org.plan (citizen, plan, kind, status, unit, due, wishes, opened_at, opened_by) SELECT citizen, plan, kind, status, unit, due, wishes, opened_at, 'prøve' FROM written;
INSERT INTO msb_org.plan_follow_up (citizen, plan, due, held) SELECT citizen, plan, follow_up, CASE WHEN held THEN follow_up END FROM written WHERE follow_up IS NOT NULL;
INSERT INTO msb_org.plan_content (citizen, plan, content, body) SELECT citizen, plan, 'efter_18', 'Støtte' FROM written WHERE decided_after_18;
INSERT INTO msb_org.plan_consent (citizen, plan, consent_of, recipient, given, until, withdrawn)
SELECT citizen, plan, CASE consent WHEN 'of a parent' THEN 'parent' ELSE 'citizen' END, 'job', CASE consent WHEN 'to come' THEN DATE '2019-08-02' ELSE '2019-07-01' END,
       CASE consent WHEN 'ran out' THEN DATE '2019-07-31' WHEN 'last day' THEN '2019-08-01' END, CASE consent WHEN 'withdrawn' THEN TIMESTAMPTZ '2019-07-15' END
  FROM written WHERE consent <> 'none';
CREATE VIEW plain_plan AS
    SELECT kind, title, status, unit, open, btrim(wishes) <> '' IS TRUE AS with_wishes, open AND kind <> 'min_plan' AND NOT agreed AS without_consent,
           open AND (status IN ('draft', 'offered') AND due < DATE '2019-08-01' OR status IN ('consented', 'active', 'under_review') AND follow_up < DATE '2019-08-01' AND NOT held
                  OR kind = 'lokal' AND status = 'active' AND (follow_up IS NULL OR held) OR kind <> 'min_plan' AND status IN ('active', 'under_review') AND NOT agreed
                  OR kind = 'lokal' AND NOT decided_after_18 AND day18 - INTERVAL '6 months' < DATE '2019-08-01' AND day18 > opened_at) IS TRUE AS overdue
      FROM (SELECT *, status IN ('draft', 'offered', 'consented', 'active', 'under_review') AS open, consent IN ('stands', 'last day') OR consent = 'of a parent' AND kind = 'lokal' AS agreed,
                   CASE kind WHEN 'lokal' THEN 'Lokal plan' WHEN 'min_plan' THEN 'Min Plan' ELSE 'Helhedsorienteret plan' END AS title FROM written) w;
ANALYZE;
});
my $plans = 'small(count(*)), small(count(*) FILTER (WHERE overdue)), small(count(*) FILTER (WHERE without_consent)), small(count(*) FILTER (WHERE with_wishes)),
        round(100.0 * small(count(*) FILTER (WHERE with_wishes)) / small(count(*)), 1)';
same('plans_by_status, of the duty', q{SELECT * FROM msb_org.plans_by_status() WHERE kind = 'coordination'},
    q{SELECT 'coordination', 'Koordineringsplan', 'draft', 'Kladde', count(*), 0::bigint, count(*), 0::bigint, 0.0 FROM both_sides});
same('plans_by_status', q{SELECT kind, kind_title, status, plans, overdue, without_consent, with_wishes, wishes_percent FROM msb_org.plans_by_status() WHERE kind <> 'coordination'},
    "SELECT kind, title, status, $plans FROM plain_plan GROUP BY kind, title, status");
same('plans_by_status, of one unit', q{SELECT kind, status, plans, overdue, without_consent, with_wishes, wishes_percent FROM msb_org.plans_by_status('voksne') WHERE kind <> 'coordination'},
    "SELECT kind, status, $plans FROM plain_plan WHERE unit = 'voksne' GROUP BY kind, status");
cmp_ok($node->safe_psql('postgres', q{SELECT count(*) FILTER (WHERE plans IS NULL) * count(*) FILTER (WHERE overdue > 0) * count(*) FILTER (WHERE overdue IS NULL) * count(*) FILTER (WHERE without_consent > 0) FROM msb_org.plans_by_status('voksne')}),
    '>', 0, '... with some counts too small to be shown, and some that are');
same('plans_by_unit', 'SELECT * FROM msb_org.plans_by_unit()',
    q{SELECT unit, coalesce(} . $title->('msb-2019', 'p.unit') . qq{, 'Ingen enhed'), $plans FROM (SELECT unit, overdue, without_consent, with_wishes FROM plain_plan WHERE open
        UNION ALL SELECT unit, false, true, false FROM msb_org.plan WHERE kind = 'coordination') p GROUP BY 1});
same('plan_overdue', 'SELECT what, count(*) FROM msb_org.plan_overdue GROUP BY what',
    q{SELECT what, count(*) FROM (SELECT unnest(ARRAY[
             CASE WHEN status IN ('draft', 'offered') AND due < '2019-08-01' THEN 'plan' END,
             CASE WHEN status IN ('consented', 'active', 'under_review') AND follow_up < '2019-08-01' AND NOT held THEN 'follow_up' END,
             CASE WHEN kind = 'lokal' AND status = 'active' AND (follow_up IS NULL OR held) THEN 'no_follow_up' END,
             CASE WHEN kind <> 'min_plan' AND status IN ('active', 'under_review') AND NOT (consent IN ('stands', 'last day') OR consent = 'of a parent' AND kind = 'lokal') THEN 'consent' END,
             CASE WHEN kind = 'lokal' AND status IN ('draft', 'offered', 'consented', 'active', 'under_review') AND NOT decided_after_18
                   AND day18 - INTERVAL '6 months' < '2019-08-01' AND day18 > opened_at THEN 'decision' END]) AS what FROM written) w WHERE what IS NOT NULL GROUP BY 1});

# The year ahead: the rules as they will be at each citizen's next birthday.
# A case that is to be closed moves only on a birthday before that; with the triggers
# off, its closing is put aside while the plain rules look a year ahead. Coordination goes
# by the first challenge of the citizen's cases, in the order of the labels.
script(q{SET session_replication_role = replica;
CREATE TABLE closing AS SELECT sag_id, afsluttet FROM sag WHERE afsluttet > '2019-08-01';
UPDATE sag SET afsluttet = NULL WHERE afsluttet > '2019-08-01';
\set day 2020-08-01
\i demo/plain.sql
CREATE TABLE ahead AS SELECT p.case_table, p.case_key, m.unit_2019 AS from_unit, p.unit_2019 AS unit, m.birth, afsluttet,
       (m.birth + make_interval(years => extract(year FROM age('2020-08-01', m.birth))::integer))::date AS birthday
  FROM plain p JOIN evening m USING (case_table, case_key) LEFT JOIN closing ON p.case_table = 'sag' AND sag_id::text = p.case_key
 WHERE p.unit_2019 IS DISTINCT FROM m.unit_2019;
DELETE FROM ahead WHERE birthday >= afsluttet;
UPDATE sag SET afsluttet = c.afsluttet FROM closing c WHERE c.sag_id = sag.sag_id;
CREATE TABLE coordination_ahead AS
SELECT pg_temp.plain_2019('citizen', extract(year FROM age('2019-08-01', birth))::integer, 'coordination', challenge, 'unknown') AS from_unit,
       pg_temp.plain_2019('citizen', extract(year FROM age('2020-08-01', birth))::integer, 'coordination', challenge, 'unknown') AS unit
  FROM (SELECT borger_id, max(birth) AS birth, (array_agg(challenge ORDER BY array_position('{vulnerable_child,brain_injury,mental_illness,social_exposure,homelessness,substance_misuse,
                   disability,physical_disability,mental_disability,integration,sickness,flexjob,unemployment,unknown}', challenge)) FILTER (WHERE challenge IS NOT NULL))[1] AS challenge
          FROM both_sides JOIN evening USING (borger_id) GROUP BY borger_id) c;
});
my $ahead = sub { q{SELECT to_unit, to_title, handovers, accepted, moved, late, void FROM msb_org.handovers_by_cause('2019-08-02', '2020-08-01') WHERE moves = '} . $_[0] . q{' AND cause = '} . $_[1] . q{'} };
same('handovers_by_cause, birthdays ahead', $ahead->('case', 'birthday'),
    q{SELECT unit, } . $title->('msb-2019', 'a.unit') . q{, small(count(*)), 0::bigint, 0::bigint, 0::bigint, 0::bigint FROM ahead a GROUP BY 1});
same('handovers_by_cause, coordination ahead', $ahead->('plan', 'birthday'),
    q{SELECT unit, } . $title->('msb-2019', 'a.unit') . q{, small(count(*)), 0::bigint, 0::bigint, 0::bigint, 0::bigint FROM coordination_ahead a WHERE unit <> from_unit GROUP BY 1});

# Overrides: of citizens in their forties, whom no birthday moves; some end this month, some
# later, some never, and some cases are closed.
script(q{SET msb_org.today = '2019-08-01';
CREATE TABLE overridden AS
    SELECT sag_id, unit_2019 AS unit, (ARRAY['2019-08-01', '2019-08-20', '2019-08-31', '2019-09-01', '2019-11-30', NULL])[1 + sag_id / 3 % 6]::date AS until, sag_id % 31 = 0 AS ended
      FROM evening JOIN sag ON case_table = 'sag' AND sag_id::text = case_key WHERE birth BETWEEN '1972-01-01' AND '1979-12-31' AND afsluttet IS NULL AND unit_2019 <> 'sundhed' AND sag_id % 7 = 0;
SELECT count(msb_org.override('sag', sag_id::text, 'sundhed', 'Nr. ' || sag_id, until)) FROM overridden;
UPDATE sag SET afsluttet = '2019-08-01' WHERE sag_id IN (SELECT sag_id FROM overridden WHERE ended);
});
my $ending = sub { q{SELECT 'sag', sag_id::text, 'sundhed', } . $title->('msb-2019', "'sundhed'") . qq{, 'Nr. ' || sag_id, until, until - DATE '$_[0]' FROM overridden WHERE until <= '$_[1]' AND NOT ended} };
same('overrides_ending', 'SELECT * FROM msb_org.overrides_ending()', $ending->('2019-08-01', '2019-08-31'));
same('handovers_by_cause, overrides that end', $ahead->('case', 'override_end'),
    q{SELECT unit, } . $title->('msb-2019', 'o.unit') . q{, small(count(*)), 0::bigint, 0::bigint, 0::bigint, 0::bigint FROM overridden o WHERE until IS NOT NULL AND NOT ended GROUP BY 1});

# Half a year without the daily job. Some handovers were accepted, and some of those cases closed.
script(q{SET msb_org.today = '2019-08-01';
CREATE TABLE accepted AS SELECT *, row_number() OVER (ORDER BY case_table, case_key) % 3 = 0 AND case_table = 'sag' AS ended
  FROM ahead WHERE afsluttet IS NULL AND hashtext(case_key) % 4 = 0 AND to_char(birth, 'MMDD') <> '0229';
SELECT count(msb_org.accept_handover(case_table, case_key, birthday)) FROM accepted;
});
same('handovers_by_cause, accepted', $ahead->('case', 'birthday'),
    q{SELECT a.unit, } . $title->('msb-2019', 'a.unit') . q{, small(count(*)), small(count(c.case_key)), 0::bigint, 0::bigint, 0::bigint FROM ahead a LEFT JOIN accepted c USING (case_table, case_key) GROUP BY 1});
script(q{SET msb_org.today = '2019-08-01';
UPDATE sag SET afsluttet = '2019-08-01' WHERE sag_id::text IN (SELECT case_key FROM accepted WHERE case_table = 'sag' AND ended);
ALTER DATABASE postgres SET msb_org.today = '2020-02-01';
SET msb_org.today = '2020-02-01';
\set day 2020-02-01
\i demo/plain.sql
CREATE TABLE february AS TABLE plain;
CREATE TABLE half AS SELECT e.case_table, e.case_key, e.borger_id, CASE WHEN o.sag_id IS NULL THEN e.unit_2019 ELSE 'sundhed' END AS from_unit, f.unit_2019 AS unit,
       CASE WHEN o.sag_id IS NULL THEN 'birthday' ELSE 'override_end' END AS cause, a.birthday, c.case_key IS NOT NULL AS accepted
  FROM february f JOIN evening e USING (case_table, case_key) LEFT JOIN overridden o ON case_table = 'sag' AND sag_id::text = case_key
  LEFT JOIN ahead a USING (case_table, case_key) LEFT JOIN accepted c USING (case_table, case_key)
 WHERE CASE WHEN o.sag_id IS NULL THEN e.unit_2019 <> f.unit_2019 ELSE o.until IS NOT NULL END;
});
same('overrides_ending, late', 'SELECT * FROM msb_org.overrides_ending()', $ending->('2020-02-01', '2020-03-02'));
my $half = sub { q{SELECT h.cause, h.unit, } . $title->('msb-2019', 'h.unit') . qq{, small(count(*)), small(count(*) FILTER (WHERE accepted)), $_[0], small(count(*) FILTER (WHERE NOT void AND birthday IS DISTINCT FROM '2020-02-01')), $_[1]
        FROM (SELECT cause, unit, accepted, birthday, false AS void FROM half UNION ALL SELECT 'birthday', unit, true, birthday, true FROM accepted WHERE ended AND birthday <= '2020-02-01') h GROUP BY 1, 2} };
my $happened = q{SELECT cause, to_unit, to_title, handovers, accepted, moved, late, void FROM msb_org.handovers_by_cause('2019-08-02', '2020-02-01') WHERE moves = 'case' AND cause IN ('birthday', 'override_end')};
script(q{SELECT msb_org.reassign_due(); ANALYZE;});
same('handovers_by_cause, happened', $happened, $half->('small(count(*) FILTER (WHERE NOT void))', 'small(count(*) FILTER (WHERE void))'));
same('moves_by_month, the year after', q{SELECT month, from_unit, to_unit, moves FROM msb_org.moves_by_month('2020-01-01', '2020-12-31')},
    q{SELECT DATE '2020-02-01', from_unit, unit, small(count(*)) FROM half WHERE from_unit <> unit GROUP BY 2, 3});
same('moves_per_citizen, the year after', q{SELECT * FROM msb_org.moves_per_citizen('2020-01-01', '2020-12-31')},
    q{SELECT 2020, citizens, moved, moves, round(moves::numeric / citizens, 3) FROM (SELECT count(DISTINCT borger_id) AS moved, count(*) AS moves FROM half) c,
        (SELECT count(DISTINCT evening.borger_id) AS citizens FROM evening LEFT JOIN sag ON case_table = 'sag' AND sag_id::text = case_key WHERE afsluttet IS DISTINCT FROM '2019-08-01') p});

$node->stop;
done_testing();
