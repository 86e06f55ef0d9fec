"""Do labels follow from the rows at all? A network can learn any labels by heart, so others are asked.

Kernel ridge regression says of each row which class the others make it. To leave a row out takes no second fit: with H
the matrix that makes predictions of targets t, the prediction without row i is (p − H t)ᵢ with the share of its own
target taken away, (H t − Hᵢᵢ t)ᵢ / (1 − Hᵢᵢ) (Allen, *The relationship between variable selection and data augmentation
and a method for prediction*, 1974).
"""

import math
from collections.abc import Iterator

import numpy as np
import scipy.linalg

WIDTHS = (1.0, 0.1)  # of kernels, as shares of the median squared distance of two rows
RIDGE = 0.1  # of the mean variance in the space of the kernel
FEWEST = 10  # rows of a class: of fewer, too little is known
TELLING = 2.5  # times the limit, which answers that are all right must exceed


def agreement(rows: np.ndarray, targets: np.ndarray, limit: float) -> float | None:
    """Return by how many standard errors the labels that the other rows give a row agree with its own, beyond luck.

    Three kernels are tried, a linear one and two normal ones, and the one that does best counts.

    Parameters
    ----------
    rows : ndarray, shape (n_rows, n_features)
        NaN where nothing is known.
    targets : ndarray of int, shape (n_rows,)
        Indices of classes.
    limit : float
        Which agreement is no luck.

    Returns
    -------
    float or None
        None if there are too few rows to tell.
    """
    classes, codes, counts = np.unique(targets, return_inverse=True, return_counts=True)
    if len(classes) < 2 or counts.min() < FEWEST or beyond_luck(codes, codes) < TELLING * limit:
        return None
    wanted = np.eye(len(classes))[codes] / counts  # all classes count the same, however frequent
    found = (left_out(kernel, wanted).argmax(axis=1) for kernel in _kernels(_standardised(rows)))
    return max((beyond_luck(codes, answered) for answered in found), default=0.0)


def beyond_luck(codes: np.ndarray, answered: np.ndarray) -> float:
    """Return by how many standard errors the mean accuracy on each class is beyond what answers at random have.

    Parameters
    ----------
    codes, answered : ndarray of int, shape (n_rows,)
        The classes from 0 on, and what is said of them.

    Returns
    -------
    float
    """
    counts = np.bincount(codes)
    shares = np.bincount(answered, minlength=len(counts)) / len(codes)
    balanced = np.bincount(codes[codes == answered], minlength=len(counts)) / counts
    # Hoeffding, A combinatorial central limit theorem (1951)
    variance = len(codes) / (len(codes) - 1) * (shares * (1 - shares) / counts).sum()
    return float((balanced.sum() - 1) / math.sqrt(variance)) if variance > 0 else 0.0


def left_out(kernel: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Return what ridge regression on all other rows says of each row, beyond the mean of the others.

    Parameters
    ----------
    kernel : ndarray, shape (n_rows, n_rows)
        Inner products of the rows.
    wanted : ndarray, shape (n_rows, n_targets)

    Returns
    -------
    ndarray, shape (n_rows, n_targets)
    """
    n_rows = len(kernel)
    centred = kernel - kernel.mean(axis=0)
    centred -= centred.mean(axis=1, keepdims=True)
    penalised = centred + RIDGE * np.trace(centred) / n_rows * np.eye(n_rows)
    hat = scipy.linalg.solve(penalised, centred, assume_a="pos") + 1 / n_rows
    own = np.diag(hat)[:, None]
    others = (wanted.sum(axis=0) - wanted) / (n_rows - 1)
    return (hat @ wanted - own * wanted) / (1 - own) - others


def _standardised(rows: np.ndarray) -> np.ndarray:
    known = np.nan_to_num(rows.astype(np.float64))
    spread = known.std(axis=0)
    return (known - known.mean(axis=0)) / np.where(spread > 0, spread, 1)


def _kernels(rows: np.ndarray) -> Iterator[np.ndarray]:
    products = rows @ rows.T
    lengths = np.diag(products)
    if not lengths.any():  # no feature changes
        return
    yield products
    distances = np.maximum(lengths[:, None] + lengths - 2 * products, 0)
    median = np.median(distances[~np.eye(len(rows), dtype=bool)])
    if median > 0:
        for width in WIDTHS:
            yield np.exp(-distances / (width * median))
