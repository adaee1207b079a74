/*
 * prove.h: the answers of one structure, or of two, to every situation, without listing them.
 */
#ifndef MSB_PROVE_H
#define MSB_PROVE_H

#include "postgres.h"

#include "proof/pieces.h"

extern MsbProof *msb_prove(const MsbSpace *space);

#endif							/* MSB_PROVE_H */
