/*
 * msb_org.h: what every file of the extension may use.
 */
#ifndef MSB_ORG_H
#define MSB_ORG_H

#include "postgres.h"

#include "utils/date.h"
#include "utils/timestamp.h"

#include "base/compat.h"

#define MSB_SCHEMA "msb_org"

/*
 * Messages are looked up in a catalogue of our own (po/), by ereport and its kind
 * through TEXTDOMAIN.  Whoever raises an error includes this file.
 */
#undef TEXTDOMAIN
#define TEXTDOMAIN PG_TEXTDOMAIN("msb_org")
#undef _
#define _(x) dgettext(TEXTDOMAIN, x)

/* module.c: settings */
extern DateADT msb_current_date(void);
extern DateADT msb_local_date(TimestampTz at);
extern TimestampTz msb_clock(void);
extern char *msb_current_actor(void);

/* module.c: messages */
extern int msb_hide_values(struct Node *escontext);
extern char *msb_printable(const char *value);

/* cpr.c: a citizen's key; completed years (days since 2000-01-01; -1: unborn) */
extern char *msb_citizen_key(const char *value);
extern char *msb_citizen_key_of(const char *value, size_t len);
extern int msb_age_on(int32 birth, int32 on_date);
extern int32 msb_birthday(int32 birth, int age);
extern int32 msb_last_birth(int32 on_date, int years);

#endif							/* MSB_ORG_H */
