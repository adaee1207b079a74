# What verify() and compare() say against every situation listed, one by one: over
# generated structures, for each kind of finding; and that what they propose helps.
#
# The structures come as documents, so that each has a vocabulary of its own.  A
# situation is an age (each of 0 to 150, and unknown) and a label of each facet.
# Sets of rules are integers here, sets of rows are strings of bits.
use strict;
use warnings;

use JSON::PP;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $STRUCTURES = 240;
my $PAIRS = 80;
my $SITUATIONS = 20_000;    # of one structure, at most

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init(extra => [ '--encoding=UTF8', '--locale=C' ]);
$node->append_conf('postgresql.conf', "jit = off\n");
$node->start;
$node->safe_psql('postgres', 'CREATE EXTENSION msb_org');

my $json = JSON::PP->new->canonical;    # bytes in, bytes out

# Chance that is the same everywhere: Lehmer's generator.
my $chance = 20191;
sub upto { $chance = $chance * 48271 % 2147483647; return $chance % $_[0]; }
sub maybe { return upto(1000) < 1000 * $_[0]; }
sub one_of { return $_[ upto(scalar @_) ]; }

#
# Structures
#

sub quoted { my ($name) = @_; return $name if $name =~ /^[A-Za-z0-9_.\x80-\xff-]+$/; $name =~ s/"/""/g; return qq{"$name"}; }

my @names = ('a', 'blå', 'Ærø', 'to ord', 'et "citat"', 'x-1', 'y.2', 'øst');

sub random_target
{
	my ($facets, $labels) = @_;
	my @items;
	my $kind = upto(10);
	if ($kind < 4)
	{
		my $low = upto(100);
		push @items, 'age ' . one_of("$low-" . ($low + upto(50)), "$low-", $low, "0-$low");
	}
	push @items, 'age unknown' if $kind == 4;
	for my $f (@$facets)
	{
		next unless maybe(0.45);
		my @some = grep { maybe(0.5) } @{ $labels->{$f} };
		@some = one_of(@{ $labels->{$f} }) unless @some;
		push @items, "$f " . join('|', map { quoted($_) } @some);
	}
	return @items ? join('; ', @items) : 'any';
}

# precedences: how many of the pairs; acyclic: only from earlier to later codes
sub random_document
{
	my ($n, $acyclic) = @_;
	my @facets = map { "f$_" } 1 .. 2 + upto(5);
	my (%labels, @label_rows);
	my $product = 1;
	for my $f (@facets)
	{
		my $count = 2 + upto(4);
		$count-- while $count > 1 && $product * $count * 152 > $SITUATIONS;
		$product *= $count;
		for my $l (0 .. $count - 1)
		{
			push @{ $labels{$f} }, $names[$l];
			# up to three deep, since a parent may have a parent
			push @label_rows, { facet => $f, label => $names[$l], $l > 0 && maybe(0.4) ? (parent => $names[ upto($l) ]) : () };
		}
	}
	my $nrules = 3 + upto(maybe(0.5) ? 38 : 12);
	my $nunits = 2 + upto(6);
	my @rules = map { { rule => sprintf('R%02d', $_), unit => 'u' . upto($nunits), target => random_target(\@facets, \%labels) } } 1 .. $nrules;
	my $density = one_of(0, 0.3, 0.6, 0.9, 0.97, 1, 1);
	my %seen;
	my @precedences;
	for my $i (0 .. $#rules)
	{
		for my $j ($i + 1 .. $#rules)
		{
			next unless maybe($density);
			my ($a, $b) = ($rules[$i]{rule}, $rules[$j]{rule});
			($a, $b) = ($b, $a) if !$acyclic && maybe(0.3);
			push @precedences, { rule => $a, over => $b };
			push @precedences, { rule => $b, over => $a } if !$acyclic && maybe(0.02);
		}
	}
	push @precedences, { rule => 'R01', over => 'R99' } if maybe(0.2);
	push @rules, { rule => 'S1', unit => 'u0', target => 'f1 findes_ikke' } if maybe(0.1);
	return { format => 1, structure => "s$n", facets => [ map { { facet => $_ } } @facets ], labels => \@label_rows,
		units => [ map { { unit => "u$_", kind => 'staff' } } 0 .. $nunits - 1 ],
		rules => \@rules, precedences => \@precedences, plan_duties => [] };
}

#
# Target groups, from their text
#

sub parse_target
{
	my ($text) = @_;
	my %target = (facets => {});
	return \%target if $text eq 'any';
	for my $item (split /; /, $text)
	{
		if ($item =~ /^age (.*)$/)
		{
			my $age = $1;
			$target{age} = $age eq 'unknown' ? [ 151, 151 ] : $age =~ /^(\d+)-(\d+)$/ ? [ $1, $2 ] : $age =~ /^(\d+)-$/ ? [ $1, 150 ] : [ $age, $age ];
			next;
		}
		my ($facet, $list) = $item =~ /^(\S+) (.*)$/ or die "not a target group: $text";
		while ($list =~ /\G(?:"((?:[^"]|"")*)"|([^|"]+))(?:\||$)/g)
		{
			my $label = defined $1 ? $1 : $2;
			$label =~ s/""/"/g;
			$target{facets}{$facet}{$label} = 1;
		}
	}
	return \%target;
}

sub takes_age { my ($target, $age) = @_; return !$target->{age} || ($age >= $target->{age}[0] && $age <= $target->{age}[1]); }

#
# A structure that knows by itself who answers
#

sub understand
{
	my ($doc) = @_;
	my %s = (rules => [ sort { $a->{rule} cmp $b->{rule} } @{ $doc->{rules} } ], facets => [ map { $_->{facet} } @{ $doc->{facets} } ]);
	my (%no, %parent);
	$parent{ $_->{facet} }{ $_->{label} } = $_->{parent} for @{ $doc->{labels} };
	push @{ $s{labels}{ $_->{facet} } }, $_->{label} for @{ $doc->{labels} };
	my @targets = map { parse_target($_->{target}) } @{ $s{rules} };
	$no{ $s{rules}[$_]{rule} } = $_ for 0 .. $#targets;
	for my $age (0 .. 151)
	{
		$s{age}[$age] = 0;
		takes_age($targets[$_], $age) and $s{age}[$age] |= 1 << $_ for 0 .. $#targets;
	}
	for my $f (@{ $s{facets} })
	{
		for my $l (@{ $s{labels}{$f} })
		{
			my $set = 0;
			for my $r (0 .. $#targets)
			{
				my $named = $targets[$r]{facets}{$f};
				my $up = $l;
				$up = $parent{$f}{$up} while $named && defined $up && !$named->{$up};
				$set |= 1 << $r if !$named || defined $up;
			}
			$s{takes}{$f}{$l} = $set;
		}
	}
	my %unit_set;
	$unit_set{ $s{rules}[$_]{unit} } |= 1 << $_ for 0 .. $#targets;
	$s{own} = [ map { $unit_set{ $_->{unit} } } @{ $s{rules} } ];
	$s{beats} = [ @{ $s{own} } ];
	for my $p (@{ $doc->{precedences} })
	{
		my ($a, $b) = @no{ $p->{rule}, $p->{over} };
		$s{beats}[$a] |= 1 << $b if defined $a && defined $b;
	}
	$s{no} = \%no;
	$s{doc} = $doc;
	return \%s;
}

sub rules_of { my ($set) = @_; return grep { $set >> $_ & 1 } 0 .. 62; }

# The unit, or why there is none; and the rule that is named.
sub outcome
{
	my ($s, $set, $beats) = @_;
	return ('gap') if $set == 0;
	$beats //= $s->{beats};
	my @winners = grep { ($set & ~$beats->[$_]) == 0 } rules_of($set);
	return ('conflict') if !@winners || grep { $s->{rules}[$_]{unit} ne $s->{rules}[ $winners[0] ]{unit} } @winners;
	return ($s->{rules}[ $winners[0] ]{unit}, $winners[0]);
}

# Every situation, by what it is to the sides (the set of rules of each) and by the
# rows that hold it.  Calls back once for each combination, with an example.
sub every_situation
{
	my ($sides, $targets, $callback) = @_;
	my @rows = map { parse_target($_) } @$targets;
	my $none = '';
	vec($none, @rows ? $#rows : 0, 1) = 0;
	my (@facets, %labels, %known, %values);
	for my $i (0 .. $#$sides)
	{
		for my $f (@{ $sides->[$i]{facets} })
		{
			push @facets, $f unless $labels{$f};
			$labels{$f} //= [];
			for my $l (@{ $sides->[$i]{labels}{$f} })
			{
				push @{ $labels{$f} }, $l unless $known{$f}{$l};
				$known{$f}{$l} = 1;
			}
		}
	}
	for my $f (@facets)
	{
		for my $l (@{ $labels{$f} })
		{
			my $bits = $none;
			for my $r (0 .. $#rows)
			{
				my $named = $rows[$r]{facets}{$f};
				vec($bits, $r, 1) = 1 if !$named || $named->{$l};
			}
			# a facet that a side lacks does not hold its rules back; of a label that it lacks it cannot say
			push @{ $values{$f} }, [ [ map { $_->{labels}{$f} ? $_->{takes}{$f}{$l} // '?' : ~0 } @$sides ], $bits, "$f " . quoted($l) ];
		}
	}
	my (%seen, @path);
	my $situations = 0;
	my $list;
	$list = sub {
		my ($depth, $bits, @sets) = @_;
		if ($depth == @facets)
		{
			$situations++;
			my $key = join ',', @sets, $bits;
			return if $seen{$key}++;
			my @in = grep { vec($bits, $_, 1) } 0 .. $#rows;
			$callback->(\@sets, \@in, join('; ', @path));
			return;
		}
		my $f = $facets[$depth];
		for my $value (@{ $values{$f} })
		{
			$path[ $depth + 1 ] = $value->[2];
			$list->($depth + 1, $bits & $value->[1],
				map { $sets[$_] eq '?' || $value->[0][$_] eq '?' ? '?' : $sets[$_] & $value->[0][$_] } 0 .. $#sets);
		}
	};
	for my $age (0 .. 151)
	{
		my $bits = $none;
		takes_age($rows[$_], $age) and vec($bits, $_, 1) = 1 for 0 .. $#rows;
		$path[0] = 'age ' . ($age > 150 ? 'unknown' : $age);
		$list->(0, $bits, map { $_->{age}[$age] } @$sides);
	}
	return $situations;
}

#
# What the database says
#

# Calls, each a query of rows; the rows of each as lists.
sub ask
{
	my (@queries) = @_;
	my $script = '';
	my @answers;
	$script .= "SELECT json_build_array($_, to_json(r)) FROM ($queries[$_]) AS r;\n" for 0 .. $#queries;
	utf8::downgrade($script);
	for my $line (split /\n/, $node->safe_psql('postgres', $script))
	{
		my ($n, $row) = @{ $json->decode($line) };
		push @{ $answers[$n] }, $row;
	}
	return map { $answers[$_] // [] } 0 .. $#queries;
}

sub literal { my ($doc) = @_; (my $text = ref $doc ? $json->encode($doc) : $doc) =~ s/'/''/g; return "'$text'"; }
sub verified { return ask(map { 'SELECT * FROM msb_org.verify_document(' . literal($_) . ')' } @_); }

# What is wrong with the findings of one structure; and how many situations there are.
sub check_verify
{
	my ($doc, $rows) = @_;
	my $s = understand($doc);
	my @wrong;
	my %by;
	push @{ $by{ $_->{finding} } }, $_ for @$rows;
	my @pieces = grep { $_->{finding} eq 'gap' || $_->{finding} eq 'conflict' } @$rows;
	my (%sets, %decides, %matches, %told, %truth);
	my $situations = every_situation([$s], [ map { $_->{target} } @pieces ], sub {
		my ($sets, $in, $situation) = @_;
		my $set = $sets->[0];
		my ($said, $rule) = @{ $truth{$set} //= [ outcome($s, $set) ] };
		my $expected = $said eq 'gap' || $said eq 'conflict' ? $said : '';
		my $found = join ',', map { $pieces[$_]{finding} } @$in;
		push @wrong, "$situation: '$found', not '$expected'" if $found ne $expected;
		$matches{$_} = 1 for rules_of($set);
		$decides{$rule} = 1 if defined $rule;
		if ($found eq 'conflict' && $expected eq 'conflict')
		{
			my %row = map { $s->{no}{$_} => 1 } @{ $pieces[ $in->[0] ]{rules} };
			push @wrong, "$situation: rules that do not take it" if grep { !($set >> $_ & 1) } keys %row;
			# a rule that no other unit's goes before (or it goes before that one too) must be told
			for my $r (rules_of($set))
			{
				my $behind = grep { !($s->{own}[$r] >> $_ & 1) && $s->{beats}[$_] >> $r & 1 && !($s->{beats}[$r] >> $_ & 1) } rules_of($set);
				push @wrong, "$situation: $s->{rules}[$r]{rule} is not told" if !$behind && !$row{$r};
			}
			$told{$_} = 1 for keys %row;
		} });
	for my $piece (@pieces)
	{
		my ($example) = ($piece->{example});
		my @labels = map { keys %{ parse_target($example)->{facets}{$_} // {} } } @{ $s->{facets} };
		my $at = parse_target($example);
		push @wrong, "$example is no situation" if @labels != @{ $s->{facets} } || !$at->{age} || $at->{age}[0] != $at->{age}[1];
		my $in = parse_target($piece->{target});
		push @wrong, "$example is not of $piece->{target}"
		  if !takes_age($in, $at->{age}[0]) || grep { my $f = $_; $in->{facets}{$f} && grep { !$in->{facets}{$f}{$_} } keys %{ $at->{facets}{$f} } } keys %{ $in->{facets} };
		my %units = map { $s->{rules}[ $s->{no}{$_} ]{unit} => 1 } @{ $piece->{rules} };
		push @wrong, "units of $piece->{target}" if join(',', sort keys %units) ne join(',', sort @{ $piece->{units} });
		push @wrong, "one unit in $piece->{target}" if $piece->{finding} eq 'conflict' && keys %units < 2;
	}
	my $same = sub {
		my ($kind, $expected) = @_;
		my $said = join ' ', sort map { join '>', @{ $_->{rules} } } grep { $kind ne 'cycle' || $_->{severity} eq 'notice' } @{ $by{$kind} };
		my $want = join ' ', sort @$expected;
		push @wrong, "$kind: '$said', not '$want'" if $said ne $want;
	};
	my @codes = map { $_->{rule} } @{ $s->{rules} };
	$same->('empty_target', [ map { $codes[$_] } grep { !$matches{$_} } 0 .. $#codes ]);
	$same->('shadowed', [ map { $codes[$_] } grep { $matches{$_} && !$decides{$_} && !$told{$_} } 0 .. $#codes ]);
	my @redundant;
	for my $p (@{ $doc->{precedences} })
	{
		my ($a, $b) = @{ $s->{no} }{ $p->{rule}, $p->{over} };
		my $needed = 0;
		if (defined $a && defined $b && !($s->{own}[$a] >> $b & 1))
		{
			my @beats = @{ $s->{beats} };
			$beats[$a] &= ~(1 << $b);
			for my $set (keys %truth)
			{
				next unless $set >> $a & 1 && $set >> $b & 1;
				my ($without) = outcome($s, $set, \@beats);
				$needed = 1, last if $without ne $truth{$set}[0];
			}
		}
		push @redundant, "$p->{rule}>$p->{over}" unless $needed;
	}
	$same->('redundant_precedence', \@redundant);
	# circles: rules that reach each other
	my @reach = map { $s->{beats}[$_] & ~$s->{own}[$_] } 0 .. $#codes;
	for my $via (0 .. $#codes)
	{
		for my $r (0 .. $#codes) { $reach[$r] |= $reach[$via] if $reach[$r] >> $via & 1; }
	}
	my %circle;
	for my $r (0 .. $#codes)
	{
		next unless $reach[$r] >> $r & 1;
		my $circle = join '>', map { $codes[$_] } grep { $reach[$r] >> $_ & 1 && $reach[$_] >> $r & 1 } 0 .. $#codes;
		$circle{$circle} = 1;
	}
	$same->('cycle', [ keys %circle ]);
	return ($situations, @wrong);
}

#
# Generated structures
#
my @documents = map { random_document($_, $_ % 3 == 0) } 1 .. $STRUCTURES;
my @found = verified(@documents);
my ($situations, %count) = (0);
for my $n (0 .. $#documents)
{
	my ($listed, @wrong) = check_verify($documents[$n], $found[$n]);
	$situations += $listed;
	$count{ $_->{finding} }++ for @{ $found[$n] };
	# few lines: the first of each structure
	fail("structure $documents[$n]{structure}: " . @wrong . " wrong"), diag($wrong[0]) if @wrong;
	ok(1, "structure $documents[$n]{structure}") unless @wrong;
}
note("$situations situations listed; findings: " . join(', ', map { "$_ $count{$_}" } sort keys %count));
cmp_ok($count{$_} // 0, '>', 20, "there are findings of the kind $_")
  for qw(gap conflict shadowed redundant_precedence cycle unknown_label empty_target);

#
# What is proposed helps.  A gap: the rule that the message names, for a new unit.
#
my @gaps = grep { grep { $_->{finding} eq 'gap' } @{ $found[$_] } } 0 .. $#documents;
my @filled = map {
	my $n = $_;
	my @new = map { { rule => "Z$_", unit => 'ny', target => [ map { /a rule for: (.*?)(?: \(that rule takes the labels.*)?$/ ? $1 : die } map { $_->{message} } grep { $_->{finding} eq 'gap' } @{ $found[$n] } ]->[$_] } }
	  0 .. grep({ $_->{finding} eq 'gap' } @{ $found[$n] }) - 1;
	my %doc = %{ $documents[$n] };
	$doc{rules} = [ @{ $doc{rules} }, @new ];
	$doc{units} = [ @{ $doc{units} }, { unit => 'ny', kind => 'staff' } ];
	\%doc
} @gaps;
my @left = grep { grep { $_->{finding} eq 'gap' } @$_ } verified(@filled);
cmp_ok(scalar @gaps, '>', 30, 'there are structures with gaps');
is(scalar @left, 0, 'a rule for each gap, as its message says, and there is none');

# A conflict: precedences between its rules, where none goes first.  Precedences
# that go from earlier codes to later ones make no circle, so there is an end.
my @open = grep { my $n = $_; $documents[$n]{structure} =~ /(\d+)/ && $1 % 3 == 0 && grep { $_->{finding} eq 'conflict' } @{ $found[$n] } } 0 .. $#documents;
my %settling = map { $_ => { %{ $documents[$_] } } } @open;
my %rows = map { $_ => $found[$_] } @open;
my $conflicts = @open;
my $rounds = 0;
while (@open && $rounds++ < 40)
{
	for my $n (@open)
	{
		my $doc = $settling{$n};
		my %unit = map { $_->{rule} => $_->{unit} } @{ $doc->{rules} };
		my %have = map { ("$_->{rule}>$_->{over}" => 1, "$_->{over}>$_->{rule}" => 1) } @{ $doc->{precedences} };
		for my $row (grep { $_->{finding} eq 'conflict' } @{ $rows{$n} })
		{
			for my $i (0 .. $#{ $row->{rules} })
			{
				for my $j ($i + 1 .. $#{ $row->{rules} })
				{
					my ($a, $b) = @{ $row->{rules} }[ $i, $j ];
					next if $unit{$a} eq $unit{$b} || $have{"$a>$b"}++;
					$doc->{precedences} = [ @{ $doc->{precedences} }, { rule => $a, over => $b } ];
				}
			}
		}
	}
	my @again = verified(@settling{@open});
	$rows{ $open[$_] } = $again[$_] for 0 .. $#open;
	@open = grep { grep { $_->{finding} eq 'conflict' } @{ $rows{$_} } } @open;
}
cmp_ok($conflicts, '>', 20, 'there are structures with conflicts');
is(scalar @open, 0, 'precedences between the rules of each conflict, and in the end there is none');
note("$conflicts structures without conflicts after $rounds rounds");

#
# compare(): where the units differ, and nowhere else
#
sub compared
{
	my (@pairs) = @_;
	return ask(map { 'SELECT * FROM msb_org.compare_documents(' . literal($_->[0]) . ', ' . literal($_->[1]) . ')' } @pairs);
}

sub check_compare
{
	my ($from, $to, $rows) = @_;
	my @sides = map { understand($_) } $from, $to;
	my @wrong;
	my $situations = every_situation(\@sides, [ map { $_->{target} } @$rows ], sub {
		my ($sets, $in, $situation) = @_;
		my @said = map { $sets->[$_] eq '?' ? 'unknown_label' : (outcome($sides[$_], $sets->[$_]))[0] } 0, 1;
		my @unit = map { /^(gap|conflict|unknown_label)$/ ? undef : $_ } @said;
		my $expected = (defined $unit[0] || defined $unit[1]) && ($unit[0] // '') ne ($unit[1] // '') ? "$said[0] $said[1]" : '';
		my $found = join ',', map { ($_->{from_unit} // $_->{from_finding}) . ' ' . ($_->{to_unit} // $_->{to_finding}) } @{$rows}[@$in];
		push @wrong, "$situation: '$found', not '$expected'" if $found ne $expected;
	});
	return ($situations, @wrong);
}

# One structure, and the same after some changes.
sub changed
{
	my ($doc) = @_;
	my %new = (%$doc, structure => "$doc->{structure}_ny");
	$new{rules} = [ map { { %$_, maybe(0.15) ? (unit => 'u' . upto(7)) : () } } grep { maybe(0.9) } @{ $doc->{rules} } ];
	$new{rules}[0]{target} = 'any' if @{ $new{rules} };
	$new{precedences} = [ grep { maybe(0.95) } @{ $doc->{precedences} } ];
	if (maybe(0.3))
	{
		# other labels: one that nothing else needs is gone, one is new
		my ($last) = $doc->{labels}[-1];
		$new{labels} = [ @{ $doc->{labels} }[ 0 .. $#{ $doc->{labels} } - 1 ], { facet => $last->{facet}, label => 'ny værdi' } ];
	}
	if (maybe(0.2))
	{
		$new{facets} = [ @{ $doc->{facets} }, { facet => 'g' } ];
		$new{labels} = [ @{ $new{labels} }, map { { facet => 'g', label => $_ } } 'ja', 'nej' ];
		push @{ $new{rules} }, { rule => 'T1', unit => 'u1', target => 'g ja' };
		push @{ $new{precedences} }, map { { rule => 'T1', over => $_->{rule} } } @{ $doc->{rules} };
	}
	return \%new;
}
my @pairs = map { my $doc = $documents[$_]; maybe(0.5) ? [ $doc, changed($doc) ] : [ changed($doc), $doc ] } map { $_ * 3 - 1 } 1 .. $PAIRS;
my @differences = compared(@pairs);
$situations = 0;
my $told = 0;
for my $n (0 .. $#pairs)
{
	my ($listed, @wrong) = check_compare(@{ $pairs[$n] }, $differences[$n]);
	$situations += $listed;
	$told += @{ $differences[$n] };
	is($wrong[0], undef, "$pairs[$n][0]{structure} and $pairs[$n][1]{structure}");
}
note("$situations situations listed; $told differences");
cmp_ok($told, '>', 1000, 'there are differences');

#
# The structures that ship
#
my ($before, $after) = map { $json->decode($node->safe_psql('postgres', "SELECT msb_org.shipped_structure('$_')")) } 'msb-2018', 'msb-2019';
my ($moves) = compared([ $before, $after ]);
my ($listed, @wrong) = check_compare($before, $after, $moves);
is($wrong[0], undef, "msb-2018 and msb-2019: $listed situations, " . @$moves . ' target groups move');
my $bare = { %$after, precedences => [] };
my $public = { %$after, rules => [ grep { $_->{origin} ne 'default' } @{ $after->{rules} } ] };
my @shipped = ($before, $after, $bare, $public);
my @shipped_found = verified(@shipped);
is(scalar @{ $shipped_found[$_] }, 0, "nothing is wrong with $shipped[$_]{structure}") for 0, 1;
for my $n (0 .. $#shipped)
{
	($listed, @wrong) = check_verify($shipped[$n], $shipped_found[$n]);
	is($wrong[0], undef, "$shipped[$n]{structure}, " . (qw(whole whole bare public))[$n] . ": $listed situations");
}
# Pairs of rules of different units, of which one must go first.
for my $case ([ 31, $after ], [ 18, $public ])
{
	my ($expected, $doc) = @$case;
	my %unit = map { $_->{rule} => $_->{unit} } @{ $doc->{rules} };
	my ($rows) = verified({ %$doc, precedences => [] });
	my %pairs;
	for my $row (grep { $_->{finding} eq 'conflict' } @$rows)
	{
		for my $a (@{ $row->{rules} }) { $unit{$a} ne $unit{$_} && $a lt $_ and $pairs{"$a $_"} = 1 for @{ $row->{rules} }; }
	}
	is(scalar keys %pairs, $expected, "$expected pairs of " . keys(%unit) . ' rules are in conflict without precedences');
}

#
# A call that takes long can be cancelled, and one that finds too much says so.
#
my $wide = $json->encode({ format => 1, structure => 'bred', plan_duties => [], precedences => [],
	facets => [ map { { facet => "f$_" } } 10 .. 73 ], labels => [ map { my $f = "f$_"; map { { facet => $f, label => $_ } } 'x', 'y' } 10 .. 73 ],
	units => [ map { { unit => "u$_", kind => 'staff' } } 10 .. 73 ],
	rules => [ map { { rule => "R$_", unit => "u$_", target => "f$_ x" } } 10 .. 73 ] });
my ($rc, $out, $err) = $node->psql('postgres', "\\set VERBOSITY verbose\nSET work_mem = '64kB'; SELECT count(*) FROM msb_org.verify_document('$wide');");
like($err, qr/54000: the proof of structure "bred" does not fit into work_mem\n.*f10, f11.*f73\.\n.*64 kB/s, 'more than work_mem');
# A busy machine may hold up one call, and not one after the other.
sub cancelled
{
	my ($sql) = @_;
	my $ms;
	foreach (1 .. 3)
	{
		($rc, $out, $err) = $node->psql('postgres', "\\timing on\n$sql");
		($ms) = $out =~ /Time: ([0-9.]+) ms[^T]*\z/;
		last if ($ms // 1e9) < 3000;
	}
	like($err, qr/canceling statement due to statement timeout/, 'cancelled');
	cmp_ok($ms // 1e9, '<', 3000, 'at once');
	return;
}
cancelled("SET work_mem = '1GB'; SET statement_timeout = '300ms'; SELECT count(*) FROM msb_org.verify_document('$wide');");

# Also where everything is one target group, of very many rules.
$node->safe_psql('postgres', q{
	CREATE TABLE alle AS SELECT jsonb_build_object('format', 1, 'structure', 'alle', 'facets', '[]'::jsonb, 'labels', '[]'::jsonb, 'precedences', '[]'::jsonb,
		'plan_duties', '[]'::jsonb, 'units', jsonb_agg(jsonb_build_object('unit', 'u' || n, 'kind', 'staff')),
		'rules', jsonb_agg(jsonb_build_object('rule', 'r' || n, 'unit', 'u' || n, 'target', 'any'))) AS document
	FROM generate_series(1, 40000) n});
cancelled("SET statement_timeout = '1s'; SELECT count(*) FROM alle, LATERAL msb_org.verify_document(document);");

$node->stop;
done_testing();
