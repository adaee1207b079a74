# From one version to the next: an upgrade ends with the same objects as a fresh installation,
# whoever runs it; what was stored is there, and works, before (with the new library and the old
# objects) and after. What was released does not change.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/stored";

use Digest::SHA;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use InUse;

#
# Released scripts stand as they were released, and every version can be installed.
#
my %released = reverse map { split /\s+/ } split /\n/, slurp_file('extension/released.sha256');
cmp_ok(scalar keys %released, '>', 0, 'there are released scripts');
for my $script (sort keys %released)
{
	is(Digest::SHA->new(256)->addfile("extension/$script")->hexdigest, $released{$script}, "$script is what was released");
}
my ($version) = slurp_file('msb_org.control') =~ /^default_version *= *'(.+)'$/m;
my @versions = sort { $a <=> $b } map { /^msb_org--([0-9.]+)\.sql$/ } sort keys %released;
ok(-f "extension/msb_org--$version.sql", "version $version of the control file has a script");
for my $old (grep { $_ ne $version } @versions)
{
	ok(-f "extension/msb_org--$old--$version.sql", "$old has a script that leads to $version");
}

my $node = server('upgrade');
my $superuser = $node->safe_psql('postgres', 'SELECT current_user');
my $objects = slurp_file("$FindBin::Bin/stored/objects.sql");

# All objects of a database's extension: definitions by name.
sub objects
{
	my ($database, $before, $after) = @_;
	my %found;
	my $all = $node->safe_psql($database, ($before // '') . $objects . ($after // ''), extra_params => [ '-F', "\t", '-R', "\x01" ]);
	for my $line (split /\x01/, $all)
	{
		my ($kind, $name, $definition) = split /\t/, $line, 3;
		$found{"$kind $name"} .= ($definition // '') . "\n";
	}
	return \%found;
}

# Which objects differ, or are missing on one side.
sub differing
{
	my ($a, $b) = @_;
	return grep { !defined $a->{$_} || !defined $b->{$_} || $a->{$_} ne $b->{$_} } sort keys %{ { %$a, %$b } };
}

sub same_objects
{
	my ($database, $expected, $what) = @_;
	my $is = objects($database);
	my @differing = differing($is, $expected);
	is(join("\n", @differing), '', $what);
	diag("$_\n--- upgraded\n" . ($is->{$_} // "nothing\n") . "--- fresh\n" . ($expected->{$_} // "nothing\n")) for grep { defined } @differing[ 0 .. 9 ];
	return;
}

sub database
{
	my ($name, $owner, @statements) = @_;
	$node->safe_psql('postgres', "CREATE DATABASE $name OWNER $owner");
	query($node, $name, $_->[0], $_->[1]) for @statements;
	return;
}

#
# The comparison finds what differs.
#
database('frisk', $superuser, [ $superuser, 'CREATE EXTENSION msb_org' ]);
database('frisk_ejer', 'ejer', [ 'ejer', 'CREATE EXTENSION msb_org' ]);
my %fresh = map { $_ => objects($_) } qw(frisk frisk_ejer);
cmp_ok(scalar keys %{ $fresh{frisk} }, '>', 1500, 'the objects were found');
cmp_ok(scalar(differing($fresh{frisk}, $fresh{frisk_ejer})), '>', 100, 'another installing role has other privileges');
my %mutations = (
	'function msb_org.today()' => 'COMMENT ON FUNCTION msb_org.today() IS NULL',
	'column msb_org.plan 012' => "COMMENT ON COLUMN msb_org.plan.wishes IS 'other'",
	'function msb_org.adopt(text,date,text)' => 'GRANT EXECUTE ON FUNCTION msb_org.adopt(text, date, text) TO PUBLIC',
	'relation msb_org.enactment' => 'REVOKE SELECT ON msb_org.enactment FROM PUBLIC',
	'function msb_org.actor()' => 'ALTER FUNCTION msb_org.actor() PARALLEL UNSAFE',
	'function msb_org.record_time()' => 'ALTER FUNCTION msb_org.record_time() COST 2',
	'function msb_org.protect(text,name[])' => "ALTER FUNCTION msb_org.protect(text, name[]) SET search_path = 'public'",
	'function msb_org.mask(msb_org.cpr)' => 'ALTER FUNCTION msb_org.mask(msb_org.cpr) OWNER TO ejer',
	'column msb_org.facet 005' => 'ALTER TABLE msb_org.facet ADD COLUMN t text',
	'column msb_org.facet 004' => 'ALTER TABLE msb_org.facet ALTER title SET NOT NULL',
	'column msb_org.plan_goal 004' => 'ALTER TABLE msb_org.plan_goal ALTER position SET DEFAULT 1',
	'constraint unit_kind on msb_org.unit -' => 'ALTER TABLE msb_org.unit DROP CONSTRAINT unit_kind',
	'trigger invalidate on msb_org.enactment' => 'ALTER TABLE msb_org.enactment ENABLE TRIGGER invalidate',
	'trigger RI_ConstraintTrigger_c_unit_structure_fkey on msb_org.unit' => 'ALTER TABLE msb_org.unit ENABLE TRIGGER ALL',
	'relation msb_org.unit' => 'ALTER TABLE msb_org.unit SET (fillfactor = 50)',
	'relation msb_org.i' => 'CREATE INDEX i ON msb_org.unit (kind)',
	'statistics s' => 'CREATE STATISTICS msb_org.s ON kind, unit FROM msb_org.unit',
	'relation msb_org.rule' => 'ALTER TABLE msb_org.rule ENABLE ROW LEVEL SECURITY',
	'policy p on msb_org.rule' => 'CREATE POLICY p ON msb_org.rule USING (true)',
	'relation msb_org.my_area' => 'ALTER VIEW msb_org.my_area SET (security_barrier = false)',
	'member function msb_org.sex(msb_org.cpr)' => 'ALTER EXTENSION msb_org DROP FUNCTION msb_org.sex(msb_org.cpr)',
	'cast text msb_org.cpr' => 'ALTER EXTENSION msb_org DROP CAST (text AS msb_org.cpr); DROP CAST (text AS msb_org.cpr)',
	'operator msb_org.<>(msb_org.cpr,msb_org.cpr)' => 'ALTER OPERATOR msb_org.<> (msb_org.cpr, msb_org.cpr) SET (RESTRICT = NONE)',
	'type msb_org.cpr' => 'ALTER TYPE msb_org.cpr OWNER TO ejer',
	'dependency function msb_org.age(msb_org.cpr,date)' => 'ALTER FUNCTION msb_org.age(msb_org.cpr, date) DEPENDS ON EXTENSION plpgsql',
	'extension msb_org' => "UPDATE pg_extension SET extcondition = array_fill(''::text, array[cardinality(extconfig)]) WHERE extname = 'msb_org'");
my %found = map { $_ => 1 } differing(objects('frisk', join(";\n", 'SET client_min_messages = error', 'BEGIN', values %mutations, ''), 'ROLLBACK;'), $fresh{frisk});
ok($found{$_}, "found: $mutations{$_}") for sort keys %mutations;
is(join(', ', differing(objects('frisk'), $fresh{frisk})), '', 'and nothing where nothing differs');

#
# An upgrade of what was installed by a superuser; by the installing role; and of what the
# installing role has by a superuser.
#
for my $old (grep { $_ ne $version } @versions)
{
	my $update = 'ALTER EXTENSION msb_org UPDATE';
	database("op_$superuser", $superuser, [ $superuser, "CREATE EXTENSION msb_org VERSION '$old'" ], [ $superuser, $update ]);
	same_objects("op_$superuser", $fresh{frisk}, "$old, installed and upgraded by a superuser, is $version");
	database('op_ejer', 'ejer', [ 'ejer', "CREATE EXTENSION msb_org VERSION '$old'" ], [ 'ejer', $update ]);
	same_objects('op_ejer', $fresh{frisk_ejer}, "$old, installed and upgraded by the database's owner, is $version");
	database('op_for_ejer', 'ejer', [ 'ejer', "CREATE EXTENSION msb_org VERSION '$old'" ], [ $superuser, $update ]);
	same_objects('op_for_ejer', $fresh{frisk_ejer}, "$old, installed by the database's owner and upgraded by a superuser, is $version");
	$node->safe_psql('postgres', "DROP DATABASE $_") for "op_$superuser", 'op_ejer', 'op_for_ejer';

	# In use: the new library with the old objects; then the upgrade; and a dump of the old
	# version where only the new one is.
	in_use($node, 'i_brug', 'ejer', $old);
	works($node, 'i_brug', 'ejer', "$old with the library of $version");
	my $was = stored($node, 'i_brug');
	my $dump = PostgreSQL::Test::Utils::tempdir() . '/dump';
	$node->command_ok([ 'pg_dump', '-U', 'ejer', '--format=directory', '-f', $dump, '-d', $node->connstr('i_brug') ], "$old in use is dumped");
	my ($rc, $out, $err) = $node->psql('i_brug', $update, extra_params => [ '-U', 'fagsystem' ]);
	like($err, qr/ERROR:  must be owner of extension msb_org/, 'nobody else upgrades it');
	query($node, 'i_brug', 'ejer', $update);
	my @new = grep { !exists $was->{$_} } keys %{ stored($node, 'i_brug') };
	same($was, stored($node, 'i_brug'), "$old in use, upgraded", @new);
	works($node, 'i_brug', 'ejer', "$old in use, upgraded");
	database('fra_gammel', 'ejer');
	$node->command_ok([ 'pg_restore', '-U', 'ejer', '--jobs=4', '--exit-on-error', '-d', $node->connstr('fra_gammel'), $dump ], "a dump of $old is restored where $version is");
	is($node->safe_psql('fra_gammel', "SELECT extversion FROM pg_extension WHERE extname = 'msb_org'"), $version, '... as that version');
	same($was, stored($node, 'fra_gammel'), "a dump of $old, restored", @new);
	works($node, 'fra_gammel', 'ejer', "a dump of $old, restored");

	# There is no way back.
	($rc, $out, $err) = $node->psql('i_brug', "ALTER EXTENSION msb_org UPDATE TO '$old'");
	like($err, qr/ERROR:  extension "msb_org" has no update path from version "\Q$version\E" to version "\Q$old\E"/, 'no way back');
	$node->safe_psql('postgres', "DROP DATABASE $_") for 'i_brug', 'fra_gammel';
}

done_testing();
