"""The machine as the reader of a blog post would write it: in plain NumPy, and element by element, how not to do it."""

import math
import time
from collections.abc import Callable
from typing import Any

import numpy as np

PIXELS, HIDDEN, BATCH = 784, 500, 100
RATE, MOMENTUM, DECAY = 0.1, 0.5, 2e-4


def seconds_of(work: Callable[[], Any], repeats: int = 1) -> float:
    begin = time.perf_counter()
    for _ in range(repeats):
        work()
    return (time.perf_counter() - begin) / repeats


class PlainRBM:
    """The machine in NumPy as the reader of a blog post would write it."""

    def __init__(self, images: np.ndarray, rng: np.random.Generator) -> None:
        p = np.clip(images.mean(axis=0), 0.001, 0.999)
        self.rng, self.dtype = rng, images.dtype
        self.W = 0.01 * rng.standard_normal((PIXELS, HIDDEN), dtype=self.dtype)
        self.b, self.c = np.log(p / (1 - p)), np.zeros(HIDDEN, self.dtype)
        self.velocity_W, self.velocity_b, self.velocity_c = 0 * self.W, 0 * self.b, 0 * self.c

    def sigmoid(self, x: np.ndarray) -> np.ndarray:
        return 1 / (1 + np.exp(-x))

    def forward(self, v: np.ndarray) -> np.ndarray:
        return self.sigmoid(v @ self.W + self.c)

    def reverse(self, h: np.ndarray) -> np.ndarray:
        return self.sigmoid(h @ self.W.T + self.b)

    def uniform(self, n_rows: int) -> np.ndarray:
        return self.rng.random((n_rows, HIDDEN), dtype=self.dtype)

    def train_batch(self, v0: np.ndarray, u: np.ndarray) -> None:
        h0 = self.forward(v0)
        v1 = self.reverse((u < h0).astype(self.dtype))
        h1 = self.forward(v1)
        self.update_weights(v0.T @ h0, v1.T @ h1, len(v0))
        self.velocity_b = MOMENTUM * self.velocity_b + RATE * (v0 - v1).mean(axis=0)
        self.velocity_c = MOMENTUM * self.velocity_c + RATE * (h0 - h1).mean(axis=0)
        self.b = self.b + self.velocity_b
        self.c = self.c + self.velocity_c

    def update_weights(self, positive: np.ndarray, negative: np.ndarray, n_rows: int) -> None:
        gradient = (positive - negative) / n_rows - DECAY * self.W
        self.velocity_W = MOMENTUM * self.velocity_W + RATE * gradient
        self.W = self.W + self.velocity_W

    def update_weights_in_place(self, positive: np.ndarray, negative: np.ndarray, n_rows: int) -> None:
        """Do the same without a new array; what is in `positive` and `negative` is lost."""
        positive -= negative
        positive *= RATE / n_rows
        self.velocity_W *= MOMENTUM
        self.velocity_W += positive
        self.velocity_W -= np.multiply(self.W, RATE * DECAY, out=negative)
        self.W += self.velocity_W

    def train_epoch(self, images: np.ndarray) -> None:
        for rows in np.split(self.rng.permutation(len(images)), len(images) // BATCH):
            self.train_batch(images[rows], self.uniform(BATCH))

    def seconds_of_parts(self, v: np.ndarray) -> dict[str, float]:
        """Time each part of a step on its own; the machine is of no use afterwards."""
        h = self.forward(v)
        positive, negative = v.T @ h, v.T @ h
        parts: dict[str, Callable[[], Any]] = {
            "products": lambda: (v @ self.W, h @ self.W.T, v @ self.W, v.T @ h, v.T @ h),
            "sigmoids": lambda: (self.sigmoid(h), self.sigmoid(v), self.sigmoid(h)),
            "random": lambda: self.uniform(len(v)),
            "update": lambda: self.update_weights(positive, negative, len(v)),
            "update_in_place": lambda: self.update_weights_in_place(positive, negative, len(v)),
        }
        return {name: seconds_of(part, 30) for name, part in parts.items()}


def layer_by_loops(rows: Any, weights: Any, bias: list) -> list:
    means = [[0.0] * len(bias) for _ in rows]
    for row in range(len(rows)):
        for j in range(len(bias)):
            total = bias[j]
            for i in range(len(weights)):
                total += rows[row][i] * weights[i][j]
            means[row][j] = 1 / (1 + math.exp(-total))
    return means


def new_weights_by_loops_how_not_to_do_it(model: PlainRBM, v0: np.ndarray, u: np.ndarray) -> np.ndarray:
    """Make the same step one number at a time, in plain Python: lists, as NumPy's arrays are slower at that still."""
    data, uniform, b, c = v0.tolist(), u.tolist(), model.b.tolist(), model.c.tolist()
    weights, velocity = model.W.tolist(), model.velocity_W.tolist()
    h0 = layer_by_loops(data, weights, c)
    sample = [[float(uniform[row][j] < h0[row][j]) for j in range(HIDDEN)] for row in range(len(data))]
    v1 = layer_by_loops(sample, list(zip(*weights, strict=True)), b)
    h1 = layer_by_loops(v1, weights, c)
    for i in range(PIXELS):
        for j in range(HIDDEN):
            total = 0.0
            for row in range(len(data)):
                total += data[row][i] * h0[row][j] - v1[row][i] * h1[row][j]
            velocity[i][j] = MOMENTUM * velocity[i][j] + RATE * (total / len(data) - DECAY * weights[i][j])
            weights[i][j] += velocity[i][j]
    return np.array(weights)
