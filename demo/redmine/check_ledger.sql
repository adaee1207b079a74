-- The ledger beside a plain query over Redmine's own tables, issue by issue: whose it is,
-- which area.  Where the area has a column, it holds the answer unless a violation says that
-- another was given.  One line: open issues, recheck()'s rows, what is different.
SET client_min_messages = warning;
WITH named AS (
    SELECT i.id::text AS case_key, u.login,
           CASE t.name WHEN 'Myndighed' THEN 'authority' WHEN 'Indsats' THEN 'provision'
                       WHEN 'Ydelse' THEN 'benefit' WHEN 'Koordinering' THEN 'coordination' END AS task,
           CASE WHEN c.id IS NULL THEN 'unknown'
                ELSE CASE c.name WHEN 'Hjemløshed' THEN 'homelessness' WHEN 'Handicap' THEN 'disability' WHEN 'Sindslidelse' THEN 'mental_illness'
                                 WHEN 'Misbrug' THEN 'substance_misuse' WHEN 'Udsat barn' THEN 'vulnerable_child'
                                 WHEN 'Ledighed' THEN 'unemployment' WHEN 'Sygemelding' THEN 'sickness' END END AS challenge,
           CASE WHEN v.id IS NULL THEN 'unknown'
                ELSE CASE v.name WHEN 'Familieindsats' THEN 'family_support' WHEN 'Rusmiddelbehandling' THEN 'substance_treatment'
                                 WHEN 'Efterværn' THEN 'aftercare' WHEN 'Jobindsats' THEN 'employment' END END AS service,
           u.login ~ '^\d{6}-\d{4}$' AS is_cpr, i.assigned_to_id
    FROM public.issues i
    JOIN public.users u ON u.id = i.author_id
    JOIN public.trackers t ON t.id = i.tracker_id
    JOIN public.issue_statuses s ON s.id = i.status_id AND NOT s.is_closed
    LEFT JOIN public.issue_categories c ON c.id = i.category_id
    LEFT JOIN public.versions v ON v.id = i.fixed_version_id
), plain AS (
    SELECT named.case_key, NULLIF(login, '') AS citizen, assigned_to_id,
           CASE WHEN o.case_key IS NOT NULL THEN o.unit
                WHEN (is_cpr OR login = '') AND task IS NOT NULL AND challenge IS NOT NULL AND service IS NOT NULL
                THEN pg_temp.plain_2019('citizen', CASE WHEN is_cpr THEN extract(year FROM age(DATE :'day', pg_temp.born(replace(login, '-', ''))))::integer END,
                                        task, challenge, service) END AS unit
    FROM named
    LEFT JOIN msb_org.case_override o ON o.case_key = named.case_key
), compared AS (
    SELECT p.case_key IS NOT NULL AS is_open, concat_ws(' ', coalesce(p.case_key, l.case_key), p.unit, p.citizen, 'not', l.unit, l.citizen, g.lastname) AS text,
           p.case_key IS NULL OR l.case_key IS NULL OR p.unit IS DISTINCT FROM l.unit OR p.citizen IS DISTINCT FROM l.citizen
           OR :'area' <> '' AND p.unit IS NOT NULL AND g.lastname IS DISTINCT FROM initcap(p.unit) AND v.case_key IS NULL AS differs
    FROM plain p
    LEFT JOIN public.users g ON g.id = p.assigned_to_id
    FULL JOIN msb_org.current_assignment l ON l.case_key = p.case_key
    LEFT JOIN msb_org.violation v ON v.case_key = p.case_key
)
SELECT count(*) FILTER (WHERE is_open), (SELECT count(*) FROM msb_org.recheck()), string_agg(text, '; ') FILTER (WHERE differs) FROM compared;
