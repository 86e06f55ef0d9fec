"""Small fitted models that the pictures are made of."""

import numpy as np
import pytest
from sklearn.datasets import load_breast_cancer, load_digits
from sklearn.preprocessing import StandardScaler

from deepbelief import DBN, RBM, DBNClassifier


@pytest.fixture(scope="session")
def digits():
    """(X in 0..1 at float64, y), 300 rows."""
    X, y = load_digits(return_X_y=True)
    return X[:300] / 16, y[:300]


@pytest.fixture(scope="session")
def dbn(digits):
    """Three layers over 64 pixels, trained at float64."""
    return DBN((40, 30, 20), visible="bernoulli", n_iter=4, random_state=0).fit(digits[0])


@pytest.fixture(scope="session")
def classifier(digits):
    """Learned from the first 200 rows, so that the others hold some mistakes."""
    net = DBNClassifier((30, 20), pretrain_epochs=3, softmax_epochs=2, finetune_epochs=2, random_state=0)
    return net.fit(digits[0][:200], digits[1][:200])


@pytest.fixture(scope="session")
def table():
    """Thirty standardised measurements with names: a DataFrame."""
    frame = load_breast_cancer(as_frame=True).data[:200].copy()
    frame[:] = StandardScaler().fit_transform(frame)
    return frame


@pytest.fixture(scope="session")
def gaussian(table):
    """An RBM on the table: no picture to be made of its 30 features."""
    return RBM(40, visible="gaussian", n_iter=3, random_state=0).fit(table)


@pytest.fixture
def ax():
    """Axes that need no pyplot."""
    from matplotlib.figure import Figure

    return Figure(figsize=(6, 6), layout="constrained").add_subplot()


@pytest.fixture
def words():
    """Reads everything that is written into an Axes as text, in order."""
    return lambda ax: [text.get_text() for text in ax.texts]


@pytest.fixture
def mosaic():
    """Reads the one image of an Axes, as an array with NaN where there is no tile."""

    def read(ax):
        (image,) = ax.images
        return np.ma.filled(image.get_array(), np.nan)

    return read
