-- msb_org_report.sql: one page for people who would rather look than write SQL.
--
--     psql -X -q -d DATABASE -f "$(pg_config --sharedir)/extension/msb_org_report.sql" >rapport.html
--
-- It asks the report functions of msb_org once, in one read-only transaction, and writes one
-- HTML file that needs nothing beside it. Every parameter is optional (-v NAME=VALUE):
--
--     structure        the structure that is reported on      the one in force on to_date
--     old_structure    the one before it                      the newest other one that began before it
--     from_date        first day of the period                a year before to_date
--     to_date          last day of the period                 today
--     municipality     stands above the heading               nothing
--
-- It writes nothing and runs on a standby too. The role needs USAGE on the schema and EXECUTE
-- on the report functions: see docs/reports.md. The files beside this one are parts of it:
-- macros, as it were, for psql has no other way to say a thing once without creating something.

\set QUIET on
\set ECHO none
\set ON_ERROR_STOP on
\unset FETCH_COUNT
\timing off
\encoding UTF8
\pset format unaligned
\pset tuples_only on
\pset expanded off
\pset footer off
\pset null ''
\pset pager off

\if :{?structure}
\else
\set structure ''
\endif
\if :{?old_structure}
\else
\set old_structure ''
\endif
\if :{?from_date}
\else
\set from_date ''
\endif
\if :{?to_date}
\else
\set to_date ''
\endif
\if :{?municipality}
\else
\set municipality ''
\endif

BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY;
SET LOCAL search_path = pg_catalog;
SET LOCAL standard_conforming_strings = on;

\ir msb_org_report_data.sql

-- Nothing is written before everything has been asked, so that an error leaves no half page.
SELECT d ->> 'state' = 'ok' AS filled, d ->> 'state' = 'no_structure' AS unadopted,
       d -> 'flow' <> '[]' AS has_flow, d -> 'overlap' <> '[]' AS has_overlap, d -> 'handovers' <> '[]' AS has_handovers,
       d -> 'plans' <> '[]' AS has_plans, d -> 'plans_by_unit' <> '[]' AS has_plans_by_unit, d -> 'times' <> '[]' AS has_times,
       d -> 'deadlines' <> '[]' AS has_deadlines, d -> 'contacts' <> '[]' AS has_contacts,
       EXISTS (SELECT FROM jsonb_array_elements(d -> 'load') l WHERE l ->> 'staff' IS NOT NULL OR l ->> 'budget' IS NOT NULL) AS has_figures,
       d -> 'violations' <> '[]' AS has_violations, d -> 'stranded' <> '[]' AS has_stranded
  FROM (SELECT :'data'::jsonb AS d) x \gset

SELECT format($$<!DOCTYPE html>
<html xmlns="http://www.w3.org/1999/xhtml" lang="da" xml:lang="da">
<head>
<meta charset="utf-8" />
<meta name="viewport" content="width=device-width, initial-scale=1" />
<meta name="color-scheme" content="light dark" />
<meta name="robots" content="noindex" />
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'" />
<title>Ledelsesrapport pr. %s</title>$$, m ->> 'to_text')
  FROM (SELECT :'data'::jsonb -> 'meta' AS m) x;
\ir msb_org_report_style.sql
SELECT format($$</head>
<body>
<header>
%s<h1>%s</h1>
<p class="sub">Ledelsesrapport pr. %s</p>
%s</header>
<main>$$,
              '<p class="over">' || nullif(m ->> 'municipality', '') || E'</p>\n', coalesce(m ->> 'department', 'Ledelsesrapport'), m ->> 'to_text',
              '<p class="meta">Organisering: ' || (m ->> 'structure_title') || '. Nye og afsluttede sager er talt fra ' || (m ->> 'from_text') || ' til ' || (m ->> 'to_text') || E'.</p>\n')
  FROM (SELECT :'data'::jsonb -> 'meta' AS m) x;

\if :filled

SELECT '<section aria-labelledby="noegletal"><h2 id="noegletal">Nøgletal</h2><dl class="key">'
       || string_agg(format('<div><dt>%s</dt><dd>%s%s</dd></div>', k ->> 'title', k ->> 'value', ' <span>' || (k ->> 'note') || '</span>'), E'\n' ORDER BY n)
       || E'</dl>\n<p class="legend">· betyder, at tallet er skjult, fordi det er under ' || (:'data'::jsonb -> 'meta' ->> 'min_cell')
       || ', eller fordi et så lille tal ellers kunne regnes ud. Summer er af de viste tal.</p></section>'
  FROM jsonb_array_elements(:'data'::jsonb -> 'key') WITH ORDINALITY k (k, n);

SELECT '<section aria-labelledby="belastning"><h2 id="belastning">Områderne og deres belastning</h2>
<p>Åbne sager og de borgere, de handler om, ved udgangen af den sidste dag. En borger med sager i to enheder tælles i begge.</p>';
SELECT '<div class="' || CASE WHEN :'has_figures' THEN 'under' ELSE 'pair' END || '">';
\set chart '{"rows": "load", "id": "belastning", "title": "Åbne sager og borgere, enhed for enhed", "series": [["open_cases", "Åbne sager"], ["citizens", "Borgere"]]}'
\ir msb_org_report_bars.sql
\set table '{"rows": "load", "id": "belastning", "caption": "Belastning, enhed for enhed", "columns": [{"k": "title", "t": "Enhed"}, {"k": "open_cases", "t": "Åbne sager", "d": 0, "sum": true}, {"k": "citizens", "t": "Borgere", "d": 0}, {"k": "new_cases", "t": "Nye i perioden", "d": 0, "sum": true}, {"k": "closed_cases", "t": "Afsluttede i perioden", "d": 0, "sum": true}, {"k": "staff", "t": "Årsværk", "d": 1, "opt": true}, {"k": "cases_per_employee", "t": "Sager pr. årsværk", "d": 1, "opt": true}, {"k": "citizens_per_employee", "t": "Borgere pr. årsværk", "d": 1, "opt": true}, {"k": "budget", "t": "Nettobudget, mio. kr.", "d": 1, "opt": true}, {"k": "cost_per_citizen", "t": "Kr. pr. borger", "d": 0, "opt": true}]}'
\ir msb_org_report_table.sql
SELECT '</div>';
SELECT '</section>';

\if :has_overlap
SELECT '<section aria-labelledby="faelles"><h2 id="faelles">Borgere, som enhederne er fælles om</h2>
<p>Hver søjle er to enheder, der samme dag har åbne sager om de samme borgere. Her er der mest at koordinere.</p>';
\set chart '{"rows": "top", "id": "faelles", "title": "De ti par af enheder med flest fælles borgere", "series": [["n", "Fælles borgere"]]}'
\ir msb_org_report_bars.sql
\set matrix '{"rows": "overlap", "id": "faelles", "caption": "Fælles borgere, enhed mod enhed", "corner": "Enhed", "diagonal": true}'
\ir msb_org_report_matrix.sql
SELECT '</section>';
\endif

\if :has_flow
SELECT format('<section aria-labelledby="stroem"><h2 id="stroem">Fra den gamle organisering til den nye</h2>
<p>Sager, der var åbne ved overgangen fra <em>%s</em> (til venstre) til <em>%s</em> (til højre), og enheden før og efter. Tallene er afrundet.</p>',
              m ->> 'old_title', m ->> 'structure_title')
  FROM (SELECT :'data'::jsonb -> 'meta' AS m) x;
\ir msb_org_report_flow.sql
\set matrix '{"rows": "flow", "id": "stroem", "caption": "Sager ved overgangen: fra (ned) og til (hen), afrundet", "corner": "Fra \\\\ til", "diagonal": false}'
\ir msb_org_report_matrix.sql
SELECT '</section>';
\endif

\if :has_handovers
SELECT format('<section aria-labelledby="overdragelser"><h2 id="overdragelser">Overdragelser de næste 12 måneder</h2>
<p>Fra %s til %s får disse enheder ansvaret for sager og planer, som i dag ligger hos en anden. Tallene er dem, der kan ses i dag.</p>',
              m ->> 'ahead_from', m ->> 'ahead_to')
  FROM (SELECT :'data'::jsonb -> 'meta' AS m) x;
SELECT '<div class="pair">';
\set chart '{"rows": "handover_sums", "id": "overdragelser", "title": "Overdragelser af sager, efter hvem der modtager", "series": [["n", "Overdragelser"]]}'
\ir msb_org_report_bars.sql
\set table '{"rows": "handovers", "id": "overdragelser", "caption": "Overdragelser de næste 12 måneder", "columns": [{"k": "to_title", "t": "Modtager"}, {"k": "moves_title", "t": "Hvad"}, {"k": "cause_title", "t": "Årsag"}, {"k": "handovers", "t": "Overdragelser", "d": 0, "sum": true}, {"k": "accepted", "t": "Bekræftet af modtageren", "d": 0, "sum": true}]}'
\ir msb_org_report_table.sql
SELECT '</div>';
SELECT '</section>';
\endif

\if :has_plans
SELECT '<section aria-labelledby="planer"><h2 id="planer">Planer</h2>
<p>Over fristen er en åben plan, hvor noget er for sent: planen selv, en opfølgning, et nyt samtykke eller en afgørelse. Uden samtykke er en åben plan, der kræver samtykke og ikke har et gældende.</p>';
SELECT '<div class="pair">';
\set chart '{"rows": "plans", "id": "planer", "title": "Planer efter status", "series": [["plans", "Planer"], ["overdue", "Over fristen"], ["without_consent", "Uden samtykke"]]}'
\ir msb_org_report_bars.sql
\set table '{"rows": "plans", "id": "planer", "caption": "Planer efter slags og status", "columns": [{"k": "kind_title", "t": "Plan"}, {"k": "status_title", "t": "Status"}, {"k": "plans", "t": "Planer", "d": 0, "sum": true}, {"k": "overdue", "t": "Over fristen", "d": 0, "sum": true}, {"k": "without_consent", "t": "Uden samtykke", "d": 0, "sum": true}, {"k": "with_wishes", "t": "Med borgerens ønsker", "d": 0, "sum": true}, {"k": "wishes_percent", "t": "Andel, pct.", "d": 1}]}'
\ir msb_org_report_table.sql
SELECT '</div>';
\if :has_plans_by_unit
\set table '{"rows": "plans_by_unit", "id": "planer_enhed", "caption": "Åbne planer, efter hvem der koordinerer", "columns": [{"k": "title", "t": "Enhed"}, {"k": "plans", "t": "Planer", "d": 0, "sum": true}, {"k": "overdue", "t": "Over fristen", "d": 0, "sum": true}, {"k": "without_consent", "t": "Uden samtykke", "d": 0, "sum": true}, {"k": "with_wishes", "t": "Med borgerens ønsker", "d": 0, "sum": true}, {"k": "wishes_percent", "t": "Andel, pct.", "d": 1}]}'
\ir msb_org_report_table.sql
\else
SELECT '<p class="legend">Planer fordelt på enheder er ikke vist: små tal ovenfor kunne så regnes ud.</p>';
\endif
SELECT '</section>';
\endif

\if :has_times
SELECT '<section aria-labelledby="tider"><h2 id="tider">Hvor længe sager tager</h2>
<p>Dage fra en sag blev åbnet, til den blev afgjort. Halvdelen tog højst så længe som den første søjle, ni af ti højst så længe som den anden.</p>';
SELECT '<div class="pair">';
\set chart '{"rows": "times", "id": "tider", "title": "Dage til afgørelse", "unit": " dage", "series": [["decision_days", "Halvdelen, højst"], ["decision_days_p90", "Ni af ti, højst"]]}'
\ir msb_org_report_bars.sql
\set table '{"rows": "times", "id": "tider", "caption": "Dage fra åbning til afgørelse og til afslutning, sager fra perioden", "columns": [{"k": "title", "t": "Enhed"}, {"k": "decided_cases", "t": "Afgjorte sager", "d": 0}, {"k": "decision_days", "t": "Halvdelen afgjort inden", "d": 0, "none": "–"}, {"k": "decision_days_p90", "t": "Ni af ti afgjort inden", "d": 0, "none": "–"}, {"k": "closing_days", "t": "Halvdelen afsluttet inden", "d": 0, "none": "–"}, {"k": "closing_days_p90", "t": "Ni af ti afsluttet inden", "d": 0, "none": "–"}]}'
\ir msb_org_report_table.sql
SELECT '</div>';
SELECT '</section>';
\endif

\if :has_deadlines
SELECT '<section aria-labelledby="frister"><h2 id="frister">Frister</h2>
<p>Åbne sager, der har en frist og ikke er afgjort.</p>';
SELECT '<div class="pair">';
\set chart '{"rows": "deadlines", "id": "frister", "title": "Sager, der nærmer sig fristen eller er over den", "series": [["overdue", "Over fristen"], ["due_soon", "Frist inden for 14 dage"]]}'
\ir msb_org_report_bars.sql
\set table '{"rows": "deadlines", "id": "frister", "caption": "Ikke afgjorte sager med frist", "columns": [{"k": "title", "t": "Enhed"}, {"k": "deadline_title", "t": "Frist"}, {"k": "undecided", "t": "Ikke afgjort", "d": 0, "sum": true}, {"k": "due_soon", "t": "Inden for 14 dage", "d": 0, "sum": true}, {"k": "overdue", "t": "Over fristen", "d": 0, "sum": true}]}'
\ir msb_org_report_table.sql
SELECT '</div>';
SELECT '</section>';
\endif

\if :has_contacts
SELECT '<section aria-labelledby="henvendelser"><h2 id="henvendelser">Henvendelser</h2>
<p>Kontakter med borgerne i perioden, talt hos den enhed, der har borgerens sager ved periodens slutning. Har to enheder sager, tælles kontakten hos begge.</p>';
SELECT '<div class="pair">';
\set chart '{"rows": "contact_sums", "id": "henvendelser", "title": "Henvendelser, efter hvem der har borgerens sager", "series": [["n", "Henvendelser"]]}'
\ir msb_org_report_bars.sql
\set matrix '{"rows": "contacts", "id": "henvendelser", "caption": "Henvendelser efter enhed og kanal", "corner": "Enhed", "diagonal": false}'
\ir msb_org_report_matrix.sql
SELECT '</div>';
SELECT '</section>';
\endif

SELECT '<section aria-labelledby="handling"><h2 id="handling">Det, der bør ses på</h2>'
       || CASE WHEN :'has_violations' OR :'has_stranded' THEN '' ELSE '<p>Ingen åben sag står forkert eller er blevet tilbage.</p>' END;
\if :has_violations
\set table '{"rows": "violations", "id": "fejl", "caption": "Åbne sager, hvor noget ikke passer", "columns": [{"k": "finding_title", "t": "Hvad"}, {"k": "title", "t": "Ansvarlig efter reglerne"}, {"k": "case_table", "t": "Tabel"}, {"k": "cases", "t": "Sager", "d": 0, "sum": true}]}'
\ir msb_org_report_table.sql
\endif
\if :has_stranded
\set table '{"rows": "stranded", "id": "tilbage", "caption": "Åbne sager, som organiseringen har efterladt", "columns": [{"k": "title", "t": "Enhed"}, {"k": "cause_title", "t": "Hvorfor"}, {"k": "cases", "t": "Sager", "d": 0, "sum": true}]}'
\ir msb_org_report_table.sql
\endif
SELECT '</section>';

SELECT format('<section aria-labelledby="om" class="about"><h2 id="om">Om tallene</h2>
<ul>
<li>Tallene kommer fra hovedbogen over ansvar (msb_org) og er læst på én gang, så de hører sammen. De ved, hvad hovedbogen ved: sager, der blev lukket, før den begyndte, er ikke med.</li>
<li>Sager og borgere er talt pr. %s. Planer, overdragelser, frister og fejl er talt pr. %s.</li>
<li>Siden indeholder ingen personoplysninger. Antal fra 1 til %s er skjult (·). Hvor et skjult tal kunne regnes ud af andre tal på siden, er også et af dem skjult, eller det er afrundet: strømmen mellem organiseringer og antallet af borgere i flere enheder er afrundet, og nye og afsluttede sager vises sammen eller slet ikke.</li>
<li>Søjler, farver og bredder er tegnet efter de viste tal. Et skjult tal har ingen søjle og en stiplet streg i strømmen, og det er ikke med i en sum, heller ikke summen af flere måneders henvendelser.</li>
</ul></section>', m ->> 'to_text', m ->> 'today_text', (m ->> 'min_cell')::integer - 1)
  FROM (SELECT :'data'::jsonb -> 'meta' AS m) x;

\elif :unadopted
SELECT '<section class="empty"><h2>Der er ingen organisering i kraft</h2>
<p>Ingen vedtaget organisering gælder på rapportens dag, så der er intet at tælle efter.</p>
<p>En administrator vedtager en med <code>msb_org.adopt()</code>; se docs/reorganising.md.</p></section>';
\else
SELECT '<section class="empty"><h2>Der er ingen sager at vise</h2>
<p>Organiseringen er vedtaget, men hovedbogen har ingen sager for rapportens dag og periode.</p>
<p>En administrator tilslutter sagernes tabeller med <code>msb_org.attach()</code> og vurderer dem med <code>CALL msb_org.reassign()</code>; se docs/attaching.md.</p></section>';
\endif

SELECT format('</main>
<footer><p>Dannet %s af msb_org %s.</p></footer>
</body>
</html>', m ->> 'made', m ->> 'version') FROM (SELECT :'data'::jsonb -> 'meta' AS m) x;

COMMIT;
