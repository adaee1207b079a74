/*
 * primary_challenge.h: the stated primary challenge of a citizen.
 */
#ifndef MSB_PRIMARY_CHALLENGE_H
#define MSB_PRIMARY_CHALLENGE_H

#include "postgres.h"

extern char *msb_stated_challenge(const char *citizen);

#endif							/* MSB_PRIMARY_CHALLENGE_H */
