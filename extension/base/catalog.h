/*
 * catalog.h: the extension's own tables: their columns by number, and finding the tables
 * and their owner.
 *
 * A test compares every number here with pg_attribute.
 */
#ifndef MSB_CATALOG_H
#define MSB_CATALOG_H

#include "postgres.h"

#include "utils/relcache.h"

/* msb_org.alias */
#define Anum_alias_vocabulary				1
#define Anum_alias_facet					2
#define Anum_alias_pattern					3
#define Anum_alias_label					4
#define Natts_alias							4

/* msb_org.assignment */
#define Anum_assignment_case_table			1
#define Anum_assignment_case_key			2
#define Anum_assignment_citizen				3
#define Anum_assignment_unit				4
#define Anum_assignment_rule				5
#define Anum_assignment_structure			6
#define Anum_assignment_revision			7
#define Anum_assignment_opened				8
#define Anum_assignment_closed				9
#define Anum_assignment_valid_from			10
#define Anum_assignment_valid_to			11
#define Anum_assignment_origin				12
#define Anum_assignment_given				13
#define Anum_assignment_finding				14
#define Anum_assignment_reason				15
#define Anum_assignment_due					16
#define Anum_assignment_birth				17
#define Anum_assignment_situation			18
#define Anum_assignment_actor				19
#define Anum_assignment_recorded_at			20
#define Natts_assignment					20

/* msb_org.attached_table */
#define Anum_attached_table_case_table		1
#define Anum_attached_table_relation		2
#define Anum_attached_table_mode			3
#define Anum_attached_table_vocabulary		4
#define Anum_attached_table_facet_values	5
#define Anum_attached_table_closed_values	6
#define Anum_attached_table_area_values		7
#define Anum_attached_table_citizen_shape	8
#define Anum_attached_table_attached_at		9
#define Anum_attached_table_attached_by		10
#define Natts_attached_table				10

/* msb_org.case_override */
#define Anum_case_override_case_table		1
#define Anum_case_override_case_key			2
#define Anum_case_override_unit				3
#define Anum_case_override_reason			4
#define Anum_case_override_until			5
#define Anum_case_override_actor			6
#define Anum_case_override_recorded_at		7
#define Natts_case_override					7

/* msb_org.enactment */
#define Anum_enactment_structure			1
#define Anum_enactment_revision				2
#define Anum_enactment_from_date			3
#define Anum_enactment_in_force				4
#define Anum_enactment_document				5
#define Anum_enactment_decision				6
#define Anum_enactment_adopted_at			7
#define Anum_enactment_adopted_by			8
#define Anum_enactment_withdrawn_at			9
#define Anum_enactment_withdrawn_by			10
#define Natts_enactment						10

/* msb_org.handover */
#define Anum_handover_citizen				1
#define Anum_handover_case_table			2
#define Anum_handover_case_key				3
#define Anum_handover_planned				4
#define Anum_handover_cause					5
#define Anum_handover_from_unit				6
#define Anum_handover_to_unit				7
#define Anum_handover_accepted_at			8
#define Anum_handover_accepted_by			9
#define Anum_handover_moved_at				10
#define Anum_handover_void_at				11
#define Anum_handover_recorded_at			12
#define Natts_handover						12

/* msb_org.plan */
#define Anum_plan_citizen					1
#define Anum_plan_plan						2
#define Anum_plan_kind						3
#define Anum_plan_status					4
#define Anum_plan_unit						5
#define Anum_plan_challenge					6
#define Anum_plan_coordinator				7
#define Anum_plan_coordinator_since			8
#define Anum_plan_duty						9
#define Anum_plan_decided					10
#define Anum_plan_due						11
#define Anum_plan_wishes					12
#define Anum_plan_opened_at					13
#define Anum_plan_opened_by					14
#define Anum_plan_status_since				15
#define Anum_plan_status_reason				16
#define Natts_plan							16

/* msb_org.plan_participant */
#define Anum_plan_participant_citizen		1
#define Anum_plan_participant_plan			2
#define Anum_plan_participant_kind			3
#define Anum_plan_participant_participant	4
#define Anum_plan_participant_valid_from	5
#define Anum_plan_participant_valid_to		6
#define Anum_plan_participant_actor			7
#define Natts_plan_participant				7

/* msb_org.plan_reason */
#define Anum_plan_reason_citizen			1
#define Anum_plan_reason_duty				2
#define Anum_plan_reason_valid_from			3
#define Anum_plan_reason_valid_to			4
#define Anum_plan_reason_units				5
#define Anum_plan_reason_asks_since			6
#define Anum_plan_reason_action				7
#define Anum_plan_reason_observed			8
#define Natts_plan_reason					8

/* msb_org.plan_review */
#define Anum_plan_review_citizen			1
#define Anum_plan_review_plan				2
#define Anum_plan_review_asked_at			3
#define Anum_plan_review_cause				4
#define Anum_plan_review_reviewed_at		5
#define Anum_plan_review_reviewed_by		6
#define Natts_plan_review					6

/* msb_org.primary_challenge */
#define Anum_primary_challenge_citizen		1
#define Anum_primary_challenge_challenge	2
#define Anum_primary_challenge_reason		3
#define Anum_primary_challenge_actor		4
#define Anum_primary_challenge_valid_from	5
#define Anum_primary_challenge_valid_to		6
#define Natts_primary_challenge				6

/* The first two columns of every table whose rows belong to a plan. */
#define Anum_plan_part_citizen		1
#define Anum_plan_part_plan			2

extern Oid	msb_extension_table(const char *name);
extern bool msb_is_own_table(Relation rel);
extern Oid	msb_primary_key(Relation rel);
extern Oid	msb_extension_owner(void);

#endif							/* MSB_CATALOG_H */
