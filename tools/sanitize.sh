#!/usr/bin/env bash
# sanitize.sh: make check-sanitize.  Memory and undefined behaviour: the tests on a server
# with assertions, under valgrind and with the module built by AddressSanitizer and
# UndefinedBehaviorSanitizer; the fuzzers; SQLsmith on the demonstration's database.
# Closes with "N passed, N failed".  On Debian, as root; some three hours, so it is run on
# request only.
#
#   PARTS="asan fuzz"      only these of: valgrind asan fuzz sqlsmith
#   TESTS="cpr ..."        only these tests, as with make check
#   FUZZ_SECONDS=600       how long each fuzzer runs, and SQLsmith
#   SANITIZE_ROOT=DIR      keeps the server in DIR; one that is there is used again
#
# The server is built from Debian's source of the version that PG_CONFIG names.  The stock
# server hides overruns: its allocator knows nothing of valgrind.
set -euo pipefail
# shellcheck source=tools/lib/cluster.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib/cluster.sh"
# shellcheck source=tools/lib/tests.sh
. "$top/tools/lib/tests.sh"

parts=${PARTS:-valgrind asan fuzz sqlsmith}
seconds=${FUZZ_SECONDS:-600}

[ "$(id -u)" = 0 ] || die "packages are installed and a server is built by root"
command -v apt-get >/dev/null || die "this takes Debian's packages and its source of PostgreSQL"
for part in $parts; do
    case $part in
        valgrind | asan | fuzz | sqlsmith) ;;
        *) die "PARTS: valgrind, asan, fuzz, sqlsmith; not $part" ;;
    esac
done

ensure_deps check
ensure_deps sanitize
find_python psycopg stdnum pyodbc
find_node pg
export MSB_CHECK=1
workspace
root=${SANITIZE_ROOT:-$work/root}
mkdir -p "$root"
root=$(cd "$root" && pwd -P)

# Debian's source, from the archive's main part: that of security updates has no sources
# on every mirror.
make_server() {
    local source=$root/source
    if [ ! -d "$source" ]; then
        say "fetching the source of PostgreSQL $major"
        mkdir -p "$root/apt/lists/partial" "$root/fetch"
        echo "deb-src $(mirror 0) $(. /etc/os-release && echo "$VERSION_CODENAME") main" >"$root/apt/sources.list"
        (
            cd "$root/fetch"
            options=(-q -o Dir::Etc::sourcelist="$root/apt/sources.list" -o Dir::Etc::sourceparts=/dev/null
                -o Dir::State::lists="$root/apt/lists" -o APT::Sandbox::User=root)
            apt-get "${options[@]}" update
            apt-get "${options[@]}" source "postgresql-$major"
        ) >"$root/fetch.log" 2>&1 || die "no source: see $root/fetch.log"
        mv "$root"/fetch/*/ "$source"
    fi
    # Debian's makefiles put libraries into the directory of the system's own server,
    # unless the prefix has "pgsql" in it.
    say "building it with assertions (some minutes)"
    (
        cd "$source"
        ./configure --prefix="$root/pgsql" --enable-cassert --enable-debug --enable-tap-tests --enable-nls \
            --without-icu --without-readline --without-zlib \
            CFLAGS="-O1 -g -fno-omit-frame-pointer -DUSE_VALGRIND"
        make -s -j"$(nproc)" install
        make -s -C contrib/btree_gist install
        make -s -C src/test/isolation install
    ) >"$root/build.log" 2>&1 || die "the server could not be built: see $root/build.log"
    mv "$root/pgsql/bin/postgres" "$root/pgsql/bin/postgres.plain"
}

if [ ! -x "$root/pgsql/bin/postgres.plain" ]; then make_server; fi
export PG_CONFIG=$root/pgsql/bin/pg_config
find_server || die "$PG_CONFIG is not complete"
chmod 755 "$root"
reports=$work/reports

passed=0
failed=0
table=()

# count PASSED FAILED TEXT: a line of the table
count() {
    passed=$((passed + $1))
    failed=$((failed + $2))
    table+=("$3: $1 passed, $2 failed")
}

# The module, built with the flags given and installed in this server; what the server
# runs under stands in a script in its place, so that every way of starting it does.
prepare() {
    local under=$1
    shift
    rm -rf "$reports"
    as_tester mkdir -p "$reports"
    run make -s clean >/dev/null
    run make -j2 -s with_llvm=no COPT="-Werror -O1 -g -fno-omit-frame-pointer $*" || die "the build failed"
    make -s with_llvm=no install >"$root/install.log" 2>&1 || die "the installation failed: see $root/install.log"
    # initdb's own servers, and questions to the program, are not what is tried
    cat >"$root/pgsql/bin/postgres" <<SH
#!/bin/sh
case \$1 in
    --boot | --single | --check | -V | --version | --describe-config | -C) exec "$root/pgsql/bin/postgres.plain" "\$@" ;;
esac
exec $under "$root/pgsql/bin/postgres.plain" "\$@"
SH
    chmod 755 "$root/pgsql/bin/postgres"
    : >"$work/paths.conf"
}

# What the tool, or the server's log, says is wrong: one failure a file.
look_at_reports() {
    local what=$1 file found=0
    for file in "$reports"/*; do
        [ -s "$file" ] || continue
        found=$((found + 1))
        say "$what reports:"
        head -n 60 "$file"
    done
    if grep -aE 'TRAP:|terminated by signal (6|11)|PANIC:' "$work/server.log" 2>/dev/null | head -n 20; then
        found=$((found + 1))
    fi
    if [ $found = 0 ]; then count 1 0 "$what, reports"; else count 0 $found "$what, reports"; fi
}

end_server() {
    [ -z "$server" ] || { kill -INT -- "-$server" 2>/dev/null; wait "$server" || :; }
    server=
    rm -rf "$work/data"
}

# suite NAME KINDS...: the tests on a server that runs under the tool
suite() {
    local what=$1 kind log rc asked p f
    shift
    start_cluster
    for kind in "$@"; do
        mapfile -t asked < <(names "$kind")
        [ ${#asked[@]} -gt 0 ] || continue
        say "$what: $kind tests (${#asked[@]})"
        rc=0
        log=$work/$what-$kind.log
        run_tests "$kind" "$log" "${asked[@]}" || rc=$?
        read -r p f < <(count_report "$kind" "$log")
        if [ $rc != 0 ] && [ "$f" = 0 ]; then f=1; fi
        count "$p" "$f" "$what, $kind tests"
        if [ "$f" != 0 ]; then
            for log in regression.diffs output_iso/regression.diffs; do
                [ ! -s "$log" ] || head -n 100 "$log"
            done
        fi
    done
    end_server
    look_at_reports "$what"
}

# valgrind: regression tests, fifty times as slow; the isolation tests are for the sanitizers
run_valgrind() {
    prepare "valgrind --quiet --leak-check=no --error-limit=no --trace-children=yes \
        --suppressions=$root/source/src/tools/valgrind.supp --log-file=$reports/valgrind.%p"
    suite valgrind regress
}

sanitizers() {
    local libraries
    libraries="$(gcc -print-file-name=libasan.so) $(gcc -print-file-name=libubsan.so)"
    prepare "env LD_PRELOAD='$libraries' \
        ASAN_OPTIONS=detect_leaks=0:handle_segv=0:log_path=$reports/asan \
        UBSAN_OPTIONS=print_stacktrace=1:log_path=$reports/ubsan" \
        -Wno-error -fsanitize=address,undefined
}

run_asan() {
    sanitizers
    suite sanitizers regress isolation tap
}

# at_once COMMAND...: all at once, each a word for a shell; what they print goes to
# $work/at_once.N.log
at_once() {
    local n=0 script='' command
    rm -f "$work"/at_once.*.log
    for command in "$@"; do
        n=$((n + 1))
        script+="($command) >$work/at_once.$n.log 2>&1 & "
    done
    run bash -c "$script wait"
}

run_fuzz() {
    local kind n=0 file commands=()
    for kind in cpr target_group; do
        run clang -g -O1 -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=undefined -Wall -Wextra -Werror \
            -Iextension "t/fuzz/fuzz_$kind.c" "extension/types/${kind}_text.c" -o "$work/out/fuzz_$kind"
        as_tester mkdir "$work/out/new_$kind"
        commands+=("cd $work/out && ./fuzz_$kind -max_total_time=$seconds -max_len=4096 -dict=$work/src/t/fuzz/target_group.dict -artifact_prefix=$kind- new_$kind $work/src/t/fuzz/corpus/$kind")
    done
    say "libFuzzer on both types, $seconds s"
    at_once "${commands[@]}"
    for kind in cpr target_group; do
        n=$((n + 1))
        tail -n 1 "$work/at_once.$n.log"
        if grep -q "^Done [0-9]* runs" "$work/at_once.$n.log"; then
            count 1 0 "libFuzzer, $kind, $(sed -n 's/^Done \(.*\)/\1/p' "$work/at_once.$n.log")"
        else
            tail -n 60 "$work/at_once.$n.log"
            for file in "$work/out/$kind-"*; do [ ! -f "$file" ] || base64 "$file"; done
            count 0 1 "libFuzzer, $kind"
        fi
    done

    sanitizers
    start_cluster
    as_tester psql -q -d postgres -c 'CREATE EXTENSION msb_org'
    say "generated input to the server, $seconds s"
    commands=()
    for kind in cpr target_group import_structure; do
        commands+=("PGDATABASE=postgres $PYTHON t/fuzz/fuzz_server.py $kind --seconds $seconds --seed ${FUZZ_SEED:-$RANDOM}")
    done
    at_once "${commands[@]}"
    n=0
    for kind in cpr target_group import_structure; do
        n=$((n + 1))
        tail -n 20 "$work/at_once.$n.log" | cut -c 1-3000
        if grep -q ' 0 failed$' "$work/at_once.$n.log"; then
            count 1 0 "generated, $(tail -n 1 "$work/at_once.$n.log")"
        else
            count 0 1 "generated, $kind"
        fi
    done
    end_server
    look_at_reports 'generated input'
}

# As a role that may do everything with our objects and the case tables, but nothing with
# the server.
run_sqlsmith() {
    local rc=0 internal
    sanitizers
    start_cluster
    as_tester createdb kommune
    export PGDATABASE=kommune
    say "making the demonstration's database"
    run_logged "$work/demo.log" bash demo/demo.sh >/dev/null || { tail "$work/demo.log"; die "the demonstration failed"; }
    as_tester psql -q -v ON_ERROR_STOP=1 <<'SQL'
CREATE ROLE smith LOGIN;
SELECT format('GRANT USAGE ON SCHEMA %1$I TO smith; GRANT ALL ON ALL TABLES IN SCHEMA %1$I TO smith; GRANT ALL ON ALL ROUTINES IN SCHEMA %1$I TO smith', nspname)
  FROM pg_namespace WHERE nspname = 'msb_org' OR oid IN (SELECT relnamespace FROM pg_class WHERE oid IN (SELECT relation FROM msb_org.attachment)) \gexec
ALTER SYSTEM SET log_line_prefix = '%e [%p] ';
ALTER SYSTEM SET statement_timeout = '10s';
SELECT pg_reload_conf() \g /dev/null
SQL
    say "SQLsmith, $seconds s"
    run timeout "$seconds" sqlsmith --target="host=$PGHOST dbname=kommune user=smith" --exclude-catalog --verbose --seed="${FUZZ_SEED:-$RANDOM}" \
        >"$work/sqlsmith.log" 2>&1 || rc=$?
    tail -n 20 "$work/sqlsmith.log"
    as_tester psql -q -c 'SELECT 1' >/dev/null || rc=1
    unset PGDATABASE
    end_server
    # errors that cannot happen
    internal=$(grep -a '^XX' "$work/server.log" | sed 's/^\(XX...\) \[[0-9]*\] /\1 /' | sort | uniq -c | sort -rn | head -n 20)
    [ -z "$internal" ] || printf 'internal errors:\n%s\n' "$internal"
    # 124: its time was up
    if [ $rc = 124 ]; then count 1 0 "SQLsmith"; else count 0 1 "SQLsmith ended with $rc"; fi
    look_at_reports SQLsmith
}

for part in $parts; do "run_$part"; done

say "memory and undefined behaviour"
printf '%s\n' "${table[@]}"
rc=0
if [ $failed -gt 0 ] || [ $passed = 0 ]; then rc=1; fi
cleanup || :
printf '%s passed, %s failed\n' "$passed" "$failed"
exit $rc
