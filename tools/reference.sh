#!/usr/bin/env bash
# reference.sh: make reference.  Writes docs/reference.md and docs/reference/*.md from what
# the catalog of a temporary server says: the objects, their privileges, their COMMENTs.
set -euo pipefail
# shellcheck source=tools/cluster.sh
. "$(dirname "${BASH_SOURCE[0]}")/cluster.sh"

ensure_deps
workspace
build
start_cluster
as_tester "$bindir/createdb" kommune
export PGDATABASE=kommune
# as an ordinary role, so that it can be seen what is granted to it and what to everybody
as_tester "$bindir/psql" -X -q -v ON_ERROR_STOP=1 -c "CREATE ROLE installer" -c "GRANT CREATE ON DATABASE kommune TO installer" \
    -c "SET ROLE installer" -c "CREATE EXTENSION msb_org"
run perl tools/reference.pl "$work/out"
rm -rf "$top/docs/reference"
cp -R "$work/out/." "$top/docs/"
if [ "$(id -u)" = 0 ]; then chown -R --reference="$top/docs" "$top/docs/reference" "$top/docs/reference.md"; fi
say "docs/reference.md and docs/reference/ are written"
