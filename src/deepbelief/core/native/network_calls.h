/* The calls from Python that only networks make. */
#ifndef DEEPBELIEF_NETWORK_CALLS_H
#define DEEPBELIEF_NETWORK_CALLS_H

#include "arguments.h"
#include "normalization.h"
#include "products.h"
#include "rows.h"

static PyObject *call_softmax_errors(PyObject *module, PyObject *args)
{
    (void)module;
    PyObject *to, *classes;
    float scale;
    if (!PyArg_ParseTuple(args, "OOf", &to, &classes, &scale))
        return NULL;
    Borrowed borrowed = {.count = 0};
    Matrix logits = matrix_of(&borrowed, to, "f", PyBUF_WRITABLE);
    const int64_t *targets = indices(&borrowed, classes, logits.rows, logits.columns);
    require(&borrowed, logits.column == 1, "the logits of a row do not lie side by side");
    Score score = {0, 0};
    if (!borrowed.failed)
        score = softmax_errors(logits, targets, scale);
    return done(&borrowed, borrowed.failed ? NULL : Py_BuildValue("dn", score.loss, score.correct));
}

/* Read three arguments into `step`: the matrix w to be changed, and the two factors whose product is its gradient. */
static void factors_of_step(Borrowed *borrowed, Update *step, PyObject *left, PyObject *right, PyObject *w)
{
    step->left = transposed(input(borrowed, left)), step->right = input(borrowed, right);
    require(borrowed, step->left.columns == step->right.rows && step->left.columns, "the factors do not fit together");
    require(borrowed, step->left.row == 1 && step->right.column == 1,
            "the numbers of a row of one of the factors do not lie side by side");
    step->w = sized(borrowed, w, "f", PyBUF_WRITABLE, step->left.rows, step->right.columns);
    require(borrowed, w != Py_None && step->w.columns == step->right.columns, "the factors do not fit the matrix");
}

static PyObject *call_adam(PyObject *module, PyObject *args)
{
    (void)module;
    PyObject *left, *right, *w, *mean, *square, *gradient;
    Adam adam = {.first = 0};
    Update step = {.adam = &adam};
    if (!PyArg_ParseTuple(args, "OOOOOOffffff", &left, &right, &w, &mean, &square, &gradient, &adam.first, &adam.second,
                          &adam.rate, &adam.scale, &adam.epsilon, &step.decay))
        return NULL;
    Borrowed borrowed = {.count = 0};
    factors_of_step(&borrowed, &step, left, right, w);
    step.velocity = sized(&borrowed, mean, "f", PyBUF_WRITABLE, step.w.rows, step.w.columns);
    adam.square = sized(&borrowed, square, "f", PyBUF_WRITABLE, step.w.rows, step.w.columns);
    adam.gradient = sized(&borrowed, gradient, "f", PyBUF_WRITABLE, step.w.rows, step.w.columns);
    require(&borrowed, mean != Py_None && square != Py_None && gradient != Py_None, "there is nothing to write to");
    if (!borrowed.failed) {
        step.n_in = step.w.rows, step.n_out = step.w.columns;
        Py_BEGIN_ALLOW_THREADS;
        update(&step);
        Py_END_ALLOW_THREADS;
    }
    return done(&borrowed, NULL);
}

static PyObject *call_normalise(PyObject *module, PyObject *args)
{
    (void)module;
    PyObject *x, *means, *deviations;
    if (!PyArg_ParseTuple(args, "OOO", &x, &means, &deviations))
        return NULL;
    Borrowed borrowed = {.count = 0};
    Normalization normalization = {.x = matrix_of(&borrowed, x, "f", PyBUF_WRITABLE)};
    require(&borrowed, normalization.x.column == 1, "the numbers of a row of an array do not lie side by side");
    normalization.means = (float *)numbers(&borrowed, means, "f", PyBUF_WRITABLE, normalization.x.columns);
    normalization.deviations = (float *)numbers(&borrowed, deviations, "f", PyBUF_WRITABLE, normalization.x.columns);
    if (!borrowed.failed) {
        Py_BEGIN_ALLOW_THREADS;
        normalise(&normalization);
        Py_END_ALLOW_THREADS;
    }
    return done(&borrowed, NULL);
}

static PyObject *call_normal_errors(PyObject *module, PyObject *args)
{
    (void)module;
    PyObject *errors, *values, *factors, *of_biases, *of_gains;
    if (!PyArg_ParseTuple(args, "OOOOO", &errors, &values, &factors, &of_biases, &of_gains))
        return NULL;
    Borrowed borrowed = {.count = 0};
    NormalErrors normal = {.errors = matrix_of(&borrowed, errors, "f", PyBUF_WRITABLE)};
    const Index columns = normal.errors.columns;
    require(&borrowed, normal.errors.column == 1 && values != Py_None,
            "the numbers of a row of an array do not lie side by side");
    normal.values = sized(&borrowed, values, "f", 0, normal.errors.rows, columns);
    normal.factors = numbers(&borrowed, factors, "f", 0, columns);
    normal.of_biases = (float *)numbers(&borrowed, of_biases, "f", PyBUF_WRITABLE, columns);
    normal.of_gains = (float *)numbers(&borrowed, of_gains, "f", PyBUF_WRITABLE, columns);
    if (!borrowed.failed) {
        Py_BEGIN_ALLOW_THREADS;
        normal_errors(&normal);
        Py_END_ALLOW_THREADS;
    }
    return done(&borrowed, NULL);
}

static PyObject *call_scaled_units(PyObject *module, PyObject *args)
{
    (void)module;
    PyObject *x, *scales, *offsets, *out;
    if (!PyArg_ParseTuple(args, "OOOO", &x, &scales, &offsets, &out))
        return NULL;
    Borrowed borrowed = {.count = 0};
    ScaledUnits units = {.x = input(&borrowed, x)};
    require(&borrowed, units.x.column == 1 && out != Py_None,
            "the numbers of a row of an array do not lie side by side");
    units.scales = numbers(&borrowed, scales, "f", 0, units.x.columns);
    units.offsets = numbers(&borrowed, offsets, "f", 0, units.x.columns);
    units.out = sized(&borrowed, out, "f", PyBUF_WRITABLE, units.x.rows, units.x.columns);
    if (!borrowed.failed) {
        Py_BEGIN_ALLOW_THREADS;
        scaled_units(&units);
        Py_END_ALLOW_THREADS;
    }
    return done(&borrowed, NULL);
}

#endif
