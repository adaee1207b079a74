-- Part of msb_org_report.sql: how the page looks; it can be read without.
SELECT $$<style>
:root {
  --bg: #ffffff; --ink: #1d2733; --muted: #55606e; --line: #d5dbe2; --soft: #f3f5f8;
  --s0: #1f5f8b; --s1: #a65f12; --s2: #7a3b6b;
  --k0: #1f5f8b; --k1: #a65f12; --k2: #2e6f4e; --k3: #8c3b6b; --k4: #5b5fa8; --k5: #6b5548; --kn: #55606e;
  --q0: #ffffff; --q1: #e8f0f6; --q2: #cfe0ec; --q3: #b0cde0; --q4: #8fb8d2;
}
@media screen and (prefers-color-scheme: dark) {
  :root {
    --bg: #14191f; --ink: #e6eaef; --muted: #a3adb9; --line: #36404b; --soft: #1d242c;
    --s0: #6fb1de; --s1: #e0a458; --s2: #d08cc0;
    --k0: #6fb1de; --k1: #e0a458; --k2: #76c49a; --k3: #d889b4; --k4: #a5a8ee; --k5: #c4a68f; --kn: #a3adb9;
    --q0: #14191f; --q1: #1a2a36; --q2: #1e3a4e; --q3: #234b67; --q4: #2a5c7f;
  }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--bg); color: var(--ink); font: 100%/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif; -webkit-text-size-adjust: 100%; }
header, main, footer { max-width: 72rem; margin: 0 auto; padding: 0 1.25rem; }
header { padding-top: 2.5rem; }
h1 { font-size: 2rem; line-height: 1.2; margin: 0 0 .35rem; font-weight: 650; letter-spacing: -.01em; }
h2 { font-size: 1.3rem; line-height: 1.25; margin: 0 0 .5rem; font-weight: 650; }
p { margin: 0 0 .75rem; max-width: 44rem; }
.over { margin: 0 0 .25rem; color: var(--muted); font-weight: 600; }
.sub { font-size: 1.15rem; margin: 0 0 .25rem; }
p.meta { max-width: none; }
.meta, .legend, footer, .about { color: var(--muted); font-size: .875rem; }
section { margin-top: 2.25rem; padding-top: 1.5rem; border-top: 1px solid var(--line); }
.key { display: grid; grid-template-columns: repeat(auto-fill, minmax(12rem, 1fr)); gap: .75rem; margin: 0 0 1rem; }
.key div { background: var(--soft); border-radius: .4rem; padding: .8rem 1rem; display: flex; flex-direction: column; justify-content: space-between; }
.key dt { color: var(--muted); font-size: .875rem; line-height: 1.3; }
.key dd { margin: .35rem 0 0; font-size: 1.55rem; line-height: 1.2; font-weight: 650; font-variant-numeric: tabular-nums; }
.key dd span { display: block; font-size: .75rem; font-weight: 400; color: var(--muted); }
.chart { margin: 1rem 0 1.25rem; max-width: 36rem; }
.chart svg { display: block; width: 100%; height: auto; overflow: visible; }
.flow { max-width: 40rem; }
.pair { display: grid; grid-template-columns: minmax(0, 1fr); column-gap: 2.5rem; align-items: start; }
@media (min-width: 62rem) { .pair { grid-template-columns: minmax(0, 27rem) minmax(0, 1fr); } }
.nb { white-space: nowrap; }
svg text { fill: var(--ink); font-variant-numeric: tabular-nums; }
.s0 { fill: var(--s0); } .s1 { fill: var(--s1); } .s2 { fill: var(--s2); }
.k0 { fill: var(--k0); } .k1 { fill: var(--k1); } .k2 { fill: var(--k2); } .k3 { fill: var(--k3); } .k4 { fill: var(--k4); } .k5 { fill: var(--k5); } .kn { fill: var(--kn); }
.dash { stroke: var(--muted); }
.flab { paint-order: stroke; stroke: var(--bg); stroke-width: 3px; stroke-opacity: .8; stroke-linejoin: round; }
.scroll { overflow-x: auto; margin: 0 0 1.25rem; }
table { border-collapse: collapse; font-size: .875rem; line-height: 1.35; min-width: 100%; }
caption { text-align: left; font-weight: 600; padding: 0 0 .4rem; }
th, td { padding: .4rem .6rem; border-bottom: 1px solid var(--line); text-align: left; vertical-align: top; }
thead th { vertical-align: bottom; font-weight: 600; color: var(--muted); border-bottom: 2px solid var(--line); hyphens: auto; }
tbody th { font-weight: 400; }
tfoot th, tfoot td { font-weight: 650; border-bottom: 0; border-top: 2px solid var(--line); }
.n { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
thead .n { white-space: normal; }
.matrix { font-size: .8125rem; }
.matrix thead th { min-width: 5rem; }
.matrix tbody th { min-width: 9rem; }
.zero, .self, .hid { color: var(--muted); }
.hid { font-weight: 700; font-size: 1.25em; line-height: 1; }
.self { background: var(--soft); }
.q0 { background: var(--q0); } .q1 { background: var(--q1); } .q2 { background: var(--q2); } .q3 { background: var(--q3); } .q4 { background: var(--q4); }
.about ul { margin: 0; padding-left: 1.1rem; max-width: 46rem; }
.about li { margin-bottom: .4rem; }
.empty { border: 1px solid var(--line); border-radius: .4rem; padding: 1.5rem; background: var(--soft); }
footer { padding-top: 1.5rem; padding-bottom: 2.5rem; }
@media (max-width: 40rem) {
  h1 { font-size: 1.5rem; }
  .key { grid-template-columns: 1fr 1fr; gap: .5rem; }
  .key div { padding: .65rem .75rem; }
  .key dd { font-size: 1.25rem; }
  tbody th, tfoot th, thead th:first-child { position: sticky; left: 0; min-width: 8.5rem; background: var(--bg); }
}
@media print {
  @page { size: A4; margin: 15mm 14mm; }
  * { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  body { font-size: 9.5pt; }
  header, main, footer { max-width: none; padding-left: 0; padding-right: 0; }
  header { padding-top: 0; }
  h1 { font-size: 18pt; } h2 { font-size: 13pt; }
  section { margin-top: 14pt; padding-top: 10pt; }
  .key { grid-template-columns: repeat(4, 1fr); }
  .key dd { font-size: 13pt; }
  .chart { max-width: 86mm; }
  .flow { max-width: 104mm; }
  .pair { grid-template-columns: minmax(0, 74mm) minmax(0, 1fr); column-gap: 6mm; }
  table, .matrix { font-size: 7.8pt; }
  .matrix thead th, .matrix tbody th { min-width: 0; }
  th, td { padding: 2.5pt 4pt; }
  .scroll { overflow: visible; }
  h2, section > p, caption { break-after: avoid; break-inside: avoid; orphans: 4; widows: 4; }
  .legend { break-before: avoid; break-after: auto !important; }
  figure, .pair, table, tr, .key, .about { break-inside: avoid; }
}
</style>$$;
