"""Gathering, softmax errors and random words in C against NumPy."""

import numpy as np
import pytest

from deepbelief.core.kernels.numpy_engine import NumpyEngine
from deepbelief.core.rows import Rows

EPS = float(np.finfo(np.float32).eps)


@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
@pytest.mark.parametrize("minimum, span", [(0.0, 1.0), (0.0, 255.0), (-3.0, 7.0)])
@pytest.mark.parametrize("n_columns", [1, 7, 16, 784])
def test_rows_are_those_that_are_taken(loops, dtype, minimum, span, n_columns):
    """To the bit, into part of an array, from part of another, which may be read-only."""
    whole = np.random.default_rng(0).integers(0, 256, (50, n_columns + 3)).astype(dtype)
    matrix = whole[::2, 1:-2]
    matrix.flags.writeable = False
    indices = np.random.default_rng(1).integers(0, 25, 60)
    out = np.full((60, n_columns + 1), 7, np.float32)
    loops.gather(matrix, indices, minimum, span, out[:, :-1])
    np.testing.assert_array_equal(out[:, :-1], Rows(matrix, np.float32, "numpy", minimum, span).take(indices))
    assert (out[:, -1] == 7).all()


@pytest.mark.parametrize("wrong", [[0, 5], [-1, 0], [0], [0, 1, 2]])
def test_rows_that_there_are_not(loops, wrong):
    rows, out = np.ones((5, 3), np.float32), np.zeros((2, 3), np.float32)
    with pytest.raises(ValueError, match="index"):
        loops.gather(rows, np.array(wrong), 0.0, 1.0, out)
    assert (out == 0).all()


def test_rows_of_another_kind(loops):
    out = np.zeros((1, 3), np.float32)
    for rows in (
        np.ones((5, 3)),
        np.ones((5, 3), np.int8),
        np.ones((5, 4), np.uint8),
        np.ones((5, 6), np.uint8)[:, ::2],
    ):
        with pytest.raises(ValueError, match=r"dtype|fit"):
            loops.gather(rows, np.array([0]), 0.0, 1.0, out)


@pytest.mark.parametrize("n_rows, n_classes", [(1, 1), (3, 2), (100, 10), (7, 300)])
def test_softmax_errors(loops, n_rows, n_classes):
    logits = np.random.default_rng(0).normal(0, 5, (n_rows, n_classes)).astype(np.float32)
    targets = np.random.default_rng(1).integers(0, n_classes, n_rows)
    expected, errors = logits.astype(float), logits.copy()
    loss, n_correct = NumpyEngine(np.dtype(float)).softmax_errors(expected, targets, 0.3)
    actual = loops.softmax_errors(errors, targets, 0.3)
    np.testing.assert_allclose(errors, expected, rtol=0, atol=n_classes * EPS)
    np.testing.assert_allclose(actual[0], loss, rtol=1e-5)
    assert actual[1] == n_correct


def test_softmax_of_huge_logits(loops):
    """The largest one takes all; nothing overflows."""
    logits = np.array([[1e30, -1e30, 0]], np.float32)
    loss, n_correct = loops.softmax_errors(logits, np.array([1]), 1.0)
    np.testing.assert_array_equal(logits, [[-1, 1, 0]])
    assert (loss, n_correct) == (pytest.approx(2e30, rel=1e-6), 0)


def test_softmax_of_a_class_that_there_is_not(loops):
    with pytest.raises(ValueError, match="index"):
        loops.softmax_errors(np.ones((2, 3), np.float32), np.array([0, 3]), 1.0)
