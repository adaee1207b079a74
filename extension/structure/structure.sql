-- The structure: drafts, edited freely, and the vocabulary that they share. Natural keys, no
-- sequences. A draft's units, rules and precedences refer to the structure only, since a draft may
-- be incomplete: adopt() proves it. A label's parent has no foreign key either: pg_dump warns about
-- a table that refers to itself.

CREATE TABLE msb_org.facet (
    facet    text PRIMARY KEY
             CONSTRAINT facet_name CHECK (facet OPERATOR(pg_catalog.<>) ALL ('{"",age,any}'::pg_catalog.text[]))
             CONSTRAINT facet_length CHECK (pg_catalog.octet_length(facet) OPERATOR(pg_catalog.<=) 255),
    position integer NOT NULL DEFAULT 0,
    if_null  text,
    title    text
);
COMMENT ON TABLE msb_org.facet IS 'The axes of a case besides age: subject, task, challenge, service. More can be added as rows.';
COMMENT ON COLUMN msb_org.facet.facet IS 'Name of the facet, as target groups write it; at most 255 bytes.';
COMMENT ON COLUMN msb_org.facet.position IS 'Order in lists and reports.';
COMMENT ON COLUMN msb_org.facet.if_null IS 'The label that is assumed if a situation does not name the facet; NULL: it must be named.';
COMMENT ON COLUMN msb_org.facet.title IS 'Title for people, in Danish.';

CREATE TABLE msb_org.label (
    facet    text NOT NULL REFERENCES msb_org.facet ON UPDATE CASCADE,
    label    text NOT NULL CONSTRAINT label_name CHECK (label OPERATOR(pg_catalog.<>) '')
             CONSTRAINT label_length CHECK (pg_catalog.octet_length(label) OPERATOR(pg_catalog.<=) 255),
    parent   text,
    position integer NOT NULL DEFAULT 0,
    priority integer,
    yields   boolean NOT NULL DEFAULT false,
    title    text,
    PRIMARY KEY (facet, label)
);
COMMENT ON TABLE msb_org.label IS 'The values of each facet. A rule that takes a label takes the labels below it too.';
COMMENT ON COLUMN msb_org.label.facet IS 'The facet that has this value.';
COMMENT ON COLUMN msb_org.label.label IS 'Code of the value, as target groups write it; at most 255 bytes.';
COMMENT ON COLUMN msb_org.label.parent IS 'The wider label of the same facet. A rule for it takes this label too.';
COMMENT ON COLUMN msb_org.label.position IS 'Order in lists and reports.';
COMMENT ON COLUMN msb_org.label.priority IS 'For challenges: the lower number leads if a citizen has several and none is stated as primary.';
COMMENT ON COLUMN msb_org.label.yields IS 'Whether a stated primary challenge of the citizen decides instead of this one.';
COMMENT ON COLUMN msb_org.label.title IS 'Title for people, in Danish.';

CREATE TABLE msb_org.structure (
    structure   text PRIMARY KEY
                CONSTRAINT structure_name CHECK (structure OPERATOR(pg_catalog.~) '^[^#[:space:]]+$'),
    title       text,
    description text,
    status      text NOT NULL DEFAULT 'proposed'
                CONSTRAINT structure_status CHECK (status OPERATOR(pg_catalog.=) ANY ('{proposed,hearing,withdrawn,adopted}'::pg_catalog.text[])),
    hearing_from date,
    hearing_to   date,
    CONSTRAINT structure_hearing CHECK (hearing_to OPERATOR(pg_catalog.>=) hearing_from
        AND (status OPERATOR(pg_catalog.<>) 'hearing' OR (hearing_from IS NOT NULL AND hearing_to IS NOT NULL)))
);
COMMENT ON TABLE msb_org.structure IS 'The structures (organiseringer) as drafts. Decisions are made from enactments alone, so editing a draft changes nothing until adopt().';
COMMENT ON COLUMN msb_org.structure.structure IS 'Code of the structure; no space and no #, since name#n is a revision.';
COMMENT ON COLUMN msb_org.structure.title IS 'Title for people, in Danish.';
COMMENT ON COLUMN msb_org.structure.description IS 'The structure''s content and the source of its text.';
COMMENT ON COLUMN msb_org.structure.status IS 'How far the proposal is: proposed; hearing (høring), between its dates; withdrawn, which adopt() refuses; adopted, set by adopt(). The others are yours to set. A new copy begins as proposed.';
COMMENT ON COLUMN msb_org.structure.hearing_from IS 'The first day of the hearing.';
COMMENT ON COLUMN msb_org.structure.hearing_to IS 'The last day of the hearing; adopt() waits until it is over.';

CREATE TABLE msb_org.unit (
    structure text NOT NULL REFERENCES msb_org.structure ON UPDATE CASCADE ON DELETE CASCADE,
    unit      text NOT NULL CONSTRAINT unit_name CHECK (unit OPERATOR(pg_catalog.<>) ''),
    parent    text,
    kind      text NOT NULL CONSTRAINT unit_kind CHECK (kind OPERATOR(pg_catalog.=) ANY
              ('{department,administration,operating_area,staff,entry,external,political,executive}'::pg_catalog.text[])),
    title     text,
    contact   text,
    origin    text NOT NULL DEFAULT 'default'
              CONSTRAINT unit_origin CHECK (origin OPERATOR(pg_catalog.=) ANY ('{source,extended,default}'::pg_catalog.text[])),
    PRIMARY KEY (structure, unit)
);
COMMENT ON TABLE msb_org.unit IS 'The units of a draft: department, administrations, operating areas, staffs, entry, external and political units.';
COMMENT ON COLUMN msb_org.unit.structure IS 'The structure that has the unit.';
COMMENT ON COLUMN msb_org.unit.unit IS 'Code of the unit, which a case''s area column holds.';
COMMENT ON COLUMN msb_org.unit.parent IS 'The unit above it.';
COMMENT ON COLUMN msb_org.unit.kind IS 'department, administration, operating_area, staff, entry, external, political or executive.';
COMMENT ON COLUMN msb_org.unit.title IS 'Title for people, in Danish.';
COMMENT ON COLUMN msb_org.unit.contact IS 'How the unit is reached.';
COMMENT ON COLUMN msb_org.unit.origin IS 'source: in the public text; extended: the text plus what is written beside it; default: added to make the structure whole.';

CREATE TABLE msb_org.rule (
    structure text NOT NULL REFERENCES msb_org.structure ON UPDATE CASCADE ON DELETE CASCADE,
    rule      text NOT NULL CONSTRAINT rule_name CHECK (rule OPERATOR(pg_catalog.<>) ''),
    unit      text NOT NULL,
    target    msb_org.target_group NOT NULL,
    origin    text NOT NULL DEFAULT 'default'
              CONSTRAINT rule_origin CHECK (origin OPERATOR(pg_catalog.=) ANY ('{source,extended,default}'::pg_catalog.text[])),
    basis     text,
    PRIMARY KEY (structure, rule)
);
COMMENT ON TABLE msb_org.rule IS 'The rules (ansvarsregler) of a draft: this target group belongs to this unit.';
COMMENT ON COLUMN msb_org.rule.structure IS 'The structure that has the rule.';
COMMENT ON COLUMN msb_org.rule.rule IS 'Code of the rule, which every decision names.';
COMMENT ON COLUMN msb_org.rule.unit IS 'The unit that is responsible.';
COMMENT ON COLUMN msb_org.rule.target IS 'The target group that it is responsible for.';
COMMENT ON COLUMN msb_org.rule.origin IS 'source: in the public text; extended: the text plus what basis names; default: added to make the table total.';
COMMENT ON COLUMN msb_org.rule.basis IS 'The words that the rule rests on, in Danish.';

CREATE TABLE msb_org.precedence (
    structure text NOT NULL REFERENCES msb_org.structure ON UPDATE CASCADE ON DELETE CASCADE,
    rule      text NOT NULL,
    over      text NOT NULL,
    origin    text NOT NULL DEFAULT 'default'
              CONSTRAINT precedence_origin CHECK (origin OPERATOR(pg_catalog.=) ANY ('{source,extended,default}'::pg_catalog.text[])),
    reason    text,
    PRIMARY KEY (structure, rule, over)
);
COMMENT ON TABLE msb_org.precedence IS 'For two rules of a draft that overlap: which one takes precedence (afgrænsning), and why. Precedence is not transitive, and it is ignored between rules of one unit.';
COMMENT ON COLUMN msb_org.precedence.structure IS 'The structure that has both rules.';
COMMENT ON COLUMN msb_org.precedence.rule IS 'The rule that takes precedence.';
COMMENT ON COLUMN msb_org.precedence.over IS 'The rule over which it takes precedence.';
COMMENT ON COLUMN msb_org.precedence.origin IS 'source, extended or default, as for rules.';
COMMENT ON COLUMN msb_org.precedence.reason IS 'The reason, in Danish.';

CREATE TABLE msb_org.plan_duty (
    structure text NOT NULL REFERENCES msb_org.structure ON UPDATE CASCADE ON DELETE CASCADE,
    duty      text NOT NULL,
    part      text NOT NULL,
    counted   msb_org.target_group NOT NULL,
    min_units integer NOT NULL DEFAULT 2 CONSTRAINT plan_duty_min_units CHECK (min_units OPERATOR(pg_catalog.>) 0),
    action    text NOT NULL DEFAULT 'open'
              CONSTRAINT plan_duty_action CHECK (action OPERATOR(pg_catalog.=) ANY ('{open,report}'::pg_catalog.text[])),
    basis     text,
    PRIMARY KEY (structure, duty, part, counted)
);
COMMENT ON TABLE msb_org.plan_duty IS 'When a draft calls for a coordination plan. Every part of a duty must have an open case (rows of one part are alternatives), in at least min_units units.';
COMMENT ON COLUMN msb_org.plan_duty.structure IS 'The structure that has the duty.';
COMMENT ON COLUMN msb_org.plan_duty.duty IS 'Code of the duty.';
COMMENT ON COLUMN msb_org.plan_duty.part IS 'Code of the part; rows of one part are alternatives.';
COMMENT ON COLUMN msb_org.plan_duty.counted IS 'The cases that count for the part.';
COMMENT ON COLUMN msb_org.plan_duty.min_units IS 'The least number of units in which the counted cases lie.';
COMMENT ON COLUMN msb_org.plan_duty.action IS 'open: a plan is opened; report: the duty is only listed.';
COMMENT ON COLUMN msb_org.plan_duty.basis IS 'The words that the duty rests on, in Danish.';

CREATE TABLE msb_org.hearing_note (
    structure text NOT NULL REFERENCES msb_org.structure ON UPDATE CASCADE ON DELETE CASCADE,
    rule      text NOT NULL DEFAULT '',
    author    text NOT NULL CONSTRAINT hearing_note_author CHECK (author OPERATOR(pg_catalog.<>) ''),
    noted_at  timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    note      text NOT NULL CONSTRAINT hearing_note_note CHECK (note OPERATOR(pg_catalog.<>) ''),
    answer    text,
    PRIMARY KEY (structure, rule, author, noted_at)
);
COMMENT ON TABLE msb_org.hearing_note IS 'Answers to a proposal in its hearing (høringssvar), rule by rule. A note remains if its rule is deleted, and is no part of the adopted text.';
COMMENT ON COLUMN msb_org.hearing_note.structure IS 'The proposal.';
COMMENT ON COLUMN msb_org.hearing_note.rule IS 'Code of the rule that it is about; empty: the proposal as a whole.';
COMMENT ON COLUMN msb_org.hearing_note.author IS 'The author: an organisation, a council, a person. May be personal data.';
COMMENT ON COLUMN msb_org.hearing_note.noted_at IS 'The time at which it was written down.';
COMMENT ON COLUMN msb_org.hearing_note.note IS 'The text of the note.';
COMMENT ON COLUMN msb_org.hearing_note.answer IS 'The answer of the administration; NULL: none yet.';
