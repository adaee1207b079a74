# make release, in a clone of its own: freezes this version, then a made-up next one beside it, each
# once, and refuses where something is missing.
use strict;
use warnings;

use PostgreSQL::Test::Utils;
use Test::More;

plan skip_all => 'git is not there' if system('git --version >/dev/null 2>&1') != 0 && !$ENV{MSB_CHECK};

my $dir = PostgreSQL::Test::Utils::tempdir();
my $tree = "$dir/tree";
my ($version) = slurp_file('msb_org.control') =~ /^default_version *= *'(.+)'$/m;
@ENV{qw(HOME GIT_AUTHOR_NAME GIT_AUTHOR_EMAIL GIT_COMMITTER_NAME GIT_COMMITTER_EMAIL)} = ($dir, qw(tester tester@localhost tester tester@localhost));
mkdir $tree;
system("tar -cf - --exclude=./tmp_check --exclude=./results --exclude=./log --exclude='*.o' --exclude='*.so' --exclude=./.git . | tar -xf - -C $tree") == 0 or die;

# In the tree: what a command says, and its exit code.
sub run
{
	my ($command) = @_;
	my $out = `cd $tree && ( $command ) 2>&1 </dev/null`;
	return ($? >> 8, $out);
}

sub change
{
	my ($file, $from, $to) = @_;
	my $text = slurp_file("$tree/$file");
	$text =~ s/$from/$to/ or die "$file has no $from";
	open my $handle, '>', "$tree/$file" or die;
	print $handle $text;
	close $handle;
	return;
}

sub refused
{
	my ($message) = @_;
	my ($code, $out) = run('make release');
	ok($code != 0 && index($out, $message) >= 0, "refused: $message") or diag($out);
	return;
}

# From each version that is listed a script leads to this one.
sub leads_to
{
	my ($to) = @_;
	for my $old (map { /--(.+)\.sql$/ } grep { !/^#/ } split /\n/, slurp_file("$tree/extension/released.sha256"))
	{
		refused("extension/msb_org--$old--$to.sql is missing");
		run("echo '-- nothing' >extension/msb_org--$old--$to.sql; git add extension; git commit -qm upgrade");
	}
	return;
}

# What was released is committed with its checksum, and neither make nor make clean touches it
# afterwards, whatever changes.
sub released
{
	my ($released) = @_;
	my ($code, $out) = run('make release');
	is($code, 0, "$released is released") or diag($out);
	($code, $out) = run("git status --porcelain; git ls-files extension/msb_org--$released.sql; cd extension && sha256sum --check --quiet released.sha256");
	is($out, "extension/msb_org--$released.sql\n", '... script and checksum are committed');
	refused("version $released is released already");
	change('extension/base/schema.sql', qr/^/, "-- later than $released\n");
	($code, $out) = run("make -s clean; make -s extension/msb_org--$released.sql; cd extension && sha256sum --check --quiet released.sha256");
	is($code, 0, '... and the script stays as it is') or diag($out);
	run('git commit -qam later');
	return;
}

refused('this is no clone of the repository');
my ($code, $out) = run("git init -q && git add -A . && git commit -q -m 'all'");
is($code, 0, 'a repository') or diag($out);
# this tree's version, where it is not released yet
if (slurp_file("$tree/extension/released.sha256") !~ /  msb_org--\Q$version\E\.sql$/m)
{
	change('CHANGELOG.md', qr/^## \Q$version\E \(.*\)$/m, "## $version (2026-12-31)");
	run('git commit -qam day');
	released($version);
}
# the next one
change('msb_org.control', qr/^default_version.*$/m, "default_version = '9.9'");
run('git commit -qam next');
change('README.md', qr/^/, ' ');
refused('there are changes that are not committed');
run('git checkout -q README.md');
refused('CHANGELOG.md has no heading "## 9.9 (YYYY-MM-DD)"');
change('CHANGELOG.md', qr/^## /m, "## 9.9 (unreleased)\n\n## ");
run('git commit -qam heading');
refused('CHANGELOG.md has no heading "## 9.9 (YYYY-MM-DD)"');
change('CHANGELOG.md', qr/unreleased/, '2027-01-01');
run('git commit -qam day');
refused('META.json is of another version than 9.9.0');
change('META.json', qr/"version": "\Q$version\E\.0"/, '"version": "9.9.0"') for 1 .. 2;
change('META.json', qr/msb_org--\Q$version\E\.sql/, 'msb_org--9.9.sql');
run('git commit -qam META');
leads_to('9.9');
released('9.9');

done_testing();
