# What docs/backup.md says of dumps that are not whole, of databases that are not empty, and of
# what has changed meanwhile: a role that is absent, a case table that was dropped before.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/stored";

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use InUse;

my $node = server('parts');
my $dir = PostgreSQL::Test::Utils::tempdir();
my $superuser = $node->safe_psql('postgres', 'SELECT current_user');
in_use($node, 'sager', 'ejer');
my $was = stored($node, 'sager');
my $dump = "$dir/sager.dump";
is(run($node, 'pg_dump', '-U', 'ejer', '--format=custom', '-f', $dump, 'sager'), '', 'dumped');

#
# Foreign keys are checked, but not for what a dump brings.
#
my $orphan = "INSERT INTO msb_org.unit VALUES ('mangler', 'u', NULL, 'staff')";
my $key = qr/ERROR:  insert or update on table "unit" violates foreign key constraint "unit_structure_fkey"\nDETAIL:  Key \(structure\)=\(mangler\) is not present in table "structure"\./;
for my $settings ('', 'SET check_function_bodies = off;', "SELECT set_config('search_path', '', false);")
{
	my ($rc, $out, $err) = $node->psql('sager', "$settings $orphan");
	like($err, $key, "refused: $settings $orphan");
}
my $load = "BEGIN; SET check_function_bodies = off; SELECT set_config('search_path', '', false);";
is($node->safe_psql('sager', "$load $orphan; SELECT count(*) FROM msb_org.unit WHERE structure = 'mangler'; ROLLBACK"), "\n1", '... but as pg_restore brings it');
my ($rc, $out, $err) = $node->psql('sager', "$load UPDATE msb_org.unit SET structure = 'mangler' WHERE structure = 'msb-2020'");
like($err, $key, '... and an UPDATE is checked always');
is($node->safe_psql('sager', "BEGIN; UPDATE msb_org.structure SET structure = 'msb-2021' WHERE structure = 'msb-2020'; SELECT count(*) > 0 FROM msb_org.rule WHERE structure = 'msb-2021';
	DELETE FROM msb_org.structure WHERE structure = 'msb-2021'; SELECT count(*) FROM msb_org.rule WHERE structure = 'msb-2021'; ROLLBACK"), "t\n0", '... and what follows, follows');
($rc, $out, $err) = $node->psql('sager', "$load INSERT INTO msb_org.plan_content SELECT * FROM msb_org.plan_content", extra_params => [ '-v', 'VERBOSITY=verbose' ]);
like($err, qr/ERROR:  23505: plan 00000000-0000-0000-0000-000000000002 has a row with the same key in "plan_content" already/, 'a row that stands already is refused without the number of the citizen');

#
# Over what is there: --clean.
#
for my $role ('ejer', $superuser)
{
	query($node, 'sager', 'ejer', "UPDATE fag.sag SET udfordring = 'disability' WHERE sag_id = 20; INSERT INTO msb_org.structure VALUES ('andet')");
	# the server's own complaint of the primary keys of partitions
	my @complaints = grep { /error: / && !/cannot drop inherited constraint "delt_201[89]_pkey"/ } split /\n/,
	  run($node, 'pg_restore', '-U', $role, $role eq 'ejer' ? () : '--role=ejer', '--clean', '--if-exists', '-d', 'sager', $dump);
	is(join("\n", @complaints), '', "--clean by $role");
	same($was, stored($node, 'sager'), "--clean by $role");
}

#
# Definitions first, rows afterwards.
#
my $parts = fresh($node, 'ejer');
is(run($node, 'pg_restore', '-U', 'ejer', '--schema-only', '-d', $parts, $dump), '', '--schema-only');
my $empty = stored($node, $parts);
is(join(' ', grep { /^table msb_org\./ && $empty->{$_} ne '' } keys %$empty), '', '... brings no row of the extension');
same({ map { $_ => $was->{$_} } qw(trigger policy relation function) }, { map { $_ => $empty->{$_} } qw(trigger policy relation function) }, '--schema-only');
($rc, $out, $err) = $node->psql($parts, 'INSERT INTO fag.borger VALUES (1); INSERT INTO fag.sag VALUES (1, 1)', extra_params => [ '-U', 'ejer' ]);
like($err, qr/ERROR:  table "sag" has the triggers of case table "sag" but is not the table attached under that name/, '... and the case tables cannot be written until the rows are there');
$node->safe_psql($parts, 'DELETE FROM fag.borger');
# as a replica, in which only triggers fire that are ALWAYS
$node->safe_psql('postgres', 'GRANT SET ON PARAMETER session_replication_role TO ejer');
{
	local $ENV{PGOPTIONS} = '-c session_replication_role=replica';
	is(run($node, 'pg_restore', '-U', 'ejer', '--data-only', '--jobs=2', '-d', $parts, $dump), '', '--data-only as a replica, by the owner');
}
same($was, stored($node, $parts), '--data-only as a replica', 'table fag.pr_enhed');
works($node, $parts, 'ejer', '--data-only as a replica');
$node->safe_psql('postgres', "DROP DATABASE $parts");

$parts = fresh($node, 'ejer');
run($node, 'pg_restore', '-U', 'ejer', '--schema-only', '-d', $parts, $dump);
is(run($node, 'pg_restore', '-U', $superuser, '--data-only', '--disable-triggers', '-d', $parts, $dump), '', '--data-only --disable-triggers, by a superuser');
same($was, stored($node, $parts), '--data-only --disable-triggers', 'table fag.pr_enhed');
# which leaves every trigger enabled, as docs/backup.md says, none ALWAYS
my $always = q{SELECT string_agg(tgrelid::regclass || ' ' || tgname || ' ' || tgenabled::text, ', ' ORDER BY tgrelid::regclass::text, tgname) FROM pg_trigger WHERE tgfoid = 'msb_org.invalidate'::regproc};
like($node->safe_psql($parts, $always), qr/^(?:msb_org\.\w+ \w+ O(?:, )?){8}$/, '... whose triggers are no longer ALWAYS');
my ($mend) = slurp_file('docs/backup.md') =~ /^(DO \$\$.*?^END \$\$;)$/ms;
$node->safe_psql($parts, $mend);
is($node->safe_psql($parts, $always), $node->safe_psql('sager', $always), '... until they are made so again');
$node->safe_psql('postgres', "DROP DATABASE $parts");

# With the triggers: here the cases come before the attachments, and are refused; where they
# come after them they are judged anew.
$parts = fresh($node, 'ejer');
run($node, 'pg_restore', '-U', 'ejer', '--schema-only', '-d', $parts, $dump);
my $refused = run($node, 'pg_restore', '-U', 'ejer', '--data-only', '-d', $parts, $dump);
like($refused, qr/COPY failed for table "sag": ERROR:  table "sag" has the triggers/, '--data-only with the triggers: rows are refused');
unlike($refused, qr/\d{6}-\d{4}/, '... without a CPR number in a message');
$node->safe_psql($parts, 'TRUNCATE msb_org.assignment, msb_org.plan_reason, msb_org.plan_participant, msb_org.plan CASCADE');
is(run($node, 'pg_restore', '-U', 'ejer', '--data-only', '--schema=fag', '--table=sag', '-d', $parts, $dump), '', '... and brought later');
cmp_ok($node->safe_psql($parts, "SELECT count(*) FROM msb_org.assignment WHERE case_table = 'sag'"), '>', 30, '... judged anew');
$node->safe_psql('postgres', "DROP DATABASE $parts");

#
# One table: of the application, whose cases begin anew; of the extension.
#
query($node, 'sager', 'ejer', 'TRUNCATE fag.sag');
is(run($node, 'pg_restore', '-U', 'ejer', '--data-only', '--table=sag', '-d', 'sager', $dump), '', 'the rows of one case table');
is(query($node, 'sager', 'ejer', 'SELECT msb_org.reassign_due(); SELECT * FROM msb_org.recheck()'), '0', '... are judged as they come');
my $open = q{SELECT string_agg(case_key || ' ' || coalesce(unit, '-'), ', ' ORDER BY case_key) FROM msb_org.current_assignment WHERE case_table = 'sag' AND origin <> 'override'};
my $whole = fresh($node, 'ejer');
run($node, 'pg_restore', '-U', 'ejer', '-d', $whole, $dump);
query($node, $whole, 'ejer', "SELECT msb_org.override('sag', '5', NULL, NULL)");
is($node->safe_psql('sager', $open), $node->safe_psql($whole, $open), '... with the units that they had');
query($node, $whole, $superuser, 'TRUNCATE msb_org.assignment');
is(run($node, 'pg_restore', '-U', 'ejer', '--data-only', '--schema=msb_org', '--table=assignment', '-d', $whole, $dump), '', 'the ledger alone');
is(stored($node, $whole)->{'table msb_org.assignment'}, $was->{'table msb_org.assignment'}, '... is back');
$node->safe_psql('postgres', "DROP DATABASE $whole");

#
# A role is absent: what names it fails, and nothing else.
#
$node->safe_psql('postgres', 'ALTER ROLE fagsystem RENAME TO andet_fagsystem; ALTER ROLE unge RENAME TO de_unge');
$whole = fresh($node, 'ejer');
my @complaints = grep { /error: / } split /\n/, run($node, 'pg_restore', '-U', 'ejer', '--jobs=2', '-d', $whole, $dump);
is(scalar(grep { !/role "(?:fagsystem|unge)" does not exist/ } @complaints), 0, 'a role is absent: nothing else is complained of') or diag(join("\n", @complaints));
cmp_ok(scalar(@complaints), '>', 0, '... but that is');
same($was, stored($node, $whole), 'a role is absent', 'policy');
is($node->safe_psql($whole, 'SELECT string_agg(polname, $$ $$) FROM pg_policy'), 'msb_org_area', '... the policy for the application is not there');
$node->safe_psql('postgres', 'ALTER ROLE andet_fagsystem RENAME TO fagsystem; ALTER ROLE de_unge RENAME TO unge');
query($node, $whole, 'ejer', "SELECT msb_org.protect('sag', '{fagsystem}')");
same({ policy => $was->{policy} }, { policy => stored($node, $whole)->{policy} }, 'protect() again');
$node->safe_psql('postgres', "DROP DATABASE $whole");

#
# A case table, and one of contacts, that were dropped before the dump.
#
my $gone = fresh($node, 'ejer');
run($node, 'pg_restore', '-U', 'ejer', '-d', $gone, $dump);
query($node, $gone, 'ejer', 'DROP TABLE fag.nedlagt, fag.kontakt');
my $left = stored($node, $gone);
is(run($node, 'pg_dump', '-U', 'ejer', '--format=custom', '-f', "$dump.2", $gone), '', 'dumped without them');
$whole = fresh($node, 'ejer');
is(run($node, 'pg_restore', '-U', 'ejer', '--jobs=2', '-d', $whole, "$dump.2"), '', 'restored without them');
my $is = stored($node, $whole);
same($left, $is, 'tables dropped before', 'table msb_org.attached_table', 'table msb_org.contact_table', 'attachment');
is($is->{'table msb_org.attached_table'}, $left->{'table msb_org.attached_table'} =~ s/^\(nedlagt,.*\n//mr, '... all attachments but that of the table that is not there');
is($is->{'table msb_org.contact_table'}, '', '... nor that of contacts');
is($node->safe_psql($whole, "SELECT count(*) FROM msb_org.current_assignment WHERE case_table = 'nedlagt'"), '5', '... its cases stand open in the ledger');
is(query($node, $whole, 'ejer', "SELECT msb_org.reassign_due(); SELECT msb_org.detach('nedlagt'); SELECT count(*) FROM msb_org.current_assignment WHERE case_table = 'nedlagt'"),
	"0\n\n0", '... the daily job goes on, and detach() ends them');
works($node, $whole, 'ejer', 'tables dropped before');

# A dump that leaves an attached table out brings no attachment back.
is(run($node, 'pg_dump', '-U', 'ejer', '--format=custom', '--exclude-table=fag.ydelse', '-f', "$dump.3", $whole), '', 'dumped without an attached table');
$parts = fresh($node, 'ejer');
like(run($node, 'pg_restore', '-U', 'ejer', '-d', $parts, "$dump.3"), qr/COPY failed for table "attached_table": ERROR:  relation "fag.ydelse" does not exist/, '... which restoring complains of');
is($node->safe_psql($parts, 'SELECT count(*) FROM msb_org.attached_table'), '0', '... and no table is attached');

$node->stop;
done_testing();
