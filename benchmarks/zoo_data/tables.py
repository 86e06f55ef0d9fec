"""Tables with a column for each measurement: on their own scale, on others, with outliers, with mixed columns."""

import numpy as np
from sklearn.datasets import load_breast_cancer, load_diabetes, load_iris, load_wine
from sklearn.preprocessing import minmax_scale, scale

from zoo_data.registry import Room, Table

ROOM = Room()


@ROOM.holds("wine", "Chemistry of 178 wines in its own units, from 0.1 to 1680.", tuned=True)
def wine(seed: int) -> Table:
    return load_wine(return_X_y=True)


@ROOM.holds("wine-minmax", "The same wines, every feature brought to [0, 1].", tuned=True)
def wine_minmax(seed: int) -> Table:
    x, y = load_wine(return_X_y=True)
    return minmax_scale(x), y


@ROOM.holds("wine-standardised", "The same wines, every feature with mean 0 and deviation 1.")
def wine_standardised(seed: int) -> Table:
    x, y = load_wine(return_X_y=True)
    return scale(x), y


@ROOM.holds("breast-cancer", "Shapes of cell nuclei in their own units, from 0 to 4254.")
def breast_cancer(seed: int) -> Table:
    return load_breast_cancer(return_X_y=True)


@ROOM.holds("breast-cancer-minmax", "The same nuclei, every feature brought to [0, 1].", tuned=True)
def breast_cancer_minmax(seed: int) -> Table:
    x, y = load_breast_cancer(return_X_y=True)
    return minmax_scale(x), y


@ROOM.holds("iris", "Four lengths of 150 flowers in centimetres; the labels are names.")
def iris(seed: int) -> Table:
    bunch = load_iris()
    return bunch.data, bunch.target_names[bunch.target]


@ROOM.holds("diabetes", "Ten findings of 442 patients, scaled to ±0.2; the course of the disease in three classes.")
def diabetes(seed: int) -> Table:
    x, course = load_diabetes(return_X_y=True)
    return x, np.digitize(course, np.quantile(course, [1 / 3, 2 / 3]))


@ROOM.holds("magnitudes", "The wines, every third feature times 1e-6 and every third times 1e6.", tuned=True)
def magnitudes(seed: int) -> Table:
    x, y = load_wine(return_X_y=True)
    return x * np.resize([1e-6, 1.0, 1e6], x.shape[1]), y


@ROOM.holds("all-large", "The table of linear-noise (mean 0), all features times 1e6.")
def all_large(seed: int) -> Table:
    x, y = linear_table(seed)
    return x * 1e6, y


@ROOM.holds("all-small", "The table of linear-noise (mean 0), all features times 1e-6.")
def all_small(seed: int) -> Table:
    x, y = linear_table(seed)
    return x * 1e-6, y


@ROOM.holds("linear-noise", "A linear rule of 20 normal features; a tenth of the labels is drawn anew.")
def linear_noise(seed: int) -> Table:
    x, y = linear_table(seed)
    return x, np.array(["no", "yes"])[y]


def linear_table(seed: int) -> Table:
    """Return 800 rows of 20 correlated features and the side of a plane on which they lie."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(800, 20)) @ (np.eye(20) + 0.15 * rng.normal(size=(20, 20)))
    y = (scale(x) @ rng.normal(size=20) > 0).astype(int)
    redrawn = rng.random(800) < 0.1
    y[redrawn] = rng.integers(0, 2, redrawn.sum())
    return x, y


@ROOM.holds("constant-duplicated", "The nuclei with 10 constant, 10 repeated and 2 almost constant columns.")
def constant_duplicated(seed: int) -> Table:
    x, y = load_breast_cancer(return_X_y=True)
    rng = np.random.default_rng(seed)
    constant = np.resize([0.0, 1.0, 20.0, -1e4, 0.1], (len(x), 10))
    almost = 7.0 + np.zeros((len(x), 2))
    almost[rng.integers(0, len(x), 3), [0, 1, 1]] += 1e-3
    return np.hstack([x, constant, x[:, :10], almost]), y


@ROOM.holds("outliers", "The wines, one cell in a hundred times 1000.")
def outliers(seed: int) -> Table:
    x, y = load_wine(return_X_y=True)
    return np.where(np.random.default_rng(seed).random(x.shape) < 0.01, 1000 * x, x), y


@ROOM.holds("heavy-tails", "Student's t with two degrees of freedom: 15 features around four centres.")
def heavy_tails(seed: int) -> Table:
    rng = np.random.default_rng(seed)
    y = rng.integers(0, 4, 1000)
    return 0.8 * rng.normal(size=(4, 15))[y] + rng.standard_t(2, size=(1000, 15)), y


@ROOM.holds("log-normal", "Incomes and concentrations: 12 log-normal features over five decades.")
def log_normal(seed: int) -> Table:
    rng = np.random.default_rng(seed)
    y = rng.integers(0, 3, 900)
    centres = rng.normal(size=(3, 12))
    return np.exp(rng.uniform(-3, 5, 12) + 0.9 * centres[y] + 1.2 * rng.normal(size=(900, 12))), y


@ROOM.holds("mixed", "Ten yes-or-no columns, ten normal ones and two amounts, all of which matter.")
def mixed(seed: int) -> Table:
    rng = np.random.default_rng(seed)
    bits = (rng.random((1200, 10)) < rng.uniform(0.1, 0.9, 10)).astype(float)
    reals = rng.normal(size=(1200, 10)) * rng.uniform(0.5, 5, 10) + rng.uniform(-5, 5, 10)
    amounts = np.exp(rng.normal(7, 1, size=(1200, 2)))
    every = scale(np.hstack([bits, reals, np.log(amounts)]))
    score = every @ rng.normal(size=22) + 1.5 * every[:, 0] * every[:, 10] + rng.normal(size=1200)
    return np.hstack([bits, reals, amounts]), np.digitize(score, np.quantile(score, [1 / 3, 2 / 3]))


@ROOM.holds("integers", "Ages, numbers of visits, amounts and codes of regions, all int64.")
def integers(seed: int) -> Table:
    rng = np.random.default_rng(seed)
    age, visits = rng.integers(18, 90, 1500), rng.poisson(3, 1500)
    amount, region = np.exp(rng.normal(8, 1, 1500)).astype(int), rng.integers(1, 13, 1500)
    year, flag = rng.integers(1950, 2021, 1500), rng.integers(0, 2, 1500)
    risk = 0.05 * (age - 50) + 0.5 * visits + 0.8 * np.log(amount + 1) + rng.normal(0, 2, 13)[region] + 1.5 * flag
    risk = risk + rng.normal(size=1500)
    x = np.column_stack([age, visits, amount, region, year, flag])
    return x, (risk > np.quantile(risk, 0.6)).astype(int)
