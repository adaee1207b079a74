-- Part of msb_org_report.sql: one table. The variable "table" is a JSON object:
--   rows      the name of a list in "data"
--   id        of the chart that it belongs to
--   caption
--   columns   k: key, t: heading, d: decimals of a number (text without it),
--             sum: summed in a last row, opt: left out where no row has a value,
--             none: what stands for NULL (else: hidden)
WITH x AS MATERIALIZED (
    SELECT :'data'::jsonb -> (t ->> 'rows') AS rows, t FROM (SELECT :'table'::jsonb AS t) t
), c AS MATERIALIZED (
    SELECT c.ordinality AS n, c.value ->> 'k' AS k, c.value ->> 't' AS heading, (c.value ->> 'd')::integer AS d,
           c.value ->> 'sum' IS NOT NULL AS summed, CASE WHEN c.value ? 'opt' THEN '–' ELSE c.value ->> 'none' END AS none
      FROM x, jsonb_array_elements(x.t -> 'columns') WITH ORDINALITY c
     WHERE NOT c.value ? 'opt' OR EXISTS (SELECT FROM jsonb_array_elements(x.rows) r WHERE r ->> (c.value ->> 'k') IS NOT NULL)
), cell AS (
    SELECT r.ordinality AS row, c.n, c.d, r.value ->> c.k AS value, c.none, '' AS about FROM x, jsonb_array_elements(x.rows) WITH ORDINALITY r, c
     UNION ALL
    -- sums are of what is shown: whatever is hidden stays so
    SELECT 1000000, c.n, c.d, CASE WHEN c.n = 1 THEN 'I alt' WHEN NOT c.summed THEN ''
                -- at least nothing is nothing to say
                WHEN count(*) > count(r ->> c.k) THEN nullif(sum((r ->> c.k)::numeric) FILTER (WHERE c.summed), 0)::text
                ELSE (sum((r ->> c.k)::numeric) FILTER (WHERE c.summed))::text END,
           CASE WHEN NOT c.summed THEN '' END, CASE WHEN c.summed AND count(*) > count(r ->> c.k) THEN 'mindst ' ELSE '' END
      FROM x, jsonb_array_elements(x.rows) r, c
     WHERE EXISTS (SELECT FROM c WHERE c.summed) AND jsonb_array_length(x.rows) > 1
     GROUP BY c.n, c.k, c.d, c.summed
), line AS (
    SELECT l.row, string_agg(
               CASE WHEN l.n = 1 THEN format('<th scope="row">%s</th>', coalesce(regexp_replace(l.value, '(\d+-\d+)', '<span class="nb">\1</span>', 'g'), '–'))
                    WHEN l.d IS NULL THEN format('<td>%s</td>', coalesce(l.value, l.none, '–'))
                    WHEN l.value = '' THEN '<td></td>'
                    WHEN l.value IS NOT NULL THEN format('<td class="n">%s%s</td>', l.about,
                        translate(to_char(l.value::numeric, 'FM999,999,999,999,990' || CASE WHEN l.d > 0 THEN '.' || repeat('0', l.d) ELSE '' END), ',.', '.,'))
                    WHEN l.none IS NOT NULL THEN format('<td class="n">%s</td>', l.none)
                    ELSE '<td class="n"><span class="hid" title="skjult">·</span></td>' END, '' ORDER BY l.n) AS cells
      FROM cell l GROUP BY l.row
)
SELECT format(E'<div class="scroll" role="region" tabindex="0" aria-labelledby="t-%s">\n<table>\n<caption id="t-%s">%s</caption>\n<thead><tr>%s</tr></thead>\n<tbody>\n%s\n</tbody>%s\n</table></div>',
              x.t ->> 'id', x.t ->> 'id', x.t ->> 'caption',
              (SELECT string_agg(format('<th scope="col"%s>%s</th>', CASE WHEN c.d IS NOT NULL THEN ' class="n"' END, c.heading), '' ORDER BY c.n) FROM c),
              (SELECT string_agg(format('<tr>%s</tr>', l.cells), E'\n' ORDER BY l.row) FROM line l WHERE l.row < 1000000),
              (SELECT format(E'\n<tfoot><tr>%s</tr></tfoot>', l.cells) FROM line l WHERE l.row = 1000000))
  FROM x;
