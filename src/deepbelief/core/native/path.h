/* Binary units at the inverse temperatures (betas) of annealing and tempering, each row at its own beta. The matrix
   product that the inputs need was computed before. */
#ifndef DEEPBELIEF_PATH_H
#define DEEPBELIEF_PATH_H

#include <math.h>

#include "matrix.h"
#include "parallel.h"
#include "rows.h"

#define FEW_VECTORS 32 /* a product of so many numbers between 1 and 2 fits a float, and that of all lanes a double */

/* The inputs of the units of a row: beta x + (1 - beta) field + bias, with the beta of the row. */
typedef struct {
    Matrix x;
    const double *betas;
    const float *fields, *biases;
} Inputs;

/* Return inputs at the beta of the row. `rise` becomes x - field, by which an input rises from beta 0 to beta 1. */
ALWAYS_INLINE vec input_at(const Inputs *inputs, Index row, Index column, Index count, vec *rise)
{
    vec field = load_some(inputs->fields + column, count);
    *rise = load_some(at(inputs->x, row, column), count) - field;
    return (float)inputs->betas[row] * *rise + (field + load_some(inputs->biases + column, count));
}

/* Draw states: a unit is 1 with probability logistic(input). */
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

/* For each row, the sum over its units of log(1 + exp(input)) at the beta of the row, minus the same at another beta.

   Because log(1 + exp(y)) = max(y, 0) + log(1 + exp(-|y|)), this is a sum of two parts. The change of max(y, 0) is
   added up directly (`straight`). The changes of log(1 + exp(-|y|)) are not computed one by one: the factors 1 +
   exp(-|y|) of many units, which lie between 1 and 2, are multiplied, for both betas, and then one logarithm of the
   quotient is taken. */
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
