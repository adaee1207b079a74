#!/usr/bin/env bash
# report.sh: make report.  Runs the demonstration and keeps the page of reports that it
# writes: msb_org-report.html in the directory REPORT_OUT, or at the top of the tree.  For a
# database of your own it is extension/reports/page/msb_org_report.sql; see docs/reports.md.
set -euo pipefail
# shellcheck source=tools/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

out=${REPORT_OUT:-$top}
mkdir -p "$out"
out=$(cd "$out" && pwd)

kept=$(mktemp -d "${TMPDIR:-/tmp}/msb_org-report.XXXXXX")
# play.sh answers the same signal; the directory goes when it has ended
trap 'rm -rf "$kept"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
trap 'exit 129' HUP

DEMO_OUT=$kept bash "$top/tools/play.sh" demo >"$kept/log" 2>&1 || {
    cat "$kept/log" >&2
    die "the demonstration failed"
}
cp "$kept/msb_org-report.html" "$out/"
say "the page is $out/msb_org-report.html"
