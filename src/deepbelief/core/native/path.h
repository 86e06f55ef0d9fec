/* Binary units on the path of annealing and tempering, row by row, from a product that was computed before. */
#ifndef DEEPBELIEF_PATH_H
#define DEEPBELIEF_PATH_H

#include <math.h>

#include "matrix.h"
#include "parallel.h"
#include "rows.h"

#define FEW_VECTORS 32 /* of numbers from 1 to 2: a float has room for their product, a double for that of all lanes */

/* The inputs of units at a beta of their row: beta x + (1 - beta) field + bias. */
typedef struct {
    Matrix x;
    const double *betas;
    const float *fields, *biases;
} Inputs;

/* The difference of x and the field, and the input at beta. */
ALWAYS_INLINE vec input_at(const Inputs *inputs, Index row, Index column, Index count, vec *rise)
{
    vec field = load_some(inputs->fields + column, count);
    *rise = load_some(at(inputs->x, row, column), count) - field;
    return (float)inputs->betas[row] * *rise + (field + load_some(inputs->biases + column, count));
}

/* States drawn with logistic(inputs). */
typedef struct {
    Inputs inputs;
    Matrix states, bits;
} Draw;

static void draw_piece(const void *job, Index index, Index pieces)
{
    const Draw *draw = job;
    const Index columns = draw->inputs.x.columns;
    const Range own = part(draw->inputs.x.rows, pieces, index);
    for (Index i = own.first; i < own.last; i++)
        for (Index j = 0; j < columns; j += LANES) {
            Index count = columns - j;
            vec rise, p = logistic(input_at(&draw->inputs, i, j, count, &rise));
            uvec bits = (uvec)load_some(at(draw->bits, i, j), count);
            store_some(at(draw->states, i, j), count, drawn(bits, p));
        }
}

static void draw_states(const Draw *draw)
{
    in_parallel(draw_piece, draw, draw->inputs.x.rows * draw->inputs.x.columns > LEAST_NUMBERS);
}

/* The log-partitions log(1 + exp(input)) at beta less those at another beta, summed over the units of each row. With
   log(1 + exp(y)) = max(y, 0) + log(1 + exp(-|y|)), the first part changes by what the input does, or by a piece of
   it; the second is the logarithm of a quotient of two products, whose factors are between 1 and 2. */
typedef struct {
    Inputs inputs;
    const double *others;
    double *changes;
} Change;

ALWAYS_INLINE double product_of_lanes(vec x)
{
    double product = 1;
    for (Index lane = 0; lane < LANES; lane++)
        product *= (double)x[lane];
    return product;
}

static double change_of_row(const Change *change, Index row)
{
    const Index columns = change->inputs.x.columns;
    const float step = (float)(change->inputs.betas[row] - change->others[row]);
    const vec zero = {0}, one = zero + 1.0f;
    double sum = 0;
    for (Index first = 0; first < columns; first += FEW_VECTORS * LANES) {
        vec straight = zero, here = one, there = one;
        Index last = at_most(columns, first + FEW_VECTORS * LANES);
        for (Index j = first; j < last; j += LANES) {
            vec rise, y = input_at(&change->inputs, row, j, last - j, &rise);
            vec moved = step * rise, other = y - moved;
            ivec up = y > zero, other_up = other > zero;
            straight += choose(up, choose(other_up, moved, y), choose(other_up, -other, zero));
            here *= one + exponential(choose(up, -y, y)); /* lanes beyond the last column cancel out */
            there *= one + exponential(choose(other_up, -other, other));
        }
        for (Index lane = 0; lane < LANES; lane++)
            sum += (double)straight[lane];
        sum += log(product_of_lanes(here) / product_of_lanes(there));
    }
    return sum;
}

static void change_piece(const void *job, Index index, Index pieces)
{
    const Change *change = job;
    const Range own = part(change->inputs.x.rows, pieces, index);
    for (Index i = own.first; i < own.last; i++)
        change->changes[i] = change_of_row(change, i);
}

static void changes(const Change *change)
{
    in_parallel(change_piece, change, change->inputs.x.rows * change->inputs.x.columns > LEAST_NUMBERS);
}

#endif
