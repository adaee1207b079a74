/*
 * pieces.h: what was found of the space, piece by piece.
 */
#ifndef MSB_PIECES_H
#define MSB_PIECES_H

#include "postgres.h"

#include "proof/space.h"

/*
 * Situations of which the same is found, as a box.  What is found is a list of
 * numbers: for one side the rules of a conflict, none for a gap; for two sides
 * both answers.
 */
typedef struct MsbPiece
{
	int			nfound;
	const int  *found;
	const uint64 *box;
} MsbPiece;

typedef struct MsbProof
{
	const char **units;			/* the numbers of answers */
	int			npieces;
	MsbPiece   *pieces;			/* disjoint, in the order of what was found */
	bool	   *decides;		/* one side: per rule, whether it ever decides */
	uint64	   *needed;			/* one side: per rule those that its precedence is needed over */
} MsbProof;

typedef struct MsbPieces MsbPieces;

extern MsbPieces *msb_pieces(const MsbSpace *space);
extern void msb_add_piece(MsbPieces *store, const uint64 *box, int n, const int *numbers);
extern void msb_join_pieces(MsbPieces *store, MsbProof *proof);

#endif							/* MSB_PIECES_H */
