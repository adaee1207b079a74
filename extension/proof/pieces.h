/*
 * pieces.h: the boxes about which the proof found something, its pieces.
 */
#ifndef MSB_PIECES_H
#define MSB_PIECES_H

#include "postgres.h"

#include "proof/space.h"

/*
 * A box of situations with the same finding.  A finding is a list of numbers.  With one side it
 * has the rules of a conflict, or is empty for a gap.  With two sides it has both answers.
 */
typedef struct MsbPiece
{
	int			nfound;
	const int  *found;
	const uint64 *box;
} MsbPiece;

typedef struct MsbProof
{
	const char **units;			/* an answer is an index of it, see MSB_ANSWER_GAP */
	int			npieces;
	MsbPiece   *pieces;			/* disjoint, sorted by their findings */
	bool	   *decides;		/* one side: per rule, whether it ever decides */
	uint64	   *needed;			/* one side: per rule the set of those over which it needs its
								 * precedence */
} MsbProof;

typedef struct MsbPieces MsbPieces;

extern MsbPieces *msb_pieces(const MsbSpace *space);
extern void msb_add_piece(MsbPieces *store, const uint64 *box, int n, const int *numbers);
extern void msb_join_pieces(MsbPieces *store, MsbProof *proof);

#endif							/* MSB_PIECES_H */
