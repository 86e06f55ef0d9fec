/* The arguments of a call from Python. Types and shapes are checked: memory safety depends on them. */
#ifndef DEEPBELIEF_ARGUMENTS_H
#define DEEPBELIEF_ARGUMENTS_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include "matrix.h"

#define MOST_BUFFERS 6

/* The buffers that one call has borrowed from Python, and whether one of its arguments was wrong. */
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

/* Borrow the memory of an array. `format` lists the letters of Python's struct that its dtype may have. Return NULL for
   None, and for an array with another dtype or another number of axes, which is an error. */
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
    /* NumPy does not define the stride of an axis of length 0 or 1. */
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

/* A matrix of exactly `rows` rows and at least `columns` columns, in which the numbers of a row follow each other. None
   gives an empty matrix. */
static Matrix sized(Borrowed *borrowed, PyObject *object, const char *format, int flags, Index rows, Index columns)
{
    Matrix m = matrix_of(borrowed, object, format, flags);
    require(borrowed, object == Py_None || (m.rows == rows && m.columns >= columns && m.column == 1),
            "an array does not have the shape or the layout that the others ask for");
    return m;
}

/* A contiguous vector of this length, of floats or doubles. */
static const void *numbers(Borrowed *borrowed, PyObject *object, const char *format, int flags, Index count)
{
    const Py_buffer *view = borrow(borrowed, object, format, 1, flags);
    require(borrowed, view && view->shape[0] == count && (count < 2 || view->strides[0] == view->itemsize),
            "an array does not have as many numbers, side by side, as the others ask for");
    return view ? view->buf : NULL;
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

/* Release all buffers. Return NULL if something has failed, otherwise the result of the call, or None. */
static PyObject *done(Borrowed *borrowed, PyObject *result)
{
    while (borrowed->count)
        PyBuffer_Release(&borrowed->views[--borrowed->count]);
    if (borrowed->failed)
        return NULL;
    return result ? result : Py_NewRef(Py_None);
}

#endif
