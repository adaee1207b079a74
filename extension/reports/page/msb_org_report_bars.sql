-- Part of msb_org_report.sql: bars, one group a row, all on one scale. The variable "chart" is a
-- JSON object:
--   rows      a list in "data" whose rows have a label, and a label2 that may stand below it
--   id        of the table that has the same numbers
--   title
--   series    pairs of key and name
--   unit      what follows a number
-- Nothing but numbers that are shown has a length; a hidden one has a dot.
WITH x AS MATERIALIZED (
    SELECT d.rows, c, jsonb_array_length(c -> 'series') AS many, CASE WHEN jsonb_array_length(c -> 'series') > 1 THEN 26 ELSE 4 END AS head,
           CASE WHEN d.rows #>> '{0,label2}' IS NOT NULL THEN 15 ELSE 0 END AS second
      FROM (SELECT :'chart'::jsonb AS c) c, LATERAL (SELECT :'data'::jsonb -> (c ->> 'rows') AS rows) d
), bar AS MATERIALIZED (
    SELECT r.ordinality - 1 AS i, s.ordinality - 1 AS j, s.value ->> 1 AS series, (r.value ->> (s.value ->> 0))::numeric AS n,
           -- an entity counts as one sign
           coalesce(substring(r.value ->> 'label' FROM '^((?:&[^;]+;|[^&]){56})(?:&[^;]+;|[^&]){3}') || '…', r.value ->> 'label') AS label,
           coalesce(substring(r.value ->> 'label2' FROM '^((?:&[^;]+;|[^&]){56})(?:&[^;]+;|[^&]){3}') || '…', r.value ->> 'label2') AS label2
      FROM x, jsonb_array_elements(x.rows) WITH ORDINALITY r, jsonb_array_elements(x.c -> 'series') WITH ORDINALITY s
), sized AS (
    SELECT b.*, x.second, x.head + b.i * (32 + x.second + 14 * x.many) AS top,
           CASE WHEN b.n > 0 THEN greatest(1, round(b.n / max(b.n) OVER () * 320, 1)) ELSE 0 END AS width,
           translate(to_char(b.n, 'FM999,999,999,990'), ',', '.') || coalesce(x.c ->> 'unit', '') AS value
      FROM bar b, x
), drawn AS (
    SELECT b.i, format('<g><text x="0" y="%s" font-size="12" fill="#1d2733">%s</text>%s%s</g>', min(b.top) + 13, min(b.label),
                       CASE WHEN min(b.label2) <> '' THEN format('<text x="0" y="%s" font-size="12" fill="#1d2733">%s</text>', min(b.top) + 28, min(b.label2)) END,
                       string_agg(CASE WHEN b.width > 0 THEN format('<rect class="s%s" x="0" y="%s" width="%s" height="11" fill="%s"><title>%s: %s</title></rect>',
                                                                    b.j, y.y, b.width, ('{#1f5f8b,#a65f12,#7a3b6b}'::text[])[b.j + 1], b.series, b.value) ELSE '' END
                                  || format('<text x="%s" y="%s" font-size="11" fill="#1d2733">%s</text>', b.width + 5, y.y + 9.5, coalesce(b.value, '·')), '' ORDER BY b.j)) AS g
      FROM sized b, LATERAL (SELECT b.top + 19 + b.second + 14 * b.j AS y) y
     GROUP BY b.i
)
SELECT format(E'<figure class="chart"><svg xmlns="http://www.w3.org/2000/svg" width="480" viewBox="0 0 400 %s" role="img" aria-labelledby="c-%s d-%s" font-family="system-ui, sans-serif">\n<title id="c-%s">%s</title>\n<desc id="d-%s">Vandrette søjler på én skala. De samme tal står i tabellen ved siden af eller nedenfor.</desc>\n%s\n%s\n</svg></figure>',
              x.head + jsonb_array_length(x.rows) * (32 + x.second + 14 * x.many), x.c ->> 'id', x.c ->> 'id', x.c ->> 'id', x.c ->> 'title', x.c ->> 'id',
              CASE WHEN x.many > 1 THEN (
                  SELECT string_agg(format('<rect class="s%s" x="%s" y="3" width="11" height="11" fill="%s"/><text x="%s" y="13" font-size="11" fill="#1d2733">%s</text>',
                                           s.ordinality - 1, 133 * (s.ordinality - 1), ('{#1f5f8b,#a65f12,#7a3b6b}'::text[])[s.ordinality], 133 * (s.ordinality - 1) + 16, s.value ->> 1), '' ORDER BY s.ordinality)
                    FROM jsonb_array_elements(x.c -> 'series') WITH ORDINALITY s) END,
              (SELECT string_agg(d.g, E'\n' ORDER BY d.i) FROM drawn d))
  FROM x;
