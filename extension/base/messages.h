/*
 * messages.h: what a message may show of a value.
 */
#ifndef MSB_MESSAGES_H
#define MSB_MESSAGES_H

#include "postgres.h"

#include "utils/guc.h"

extern int	msb_hide_values(struct Node *escontext);
extern char *msb_printable(const char *value);

#endif							/* MSB_MESSAGES_H */
