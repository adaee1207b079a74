#!/usr/bin/env bash
# bench.sh: run by make bench.  Everything runs in one server, in one go: the contenders
# take turns, round by round, and medians are compared.  The method, and each line:
# docs/measuring.md.
#
#   BENCH_OUT=DIR         the report and its tables are written there too, as text and CSV
#   BENCH_FULL=1          ten times as many rows read, more rounds of the million that is written
#   BENCH_WRITE_MOST=1    with it, a hundred times BENCH_ROWS_WRITE are written as well
#   BENCH_ROWS_READ, BENCH_ROWS_WRITE, BENCH_ROWS_SINGLE, BENCH_ROWS_UPDATE, BENCH_ROUNDS
#
# Figures of a contender that gives other answers than the rest are not shown: the run
# stops instead.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

: "${BENCH_ROWS_READ:=1000000}" "${BENCH_ROWS_WRITE:=100000}" "${BENCH_ROWS_SINGLE:=5000}"
: "${BENCH_ROWS_UPDATE:=20000}" "${BENCH_ROUNDS:=5}" "${BENCH_CONNECTIONS:=30}"
export BENCH_ROWS_SINGLE BENCH_ROWS_WRITE BENCH_ROWS_UPDATE BENCH_ROUNDS

build=$(mktemp -d)
trap 'rm -rf "$build"' EXIT
chmod 755 "$build"

script() {
    psql -X -q -v ON_ERROR_STOP=1 -P pager=off -P border=1 -P linestyle=unicode -P footer=off -P null= \
        -v rows_read="$BENCH_ROWS_READ" -v rows_write="$BENCH_ROWS_WRITE" -v rows_single="$BENCH_ROWS_SINGLE" \
        -v rows_update="$BENCH_ROWS_UPDATE" -v rounds="$BENCH_ROUNDS" -v yardstick="$build/yardstick" \
        -v full="${BENCH_FULL:-0}" -v write_most="${BENCH_WRITE_MOST:-0}" "$@"
}

# Scripts of one suite, with the time that they took.  What they print is their progress.
suite() {
    local title=$1 began=$SECONDS file
    shift
    printf '%s ...\n' "$title"
    for file in "$@"; do
        script -At -f "$file"
    done
    printf '  %s s\n' $((SECONDS - began))
}

yardstick() {
    local pg_config=${PG_CONFIG:-pg_config} flags=()
    read -r -a flags <<<"$("$pg_config" --cflags) $("$pg_config" --cflags_sl) $("$pg_config" --cppflags)"
    "${CC:-cc}" "${flags[@]}" -I"$("$pg_config" --includedir-server)" -shared -o "$build/yardstick.so" yardstick.c
    chmod 755 "$build/yardstick.so"
}

machine() {
    printf 'machine     %s, %s processors, %s GB\n' \
        "$(sed -n 's/^model name[[:space:]]*: //p' /proc/cpuinfo 2>/dev/null | head -n 1)" \
        "$(getconf _NPROCESSORS_ONLN)" \
        "$(awk '/^MemTotal/ { printf "%.0f", $2 / 1048576 }' /proc/meminfo 2>/dev/null)"
    printf 'system      %s %s, load %s\n' "$(uname -s)" "$(uname -r)" "$(cut -d' ' -f1 /proc/loadavg 2>/dev/null)"
    script -At -c "SELECT 'server      ' || version()" \
        -c "SELECT 'settings    ' || string_agg(name || ' ' || current_setting(name), ', ' ORDER BY name) FROM pg_settings
            WHERE name IN ('fsync', 'synchronous_commit', 'full_page_writes', 'shared_buffers', 'work_mem', 'max_wal_size', 'jit', 'autovacuum', 'debug_assertions')" \
        -c "SELECT 'msb_org     ' || extversion FROM pg_extension WHERE extname = 'msb_org'"
    printf 'rows        %s read, %s written, %s one by one; %s rounds after one that is not counted\n\n' \
        "$BENCH_ROWS_READ" "$BENCH_ROWS_WRITE" "$BENCH_ROWS_SINGLE" "$BENCH_ROUNDS"
}

# One line a new connection: kind, and milliseconds that its first call took more than
# its second.
connections() {
    local n kind
    for ((n = 1; n <= BENCH_CONNECTIONS; n++)); do
        for kind in "first decision, ms|0|msb_org.area_of" "first call of a C function that does nothing, ms|0|bench.nothing" \
            "first write, everything on, ms|1|w_all" "first write, foreign key, ms|1|w_fk"; do
            IFS='|' read -r name writes what <<<"$kind"
            script -At -v what="$what" -v writes="$writes" -v n="$n" -f first.sql | grep -E '^[0-9]{4}-' |
                paste -sd'|' | sed "s/^/$name|$n|/"
        done
    done >"$build/connections"
    script -c "CREATE TABLE bench.connection (name text, n integer, t1 timestamptz, t2 timestamptz, t3 timestamptz)" \
        -c "\\copy bench.connection FROM '$build/connections' (DELIMITER '|')" \
        -c "INSERT INTO bench.figure SELECT name, n, 1000 * extract(epoch FROM (t2 - t1) - (t3 - t2)) FROM bench.connection"
}

measure() {
    local began=$SECONDS
    yardstick
    psql -X -q -v ON_ERROR_STOP=1 -c "ALTER DATABASE \"$PGDATABASE\" SET msb_org.today = '2019-07-15'"
    script -f setup.sql
    machine
    suite 'making the cases' loads.sql
    suite 'reading' deciding.sql read.sql
    suite 'writing' write_tables.sql plan_peer.sql write_check.sql write.sql
    suite 'updating' update.sql
    suite 'reading by area' access.sql
    suite 'statements of a client' client.sql
    bash client.sh "$build"
    script -c 'CALL bench.clear()'
    suite 'the daily job' daily.sql
    suite 'memory' memory.sql
    printf '%s new connections of each kind ...\n' "$BENCH_CONNECTIONS"
    connections
    suite 'growth in rules' rules.sql
    suite 'verify: dividing the space into 1,500 and 5,000 rules, proving' verify.sql
    script -f measures.sql
    if [ -n "${BENCH_OUT:-}" ]; then
        script -P numericlocale=on -v out="$BENCH_OUT" -f report.sql
    else
        script -P numericlocale=on -f report.sql
    fi
    printf 'The benchmarks took %s s.\n' $((SECONDS - began))
}

if [ -n "${BENCH_OUT:-}" ]; then
    mkdir -p "$BENCH_OUT"
    measure 2>&1 | tee "$BENCH_OUT/bench.txt"
else
    measure
fi
