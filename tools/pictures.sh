#!/usr/bin/env bash
# pictures.sh: make pictures.  Draws the structures that ship into docs/: their charts
# as SVG and the responsible areas as tables, from a temporary server.
set -euo pipefail
# shellcheck source=tools/lib/cluster.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib/cluster.sh"

start_with_extension
query -c "DO \$\$ BEGIN PERFORM msb_org.load_structure('msb-2018'), msb_org.load_structure('msb-2019'); END \$\$"
for structure in msb-2018 msb-2019; do
    query -At -c "SELECT msb_org.org_chart('$structure')" | dot -Tsvg >"$work/out/$structure.svg"
done
{
    cat <<'END'
# Responsibility in msb-2019

The tables show the responsible area by challenge (down) and age (across), for a case without a service.

* `+2` says that other services belong to two other areas.
* `unknown` is the age of people whose birth date is not known.

`make pictures` makes this page with `msb_org.responsibility_map('msb-2019', task)`.

![The chart of msb-2019](msb-2019.svg)

There is a chart of [the two administrations before it](msb-2018.svg) too. Grey rules are additions: see [where the rules come from](deciding.md#where-the-shipped-rules-come-from).
END
    for task in authority provision coordination benefit; do
        printf '\n## %s\n\n```\n' "$task"
        query -P footer=off <<END | sed 's/ *$//;/^$/d'
SELECT * FROM msb_org.responsibility_map('msb-2019', '$task')
\crosstabview challenge age area
END
        printf '```\n'
    done
} >"$work/out/responsibility.md"
cp "$work"/out/* "$top/docs/"
say "docs/msb-2018.svg, docs/msb-2019.svg and docs/responsibility.md are drawn"
