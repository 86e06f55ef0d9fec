/* Small matrix products whose sums stay in registers; all larger products consist of them. */
#ifndef DEEPBELIEF_TILES_H
#define DEEPBELIEF_TILES_H

#include "vectors.h"

/* Tile sizes at which the sums fill the registers. */
#if LANES != 8 /* 32 registers */
#define TILE_ROWS 14
#else
#define TILE_ROWS 6
#endif
#define TILE_VECTORS 2
#define STRIP (TILE_VECTORS * LANES)                  /* columns */
#define TILE_ACROSS ((TILE_ROWS + LANES - 1) / LANES) /* vectors that hold a number of each row */

/* The vectors that hold so many columns, at most those of a tile. */
ALWAYS_INLINE Index vectors_of(Index columns)
{
    return columns > LANES ? TILE_VECTORS : 1;
}

/* Sums stay in registers only if the loops over them are unrolled. */
#ifdef __clang__
#define UNROLL _Pragma("clang loop unroll(full)")
#else
#define UNROLL _Pragma("GCC unroll 16")
#endif

/* sums = a b, or where these go on, sums += a b. Numbers of a are `row` apart from one row to the next, and `step` along
   the sum; each one meets one or two vectors of b, whose rows are `stride` apart. */
ALWAYS_INLINE void tile_of(int rows, int vectors, Index depth, const float *a, Index row, Index step, const float *b,
                           Index stride, int goes_on, vec sums[TILE_ROWS][TILE_VECTORS])
{
    vec acc[TILE_ROWS][TILE_VECTORS];
    UNROLL for (int i = 0; i < rows; i++)
        UNROLL for (int j = 0; j < vectors; j++)
            acc[i][j] = goes_on ? sums[i][j] : (vec){0};
    for (Index k = 0; k < depth; k++, a += step, b += stride) {
        vec right[TILE_VECTORS];
        UNROLL for (int j = 0; j < vectors; j++)
            right[j] = load(b + j * LANES);
        UNROLL for (int i = 0; i < rows; i++)
            UNROLL for (int j = 0; j < vectors; j++)
                acc[i][j] += a[i * row] * right[j];
    }
    UNROLL for (int i = 0; i < rows; i++)
        UNROLL for (int j = 0; j < vectors; j++)
            sums[i][j] = acc[i][j];
}

/* The number of rows must be known when the compiler hands out registers: one copy of a tile for each. */
#define TILE(n, vectors) \
    case n: \
        tile_of(n, vectors, depth, a, row, step, b, stride, goes_on, sums); \
        break;
#if LANES != 8
#define TILE_MORE(v) TILE(7, v) TILE(8, v) TILE(9, v) TILE(10, v) TILE(11, v) TILE(12, v) TILE(13, v) TILE(14, v)
#else
#define TILE_MORE(v)
#endif
#define TILE_ALL(v) TILE(1, v) TILE(2, v) TILE(3, v) TILE(4, v) TILE(5, v) TILE(6, v) TILE_MORE(v)

static void tile(Index rows, Index vectors, Index depth, const float *a, Index row, Index step, const float *b,
                 Index stride, int goes_on, vec sums[TILE_ROWS][TILE_VECTORS])
{
    if (vectors == 2)
        switch (rows) {
            TILE_ALL(2)
        }
    else
        switch (rows) {
            TILE_ALL(1)
        }
}

#endif
