-- Part of msb_org_report.sql: everything that the page shows, in the variable "data", a JSON
-- object whose texts are ready for HTML. All text passes the one door at the end, so that
-- nothing after it has to think of escaping.
--
-- The report functions give NULL for a small count. What the page adds: where one of their
-- numbers could be reckoned from others on this page, another one goes too, or is rounded.

-- msb_org's settings are there once its library is
SELECT msb_org.today() AS msb_org_today \gset

WITH p AS MATERIALIZED (
    SELECT d.*, coalesce(nullif(:'from_date', '')::date, (d.to_date - interval '1 year' + interval '1 day')::date) AS from_date,
           current_setting('msb_org.min_cell')::integer AS min_cell,
           -- what exact numbers are rounded to: 10, or more where more than 1 to 4 is hidden
           power(10::numeric, ceil(log(2 * current_setting('msb_org.min_cell')::numeric))) AS base
      FROM (SELECT nullif(:'structure', '') AS structure, nullif(:'old_structure', '') AS old_structure,
                   msb_org.today() AS today, coalesce(nullif(:'to_date', '')::date, msb_org.today()) AS to_date) d
), s AS MATERIALIZED (
    SELECT r.* FROM p, msb_org.report_structure(p.structure, p.to_date) r
), place AS MATERIALIZED (
    SELECT u.value ->> 'unit' AS unit, u.value ->> 'kind' AS kind, u.value ->> 'title' AS title,
           u.ordinality + CASE u.value ->> 'kind' WHEN 'operating_area' THEN 0 WHEN 'external' THEN 2000 ELSE 1000 END AS place
      FROM s, jsonb_array_elements(s.document -> 'units') WITH ORDINALITY u
),
-- what the functions say, each asked once
load AS MATERIALIZED (
    SELECT l.*, coalesce(o.place, CASE WHEN l.unit IS NULL THEN 9999 ELSE 5000 END) AS place
      FROM p CROSS JOIN LATERAL msb_org.load_by_area(p.structure, p.from_date, p.to_date) l LEFT JOIN place o ON o.unit = l.unit
), by_table AS MATERIALIZED (
    SELECT t.* FROM p, msb_org.citizens_by('case_tables', NULL, NULL, p.to_date, p.to_date) t
), by_number AS MATERIALIZED (
    SELECT n.* FROM p, msb_org.citizens_by('number_of_units', p.structure, NULL, p.to_date, p.to_date) n
), overlap AS MATERIALIZED (
    SELECT v.unit AS u1, coalesce(v.title, v.unit) AS t1, coalesce(a.place, 5000) AS o1,
           v.with_unit AS u2, coalesce(v.with_title, v.with_unit) AS t2, coalesce(b.place, 5000) AS o2, v.citizens AS n
      FROM p CROSS JOIN LATERAL msb_org.area_overlap(p.structure, NULL, p.to_date, p.to_date) v
      LEFT JOIN place a ON a.unit = v.unit LEFT JOIN place b ON b.unit = v.with_unit
), flow AS MATERIALIZED (
    SELECT f.*, coalesce(o.place, CASE WHEN f.to_unit IS NULL THEN 9999 ELSE 5000 END) AS place
      FROM p CROSS JOIN s
     CROSS JOIN LATERAL msb_org.structure_flow(p.old_structure, s.structure_name || coalesce('#' || s.revision, '')) f
      LEFT JOIN place o ON o.unit = f.to_unit
), handovers AS MATERIALIZED (
    SELECT h.* FROM p, msb_org.handovers_by_cause(p.today + 1, (p.today + interval '1 year')::date) h
), plans AS MATERIALIZED (
    SELECT q.*, row_number() OVER () AS place FROM msb_org.plans_by_status() q
), plans_by_unit AS MATERIALIZED (
    SELECT * FROM msb_org.plans_by_unit()
), times AS MATERIALIZED (
    SELECT t.*, coalesce(o.place, CASE WHEN t.unit IS NULL THEN 9999 ELSE 5000 END) AS place
      FROM p CROSS JOIN LATERAL msb_org.case_times(p.structure, p.from_date, p.to_date) t LEFT JOIN place o ON o.unit = t.unit
), deadlines AS MATERIALIZED (
    SELECT d.*, coalesce(o.place, CASE WHEN d.unit IS NULL THEN 9999 ELSE 5000 END) AS place
      FROM p CROSS JOIN LATERAL msb_org.deadlines_by_area(p.structure, 14) d LEFT JOIN place o ON o.unit = d.unit
), contacts AS MATERIALIZED (
    SELECT c.unit, c.title, c.channel, sum(c.contacts) AS n, coalesce(min(o.place), CASE WHEN c.unit IS NULL THEN 9999 ELSE 5000 END) AS place
      FROM p CROSS JOIN LATERAL msb_org.contacts_by_area(p.from_date, p.to_date, p.to_date) c LEFT JOIN place o ON o.unit = c.unit
     GROUP BY c.unit, c.title, c.channel
), violations AS MATERIALIZED (
    SELECT * FROM msb_org.violations_by_area()
), stranded AS MATERIALIZED (
    SELECT * FROM msb_org.stranded_by_unit()
),
-- Cases of today = those of the transition + new - closed: with the flow beside it, a hidden one
-- of these could be found. So new and closed are shown together, and only where no flow
-- to the unit is hidden.
-- Cases that cannot be judged are the sum of their findings: not shown where a finding is hidden.
findings AS MATERIALIZED (
    SELECT NOT EXISTS (SELECT FROM violations v WHERE v.unit IS NULL AND v.cases IS NULL) AS all_shown
), guarded AS MATERIALIZED (
    SELECT l.*, l.new_cases IS NOT NULL AND l.closed_cases IS NOT NULL AND (l.unit IS NOT NULL OR n.all_shown)
                AND NOT EXISTS (SELECT FROM flow f WHERE f.cases IS NULL AND f.to_unit IS NOT DISTINCT FROM l.unit) AS course,
           l.unit IS NOT NULL OR n.all_shown AS stock
      FROM load l, findings n
), load_shown AS MATERIALIZED (
    SELECT g.place, g.unit, coalesce(g.title, g.unit) AS title, coalesce(g.title, g.unit) AS label,
           CASE WHEN g.stock THEN g.open_cases END AS open_cases, CASE WHEN g.stock THEN g.citizens END AS citizens,
           CASE WHEN g.course THEN g.new_cases END AS new_cases, CASE WHEN g.course THEN g.closed_cases END AS closed_cases,
           g.staff, g.net_budget / 1000000 AS budget, g.cases_per_employee, g.citizens_per_employee, g.cost_per_citizen
      FROM guarded g
), flow_shown AS MATERIALIZED (     -- rounded: its sums could be set beside the load
    SELECT f.from_unit AS u1, coalesce(f.from_title, f.from_unit) AS t1, coalesce(f.from_unit, 'ÿ') AS o1,
           f.to_unit AS u2, coalesce(f.to_title, f.to_unit) AS t2, f.place AS o2,
           CASE WHEN f.cases IS NULL OR f.to_unit IS NULL AND NOT n.all_shown THEN NULL
                WHEN f.cases >= 100 * p.base THEN round(f.cases / (10 * p.base)) * 10 * p.base
                ELSE greatest(p.base, round(f.cases / p.base) * p.base) END AS n
      FROM flow f, p, findings n WHERE f.cases IS DISTINCT FROM 0
), number_shown AS MATERIALIZED (   -- rounded: with the loads and the pairs it would give a hidden row of by_number
    SELECT CASE WHEN sum(n.citizens) >= 100 * p.base THEN round(sum(n.citizens) / (10 * p.base)) * 10 * p.base
                WHEN sum(n.citizens) >= 2 * p.base THEN round(sum(n.citizens) / p.base) * p.base END AS several
      FROM by_number n, p WHERE n.number >= 2 GROUP BY p.base
), plans_agree AS MATERIALIZED (    -- two divisions of the same plans give each other's hidden numbers
    SELECT NOT EXISTS (SELECT FROM plans q WHERE NOT (q.plans, q.overdue, q.without_consent, q.with_wishes) IS NOT NULL)
           AND NOT EXISTS (SELECT FROM plans_by_unit q WHERE NOT (q.plans, q.overdue, q.without_consent, q.with_wishes) IS NOT NULL) AS both_shown
), days AS MATERIALIZED (
    SELECT d.name, extract(day FROM d.day) || '. '
           || ('{januar,februar,marts,april,maj,juni,juli,august,september,oktober,november,december}'::text[])[extract(month FROM d.day)::integer]
           || ' ' || extract(year FROM d.day) AS text
      FROM p, LATERAL (VALUES ('to', p.to_date), ('from', p.from_date), ('today', p.today), ('ahead_from', p.today + 1),
                              ('ahead_to', (p.today + interval '1 year')::date),
                              ('made', (now() AT TIME ZONE current_setting('msb_org.timezone'))::date)) d (name, day)
), key AS MATERIALIZED (
    SELECT k.place, k.title, k.note, CASE WHEN k.n = 0 AND k.note LIKE 'mindst%' THEN '·' ELSE translate(to_char(k.n, 'FM999,999,999,990'), ',', '.') END AS value
      FROM (SELECT sum(open_cases) AS open_cases, sum(new_cases) AS new_cases, sum(closed_cases) AS closed_cases, count(*) FILTER (WHERE open_cases IS NULL) AS hidden,
                   count(*) FILTER (WHERE new_cases IS NULL) AS hidden_course FROM load_shown) l,
           (SELECT sum(citizens) AS n, count(*) FILTER (WHERE citizens IS NULL) AS hidden FROM by_table) t,
           (SELECT max(several) AS n FROM number_shown) m,
           (SELECT sum(plans) AS n, sum(overdue) AS overdue, count(*) FILTER (WHERE plans IS NULL) AS hidden FROM plans
             WHERE status IN ('draft', 'offered', 'consented', 'active', 'under_review')) q,
           (SELECT sum(handovers) AS n, count(*) FILTER (WHERE handovers IS NULL) AS hidden FROM handovers WHERE moves = 'case') h,
           (SELECT sum(overdue) AS n, count(*) AS rows, count(*) FILTER (WHERE overdue IS NULL) AS hidden FROM deadlines) f,
           (SELECT sum(n) AS n FROM contacts) c,
   LATERAL (VALUES
            (1, 'Borgere med åbne sager', t.n, t.hidden, NULL),
            (2, 'Heraf i mere end én enhed', m.n, 0, 'afrundet'),
            (3, 'Åbne sager', l.open_cases, l.hidden, NULL),
            (4, 'Nye sager i perioden', l.new_cases, l.hidden_course, NULL),
            (5, 'Afsluttede sager i perioden', l.closed_cases, l.hidden_course, NULL),
            (6, 'Åbne planer', q.n, q.hidden, NULL),
            (7, 'Overdragelser af sager næste 12 måneder', h.n, h.hidden, NULL),
            (8, 'Sager over fristen', CASE WHEN f.rows > 0 THEN coalesce(f.n, 0) END, f.hidden, NULL),
            (9, 'Henvendelser, talt pr. enhed', c.n, 0, NULL)) v (place, title, n, hidden, rounded),
   LATERAL (SELECT v.place, v.title, v.n, CASE WHEN v.hidden > 0 THEN 'mindst; et tal er skjult' ELSE v.rounded END AS note) k
     WHERE k.n IS NOT NULL
), page AS (
    SELECT jsonb_build_object(
        'state', CASE WHEN NOT EXISTS (SELECT FROM s) THEN 'no_structure'
                      WHEN NOT EXISTS (SELECT FROM load WHERE (open_cases, new_cases, closed_cases) IS DISTINCT FROM (0::bigint, 0::bigint, 0::bigint))
                       AND NOT EXISTS (SELECT FROM by_table) AND NOT EXISTS (SELECT FROM flow) AND NOT EXISTS (SELECT FROM stranded) THEN 'no_cases'
                      ELSE 'ok' END,
        'meta', (SELECT jsonb_object_agg(d.name || CASE WHEN d.name LIKE 'ahead%' OR d.name = 'made' THEN '' ELSE '_text' END, d.text) FROM days d)
             || jsonb_build_object('municipality', :'municipality'::text, 'min_cell', (SELECT min_cell FROM p),
                    'department', (SELECT title FROM place WHERE kind = 'department' ORDER BY place LIMIT 1),
                    'structure_title', (SELECT coalesce(s.document ->> 'title', s.structure_name) FROM s),
                    'old_title', (SELECT coalesce(r.document ->> 'title', r.structure_name)
                                    FROM p, (SELECT min(from_structure_name) AS name FROM flow) f,
                                 LATERAL msb_org.report_structure(coalesce(p.old_structure, f.name), p.today) r WHERE f.name IS NOT NULL),
                    'version', (SELECT extversion FROM pg_extension WHERE extname = 'msb_org')),
        'key', (SELECT jsonb_agg(k ORDER BY k.place) FROM key k),
        'load', (SELECT jsonb_agg(l ORDER BY l.place, l.unit) FROM load_shown l),
        -- a unit with itself is its citizens of that day: another number than those of the evening, and the difference may be small
        'overlap', (SELECT jsonb_agg(v ORDER BY v.o1, v.u1, v.o2, v.u2) FROM overlap v WHERE EXISTS (SELECT FROM overlap w WHERE w.u1 <> w.u2)),
        'top', (SELECT jsonb_agg(v ORDER BY v.n DESC, v.o1, v.o2) FROM (SELECT v.o1, v.o2, v.n, v.t1 AS label, '+ ' || v.t2 AS label2
                  FROM overlap v WHERE (v.o1, v.u1) < (v.o2, v.u2) AND v.n > 0 ORDER BY v.n DESC, v.o1, v.o2 LIMIT 10) v),
        'flow', (SELECT jsonb_agg(f ORDER BY f.o1, f.o2) FROM flow_shown f),
        'handovers', (SELECT jsonb_agg(h ORDER BY h.moves, o.place, h.to_unit, h.cause) FROM (
                SELECT h.moves, h.cause, h.to_unit, h.to_title, h.cause_title, h.handovers, h.accepted, CASE h.moves WHEN 'case' THEN 'Sager' ELSE 'Planer' END AS moves_title
                  FROM handovers h) h LEFT JOIN place o ON o.unit = h.to_unit),
        'handover_sums', (SELECT jsonb_agg(h ORDER BY o.place, h.to_unit) FROM (
                SELECT h.to_unit, coalesce(h.to_title, h.to_unit) AS label, sum(h.handovers) AS n FROM handovers h WHERE h.moves = 'case' GROUP BY 1, 2) h
                  LEFT JOIN place o ON o.unit = h.to_unit),
        'plans', (SELECT jsonb_agg(to_jsonb(q) || jsonb_build_object('label', coalesce(q.kind_title, q.kind) || ' – ' || lower(coalesce(q.status_title, q.status))) ORDER BY q.place) FROM plans q),
        'plans_by_unit', (SELECT jsonb_agg(to_jsonb(q) || jsonb_build_object('title', coalesce(q.title, q.unit)) ORDER BY o.place, q.unit)
                            FROM plans_by_unit q LEFT JOIN place o ON o.unit = q.unit WHERE (SELECT both_shown FROM plans_agree)),
        'times', (SELECT jsonb_agg(to_jsonb(t) - 'closed_cases' || jsonb_build_object('title', coalesce(t.title, t.unit), 'label', coalesce(t.title, t.unit)) ORDER BY t.place, t.unit) FROM times t),
        'deadlines', (SELECT jsonb_agg(to_jsonb(d) || jsonb_build_object('label', coalesce(d.title, d.unit), 'label2', coalesce(d.deadline_title, d.deadline),
                             'title', coalesce(d.title, d.unit), 'deadline_title', coalesce(d.deadline_title, d.deadline)) ORDER BY d.place, d.unit, d.deadline) FROM deadlines d),
        'contacts', (SELECT jsonb_agg(c ORDER BY c.o1, c.u1, c.o2) FROM (
                SELECT coalesce(c.unit, '') AS u1, coalesce(c.title, c.unit) AS t1, c.place AS o1,
                       'k' || coalesce(c.channel, '') AS u2, coalesce(c.channel, 'Kanal ikke oplyst') AS t2, coalesce(c.channel, 'ÿ') AS o2, c.n FROM contacts c) c),
        'contact_sums', (SELECT jsonb_agg(c ORDER BY c.place, c.unit) FROM (
                SELECT c.unit, coalesce(c.title, c.unit) AS label, c.place, sum(c.n) AS n FROM contacts c GROUP BY 1, 2, 3) c),
        'violations', (SELECT jsonb_agg(to_jsonb(v) || jsonb_build_object('title', coalesce(v.title, v.unit)) ORDER BY v.finding_title, v.unit, v.case_table) FROM violations v),
        'stranded', (SELECT jsonb_agg(to_jsonb(t) || jsonb_build_object('title', coalesce(t.title, t.unit)) ORDER BY t.unit, t.cause) FROM stranded t)
    ) AS j
)
-- The door: in JSON &, < and > stand in texts only, and a quote in a text has a backslash
-- before it. Signs that no page may hold are left out.
SELECT regexp_replace(
       replace(replace(replace(replace(replace(replace(
           (SELECT jsonb_object_agg(e.key, CASE WHEN e.value = 'null' THEN '[]' ELSE e.value END) FROM jsonb_each(j) e)::text,
           '&', '&amp;'), '<', '&lt;'), '>', '&gt;'), '\\', '&#92;'), '\"', '&quot;'), '''', '&#39;'),
           '\\(u00(0[0-8bcef]|1.|7f)|[bf])', '', 'g') AS data
  FROM page \gset
