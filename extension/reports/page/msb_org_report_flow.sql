-- Part of msb_org_report.sql: the flow from the units before to the units after, drawn by the
-- rounded numbers of the list "flow". A hidden one is a dashed line, whatever it is.
WITH f AS MATERIALIZED (
    SELECT coalesce(r ->> 'u1', '') AS u1, r ->> 't1' AS t1, coalesce(r ->> 'u2', '') AS u2, r ->> 't2' AS t2, (r ->> 'n')::numeric AS n
      FROM jsonb_array_elements(:'data'::jsonb -> 'flow') r
), scale AS MATERIALIZED (
    SELECT 380 / greatest(sum(f.n), 1) AS per FROM f
), left_node AS MATERIALIZED (
    SELECT w.*, sum(w.slot + 14) OVER (ORDER BY w.size DESC, w.u1 DESC) - w.slot - 14 AS top,
           row_number() OVER (ORDER BY w.size DESC, w.u1 DESC) AS rank
      FROM (SELECT f.u1, min(f.t1) AS title, coalesce(sum(f.n), 0) * min(scale.per) AS size, greatest(28, coalesce(sum(f.n), 0) * min(scale.per)) AS slot
              FROM f, scale GROUP BY f.u1) w
), right_node AS MATERIALIZED (     -- in the order of where their cases come from, so that few bands cross
    SELECT w.*, sum(w.slot + 14) OVER (ORDER BY w.mean, w.u2) - w.slot - 14 AS top, row_number() OVER (ORDER BY w.mean, w.u2) AS rank
      FROM (SELECT f.u2, min(f.t2) AS title, coalesce(sum(f.n), 0) * min(scale.per) AS size, greatest(28, coalesce(sum(f.n), 0) * min(scale.per)) AS slot,
                   sum(coalesce(f.n, 1) * l.top) / sum(coalesce(f.n, 1)) AS mean
              FROM scale CROSS JOIN f JOIN left_node l ON l.u1 = f.u1 GROUP BY f.u2) w
), tall AS (
    SELECT greatest((SELECT max(top + slot) FROM left_node), (SELECT max(top + slot) FROM right_node)) AS height
), band AS (
    SELECT f.*, l.rank AS colour, f.n * scale.per AS width, l.title AS from_title, r.title AS to_title,
           round(l.top + (l.slot - l.size) / 2 + coalesce(sum(f.n) OVER (PARTITION BY f.u1 ORDER BY r.rank ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) * scale.per, 1) AS y0,
           round(r.top + (r.slot - r.size) / 2 + coalesce(sum(f.n) OVER (PARTITION BY f.u2 ORDER BY l.rank ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) * scale.per, 1) AS y1
      FROM scale CROSS JOIN f JOIN left_node l ON l.u1 = f.u1 JOIN right_node r ON r.u2 = f.u2
), drawn AS (
    SELECT b.y0, b.width,
           CASE WHEN b.n IS NULL THEN format('<path class="dash" d="M8 %s C200 %s 200 %s 392 %s" fill="none" stroke="#55606e" stroke-dasharray="2 3"><title>%s til %s: skjult</title></path>',
                                             b.y0, b.y0, b.y1, b.y1, b.from_title, b.to_title)
                ELSE format('<path class="k%s" d="M8 %s C200 %s 200 %s 392 %s v%s C200 %s 200 %s 8 %s Z" fill="%s" fill-opacity="0.42"><title>%s til %s: ca. %s</title></path>',
                            (b.colour - 1) % 6, b.y0, b.y0, b.y1, b.y1, h.w, b.y1 + h.w, b.y0 + h.w, b.y0 + h.w,
                            ('{#1f5f8b,#a65f12,#2e6f4e,#8c3b6b,#5b5fa8,#6b5548}'::text[])[1 + (b.colour - 1) % 6], b.from_title, b.to_title, translate(to_char(b.n, 'FM999,999,999,990'), ',', '.')) END AS path
      FROM band b, LATERAL (SELECT greatest(0.8, round(b.width, 1)) AS w) h
), node AS (
    SELECT 'k' || (l.rank - 1) % 6 AS class, ('{#1f5f8b,#a65f12,#2e6f4e,#8c3b6b,#5b5fa8,#6b5548}'::text[])[1 + (l.rank - 1) % 6] AS fill, 0 AS x, 13 AS tx, 'start' AS anchor, l.title, l.top, l.slot, l.size FROM left_node l
     UNION ALL
    SELECT 'kn', '#55606e', 392, 387, 'end', r.title, r.top, r.slot, r.size FROM right_node r
), label AS (
    SELECT n.*, w[1] AS first, substring(w[2] FROM '^(?:&[^;]+;|[^&]){1,30}') AS second, n.top + n.slot / 2 AS middle
      FROM node n, LATERAL regexp_match(n.title, '^((?:&[^;]+;|[^&]){1,26})(?:\s+|$)(.*)$') w
)
SELECT format(E'<figure class="chart flow"><svg xmlns="http://www.w3.org/2000/svg" width="560" viewBox="0 -4 400 %s" role="img" aria-labelledby="c-stroem d-stroem" font-family="system-ui, sans-serif">\n<title id="c-stroem">Strømmen af sager fra den gamle organisering til den nye</title>\n<desc id="d-stroem">Bånd fra enhederne før, til venstre, til enhederne efter, til højre; bredden er antallet af sager. De samme tal står i tabellen nedenfor.</desc>\n%s\n%s\n%s\n</svg></figure>',
              ceil(tall.height) + 8,
              (SELECT string_agg(d.path, E'\n' ORDER BY d.width DESC NULLS LAST, d.y0) FROM drawn d),
              (SELECT string_agg(format('<rect class="%s" x="%s" y="%s" width="8" height="%s" fill="%s"/>', n.class, n.x, round(n.top + (n.slot - n.size) / 2, 1), greatest(1.5, round(n.size, 1)), n.fill), E'\n') FROM node n),
              (SELECT string_agg(format('<text class="flab" text-anchor="%s" font-size="11" fill="#1d2733"><tspan x="%s" y="%s">%s</tspan>%s</text>', l.anchor, l.tx,
                          round(l.middle + CASE WHEN l.second <> '' THEN -2 ELSE 4 END, 1), l.first,
                          CASE WHEN l.second <> '' THEN format('<tspan x="%s" y="%s">%s</tspan>', l.tx, round(l.middle + 11, 1), l.second) END), E'\n') FROM label l))
  FROM tall;
