# From one version to the next: an upgrade ends with the same objects as a fresh installation,
# whoever runs it; what was stored is there, and works, before (with the new library and the old
# objects) and after. What was released does not change, and no other version can be installed.
# Of a made-up next version too (t/stored/NextVersion.pm), whether there is an earlier one or not.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/stored";

use Digest::SHA;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use InUse;
use NextVersion;

my $version = current_version();
my %released = map { @$_ } released();
my @earlier = grep { $_ ne $version } sort keys %released;
my $objects = slurp_file("$FindBin::Bin/stored/objects.sql");
# tables that got a column in a version: their rows are longer there
my %longer = ('9.9' => ['table msb_org.hearing_note']);

# All objects of a database's extension: definitions by name.
sub objects
{
	my ($node, $database, $before, $after) = @_;
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
	my ($node, $database, $expected, $what) = @_;
	my $is = objects($node, $database);
	my @differing = differing($is, $expected);
	is(join("\n", @differing), '', $what);
	diag("$_\n--- upgraded\n" . ($is->{$_} // "nothing\n") . "--- fresh\n" . ($expected->{$_} // "nothing\n")) for grep { defined } @differing[ 0 .. 9 ];
	return;
}

sub database
{
	my ($node, $name, $owner, @statements) = @_;
	$node->safe_psql('postgres', "CREATE DATABASE $name OWNER $owner");
	query($node, $name, $_->[0], $_->[1]) for @statements;
	return;
}

# The objects of a fresh installation, by a superuser and by the owner of the database.
sub fresh_objects
{
	my ($node, $superuser) = @_;
	database($node, 'frisk', $superuser, [ $superuser, 'CREATE EXTENSION msb_org' ]);
	database($node, 'frisk_ejer', 'ejer', [ 'ejer', 'CREATE EXTENSION msb_org' ]);
	return { map { $_ => objects($node, $_) } qw(frisk frisk_ejer) };
}

# An upgrade of what was installed by a superuser; by the installing role; and of what the
# installing role has by a superuser. And of a database in use, which is left in two: i_brug,
# upgraded, and fra_gammel, from a dump of the old version.
sub upgrade
{
	my ($node, $superuser, $fresh, $old, $new) = @_;
	my $update = 'ALTER EXTENSION msb_org UPDATE';
	database($node, "op_$superuser", $superuser, [ $superuser, "CREATE EXTENSION msb_org VERSION '$old'" ], [ $superuser, $update ]);
	same_objects($node, "op_$superuser", $fresh->{frisk}, "$old, installed and upgraded by a superuser, is $new");
	database($node, 'op_ejer', 'ejer', [ 'ejer', "CREATE EXTENSION msb_org VERSION '$old'" ], [ 'ejer', $update ]);
	same_objects($node, 'op_ejer', $fresh->{frisk_ejer}, "$old, installed and upgraded by the database's owner, is $new");
	database($node, 'op_for_ejer', 'ejer', [ 'ejer', "CREATE EXTENSION msb_org VERSION '$old'" ], [ $superuser, $update ]);
	same_objects($node, 'op_for_ejer', $fresh->{frisk_ejer}, "$old, installed by the database's owner and upgraded by a superuser, is $new");
	$node->safe_psql('postgres', "DROP DATABASE $_") for "op_$superuser", 'op_ejer', 'op_for_ejer';

	# In use: the new library with the old objects; then the upgrade; and a dump of the old
	# version where only the new one is.
	in_use($node, 'i_brug', 'ejer', $old);
	works($node, 'i_brug', 'ejer', "$old with the library of $new");
	my $was = stored($node, 'i_brug');
	my $dump = PostgreSQL::Test::Utils::tempdir() . '/dump';
	$node->command_ok([ 'pg_dump', '-U', 'ejer', '--format=directory', '-f', $dump, '-d', $node->connstr('i_brug') ], "$old in use is dumped");
	my ($rc, $out, $err) = $node->psql('i_brug', $update, extra_params => [ '-U', 'fagsystem' ]);
	like($err, qr/ERROR:  must be owner of extension msb_org/, 'nobody else upgrades it');
	query($node, 'i_brug', 'ejer', $update);
	my @left = ((grep { !exists $was->{$_} } keys %{ stored($node, 'i_brug') }), @{ $longer{$new} // [] });
	same($was, stored($node, 'i_brug'), "$old in use, upgraded", @left);
	works($node, 'i_brug', 'ejer', "$old in use, upgraded");
	database($node, 'fra_gammel', 'ejer');
	$node->command_ok([ 'pg_restore', '-U', 'ejer', '--jobs=4', '--exit-on-error', '-d', $node->connstr('fra_gammel'), $dump ], "a dump of $old is restored where $new is");
	is($node->safe_psql('fra_gammel', "SELECT extversion FROM pg_extension WHERE extname = 'msb_org'"), $new, '... as that version');
	same($was, stored($node, 'fra_gammel'), "a dump of $old, restored", @left);
	works($node, 'fra_gammel', 'ejer', "a dump of $old, restored");

	# There is no way back.
	($rc, $out, $err) = $node->psql('i_brug', "ALTER EXTENSION msb_org UPDATE TO '$old'");
	like($err, qr/ERROR:  extension "msb_org" has no update path from version "\Q$new\E" to version "\Q$old\E"/, 'no way back');
	return;
}

# Which versions the owner of a database can create: tried of each that a script's name names.
sub creatable
{
	my ($node) = @_;
	database($node, 'tom', 'ejer');
	# (of what extension_destdir adds, the first knows nothing; of one version alone, the second)
	my @named = split /\n/, $node->safe_psql('tom', q{
		SELECT version FROM pg_available_extension_versions WHERE name = 'msb_org' UNION SELECT source FROM pg_extension_update_paths('msb_org')});
	my @creatable;
	for my $named (sort keys %{ { map { $_ => 1 } @named, $version, '0.0' } })
	{
		my ($rc, $out, $err) = $node->psql('tom', "BEGIN; CREATE EXTENSION msb_org VERSION '$named'; ROLLBACK", extra_params => [ '-U', 'ejer' ]);
		push @creatable, $named if $rc == 0;
		like($err, qr/extension "msb_org" has no installation script nor update path for version "\Q$named\E"/, "$named cannot be created") if $rc != 0;
	}
	$node->safe_psql('postgres', 'DROP DATABASE tom');
	return "@creatable";
}

#
# Released scripts are as they were released, and lead to the version of the control file.
#
for my $old (sort keys %released)
{
	is(Digest::SHA->new(256)->addfile("extension/msb_org--$old.sql")->hexdigest, $released{$old}, "msb_org--$old.sql is what was released");
}
ok(-f "extension/msb_org--$version.sql", "version $version of the control file has a script");
for my $old (@earlier)
{
	ok(-f "extension/msb_org--$old--$version.sql", "$old has a script that leads to $version");
}

#
# The owner of a database can create those versions, and no other: none that has been taken back.
#
my $node = server('upgrade');
my $superuser = $node->safe_psql('postgres', 'SELECT current_user');
my $fresh = fresh_objects($node, $superuser);
is(creatable($node), join(' ', sort keys %{ { %released, $version => 1 } }), 'what was released and the version of the control file can be created, no other');

#
# The comparison finds what differs.
#
cmp_ok(scalar keys %{ $fresh->{frisk} }, '>', 1500, 'the objects were found');
cmp_ok(scalar(differing($fresh->{frisk}, $fresh->{frisk_ejer})), '>', 100, 'another installing role has other privileges');
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
my %found = map { $_ => 1 } differing(objects($node, 'frisk', join(";\n", 'SET client_min_messages = error', 'BEGIN', values %mutations, ''), 'ROLLBACK;'), $fresh->{frisk});
ok($found{$_}, "found: $mutations{$_}") for sort keys %mutations;
is(join(', ', differing(objects($node, 'frisk'), $fresh->{frisk})), '', 'and nothing where nothing differs');

#
# From each earlier version to the version of the control file.
#
for my $old (@earlier)
{
	upgrade($node, $superuser, $fresh, $old, $version);
	$node->safe_psql('postgres', "DROP DATABASE $_") for 'i_brug', 'fra_gammel';
}
$node->stop;

#
# From that to a made-up one.
#
SKIP:
{
	my $made = next_version(PostgreSQL::Test::Utils::tempdir());
	skip 'this server takes only extensions that are installed' if !$made;
	my $next = $made->{version};
	$node = server('next', @{ $made->{settings} });
	is(creatable($node), join(' ', sort keys %{ { %released, $version => 1, $next => 1 } }), "$version and $next can be created");
	$fresh = fresh_objects($node, $superuser);
	database($node, 'gammel', 'ejer', [ 'ejer', "CREATE EXTENSION msb_org VERSION '$version'" ]);
	my %new = map { $_ => 1 } differing(objects($node, 'gammel'), $fresh->{frisk_ejer});
	ok($new{$_}, "$next differs from $version: $_")
	  for 'extension msb_org', 'function msb_org.copy_structure(text,text)', 'function msb_org.note_structure(text,text)', 'relation msb_org.structure_note', 'relation msb_org.structure_notes',
	  'relation msb_org.structure_note_structure', 'column msb_org.hearing_note 007', 'constraint structure_note_note on msb_org.structure_note -', 'trigger check_reference on msb_org.structure_note',
	  'trigger RI_ConstraintTrigger_c_structure_note_structure_fkey on msb_org.structure_note', 'initial privileges table msb_org.structure_note', 'dependency function msb_org.note_structure(text,text)';
	upgrade($node, $superuser, $fresh, $version, $next);

	# What is new works; rows that were there have the new column; and rows of the new table
	# are in a dump.
	my $new_rows = q{SELECT rule, author, note, weight FROM msb_org.hearing_note; SELECT structure, note FROM msb_org.structure_note ORDER BY note; SELECT * FROM msb_org.structure_notes};
	for my $database ('i_brug', 'fra_gammel')
	{
		is(query($node, $database, 'ejer', "SELECT msb_org.copy_structure('msb-2019', 'ny'), msb_org.note_structure('ny', 'set'); $new_rows"),
			"ny|\nB1|Ældrerådet|en indvending|1\nny|copied from msb-2019\nny|set\nny|2", "$database: what is new in $next works, for the installing role");
		my ($rc, $out, $err) = $node->psql($database, q{INSERT INTO msb_org.structure_note VALUES ('findes ikke', 'x')}, extra_params => [ '-U', 'ejer' ]);
		like($err, qr/violates foreign key constraint "structure_note_structure_fkey"/, '... and its foreign key');
		($rc, $out, $err) = $node->psql($database, q{SELECT msb_org.note_structure('ny', 'x')}, extra_params => [ '-U', 'fagsystem' ]);
		like($err, qr/permission denied for function note_structure/, '... and nobody else has it');
	}
	my $was = stored($node, 'i_brug');
	my $dump = PostgreSQL::Test::Utils::tempdir() . '/dump';
	$node->command_ok([ 'pg_dump', '-U', 'ejer', '--format=directory', '-f', $dump, '-d', $node->connstr('i_brug') ], "what was upgraded to $next is dumped");
	database($node, 'fra_ny', 'ejer');
	$node->command_ok([ 'pg_restore', '-U', 'ejer', '--jobs=4', '--exit-on-error', '-d', $node->connstr('fra_ny'), $dump ], '... and restored');
	same($was, stored($node, 'fra_ny'), "a dump of $next, restored");
	works($node, 'fra_ny', 'ejer', "a dump of $next, restored");

	# A version that is taken back: its script goes, and those that lead to it; the one that
	# leads on from it stays.
	unlink "$made->{scripts}/msb_org--$version.sql", glob "$made->{scripts}/msb_org--*--$version.sql";
	is(creatable($node), join(' ', sort $next, grep { $_ ne $version } keys %released), "$version, taken back, can be created no longer");
	query($node, 'gammel', 'ejer', 'ALTER EXTENSION msb_org UPDATE');
	same_objects($node, 'gammel', $fresh->{frisk_ejer}, '... and who has it gets to the next');
}

done_testing();
