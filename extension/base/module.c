/*
 * module.c: loading the library.
 */
#include "postgres.h"

#include "fmgr.h"
#include "miscadmin.h"

#include "base/msb_org.h"
#include "base/settings.h"

PG_MODULE_MAGIC;

void		_PG_init(void);

/* What the server calls when it has loaded the library. */
void
_PG_init(void)
{
	pg_bindtextdomain(TEXTDOMAIN);
	msb_define_settings();
}
