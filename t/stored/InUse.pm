# What the tests of dump, restore and upgrade share: a database in which every table of the
# extension has rows (in_use.sql), all that is stored there, and whether it works.
package InUse;

use strict;
use warnings;
use FindBin;

use Exporter 'import';
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $databases = 0;
our @EXPORT = qw(server run fresh in_use stored same works query);

# A server on which it is 2019-09-02, with the roles that in_use.sql names.
sub server
{
	my ($name, @conf) = @_;
	my $node = PostgreSQL::Test::Cluster->new($name);
	$node->init(extra => [ '--locale=C.UTF-8', '--encoding=UTF8', '-A', 'trust' ]);
	$node->append_conf('postgresql.conf', join("\n", "fsync = off", "msb_org.today = '2019-09-02'", "timezone = 'Europe/Copenhagen'", @conf));
	$node->start;
	$node->safe_psql('postgres', 'CREATE ROLE ejer LOGIN; CREATE ROLE fagsystem LOGIN; CREATE ROLE unge LOGIN;');
	return $node;
}

# As a role: standard output; the test ends at an error.
sub query
{
	my ($node, $database, $role, $sql) = @_;
	return $node->safe_psql($database, "SET client_min_messages = warning;\n$sql", extra_params => [ '-U', $role ]);
}

# Runs a program of PostgreSQL's on the server; what it complained of.
sub run
{
	my ($node, @command) = @_;
	local $ENV{PGHOST} = $node->host;
	local $ENV{PGPORT} = $node->port;
	my ($out, $err) = ('', '');
	IPC::Run::run(\@command, '<', \'', '>', \$out, '2>', \$err, IPC::Run::timeout(180));
	return $err;
}

# A new, empty database.
sub fresh
{
	my ($node, $owner) = @_;
	my $database = 'ny_' . ++$databases;
	$node->safe_psql('postgres', "CREATE DATABASE $database OWNER $owner");
	return $database;
}

# A database of a role's, in which that role has installed the extension (of a version, where
# one is given) and uses it.
sub in_use
{
	my ($node, $database, $role, $version) = @_;
	$node->safe_psql('postgres', "CREATE DATABASE $database OWNER $role");
	query($node, $database, $role, 'CREATE EXTENSION msb_org' . ($version ? " VERSION '$version'" : '') . '; CREATE SCHEMA fag; GRANT USAGE ON SCHEMA fag TO PUBLIC');
	query($node, $database, $role, slurp_file("$FindBin::Bin/stored/in_use.sql"));
	return;
}

# Everything that is stored, by name: the rows of each table of the extension, found from the
# catalog, and of each table, view and sequence of the application; and what stands on those.
sub stored
{
	my ($node, $database) = @_;
	my $rows = $node->safe_psql($database, q{
		SELECT set_config('search_path', '', false) \g /dev/null
		SELECT format('SELECT %L || E''\t'' || r::text FROM %s r ORDER BY r::text COLLATE "C"', 'table ' || c.oid::regclass, c.oid::regclass)
		  FROM pg_class c
		  JOIN pg_namespace n ON n.oid = c.relnamespace
		  LEFT JOIN pg_depend d ON d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e'
		   AND d.refclassid = 'pg_extension'::regclass AND d.refobjid = (SELECT e.oid FROM pg_extension e WHERE e.extname = 'msb_org')
		 WHERE c.relkind = 'r' AND d.objid IS NOT NULL
		    OR c.relkind = ANY ('{r,m,v}') AND n.nspname = 'fag'
		 ORDER BY c.oid::regclass::text \gexec
		SELECT 'trigger' || E'\t' || concat_ws(' ', pg_get_triggerdef(t.oid), t.tgenabled) FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
		 WHERE NOT t.tgisinternal AND c.relnamespace = 'fag'::regnamespace ORDER BY 1;
		SELECT 'policy' || E'\t' || concat_ws(' ', p.polrelid::regclass, p.polname, p.polcmd, p.polpermissive, (SELECT string_agg(r::regrole::text, ',' ORDER BY r) FROM unnest(p.polroles) r),
		       pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid)) FROM pg_policy p ORDER BY 1;
		SELECT 'relation' || E'\t' || concat_ws(' ', c.oid::regclass, c.relkind, c.relrowsecurity, c.relforcerowsecurity, pg_get_indexdef(c.oid))
		  FROM pg_class c WHERE c.relnamespace = 'fag'::regnamespace ORDER BY 1;
		SELECT 'attachment' || E'\t' || a::text FROM msb_org.attachment a ORDER BY a.case_table;
		SELECT 'function' || E'\t' || pg_get_functiondef(p.oid) FROM pg_proc p WHERE p.pronamespace = 'fag'::regnamespace ORDER BY 1;
	});
	my %found;
	my $name = '';
	for my $line (split /\n/, $rows)
	{
		# a row that goes on, else the name of what it belongs to
		if ($line =~ /^((?:table \S+)|trigger|policy|relation|attachment|function)\t(.*)$/s)
		{
			$name = $1;
			$line = $2;
		}
		$found{$name} .= "$line\n";
	}
	# a table without a row is there, too
	my @tables = split /\n/, $node->safe_psql($database, q{
		SELECT set_config('search_path', '', false) \g /dev/null
		SELECT 'table ' || d.objid::regclass FROM pg_depend d JOIN pg_class c ON c.oid = d.objid AND c.relkind = 'r'
		 WHERE d.classid = 'pg_class'::regclass AND d.deptype = 'e' AND d.refobjid = (SELECT e.oid FROM pg_extension e WHERE e.extname = 'msb_org')});
	$found{$_} //= '' for @tables;
	return \%found;
}

# What is stored in one place is what is stored in another; $left are names that may differ.
sub same
{
	my ($was, $is, $what, @left) = @_;
	my @differing;
	for my $name (sort keys %{ { %$was, %$is } })
	{
		next if grep { $_ eq $name } @left;
		next if defined $was->{$name} && defined $is->{$name} && $was->{$name} eq $is->{$name};
		push @differing, $name;
		diag("$what: $name\n--- was\n" . ($was->{$name} // 'nothing') . '--- is\n' . ($is->{$name} // 'nothing'));
	}
	is(join(', ', @differing), '', "$what: all rows, triggers and policies are back");
	return;
}

# The next row is judged, written, refused and counted; what stands needs no judging. As the
# roles that did so before; leaves nothing behind.
sub works
{
	my ($node, $database, $role, $what) = @_;
	is(query($node, $database, $role, q{
		SELECT count(*) FROM msb_org.recheck();
		CALL msb_org.reassign('sag', 1000);
		SELECT msb_org.area_of('740398-0121'::msb_org.cpr, 'authority', 'homelessness', 'general', DATE '2019-09-02'),
		       (SELECT count(*) > 0 FROM msb_org.load_by_area()), fag.enhed('740398-0121'::msb_org.cpr);
		SELECT status FROM msb_org.plan WHERE plan = '00000000-0000-0000-0000-000000000002';}),
		"0\nunge|t|unge\nactive", "$what: asked");
	query($node, $database, 'fagsystem', q{
		INSERT INTO fag.borger VALUES (900, '740398-0121');
		INSERT INTO fag.sag (sag_id, borger, opgave, udfordring) VALUES (901, 900, 'benefit', NULL), (902, 900, 'authority', 'homelessness');});
	is(query($node, $database, $role, q{
		SELECT case_key, unit, actor FROM msb_org.current_assignment WHERE citizen = '740398-0121' ORDER BY 1;
		SELECT string_agg(omraade, ' ' ORDER BY sag_id) FROM fag.sag WHERE borger = 900;
		SELECT status, duty FROM msb_org.plan WHERE citizen = '740398-0121';}),
		"901|sundhed|fagsystem\n902|unge|fagsystem\nsundhed unge\ndraft|both", "$what: the next cases are judged, their area is written, a plan opens");
	my ($rc, $out, $err) = $node->psql($database, q{INSERT INTO fag.delt VALUES ('00000000-0000-0000-0000-000000000901', 2019, '740398-0121', 'benefit', 'job')},
		extra_params => [ '-U', 'fagsystem', '-v', 'VERBOSITY=verbose' ]);
	like($err, qr/ERROR:  23514: area "job" is not responsible for case /, "$what: a wrong one is refused");
	like(query($node, $database, 'unge', q{SELECT count(*) > 0, bool_and(omraade = 'unge') FROM fag.sag}), qr/^t\|t$/, "$what: a caseworker sees the unit's cases alone");
	query($node, $database, $role, q{DELETE FROM fag.sag WHERE borger = 900; DELETE FROM fag.borger WHERE id = 900;});
	return;
}

1;
