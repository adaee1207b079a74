#!/usr/bin/env bash
# redmine.sh: make check-redmine.  An application that knows nothing of msb_org, Redmine as
# Debian packages it, does its own work on a temporary server, first without the extension
# and then with its issues attached in each mode (demo/redmine/); closes with the line
# "N passed, N failed".  Some minutes, and it installs Redmine: run on request only.
set -euo pipefail
# shellcheck source=tools/lib/cluster.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib/cluster.sh"

# Debian's package would make a database of its own.
if ! dpkg -s redmine >/dev/null 2>&1; then
    as_root debconf-set-selections <<'DEBCONF'
redmine redmine/instances/default/dbconfig-install boolean false
redmine redmine/instances/default/database-type select pgsql
DEBCONF
fi
ensure_deps redmine
workspace
build
start_cluster

say "Redmine $(dpkg-query -W -f '${Version}' redmine): its own database, by its own migrations"
# A fixed day, since ages are asked for.
export DAY=2026-12-01
as_tester "$bindir/psql" -X -q -v ON_ERROR_STOP=1 -d postgres \
    -c "CREATE ROLE redmine LOGIN" -c "CREATE DATABASE redmine OWNER redmine" \
    -c "ALTER DATABASE redmine SET msb_org.today = '$DAY'"

# The code as it is, beside files that Debian keeps elsewhere: settings, logs, the list of
# what is installed.
export REDMINE=$work/redmine RAILS_ENV=production REDMINE_LANG=en
export BUNDLE_GEMFILE=$REDMINE/Gemfile
as_tester cp -R /usr/share/redmine "$REDMINE"
run bash -euc '
    cd "$REDMINE"
    rm -f Gemfile.lock instances config/database.yml
    mkdir -p instances/default/config instances/default/log instances/default/tmp/cache plugins tmp
    sed -i "s|./usr/share/redmine/{config,instances/\*/config}/database.yml.|File.join(__dir__, \"config/database.yml\")|" Gemfile
    cat >config/database.yml <<CONF
production:
  adapter: postgresql
  host: $PGHOST
  database: redmine
  username: redmine
  encoding: utf8
CONF
    cp config/database.yml instances/default/config/
    # the web server that rails server starts here
    echo "gem \"webrick\"" >Gemfile.local
    head -c 16 /dev/urandom | od -An -tx1 | tr -d " \n" >instances/default/config/secret_key.txt
    bundle install --local --quiet
    SCHEMA=/dev/null bundle exec rake db:migrate >migrate.log 2>&1 || { tail -n 20 migrate.log >&2; exit 1; }
    bundle exec rake redmine:load_default_data' redmine || die "Redmine could not be set up"

as_tester mkdir -p log
passed=0
failed=0
step() {
    local log=$work/tmp/$1.log rc=0
    shift
    run_logged "$log" "$@" || rc=$?
    passed=$((passed + $(grep -c '^ok - ' "$log" || :)))
    failed=$((failed + $(grep -c '^not ok - ' "$log" || :)))
    [ $rc = 0 ] || failed=$((failed + 1))
}
step issues ruby "$REDMINE/bin/rails" runner demo/redmine/issues.rb
step web ruby demo/redmine/web.rb

cleanup || :
printf '%s passed, %s failed\n' "$passed" "$failed"
[ $failed = 0 ] && [ $passed -gt 0 ]
