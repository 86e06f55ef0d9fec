/* Batch normalisation: each column of the inputs gets mean 0 and variance 1 over the rows of a batch. */
#ifndef DEEPBELIEF_NORMALIZATION_H
#define DEEPBELIEF_NORMALIZATION_H

#include "matrix.h"
#include "parallel.h"
#include "rows.h"

#define VARIANCE 1e-5f /* added to each variance, as core/normalization.py does */

/* x = (x - mean) / deviation, with the mean and the standard deviation of each column of x. */
typedef struct {
    Matrix x;
    float *means, *deviations;
} Normalization;

static void normalization_piece(const void *job, Index index, Index pieces)
{
    const Normalization *normalization = job;
    const Matrix x = normalization->x;
    const Range own = part(parts_of(x.columns, LANES), pieces, index);
    for (Index j = own.first * LANES; j < at_most(own.last * LANES, x.columns); j += LANES) {
        const Index count = x.columns - j;
        vec mean = {0}, variance = {0};
        for (Index i = 0; i < x.rows; i++)
            mean += load_some(at(x, i, j), count);
        mean /= (float)x.rows;
        for (Index i = 0; i < x.rows; i++) {
            vec difference = load_some(at(x, i, j), count) - mean;
            variance += difference * difference;
        }
        vec deviation = root(variance / (float)x.rows + VARIANCE), inverse = 1.0f / deviation;
        for (Index i = 0; i < x.rows; i++)
            store_some(at(x, i, j), count, (load_some(at(x, i, j), count) - mean) * inverse);
        store_some(normalization->means + j, count, mean);
        store_some(normalization->deviations + j, count, deviation);
    }
}

static void normalise(const Normalization *normalization)
{
    in_parallel(normalization_piece, normalization, normalization->x.rows * normalization->x.columns > LEAST_NUMBERS);
}

/* Backpropagation through the normalisation. In each column
     errors = factor * (errors - mean(errors) - values * mean(errors * values)).
   The sums of errors and of errors * values are the gradients of bias and gain. */
typedef struct {
    Matrix errors, values;
    const float *factors;
    float *of_biases, *of_gains;
} NormalErrors;

static void normal_errors_piece(const void *job, Index index, Index pieces)
{
    const NormalErrors *normal = job;
    const Matrix errors = normal->errors, values = normal->values;
    const Range own = part(parts_of(errors.columns, LANES), pieces, index);
    for (Index j = own.first * LANES; j < at_most(own.last * LANES, errors.columns); j += LANES) {
        const Index count = errors.columns - j;
        const float share = 1.0f / (float)errors.rows;
        vec of_bias = {0}, of_gain = {0}, factor = load_some(normal->factors + j, count);
        for (Index i = 0; i < errors.rows; i++) {
            vec error = load_some(at(errors, i, j), count);
            of_bias += error;
            of_gain += error * load_some(at(values, i, j), count);
        }
        for (Index i = 0; i < errors.rows; i++) {
            vec error = load_some(at(errors, i, j), count), value = load_some(at(values, i, j), count);
            store_some(at(errors, i, j), count, factor * (error - share * (of_bias + value * of_gain)));
        }
        store_some(normal->of_biases + j, count, of_bias);
        store_some(normal->of_gains + j, count, of_gain);
    }
}

static void normal_errors(const NormalErrors *normal)
{
    in_parallel(normal_errors_piece, normal, normal->errors.rows * normal->errors.columns > LEAST_NUMBERS);
}

/* out = logistic(x * scale + offset); each column has its own scale and offset. */
typedef struct {
    Matrix x, out;
    const float *scales, *offsets;
} ScaledUnits;

static void scaled_units_piece(const void *job, Index index, Index pieces)
{
    const ScaledUnits *units = job;
    const Range own = part(units->x.rows, pieces, index);
    for (Index i = own.first; i < own.last; i++)
        for (Index j = 0; j < units->x.columns; j += LANES) {
            const Index count = units->x.columns - j;
            vec scale = load_some(units->scales + j, count), offset = load_some(units->offsets + j, count);
            store_some(at(units->out, i, j), count, logistic(load_some(at(units->x, i, j), count) * scale + offset));
        }
}

static void scaled_units(const ScaledUnits *units)
{
    in_parallel(scaled_units_piece, units, units->x.rows * units->x.columns > LEAST_NUMBERS);
}

#endif
