"""Data sets that scikit-learn brings or fetches."""

from http.client import HTTPException
from pathlib import Path

import numpy as np

from deepbelief.datasets.dataset import Dataset, images_from_bytes
from deepbelief.errors import DataError


def read_digits(*, with_labels: bool = True) -> Dataset:
    """Read scikit-learn's bundled digits: 1797 images of 8×8 pixels in 0..16, here divided by 16."""
    from sklearn.datasets import load_digits

    digits = load_digits()
    images = digits.data.astype(np.float32, order="C")
    images /= 16
    labels = digits.target.astype(np.int64) if with_labels else None
    return Dataset(images, labels, (8, 8), "digits (scikit-learn's bundled 8×8 digits)", "digits")


def fetch_mnist(data_home: str | Path | None = None) -> Dataset:
    """Fetch all 70,000 images of MNIST from OpenML, or from scikit-learn's cache if they were fetched before.

    Parameters
    ----------
    data_home : str, Path or None
        Folder of the cache; None for scikit-learn's own.

    Returns
    -------
    Dataset
        `images` of shape (70000, 784): 60,000 for training, then 10,000 for testing.

    Raises
    ------
    DataError
        If OpenML cannot be reached or sends something else than MNIST.
    """
    from sklearn.datasets import fetch_openml

    try:
        # liac-arff is slow but, unlike the pandas parser, asks for no further package.
        pixels, labels = fetch_openml(
            "mnist_784", version=1, data_home=data_home, return_X_y=True, as_frame=False, parser="liac-arff"
        )
        if pixels.shape[1:] != (28 * 28,):
            raise ValueError(f"it sent an array of shape {pixels.shape}")
        images, numbers = images_from_bytes(pixels), labels.astype(np.int64)
    except (OSError, HTTPException, ValueError) as error:
        cause = " ".join(str(error).split()) or type(error).__name__
        raise DataError(
            f"mnist_784 could not be fetched from OpenML ({cause}); check the network, or load MNIST's files from disk"
        ) from error
    return Dataset(images, numbers, (28, 28), "mnist_784 (MNIST, version 1 on OpenML)", "mnist")
