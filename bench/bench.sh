#!/usr/bin/env bash
# bench.sh: first figures; run by make bench.  Everything runs in one server, in one go;
# the contenders take turns, and medians are compared.  With BENCH_OUT set, the report
# and its tables are written there too, as text and CSV.
#
# Figures of a contender that gives other answers than the rest are not shown: the run
# stops instead.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

: "${BENCH_ROWS_READ:=500000}" "${BENCH_ROWS_WRITE:=100000}" "${BENCH_ROWS_SINGLE:=5000}" "${BENCH_ROUNDS:=5}"

build=$(mktemp -d)
trap 'rm -rf "$build"' EXIT
chmod 755 "$build"

script() {
    psql -X -q -v ON_ERROR_STOP=1 -P pager=off -P border=1 -P linestyle=unicode -P footer=off -P numericlocale=on \
        -v rows_read="$BENCH_ROWS_READ" -v rows_write="$BENCH_ROWS_WRITE" -v rows_single="$BENCH_ROWS_SINGLE" \
        -v rounds="$BENCH_ROUNDS" -v yardstick="$build/yardstick" "$@"
}

machine() {
    printf 'machine     %s, %s processors, %s GB\n' \
        "$(sed -n 's/^model name[[:space:]]*: //p' /proc/cpuinfo 2>/dev/null | head -n 1)" \
        "$(getconf _NPROCESSORS_ONLN)" \
        "$(awk '/^MemTotal/ { printf "%.0f", $2 / 1048576 }' /proc/meminfo 2>/dev/null)"
    printf 'system      %s %s, load %s\n' "$(uname -s)" "$(uname -r)" "$(cut -d' ' -f1 /proc/loadavg 2>/dev/null)"
    script -At -c "SELECT 'server      ' || version()" \
        -c "SELECT 'settings    ' || string_agg(name || ' ' || current_setting(name), ', ' ORDER BY name) FROM pg_settings
            WHERE name IN ('fsync', 'synchronous_commit', 'full_page_writes', 'shared_buffers', 'work_mem', 'jit', 'debug_assertions')" \
        -c "SELECT 'msb_org     ' || extversion FROM pg_extension WHERE extname = 'msb_org'"
    printf 'rounds      %s after one that is not counted\n' "$BENCH_ROUNDS"
}

measure() {
    local pg_config=${PG_CONFIG:-pg_config} flags=()
    read -r -a flags <<<"$("$pg_config" --cflags) $("$pg_config" --cflags_sl) $("$pg_config" --cppflags)"
    "${CC:-cc}" "${flags[@]}" -I"$("$pg_config" --includedir-server)" -shared -o "$build/yardstick.so" yardstick.c
    chmod 755 "$build/yardstick.so"
    psql -X -q -v ON_ERROR_STOP=1 -c "ALTER DATABASE \"$PGDATABASE\" SET msb_org.today = '2019-07-15'"

    printf 'making %s rows, comparing the answers of all contenders ...\n' "$BENCH_ROWS_READ"
    script -f setup.sql
    machine
    printf '\nreading ...\n'
    script -f area_of.sql
    printf 'writing ...\n'
    script -f writes.sql
    if [ -n "${BENCH_OUT:-}" ]; then
        mkdir -p "$BENCH_OUT"
        script -v out="$BENCH_OUT" <report.sql
    else
        script <report.sql
    fi
    script <verify.sql
}

if [ -n "${BENCH_OUT:-}" ]; then
    mkdir -p "$BENCH_OUT"
    measure 2>&1 | tee "$BENCH_OUT/bench.txt"
else
    measure
fi
