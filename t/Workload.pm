# What the tests of a server at work share: a database with two case tables that citizens
# have cases in, clients that write until they are stopped and say what was acknowledged,
# and the comparison afterwards.
package Workload;

use strict;
use warnings;

use Exporter 'import';
use IPC::Run;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

our @EXPORT = qw(workload_conf workload_tables workload_compare workload_write start_writers acknowledged check_acknowledged psql_start psql_end);

# The day stands still; locks are looked at soon, so that a deadlock shows.
sub workload_conf
{
	my ($node) = @_;
	$node->append_conf('postgresql.conf', q{
msb_org.today = '2019-09-01'
deadlock_timeout = 200ms
max_prepared_transactions = 10
});
}

# 400 citizens, whose birth date and number stand in their own table for "sag" and as
# text in "jobsag"; both in fill, one with an area column.
sub workload_tables
{
	my ($node, $dbname) = @_;
	$node->safe_psql($dbname // 'postgres', q{
CREATE EXTENSION msb_org;
SELECT msb_org.load_structure('msb-2018'), msb_org.load_structure('msb-2019'), msb_org.adopt('msb-2019', DATE '2019-08-01');
CREATE TABLE borger (borger_id integer PRIMARY KEY, cpr text NOT NULL, foedt date);
CREATE TABLE sag (sag_id integer PRIMARY KEY, borger_id integer REFERENCES borger, opgave text, udfordring text, afsluttet date, omraade text, note text);
CREATE TABLE jobsag (nr integer PRIMARY KEY, cpr text, opgave text, udfordring text, afsluttet date, note text);
CREATE INDEX ON sag (borger_id);
INSERT INTO borger SELECT n, to_char(61 + n % 28, 'FM00') || to_char(1 + n % 12, 'FM00') || to_char(30 + n % 70, 'FM00') || '-1' || to_char(n, 'FM000'),
                          make_date(1930 + n % 70, 1 + n % 12, 1 + n % 28) FROM generate_series(1, 400) n;
SELECT msb_org.attach('sag', key => 'sag_id', citizen => 'borger_id.cpr', birth => 'borger_id.foedt', area => 'omraade', closed => 'afsluttet',
                      facets => '{"task": "opgave", "challenge": "udfordring"}', mode => 'fill'),
       msb_org.attach('jobsag', key => 'nr', citizen => 'cpr', birth => 'cpr', closed => 'afsluttet',
                      facets => '{"task": "opgave", "challenge": "udfordring"}', mode => 'fill');
CREATE FUNCTION task(n integer) RETURNS text LANGUAGE sql IMMUTABLE AS $$SELECT ('{provision,authority,benefit,coordination}'::text[])[1 + n % 4]$$;
CREATE FUNCTION challenge(n integer) RETURNS text LANGUAGE sql IMMUTABLE AS $$SELECT ('{homelessness,disability,unemployment,sickness,NULL}'::text[])[1 + n % 5]$$;

-- Where ledger or area column differ from a plain query over the case tables, and what recheck() finds.
CREATE VIEW difference AS
    WITH live AS (
        SELECT 'sag' AS case_table, s.sag_id::text AS case_key, msb_org.citizen_key(b.cpr) AS citizen,
               msb_org.area_of(b.foedt, s.opgave, s.udfordring, NULL) AS unit, s.omraade
          FROM sag s LEFT JOIN borger b USING (borger_id) WHERE s.afsluttet IS NULL OR s.afsluttet > msb_org.today()
        UNION ALL
        SELECT 'jobsag', j.nr::text, msb_org.citizen_key(j.cpr), msb_org.area_of(msb_org.birth_date(j.cpr::msb_org.cpr), j.opgave, j.udfordring, NULL), NULL
          FROM jobsag j WHERE j.afsluttet IS NULL OR j.afsluttet > msb_org.today())
    SELECT 'plain query' AS what, coalesce(l.case_table, a.case_table) AS case_table, coalesce(l.case_key, a.case_key) AS case_key, a.unit AS recorded, l.unit AS expected
      FROM live l FULL JOIN (SELECT * FROM msb_org.assignment a WHERE a.valid_to IS NULL AND a.case_table IN ('sag', 'jobsag')) a
        ON a.case_table = l.case_table AND a.case_key = l.case_key
     WHERE l.unit IS DISTINCT FROM a.unit OR l.citizen IS DISTINCT FROM a.citizen
    UNION ALL
    SELECT 'area column', l.case_table, l.case_key, l.omraade, l.unit FROM live l WHERE l.case_table = 'sag' AND l.unit IS NOT NULL AND l.omraade IS DISTINCT FROM l.unit
    UNION ALL
    SELECT 'open rows of one case', a.case_table, a.case_key, count(*)::text, '1' FROM msb_org.assignment a WHERE a.valid_to IS NULL GROUP BY 2, 3 HAVING count(*) > 1
    UNION ALL
    SELECT 'recheck ' || r.what, r.case_table, r.case_key, r.recorded, r.expected FROM msb_org.recheck() r;
});
}

# The next write is judged: a case that comes and goes.
sub workload_write
{
	my ($node, $what, $dbname) = @_;
	is($node->safe_psql($dbname // 'postgres', q{
INSERT INTO sag VALUES (-1, 1, 'provision', 'homelessness') RETURNING omraade = msb_org.area_of(DATE '1931-02-02', 'provision', 'homelessness', NULL);
SELECT count(*) FROM msb_org.current_assignment WHERE case_table = 'sag' AND case_key = '-1';
DELETE FROM sag WHERE sag_id = -1;
SELECT count(*) FROM msb_org.current_assignment WHERE case_table = 'sag' AND case_key = '-1'}),
		"t\n1\n0", "$what: the next write is judged");
}

# Nothing differs, and the next write is judged.
sub workload_compare
{
	my ($node, $what, $dbname) = @_;
	is($node->safe_psql($dbname // 'postgres', 'SELECT * FROM difference LIMIT 10'), '', "$what: ledger and areas are what a plain query says, recheck() finds nothing");
	workload_write($node, $what, $dbname);
}

# psql in the background, with a script; psql_end() says what it wrote and its errors.
sub psql_start
{
	my ($node, $text, %opts) = @_;
	my $base = PostgreSQL::Test::Utils::tempdir() . '/psql';
	my $run = { script => "$base.sql", out_file => "$base.out", err_file => "$base.err" };

	append_to_file($run->{script}, $text);
	$run->{handle} = IPC::Run::start(
		[ 'psql', '-XAtq', '-v', 'ON_ERROR_STOP=' . ($opts{go_on} ? 0 : 1), '-v', 'VERBOSITY=verbose',
			'-d', $node->connstr($opts{dbname} // 'postgres'), '-f', $run->{script} ],
		'<', \undef, '>', $run->{out_file}, '2>', $run->{err_file});
	return $run;
}

# Waits for those, whatever their end.
sub psql_end
{
	foreach my $run (@_)
	{
		IPC::Run::finish($run->{handle});
		$run->{rc} = $? >> 8;
		$run->{out} = slurp_file($run->{out_file});
		$run->{err} = slurp_file($run->{err_file});
	}
}

#
# Writers.  Each opens cases of its own, in transactions of one, two or four
# statements, changes them, and closes or deletes some; after each commit it says
# which one that was.  What it says before the end is what was acknowledged.
#
sub start_writers
{
	my ($node, $count, $first, $transactions, $dbname) = @_;
	my @writers;

	for my $w (1 .. $count)
	{
		my $text = "SET client_min_messages = warning;\n";
		for my $i (1 .. $transactions)
		{
			my $id = $first + $w * 100_000 + $i;
			my $borger = 1 + ($id * 7 + $w) % 400;
			my $earlier = $id - 1 - $i % 17;
			my $kind = $i % 7;

			$text .= "BEGIN;\n" if $kind != 1;
			$text .= "INSERT INTO sag (sag_id, borger_id, opgave, udfordring, note) VALUES ($id, $borger, task($id), challenge($id), 'w$w');\n";
			$text .= "INSERT INTO jobsag SELECT $id, b.cpr, task($id + 1), challenge($id + 2) FROM borger b WHERE b.borger_id = $borger;\n" if $kind % 2 == 0;
			$text .= "UPDATE sag SET opgave = task($i), udfordring = challenge($w + $i) WHERE sag_id = $earlier;\n" if $kind >= 3;
			$text .= "DELETE FROM jobsag WHERE nr = $earlier;\n" if $kind == 4;
			$text .= "UPDATE sag SET afsluttet = DATE '2019-08-31' WHERE sag_id = $earlier;\n" if $kind == 5;
			$text .= "UPDATE borger SET foedt = foedt + 1 WHERE borger_id = $borger;\n" if $kind == 6;
			$text .= "COMMIT;\n" if $kind != 1;
			$text .= "\\echo $id\n";
		}
		push @writers, psql_start($node, $text, dbname => $dbname);
	}
	return @writers;
}

sub acknowledged
{
	my (@writers) = @_;
	# a line is whole when its end has come
	return map { $_->{out} =~ /^(\d+)\n/mg } @writers;
}

# Every case of an acknowledged transaction is there, and the ledger has had it.
sub check_acknowledged
{
	my ($node, $what, $writers, $dbname) = @_;
	my @ids = acknowledged(@$writers);
	is($node->safe_psql($dbname // 'postgres', 'SELECT count(*) FROM unnest(ARRAY[' . join(',', @ids) . q{]::integer[]) i
	        WHERE NOT EXISTS (SELECT FROM sag WHERE sag_id = i) OR NOT EXISTS (SELECT FROM msb_org.assignment a WHERE a.case_table = 'sag' AND a.case_key = i::text)}),
		'0', "$what: " . 'every acknowledged case stands, and in the ledger');
	return scalar @ids;
}

1;
