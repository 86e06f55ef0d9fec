/* Small matrix products whose sums stay in registers; all larger products consist of them. */
#ifndef DEEPBELIEF_TILES_H
#define DEEPBELIEF_TILES_H

#include "vectors.h"

/* Tile sizes at which the sums fill the registers, for products along rows (OUTER) and along sums (INNER). */
#if LANES != 8 /* 32 registers */
#define OUTER_ROWS 14
#define INNER_ROWS 6
#else
#define OUTER_ROWS 6
#define INNER_ROWS 2
#endif
#define OUTER_VECTORS 2
#define INNER_COLUMNS 4

/* Sums stay in registers only if the loops over them are unrolled. PICK selects lanes of two vectors. */
#ifdef __clang__
#define UNROLL _Pragma("clang loop unroll(full)")
#define PICK(a, b, ...) __builtin_shufflevector(a, b, __VA_ARGS__)
#else
#define UNROLL _Pragma("GCC unroll 16")
#define PICK(a, b, ...) __builtin_shuffle(a, b, (ivec){__VA_ARGS__})
#endif

/* One step along the sum: numbers of a, `row` apart, times vectors of b; those of some lanes only, or whole ones. */
ALWAYS_INLINE void outer_step(int rows, int vectors, const float *a, Index row, const float *b, const Mask *lanes,
                              vec acc[OUTER_ROWS][OUTER_VECTORS])
{
    vec right[OUTER_VECTORS];
    UNROLL for (int j = 0; j < vectors; j++)
        right[j] = lanes ? load_lanes(b + j * LANES, lanes[j]) : load(b + j * LANES);
    UNROLL for (int i = 0; i < rows; i++)
        UNROLL for (int j = 0; j < vectors; j++)
            acc[i][j] += a[i * row] * right[j];
}

/* sums = a b. Numbers of a are `row` apart from one row to the next, and `step` along the sum; each one meets one or
   two vectors of b, whose rows are `stride` apart and end after `columns` numbers. */
ALWAYS_INLINE void outer_tile(int rows, int vectors, Index depth, const float *a, Index row, Index step, const float *b,
                              Index stride, Index columns, vec sums[OUTER_ROWS][OUTER_VECTORS])
{
    vec acc[OUTER_ROWS][OUTER_VECTORS];
    Mask lanes[OUTER_VECTORS];
    Index k = 0, beyond = vectors * LANES - columns;
    /* Whole vectors may read into the next rows, but not beyond the last one. */
    Index safe = beyond > 0 ? depth - (beyond + stride - 1) / stride : depth;
    UNROLL for (int j = 0; j < vectors; j++)
        lanes[j] = first_lanes(columns - j * LANES);
    UNROLL for (int i = 0; i < rows; i++)
        UNROLL for (int j = 0; j < vectors; j++)
            acc[i][j] = (vec){0};
    for (; k < safe; k++)
        outer_step(rows, vectors, a + k * step, row, b + k * stride, NULL, acc);
    for (; k < depth; k++)
        outer_step(rows, vectors, a + k * step, row, b + k * stride, lanes, acc);
    UNROLL for (int i = 0; i < rows; i++)
        UNROLL for (int j = 0; j < vectors; j++)
            sums[i][j] = acc[i][j];
}

/* Horizontal-add tree: partial sums are combined pairwise at strides 8, 4, 2, 1. Each step takes two vectors of partial
   sums and returns one, which holds half as many parts of the sums of both. */
#if LANES == 16
#define ADD_8(a, b) \
    (PICK(a, b, 0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23) + \
     PICK(a, b, 8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 26, 27, 28, 29, 30, 31))
#define ADD_4(a, b) \
    (PICK(a, b, 0, 1, 2, 3, 8, 9, 10, 11, 16, 17, 18, 19, 24, 25, 26, 27) + \
     PICK(a, b, 4, 5, 6, 7, 12, 13, 14, 15, 20, 21, 22, 23, 28, 29, 30, 31))
#define ADD_2(a, b) \
    (PICK(a, b, 0, 1, 4, 5, 8, 9, 12, 13, 16, 17, 20, 21, 24, 25, 28, 29) + \
     PICK(a, b, 2, 3, 6, 7, 10, 11, 14, 15, 18, 19, 22, 23, 26, 27, 30, 31))
#define ADD_1(a, b) \
    (PICK(a, b, 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30) + \
     PICK(a, b, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31))
#define ADD_COLUMNS(acc) ADD_4(ADD_8(acc[0], acc[1]), ADD_8(acc[2], acc[3]))
#define ADD_QUARTERS(x) ADD_1(ADD_2(x[0], x[1]), ADD_2(x[2], x[3]))
#elif LANES == 8
#define ADD_4(a, b) (PICK(a, b, 0, 1, 2, 3, 8, 9, 10, 11) + PICK(a, b, 4, 5, 6, 7, 12, 13, 14, 15))
#define ADD_2(a, b) (PICK(a, b, 0, 1, 4, 5, 8, 9, 12, 13) + PICK(a, b, 2, 3, 6, 7, 10, 11, 14, 15))
#define ADD_1(a, b) (PICK(a, b, 0, 2, 4, 6, 8, 10, 12, 14) + PICK(a, b, 1, 3, 5, 7, 9, 11, 13, 15))
#define ADD_COLUMNS(acc) ADD_2(ADD_4(acc[0], acc[1]), ADD_4(acc[2], acc[3]))
#define ADD_QUARTERS(x) ADD_1(x[0], x[1])
#else
#define ADD_2(a, b) (PICK(a, b, 0, 1, 4, 5) + PICK(a, b, 2, 3, 6, 7))
#define ADD_1(a, b) (PICK(a, b, 0, 2, 4, 6) + PICK(a, b, 1, 3, 5, 7))
#define ADD_COLUMNS(acc) ADD_1(ADD_2(acc[0], acc[1]), ADD_2(acc[2], acc[3]))
#define ADD_QUARTERS(x) x[0]
#endif
#define QUARTERS (LANES / INNER_COLUMNS)

/* One step along the sum: vectors of a, whose rows are `stride` apart, times vectors of b; some lanes, or all. */
ALWAYS_INLINE void inner_step(int rows, const float *a, Index stride, const float *const b[INNER_COLUMNS], Index k,
                              const Mask *lanes, vec acc[INNER_ROWS][INNER_COLUMNS])
{
    vec left[INNER_ROWS];
    UNROLL for (int i = 0; i < rows; i++)
        left[i] = lanes ? load_lanes(a + i * stride + k, *lanes) : load(a + i * stride + k);
    UNROLL for (int j = 0; j < INNER_COLUMNS; j++) {
        vec right = lanes ? load_lanes(b[j] + k, *lanes) : load(b[j] + k);
        UNROLL for (int i = 0; i < rows; i++)
            acc[i][j] += left[i] * right;
    }
}

/* sums[i] += row i of a times each of LANES rows of b: vectors meet vectors along the sum, and their lanes are added
   up in the end. Where b has fewer rows, the last one is taken again. */
ALWAYS_INLINE void inner_tile(int rows, Index depth, const float *a, Index a_stride, const float *b, Index b_stride,
                              Index b_rows, vec *sums)
{
    vec quarters[INNER_ROWS][QUARTERS];
    for (int quarter = 0; quarter < QUARTERS; quarter++) {
        const float *columns[INNER_COLUMNS];
        vec acc[INNER_ROWS][INNER_COLUMNS];
        for (int j = 0; j < INNER_COLUMNS; j++) {
            Index column = quarter * INNER_COLUMNS + j;
            columns[j] = b + (column < b_rows ? column : b_rows - 1) * b_stride;
        }
        UNROLL for (int i = 0; i < rows; i++)
            UNROLL for (int j = 0; j < INNER_COLUMNS; j++)
                acc[i][j] = (vec){0};
        Index k = 0;
        for (; k + LANES <= depth; k += LANES)
            inner_step(rows, a, a_stride, columns, k, NULL, acc);
        if (k < depth) {
            Mask lanes = first_lanes(depth - k);
            inner_step(rows, a, a_stride, columns, k, &lanes, acc);
        }
        UNROLL for (int i = 0; i < rows; i++)
            quarters[i][quarter] = ADD_COLUMNS(acc[i]);
    }
    UNROLL for (int i = 0; i < rows; i++)
        sums[i] += ADD_QUARTERS(quarters[i]);
}

/* The number of rows must be known when the compiler hands out registers: one copy of a tile for each. */
#define OUTER(n, vectors) \
    case n: \
        outer_tile(n, vectors, depth, a, row, step, b, stride, columns, sums); \
        break;
#define INNER(n) \
    case n: \
        inner_tile(n, depth, a, a_stride, b, b_stride, b_rows, sums); \
        break;
#if LANES != 8
#define OUTER_MORE(v) \
    OUTER(7, v) OUTER(8, v) OUTER(9, v) OUTER(10, v) OUTER(11, v) OUTER(12, v) OUTER(13, v) OUTER(14, v)
#define INNER_MORE INNER(3) INNER(4) INNER(5) INNER(6)
#else
#define OUTER_MORE(v)
#define INNER_MORE
#endif
#define OUTER_ALL(v) OUTER(1, v) OUTER(2, v) OUTER(3, v) OUTER(4, v) OUTER(5, v) OUTER(6, v) OUTER_MORE(v)

static void outer(Index rows, Index vectors, Index depth, const float *a, Index row, Index step, const float *b,
                  Index stride, Index columns, vec sums[OUTER_ROWS][OUTER_VECTORS])
{
    if (vectors == 2)
        switch (rows) {
            OUTER_ALL(2)
        }
    else
        switch (rows) {
            OUTER_ALL(1)
        }
}

static void inner(Index rows, Index depth, const float *a, Index a_stride, const float *b, Index b_stride, Index b_rows,
                  vec *sums)
{
    switch (rows) {
        INNER(1) INNER(2) INNER_MORE
    }
}

#endif
