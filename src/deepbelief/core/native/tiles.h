/* Tiles: small parts of a matrix product whose sums stay in the registers of the processor. All products consist of
   them. */
#ifndef DEEPBELIEF_TILES_H
#define DEEPBELIEF_TILES_H

#include "vectors.h"

/* The sizes of a tile are chosen so that its sums fill the registers. */
#if LANES != 8 /* AVX-512 and NEON have 32 registers, AVX2 has 16 */
#define TILE_ROWS 14
#else
#define TILE_ROWS 6
#endif
#define TILE_VECTORS 2
#define STRIP (TILE_VECTORS * LANES)                  /* the columns of a tile */
#define TILE_ACROSS ((TILE_ROWS + LANES - 1) / LANES) /* so many vectors hold one number of each row */

/* How many vectors hold so many columns, at most the columns of a tile. */
ALWAYS_INLINE Index vectors_of(Index columns)
{
    return columns > LANES ? TILE_VECTORS : 1;
}

/* The compiler keeps sums in registers only if the loops over them are unrolled. */
#ifdef __clang__
#define UNROLL _Pragma("clang loop unroll(full)")
#else
#define UNROLL _Pragma("GCC unroll 16")
#endif

/* Compute sums = a b, or sums += a b if `goes_on` is true. `depth` is the number of terms of each sum. In memory, the
   rows of a begin `row` floats apart, and the terms of a row are `step` floats apart. Each number of a is multiplied
   with one or two vectors of b, whose rows begin `stride` floats apart. */
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

/* The compiler can keep sums in registers only if it knows the number of rows. So there is a copy of the code of a tile
   for each number of rows, and `tile` chooses one. */
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
