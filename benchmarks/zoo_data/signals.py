"""Measured curves: spectra, waves, steps."""

import numpy as np

from zoo_data.registry import Room, Table

ROOM = Room()


@ROOM.holds("spectra", "Peaks of four mixtures of six substances, of 0 to 1000 counts, on a bent baseline.", tuned=True)
def spectra(seed: int) -> Table:
    rng = np.random.default_rng(seed)
    axis = np.linspace(0, 1, 200)
    y = rng.integers(0, 4, 800)
    substances = np.zeros((6, 200))
    for substance in substances:
        for place, width, height in zip(
            rng.random(5), rng.uniform(0.008, 0.03, 5), rng.uniform(0.2, 1, 5), strict=True
        ):
            z = (axis - place) / width
            substance += height * (np.exp(-(z**2) / 2) if rng.random() < 0.5 else 1 / (1 + z**2))
    recipes = rng.dirichlet(np.full(6, 2.0), 4)
    amounts = recipes[y] * np.exp(0.45 * rng.normal(size=(800, 6)))
    bend = rng.normal(size=(800, 3)) @ np.array([axis**0, axis, axis**2]) * 0.3 + 1.0
    brightness = np.exp(0.3 * rng.normal(size=(800, 1)))
    return 300 * brightness * (amounts @ substances + bend) + 15 * rng.normal(size=(800, 200)), y


@ROOM.holds("sines", "Noisy sine waves around 20: three frequencies, any phase, 1200 × 120.", tuned=True)
def sines(seed: int) -> Table:
    rng = np.random.default_rng(seed)
    y = rng.integers(0, 3, 1200)
    turns = np.array([3.0, 5.0, 8.0])[y, None] * np.linspace(0, 1, 120, endpoint=False) + rng.random((1200, 1))
    return 20 + np.sin(2 * np.pi * turns) + 0.3 * rng.normal(size=(1200, 120)), y


@ROOM.holds(
    "steps", "Levels that are whole numbers and change four times; the class is where the highest step is.", tuned=True
)
def steps(seed: int) -> Table:
    rng = np.random.default_rng(seed)
    y = rng.integers(0, 3, 1500)
    x = np.zeros((1500, 60), dtype=int)
    for row, third in zip(x, y, strict=True):
        row[:] = rng.integers(5, 15)
        for place in rng.integers(1, 60, 3):
            row[place:] += rng.choice([-2, -1, 1, 2])
        row[20 * third + rng.integers(1, 20) :] += rng.choice([-4, 4])
    return x, y


@ROOM.holds("walks", "Random walks with a drift down, none, or up; neighbouring features are almost the same.")
def walks(seed: int) -> Table:
    rng = np.random.default_rng(seed)
    y = rng.integers(0, 3, 900)
    return 50 + np.cumsum(0.12 * (y[:, None] - 1) + rng.normal(size=(900, 100)), axis=1), y


@ROOM.holds("beats", "Three shapes of a pulse in noise, at a place that moves a little, in microvolts (1e-6).")
def beats(seed: int) -> Table:
    rng = np.random.default_rng(seed)
    y = rng.integers(0, 3, 900)
    t = np.arange(100) - 50 - rng.normal(0, 5, (900, 1))
    shapes = np.stack([np.exp(-((t / 8) ** 2)), np.exp(-np.abs(t) / 8), np.exp(-((t / 12) ** 2)) * np.cos(t / 5)])
    return 1e-6 * (40 * shapes[y, np.arange(900)] + 12 * rng.normal(size=(900, 100))), y
