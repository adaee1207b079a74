-- Tables that reports need beside the ledger: figures of units, deadlines, contacts. They are live
-- rows, by the code of the structure, and no part of its document: nothing is decided by them, figures
-- arrive every year and deadlines are published between two reorganisations. They have no foreign key
-- to the draft, since an enacted structure remains when its draft is deleted.

CREATE TABLE msb_org.unit_figure (
    structure  text COLLATE "C" NOT NULL,
    unit       text COLLATE "C" NOT NULL,
    year       integer NOT NULL CONSTRAINT unit_figure_year CHECK (year OPERATOR(pg_catalog.>=) 1900 AND year OPERATOR(pg_catalog.<=) 2999),
    staff      numeric CONSTRAINT unit_figure_staff CHECK (staff OPERATOR(pg_catalog.>=) 0),
    net_budget numeric,
    PRIMARY KEY (structure, unit, year)
);
COMMENT ON TABLE msb_org.unit_figure IS 'Key figures of units, one row per unit and year; yours to fill. Reports show them beside the load.';
COMMENT ON COLUMN msb_org.unit_figure.structure IS 'Code of the structure, since two structures may call different units by one code.';
COMMENT ON COLUMN msb_org.unit_figure.unit IS 'Code of the unit.';
COMMENT ON COLUMN msb_org.unit_figure.year IS 'The calendar year.';
COMMENT ON COLUMN msb_org.unit_figure.staff IS 'Full-time employees; NULL: not known.';
COMMENT ON COLUMN msb_org.unit_figure.net_budget IS 'Net budget of the year, in kroner; NULL: not known.';

CREATE TABLE msb_org.deadline (
    structure text COLLATE "C" NOT NULL,
    deadline  text COLLATE "C" NOT NULL CONSTRAINT deadline_code CHECK (deadline OPERATOR(pg_catalog.<>) ''),
    counted   msb_org.target_group NOT NULL,
    within    interval NOT NULL CONSTRAINT deadline_within CHECK (within OPERATOR(pg_catalog.>) '0'::interval),
    title     text,
    basis     text,
    PRIMARY KEY (structure, deadline, counted)
);
COMMENT ON TABLE msb_org.deadline IS 'The municipality''s own published deadlines: the time from its opening within which a case is to be decided. They are yours to fill, and count at once. A target group may have several deadlines; of several rows of one deadline the shortest counts.';
COMMENT ON COLUMN msb_org.deadline.structure IS 'Code of the structure whose cases it is for.';
COMMENT ON COLUMN msb_org.deadline.deadline IS 'Code of the deadline.';
COMMENT ON COLUMN msb_org.deadline.counted IS 'The cases that it is for, by labels and the citizen''s present age; a label includes those below it.';
COMMENT ON COLUMN msb_org.deadline.within IS 'The time from the day on which the case was opened to the last day for its decision.';
COMMENT ON COLUMN msb_org.deadline.title IS 'Title for people, in Danish.';
COMMENT ON COLUMN msb_org.deadline.basis IS 'The words on which it rests, and the place of their publication.';

CREATE TABLE msb_org.contact_table (
    contacts    text COLLATE "C" PRIMARY KEY,
    relation    regclass NOT NULL UNIQUE,
    citizen     text NOT NULL,
    at          text NOT NULL,
    channel     text,
    attached_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
    attached_by text NOT NULL
);
COMMENT ON TABLE msb_org.contact_table IS 'Tables of contacts with citizens that reports read, with the role of each column. Written by attach_contacts() and detach_contacts(); nothing is made on the table itself.';
COMMENT ON COLUMN msb_org.contact_table.contacts IS 'The name of the table in msb_org.';
COMMENT ON COLUMN msb_org.contact_table.relation IS 'The table.';
COMMENT ON COLUMN msb_org.contact_table.citizen IS 'The column of the citizen''s key, in any form that case tables may have it in.';
COMMENT ON COLUMN msb_org.contact_table.at IS 'The column of the day or instant of the contact.';
COMMENT ON COLUMN msb_org.contact_table.channel IS 'The column of the channel; NULL: there is none.';
COMMENT ON COLUMN msb_org.contact_table.attached_at IS 'The time at which it was named.';
COMMENT ON COLUMN msb_org.contact_table.attached_by IS 'The user who named it.';

-- Reports read the table as its owner: a row may name only a table that its writer could read so.
CREATE FUNCTION msb_org.contact_table_guard() RETURNS trigger
    LANGUAGE plpgsql COST 100
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF TG_TABLE_SCHEMA <> 'msb_org' THEN
        RAISE trigger_protocol_violated USING MESSAGE = format(msb_org.gettext('function "%s" was not called as its trigger'), 'contact_table_guard');
    END IF;
    PERFORM msb_org.check_owner(NEW.relation);
    RETURN NEW;
END $$;
COMMENT ON FUNCTION msb_org.contact_table_guard() IS
'Trigger on contact_table: refuses a row whose table the writer does not own: 42501, as attach_contacts() does. A table that does not exist any more may be named.';
CREATE TRIGGER contact_table_guard BEFORE INSERT OR UPDATE ON msb_org.contact_table
    FOR EACH ROW EXECUTE FUNCTION msb_org.contact_table_guard();

CREATE FUNCTION msb_org.attach_contacts(relation regclass, citizen text, at text, channel text DEFAULT NULL, contacts text DEFAULT NULL)
    RETURNS text
    LANGUAGE plpgsql VOLATILE COST 1000
    SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    target regclass := attach_contacts.relation;
    rel    pg_class;
    name   text;
    named  text[];
    type   oid;
BEGIN
    IF target IS NULL OR attach_contacts.citizen IS NULL OR attach_contacts.at IS NULL THEN
        RAISE null_value_not_allowed USING MESSAGE = msb_org.gettext('relation, citizen and at must be given');
    END IF;
    SELECT * INTO rel FROM pg_class c WHERE c.oid = target;
    IF NOT FOUND THEN
        RAISE undefined_table USING MESSAGE = format(msb_org.gettext('relation with OID %s does not exist'), target::oid);
    END IF;
    IF rel.relkind NOT IN ('r', 'p') OR rel.relpersistence = 't' THEN
        RAISE wrong_object_type USING MESSAGE = format(msb_org.gettext('%s is not a permanent table'), target);
    END IF;
    -- reports will read it as its owner
    PERFORM msb_org.check_owner(target);
    named := ARRAY[msb_org.find_column(target, attach_contacts.citizen), msb_org.find_column(target, attach_contacts.at),
                   CASE WHEN attach_contacts.channel IS NOT NULL THEN msb_org.find_column(target, attach_contacts.channel) END];
    SELECT msb_org.base_type(a.atttypid) INTO type FROM pg_attribute a WHERE a.attrelid = target AND a.attname = named[2];
    IF type NOT IN ('date'::regtype, 'timestamp'::regtype, 'timestamptz'::regtype) THEN
        RAISE datatype_mismatch USING
            MESSAGE = format(msb_org.gettext('column "%s" is of type %s, which at does not take'), named[2], format_type(type, NULL)),
            HINT = msb_org.gettext('Name a column of one of these types: date, timestamp without time zone, timestamptz.');
    END IF;
    name := coalesce(attach_contacts.contacts, (SELECT c.contacts FROM msb_org.contact_table c WHERE c.relation = target), rel.relname);
    IF EXISTS (SELECT FROM msb_org.contact_table c WHERE c.contacts = name AND c.relation <> target) THEN
        RAISE duplicate_object USING
            MESSAGE = format(msb_org.gettext('another table of contacts is called "%s"'), msb_org.printable(name)),
            HINT = msb_org.gettext('Give this table another name with contacts =>.');
    END IF;
    DELETE FROM msb_org.contact_table c WHERE c.relation = target;
    INSERT INTO msb_org.contact_table (contacts, relation, citizen, at, channel, attached_by)
    VALUES (name, target, named[1], named[2], named[3], msb_org.actor());
    RETURN name;
END $$;
COMMENT ON FUNCTION msb_org.attach_contacts(regclass, text, text, text, text) IS
'Names a table of contacts with citizens for the reports, or names its columns anew, and returns its name in msb_org (contacts, by default the table''s own). It makes nothing on the table: only the roles of the columns are stored. Reports read the table as its owner, so only its owner may name it. Columns are named as in attach(). Raises 42501 for another caller, 42809 for a relation that is no permanent table, 42703 for a missing column, 42804 if at is no date or timestamp, 42710 if the name is taken, 22004 for NULL.';

CREATE FUNCTION msb_org.detach_contacts(contacts text) RETURNS void
    LANGUAGE plpgsql VOLATILE COST 1000
    SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
BEGIN
    IF detach_contacts.contacts IS NULL THEN
        RAISE null_value_not_allowed USING MESSAGE = msb_org.gettext('contacts must be given');
    END IF;
    PERFORM msb_org.check_owner(c.relation) FROM msb_org.contact_table c WHERE c.contacts = detach_contacts.contacts;
    DELETE FROM msb_org.contact_table c WHERE c.contacts = detach_contacts.contacts;
    IF NOT FOUND THEN
        RAISE undefined_object USING
            MESSAGE = format(msb_org.gettext('no table of contacts is called "%s"'), msb_org.printable(detach_contacts.contacts)),
            HINT = msb_org.gettext('SELECT contacts, relation FROM msb_org.contact_table lists the tables of contacts.');
    END IF;
END $$;
COMMENT ON FUNCTION msb_org.detach_contacts(text) IS
'Removes a table of contacts from the reports. Raises 42704 if none has the name, 42501 for a caller who does not own it, 22004 for NULL.';

CREATE FUNCTION msb_org.contact_facts(from_date date, to_date date)
    RETURNS TABLE (citizen text, at timestamptz, channel text)
    LANGUAGE c STABLE STRICT COST 100000 ROWS 1000000
    AS 'MODULE_PATHNAME', 'msb_contact_facts';
COMMENT ON FUNCTION msb_org.contact_facts(date, date) IS
'Used by the reports: citizen (as it is stored), at (the instant; the last one of the day if the column holds days) and channel of the contacts between two days, both included. It reads all tables that attach_contacts() named and that still exist, each as its owner. Raises 42703 if a column has been renamed. Granted to nobody, the role that installs the extension included.';
