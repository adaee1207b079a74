# Plans: a dump and restore brings every row back as it was, by an ordinary role
# too, and no message about a plan shows whose it is.

use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init(extra => [ '--locale=C', '--encoding=UTF8' ]);
$node->start;
$node->safe_psql('postgres', 'CREATE ROLE it LOGIN; CREATE DATABASE sager OWNER it; CREATE DATABASE ny OWNER it;');

my $plan = '00000000-0000-0000-0000-000000000001';
my $whole = '00000000-0000-0000-0000-000000000002';
my @tables = qw(plan plan_kind plan_step plan_goal plan_measure plan_content plan_follow_up plan_consent plan_citizen
  plan_replaces plan_participant plan_coordinator plan_revision plan_review);

# As the role that created the extension, which is trusted: a plan that is replaced and
# returned, one that is revoked, with everything that plans consist of.
$node->safe_psql('sager', <<"SQL", extra_params => [ '-U', 'it' ]);
CREATE EXTENSION msb_org;
SET msb_org.actor = 'en sagsbehandler';
SELECT msb_org.load_structure('msb-2019');
UPDATE msb_org.plan_kind SET title = 'Kommunens plan' WHERE kind = 'coordination';
DELETE FROM msb_org.plan_step WHERE from_status = 'declined';
SELECT msb_org.write_plan('{"citizen": "610198-0001", "kind": "coordination", "plan": "$plan", "coordinator": "K1",
    "goals": [{"goal": "job", "description": "Job"}], "contents": [{"content": "purpose", "body": "x"}],
    "measures": [{"measure": "m", "means": "partner", "partner": "F"}], "partners": ["F"], "follow_ups": [{"due": "2019-12-01"}],
    "consents": [{"recipient": "unge", "given": "2019-01-01", "scope": "age 0-29; task provision"}], "related": [{"related": "6202000002"}]}');
SELECT msb_org.set_coordinator('$plan', 'K2');
SELECT msb_org.write_plan('{"plan": "$plan", "status": "offered", "goals": [{"goal": "bolig", "description": "Bolig"}]}');
SELECT msb_org.write_plan('{"citizen": "610198-0001", "kind": "whole_person", "plan": "$whole", "coordinator": "K3", "replaces": ["$plan"],
    "consents": [{"recipient": "sundhed", "given": "2019-01-01"}]}');
SELECT msb_org.set_plan_status('$whole', s) FROM unnest('{offered,consented,active}'::text[]) s;
SELECT msb_org.withdraw_consent('$whole');
SQL

my $state = join ' UNION ALL ', map { "SELECT '$_', to_jsonb(t)::text FROM msb_org.$_ t" } @tables;
my $before = $node->safe_psql('sager', "$state ORDER BY 1, 2");
for my $table (@tables)
{
    like($before, qr/^$table\|/m, "$table has rows to carry over");
}
my $dump = PostgreSQL::Test::Utils::tempdir() . '/sager.dump';
$node->command_ok([ 'pg_dump', '-Fc', '-U', 'it', '-d', $node->connstr('sager'), '-f', $dump ], 'dumped');
$node->command_ok([ 'pg_restore', '-U', 'it', '--no-owner', '--exit-on-error', '-d', $node->connstr('ny'), $dump ], 'restored by an ordinary role');
is($node->safe_psql('ny', "$state ORDER BY 1, 2"), $before, 'every row as it was: nothing was guarded, done again or revised');
is($node->safe_psql('ny', "SELECT msb_org.set_plan_status('$plan', 'closed'); SELECT count(*) FROM msb_org.plan WHERE status = 'closed'",
        extra_params => [ '-U', 'it' ]), "\n1", 'the role that restored it works on');

# What is refused, and what psql and the server's log show of it, at default settings.
$node->append_conf('postgresql.conf', "log_statement = none\nlog_duration = off\n");
$node->reload;
$node->poll_query_until('postgres', "SELECT current_setting('log_statement') = 'none'");
my $log_from = -s $node->logfile;
my $citizen = q{'610198-0001'};
my $n = 0;
for my $try (
    [ 'a second open plan', "INSERT INTO msb_org.plan (citizen, opened_by) VALUES ($citizen, 'x'), ($citizen, 'x')" ],
    [ 'a number twice', "INSERT INTO msb_org.plan (citizen, plan, kind, opened_by) VALUES ($citizen, '$whole', 'min_plan', 'x')" ],
    [ 'a step', "UPDATE msb_org.plan SET status = 'active' WHERE citizen = $citizen AND plan = '$whole'" ],
    [ 'a status with a number', "UPDATE msb_org.plan SET status = $citizen WHERE citizen = $citizen" ],
    [ 'a coordinator', "UPDATE msb_org.plan SET coordinator = 'K' WHERE citizen = $citizen AND plan = '$whole'" ],
    [ 'another kind', "UPDATE msb_org.plan SET kind = 'min_plan' WHERE citizen = $citizen" ],
    [ 'DELETE', "DELETE FROM msb_org.plan WHERE citizen = $citizen" ],
    [ 'a part twice', "INSERT INTO msb_org.plan_content SELECT citizen, plan, content, body FROM msb_org.plan_content WHERE citizen = $citizen" ],
    [ 'a part of no plan', "INSERT INTO msb_org.plan_content VALUES ($citizen, '00000000-0000-0000-0000-000000000009', 'a', 'b')" ],
    [ 'a part of another plan', "UPDATE msb_org.plan_content SET plan = '$whole' WHERE citizen = $citizen" ],
    [ 'COPY', "COPY msb_org.plan_content FROM stdin;\n610198-0001\t00000000-0000-0000-0000-000000000009\ta\tb\n\\." ],
    [ 'open_plan', "SELECT msb_org.open_plan($citizen)", "SELECT msb_org.set_plan_status('$plan', 'under_review')" ],
    [ 'open_plan of an age', "SELECT msb_org.open_plan('610180-0001', 'barnets_plan')" ],
    [ 'open_plan of a kind', "SELECT msb_org.open_plan($citizen, $citizen)" ],
    [ 'a document', "SELECT msb_org.write_plan('{\"citizen\": \"610198-0001\", \"kind\": \"min_plan\", \"goals\": [{\"goal\": \"610198-0001\"}]}')" ],
    [ 'its dates', "SELECT msb_org.write_plan('{\"citizen\": \"610198-0001\", \"kind\": \"min_plan\", \"due\": \"6101980001\"}')" ],
    [ 'its scope', "SELECT msb_org.write_plan('{\"citizen\": \"610198-0001\", \"kind\": \"min_plan\", \"consents\": [{\"recipient\": \"x\", \"given\": \"2019-01-01\", \"scope\": \"age 6101980001\"}]}')" ],
    [ 'its keys', "SELECT msb_org.write_plan('{\"citizen\": \"610198-0001\", \"kind\": \"min_plan\", \"610198-0001\": 1}')" ])
{
    $node->safe_psql('ny', $try->[2]) if defined $try->[2];
    my ($rc, $out, $err) = $node->psql('ny', "\\set VERBOSITY verbose\n$try->[1];\n", on_error_stop => 1);
    $n++;
    isnt($rc, 0, "$try->[0]: refused");
    unlike($err, qr/6101(?:98|80)-?0001/, "$try->[0]: psql shows no number") or diag($err);
}
my $log = slurp_file($node->logfile, $log_from);
is(scalar(() = $log =~ /ERROR: /g), $n, 'the log has every error');
unlike($log, qr/6101(?:98|80)-?0001/, 'and none of the numbers');

$node->stop;
done_testing();
