/* Products of whole matrices, and the operations on their sums that follow while the sums are still in the cache.

   One thread computes a whole sum, and adds in an order that depends on the shapes alone. So no result depends on the
   number of threads. */
#ifndef DEEPBELIEF_PRODUCTS_H
#define DEEPBELIEF_PRODUCTS_H

#include "matrix.h"
#include "packing.h"
#include "parallel.h"
#include "tiles.h"

#define LEAST_WORK 500000             /* a product with fewer multiplications is faster on one core */
#define DEPTH 256                     /* long sums are cut into pieces of this length; a strip then fits the L1 cache */
#define CHUNK_TILES (132 / TILE_ROWS) /* so many tiles are a chunk, whose rows of a piece fit the L2 cache */

/* Each thread has its own copies: of a strip of the right factor, and of the rows of a chunk of the left factor. */
static _Thread_local struct {
    _Alignas(64) float right[DEPTH * STRIP], left[CHUNK_TILES][DEPTH * TILE_ACROSS * LANES];
} copies;

/* The rows of tile `index`, if `rows` are cut into so many tiles. */
ALWAYS_INLINE Range tile_rows(Range rows, Index tiles, Index index)
{
    Range own = part(rows.last - rows.first, tiles, index);
    return (Range){rows.first + own.first, rows.first + own.last};
}

typedef enum { LINEAR, LOGISTIC, SLOPE } Kind;

/* What is done with the sums x of a product:
   LINEAR    out = x.
   LOGISTIC  out = scale * logistic(x), if there is an out. If there are random bits, states are drawn with the
             probabilities logistic(x).
   SLOPE     out = x m (1 - m), with the probabilities m in `means`: the derivative of the logistic function. */
typedef struct {
    Kind kind;
    float scale;
    Matrix out, states, bits, means;
} Epilogue;

/* Do this with a vector of sums of one row, from `column` on; only the first `count` of them are written. */
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

typedef struct {
    Matrix x, w;
    Epilogue epilogue;
} Product;

/* Compute one strip of the product for a chunk of rows. Each piece of the strip of w is copied first, so that its
   numbers follow each other in memory. If there are so few rows that a copy costs more than it saves, it is read in
   place. */
static void product_strip(const Product *product, Range rows, Index column)
{
    const Matrix x = product->x, w = product->w;
    const Index vectors = vectors_of(w.columns - column), tiles = parts_of(rows.last - rows.first, TILE_ROWS);
    const int is_copied = tiles > 2 || w.column != 1 || w.columns - column < vectors * LANES;
    vec sums[CHUNK_TILES][TILE_ROWS][TILE_VECTORS];
    for (Index k = 0; k == 0 || k < w.rows; k += DEPTH) { /* at least once: a sum of no terms is 0 */
        const Matrix piece = rows_of(w, k, at_most(DEPTH, w.rows - k));
        const Matrix strip = is_copied ? pack(piece, column, vectors, copies.right) : columns_from(piece, column);
        for (Index i = 0; i < tiles; i++) {
            Range own = tile_rows(rows, tiles, i);
            fetch_ahead(piece, part(piece.rows, tiles, i), column + STRIP);
            tile(own.last - own.first, vectors, piece.rows, at(x, own.first, k), x.row, x.column, strip.data, strip.row,
                 k > 0, sums[i]);
        }
    }
    for (Index i = 0; i < tiles; i++) {
        Range own = tile_rows(rows, tiles, i);
        for (Index row = own.first; row < own.last; row++)
            for (Index j = 0; j < vectors; j++)
                finish(&product->epilogue, row, column + j * LANES, w.columns - column - j * LANES,
                       sums[i][row - own.first][j]);
    }
}

/* Do one piece of the job: some strips of the product. If there are fewer strips than pieces, rows are divided too. */
static void product_piece(const void *job, Index index, Index pieces)
{
    const Product *product = job;
    const Index strips = parts_of(product->w.columns, STRIP), across = at_most(pieces, strips), down = pieces / across;
    if (index >= across * down)
        return;
    const Range rows = part(product->x.rows, down, index / across), own = part(strips, across, index % across);
    const Index chunks = parts_of(rows.last - rows.first, CHUNK_TILES * TILE_ROWS);
    for (Index chunk = 0; chunk < chunks; chunk++)
        for (Index strip = own.first; strip < own.last; strip++)
            product_strip(product, tile_rows(rows, chunks, chunk), strip * STRIP);
}

static void multiply(const Product *product)
{
    if (product->x.rows && product->w.columns)
        in_parallel(product_piece, product, product->x.rows * product->x.columns * product->w.columns > LEAST_WORK);
}

/* Kingma & Ba (2015), algorithm 1: see core/optimizers.py. */
typedef struct {
    float first, second, rate, scale, epsilon;
    Matrix square, gradient; /* `gradient` holds the sum of the pieces so far */
} Adam;

typedef struct {
    Matrix left, right, w, velocity; /* for Adam, `velocity` is the moving average of gradients */
    float momentum, decay;
    Index n_in, n_out; /* weights: biases are the row or column of w beyond them, which do not decay */
    const Adam *adam;  /* NULL for momentum */
} Update;

/* Make a step with momentum for one tile of w:
     velocity = momentum * velocity - decay * w + left right
     w = w + velocity
   `sums` holds left right, or one piece of it. Momentum and decay act with the first piece, and w changes with the
   last. */
ALWAYS_INLINE void momentum_step(const Update *update, Index row, Index column, Index height, Index columns, int is_first,
                                 int is_last, const vec *decays, vec sums[TILE_ROWS][TILE_VECTORS])
{
    const float momentum = is_first ? update->momentum : 1;
    for (Index i = row; i < row + height; i++)
        for (Index j = 0; j * LANES < columns; j++) {
            Index count = columns - j * LANES;
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

/* Make a step of Adam for one tile of w, once the sums of all pieces are known:
     g = left right - decay * w
     velocity = first * velocity + (1 - first) * g
     square = second * square + (1 - second) * g * g
     w = w + rate * velocity / (scale * root(square) + epsilon) */
ALWAYS_INLINE void adam_step(const Update *update, Index row, Index column, Index height, Index columns, int is_first,
                             int is_last, vec sums[TILE_ROWS][TILE_VECTORS])
{
    const Adam *adam = update->adam;
    for (Index i = row; i < row + height; i++)
        for (Index j = 0; j * LANES < columns; j++) {
            Index count = columns - j * LANES, at_column = column + j * LANES;
            float *gradients = at(adam->gradient, i, at_column), *weights = at(update->w, i, at_column);
            float *means = at(update->velocity, i, at_column), *squares = at(adam->square, i, at_column);
            vec gradient = sums[i - row][j];
            if (!is_first)
                gradient += load_some(gradients, count);
            if (!is_last) {
                store_some(gradients, count, gradient);
                continue;
            }
            vec weight = load_some(weights, count);
            gradient -= update->decay * weight;
            vec mean = adam->first * load_some(means, count) + (1 - adam->first) * gradient;
            vec square = adam->second * load_some(squares, count) + (1 - adam->second) * gradient * gradient;
            store_some(means, count, mean);
            store_some(squares, count, square);
            store_some(weights, count, weight + adam->rate * mean / (adam->scale * root(square) + adam->epsilon));
        }
}

ALWAYS_INLINE void step(const Update *update, Index row, Index column, Index height, Index columns, int is_first,
                        int is_last, const vec *decays, vec sums[TILE_ROWS][TILE_VECTORS])
{
    if (update->adam)
        adam_step(update, row, column, height, columns, is_first, is_last, sums);
    else
        momentum_step(update, row, column, height, columns, is_first, is_last, decays, sums);
}

/* Ask the processor to load a tile of w and velocity into its cache, while the sums for this tile are computed. */
ALWAYS_INLINE void fetch(const Update *update, Range rows, Index column, Index columns)
{
    for (Index i = rows.first; i < rows.last; i++)
        for (Index j = 0; j < columns; j += LINE) {
            __builtin_prefetch(at(update->w, i, column + j), 1);
            __builtin_prefetch(at(update->velocity, i, column + j), 1);
            if (update->adam)
                __builtin_prefetch(at(update->adam->square, i, column + j), 1);
        }
}

/* Update one strip of w in a chunk of rows, with one piece of the sums. The tiles of `left` were copied before. */
static void update_strip(const Update *update, Range rows, Range sum, Index column)
{
    const Matrix right = rows_of(update->right, sum.first, sum.last - sum.first);
    const Index vectors = vectors_of(right.columns - column), tiles = parts_of(rows.last - rows.first, TILE_ROWS);
    const Index columns = at_most(STRIP, right.columns - column);
    const int is_first = sum.first == 0, is_last = sum.last == update->right.rows;
    const Matrix strip = pack(right, column, vectors, copies.right);
    vec decays[TILE_VECTORS], sums[TILE_ROWS][TILE_VECTORS];
    for (Index j = 0; j < STRIP; j++)
        decays[j / LANES][j % LANES] = column + j < update->n_out ? update->decay : 0;
    for (Index i = 0; i < tiles; i++) {
        const Range own = tile_rows(rows, tiles, i);
        const Index height = own.last - own.first;
        fetch_ahead(right, part(right.rows, tiles, i), column + STRIP);
        fetch(update, own, column, columns);
        tile(height, vectors, right.rows, copies.left[i], 1, TILE_ACROSS * LANES, strip.data, strip.row, 0, sums);
        if (height == TILE_ROWS && columns == STRIP) /* with these constants the compiler unrolls the loops */
            step(update, own.first, column, TILE_ROWS, STRIP, is_first, is_last, decays, sums);
        else
            step(update, own.first, column, height, columns, is_first, is_last, decays, sums);
    }
}

static void update_piece(const void *job, Index index, Index pieces)
{
    const Update *update = job;
    const Matrix left = transposed(update->left);
    const Index across = at_most(pieces, PIECES), down = pieces / across;
    const Range rows = part(update->w.rows, down, index / across);
    const Range own = part(parts_of(update->w.columns, STRIP), across, index % across);
    const Index chunks = parts_of(rows.last - rows.first, CHUNK_TILES * TILE_ROWS);
    for (Index k = 0; k < left.rows; k += DEPTH)
        for (Index chunk = 0; chunk < chunks; chunk++) {
            const Range sum = {k, at_most(k + DEPTH, left.rows)}, in_chunk = tile_rows(rows, chunks, chunk);
            const Index tiles = parts_of(in_chunk.last - in_chunk.first, TILE_ROWS);
            for (Index i = 0; i < tiles; i++)
                pack(rows_of(left, k, sum.last - k), tile_rows(in_chunk, tiles, i).first, TILE_ACROSS, copies.left[i]);
            for (Index strip = own.first; strip < own.last; strip++)
                update_strip(update, in_chunk, sum, strip * STRIP);
        }
}

static void update(const Update *update)
{
    in_parallel(update_piece, update, update->w.rows * update->w.columns * update->left.columns > LEAST_WORK);
}

#endif
