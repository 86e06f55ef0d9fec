"""From the flat settings that users type to the values that the core works with."""

from numbers import Integral, Real
from typing import Any

import numpy as np
from sklearn.utils import check_random_state
from sklearn.utils._param_validation import Interval, StrOptions

from deepbelief.core.gradients import (
    ContrastiveDivergence,
    ExactGradient,
    GradientEstimator,
    PersistentContrastiveDivergence,
)
from deepbelief.core.optimizers import Constant, Linear, Schedule, Switch, sgd
from deepbelief.core.parallel import current_group
from deepbelief.core.randomness import RandomStreams
from deepbelief.core.rbm import Machine
from deepbelief.core.training import Recipe
from deepbelief.core.units import Bernoulli, Gaussian, Units
from deepbelief.errors import ParallelError

Constraints = dict[str, Any]

UNITS: dict[str, Units] = {
    "bernoulli": Bernoulli(),
    "gaussian": Gaussian(),
    "gaussian-learned-variance": Gaussian(learn_variance=True),
}

MOMENTUM_SWITCH_EPOCH = 5  # Hinton (2010), §9.1: start low, rise once the large initial gradients are over

POSITIVE_INTEGER = [Interval(Integral, 1, None, closed="left")]
EPOCHS = [Interval(Integral, 0, None, closed="left")]
RATE = [Interval(Real, 0, None, closed="neither")]
PENALTY = [Interval(Real, 0, None, closed="left")]
SHARE = [Interval(Real, 0, 1, closed="left")]

TRAINING_CONSTRAINTS: Constraints = {
    "learning_rate": [StrOptions({"auto"}), *RATE],
    "learning_rate_schedule": [StrOptions({"constant", "linear"})],
    "batch_size": [StrOptions({"auto"}), *POSITIVE_INTEGER],
    "n_iter": EPOCHS,
    "gradient": [StrOptions({"cd", "pcd", "exact"})],
    "n_gibbs_steps": POSITIVE_INTEGER,
    "sample_everything": ["boolean"],
    "initial_momentum": SHARE,
    "momentum": SHARE,
    "weight_decay": PENALTY,
    "warm_start": ["boolean"],
    "device": [str],
    "verbose": ["verbose"],
    "random_state": ["random_state"],
}


def gradient_estimator(estimator: Any) -> GradientEstimator:
    """Return the gradient estimator that an estimator's settings ask for."""
    if estimator.gradient == "exact":
        return ExactGradient()
    kind = ContrastiveDivergence if estimator.gradient == "cd" else PersistentContrastiveDivergence
    return kind(estimator.n_gibbs_steps, estimator.sample_everything)


def learning_rate(machine: Machine, setting: float | str, gradient: str) -> float:
    """Return the learning rate for one machine.

    ``"auto"`` is 0.1, lower by an order of magnitude or two for Gaussian units, whose values have no upper bound
    (Hinton 2010, §13.2), and for persistent chains, which must keep up with the parameters (Tieleman 2008, §4).
    """
    if not isinstance(setting, str):
        return setting
    gaussian = [units for units in (machine.visible, machine.hidden) if isinstance(units, Gaussian)]
    if any(units.learn_variance for units in gaussian):
        return 0.001
    return 0.01 if gaussian or gradient == "pcd" else 0.1


def schedule(rate: float, kind: str, n_epochs: int, done: int) -> Schedule:
    """Return a learning rate that stays, or falls to zero along a straight line over the `n_epochs` after `done`."""
    return Linear(rate, 0.0, max(n_epochs, 1), begin=done) if kind == "linear" else Constant(rate)


def batch_size(setting: int | str, n_rows: int) -> int:
    """Return the number of rows in one step.

    ``"auto"`` is 100, less where an epoch would have fewer than 50 steps, but never below 10.
    """
    return min(100, max(10, n_rows // 50)) if isinstance(setting, str) else setting


def shared_batch_size(setting: int | str, n_rows: int) -> int:
    """Return :func:`batch_size`, of which the processes that train together must have equal shares.

    Raises
    ------
    ParallelError
        If their number does not divide it.
    """
    size, n_processes = batch_size(setting, n_rows), current_group().size
    if size % n_processes:
        if isinstance(setting, str):
            return -(-size // n_processes) * n_processes
        raise ParallelError(
            f"{n_processes} processes cannot have equal shares of batches of {size} rows; set batch_size to a multiple "
            f"of {n_processes}, such as {-(-size // n_processes) * n_processes}."
        )
    return size


def recipe(estimator: Any, machine: Machine, n_epochs: int, n_rows: int, done: int) -> Recipe:
    """Return the recipe that the settings of an RBM or a DBN ask for, for one machine that has `done` some epochs."""
    rate = learning_rate(machine, estimator.learning_rate, estimator.gradient)
    return Recipe(
        gradient=gradient_estimator(estimator),
        optimizer=sgd(
            schedule(rate, estimator.learning_rate_schedule, n_epochs, done),
            Switch(estimator.initial_momentum, estimator.momentum, MOMENTUM_SWITCH_EPOCH),
            estimator.weight_decay,
        ),
        n_epochs=n_epochs,
        batch_size=shared_batch_size(estimator.batch_size, n_rows),
        group=current_group(),
    )


def random_streams(random_state: Any) -> RandomStreams:
    """Return the random streams for scikit-learn's `random_state`: an int, a RandomState, or None for a new seed."""
    if isinstance(random_state, Integral):
        return RandomStreams(int(random_state))
    return RandomStreams(int(check_random_state(random_state).randint(np.iinfo(np.int32).max)))
