/*
 * primary_challenge.h: what has been stated to be a citizen's primary challenge.
 */
#ifndef MSB_PRIMARY_CHALLENGE_H
#define MSB_PRIMARY_CHALLENGE_H

#include "postgres.h"

extern char *msb_stated_challenge(const char *citizen);

#endif							/* MSB_PRIMARY_CHALLENGE_H */
