#!/usr/bin/env bash
# figures.sh DIR: puts the figures of a run (make bench BENCH_OUT=DIR) into their place in
# docs/performance.md, in place of the figures of the run before.
set -euo pipefail

out=$1
page=$(dirname "${BASH_SOURCE[0]}")/../docs/performance.md
new=$(mktemp)
trap 'rm -f "$new"' EXIT

{
    sed '/^<!-- figures/q' "$page"
    printf '\n```\n'
    grep -E '^(machine|system|server|settings|msb_org|rows) {2,}' "$out/bench.txt"
    printf '```\n\n'
    cat "$out/measures.md"
    printf '\n'
    grep -E '^[0-9]+ of [0-9]+ measures' "$out/bench.txt"
    for table in 'Shares' 'Growth in rows' 'Growth in rules'; do
        printf '\n```\n'
        # from its title to the next
        awk -v title="$table" 'index($0, title) == 1 { on = 1 } on && /^(Microseconds|Growth|The measures)/ && index($0, title) != 1 { exit } on' \
            "$out/bench.txt" | sed -e '/./,$!d' -e 's/ *$//' | cat -s | sed -e :a -e '/^\n*$/{$d;N;ba' -e '}'
        printf '```\n'
    done
    printf '\n'
    sed -n '/^<!-- end of figures/,$p' "$page"
} >"$new"
cat "$new" >"$page"
