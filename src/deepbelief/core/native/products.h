/* Products of whole matrices, and what becomes of their sums while these are still in the cache.

   Every sum is the work of one thread, in an order that depends on the shapes alone: so no result depends on the
   number of threads. */
#ifndef DEEPBELIEF_PRODUCTS_H
#define DEEPBELIEF_PRODUCTS_H

#include "matrix.h"
#include "parallel.h"
#include "tiles.h"

#define LEAST_WORK 500000       /* multiplications: below, waking another core takes longer than they do */
#define DEPTH 512               /* of one piece of a long sum */
#define CHUNK (16 * INNER_ROWS) /* rows */
#define GROUP 8                 /* strips: columns, as many as a vector has lanes */

typedef enum { LINEAR, LOGISTIC, SLOPE } Kind;

/* What becomes of the sums x:
   LINEAR    out = x
   LOGISTIC  out = scale * logistic(x), if there is an out; and if there are bits, states drawn with logistic(x)
   SLOPE     out = x m (1 - m), where m = logistic of something is in `means`. */
typedef struct {
    Kind kind;
    float scale;
    Matrix out, states, bits, means;
} Epilogue;

/* At most `count` sums, which belong to one row, from `column` on. */
ALWAYS_INLINE void finish(const Epilogue *epilogue, Index row, Index column, Index count, vec x)
{
    if (epilogue->kind == LOGISTIC) {
        x = logistic(x);
        if (epilogue->bits.data) {
            uvec bits = (uvec)load_some(at(epilogue->bits, row, column), count);
            store_some(at(epilogue->states, row, column), count, drawn(bits, x));
        }
        if (!epilogue->out.data)
            return;
        x *= epilogue->scale;
    } else if (epilogue->kind == SLOPE) {
        vec m = load_some(at(epilogue->means, row, column), count);
        x *= m * (1.0f - m);
    }
    store_some(at(epilogue->out, row, column), count, x);
}

/* These rows of x w, and these strips: for each strip of w, whose columns lie side by side, all rows of x pass by. */
static void outer_block(Matrix x, Matrix w, const Epilogue *epilogue, Range rows, Range strips)
{
    vec sums[OUTER_ROWS][OUTER_VECTORS];
    Index n_rows = rows.last - rows.first, tiles = parts_of(n_rows, OUTER_ROWS);
    for (Index strip = strips.first; strip < strips.last; strip += OUTER_VECTORS) {
        Index vectors = at_most(OUTER_VECTORS, strips.last - strip), column = strip * LANES;
        Index columns = w.columns - column;
        for (Index tile = 0; tile < tiles; tile++) {
            Range own = part(n_rows, tiles, tile);
            Index first = rows.first + own.first, height = own.last - own.first;
            outer(height, vectors, x.columns, at(x, first, 0), x.row, x.column, at(w, 0, column), w.row, columns, sums);
            for (Index i = 0; i < height; i++)
                for (Index j = 0; j < vectors; j++)
                    finish(epilogue, first + i, column + j * LANES, columns - j * LANES, sums[i][j]);
        }
    }
}

/* The same where the rows of w lie side by side, as those of x do. Sums are taken in pieces so short that a strip of
   w stays in the innermost cache while a chunk of rows of x passes by, and the chunk in the next one while a group of
   strips does. */
static void inner_block(Matrix x, Matrix w, const Epilogue *epilogue, Range rows, Range strips)
{
    vec sums[GROUP][CHUNK];
    for (Index strip = strips.first; strip < strips.last; strip += GROUP)
        for (Index row = rows.first; row < rows.last; row += CHUNK) {
            Index n_strips = at_most(GROUP, strips.last - strip), n_rows = at_most(CHUNK, rows.last - row);
            Index tiles = parts_of(n_rows, INNER_ROWS);
            memset(sums, 0, sizeof *sums * (size_t)n_strips);
            for (Index k = 0; k < x.columns; k += DEPTH)
                for (Index s = 0; s < n_strips; s++)
                    for (Index tile = 0; tile < tiles; tile++) {
                        Range own = part(n_rows, tiles, tile);
                        Index column = (strip + s) * LANES;
                        inner(own.last - own.first, at_most(DEPTH, x.columns - k), at(x, row + own.first, k), x.row,
                              at(w, k, column), w.column, w.columns - column, &sums[s][own.first]);
                    }
            for (Index i = 0; i < n_rows; i++)
                for (Index s = 0; s < n_strips; s++) {
                    Index column = (strip + s) * LANES;
                    finish(epilogue, row + i, column, w.columns - column, sums[s][i]);
                }
        }
}

typedef struct {
    Matrix x, w;
    Epilogue epilogue;
} Product;

/* Pieces are columns, and rows too if there are few. */
static void product_piece(const void *job, Index index, Index pieces)
{
    const Product *product = job;
    Index strips = parts_of(product->w.columns, LANES);
    Index across = at_most(pieces, parts_of(strips, OUTER_VECTORS)), down = pieces / across;
    if (index >= across * down)
        return;
    Range rows = part(product->x.rows, down, index / across), columns = part(strips, across, index % across);
    if (product->w.column == 1)
        outer_block(product->x, product->w, &product->epilogue, rows, columns);
    else
        inner_block(product->x, product->w, &product->epilogue, rows, columns);
}

static void multiply(const Product *product)
{
    if (product->x.rows && product->w.columns)
        in_parallel(product_piece, product, product->x.rows * product->x.columns * product->w.columns > LEAST_WORK);
}

typedef struct {
    Matrix left, right, w, velocity;
    float momentum, decay;
    Index n_in, n_out; /* rows and columns of w that decay; what lies beyond are biases */
} Update;

/* velocity = momentum * velocity - decay * w + left right; w = w + velocity: a tile of w and velocity, whose sums are
   in the registers, a long sum in several pieces. */
ALWAYS_INLINE void step(const Update *update, Index row, Index column, Index height, Index vectors, int is_first,
                        int is_last, const vec *decays, vec sums[OUTER_ROWS][OUTER_VECTORS])
{
    const float momentum = is_first ? update->momentum : 1;
    for (Index i = row; i < row + height; i++)
        for (Index j = 0; j < vectors; j++) {
            Index count = update->w.columns - column - j * LANES;
            float *weights = at(update->w, i, column + j * LANES);
            float *velocities = at(update->velocity, i, column + j * LANES);
            vec weight = load_some(weights, count), velocity = momentum * load_some(velocities, count);
            if (is_first && i < update->n_in)
                velocity -= decays[j] * weight;
            velocity += sums[i - row][j];
            store_some(velocities, count, velocity);
            if (is_last)
                store_some(weights, count, weight + velocity);
        }
}

/* Have a tile of w and velocity brought near, which will arrive while its sums are taken. */
ALWAYS_INLINE void fetch(const Update *update, Index row, Index column, Index height, Index vectors)
{
    for (Index i = row; i < row + height; i++)
        for (Index j = 0; j < vectors; j++) {
            __builtin_prefetch(at(update->w, i, column + j * LANES), 1);
            __builtin_prefetch(at(update->velocity, i, column + j * LANES), 1);
        }
}

static void update_piece(const void *job, Index index, Index pieces)
{
    const Update *update = job;
    const Matrix left = update->left, right = update->right;
    const Index across = at_most(pieces, PIECES), down = pieces / across, depth = 2 * DEPTH;
    const Range rows = part(update->w.rows, down, index / across);
    const Range strips = part(parts_of(update->w.columns, LANES), across, index % across);
    const Index n_rows = rows.last - rows.first, tiles = parts_of(n_rows, OUTER_ROWS);
    vec decays[OUTER_VECTORS], sums[OUTER_ROWS][OUTER_VECTORS];
    for (Index k = 0; k < left.columns; k += depth)
        for (Index strip = strips.first; strip < strips.last; strip += OUTER_VECTORS) {
            Index vectors = at_most(OUTER_VECTORS, strips.last - strip), column = strip * LANES;
            for (Index j = 0; j < OUTER_VECTORS * LANES; j++)
                decays[j / LANES][j % LANES] = column + j < update->n_out ? update->decay : 0;
            for (Index tile = 0; tile < tiles; tile++) {
                Range own = part(n_rows, tiles, tile);
                Index row = rows.first + own.first, height = own.last - own.first;
                fetch(update, row, column, height, vectors);
                outer(height, vectors, at_most(depth, left.columns - k), at(left, row, k), left.row, left.column,
                      at(right, k, column), right.row, right.columns - column, sums);
                step(update, row, column, height, vectors, k == 0, k + depth >= left.columns, decays, sums);
            }
        }
}

static void update(const Update *update)
{
    in_parallel(update_piece, update, update->w.rows * update->w.columns * update->left.columns > LEAST_WORK);
}

#endif
