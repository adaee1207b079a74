#!/usr/bin/env bash
# pictures.sh: make pictures.  Draws the structures that ship into docs/: their charts
# as SVG and who answers for what as tables, from a temporary server.
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
# Who answers for what in msb-2019

Made by `make pictures` with `msb_org.responsibility_map('msb-2019', task)`: by challenge (down) and age (across), where no service is
named. `+2` says that other services lie in two other areas. `unknown` is the age of those whose birth date is not known.

![The chart of msb-2019](msb-2019.svg)

(And [the two administrations before it](msb-2018.svg). Grey rules are additions: see [where the rules come from](deciding.md#where-the-shipped-rules-come-from).)
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
