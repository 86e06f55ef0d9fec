/* The Python module, which is compiled once for each instruction set. */
#include "arguments.h"
#include "network_calls.h"
#include "path.h"
#include "products.h"
#include "rows.h"

static PyObject *call_product(PyObject *args, Kind kind)
{
    PyObject *x, *w, *out, *states = Py_None, *bits = Py_None, *means = Py_None;
    Product product = {.epilogue = {.kind = kind, .scale = 1}};
    if (!PyArg_ParseTuple(args, "OOO|fOOO", &x, &w, &out, &product.epilogue.scale, &states, &bits, &means))
        return NULL;
    Borrowed borrowed = {.count = 0};
    product.x = input(&borrowed, x), product.w = input(&borrowed, w);
    Index rows = product.x.rows, columns = product.w.columns;
    require(&borrowed, product.x.columns == product.w.rows, "the factors do not fit together");
    require(&borrowed, product.w.column == 1 || product.w.row == 1,
            "one of the factors has neither rows nor columns whose numbers lie side by side");
    require(&borrowed, (states == Py_None) == (bits == Py_None), "states and bits go together");
    require(&borrowed, out != Py_None || (kind == LOGISTIC && states != Py_None), "there is nothing to write to");
    require(&borrowed, kind != SLOPE || means != Py_None, "there are no means");
    product.epilogue.out = sized(&borrowed, out, "f", PyBUF_WRITABLE, rows, columns);
    product.epilogue.states = sized(&borrowed, states, "f", PyBUF_WRITABLE, rows, columns);
    product.epilogue.bits = sized(&borrowed, bits, "I", 0, rows, columns);
    product.epilogue.means = sized(&borrowed, means, "f", 0, rows, columns);
    if (!borrowed.failed) {
        Py_BEGIN_ALLOW_THREADS;
        multiply(&product);
        Py_END_ALLOW_THREADS;
    }
    return done(&borrowed, NULL);
}

static PyObject *call_linear(PyObject *module, PyObject *args)
{
    (void)module;
    return call_product(args, LINEAR);
}

static PyObject *call_logistic(PyObject *module, PyObject *args)
{
    (void)module;
    return call_product(args, LOGISTIC);
}

static PyObject *call_slope(PyObject *module, PyObject *args)
{
    (void)module;
    return call_product(args, SLOPE);
}

static PyObject *call_update(PyObject *module, PyObject *args)
{
    (void)module;
    PyObject *left, *right, *w, *velocity;
    Update step = {.n_in = 0};
    if (!PyArg_ParseTuple(args, "OOOOffnn", &left, &right, &w, &velocity, &step.momentum, &step.decay, &step.n_in,
                          &step.n_out))
        return NULL;
    Borrowed borrowed = {.count = 0};
    factors_of_step(&borrowed, &step, left, right, w);
    step.velocity = sized(&borrowed, velocity, "f", PyBUF_WRITABLE, step.w.rows, step.w.columns);
    require(&borrowed, velocity != Py_None, "there is nothing to write to");
    if (!borrowed.failed) {
        Py_BEGIN_ALLOW_THREADS;
        update(&step);
        Py_END_ALLOW_THREADS;
    }
    return done(&borrowed, NULL);
}

static PyObject *call_gather(PyObject *module, PyObject *args)
{
    (void)module;
    PyObject *rows, *which, *to;
    Gather gather = {.rows = NULL};
    if (!PyArg_ParseTuple(args, "OOffO", &rows, &which, &gather.minimum, &gather.span, &to))
        return NULL;
    Borrowed borrowed = {.count = 0};
    const Py_buffer *from = borrow(&borrowed, rows, "fB", 2, 0);
    gather.out = matrix_of(&borrowed, to, "f", PyBUF_WRITABLE);
    gather.indices = indices(&borrowed, which, gather.out.rows, from ? from->shape[0] : 0);
    require(&borrowed, from && from->shape[1] == gather.out.columns && from->strides[1] == from->itemsize &&
                           gather.out.column == 1,
            "the rows do not fit where they are to go");
    if (!borrowed.failed) {
        gather.rows = from->buf, gather.stride = from->strides[0], gather.are_bytes = from->itemsize == 1;
        Py_BEGIN_ALLOW_THREADS;
        gather_rows(&gather);
        Py_END_ALLOW_THREADS;
    }
    return done(&borrowed, NULL);
}

static PyObject *call_centre(PyObject *module, PyObject *args)
{
    (void)module;
    PyObject *rows, *mean;
    if (!PyArg_ParseTuple(args, "OO", &rows, &mean))
        return NULL;
    Borrowed borrowed = {.count = 0};
    Centring centring = {.x = matrix_of(&borrowed, rows, "f", PyBUF_WRITABLE)};
    centring.offsets = numbers(&borrowed, mean, "f", 0, centring.x.columns - 1);
    require(&borrowed, centring.x.column == 1, "the numbers of a row of an array do not lie side by side");
    if (!borrowed.failed) {
        Py_BEGIN_ALLOW_THREADS;
        centre(&centring);
        Py_END_ALLOW_THREADS;
    }
    return done(&borrowed, NULL);
}

static Inputs inputs_of(Borrowed *borrowed, PyObject *x, PyObject *betas, PyObject *fields, PyObject *biases)
{
    Inputs inputs = {.x = input(borrowed, x)};
    require(borrowed, inputs.x.column == 1, "the numbers of a row of an array do not lie side by side");
    inputs.betas = numbers(borrowed, betas, "d", 0, inputs.x.rows);
    inputs.fields = numbers(borrowed, fields, "f", 0, inputs.x.columns);
    inputs.biases = numbers(borrowed, biases, "f", 0, inputs.x.columns);
    return inputs;
}

static PyObject *call_draw(PyObject *module, PyObject *args)
{
    (void)module;
    PyObject *x, *betas, *fields, *biases, *states, *bits;
    if (!PyArg_ParseTuple(args, "OOOOOO", &x, &betas, &fields, &biases, &states, &bits))
        return NULL;
    Borrowed borrowed = {.count = 0};
    Draw draw = {.inputs = inputs_of(&borrowed, x, betas, fields, biases)};
    Index rows = draw.inputs.x.rows, columns = draw.inputs.x.columns;
    draw.states = sized(&borrowed, states, "f", PyBUF_WRITABLE, rows, columns);
    draw.bits = sized(&borrowed, bits, "I", 0, rows, columns);
    require(&borrowed, states != Py_None && bits != Py_None, "there is nothing to write to, or to draw with");
    if (!borrowed.failed) {
        Py_BEGIN_ALLOW_THREADS;
        draw_states(&draw);
        Py_END_ALLOW_THREADS;
    }
    return done(&borrowed, NULL);
}

static PyObject *call_changes(PyObject *module, PyObject *args)
{
    (void)module;
    PyObject *x, *others, *betas, *fields, *biases, *out;
    if (!PyArg_ParseTuple(args, "OOOOOO", &x, &others, &betas, &fields, &biases, &out))
        return NULL;
    Borrowed borrowed = {.count = 0};
    Change change = {.inputs = inputs_of(&borrowed, x, betas, fields, biases)};
    change.others = numbers(&borrowed, others, "d", 0, change.inputs.x.rows);
    change.changes = (double *)numbers(&borrowed, out, "d", PyBUF_WRITABLE, change.inputs.x.rows);
    if (!borrowed.failed) {
        Py_BEGIN_ALLOW_THREADS;
        changes(&change);
        Py_END_ALLOW_THREADS;
    }
    return done(&borrowed, NULL);
}

static PyObject *call_set_threads(PyObject *module, PyObject *args)
{
    (void)module;
    Py_ssize_t size;
    if (!PyArg_ParseTuple(args, "n", &size))
        return NULL;
    Py_BEGIN_ALLOW_THREADS;
    resize_pool(size);
    Py_END_ALLOW_THREADS;
    Py_RETURN_NONE;
}

static PyMethodDef methods[] = {
    {"linear", call_linear, METH_VARARGS, "linear(x, w, out): out = x w"},
    {"logistic", call_logistic, METH_VARARGS,
     "logistic(x, w, out, scale, states, bits): p = logistic(x w); out = scale * p; states drawn from p with the bits"},
    {"slope", call_slope, METH_VARARGS, "slope(x, w, out, 1, None, None, means): out = x w * means * (1 - means)"},
    {"update", call_update, METH_VARARGS,
     "update(left, right, w, velocity, momentum, decay, n_in, n_out): velocity = momentum * velocity - decay * w + "
     "left' right; w = w + velocity; only n_in rows and n_out columns decay"},
    {"gather", call_gather, METH_VARARGS,
     "gather(rows, indices, minimum, span, out): out[i] = (rows[indices[i]] - minimum) / span"},
    {"centre", call_centre, METH_VARARGS,
     "centre(x, offsets): for each row [y, b] of x: y = y - b * offsets, then b = b - sum(y * offsets)"},
    {"draw", call_draw, METH_VARARGS,
     "draw(x, betas, fields, biases, states, bits): states drawn from logistic(beta x + (1 - beta) field + bias)"},
    {"changes", call_changes, METH_VARARGS,
     "changes(x, others, betas, fields, biases, out): the sums of log(1 + exp(beta x + (1 - beta) field + bias)) over "
     "the columns of each row, less those with the other beta"},
    {"softmax_errors", call_softmax_errors, METH_VARARGS,
     "softmax_errors(logits, targets, scale): logits = scale * (targets - softmax(logits)); returns summed loss, hits"},
    {"adam", call_adam, METH_VARARGS,
     "adam(left, right, w, mean, square, gradient, first, second, rate, scale, epsilon, decay): g = left' right - decay "
     "* w; mean = first * mean + (1 - first) * g; square = second * square + (1 - second) * g * g; w = w + rate * mean "
     "/ (scale * square^1/2 + epsilon); a long sum needs a place for g"},
    {"normalise", call_normalise, METH_VARARGS,
     "normalise(x, means, deviations): x = (x - mean) / deviation, with the moments of each column"},
    {"normal_errors", call_normal_errors, METH_VARARGS,
     "normal_errors(errors, values, factors, of_biases, of_gains): the sums of errors, and of errors * values, over the "
     "rows; errors = factor * (errors - mean of errors - values * mean of errors * values)"},
    {"scaled_units", call_scaled_units, METH_VARARGS,
     "scaled_units(x, scales, offsets, out): out = logistic(x * scale + offset), with those of each column"},
    {"set_threads", call_set_threads, METH_VARARGS, "set_threads(size): how many threads share the work"},
    {NULL, NULL, 0, NULL},
};

#define JOINED(a, b) a##b
#define INIT(name) JOINED(PyInit_, name)
#define TEXT(name) #name
#define NAME(name) TEXT(name)

#ifdef __clang__
#define COMPILER "Clang " NAME(__clang_major__) "." NAME(__clang_minor__)
#else
#define COMPILER "GCC " NAME(__GNUC__) "." NAME(__GNUC_MINOR__)
#endif

static struct PyModuleDef definition = {
    .m_base = PyModuleDef_HEAD_INIT,
    .m_name = NAME(MODULE),
    .m_doc = "Loops in C for processors with these instructions, see products.h.",
    .m_size = -1,
    .m_methods = methods,
};

PyMODINIT_FUNC INIT(MODULE)(void)
{
    if (!HAS_INSTRUCTIONS) {
        PyErr_SetString(PyExc_ImportError, "this processor lacks the instructions of " NAME(MODULE));
        return NULL;
    }
    PyObject *module = PyModule_Create(&definition);
    if (!module || PyModule_AddStringConstant(module, "compiler", COMPILER) < 0) {
        Py_XDECREF(module);
        return NULL;
    }
    pthread_atfork(NULL, NULL, forget_threads);
    return module;
}
