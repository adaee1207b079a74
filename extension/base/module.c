/*
 * module.c: loading the library.
 */
#include "postgres.h"

#include "miscadmin.h"

#include "base/msb_org.h"
#include "base/settings.h"

PG_MODULE_MAGIC;

void		_PG_init(void);

/* Prepare the library; the server calls this once it has loaded it. */
void
_PG_init(void)
{
	pg_bindtextdomain(TEXTDOMAIN);
	msb_define_settings();
}
