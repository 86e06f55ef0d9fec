"""MNIST, 3,000 of its rows, in the forms in which people have it."""

import numpy as np

from deepbelief.datasets import load
from zoo_data.registry import DataSet, Make, Table


def mnist_sets(folder: str) -> list[DataSet]:
    """Return the sets made from the training images in a folder.

    Raises
    ------
    DataError
        If the folder holds no MNIST.
    """
    mnist = load(folder, split="train")

    def as_(form: str) -> Make:
        def make(seed: int) -> Table:
            rows = np.random.default_rng(seed).permutation(len(mnist.images))[:3000]
            x, y = mnist.images[rows], mnist.labels[rows]
            if form == "unit":
                return x, y
            if form == "inverted":
                return 1 - x, y
            return np.rint(255 * x).astype(form), y

        return make

    return [
        DataSet("mnist", "Handwritten digits, 3000 of MNIST, ink from 0 to 1.", as_("unit"), tuned=True),
        DataSet("mnist-inverted", "The same digits as black on white: paper is 1, ink is 0.", as_("inverted")),
        DataSet("mnist-bytes", "The same digits as bytes from 0 to 255.", as_("uint8")),
        DataSet("mnist-integers", "The same digits as int64 from 0 to 255.", as_("int64")),
    ]
