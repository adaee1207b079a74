/*
 * msb_org.h: what every file that raises an error includes: the catalogue of messages.
 */
#ifndef MSB_ORG_H
#define MSB_ORG_H

#include "postgres.h"

#define MSB_SCHEMA "msb_org"

/*
 * Messages are looked up in a catalogue of our own (po/), by ereport and its kind
 * through TEXTDOMAIN.
 */
#undef TEXTDOMAIN
#define TEXTDOMAIN PG_TEXTDOMAIN("msb_org")
#undef _
#define _(x) dgettext(TEXTDOMAIN, x)

#endif							/* MSB_ORG_H */
