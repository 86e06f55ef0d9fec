"""What the benchmarks learn from: MNIST, and binary patterns of any width that have something to be learned."""

from pathlib import Path

import numpy as np


def mnist(folder: str | Path, split: str = "train") -> tuple[np.ndarray, np.ndarray]:
    """Return images as float32 in [0, 1] and labels, from a folder with MNIST's IDX files or with a folder mnist/."""
    from deepbelief import datasets

    folder = Path(folder)
    loaded = datasets.load(folder / "mnist" if (folder / "mnist").is_dir() else folder, split=split)
    return loaded.images, loaded.labels


def patterns(n_rows: int, n_features: int) -> np.ndarray:
    """Return noisy copies of five prototypes, float32: every row takes one of them with a twentieth of its bits turned.

    Independent random bits would do for the clock, but nothing can be learned from them, and so whether two programs
    do the same work would not show.
    """
    rng = np.random.default_rng(0)
    prototypes = rng.random((5, n_features)) < 0.5
    rows = prototypes[rng.integers(5, size=n_rows)] ^ (rng.random((n_rows, n_features), dtype=np.float32) < 0.05)
    return rows.astype(np.float32)


def images(folder: str | Path, n_rows: int, n_features: int) -> np.ndarray:
    """Return MNIST where it has the width asked for, repeated if it is too short, and patterns elsewhere."""
    if n_features != 784:
        return patterns(n_rows, n_features)
    X, _ = mnist(folder)
    return X[np.arange(n_rows) % len(X)]
