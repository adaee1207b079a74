/*
 * msb_org.h: the schema, and the catalogue of messages; every file that raises an error
 * includes it.
 */
#ifndef MSB_ORG_H
#define MSB_ORG_H

#include "postgres.h"

#define MSB_SCHEMA "msb_org"

/*
 * ereport and its kind look up messages in our own catalogue (po/), through TEXTDOMAIN.
 */
#undef TEXTDOMAIN
#define TEXTDOMAIN PG_TEXTDOMAIN("msb_org")
#undef _
#define _(x) dgettext(TEXTDOMAIN, x)

#endif							/* MSB_ORG_H */
