/* Copies of parts of a matrix. In a copy, numbers lie in memory in the order in which a tile reads them.

   Without a copy, a tile would read from another page of memory in each step of its sums, which is slow. */
#ifndef DEEPBELIEF_PACKING_H
#define DEEPBELIEF_PACKING_H

#include "matrix.h"
#include "parallel.h"
#include "tiles.h"

#define LINE 16 /* numbers of a cache line */

/* Building blocks of a transposition. Cut the vectors x and y into blocks of n lanes. LOW_n(x, y) consists of the
   blocks 0, 2, 4, ... of both vectors: block 0 of x, block 0 of y, block 2 of x, block 2 of y, and so on. HIGH_n(x, y)
   consists of the blocks 1, 3, 5, ... in the same way. */
#ifdef __clang__
#define PICK(x, y, ...) __builtin_shufflevector(x, y, __VA_ARGS__)
#else
#define PICK(x, y, ...) __builtin_shuffle(x, y, (ivec){__VA_ARGS__})
#endif
#if LANES == 16
#define LOW_1(x, y) PICK(x, y, 0, 16, 2, 18, 4, 20, 6, 22, 8, 24, 10, 26, 12, 28, 14, 30)
#define HIGH_1(x, y) PICK(x, y, 1, 17, 3, 19, 5, 21, 7, 23, 9, 25, 11, 27, 13, 29, 15, 31)
#define LOW_2(x, y) PICK(x, y, 0, 1, 16, 17, 4, 5, 20, 21, 8, 9, 24, 25, 12, 13, 28, 29)
#define HIGH_2(x, y) PICK(x, y, 2, 3, 18, 19, 6, 7, 22, 23, 10, 11, 26, 27, 14, 15, 30, 31)
#define LOW_4(x, y) PICK(x, y, 0, 1, 2, 3, 16, 17, 18, 19, 8, 9, 10, 11, 24, 25, 26, 27)
#define HIGH_4(x, y) PICK(x, y, 4, 5, 6, 7, 20, 21, 22, 23, 12, 13, 14, 15, 28, 29, 30, 31)
#define LOW_8(x, y) PICK(x, y, 0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23)
#define HIGH_8(x, y) PICK(x, y, 8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 26, 27, 28, 29, 30, 31)
#elif LANES == 8
#define LOW_1(x, y) PICK(x, y, 0, 8, 2, 10, 4, 12, 6, 14)
#define HIGH_1(x, y) PICK(x, y, 1, 9, 3, 11, 5, 13, 7, 15)
#define LOW_2(x, y) PICK(x, y, 0, 1, 8, 9, 4, 5, 12, 13)
#define HIGH_2(x, y) PICK(x, y, 2, 3, 10, 11, 6, 7, 14, 15)
#define LOW_4(x, y) PICK(x, y, 0, 1, 2, 3, 8, 9, 10, 11)
#define HIGH_4(x, y) PICK(x, y, 4, 5, 6, 7, 12, 13, 14, 15)
#else
#define LOW_1(x, y) PICK(x, y, 0, 4, 2, 6)
#define HIGH_1(x, y) PICK(x, y, 1, 5, 3, 7)
#define LOW_2(x, y) PICK(x, y, 0, 1, 4, 5)
#define HIGH_2(x, y) PICK(x, y, 2, 3, 6, 7)
#endif
#define EXCHANGE(x, n) \
    UNROLL for (int i = 0; i < LANES; i++) if (!(i & n)) \
    { \
        vec low = LOW_##n(x[i], x[i + n]), high = HIGH_##n(x[i], x[i + n]); \
        x[i] = low, x[i + n] = high; \
    }

/* Transpose a square of LANES vectors in place, by exchanging blocks of 1, 2, 4 and 8 lanes. */
ALWAYS_INLINE void transpose(vec x[LANES])
{
    EXCHANGE(x, 1)
    EXCHANGE(x, 2)
#if LANES > 4
    EXCHANGE(x, 4)
#endif
#if LANES > 8
    EXCHANGE(x, 8)
#endif
}

/* Copy `count` numbers, at most LANES, of each of LANES columns, from row k on. If b has fewer columns, its last column
   is read again instead of the missing ones. */
ALWAYS_INLINE void pack_columns(Matrix b, Index k, Index column, Index count, Matrix copy, Index j)
{
    vec x[LANES];
    UNROLL for (Index lane = 0; lane < LANES; lane++)
        x[lane] = load_some(at(b, k, at_most(column + j + lane, b.columns - 1)), count);
    transpose(x);
    UNROLL for (Index lane = 0; lane < LANES; lane++)
        if (lane < count)
            store_some(at(copy, k + lane, j), LANES, x[lane]);
}

/* Copy a strip of b, `vectors` vectors wide, from `column` on. What the copy holds beyond the last column of b is not
   used. */
static Matrix pack(Matrix b, Index column, Index vectors, float *to)
{
    const Matrix copy = {to, b.rows, vectors * LANES, vectors * LANES, 1};
    for (Index j = 0; j < copy.columns; j += LANES)
        if (b.column == 1)
            for (Index k = 0; k < b.rows; k++)
                store_some(at(copy, k, j), LANES, load_some(at(b, k, column + j), b.columns - column - j));
        else {
            Index k = 0;
            for (; k + LANES <= b.rows; k += LANES)
                pack_columns(b, k, column, LANES, copy, j);
            if (k < b.rows)
                pack_columns(b, k, column, b.rows - k, copy, j);
        }
    return copy;
}

/* Ask the processor to load these rows of the next strip, which begins at `column`, into its cache. */
ALWAYS_INLINE void fetch_ahead(Matrix b, Range rows, Index column)
{
    if (column + STRIP > b.columns)
        return;
    if (b.column == 1)
        for (Index k = rows.first; k < rows.last; k++)
            UNROLL for (Index j = 0; j < STRIP; j += LINE)
                __builtin_prefetch(at(b, k, column + j), 0, 2);
    else
        for (Index k = rows.first; k < rows.last; k += LINE)
            UNROLL for (Index j = 0; j < STRIP; j++)
                __builtin_prefetch(at(b, k, column + j), 0, 2);
}

#endif
