/* A view of a matrix: it does not own its memory. */
#ifndef DEEPBELIEF_MATRIX_H
#define DEEPBELIEF_MATRIX_H

#include "vectors.h"

/* The number below another one in memory is `row` floats further on, and the number to the right of it is `column`
   floats further on. So a transposed matrix is the same memory with these two exchanged. */
typedef struct {
    float *data;
    Index rows, columns, row, column;
} Matrix;

ALWAYS_INLINE float *at(Matrix m, Index i, Index j)
{
    return m.data + i * m.row + j * m.column;
}

ALWAYS_INLINE Matrix transposed(Matrix m)
{
    return (Matrix){m.data, m.columns, m.rows, m.column, m.row};
}

/* The view of `rows` rows, beginning with row `first`. */
ALWAYS_INLINE Matrix rows_of(Matrix m, Index first, Index rows)
{
    return (Matrix){at(m, first, 0), rows, m.columns, m.row, m.column};
}

ALWAYS_INLINE Matrix columns_from(Matrix m, Index first)
{
    return (Matrix){at(m, 0, first), m.rows, m.columns - first, m.row, m.column};
}

#endif
