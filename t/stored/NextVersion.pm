# A made-up next version of the extension. It is built in a copy of the tree: the version of the
# control file is frozen there, as make release does it; a few objects are changed and added in
# the chapters of extension/; an update script leads from the one to the other; and both are
# installed into a directory of their own. So the way from version to version is tried before
# there is a second version, and the update script below shows what such a script needs.
package NextVersion;

use strict;
use warnings;

use Exporter 'import';
use PostgreSQL::Test::Utils;

our @EXPORT = qw(released current_version next_version);

# What the made-up version has more: a table with a foreign key, a view and a function; and a
# column, which hearing_note gets.
my $objects = <<'SQL';
CREATE TABLE msb_org.structure_note (
    structure text COLLATE "C" NOT NULL REFERENCES msb_org.structure ON UPDATE CASCADE ON DELETE CASCADE,
    note      text NOT NULL CONSTRAINT structure_note_note CHECK (note OPERATOR(pg_catalog.<>) ''),
    noted_at  timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp()
);
CREATE INDEX structure_note_structure ON msb_org.structure_note (structure);
COMMENT ON TABLE msb_org.structure_note IS 'Notes on a structure.';
COMMENT ON COLUMN msb_org.structure_note.structure IS 'The structure.';
COMMENT ON COLUMN msb_org.structure_note.note IS 'The note.';
COMMENT ON COLUMN msb_org.structure_note.noted_at IS 'When.';
SELECT pg_catalog.pg_extension_config_dump('msb_org.structure_note', '');

CREATE VIEW msb_org.structure_notes AS
    SELECT n.structure, pg_catalog.count(*) AS notes FROM msb_org.structure_note n GROUP BY n.structure;
COMMENT ON VIEW msb_org.structure_notes IS 'How many notes there are on each structure.';
COMMENT ON COLUMN msb_org.structure_notes.structure IS 'The structure.';
COMMENT ON COLUMN msb_org.structure_notes.notes IS 'How many.';
GRANT SELECT ON msb_org.structure_notes TO PUBLIC;

CREATE FUNCTION msb_org.note_structure(structure text, note text) RETURNS void
    LANGUAGE sql VOLATILE COST 100
BEGIN ATOMIC
    INSERT INTO msb_org.structure_note (structure, note) VALUES (note_structure.structure, note_structure.note);
END;
COMMENT ON FUNCTION msb_org.note_structure(text, text) IS 'Makes a note on a structure.';
REVOKE EXECUTE ON FUNCTION msb_org.note_structure(text, text) FROM PUBLIC;
SQL

my $column = 'weight integer NOT NULL DEFAULT 1';
my $column_comment = "COMMENT ON COLUMN msb_org.hearing_note.weight IS 'How much it weighs.';\n";

# What an update script says beside that. In a fresh installation the last parts, which look at
# all objects, give the new ones their privileges and the trigger that checks references. And
# @extowner@ is whoever runs the update: what is new is granted to the extension's owner.
my $for_all = <<'SQL';
DO $$
DECLARE
    owner text := (SELECT quote_ident(pg_get_userbyid(e.extowner)) FROM pg_extension e WHERE e.extname = 'msb_org');
    key   record;
BEGIN
    EXECUTE 'GRANT SELECT, INSERT, UPDATE, DELETE ON msb_org.structure_note, msb_org.structure_notes TO ' || owner || ' WITH GRANT OPTION';
    EXECUTE 'GRANT EXECUTE ON FUNCTION msb_org.note_structure(text, text) TO ' || owner || ' WITH GRANT OPTION';
    FOR key IN
        SELECT t.tgrelid::regclass AS relation, t.tgname FROM pg_trigger t
         WHERE t.tgrelid = 'msb_org.structure_note'::regclass AND t.tgfoid = '"RI_FKey_check_ins"'::regproc
    LOOP
        EXECUTE format('ALTER TABLE %s DISABLE TRIGGER %I', key.relation, key.tgname);
        EXECUTE format('CREATE TRIGGER check_reference AFTER INSERT ON %s FOR EACH ROW EXECUTE FUNCTION msb_org.check_reference()', key.relation);
    END LOOP;
END $$;
SQL

# The released versions, each with its checksum: [ version, checksum ]. An empty list is one.
sub released
{
	my @released;
	for my $line (grep { !/^#/ } split /\n/, slurp_file('extension/released.sha256'))
	{
		$line =~ /^([0-9a-f]{64})  msb_org--([0-9][0-9.]*)\.sql$/ or die "extension/released.sha256: $line";
		push @released, [ $2, $1 ];
	}
	return @released;
}

sub current_version
{
	my ($version) = slurp_file('msb_org.control') =~ /^default_version *= *'(.+)'$/m;
	return $version;
}

# In a directory: builds and installs the made-up version and the current one. Returns the new
# version's name, where its scripts lie, and the settings of a server that finds them; nothing
# where the server takes only extensions that are installed (before 18, if it is not Debian's).
sub next_version
{
	my ($dir) = @_;
	my ($version, $next) = (current_version(), '9.9');
	my $config = $ENV{PG_CONFIG} || 'pg_config';
	chomp(my ($bindir, $sharedir, $libraries) = `$config --bindir --sharedir --pkglibdir`);
	my %setting = map { /^(\w+)/ ? ($1 => 1) : () } `$bindir/postgres --describe-config`;
	my ($tree, $stage) = ("$dir/tree", "$dir/stage");
	my $path = $setting{extension_control_path} ? "extension_control_path = '$stage$sharedir:\$system'"
	  : $setting{extension_destdir} ? "extension_destdir = '$stage'"
	  : undef;
	if (!$path)
	{
		die 'this server takes only extensions that are installed' if $ENV{MSB_CHECK};
		return;
	}

	# What make was asked for is not asked of these.
	local @ENV{qw(MAKEFLAGS MFLAGS MAKEOVERRIDES MAKELEVEL)};
	delete @ENV{qw(MAKEFLAGS MFLAGS MAKEOVERRIDES MAKELEVEL)};
	my $in_tree = sub { my ($command) = @_; my $out = `cd $tree && ( $command ) 2>&1 </dev/null`; die "$command: $out" if $?; };
	mkdir $tree;
	system("tar -cf - --exclude=./.git --exclude='./tmp_check*' --exclude=./results --exclude=./output_iso --exclude=./log . | tar -xf - -C $tree") == 0 or die;
	my $write = sub { my ($file, $text) = @_; open my $handle, '>', "$tree/$file" or die; print $handle $text; close $handle; };
	# In the one chapter that has what is looked for.
	my $change = sub {
		my ($from, $to) = @_;
		my @chapters = grep { slurp_file($_) =~ $from } glob "$tree/extension/*/*.sql";
		die scalar(@chapters) . " files have what the made-up version changes: $from" if @chapters != 1;
		my $text = slurp_file($chapters[0]);
		my ($was) = $text =~ $from;
		$text =~ s/$from/$to->($was)/e;
		$write->($chapters[0] =~ s/^\Q$tree\E\///r, $text);
	};

	$in_tree->("make -s extension/msb_org--$version.sql");
	$in_tree->("cd extension && sha256sum msb_org--$version.sql >>released.sha256") if !grep { $_->[0] eq $version } released();

	my $copy;
	$change->(qr/(CREATE FUNCTION msb_org\.copy_structure\(.*?\nCOMMENT ON FUNCTION msb_org\.copy_structure\(text, text\) IS\s.*?';\n)/s, sub {
		$copy = $_[0];
		$copy =~ s/RETURN (msb_org\.import_structure\(.*\));\n/PERFORM $1;\n    PERFORM msb_org.note_structure(to_structure, 'copied from ' || from_structure);\n    RETURN to_structure;\n/
		  && $copy =~ s/( IS\s+')/$1With a note on it: / or die 'copy_structure() is not as the made-up version changes it';
		return $copy;
	});
	$change->(qr/(CREATE TABLE msb_org\.hearing_note \(.*?    answer +text,\n)/s, sub { "$_[0]    $column,\n" });
	$change->(qr/(COMMENT ON COLUMN msb_org\.hearing_note\.answer IS .*?';\n)/s, sub { "$_[0]$column_comment\n$objects" });
	$write->('msb_org.control', slurp_file("$tree/msb_org.control") =~ s/^default_version.*$/default_version = '$next'/mr);
	$write->("extension/msb_org--$version--$next.sql", join("\n",
			"\\echo Use \"ALTER EXTENSION msb_org UPDATE TO '$next'\" to load this file. \\quit",
			"ALTER TABLE msb_org.hearing_note ADD COLUMN $column;", $column_comment, $objects, $copy =~ s/^CREATE FUNCTION/CREATE OR REPLACE FUNCTION/r, $for_all));
	$in_tree->("make -s with_llvm=no install DESTDIR=$stage");
	return { version => $next, scripts => "$stage$sharedir/extension", settings => [ $path, "dynamic_library_path = '$stage$libraries:\$libdir'" ] };
}

1;
