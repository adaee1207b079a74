# deps.sh: sourced; installs the packages of tools/packages.txt that are missing (Debian and
# its derivatives), or says which are missing.  With everything there it runs no apt-get and
# needs no rights.
# shellcheck shell=bash
# shellcheck source=tools/lib/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

oldest=15

# The major version to install: the one that PG_CONFIG names, else that of a server
# that is there already, else the distribution's own.
wanted_major() {
    local found
    found=$(printf '%s\n' "${PG_CONFIG:-}" | sed -nE 's|^/usr/lib/postgresql/([0-9]+)/bin/pg_config$|\1|p')
    if [ -z "$found" ]; then
        # shellcheck disable=SC2012 # the names are numbers
        found=$(ls -d /usr/lib/postgresql/*/bin/postgres 2>/dev/null |
            cut -d/ -f5 | sort -n | awk -v oldest=$oldest '$1 >= oldest' | tail -n 1)
    fi
    if [ -z "$found" ] && command -v apt-cache >/dev/null; then
        found=$(apt-cache depends postgresql 2>/dev/null |
            sed -nE 's/^ *Depends: postgresql-([0-9]+)$/\1/p' | sed -n 1p)
    fi
    printf '%s\n' "$found"
}

# Sets the array "missing", and in "otherwise" the commands of those that can be had
# otherwise; the three of PostgreSQL are missing together.
declare -A otherwise
find_missing() {
    local package probe command section=
    missing=()
    otherwise=()
    server_missing=
    while IFS='|' read -r package probe command; do
        package=${package%% *}
        case $package in
            '' | '#'*) continue ;;
            '['*']')
                section=${package:1:-1}
                continue
                ;;
        esac
        [ -z "$section" ] || [ "$section" = "$purpose" ] || continue
        (eval "$probe") >/dev/null 2>&1 </dev/null && continue
        case $package in
            *MAJOR) server_missing=yes ;;
            *)
                missing+=("$package")
                [ -z "$command" ] || otherwise[$package]=$command
                ;;
        esac
    done <"$top/tools/packages.txt"
    if [ -z "$server_missing" ] && ! versions_agree; then
        warn "the server is $("$bindir/postgres" --version), its headers are $("$pg_config" --version): installing both again"
        server_missing=yes
    fi
    if [ -n "$server_missing" ]; then
        while IFS=' ' read -r package probe; do
            missing+=("${package%MAJOR}${major:-MAJOR}")
        done < <(grep '^[^# ]*MAJOR ' "$top/tools/packages.txt")
    fi
}

missing_text() {
    local text="${missing[*]}"
    printf '%s' "${text//-MAJOR/-$oldest (or later)}"
}

as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    elif command -v sudo >/dev/null; then
        sudo "$@"
    else
        die "these packages are missing, and there is no sudo: $(missing_text); as root, make deps installs them"
    fi
}

apt_update() {
    say "apt-get update"
    as_root apt-get -q update || warn "apt-get update failed: going on with the lists that are there"
}

# One call for all.  A first installation of the server would make and start a
# cluster of the system's own: not wanted here.
apt_install() {
    say "installing ${missing[*]}"
    # shellcheck disable=SC2016 # for the inner shell
    as_root sh -c '
        no_cluster=
        if [ ! -e /usr/bin/pg_createcluster ]; then
            no_cluster=/etc/postgresql-common/createcluster.d/msb_org.conf
            trap "rm -f $no_cluster" EXIT
            trap "exit 130" INT TERM HUP
            mkdir -p "${no_cluster%/*}"
            echo "create_main_cluster = off" >"$no_cluster"
        fi
        DEBIAN_FRONTEND=noninteractive apt-get -q -y --no-install-recommends install "$@"
    ' apt_install "${missing[@]}"
}

# What apt-get cannot have beside what is there comes as its third column says.
install_otherwise() {
    local package rest=()
    for package in "${missing[@]}"; do
        if [ -n "${otherwise[$package]:-}" ] && ! apt-get -q -s --no-install-recommends install "$package" >/dev/null 2>&1; then
            say "apt-get cannot install $package here:${otherwise[$package]}"
            as_root sh -c "${otherwise[$package]}" || die "could not install $package"
        else
            rest+=("$package")
        fi
    done
    missing=(${rest[@]+"${rest[@]}"})
}

# ensure_deps [SECTION]: what is needed by all, and what stands in that section of the list
ensure_deps() {
    purpose=${1:-}
    major=
    if ! find_server; then
        major=$(wanted_major)
        bindir=/usr/lib/postgresql/${major:-MAJOR}/bin
        pg_config=$bindir/pg_config
        if [ -n "${PG_CONFIG:-}" ] && [ "$PG_CONFIG" != "$pg_config" ] && [ "$PG_CONFIG" != pg_config ]; then
            die "PG_CONFIG=$PG_CONFIG: no such pg_config, or its PGXS files are missing"
        fi
    fi

    find_missing
    if [ ${#missing[@]} -gt 0 ]; then
        command -v apt-get >/dev/null ||
            die "these are missing (Debian's names for them): $(missing_text); please install them"
        apt_update
        # A bare machine may not have known before which version it can have.
        if [ -z "$major" ]; then
            major=$(wanted_major)
            [ -n "$major" ] || die "apt-get knows no package postgresql; missing: ${missing[*]}"
            bindir=/usr/lib/postgresql/$major/bin
            pg_config=$bindir/pg_config
            find_missing
        fi
        [ "$major" -ge $oldest ] || die "PostgreSQL $oldest or later is needed; apt-get has $major"
        case "$bindir ${server_missing:-no}" in
            /usr/lib/postgresql/*) ;;
            *" yes") die "the server of $pg_config is not complete: $bindir lacks postgres or psql, or their version differs" ;;
        esac
        install_otherwise
        [ ${#missing[@]} -eq 0 ] || apt_install || die "apt-get could not install: ${missing[*]}"
        find_missing
        [ ${#missing[@]} -eq 0 ] || die "still missing after apt-get: ${missing[*]}"
    fi
    [ "$major" -ge $oldest ] || die "PostgreSQL $oldest or later is needed; $pg_config is of $major"
    export PG_CONFIG=$pg_config
}
