#!/usr/bin/env bash
# client.sh DIRECTORY: what a client waits for, over a socket, its statements prepared: a case
# that is inserted and committed; an UPDATE of a column that nothing maps, twenty to a
# transaction.  The contenders take turns.  Commits are waited for, as is the default (but
# for the disk: fsync is off).  Run by bench.sh.
set -euo pipefail
export PGOPTIONS="${PGOPTIONS:-} -c synchronous_commit=on"

build=$1
: "${BENCH_ROWS_SINGLE:?}" "${BENCH_ROWS_WRITE:?}" "${BENCH_ROWS_UPDATE:?}" "${BENCH_ROUNDS:?}"
statements=20

# Suite, contender, round, transactions, statements of each, script: a line for bench.result.
turn() {
    local tps
    tps=$(pgbench -n -M prepared -c 1 -t "$4" --random-seed="$3" -f "$6" 2>"$build/pgbench.err" | sed -n 's/^tps = \([0-9.]*\).*/\1/p')
    if [ -z "$tps" ]; then
        cat "$build/pgbench.err" >&2
        return 1
    fi
    [ "$3" = 0 ] || awk -v tps="$tps" -v n="$5" -v line="$1|$2|$BENCH_ROWS_WRITE|$3" 'BEGIN { printf "%s|%.4f\n", line, 1e6 / tps / n }' >>"$build/client"
}

for tab in w_plain w_fk w_all w_same; do
    printf '%s\n' "\\set r random($BENCH_ROWS_WRITE + 1, $BENCH_ROWS_WRITE + $BENCH_ROWS_SINGLE)" \
        "INSERT INTO bench.$tab (case_id, citizen_id, citizen, birth, task, challenge, service, opened) SELECT nextval('bench.client_case'), citizen_id, citizen, birth, task, challenge, service, opened FROM bench.load WHERE case_id = :r;" \
        >"$build/insert_$tab"
done
for tab in u_none u_nothing u_all; do
    {
        echo 'BEGIN;'
        for ((n = 0; n < statements; n++)); do
            printf '%s\n' "\\set id random(1, $BENCH_ROWS_WRITE)" "UPDATE bench.$tab SET note = 'c' WHERE case_id = :id;"
        done
        echo 'COMMIT;'
    } >"$build/update_$tab"
done

names=("no trigger" "foreign key" "msb_org, everything on" "PL/pgSQL, the same as everything on")
tabs=(w_plain w_fk w_all w_same)
updaters=("no trigger" "C trigger, nothing" "msb_org, everything on")
updated=(u_none u_nothing u_all)
for ((round = 0; round <= BENCH_ROUNDS; round++)); do
    for ((k = 0; k < ${#tabs[@]}; k++)); do
        n=$(((k + round) % ${#tabs[@]}))
        turn 'insert, a row a transaction, from a client' "${names[n]}" "$round" "$BENCH_ROWS_SINGLE" 1 "$build/insert_${tabs[n]}"
    done
done
for ((round = 0; round <= 3 * BENCH_ROUNDS; round++)); do
    for ((k = 0; k < ${#updated[@]}; k++)); do
        n=$(((k + round) % ${#updated[@]}))
        turn 'update, not mapped, a row a statement, from a client' "${updaters[n]}" "$round" $((BENCH_ROWS_UPDATE / statements / 4)) "$statements" "$build/update_${updated[n]}"
    done
done
psql -X -q -v ON_ERROR_STOP=1 -c "\\copy bench.result (suite, contender, rows, round, us) FROM '$build/client' (DELIMITER '|')"
