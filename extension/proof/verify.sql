-- Proving a structure, and comparing two.

CREATE FUNCTION msb_org.verify_document(document jsonb)
    RETURNS TABLE (finding text, severity text, target msb_org.target_group, rules text[], units text[],
                   example msb_org.target_group, message text)
    LANGUAGE c STABLE STRICT PARALLEL SAFE COST 100000 ROWS 100
    AS 'MODULE_PATHNAME', 'msb_verify_document';
COMMENT ON FUNCTION msb_org.verify_document(jsonb) IS
'Used by verify() and adopt(): the findings of verify() for the document of a structure that export_structure() or shipped_structure() returns.';

CREATE FUNCTION msb_org.verify(structure text)
    RETURNS TABLE (finding text, severity text, target msb_org.target_group, rules text[], units text[],
                   example msb_org.target_group, message text)
    LANGUAGE sql STABLE STRICT COST 100000 ROWS 100
BEGIN ATOMIC
SELECT v.finding, v.severity, v.target, v.rules, v.units, v.example, v.message
  FROM msb_org.verify_document(msb_org.export_structure(structure)) AS v;
END;
COMMENT ON FUNCTION msb_org.verify(text) IS
'Lists everything that is wrong with a structure (a draft, or a revision as name#n). The proof covers every age (0 to 150, and unknown) and every label of every facet.

- Errors, which adopt() refuses: gap (no rule takes the target group; the message says which rule would), conflict (rules of several units take it and none takes precedence over all others; the message names the pairs that lack a precedence), unknown_label, unknown_unit, empty_target (a rule that takes no situation, a facet without labels), cycle (a label or a unit below itself).
- Notices: shadowed (a rule that never decides and is in no conflict), redundant_precedence (one without which nothing changes), cycle (precedences that form a circle).

The targets of gaps are disjoint and cover exactly the situations that no rule takes; the same is true of conflicts. They list every label, those below others too. rules and units are those that a finding names, for a conflict all that must be put in order; they are empty if it names none. example is one situation of the target. message is in the language of lc_messages. Raises 42704 if there is no such structure; 54000 if the findings need more than work_mem, or a facet''s labels more than a target group holds (16 MB). See docs/deciding.md#proof.';

CREATE FUNCTION msb_org.compare_documents(from_document jsonb, to_document jsonb)
    RETURNS TABLE (target msb_org.target_group, from_unit text, to_unit text,
                   from_finding text, to_finding text, example msb_org.target_group)
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 100000 ROWS 100
    AS 'MODULE_PATHNAME', 'msb_compare_documents';
COMMENT ON FUNCTION msb_org.compare_documents(jsonb, jsonb) IS
'Used by compare(): the same for two documents that export_structure() or shipped_structure() returns.';

CREATE FUNCTION msb_org.compare(from_structure text, to_structure text)
    RETURNS TABLE (target msb_org.target_group, from_unit text, to_unit text,
                   from_finding text, to_finding text, example msb_org.target_group)
    LANGUAGE sql STABLE STRICT COST 100000 ROWS 100
BEGIN ATOMIC
SELECT c.target, c.from_unit, c.to_unit, c.from_finding, c.to_finding, c.example
  FROM msb_org.compare_documents(msb_org.export_structure(from_structure),
                                 msb_org.export_structure(to_structure)) AS c;
END;
COMMENT ON FUNCTION msb_org.compare(text, text) IS
'Lists every target group that two structures (drafts, or revisions as name#n) give to different units. The comparison is proved as verify() does, and never a sample. The targets are disjoint and cover exactly the situations whose unit differs; they list every label. If a structure has no unit for a target, the unit is NULL and the finding says why: gap, conflict, or unknown_label (a label that this structure does not have). example is one situation of the target. A target group for which neither structure has a unit has no row. Raises 42704 if there is no such structure; 54000 if the differences need more than work_mem.';
