/* The Python module, once for each instruction set. It checks types and shapes, which memory depends on. */
#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include "products.h"
#include "rows.h"

#define MOST_BUFFERS 6

/* The buffers that one call has borrowed from Python, and whether all is as it should be. */
typedef struct {
    Py_buffer views[MOST_BUFFERS];
    int count, failed;
} Borrowed;

static void require(Borrowed *borrowed, int condition, const char *what)
{
    if (!borrowed->failed && !condition) {
        PyErr_SetString(PyExc_ValueError, what);
        borrowed->failed = 1;
    }
}

/* An array with this dtype (in the letters of Python's struct) and so many axes; NULL where it is not, or None. */
static const Py_buffer *borrow(Borrowed *borrowed, PyObject *object, const char *format, int axes, int flags)
{
    if (borrowed->failed || object == Py_None)
        return NULL;
    Py_buffer *view = &borrowed->views[borrowed->count];
    if (PyObject_GetBuffer(object, view, PyBUF_STRIDES | PyBUF_FORMAT | flags) < 0) {
        borrowed->failed = 1;
        return NULL;
    }
    borrowed->count++;
    require(borrowed, view->ndim == axes && strchr(format, view->format[0]) && !view->format[1],
            "an array has another dtype or number of axes than this function takes");
    return borrowed->failed ? NULL : view;
}

static Matrix matrix_of(Borrowed *borrowed, PyObject *object, const char *format, int flags)
{
    const Py_buffer *view = borrow(borrowed, object, format, 2, flags);
    if (!view)
        return (Matrix){0};
    Index size = view->itemsize;
    require(borrowed, view->strides[0] % size == 0 && view->strides[1] % size == 0, "an array is not aligned");
    Matrix m = {view->buf, view->shape[0], view->shape[1], view->strides[0] / size, view->strides[1] / size};
    /* Of a single row or column, or none, NumPy leaves open how far it is to the next. */
    if (m.columns < 2 || m.rows == 0)
        m.column = 1;
    if (m.rows < 2 || m.columns == 0)
        m.row = m.column == 1 ? m.columns + 1 : 1;
    require(borrowed, m.row > 0 && m.column > 0, "rows or columns of an array lie on top of each other, or backwards");
    return m;
}

static Matrix input(Borrowed *borrowed, PyObject *object)
{
    return matrix_of(borrowed, object, "f", 0);
}

/* One that is written to, or read, as far as these rows and columns, the latter side by side; or None. */
static Matrix sized(Borrowed *borrowed, PyObject *object, const char *format, int flags, Index rows, Index columns)
{
    Matrix m = matrix_of(borrowed, object, format, flags);
    require(borrowed, object == Py_None || (m.rows == rows && m.columns >= columns && m.column == 1),
            "an array does not have the shape or the layout that the others ask for");
    return m;
}

static const int64_t *indices(Borrowed *borrowed, PyObject *object, Index count, Index limit)
{
    const Py_buffer *view = borrow(borrowed, object, "lq", 1, 0);
    require(borrowed, view != NULL, "there is not one index for each row");
    if (!view)
        return NULL;
    const int64_t *numbers = view->buf;
    int are_valid = view->itemsize == 8 && view->shape[0] == count && (count < 2 || view->strides[0] == 8);
    for (Index i = 0; are_valid && i < count; i++)
        are_valid = numbers[i] >= 0 && numbers[i] < limit;
    require(borrowed, are_valid, "there is not one index for each row, or one of them is out of range");
    return numbers;
}

/* Give everything back, and return what the call returns: NULL if something has failed, else the result, or None. */
static PyObject *done(Borrowed *borrowed, PyObject *result)
{
    while (borrowed->count)
        PyBuffer_Release(&borrowed->views[--borrowed->count]);
    if (borrowed->failed)
        return NULL;
    return result ? result : Py_NewRef(Py_None);
}

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
    require(&borrowed, product.w.column == 1 || (product.w.row == 1 && product.x.column == 1),
            "the factors have a layout that there is no product for");
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
    step.left = transposed(input(&borrowed, left)), step.right = input(&borrowed, right);
    Index rows = step.left.rows, columns = step.right.columns;
    require(&borrowed, step.left.columns == step.right.rows && step.left.columns && step.right.column == 1,
            "the factors do not fit together");
    step.w = sized(&borrowed, w, "f", PyBUF_WRITABLE, rows, columns);
    step.velocity = sized(&borrowed, velocity, "f", PyBUF_WRITABLE, rows, columns);
    require(&borrowed, w != Py_None && velocity != Py_None && step.w.columns == columns,
            "the factors do not fit the matrix");
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
    const Py_buffer *offsets = borrow(&borrowed, mean, "f", 1, 0);
    require(&borrowed, offsets && offsets->shape[0] + 1 == centring.x.columns && centring.x.column == 1 &&
                           (offsets->shape[0] < 2 || offsets->strides[0] == offsets->itemsize),
            "the offsets do not fit the columns");
    if (!borrowed.failed) {
        centring.offsets = offsets->buf;
        Py_BEGIN_ALLOW_THREADS;
        centre(&centring);
        Py_END_ALLOW_THREADS;
    }
    return done(&borrowed, NULL);
}

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
    {"softmax_errors", call_softmax_errors, METH_VARARGS,
     "softmax_errors(logits, targets, scale): logits = scale * (targets - softmax(logits)); returns summed loss, hits"},
    {"set_threads", call_set_threads, METH_VARARGS, "set_threads(size): how many threads share the work"},
    {NULL, NULL, 0, NULL},
};

#define JOINED(a, b) a##b
#define INIT(name) JOINED(PyInit_, name)
#define TEXT(name) #name
#define NAME(name) TEXT(name)

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
    pthread_atfork(NULL, NULL, forget_threads);
    return PyModule_Create(&definition);
}
