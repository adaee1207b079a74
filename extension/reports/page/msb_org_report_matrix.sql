-- Part of msb_org_report.sql: numbers of pairs as a table, darker where they are greater. The
-- variable "matrix" is a JSON object:
--   rows       a list in "data" of u1, t1, o1 (down: unit, title, place), u2, t2, o2 (across), n
--   id         of the chart that it belongs to
--   caption, corner
--   diagonal   true: a unit with itself is left out
WITH x AS MATERIALIZED (
    SELECT :'data'::jsonb -> (m ->> 'rows') AS rows, m FROM (SELECT :'matrix'::jsonb AS m) m
), v AS MATERIALIZED (
    SELECT coalesce(r ->> 'u1', '') AS u1, r ->> 't1' AS t1, r -> 'o1' AS o1, coalesce(r ->> 'u2', '') AS u2, r ->> 't2' AS t2, r -> 'o2' AS o2, (r ->> 'n')::numeric AS n
      FROM x, jsonb_array_elements(x.rows) r
), down AS (
    SELECT v.u1, min(v.t1) AS title, row_number() OVER (ORDER BY (array_agg(v.o1))[1], v.u1) AS place FROM v GROUP BY v.u1
), across AS (
    SELECT v.u2, min(v.t2) AS title, row_number() OVER (ORDER BY (array_agg(v.o2))[1], v.u2) AS place FROM v GROUP BY v.u2
), greatest_n AS (
    SELECT max(v.n) AS n FROM v, x WHERE NOT (x.m -> 'diagonal')::boolean OR v.u1 <> v.u2
), line AS (
    SELECT d.place, format('<tr><th scope="row">%s</th>%s</tr>', regexp_replace(min(d.title), '(\d+-\d+)', '<span class="nb">\1</span>', 'g'), string_agg(
               CASE WHEN (x.m -> 'diagonal')::boolean AND d.u1 = a.u2 THEN '<td class="n self">–</td>'
                    WHEN v.u1 IS NULL THEN '<td class="n zero">0</td>'
                    WHEN v.n IS NULL THEN '<td class="n"><span class="hid" title="skjult">·</span></td>'
                    ELSE format('<td class="n q%s">%s</td>', floor(4.999 * sqrt(v.n / nullif(g.n, 0))), translate(to_char(v.n, 'FM999,999,999,990'), ',', '.')) END,
               '' ORDER BY a.place)) AS cells
      FROM x CROSS JOIN greatest_n g CROSS JOIN down d CROSS JOIN across a LEFT JOIN v ON v.u1 = d.u1 AND v.u2 = a.u2
     GROUP BY d.place
)
SELECT format(E'<div class="scroll" role="region" tabindex="0" aria-labelledby="t-%s">\n<table class="matrix">\n<caption id="t-%s">%s</caption>\n<thead><tr><th scope="col">%s</th>%s</tr></thead>\n<tbody>\n%s\n</tbody>\n</table></div>',
              x.m ->> 'id', x.m ->> 'id', x.m ->> 'caption', x.m ->> 'corner',
              (SELECT string_agg(format('<th scope="col" class="n">%s</th>', regexp_replace(a.title, '(\d+-\d+)', '<span class="nb">\1</span>', 'g')), '' ORDER BY a.place) FROM across a),
              (SELECT string_agg(l.cells, E'\n' ORDER BY l.place) FROM line l))
  FROM x;
