"""Sets that were made after all constants of the defaults had been chosen, and after which none was changed."""

import numpy as np

from zoo_data.registry import Room, Table

ROOM = Room()


@ROOM.holds(
    "concentrations", "Twenty log-normal features over many decades; the classes shift their logarithms a little."
)
def concentrations(seed: int) -> Table:
    rng = np.random.default_rng(seed)
    y = rng.integers(0, 3, 900)
    return np.exp(1.5 * rng.normal(size=(900, 20)) + 0.8 * rng.normal(size=(3, 20))[y]), y


@ROOM.holds("likert", "Answers from 1 to 5 to 25 questions by two groups of people.")
def likert(seed: int) -> Table:
    rng = np.random.default_rng(seed)
    y = rng.integers(0, 2, 600)
    signs = np.sign(rng.normal(size=25))
    return np.clip(np.round(3 + rng.normal(size=(600, 25)) + 0.35 * np.outer(2 * y - 1, signs)), 1, 5), y


@ROOM.holds("zero-inflated", "Counts of 60 kinds, seven in ten of which are zero because nobody looked.")
def zero_inflated(seed: int) -> Table:
    rng = np.random.default_rng(seed)
    y = rng.integers(0, 4, 1200)
    rates = rng.gamma(1, 3, (4, 60))[y]
    return (rng.poisson(rates) * (rng.random(rates.shape) < 0.3)).astype(float), y


@ROOM.holds("spheres", "Three spheres inside each other, in ten dimensions.")
def spheres(seed: int) -> Table:
    rng = np.random.default_rng(seed)
    y = rng.integers(0, 3, 1500)
    directions = rng.normal(size=(1500, 10))
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    return directions * (1 + 0.6 * y + 0.15 * rng.normal(size=1500))[:, None], y


@ROOM.holds("rare", "One row in a hundred is of the second class, whose 15 features are a little larger.")
def rare(seed: int) -> Table:
    rng = np.random.default_rng(seed)
    y = (rng.random(4000) < 0.01).astype(int)
    return rng.normal(size=(4000, 15)) + 1.2 * y[:, None], y


@ROOM.holds("hundred-classes", "A hundred classes of eight rows each, in 30 dimensions.")
def hundred_classes(seed: int) -> Table:
    rng = np.random.default_rng(seed)
    y = np.repeat(np.arange(100), 8)
    return rng.normal(size=(100, 30))[y] + 0.5 * rng.normal(size=(800, 30)), y


@ROOM.holds("shapes", "Rectangles, ellipses and diamonds of any size and place, in bytes, 16 × 16.", tuned=True)
def shapes(seed: int) -> Table:
    rng = np.random.default_rng(seed)
    y = rng.integers(0, 3, 900)
    rows, columns = np.mgrid[:16, :16]
    middle, half = rng.uniform(5, 11, (2, 900, 1, 1)), rng.uniform(2, 4.5, (2, 900, 1, 1))
    down, across = abs(rows - middle[0]) / half[0], abs(columns - middle[1]) / half[1]
    inside = np.select(
        [y[:, None, None] == 0, y[:, None, None] == 1],
        [np.maximum(down, across) < 1, down**2 + across**2 < 1],
        down + across < 1,
    )
    return (255 * inside + 20 * rng.random(inside.shape)).clip(0, 255).astype(np.uint8).reshape(900, -1), y


@ROOM.holds("phases", "Waves of two frequencies that are close to each other, at any phase, in noise.")
def phases(seed: int) -> Table:
    rng = np.random.default_rng(seed)
    y = rng.integers(0, 2, 1000)
    turns = np.outer(np.where(y == 0, 0.05, 0.065), np.arange(80)) + rng.random((1000, 1))
    return np.sin(2 * np.pi * turns) + 0.5 * rng.normal(size=turns.shape), y


@ROOM.holds(
    "whole-numbers", "Whole numbers up to 1000; the class is whether one of two of them is large, but not both."
)
def whole_numbers(seed: int) -> Table:
    x = np.random.default_rng(seed).integers(0, 1000, (1500, 6))
    return x, ((x[:, 0] > 500) ^ (x[:, 1] > 300)).astype(int)


@ROOM.holds("thirty-rows", "Thirty rows of four features, three classes.")
def thirty_rows(seed: int) -> Table:
    y = np.repeat([0, 1, 2], 10)
    return np.random.default_rng(seed).normal(size=(30, 4)) + 2.5 * np.eye(3, 4)[y], y


@ROOM.holds(
    "sequences", "Forty letters of DNA as zeros and ones; half of the rows hold a motif with errors.", tuned=True
)
def sequences(seed: int) -> Table:
    rng = np.random.default_rng(seed)
    y, letters, motif = rng.integers(0, 2, 800), rng.integers(0, 4, (800, 40)), rng.integers(0, 4, 6)
    holds = (y[:, None] == 1) & (rng.random((800, 6)) < 0.8)
    letters[:, 10:16] = np.where(holds, motif, letters[:, 10:16])
    return np.eye(4)[letters].reshape(800, -1), y


@ROOM.holds(
    "offset", "A hundred mixtures of three factors around a million; the class is the sign of a product of two."
)
def offset(seed: int) -> Table:
    rng = np.random.default_rng(seed)
    factors = rng.normal(size=(1000, 3))
    x = factors @ rng.normal(size=(3, 100)) + 0.05 * rng.normal(size=(1000, 100))
    return 1e4 * x + 1e6, (factors[:, 0] * factors[:, 1] > 0).astype(int)


@ROOM.holds("credit", "Income, age, debt, a code of six and a flag; the class is a ratio, an age and a code.")
def credit(seed: int) -> Table:
    rng = np.random.default_rng(seed)
    income, age = np.exp(10 + rng.normal(size=2000)), rng.integers(18, 90, 2000)
    debt, code, flag = 2 * income * rng.random(2000), rng.integers(0, 6, 2000), rng.integers(0, 2, 2000)
    y = ((debt / income > 1.2) & (age < 50)) | (code == 3)
    return np.column_stack([income, age, debt, code, flag]), y.astype(int)


@ROOM.holds("tones", "256 samples of four notes with two overtones at any phase, as 16-bit numbers.")
def tones(seed: int) -> Table:
    rng = np.random.default_rng(seed)
    y = rng.integers(0, 4, 600)
    pitch = np.array([440, 523, 659, 784])[y] * (1 + 0.01 * rng.normal(size=600))
    times = np.arange(256) / 8000
    sound = sum(np.sin(2 * np.pi * (k * np.outer(pitch, times) + rng.random((600, 1)))) / k for k in (1, 2, 3))
    return (8000 * sound + 500 * rng.normal(size=(600, 256))).astype(np.int16), y
