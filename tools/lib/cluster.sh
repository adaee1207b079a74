# cluster.sh: sourced; a temporary build and a temporary cluster that leave nothing behind.
# shellcheck shell=bash
#
#   workspace        makes the directory $work, copies the tree into $work/src
#   build            builds the copy (warnings are errors), installs it below $work/stage
#   start_cluster    a server on a unix socket in $work/sock; sets PGHOST, PGUSER
#   start_with_database [FILE]   all of these, and an empty database in PGDATABASE
#   start_with_extension [ROLE]  the same, with the extension in it
#   run COMMAND      runs it as the tester, in $work/src; the only way to run what lasts
#   run_logged F C   the same, with its output in the file F as well
#
# The tester is the caller, or "postgres" when the caller is root, whom initdb refuses.
# Whatever ends the script, an interrupt too, its processes are ended and $work is
# removed.  Everything started here has its working directory below $work.
# shellcheck source=tools/lib/deps.sh
. "$(dirname "${BASH_SOURCE[0]}")/deps.sh"

work=
job=
server=
tester=()

# The pids whose working directory lies below $work.
strays() {
    find /proc/[0-9]*/cwd -maxdepth 0 \( -lname "$work" -o -lname "$work/*" \) 2>/dev/null |
        cut -d/ -f3
}

# First the running command; then the servers, at once but in their own way, since they
# have shared memory to give back; then whatever is left.
cleanup() {
    local rc=$? file pid try
    trap '' INT TERM HUP QUIT
    trap - EXIT
    if [ -n "$work" ]; then
        cd /
        [ -z "$job" ] || kill -TERM -- "-$job" 2>/dev/null || :
        for try in 1 2 3 4 5 6 7 8 9 10; do
            while IFS= read -r file; do
                pid=$(head -n 1 "$file" 2>/dev/null) || continue
                case $pid in '' | *[!0-9]*) continue ;; esac
                # a pid file may be older than its process: look whose it is now
                if [ ! -d /proc/self ] || grep -qx "$pid" <<<"$(strays)"; then
                    kill -QUIT "$pid" 2>/dev/null || :
                fi
            done < <(find "$work" -name postmaster.pid 2>/dev/null)
            [ -z "$server" ] || kill -QUIT -- "-$server" 2>/dev/null || :
            [ -n "$(strays)" ] || break
            sleep 0.2
            # shellcheck disable=SC2046 # one word a pid
            [ "$try" -lt 4 ] || kill -TERM $(strays) 2>/dev/null || :
        done
        # shellcheck disable=SC2046
        kill -KILL $(strays) 2>/dev/null || :
        wait
        rm -rf "$work" || { sleep 1; rm -rf "$work"; }
    fi
    return "$rc"
}

# Ends by the signal itself, so that the caller sees what ended us.
interrupted() {
    warn "interrupted: cleaning up"
    cleanup || :
    trap - "$1"
    kill -s "$1" $$
}

as_tester() { ${tester[@]+"${tester[@]}"} "$@"; }

# In the background and waited for, so that a signal is answered at once; in a process
# group of its own, so that all of it can be ended.
run_group() {
    local rc=0
    set -m
    "$@" </dev/null &
    job=$!
    set +m
    wait "$job" || rc=$?
    job=
    return "$rc"
}

run() { run_group as_tester "$@"; }

tee_run() {
    local file=$1
    shift
    as_tester "$@" 2>&1 | tee "$file"
}

run_logged() { run_group tee_run "$@"; }

workspace() {
    ulimit -S -c 0
    umask 022
    trap cleanup EXIT
    trap 'interrupted INT' INT
    trap 'interrupted TERM' TERM
    trap 'interrupted HUP' HUP
    trap 'interrupted QUIT' QUIT

    # A socket's path may have some 100 bytes, and the TAP tests add to it.
    local parent=${TMPDIR:-/tmp}
    [ ${#parent} -le 40 ] || parent=/tmp
    work=$(mktemp -d "$parent/msb_org.XXXXXX")
    work=$(cd "$work" && pwd -P)
    mkdir "$work/src" "$work/home" "$work/tmp" "$work/sock" "$work/out" "$work/stage"
    tar -C "$top" -cf - --exclude=./.git --exclude=./log --exclude=./results --exclude=./output_iso \
        --exclude=./tmp_check --exclude=./tmp_check_iso --exclude='./regression.*' \
        --exclude='*.o' --exclude='*.so' --exclude='*.bc' . | tar -C "$work/src" -xf - --no-same-owner

    if [ "$(id -u)" = 0 ]; then
        local user=postgres
        id -u "$user" >/dev/null 2>&1 || user=nobody
        tester=(setpriv "--reuid=$user" "--regid=$(id -g "$user")" --init-groups --)
        chown -R "$user:$(id -g "$user")" "$work"
    fi
    chmod 755 "$work"
    chmod -R u+w "$work/src"
    cd "$work/src"
    export HOME=$work/home TMPDIR=$work/tmp PSQLRC=/dev/null PSQL_PAGER=cat PAGER=cat
}

# Where the server looks for an extension that is not installed: Debian's setting, or
# PostgreSQL 18's.
extension_settings() {
    local described
    described=$("$bindir/postgres" --describe-config | cut -f 1)
    if grep -qx extension_control_path <<<"$described"; then
        echo "extension_control_path = '$work/stage$("$pg_config" --sharedir):\$system'"
    elif grep -qx extension_destdir <<<"$described"; then
        echo "extension_destdir = '$work/stage'"
    else
        die "this server can only load extensions that are installed (Debian's can, and 18 or later): run make install && make installcheck"
    fi
    echo "dynamic_library_path = '$work/stage$("$pg_config" --pkglibdir):\$libdir'"
}

build() {
    local paths
    paths=$(extension_settings)
    printf '%s\n' "$paths" >"$work/paths.conf"
    say "building for $("$bindir/postgres" --version | sed 's/^postgres (PostgreSQL)/PostgreSQL/')"
    run make -j2 -s with_llvm=no COPT="-Werror ${COPT:-}" ||
        die "the build failed"
    run make -s with_llvm=no install DESTDIR="$work/stage" >"$work/tmp/install.log" 2>&1 || {
        cat "$work/tmp/install.log" >&2
        die "the staged installation failed"
    }
}

start_cluster() {
    local try
    say "starting a temporary server"
    run "$bindir/initdb" -D "$work/data" -U postgres -A trust -E UTF8 --locale=C.UTF-8 -N \
        >"$work/tmp/initdb.log" 2>&1 || {
        cat "$work/tmp/initdb.log" >&2
        die "initdb failed"
    }
    {
        cat "$work/paths.conf"
        cat <<CONF
listen_addresses = ''
unix_socket_directories = '$work/sock'
unix_socket_permissions = 0700
fsync = off
synchronous_commit = off
full_page_writes = off
max_prepared_transactions = 10
log_line_prefix = '%m [%p] %q%a '
jit = off
CONF
    } | as_tester tee -a "$work/data/postgresql.conf" >/dev/null

    set -m
    # shellcheck disable=SC2016 # for the inner shell
    as_tester sh -c 'cd "$1" && exec "$2/postgres" -D "$1"' start "$work/data" "$bindir" \
        >"$work/server.log" 2>&1 </dev/null &
    server=$!
    set +m
    export PGHOST=$work/sock PGUSER=postgres
    export PATH="$bindir:$PATH"
    for ((try = 0; try < 300; try++)); do
        as_tester "$bindir/pg_isready" -q && return
        kill -0 "$server" 2>/dev/null || break
        sleep 0.1
    done
    cat "$work/server.log" >&2
    die "the temporary server did not start"
}

# start_with_database [FILE]: builds, and starts a server with an empty database "kommune".
# Settings in FILE of the copy, where there is one, are the server's.
start_with_database() {
    ensure_deps
    workspace
    build
    if [ -f "${1:-}" ]; then
        as_tester cat "$1" >>"$work/paths.conf"
    fi
    start_cluster
    as_tester "$bindir/createdb" kommune
    export PGDATABASE=kommune
}

# start_with_extension [ROLE]: the extension is created there as ROLE, an ordinary role made
# for it, else as the superuser.
start_with_extension() {
    start_with_database
    if [ -n "${1:-}" ]; then
        query -c "CREATE ROLE $1" -c "GRANT CREATE ON DATABASE kommune TO $1" -c "SET ROLE $1" -c "CREATE EXTENSION msb_org"
    else
        query -c "CREATE EXTENSION msb_org"
    fi
}

query() { as_tester "$bindir/psql" -X -q -v ON_ERROR_STOP=1 "$@"; }
