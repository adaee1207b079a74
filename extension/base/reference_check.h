/*
 * reference_check.h: whether a dump is being loaded.
 */
#ifndef MSB_REFERENCE_CHECK_H
#define MSB_REFERENCE_CHECK_H

#include "postgres.h"

extern bool msb_loading(void);

#endif							/* MSB_REFERENCE_CHECK_H */
