"""The handwritten digits that come with scikit-learn."""

import numpy as np

from deepbelief.datasets.dataset import Dataset


def read_digits(*, with_labels: bool = True) -> Dataset:
    """Read scikit-learn's bundled digits: 1797 images of 8×8 pixels in 0..16, here divided by 16.

    Parameters
    ----------
    with_labels : bool, default=True
        Whether the labels are read too.

    Returns
    -------
    Dataset
    """
    from sklearn.datasets import load_digits

    digits = load_digits()
    images = digits.data.astype(np.float32, order="C")
    images /= 16
    labels = digits.target.astype(np.int64) if with_labels else None
    return Dataset(images, labels, (8, 8), "digits (scikit-learn's bundled 8×8 digits)", "digits")
