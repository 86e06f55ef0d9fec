"""Problems with a shape of their own: wide, tiny, imbalanced, of many classes, with curved borders.

``wide``, ``imbalanced`` and ``moons`` are as hard as the sets on which the old defaults were found to fail.
"""

import numpy as np
from sklearn.datasets import make_blobs, make_circles, make_classification, make_moons

from zoo_data.registry import Room, Table

ROOM = Room()


@ROOM.holds("wide", "make_classification: 160 rows, 2000 features, 40 of them informative.", tuned=True)
def wide(seed: int) -> Table:
    return make_classification(160, 2000, n_informative=40, class_sep=1.5, random_state=seed)


@ROOM.holds("imbalanced", "make_classification: 3000 rows, 30 features, 7 % of the rows positive.", tuned=True)
def imbalanced(seed: int) -> Table:
    return make_classification(3000, 30, n_informative=5, weights=[0.93], random_state=seed + 1)


@ROOM.holds("tiny", "Fifty rows of eight features, two classes that overlap.")
def tiny(seed: int) -> Table:
    rng = np.random.default_rng(seed)
    y = np.arange(50) % 2
    return rng.normal(size=(50, 8)) + 0.9 * np.outer(y, rng.normal(size=8)) + 3.0, y


@ROOM.holds("many-class", "Fifty classes of 50 rows each, in 20 dimensions.")
def many_class(seed: int) -> Table:
    x, y = make_blobs(2500, 20, centers=50, cluster_std=5.0, random_state=seed)
    return x, y


@ROOM.holds("moons", "Two interleaved half circles in the plane.", tuned=True)
def moons(seed: int) -> Table:
    return make_moons(1000, noise=0.15, random_state=seed)


@ROOM.holds("circles", "A circle within a circle, among six features of noise.")
def circles(seed: int) -> Table:
    x, y = make_circles(1000, noise=0.1, factor=0.5, random_state=seed)
    return np.hstack([x, 0.3 * np.random.default_rng(seed).normal(size=(1000, 6))]), y


@ROOM.holds("xor", "The sign of a product of two of ten normal features.", tuned=True)
def xor(seed: int) -> Table:
    x = np.random.default_rng(seed).normal(size=(2000, 10))
    return x, (x[:, 0] * x[:, 1] > 0).astype(int)


@ROOM.holds("parity", "The parity of three of twelve bits; one label in twenty is wrong.", tuned=True)
def parity(seed: int) -> Table:
    rng = np.random.default_rng(seed)
    x = rng.integers(0, 2, (2000, 12))
    return x.astype(float), (x[:, :3].sum(1) + (rng.random(2000) < 0.05)) % 2


@ROOM.holds("clusters", "make_classification: three classes of four clusters each, in 12 of 25 features.")
def clusters(seed: int) -> Table:
    return make_classification(
        2000, 25, n_informative=12, n_redundant=5, n_classes=3, n_clusters_per_class=4, random_state=seed
    )


@ROOM.holds("correlated", "Sixty copies of one strong factor with noise; the classes lie in two weak ones.")
def correlated(seed: int) -> Table:
    rng = np.random.default_rng(seed)
    factors = rng.normal(size=(1000, 3)) * [10.0, 1.0, 1.0]
    x = factors @ rng.normal(size=(3, 60)) + 0.5 * rng.normal(size=(1000, 60)) + 100.0
    return x, (factors[:, 1] > 0) * 2 + (factors[:, 2] > 0)
