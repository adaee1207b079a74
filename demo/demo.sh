#!/usr/bin/env bash
# demo.sh: the demonstration; run by make demo.  Each step is a psql script that can be
# read by itself; they run in order, in one database that is empty at first.
#
# Any error that is not meant ends it: so do figures that are not what plain SQL says.
# With DEMO_OUT set, the transcript and the page of reports are written there too, and
# where Graphviz is installed the charts of both structures.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

look=(-P border=1 -P format=wrapped -P columns=118 -P linestyle=unicode -P footer=off -P numericlocale=on -P pager=off -P 'null=·')
steps=0
count=$(find demo -name 'step_*.sql' | wc -l)

# From standard input, so that psql puts no file name before a notice.
script() { psql -X -q -v ON_ERROR_STOP=1 "${look[@]}" "$@"; }

step() {
    local began=$SECONDS
    steps=$((steps + 1))
    printf '\n\n━━━ %s of %s ━━━ %s\n\n' "$steps" "$count" "$2"
    script -e <"demo/step_$1.sql" || {
        printf '\nthe demonstration stopped: step_%s.sql failed\n' "$1"
        return 1
    }
    printf '(%s s)\n' $((SECONDS - began))
}

walk() {
    local began=$SECONDS
    printf 'A case database as two old administrations left it in the summer of 2019,\nand what msb_org makes of it. The data are made up; the codes are Danish.\n'
    printf '\nfilling the database: 82,000 citizens and their cases ...\n'
    script -f demo/case_database.sql -f demo/data.sql
    step 1_existing    'The database as it is'
    step 2_structures  'Two structures, before and after the merger'
    step 3_example     'One man, five questions'
    step 4_observe     'Attach the tables, and only look on'
    step 5_fill        'Fill the areas; then comes 1 August'
    step 6_application 'The applications go on as before'
    step 7_enforce     'Refuse what is wrong'
    step 8_coordination 'One citizen, one plan'
    step 9_counts      'The figures, from the ledger and from the tables'
    step 10_reports    'What a head of department asks'
    step 11_next       'What to ask next'
    printf '\nAll %s steps in %s s; every figure that could be checked against plain SQL was.\n' "$count" $((SECONDS - began))
}

if [ -n "${DEMO_OUT:-}" ]; then
    mkdir -p "$DEMO_OUT"
    walk 2>&1 | tee "$DEMO_OUT/demo.txt"
    psql -X -q -v municipality='Demonstration: opdigtede borgere og sager' \
        -f extension/reports/page/msb_org_report.sql >"$DEMO_OUT/msb_org-report.html"
    printf 'written: the page of reports msb_org-report.html\n'
    if command -v dot >/dev/null; then
        for structure in msb-2018 msb-2019; do
            psql -X -At -v ON_ERROR_STOP=1 -c "SELECT msb_org.org_chart('$structure#1')" | dot -Tsvg >"$DEMO_OUT/$structure.svg"
        done
        printf 'drawn: the charts msb-2018.svg and msb-2019.svg (make demo DEMO_OUT=DIR keeps them)\n'
    fi
else
    walk 2>&1
fi
