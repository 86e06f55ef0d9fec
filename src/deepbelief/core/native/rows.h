/* Operations row by row: gathering a batch, centring it, and the errors of a softmax layer. */
#ifndef DEEPBELIEF_ROWS_H
#define DEEPBELIEF_ROWS_H

#include <math.h>

#include "matrix.h"
#include "parallel.h"

#define LEAST_NUMBERS 20000 /* with fewer numbers, one core is faster */

/* out[i] = (rows[indices[i]] - minimum) / span. Rows hold bytes or floats, and each begins `stride` bytes after the one
   before. */
typedef struct {
    const char *rows;
    Index stride;
    int are_bytes;
    const int64_t *indices;
    float minimum, span;
    Matrix out;
} Gather;

static void gather_piece(const void *job, Index index, Index pieces)
{
    const Gather *gather = job;
    const float minimum = gather->minimum, span = gather->span;
    const Index columns = gather->out.columns;
    const Range own = part(gather->out.rows, pieces, index);
    for (Index i = own.first; i < own.last; i++) {
        const char *row = gather->rows + gather->indices[i] * gather->stride;
        const uint8_t *bytes = (const uint8_t *)row;
        const float *floats = (const float *)row;
        float *to = at(gather->out, i, 0);
        if (gather->are_bytes)
            for (Index j = 0; j < columns; j++)
                to[j] = (bytes[j] - minimum) / span;
        else if (minimum != 0 || span != 1)
            for (Index j = 0; j < columns; j++)
                to[j] = (floats[j] - minimum) / span;
        else
            memcpy(to, floats, sizeof(float) * (size_t)columns);
    }
}

static void gather_rows(const Gather *gather)
{
    in_parallel(gather_piece, gather, gather->out.rows * gather->out.columns > LEAST_NUMBERS);
}

/* See call_centre. */
typedef struct {
    Matrix x; /* one column for each offset, and a last column for the biases */
    const float *offsets;
} Centring;

static void centre_piece(const void *job, Index index, Index pieces)
{
    const Centring *centring = job;
    const float *offsets = centring->offsets;
    const Index columns = centring->x.columns - 1;
    const Range own = part(centring->x.rows, pieces, index);
    for (Index i = own.first; i < own.last; i++) {
        float *row = at(centring->x, i, 0), *border = row + columns, sum = 0;
        vec sums = {0};
        for (Index j = 0; j < columns; j += LANES) {
            vec offset = load_some(offsets + j, columns - j);
            vec moved = load_some(row + j, columns - j) - *border * offset;
            store_some(row + j, columns - j, moved);
            sums += moved * offset; /* lanes beyond the last column hold zeros */
        }
        for (Index lane = 0; lane < LANES; lane++)
            sum += sums[lane];
        *border -= sum;
    }
}

static void centre(const Centring *centring)
{
    in_parallel(centre_piece, centring, centring->x.rows * centring->x.columns > LEAST_NUMBERS);
}

typedef struct {
    double loss;   /* the summed cross-entropy */
    Index correct; /* how many rows have their largest logit at the target */
} Score;

/* Replace logits by scale * (targets - probabilities). */
static Score softmax_errors(Matrix logits, const int64_t *targets, float scale)
{
    Score score = {0, 0};
    for (Index i = 0; i < logits.rows; i++) {
        float *row = at(logits, i, 0);
        Index best = 0;
        for (Index k = 1; k < logits.columns; k++)
            if (row[k] > row[best])
                best = k;
        float highest = row[best], of_target = row[targets[i]] - highest, total = 0;
        for (Index k = 0; k < logits.columns; k++)
            total += row[k] = expf(row[k] - highest);
        for (Index k = 0; k < logits.columns; k++)
            row[k] *= -scale / total;
        row[targets[i]] += scale;
        score.loss += logf(total) - of_target;
        score.correct += best == targets[i];
    }
    return score;
}

#endif
