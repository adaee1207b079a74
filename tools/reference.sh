#!/usr/bin/env bash
# reference.sh: make reference.  Writes docs/reference.md and docs/reference/*.md from what
# the catalog of a temporary server says: the objects, their privileges, their COMMENTs.
set -euo pipefail
# shellcheck source=tools/lib/cluster.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib/cluster.sh"

# as an ordinary role, so that it can be seen what is granted to it and what to everybody
start_with_extension installer
run perl tools/reference.pl "$work/out"
rm -rf "$top/docs/reference"
cp -R "$work/out/." "$top/docs/"
if [ "$(id -u)" = 0 ]; then chown -R --reference="$top/docs" "$top/docs/reference" "$top/docs/reference.md"; fi
say "docs/reference.md and docs/reference/ are written"
