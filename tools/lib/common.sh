# common.sh: sourced by every script of tools/; messages, and which PostgreSQL is meant.
# shellcheck shell=bash disable=SC2034 # what is set here is used by those scripts

# Settings of the caller's own make or psql must not reach the ones started here.
unset MAKEFLAGS MFLAGS MAKEOVERRIDES MAKELEVEL GNUMAKEFLAGS
for name in "${!PG@}"; do
    case $name in
        PG_CONFIG) ;;
        *) unset "$name" ;;
    esac
done
unset name
export LC_ALL=C.UTF-8

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)

say() { printf '== %s\n' "$*"; }
warn() { printf '%s\n' "$*" >&2; }
die() {
    warn "$*"
    exit 1
}

# After this, $pg_config, $bindir and $major tell of the PostgreSQL that is meant;
# false if its pg_config or its build files are not there.  Debian's client package
# holds the makefiles of PGXS, so the headers are looked for as well.
find_server() {
    local pgxs
    pg_config=$(command -v "${PG_CONFIG:-pg_config}") || return 1
    pgxs=$("$pg_config" --pgxs 2>/dev/null) && [ -f "$pgxs" ] || return 1
    [ -f "$("$pg_config" --includedir-server)/postgres.h" ] || return 1
    bindir=$("$pg_config" --bindir)
    major=$("$pg_config" --version | sed -E 's/^PostgreSQL ([0-9]+).*/\1/')
}

# The server and the headers are of one and the same version.  Headers that are
# newer than the server build modules that do not load.
versions_agree() {
    [ "$("$pg_config" --version | sed 's/^PostgreSQL //')" = \
      "$("$bindir/postgres" --version | sed -E 's/^postgres \(PostgreSQL\) //')" ]
}

# The first Python that has all these modules, in $PYTHON: a python3 that comes before
# the distribution's in the path does not see the distribution's modules.
find_python() {
    local modules="$*"
    for PYTHON in "${PYTHON:-python3}" python3 /usr/bin/python3; do
        if "$PYTHON" -c "import ${modules// /, }" 2>/dev/null; then
            export PYTHON
            return
        fi
    done
    return 1
}

# A node that has this module, in $NODE and $NODE_PATH: Debian's, or one that npm
# installed for all.
find_node() {
    NODE_PATH=${NODE_PATH:+$NODE_PATH:}/usr/share/nodejs:$(npm root -g 2>/dev/null || :)
    export NODE_PATH
    for NODE in "${NODE:-node}" node nodejs /usr/bin/node; do
        if "$NODE" -e "require('$1')" 2>/dev/null; then
            export NODE
            return
        fi
    done
    return 1
}

# The machine's own mirror (0), or its archive of security updates (1).
mirror() {
    # shellcheck disable=SC2016 # for apt
    apt-get indextargets --format '$(REPO_URI) $(SUITE) $(ORIGIN)' 'Created-By: Packages' |
        awk -v security="$1" '$3 == "Debian" && ($2 ~ /-security$/) == security { print $1; exit }'
}
