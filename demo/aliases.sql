-- What the codes of the two applications mean.  A pattern is a value as it
-- stands in the column, or the beginning of one followed by a star.  An exact
-- pattern goes before a prefix, and a longer prefix before a shorter one.
--
-- Left out on purpose, so that cases that cannot be judged are seen:
-- udfordring KONV, indsats SÆRL-7, KLE 54.15.00A00, Målgruppe 9.9.

\encoding UTF8

INSERT INTO msb_org.alias (vocabulary, facet, pattern, label) VALUES
    -- sag.opgave
    ('social', 'task',      'MYN',          'authority'),
    ('social', 'task',      'UDF',          'provision'),
    ('social', 'task',      'KOORD',        'coordination'),

    -- sag.udfordring
    ('social', 'challenge', 'BARN',         'vulnerable_child'),
    ('social', 'challenge', 'HJERNE',       'brain_injury'),
    ('social', 'challenge', 'PSYK',         'mental_illness'),
    ('social', 'challenge', 'UDSAT',        'social_exposure'),
    ('social', 'challenge', 'HJEML',        'homelessness'),
    ('social', 'challenge', 'MISBR',        'substance_misuse'),
    ('social', 'challenge', 'HCP',          'disability'),
    ('social', 'challenge', 'HCP-F',        'physical_disability'),
    ('social', 'challenge', 'HCP-P',        'mental_disability'),
    ('social', 'challenge', 'UAFKL',        'unknown'),

    -- sag.indsats; §11 is exact, since §11* would take §110 as well
    ('social', 'service',   '§11',          'family_support'),
    ('social', 'service',   '§52*',         'family_support'),
    ('social', 'service',   '§32*',         'specialised_disability'),
    ('social', 'service',   '§36',          'specialised_disability'),
    ('social', 'service',   '§76*',         'aftercare'),
    ('social', 'service',   '§85',          'general'),
    ('social', 'service',   '§101*',        'substance_treatment'),
    ('social', 'service',   'SUL141',       'substance_treatment'),
    ('social', 'service',   '§103',         'day_offer'),
    ('social', 'service',   '§104',         'day_offer'),
    ('social', 'service',   '§107',         'residential'),
    ('social', 'service',   '§108',         'residential'),
    ('social', 'service',   '§110',         'residential'),
    ('social', 'service',   'SLI',          'social_medicine'),
    ('social', 'service',   'ØVR',          'general'),

    -- "Jobsag"."Part"
    ('job',    'subject',   'B',            'citizen'),
    ('job',    'subject',   'V',            'company'),

    -- "Jobsag"."KLE nr" says the task …
    ('job',    'task',      '32.*',         'benefit'),
    ('job',    'task',      '15.00.*',      'authority'),
    ('job',    'task',      '15.17.*',      'authority'),
    ('job',    'task',      '15.20.*',      'provision'),
    ('job',    'task',      '15.21.*',      'provision'),

    -- … and the service
    ('job',    'service',   '32.*',         'unknown'),
    ('job',    'service',   '15.*',         'unknown'),
    ('job',    'service',   '15.20.*',      'employment'),
    ('job',    'service',   '15.20.20*',    'education_coordination'),
    ('job',    'service',   '15.21.*',      'business_service'),

    -- "Jobsag"."Målgruppe".  2.3 and 2.13 are those not ready for a job: only the
    -- job centre's own addition says why, and without it the challenge is unknown
    ('job',    'challenge', '2.1',          'unemployment'),
    ('job',    'challenge', '2.2',          'unemployment'),
    ('job',    'challenge', '2.12',         'unemployment'),
    ('job',    'challenge', '2.3*',         'unknown'),
    ('job',    'challenge', '2.3 psyk',     'mental_illness'),
    ('job',    'challenge', '2.3 udsat',    'social_exposure'),
    ('job',    'challenge', '2.3 hjemløs',  'homelessness'),
    ('job',    'challenge', '2.3 misbrug',  'substance_misuse'),
    ('job',    'challenge', '2.3 hjerne',   'brain_injury'),
    ('job',    'challenge', '2.13*',        'unknown'),
    ('job',    'challenge', '2.13 psyk',    'mental_illness'),
    ('job',    'challenge', '2.13 udsat',   'social_exposure'),
    ('job',    'challenge', '2.4',          'sickness'),
    ('job',    'challenge', '2.5',          'sickness'),
    ('job',    'challenge', '2.11',         'sickness'),
    ('job',    'challenge', '2.14',         'sickness'),
    ('job',    'challenge', '2.7',          'flexjob'),
    ('job',    'challenge', '2.8',          'disability'),
    ('job',    'challenge', '2.9',          'unknown'),
    ('job',    'challenge', 'INT',          'integration');
