-- Redmine's issues put under the structure, by the database administrator (a superuser);
-- Redmine does not notice.  What its codes mean is looked up by the names that its own
-- administration shows.

CREATE EXTENSION msb_org;
SELECT msb_org.load_structure('msb-2019'), msb_org.adopt('msb-2019', DATE '2019-08-01', 'the reform of 1 August 2019');

-- Redmine's role needs no privilege on anything of ours: it gets not even what PUBLIC has.
REVOKE ALL ON SCHEMA msb_org FROM PUBLIC;

-- The citizen is the author of an issue, and signs in with the CPR number.  Redmine declares
-- no foreign keys, so the one that leads there has to be made.
ALTER TABLE public.issues ADD CONSTRAINT issues_author FOREIGN KEY (author_id) REFERENCES public.users;

INSERT INTO msb_org.alias (vocabulary, facet, pattern, label)
SELECT 'redmine', 'task', t.id, m.label
  FROM public.trackers t
  JOIN (VALUES ('Myndighed', 'authority'), ('Indsats', 'provision'), ('Ydelse', 'benefit'), ('Koordinering', 'coordination')) m (name, label) USING (name)
UNION ALL
SELECT 'redmine', 'challenge', c.id, m.label        -- a category belongs to one project: the same name twice
  FROM public.issue_categories c
  JOIN (VALUES ('Hjemløshed', 'homelessness'), ('Handicap', 'disability'), ('Sindslidelse', 'mental_illness'),
               ('Misbrug', 'substance_misuse'), ('Udsat barn', 'vulnerable_child'),
               ('Ledighed', 'unemployment'), ('Sygemelding', 'sickness')) m (name, label) USING (name)
UNION ALL
SELECT 'redmine', 'service', v.id, m.label
  FROM public.versions v
  JOIN (VALUES ('Familieindsats', 'family_support'), ('Rusmiddelbehandling', 'substance_treatment'),
               ('Efterværn', 'aftercare'), ('Jobindsats', 'employment')) m (name, label) USING (name);

