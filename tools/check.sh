#!/usr/bin/env bash
# check.sh: make check.  Builds, runs the regression tests (sql/), the isolation tests
# (specs/) and the TAP tests (t/) on a temporary server, and closes with the line
# "N passed, N failed".  TESTS="cpr iso_plan 001_project" runs only those.
set -euo pipefail
# shellcheck source=tools/lib/cluster.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib/cluster.sh"
# shellcheck source=tools/lib/tests.sh
. "$top/tools/lib/tests.sh"

logs=$top/log/check
passed=0
failed=0
skipped=0

# add KIND LOG EXIT-CODE ASKED-FOR: a run that failed has at least one failure, and a
# test that left no line has failed.
add() {
    local kind=$1 log=$2 rc=$3 asked=$4 p f
    read -r p f < <(count_report "$kind" "$log")
    if [ "$kind" != tap ]; then
        [ $((p + f)) -ge "$asked" ] || f=$((asked - p))
    elif [ "$rc" = 0 ]; then
        f=0
    fi
    if [ "$rc" != 0 ] && [ "$f" = 0 ]; then f=1; fi
    passed=$((passed + p))
    failed=$((failed + f))
}

# What a person wants to see after a failure, kept in the tree where git ignores it.
keep_logs() {
    local file
    for file in regression.diffs output_iso/regression.diffs; do
        [ -s "$file" ] || continue
        say "$file"
        cat "$file"
    done
    while IFS= read -r file; do
        [ -s "$file" ] || continue
        say "the end of $file"
        tail -n 25 "$file"
    done < <(sed -nE 's|^t/(.*)\.pl +\(Wstat: .*|tmp_check/log/regress_log_\1|p' "$work/tap.log" 2>/dev/null)
    if ! mkdir -p "$logs" 2>/dev/null; then
        logs=$(TMPDIR='' mktemp -d /tmp/msb_org-log.XXXXXX)
    fi
    cp "$work"/*.log "$logs/"
    for file in regression.diffs results output_iso tmp_check/log; do
        [ ! -e "$file" ] || cp -R "$file" "$logs/$(basename "$file")"
    done
    if [ "$(id -u)" = 0 ]; then chown -R --reference="$top" "$logs"; fi
    say "the logs are kept in $logs"
}

mapfile -t regress < <(cd "$top" && names regress)
mapfile -t isolation < <(cd "$top" && names isolation)
mapfile -t tap < <(cd "$top" && names tap)
for name in ${TESTS:-}; do
    case " ${regress[*]} ${isolation[*]} ${tap[*]} " in
        *" $name "*) ;;
        *) die "no test called $name in sql/, specs/ or t/" ;;
    esac
done

ensure_deps check
# the TAP tests run $PYTHON and $NODE, and must find every client
find_python stdnum psycopg pyodbc
find_node pg
export MSB_CHECK=1
workspace
rm -rf "$logs"
rmdir "$top/log" 2>/dev/null || :
# pg_regress stops altogether at a test without an expected file: give it an empty one.
for name in ${regress[@]+"${regress[@]}"} ${isolation[@]+"${isolation[@]}"}; do
    [ -e "expected/$name.out" ] || as_tester install -D -m 644 /dev/null "expected/$name.out"
done
build
start_cluster

if [ ${#regress[@]} -gt 0 ]; then
    say "regression tests (${#regress[@]})"
    rc=0
    run_tests regress "$work/regress.log" "${regress[@]}" || rc=$?
    add regress "$work/regress.log" $rc ${#regress[@]}
fi
if [ ${#isolation[@]} -gt 0 ]; then
    say "isolation tests (${#isolation[@]})"
    rc=0
    run_tests isolation "$work/isolation.log" "${isolation[@]}" || rc=$?
    add isolation "$work/isolation.log" $rc ${#isolation[@]}
fi
if [ ${#tap[@]} -gt 0 ]; then
    say "TAP tests (${#tap[@]} files)"
    rc=0
    run_tests tap "$work/tap.log" "${tap[@]}" || rc=$?
    add tap "$work/tap.log" $rc ${#tap[@]}
    skipped=$(grep -Ec '^(\[[0-9:]+\] )?t/.* skipped' "$work/tap.log" || :)
fi

if [ $failed -gt 0 ]; then keep_logs; fi
rc=0
if [ $failed -gt 0 ] || [ $passed = 0 ]; then rc=1; fi
cleanup || :
closing="$passed passed, $failed failed"
if [ "$skipped" -gt 0 ]; then closing="$closing, $skipped skipped"; fi
printf '%s\n' "$closing"
exit $rc
