#!/usr/bin/env bash
# demo_or_bench.sh DIRECTORY: make demo and make bench.  Builds, starts a temporary server
# with an empty database "kommune", and runs DIRECTORY/DIRECTORY.sh there with PGHOST,
# PGUSER, PGDATABASE set and psql on the PATH.  Settings in DIRECTORY/postgresql.conf, where
# there is one, are the server's.
#
# Files that the script writes into its $DEMO_OUT or $BENCH_OUT are copied to the
# directory that the caller gave in the variable of that name; without one they are lost.
set -euo pipefail
# shellcheck source=tools/lib/cluster.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib/cluster.sh"

what=$1
out_name=${what^^}_OUT
out=${!out_name:-}
if [ -n "$out" ]; then
    mkdir -p "$out"
    out=$(cd "$out" && pwd)
fi

start_with_database "$what/postgresql.conf"
if [ "$what" = bench ]; then
    say "this server runs with fsync off: compare figures of one run with each other, not with a server's in use"
fi
export "$out_name=$work/out"
rc=0
run bash "$what/$what.sh" || rc=$?
if [ -n "$out" ]; then
    cp -R "$work/out/." "$out/"
    say "output files are in $out"
fi
[ $rc = 0 ] || say "$what/$what.sh failed ($rc)"
exit $rc
