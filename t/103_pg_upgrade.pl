# pg_upgrade of a cluster in which the extension is in use, in a database that has come from the
# first released version too, as soon as there is one: to the same major version; or to
# another one, for which make check-upgrade sets MSB_UPGRADE_TO, the directory of that version,
# and MSB_UPGRADE_CONFIG, a file of the settings by which its server finds the extension.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/stored";

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use InUse;
use NextVersion;

my $to = $ENV{MSB_UPGRADE_TO};
# 18's looks for an extension's library among the server's own, whatever dynamic_library_path says
my $config = $to ? "$to/bin/pg_config" : 'pg_config';
chomp(my ($version, $libraries) = `$config --version --pkglibdir`);
plan skip_all => 'pg_upgrade to 18 takes an extension that is installed' if $version =~ /^PostgreSQL 18/ && !-e "$libraries/msb_org.so";

my $old = server('old');
my $superuser = $old->safe_psql('postgres', 'SELECT current_user');
in_use($old, 'egen', 'ejer');
my ($first) = map { $_->[0] } released();
in_use($old, 'gammel', 'ejer', $first);
query($old, 'gammel', 'ejer', 'ALTER EXTENSION msb_org UPDATE');
my %was = map { $_ => stored($old, $_) } qw(egen gammel);
# what a cluster has of OIDs and transactions is kept, so a table that was dropped is, too
$old->safe_psql('egen', 'DROP TABLE fag.nedlagt');
my $dropped = $old->safe_psql('egen', "SELECT relation::oid FROM msb_org.attached_table WHERE case_table = 'nedlagt'");
$old->stop;

my $from = $old->config_data('--bindir');
my $bin = $to ? "$to/bin" : $from;
my $new = PostgreSQL::Test::Cluster->new('new', $to ? (install_path => $to) : ());
$new->init(extra => [ '--locale=C.UTF-8', '--encoding=UTF8', '-A', 'trust' ]);
$new->append_conf('postgresql.conf', ($to ? slurp_file($ENV{MSB_UPGRADE_CONFIG}) : '') . "\nfsync = off\nmsb_org.today = '2019-09-02'\ntimezone = 'Europe/Copenhagen'\n");
chdir PostgreSQL::Test::Utils::tempdir();
command_ok([ "$bin/pg_upgrade", '--no-sync', '-d', $old->data_dir, '-D', $new->data_dir, '-b', $from, '-B', $bin,
	'-s', $new->host, '-p', $old->port, '-P', $new->port, '-U', $superuser ], 'pg_upgrade');
$new->start;
note('to PostgreSQL ' . $new->safe_psql('postgres', 'SHOW server_version'));
for my $database (sort keys %was)
{
	my @left = $database eq 'egen' ? ('table fag.nedlagt', 'table msb_org.attached_table', 'attachment', 'trigger', 'relation') : ();
	same($was{$database}, stored($new, $database), "pg_upgrade, $database", @left);
	works($new, $database, 'ejer', "pg_upgrade, $database");
}
is($new->safe_psql('egen', "SELECT relation::oid FROM msb_org.attached_table WHERE case_table = 'nedlagt'"), $dropped, 'a table that was dropped');
# and from there by dump
my $dump = PostgreSQL::Test::Utils::tempdir() . '/dump';
my $database = fresh($new, 'ejer');
is(run($new, "$bin/pg_dump", '-U', 'ejer', '--format=directory', '-f', $dump, 'gammel'), '', 'dumped');
is(run($new, "$bin/pg_restore", '-U', 'ejer', '--jobs=2', '-d', $database, $dump), '', '... and restored with --jobs');
works($new, $database, 'ejer', 'pg_upgrade, dump, restore');

done_testing();
