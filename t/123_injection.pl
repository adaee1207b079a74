# Names, codes and patterns that would be SQL, DOT or HTML if anybody put them together
# carelessly: of schemas, tables, columns and roles; facets, labels, units, rules and
# structures; aliases, case tables, contacts, citizens and keys.  Everything is done with
# them; nothing of what they say is run, and what is asked for is found.
use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init(extra => [ '--encoding=UTF8', '--locale=C' ]);
$node->append_conf('postgresql.conf', "msb_org.today = '2019-09-02'\nmsb_org.min_cell = 1");
$node->start;
$node->safe_psql('postgres', 'CREATE EXTENSION msb_org; CREATE TABLE victim (a int); INSERT INTO victim VALUES (1)');

# A name ends with its number; 63 bytes at most.
sub hostile { return q{'";$$$x$\\%I%s--<b>&//} . "\n" . q{'); DROP TABLE victim; --} . $_[0] }
my @names = qw(schema table parent key id fk cpr task challenge facet_column area closed at channel contacts
  facet label other_label unit rule structure title contact basis decision
  vocabulary alias prefix case_table contact_table closing_code unit_code
  reader application absent
  citizen new_citizen case_1 case_2 case_3 case_4 unknown reason actor);
my %hostile;
$hostile{$_} = hostile(scalar keys %hostile) foreach @names;
# what these names may not have
$hostile{structure} =~ tr/# \n/___/;
$hostile{$_} =~ tr/\n/ / foreach qw(case_table contact_table), $node->safe_psql('postgres', 'SHOW server_version_num') >= 190000 ? qw(reader application absent) : ();

# psql quotes them: :'name' is a text, :"name" an identifier.
sub ask
{
	my ($sql) = @_;
	my ($out, $err) = ('', '');
	IPC::Run::run([ 'psql', '-XAtq', '-v', 'ON_ERROR_STOP=1', '-v', 'VERBOSITY=verbose',
			(map { ('-v', "$_=$hostile{$_}") } @names), '-d', $node->connstr('postgres') ],
		'<', \$sql, '>', \$out, '2>', \$err);
	chomp $out;
	return ($out, $err);
}

sub answers
{
	my ($what, $sql, $expected) = @_;
	my ($out, $err) = ask($sql);
	$err = join "\n", grep { !/^(NOTICE|WARNING|DETAIL|HINT|LOCATION|CONTEXT)/ } grep { /ERROR/ } split /\n/, $err;
	is($err, '', "$what: no error");
	is($out, $expected, $what) if defined $expected;
	return $out;
}

# A label, or a facet, within a target group.
my $functions = q{
CREATE FUNCTION pg_temp.quoted(text) RETURNS text LANGUAGE sql RETURN '"' || replace($1, '"', '""') || '"';
};

answers('a structure', $functions . q{
	CREATE ROLE :"reader" LOGIN;
	CREATE ROLE :"application" LOGIN;
	INSERT INTO msb_org.facet (facet, position) VALUES ('subject', 1), ('task', 2), ('challenge', 3), (:'facet', 4);
	INSERT INTO msb_org.label (facet, label, title) VALUES ('subject', 'citizen', 'c'), ('task', :'label', :'title'), ('task', 'coordination', 'k'),
		('challenge', 'x', :'title'), (:'facet', :'other_label', :'title');
	UPDATE msb_org.facet SET if_null = 'citizen' WHERE facet = 'subject';
	UPDATE msb_org.facet SET if_null = :'other_label' WHERE facet = :'facet';
	INSERT INTO msb_org.structure (structure, title) VALUES (:'structure', :'title');
	INSERT INTO msb_org.unit (structure, unit, title, kind, contact) VALUES (:'structure', :'unit', :'title', 'operating_area', :'contact'), (:'structure', 'anden', 'b', 'operating_area', NULL);
	INSERT INTO msb_org.rule (structure, rule, unit, target, basis) VALUES
		(:'structure', :'rule', :'unit', ('task ' || pg_temp.quoted(:'label') || '; ' || pg_temp.quoted(:'facet') || ' ' || pg_temp.quoted(:'other_label'))::msb_org.target_group, :'basis'),
		(:'structure', 'anden', 'anden', 'task coordination', NULL);
	SELECT count(*) FROM msb_org.verify(:'structure') WHERE severity = 'error';
	SELECT msb_org.adopt(:'structure', '2019-08-01', :'decision') = :'structure' || '#1';
	SELECT (d).unit = :'unit', (d).rule = :'rule', (d).basis = :'basis', (d).structure = :'structure'
	  FROM msb_org.decide(('task ' || pg_temp.quoted(:'label') || '; challenge x')::msb_org.target_group) AS d;
	SELECT count(*) FROM msb_org.explain_area(('task ' || pg_temp.quoted(:'label') || '; challenge x')::msb_org.target_group);
	SELECT count(*) > 0 FROM msb_org.responsibility_map(:'structure', :'label');
}, "0\nt\nt|t|t|t\n2\nt");

answers('copied, handed out and in, compared', q{
	SELECT msb_org.copy_structure(:'structure', 'kopi');
	SELECT msb_org.import_structure(msb_org.export_structure('kopi'), 'igen');
	SELECT count(*) FROM msb_org.compare(:'structure', 'igen');
}, "kopi\nigen\n0");

my ($dot) = ask(q{SELECT msb_org.org_chart(:'structure')});
SKIP:
{
	skip 'no dot', 2 if system('command -v dot >/dev/null 2>&1') != 0;
	my ($plain, $err) = ('', '');
	ok(IPC::Run::run([ 'dot', '-Tplain' ], '<', \$dot, '>', \$plain, '2>', \$err), 'a chart that Graphviz reads') or diag($err);
	is(scalar(() = $plain =~ /^node /mg), 2, 'with the two units, and no node that a title made');
}

answers('tables', q{
	CREATE SCHEMA :"schema";
	GRANT USAGE ON SCHEMA :"schema" TO PUBLIC;
	CREATE TABLE :"schema".:"parent" (:"id" integer PRIMARY KEY, :"cpr" text);
	CREATE TABLE :"schema".:"table" (:"key" text PRIMARY KEY, :"fk" integer REFERENCES :"schema".:"parent", :"task" text, :"challenge" text,
		:"facet_column" text, :"area" text, :"closed" text);
	CREATE INDEX ON :"schema".:"table" (:"fk");
	CREATE TABLE :"schema".:"contacts" (:"cpr" text, :"at" date, :"channel" text);
	INSERT INTO msb_org.alias (vocabulary, facet, pattern, label) VALUES (:'vocabulary', 'task', :'alias', :'label'), (:'vocabulary', 'task', :'prefix' || '*', 'coordination');
});

my $relation = q{format('%I.%I', :'schema', :'table')::regclass};
my $map = q{key => :'key', citizen => format('%I.%I', :'fk', :'cpr'), birth => format('%I.%I', :'fk', :'cpr'),
	facets => jsonb_build_object('task', :'task', 'challenge', :'challenge', :'facet', :'facet_column'),
	closed => :'closed', closed_values => ARRAY[:'closing_code'], area => :'area',
	area_values => jsonb_build_object(:'unit', :'unit_code', 'anden', 'anden'), vocabulary => :'vocabulary'};
answers('attached and written', qq{
	SET client_min_messages = error;
	SELECT msb_org.attach($relation, $map, case_table => :'case_table', mode => 'fill') \\g /dev/null
	SET msb_org.actor = :'actor';
	INSERT INTO :"schema".:"parent" VALUES (1, '740398-0121'), (2, :'citizen');
	INSERT INTO :"schema".:"table" VALUES (:'case_1', 1, :'label', 'x', :'other_label'), (:'case_2', 1, :'alias', 'x', NULL),
		(:'case_3', 1, :'prefix' || 'abc', 'x', NULL), (:'case_4', 2, :'unknown', 'x', NULL);
	SELECT case_key = ANY (ARRAY[:'case_1', :'case_2']) AS first, unit = :'unit', unit = 'anden', unit IS NULL, actor = :'actor'
	  FROM msb_org.current_assignment WHERE case_table = :'case_table' ORDER BY case_key COLLATE "C";
	SELECT count(*) FROM :"schema".:"table" WHERE :"area" = :'unit_code';
}, "t|t|f|f|t\nt|t|f|f|t\nf|f|t|f|t\nf|||t|t\n2");

answers('everything else', qq{
	SET client_min_messages = error;
	CALL msb_org.reassign(:'case_table');
	SELECT msb_org.reassign_due() \\g /dev/null
	SELECT count(*) FROM msb_org.recheck(true);
	SELECT count(*) FROM msb_org.impact(:'case_table', on_date => '2019-09-01', detail => true);
	SELECT count(*) FROM msb_org.impact(:'case_table', :'structure', 'igen') WHERE from_unit IS DISTINCT FROM to_unit;
	SELECT count(*) FROM msb_org.attachment WHERE case_table = :'case_table' AND relation = $relation;
	SELECT msb_org.override(:'case_table', :'case_1', 'anden', :'reason', '2020-01-01') \\g /dev/null
	SELECT unit, reason = :'reason' FROM msb_org.current_assignment WHERE case_key = :'case_1';
	SELECT msb_org.remap(:'case_table', $map) \\g /dev/null
	SELECT msb_org.set_mode(:'case_table', 'enforce') \\g /dev/null
	SELECT msb_org.renumber_citizen(:'citizen', :'new_citizen', :'reason') \\g /dev/null
	SELECT count(*) FROM msb_org.current_assignment WHERE citizen = :'new_citizen';
	SELECT msb_org.attach_contacts(format('%I.%I', :'schema', :'contacts')::regclass, citizen => :'cpr', at => :'at', channel => :'channel', contacts => :'contact_table') \\g /dev/null
	INSERT INTO :"schema".:"contacts" VALUES (:'new_citizen', '2019-09-02', :'channel');
	SELECT count(*) FROM msb_org.contacts_by_area('2019-09-01', '2019-09-03') WHERE channel = :'channel';
	UPDATE :"schema".:"table" SET :"closed" = :'closing_code' WHERE :"key" = :'case_3';
	SELECT count(*) FROM msb_org.current_assignment WHERE case_key = :'case_3';
}, "0\n4\n0\n1\nanden|t\n1\n1\n0");

answers('protected', qq{
	SET client_min_messages = error;
	INSERT INTO msb_org.unit_role (structure, unit, role) VALUES (:'structure', :'unit', :'reader'), (:'structure', 'anden', :'absent');
	GRANT SELECT ON :"schema".:"table" TO :"reader", :"application";
	SELECT msb_org.protect(:'case_table', ARRAY[:'application']::name[]) \\g /dev/null
	SET ROLE :"reader";
	SELECT count(*) FROM :"schema".:"table";
	SET ROLE :"application";
	SELECT count(*) FROM :"schema".:"table";
	RESET ROLE;
	SELECT msb_org.unprotect(:'case_table') \\g /dev/null
}, "1\n4");

# What is not there is refused, by an error of its own.
foreach my $call (
	q{attach('pg_class', key => :'unknown', mode => 'fill')}, q{set_mode(:'unknown', 'fill')}, q{set_mode(:'case_table', :'unknown')}, q{adopt(:'unknown', '2020-01-01')},
	q{export_structure(:'unknown')}, q{load_structure(:'unknown')}, q{area_of(DATE '1980-01-01', :'unknown', NULL, NULL)}, q{protect(:'unknown')},
	q{override(:'case_table', :'unknown', 'anden', 'x', NULL)}, q{override(:'case_table', :'case_1', :'unknown', 'x', NULL)},
	q{open_plan(:'citizen', :'unknown')}, q{detach(:'unknown', false)}, q{verify(:'unknown')}, q{org_chart(:'unknown')})
{
	my (undef, $err) = ask("SELECT msb_org.$call");
	like($err, qr/^ERROR:  (?!42601|XX|42883)[0-9A-Z]{5}: /, "refused: $call");
}

answers('let go', qq{
	SET client_min_messages = error;
	SELECT msb_org.detach(:'case_table', true) \\g /dev/null
	SELECT count(*) FROM pg_trigger WHERE tgrelid = $relation AND tgname LIKE '%msb_org%';
	TABLE victim;
}, "0\n1");

$node->stop;
done_testing();
