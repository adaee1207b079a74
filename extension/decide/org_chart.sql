-- Pictures of a structure: its units, and which of them takes which target group.

CREATE FUNCTION msb_org.chart_text(value text, width integer DEFAULT 200) RETURNS text
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
-- Graphviz takes neither an empty text nor one that begins with ]
RETURN coalesce(nullif(replace(replace(replace(replace(replace(replace(
           rtrim(regexp_replace(btrim(regexp_replace(value, '[[:cntrl:][:space:]]+', ' ', 'g')),
                                '(.{1,' || width || '})(?: |$)', E'\\1\n', 'g'), E'\n'),
           '&', '&amp;'), '<', '&lt;'), '>', '&gt;'), '"', '&quot;'), ']', '&#93;'),
           E'\n', '<BR ALIGN="LEFT"/>'), ''), '&#160;');
COMMENT ON FUNCTION msb_org.chart_text(text, integer) IS
'Used by org_chart(): a text as an HTML-like label of Graphviz takes it, broken at spaces into lines of so many characters, 255 at most.';

CREATE FUNCTION msb_org.target_in_words(document jsonb, target msb_org.target_group) RETURNS text
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE COST 1000
    SET search_path = pg_catalog, pg_temp
RETURN (
    WITH facet AS (
        SELECT facet, position, if_null
          FROM jsonb_to_recordset(document -> 'facets') AS r (facet text, position integer, if_null text)),
    part (position, words) AS (
        SELECT NULL::integer,
               CASE WHEN a IS NULL THEN 'alder ukendt'
                    WHEN lower_inf(a) THEN NULL
                    WHEN upper_inf(a) AND lower(a) = 0 THEN 'alder kendt'
                    WHEN upper_inf(a) THEN format('fra %s år', lower(a))
                    WHEN lower(a) = upper(a) - 1 THEN format('%s år', lower(a))
                    ELSE format('%s-%s år', lower(a), upper(a) - 1) END
          FROM msb_org.age_span(target) AS a
        UNION ALL
        -- the facet's if_null is not written out
        SELECT f.position,
               (SELECT string_agg(coalesce(l.title, n.label), ', ' ORDER BY l.position, n.label COLLATE "C")
                  FROM unnest(msb_org.labels(target, f.facet)) AS n (label)
                  LEFT JOIN jsonb_to_recordset(document -> 'labels') AS l (facet text, label text, position integer, title text)
                    ON l.facet = f.facet AND l.label = n.label)
          FROM facet f
         WHERE msb_org.labels(target, f.facet) IS NOT NULL
           AND msb_org.labels(target, f.facet) <> ARRAY[coalesce(f.if_null, '')])
    SELECT coalesce(string_agg(words, ' · ' ORDER BY position NULLS FIRST), 'alle') FROM part WHERE words IS NOT NULL);
COMMENT ON FUNCTION msb_org.target_in_words(jsonb, msb_org.target_group) IS
'Used by org_chart(): a target group in Danish words, with the titles that the labels have in a document. It has the ages, then the labels of each facet that the target group names, but not a facet''s if_null alone. "alle" for any.';

CREATE FUNCTION msb_org.org_chart(structure text) RETURNS text
    LANGUAGE sql STABLE STRICT COST 10000
    SET search_path = pg_catalog, pg_temp
RETURN (
    WITH doc AS MATERIALIZED (SELECT msb_org.export_structure(structure) AS document),
    rule AS (
        SELECT r.unit, min(r.rule COLLATE "C") AS first,
               string_agg(format('<FONT POINT-SIZE="5"> <BR ALIGN="LEFT"/></FONT><FONT POINT-SIZE="10"%s>%s<BR ALIGN="LEFT"/></FONT>',
                                 CASE r.origin WHEN 'default' THEN ' COLOR="#777777"' ELSE '' END,
                                 msb_org.chart_text(msb_org.target_in_words(document, r.target), 32)),
                          '' ORDER BY r.rule COLLATE "C") AS words
          FROM doc, jsonb_to_recordset(document -> 'rules') AS r (rule text, unit text, target msb_org.target_group, origin text)
         GROUP BY r.unit),
    given AS (
        SELECT u.*, row_number() OVER (ORDER BY u.unit COLLATE "C") AS n, r.first,
               format('<B>%s</B><BR ALIGN="LEFT"/><FONT POINT-SIZE="9" COLOR="#777777">%s<BR ALIGN="LEFT"/></FONT>%s',
                      msb_org.chart_text(coalesce(u.title, u.unit), 26), msb_org.chart_text(u.unit), r.words) AS label
          FROM doc, jsonb_to_recordset(document -> 'units') AS u (unit text, parent text, kind text, title text)
          LEFT JOIN rule r USING (unit)),
    -- Below one parent: its political head, its executive, and below them the other units. A unit that
    -- has units below it is a node by itself; the rest share one row. Staffs are drawn beside it, external units apart.
    unit AS (
        SELECT g.*, p.n AS above,
               CASE WHEN g.kind IN ('political', 'executive') AND p.n IS NOT NULL THEN g.kind
                    WHEN g.kind IN ('staff', 'external') THEN g.kind
                    WHEN p.n IS NULL OR EXISTS (SELECT FROM given c WHERE c.parent = g.unit) THEN 'node'
                    ELSE 'row' END AS place,
               array_position('{department,administration,operating_area,entry}', g.kind) AS rank
          FROM given g LEFT JOIN given p ON p.unit = g.parent),
    head AS (
        SELECT p.n AS above,
               coalesce((SELECT min(c.n) FROM unit c WHERE c.above = p.n AND c.place = 'political'), p.n) AS political,
               coalesce((SELECT min(c.n) FROM unit c WHERE c.above = p.n AND c.place = 'executive'),
                        (SELECT min(c.n) FROM unit c WHERE c.above = p.n AND c.place = 'political'), p.n) AS last
          FROM unit p),
    line (place, text) AS (
        SELECT 0, format(E'digraph org_chart {\n'
                         '  graph [charset="UTF-8", rankdir=TB, nodesep=0.4, ranksep=0.4, labelloc=t, fontsize=18, fontname="DejaVu Sans,Verdana,sans-serif", label=<%s>]\n'
                         '  node [shape=plain, fontsize=12, fontname="DejaVu Sans,Verdana,sans-serif"]\n'
                         '  edge [arrowhead=none, color="#777777", weight=8]',
                         msb_org.chart_text(coalesce(document ->> 'title', document ->> 'structure')))
          FROM doc
        UNION ALL
        -- Nodes by themselves, over the middle of the units below. External units beside them must not
        -- change that: hence the weights.
        SELECT 1, format('  n%s [label=<<TABLE BORDER="1" CELLBORDER="0" CELLPADDING="6" COLOR="#777777" BGCOLOR="%s"><TR><TD ALIGN="LEFT" BALIGN="LEFT">%s</TD></TR></TABLE>>]', u.n,
                         CASE WHEN u.place = 'node' THEN '#dfe7ef' ELSE '#f3e3d0' END, u.label)
          FROM unit u WHERE u.place IN ('node', 'political', 'executive')
        UNION ALL
        -- Rows under a line, staffs one under the other, external units dashed.
        SELECT CASE u.place WHEN 'external' THEN 3 ELSE 2 END, format('  %s%s [label=<<TABLE %s COLOR="#777777" CELLBORDER="1" CELLSPACING="12" CELLPADDING="8">%s</TABLE>>]',
                         u.place, coalesce(u.above, 0),
                         CASE u.place WHEN 'row' THEN 'BORDER="1" SIDES="T"' WHEN 'staff' THEN 'BORDER="1" SIDES="L"' ELSE 'BORDER="0"' END,
                         CASE u.place WHEN 'row' THEN '<TR>' || string_agg(u.cell, '' ORDER BY u.rank, u.first COLLATE "C", u.unit COLLATE "C") || '</TR>'
                         ELSE string_agg('<TR>' || u.cell || '</TR>', '' ORDER BY u.unit COLLATE "C") END)
          FROM (SELECT w.*, format('<TD VALIGN="TOP" ALIGN="LEFT" BALIGN="LEFT" BGCOLOR="%s"%s>%s</TD>',
                                   CASE w.kind WHEN 'operating_area' THEN '#e2f0e0' WHEN 'entry' THEN '#fbf3c8' WHEN 'staff' THEN '#ececec'
                                   WHEN 'external' THEN '#ffffff' ELSE '#dfe7ef' END,
                                   CASE w.kind WHEN 'external' THEN ' STYLE="DASHED"' ELSE '' END, w.label) AS cell
                  FROM unit w WHERE w.place IN ('row', 'staff', 'external')) u
         GROUP BY u.place, u.above
        UNION ALL
        SELECT DISTINCT 4, CASE u.place WHEN 'political' THEN format('  n%s -> n%s', u.above, u.n)
                         WHEN 'executive' THEN format('  n%s -> n%s', h.political, u.n)
                         WHEN 'node' THEN format('  n%s -> n%s', h.last, u.n)
                         WHEN 'staff' THEN format(E'  { rank=same; n%1$s; staff%2$s }\n  n%1$s -> staff%2$s', h.last, u.above)
                         ELSE format('  n%s -> %s%s%s', h.last, u.place, u.above, CASE u.place WHEN 'external' THEN ' [style=dashed, weight=1]' ELSE '' END) END
          FROM unit u JOIN head h ON h.above = u.above
         WHERE u.unit IS DISTINCT FROM u.parent
        UNION ALL
        -- External units without a parent, beside the units of the department.
        SELECT 5, format('  n%s -> external0 [style=invis, weight=1]', min(h.last))
          FROM head h JOIN unit u ON u.n = h.above
         WHERE u.place = 'node' AND u.above IS NULL AND EXISTS (SELECT FROM unit e WHERE e.place = 'external' AND e.above IS NULL)
        HAVING min(h.last) IS NOT NULL
        UNION ALL
        SELECT 6, '}')
    SELECT string_agg(text, E'\n' ORDER BY place, text COLLATE "C") || E'\n' FROM line);
COMMENT ON FUNCTION msb_org.org_chart(text) IS
'Returns the chart of a structure (a draft, or a revision as name#n) as Graphviz DOT, for dot -Tsvg. Units are drawn by kind, each with the target groups of its rules in Danish words (grey: rules of origin default), staffs across, external units dashed. Raises 42704 if there is no such structure.';

CREATE FUNCTION msb_org.responsibility_cells(document jsonb, task text, service text)
    RETURNS TABLE (age integer, challenge text, challenge_no integer, area text, by_service text)
    LANGUAGE c IMMUTABLE PARALLEL SAFE COST 10000 ROWS 500
    AS 'MODULE_PATHNAME', 'msb_responsibility_cells';
COMMENT ON FUNCTION msb_org.responsibility_cells(jsonb, text, text) IS
'Used by responsibility_map(): the area for each challenge, at every age from which on other rules apply, and at unknown age (NULL). by_service distinguishes cells that differ in a service only.';

CREATE FUNCTION msb_org.responsibility_map(structure text, task text, service text DEFAULT NULL)
    RETURNS TABLE (age text, challenge text, area text)
    LANGUAGE sql STABLE COST 10000 ROWS 500
    SET search_path = pg_catalog, pg_temp
AS $$
    WITH cell AS MATERIALIZED (
        SELECT c.* FROM msb_org.responsibility_cells(msb_org.export_structure(structure), task, service) c),
    line AS (
        SELECT c.age, array_agg(c.by_service ORDER BY c.challenge_no) AS areas FROM cell c GROUP BY c.age),
    start AS (
        SELECT l.age, l.age IS NULL OR l.areas IS DISTINCT FROM lag(l.areas) OVER (ORDER BY l.age) AS begins FROM line l),
    span AS (
        SELECT s.age, lead(s.age) OVER (ORDER BY s.age) AS next FROM start s WHERE s.begins)
    SELECT CASE WHEN s.age IS NULL THEN 'unknown' WHEN s.next IS NULL THEN s.age || '-'
                WHEN s.next = s.age + 1 THEN s.age::text ELSE s.age || '-' || s.next - 1 END,
           c.challenge, c.area
      FROM span s JOIN cell c ON c.age IS NOT DISTINCT FROM s.age
     ORDER BY s.age NULLS LAST, c.challenge_no
$$;
COMMENT ON FUNCTION msb_org.responsibility_map(text, text, text) IS
'Returns the responsible areas for a task in a structure (a draft, or a revision as name#n), by age and challenge: rows for psql''s \crosstabview.

- If no service is given, the area is that of the facet''s if_null, and "+2" says that other services belong to two other areas. With a service, the area is that of the service.
- (gap) means that there is no rule, (conflict) that none takes precedence over the others.
- Ages are spans as target groups write them. Other facets have their if_null.

Raises 22023 for an unknown label, for a facet that has no if_null and is no argument, and if the structure has no facet task or challenge; 42704 if there is no such structure.';
