#!/usr/bin/env bash
# deps.sh: make deps.  Installs the packages of make check that are missing, or says which
# are missing; see tools/packages.txt.
set -euo pipefail
# shellcheck source=tools/lib/deps.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib/deps.sh"

ensure_deps check
say "everything is there: $("$bindir/postgres" --version)"
