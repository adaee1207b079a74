-- What a dump carries: the rows of every table. None is inserted here. A table of the
-- application that was dropped is left out: it would come back as a number, which may be
-- another table's there.
SELECT pg_catalog.pg_extension_config_dump('msb_org.facet', '');
SELECT pg_catalog.pg_extension_config_dump('msb_org.label', '');
SELECT pg_catalog.pg_extension_config_dump('msb_org.structure', '');
SELECT pg_catalog.pg_extension_config_dump('msb_org.unit', '');
SELECT pg_catalog.pg_extension_config_dump('msb_org.rule', '');
SELECT pg_catalog.pg_extension_config_dump('msb_org.precedence', '');
SELECT pg_catalog.pg_extension_config_dump('msb_org.plan_duty', '');
SELECT pg_catalog.pg_extension_config_dump('msb_org.hearing_note', '');
SELECT pg_catalog.pg_extension_config_dump('msb_org.enactment', '');
SELECT pg_catalog.pg_extension_config_dump('msb_org.attached_table', 'WHERE EXISTS (SELECT FROM pg_catalog.pg_class c WHERE c.oid OPERATOR(pg_catalog.=) relation)');
SELECT pg_catalog.pg_extension_config_dump('msb_org.alias', '');
SELECT pg_catalog.pg_extension_config_dump('msb_org.assignment', '');
SELECT pg_catalog.pg_extension_config_dump('msb_org.case_override', '');
SELECT pg_catalog.pg_extension_config_dump('msb_org.renumbering', '');
SELECT pg_catalog.pg_extension_config_dump('msb_org.reassignment', '');
SELECT pg_catalog.pg_extension_config_dump('msb_org.due_scan', '');
SELECT pg_catalog.pg_extension_config_dump('msb_org.plan_kind', '');
SELECT pg_catalog.pg_extension_config_dump('msb_org.plan_step', '');
SELECT pg_catalog.pg_extension_config_dump('msb_org.plan', '');
SELECT pg_catalog.pg_extension_config_dump('msb_org.plan_goal', '');
SELECT pg_catalog.pg_extension_config_dump('msb_org.plan_measure', '');
SELECT pg_catalog.pg_extension_config_dump('msb_org.plan_content', '');
SELECT pg_catalog.pg_extension_config_dump('msb_org.plan_follow_up', '');
SELECT pg_catalog.pg_extension_config_dump('msb_org.plan_consent', '');
SELECT pg_catalog.pg_extension_config_dump('msb_org.plan_citizen', '');
SELECT pg_catalog.pg_extension_config_dump('msb_org.plan_replaces', '');
SELECT pg_catalog.pg_extension_config_dump('msb_org.plan_coordinator', '');
SELECT pg_catalog.pg_extension_config_dump('msb_org.plan_revision', '');
SELECT pg_catalog.pg_extension_config_dump('msb_org.plan_participant', '');
SELECT pg_catalog.pg_extension_config_dump('msb_org.plan_reason', '');
SELECT pg_catalog.pg_extension_config_dump('msb_org.plan_review', '');
SELECT pg_catalog.pg_extension_config_dump('msb_org.primary_challenge', '');
SELECT pg_catalog.pg_extension_config_dump('msb_org.handover', '');
SELECT pg_catalog.pg_extension_config_dump('msb_org.erasure', '');
SELECT pg_catalog.pg_extension_config_dump('msb_org.unit_role', '');
SELECT pg_catalog.pg_extension_config_dump('msb_org.unit_figure', '');
SELECT pg_catalog.pg_extension_config_dump('msb_org.deadline', '');
SELECT pg_catalog.pg_extension_config_dump('msb_org.contact_table', 'WHERE EXISTS (SELECT FROM pg_catalog.pg_class c WHERE c.oid OPERATOR(pg_catalog.=) relation)');

-- The role that installs the extension administers it; a restore by that role
-- needs the rows to be writable.
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA msb_org TO @extowner@ WITH GRANT OPTION;

-- Structures are public documents.
GRANT SELECT ON msb_org.facet, msb_org.label, msb_org.structure, msb_org.unit, msb_org.rule,
    msb_org.precedence, msb_org.plan_duty, msb_org.enactment, msb_org.unit_in_force, msb_org.plan_kind, msb_org.plan_step,
    msb_org.unit_title, msb_org.deadline TO PUBLIC;

-- What policies ask is asked as whoever reads the table; the answer is about that user alone.
GRANT SELECT ON msb_org.my_area, msb_org.my_narrow_case, msb_org.my_area_value, msb_org.my_shared_case, msb_org.my_unjudged_case TO PUBLIC;

-- The triggers' functions stay PUBLIC's, as the foreign keys' are: the server asks for the
-- privilege when the owner of an attached table makes or attaches a partition. On a table
-- that is not attached they refuse to work.
-- Everything else that changes something, or reads the ledger, is the administrator's to give.
REVOKE EXECUTE ON FUNCTION
    msb_org.import_structure(jsonb, text), msb_org.load_structure(text), msb_org.copy_structure(text, text), msb_org.adopt(text, date, text),
    msb_org.withdraw_enactment(text, integer),
    msb_org.enactment_guard(), msb_org.invalidate(), msb_org.check_reference(),
    msb_org.raise(text, text, text), msb_org.attached_name(text), msb_org.drop_map(text, regclass),
    msb_org.make_map(text, regclass, text, text, text, jsonb, jsonb, text, text, text[], text, jsonb, text, text),
    msb_org.warn_shape(text, text),
    msb_org.attach(regclass, text, text, text, jsonb, jsonb, text, text, text[], text, jsonb, text, text, text, text, text),
    msb_org.remap(text, text, text, text, jsonb, jsonb, text, text, text[], text, jsonb, text, text, text),
    msb_org.set_mode(text, text), msb_org.detach(text, boolean),
    msb_org.judge_cases(text, text[], text), msb_org.note_cases(text, text[]), msb_org.judge_noted(text), msb_org.changed_cases(text, text, integer), msb_org.lost_cases(text), msb_org.refuse_block(), msb_org.case_key_query(text),
    msb_org.reassign_begin(text), msb_org.reassign_batch(text, integer), msb_org.reassign_due(date), msb_org.enacted_now(), msb_org.cases_due(text, date),
    msb_org.override(text, text, text, text, date), msb_org.renumber_citizen(text, text, text),
    msb_org.purge_ended(timestamptz), msb_org.erase_citizen(text, text), msb_org.erased_keys(text), msb_org.without_key(text, text[]), msb_org.mask_key(text[], text),
    msb_org.judge_twice(record, text, jsonb, jsonb, jsonb, date, boolean), msb_org.impact_query(text, date, boolean),
    msb_org.impact(text, text, text, date, boolean),
    msb_org.assignment_at(timestamptz, text, text),
    msb_org.lock_citizens(text[]), msb_org.lock_all_citizens(), msb_org.judge_citizens(text[], text), msb_org.citizen_duty(text), msb_org.coordination_of(text),
    msb_org.state_primary_challenge(text, text, text), msb_org.open_due_plans(text, text, integer, boolean),
    msb_org.recheck_cases(text, text), msb_org.recheck_citizens(), msb_org.recheck(boolean),
    msb_org.newest(text, text[]),
    msb_org.case_future(msb_org.assignment, date, date), msb_org.coordination_future(msb_org.plan, date, date),
    msb_org.coordination_since(msb_org.plan), msb_org.coordination_situation(text),
    msb_org.upcoming_handovers(date, date), msb_org.write_acceptance(text, text, text, jsonb),
    msb_org.accept_coordination(text, date), msb_org.accept_handover(text, text, date),
    msb_org.cases_handed_over(text, date), msb_org.lock_plans_of(jsonb), msb_org.record_moves(text, text[], boolean),
    msb_org.settle_handovers(date), msb_org.move_coordination(date),
    msb_org.entry_point(text), msb_org.citizen_view(text),
    msb_org.load_plan_kinds(), msb_org.plan_guard(), msb_org.plan_part_guard(), msb_org.keep_revision(), msb_org.plan_follows(),
    msb_org.consent_follows(), msb_org.plan_birth(text), msb_org.consent_stands(text, uuid, text, date),
    msb_org.missing_contents(text, uuid, text[], text), msb_org.replace_plans(text, uuid), msb_org.return_plans(text, uuid),
    msb_org.open_plan(text, text, text, date, text, uuid), msb_org.plan_citizen_of(uuid), msb_org.set_plan_status(uuid, text, text),
    msb_org.set_coordinator(uuid, text), msb_org.withdraw_consent(uuid, text, text),
    msb_org.write_plan_part(text, uuid, text, text, jsonb, jsonb), msb_org.write_plan(jsonb), msb_org.read_plan(uuid), msb_org.plan_readers(uuid),
    msb_org.drop_policies(regclass), msb_org.protect(text, name[]), msb_org.unprotect(text),
    msb_org.contact_table_guard(), msb_org.attach_contacts(regclass, text, text, text, text), msb_org.detach_contacts(text),
    msb_org.case_fact_rows(), msb_org.citizen_units(text, text, date, date), msb_org.moves(date, date), msb_org.plan_counts(),
    msb_org.load_by_area(text, date, date), msb_org.citizens_by_unit(text, text, date, date), msb_org.citizens_by_number(text, text, date, date),
    msb_org.area_overlap(text, text, date, date), msb_org.citizens_by_table(date, date), msb_org.citizens_by_caseworkers(), msb_org.caseworkers_by_area(text),
    msb_org.moves_by_month(date, date), msb_org.moves_per_citizen(date, date), msb_org.case_times(text, date, date),
    msb_org.first_decision_times(text, date, date), msb_org.contacts_by_area(date, date, date),
    msb_org.structure_flow(text, text),
    msb_org.case_deadline(text), msb_org.deadlines_by_area(text, integer), msb_org.handovers_by_cause(date, date),
    msb_org.violations_by_area(), msb_org.stranded_by_unit(), msb_org.overrides_ending(date),
    msb_org.plans_by_status(text), msb_org.plans_by_unit()
    FROM PUBLIC;
REVOKE EXECUTE ON PROCEDURE msb_org.reassign(text, integer) FROM PUBLIC;
GRANT EXECUTE ON ALL ROUTINES IN SCHEMA msb_org TO @extowner@ WITH GRANT OPTION;
-- These read an application's table as its owner, for reports that show counts; nobody calls them directly.
REVOKE EXECUTE ON FUNCTION msb_org.case_facts(text), msb_org.contact_facts(date, date) FROM PUBLIC, @extowner@;
