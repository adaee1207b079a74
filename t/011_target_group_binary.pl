# target_group on the wire: what is sent is read back, anything else is refused
# with 22P03 and shows nothing of itself, and what a damaged page might hold is
# an error (XX001), never a wrong answer.
use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init(extra => [ '--encoding=UTF8', '--locale=C' ]);
$node->append_conf('postgresql.conf',
	"log_statement = none\nlog_error_verbosity = default");
$node->start;
$node->safe_psql('postgres', 'CREATE EXTENSION msb_org');
$node->safe_psql('postgres', 'CREATE TABLE wire (id int, target msb_org.target_group)');

my $dir = PostgreSQL::Test::Utils::tempdir();

# A binary COPY file of rows (1, payload), (2, payload), ...
sub copy_file
{
	my ($name, @payloads) = @_;
	my $file = "$dir/$name";
	open(my $fh, '>:raw', $file) or die $!;
	print $fh "PGCOPY\n\377\r\n\0", pack('NN', 0, 0);
	my $id = 0;
	print $fh pack('nNN', 2, 4, ++$id), pack('N/a*', $_) foreach @payloads;
	print $fh pack('n', 0xffff);
	close($fh);
	return $file;
}

sub copy_in
{
	my ($file) = @_;
	return $node->psql('postgres',
		"\\set VERBOSITY verbose\n\\set SHOW_CONTEXT always\n"
		  . "\\copy wire FROM '$file' (FORMAT binary)\n",
		on_error_stop => 1);
}

# Round trip.
$node->safe_psql('postgres', q{
	CREATE TABLE source (id int, target msb_org.target_group);
	INSERT INTO source VALUES
		(1, 'any'), (2, 'age unknown'), (3, 'age 150'),
		(4, 'subject citizen; age 15-17; task provision|authority'),
		(5, E'"målgruppe, ny" "børn ""små"""|ældre'),
		(6, NULL);
	INSERT INTO source SELECT 7, ('task ' || string_agg('label_' || n, '|'))::msb_org.target_group
		FROM generate_series(1, 10000) AS n;
});
$node->safe_psql('postgres',
	"\\copy source TO '$dir/round' (FORMAT binary)\n\\copy wire FROM '$dir/round' (FORMAT binary)");
is( $node->safe_psql('postgres', q{
	SELECT count(*), count(*) FILTER (WHERE s.target OPERATOR(msb_org.=) w.target),
		count(*) FILTER (WHERE s.target IS NULL AND w.target IS NULL)
	FROM source AS s JOIN wire AS w USING (id)}),
	'7|6|1', 'binary COPY out and in gives the same values');
is( $node->safe_psql('postgres', q{
	SELECT encode(msb_org.target_group_send('task b|a'), 'hex')}),
	unpack('H*', "\1task a|b"), 'sent: a version byte and the canonical text');

# A client that sends text need not send it canonically.
$node->safe_psql('postgres', 'TRUNCATE wire');
is((copy_in(copy_file('free', "\1task b | a|b;age 18-150", "\1 any ")))[0], 0, 'text as people write it is read');
is($node->safe_psql('postgres', 'SELECT target FROM wire ORDER BY id'),
	"age 18-; task a|b\nany", 'and stored canonically');

# Garbage.
my $log_start = -s $node->logfile;
my %refused = (
	'no text' => [ "\1", 'invalid target_group in binary form', 'The text is empty.' ],
	'version 0' => [ "\0any", 'unknown version 0 of a target_group in binary form' ],
	'version 2' => [ "\2any", 'unknown version 2 of a target_group in binary form' ],
	'text without a version' => [ 'citizen 010203-1234', 'unknown version 99 of a target_group in binary form' ],
	'no target group' => [
		"\1citizen 010203-1234 and more",
		'invalid target_group in binary form',
		'Either | and a label, or ; and an item is expected, at character 21.'
	],
	'characters, not bytes' => [
		"\1m\303\245lgruppe b\303\270rn,010203-1234",
		'invalid target_group in binary form',
		'Either | and a label, or ; and an item is expected, at character 15.'
	],
	'open quote' => [ "\1task \"010203-1234", 'invalid target_group in binary form', 'A quote is not closed, at character 6.' ],
	'a stored value' => [ "\1\0\0\0\4task\1a\0", undef ],
	'bytes that are no text' => [ "\1task \377\376", undef ],
	'a zero byte' => [ "\1task a\0b", undef ],
);
foreach my $name (sort keys %refused)
{
	my ($payload, $message, $detail) = @{ $refused{$name} };
	my ($rc, $out, $err) = copy_in(copy_file('bad', $payload));
	isnt($rc, 0, "$name: refused");
	if (defined $message)
	{
		like($err, qr/ERROR:  22P03: \Q$message\E\n/, "$name: 22P03");
		like($err, qr/DETAIL:  \Q$detail\E\n/, "$name: detail") if defined $detail;
		unlike($err, qr/010203|CONTEXT/, "$name: shows nothing of the value");
	}
	else
	{
		like($err, qr/ERROR:  22021: /, "$name: not a text of this encoding");
	}
}
my ($rc, $out, $err) = copy_in(copy_file('empty', ''));
isnt($rc, 0, 'an empty message: refused');
like($err, qr/ERROR:  08P01: /, 'an empty message: protocol violation');
is($node->safe_psql('postgres', 'SELECT count(*) FROM wire'), '2', 'nothing of it was stored');

# Every byte changed in turn, and every length: read as a value that prints and
# is read back, or refused; the server stays up.
my $good = "\1age 5-9; task \"a b\"|c";
my @changed = map { substr($good, 0, $_) } 1 .. length($good) - 1;
foreach my $at (0 .. length($good) - 1)
{
	foreach my $byte (0, 32, 34, 45, 48, 57, 59, 97, 124, 128, 195, 255)
	{
		push @changed, $good;
		substr($changed[-1], $at, 1) = chr($byte);
	}
}
my $script = "TRUNCATE wire;\n";
$script .= "\\copy wire FROM '" . copy_file("changed_$_", $changed[$_]) . "' (FORMAT binary)\n" foreach 0 .. $#changed;
$node->psql('postgres', $script, on_error_stop => 0);
my ($read, $same) = split /\|/, $node->safe_psql('postgres', q{
	SELECT count(*), count(*) FILTER (WHERE target::text::msb_org.target_group OPERATOR(msb_org.=) target) FROM wire});
cmp_ok($read, '>', 30, "changed bytes: some are still target groups");
cmp_ok($read, '<', @changed - 30, "changed bytes: some are refused");
is($same, $read, 'changed bytes: what was read can be read back');

# Positions in text input are counted in characters.
($rc, $out, $err) = $node->psql('postgres',
	q{SET client_encoding = 'UTF8'; SELECT msb_org.target_group 'målgruppe børn,010203-1234'});
like($err, qr/DETAIL:  Either .* is expected, at character 15\./, 'position in characters');
unlike($err, qr/010203|LINE/, 'text input shows nothing of the value');

# Nothing of the refused values in the server's log.
unlike(slurp_file($node->logfile, $log_start), qr/010203/, 'the log shows nothing of the values');

# Stored bytes that no version of this module wrote: what a binary-coercible
# cast by a superuser makes of a bytea, in place of a damaged page.
$node->safe_psql('postgres', 'CREATE CAST (bytea AS msb_org.target_group) WITHOUT FUNCTION');
my %damaged = (
	'a later version' => '\x02000000',
	'version 0' => '\x00000000',
	'no head' => '\x0100',
	'nothing' => '\x',
	'an unknown kind of age' => '\x01030000',
	'an age above 150' => '\x010100c8',
	'ages the wrong way round' => '\x01010905',
	'ages where none belong' => '\x01000009',
	'a length beyond the end' => '\x0100000005616263',
	'a facet that does not end' => '\x0100000001610162',
	'a facet without labels' => '\x01000000016100',
	'an end without a facet' => '\x0100000000',
	'labels out of order' => '\x010000000161016301620000',
	'a label twice' => '\x0100000001610162016200',
	'a facet twice' => '\x0100000001610162000161016200',
	'a zero byte in a label' => '\x010000000161026200' . '00',
);
foreach my $name (sort keys %damaged)
{
	($rc, $out, $err) = $node->psql('postgres',
		"\\set VERBOSITY verbose\nSELECT '$damaged{$name}'::bytea::msb_org.target_group");
	like($err, qr/ERROR:  XX001: (unknown version \d+ of a stored|stored) target_group/, "stored: $name");
}
foreach my $question ('x OPERATOR(msb_org.=) x', 'x OPERATOR(msb_org.<) x', 'msb_org.target_group_hash(x)',
	'msb_org.target_group_hash_extended(x, 1)', 'x OPERATOR(msb_org.@>) x', 'x OPERATOR(msb_org.&&) x',
	'x OPERATOR(msb_org.*) x', 'msb_org.age_span(x)', 'msb_org.facets(x)', q{msb_org.labels(x, 'a')},
	'msb_org.target_group_send(x)')
{
	($rc, $out, $err) = $node->psql('postgres', qq{\\set VERBOSITY verbose
		SELECT $question FROM (SELECT '\\x02000000'::bytea::msb_org.target_group) AS t (x)});
	like($err, qr/ERROR:  XX001: unknown version 2 of a stored target_group/, "a later version: $question");
}

$node->stop;
done_testing();
