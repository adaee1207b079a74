#!/usr/bin/env bash
# report.sh: make report.  Runs the demonstration and keeps the page of reports that it
# writes: msb_org-report.html in the directory REPORT_OUT, or at the top of the tree.  For a
# database of your own it is extension/reports/page/msb_org_report.sql; see docs/reports.md.
set -euo pipefail
# shellcheck source=tools/lib/cluster.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib/cluster.sh"

out=${REPORT_OUT:-$top}
mkdir -p "$out"
out=$(cd "$out" && pwd)

start_with_database
run env DEMO_OUT="$work/out" bash demo/demo.sh >"$work/tmp/demo.log" 2>&1 || {
    cat "$work/tmp/demo.log" >&2
    die "the demonstration failed"
}
cp "$work/out/msb_org-report.html" "$out/"
say "the page is $out/msb_org-report.html"
