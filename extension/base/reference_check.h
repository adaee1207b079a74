/*
 * loading.h: whether a dump is being loaded.
 */
#ifndef MSB_LOADING_H
#define MSB_LOADING_H

#include "base/msb_org.h"

extern bool msb_loading(void);

#endif							/* MSB_LOADING_H */
