"""Counts, words, bits and spins."""

import numpy as np
import scipy.sparse
from sklearn.feature_extraction.text import TfidfTransformer

from zoo_data.registry import Room, Table

ROOM = Room()


@ROOM.holds("poisson", "Small counts: 40 Poisson features with a mean of about two, four classes.")
def poisson(seed: int) -> Table:
    rng = np.random.default_rng(seed)
    y = rng.integers(0, 4, 1000)
    rates = rng.gamma(2, 1, 40) * np.exp(0.25 * rng.normal(size=(4, 40)))
    return rng.poisson(rates[y]), y


@ROOM.holds("large-counts", "Counts like those of sequencing: 100 genes from 0 to thousands, depth differs by rows.")
def large_counts(seed: int) -> Table:
    rng = np.random.default_rng(seed)
    y = rng.integers(0, 5, 800)
    rates = np.exp(rng.normal(3, 1.5, 100) + 0.2 * rng.normal(size=(5, 100)))[y] * np.exp(
        0.5 * rng.normal(size=(800, 1))
    )
    return rng.poisson(rates * rng.gamma(3, 1 / 3, rates.shape)), y


def documents(seed: int) -> tuple[scipy.sparse.csr_array, np.ndarray]:
    """Return 1200 documents over 2000 words: Zipf's words, eight topics, of which one is the document's class."""
    rng = np.random.default_rng(seed)
    n_rows, n_words, n_topics = 1200, 2000, 8
    zipf = 1 / np.arange(1, n_words + 1)
    topics = np.array([rng.dirichlet(400 * zipf / zipf.sum()) for _ in range(n_topics)])
    y = rng.integers(0, n_topics, n_rows)
    shares = 0.4 * np.eye(n_topics)[y] + 0.6 * rng.dirichlet(np.full(n_topics, 0.4), n_rows)
    lengths = rng.poisson(rng.gamma(2, 40, n_rows)) + 20
    return scipy.sparse.csr_array(rng.multinomial(lengths, shares @ topics)), y


@ROOM.holds("text-counts", "Words of 1200 documents on eight topics, counted (sparse).", tuned=True)
def text_counts(seed: int) -> Table:
    return documents(seed)


@ROOM.holds("text-tfidf", "The same documents as tf-idf (sparse, in [0, 1]).", tuned=True)
def text_tfidf(seed: int) -> Table:
    x, y = documents(seed)
    return scipy.sparse.csr_array(TfidfTransformer().fit_transform(x)), y


def bits(seed: int, n_features: int, share: float) -> tuple[np.ndarray, np.ndarray]:
    """Return bits of five classes with three patterns each; every row mixes two patterns of its class."""
    rng = np.random.default_rng(seed)
    y = rng.integers(0, 5, 1500)
    patterns = rng.random((5, 3, n_features)) < share
    first, second = rng.integers(0, 3, (2, 1500))
    mask = rng.random((1500, n_features)) < 0.5
    x = np.where(mask, patterns[y, first], patterns[y, second])
    return x, y


@ROOM.holds("binary", "Bits: 80 of them, two patterns of a class mixed, a quarter of the bits flipped.", tuned=True)
def binary(seed: int) -> Table:
    x, y = bits(seed, 80, 0.4)
    return (x ^ (np.random.default_rng(seed + 1).random(x.shape) < 0.25)).astype(float), y


@ROOM.holds("binary-sparse", "Bits of 1000 features, 2 % of them ones (sparse).")
def binary_sparse(seed: int) -> Table:
    x, y = bits(seed, 1000, 0.03)
    rng = np.random.default_rng(seed + 1)
    return scipy.sparse.csr_array(((x & (rng.random(x.shape) < 0.3)) | (rng.random(x.shape) < 0.012)).astype(float)), y


@ROOM.holds("one-hot", "Twelve categories of three to nine values each, as columns of zeros and ones.", tuned=True)
def one_hot(seed: int) -> Table:
    rng = np.random.default_rng(seed)
    sizes = rng.integers(3, 10, 12)
    codes = np.column_stack([rng.integers(0, size, 1500) for size in sizes])
    effects = [rng.normal(size=(size, 3)) for size in sizes]
    score = sum(effect[code] for effect, code in zip(effects, codes.T, strict=True))
    y = (score + rng.gumbel(size=score.shape)).argmax(1)
    return np.hstack([np.eye(size)[code] for size, code in zip(sizes, codes.T, strict=True)]), y


@ROOM.holds("ising", "Spins of −1 and +1 on lattices of 12 × 12 at three temperatures around the critical one.")
def ising(seed: int) -> Table:
    rng = np.random.default_rng(seed)
    y = np.arange(900) % 3
    neighbours = np.arange(-4, 5)  # what the four neighbours of a spin may add up to
    chance_of_up = 1 / (1 + np.exp(-2 * neighbours / np.array([2.1, 2.4, 2.9])[:, None])).astype(np.float32)
    spins = np.ones((900, 12, 12), np.int8) * rng.choice(np.array([-1, 1], np.int8), (900, 1, 1))
    black = np.indices((12, 12)).sum(0) % 2 == 0
    for step in range(400):  # heat bath, the two colours of a chessboard in turn
        field = sum(np.roll(spins, shift, axis) for shift in (-1, 1) for axis in (1, 2))
        up = rng.random(spins.shape, np.float32) < chance_of_up[y[:, None, None], field + 4]
        spins = np.where(black == (step % 2 == 0), np.where(up, np.int8(1), np.int8(-1)), spins)
    return spins.reshape(900, -1).astype(float), y


@ROOM.holds("spin-patterns", "Six patterns of 100 spins and their mirror images, 30 % of the spins flipped.")
def spin_patterns(seed: int) -> Table:
    rng = np.random.default_rng(seed)
    y = rng.integers(0, 6, 1000)
    flips = np.where(rng.random((1000, 100)) < 0.3, -1, 1) * rng.choice([-1, 1], (1000, 1))
    return rng.choice([-1, 1], (6, 100))[y] * flips, y
