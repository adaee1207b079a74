-- The two structures written out once more by hand, as one CASE each, to check against.
-- Functions that are gone with the session.

CREATE OR REPLACE FUNCTION pg_temp.plain_2018(subject text, age integer, task text, challenge text, service text) RETURNS text
    LANGUAGE sql IMMUTABLE RETURN CASE
    WHEN subject = 'company' OR task = 'benefit' THEN 'besk'
    WHEN task = 'provision' AND service = 'family_support' THEN 'fbu'
    WHEN task = 'provision' AND service IN ('substance_treatment', 'social_medicine') THEN 'sou'
    WHEN task = 'provision' AND service = 'aftercare' AND age BETWEEN 18 AND 22 THEN 'fbu'
    WHEN task = 'provision' AND service IN ('employment', 'education_coordination') AND age >= 15 THEN 'besk'
    WHEN age IS NULL THEN 'indgang'
    WHEN age < 18 OR challenge = 'vulnerable_child' THEN 'fbu'
    WHEN challenge IN ('unemployment', 'flexjob', 'sickness', 'integration') THEN 'besk'
    WHEN challenge = 'unknown' THEN CASE WHEN age < 67 THEN 'besk' ELSE 'mso' END
    WHEN age >= 67 AND task <> 'provision' THEN 'mso'
    WHEN challenge IN ('disability', 'physical_disability', 'mental_disability', 'brain_injury') THEN 'voksenhandicap'
    ELSE 'sou' END;

CREATE OR REPLACE FUNCTION pg_temp.plain_2019(subject text, age integer, task text, challenge text, service text) RETURNS text
    LANGUAGE sql IMMUTABLE RETURN CASE
    WHEN subject = 'company' THEN 'job'
    WHEN task = 'benefit' THEN 'sundhed'
    WHEN age < 15 OR task = 'provision' AND service = 'family_support' THEN 'boern'
    WHEN task = 'provision' AND service IN ('substance_treatment', 'social_medicine') THEN 'sundhed'
    WHEN task = 'provision' AND challenge = 'brain_injury' THEN 'sundhed'
    WHEN task = 'provision' AND service = 'specialised_disability' AND age BETWEEN 15 AND 17 THEN 'boern'
    WHEN task = 'provision' AND service = 'aftercare' AND age BETWEEN 18 AND 22
         AND challenge IN ('disability', 'physical_disability', 'mental_disability') THEN 'boern'
    WHEN age IS NULL THEN 'indgang'
    WHEN age < 30 THEN 'unge'
    WHEN challenge = 'vulnerable_child' THEN 'boern'
    WHEN challenge IN ('unemployment', 'flexjob') THEN 'job'
    WHEN challenge = 'sickness' THEN 'sundhed'
    WHEN challenge = 'integration' THEN 'udsatte'
    WHEN challenge = 'unknown' AND age >= 67 THEN 'mso'
    WHEN challenge = 'unknown' AND task IN ('authority', 'provision')
         AND service IN ('employment', 'education_coordination') THEN 'job'
    WHEN challenge = 'unknown' THEN 'voksne'
    WHEN task = 'authority' THEN CASE WHEN age < 67 THEN 'voksne' ELSE 'mso' END
    WHEN challenge IN ('disability', 'physical_disability', 'mental_disability') THEN 'voksne'
    WHEN challenge = 'brain_injury' THEN 'sundhed'
    ELSE 'udsatte' END;

-- The birth date in a CPR number of this database: all have 60 added to the day.
CREATE OR REPLACE FUNCTION pg_temp.born(cpr text) RETURNS date
    LANGUAGE sql IMMUTABLE RETURN make_date(
        substr(cpr, 5, 2)::integer + CASE WHEN substr(cpr, 7, 1) < '4' THEN 1900
                                          WHEN substr(cpr, 7, 1) IN ('4', '9') THEN CASE WHEN substr(cpr, 5, 2) <= '36' THEN 2000 ELSE 1900 END
                                          ELSE CASE WHEN substr(cpr, 5, 2) <= '57' THEN 2000 ELSE 1800 END END,
        substr(cpr, 3, 2)::integer, substr(cpr, 1, 2)::integer - 60);
