"""From the flat settings that users type to the values that the core works with."""

from collections.abc import Callable
from dataclasses import dataclass
from numbers import Integral, Real
from typing import Any

import numpy as np
from sklearn.utils import check_random_state
from sklearn.utils._param_validation import Interval, StrOptions

from deepbelief.core.arrays import Array
from deepbelief.core.gradients import (
    N_REPLICAS,
    ContrastiveDivergence,
    ExactGradient,
    GradientEstimator,
    PersistentContrastiveDivergence,
    Sparse,
    TemperedGradient,
)
from deepbelief.core.optimizers import (
    Chain,
    Constant,
    Linear,
    MaxNorm,
    Schedule,
    Shrinkage,
    Switch,
    adam,
    sgd,
)
from deepbelief.core.parallel import Group, current_group
from deepbelief.core.randomness import RandomStreams
from deepbelief.core.rates import machine_rate
from deepbelief.core.rbm import Machine
from deepbelief.core.recipes import Execution, Recipe
from deepbelief.core.rows import Rows
from deepbelief.core.spectrum import spectrum_of
from deepbelief.core.units import UNITS, Bernoulli, units_named
from deepbelief.errors import ParallelError
from deepbelief.estimators.tables import MIXED, types_named

Constraints = dict[str, Any]


class _UnitNames(StrOptions):
    """Names of unit types, and what `also` takes besides them."""

    def __init__(self, options: set[str], also: Callable[[str], Any]) -> None:
        super().__init__(options)
        self._also = also

    def is_satisfied_by(self, val: Any) -> bool:
        return isinstance(val, str) and (val in self.options or self._also(val) is not None)


VISIBLE = [_UnitNames({"auto", MIXED, *UNITS}, types_named)]
HIDDEN = [_UnitNames({name for name, units in UNITS.items() if not units.number}, units_named)]
SEEDS = 100  # rows from whose hidden states `sample` starts
MOST_PASSES = 100  # that "auto" stands for: with hardly any rows, more of them teach nothing new


@dataclass(frozen=True)
class Passes:
    """What ``"auto"`` stands for: `usual` passes over the data, or as many more as it takes to make `steps` steps."""

    usual: int
    steps: int = 0


ADAM_RATE = 0.002  # its steps do not depend on the size of gradients, and so not on the data
MOMENTUM_SWITCH_EPOCH = 5  # Hinton (2010), §9.1: start low, rise once the large initial gradients are over

POSITIVE_INTEGER = [Interval(Integral, 1, None, closed="left")]
EPOCHS = [Interval(Integral, 0, None, closed="left")]
RATE = [Interval(Real, 0, None, closed="neither")]
PENALTY = [Interval(Real, 0, None, closed="left")]
PRECISIONS = [StrOptions({"highest", "high", "medium"})]
SHARE = [Interval(Real, 0, 1, closed="left")]

TRAINING_CONSTRAINTS: Constraints = {
    "learning_rate": [StrOptions({"auto"}), *RATE],
    "learning_rate_schedule": [StrOptions({"constant", "linear"})],
    "batch_size": [StrOptions({"auto"}), *POSITIVE_INTEGER],
    "n_iter": [StrOptions({"auto"}), *EPOCHS],
    "gradient": [StrOptions({"cd", "pcd", "tempered", "exact"})],
    "n_gibbs_steps": [*POSITIVE_INTEGER, tuple, list],
    "sample_everything": ["boolean"],
    "centered": ["boolean"],
    "initial_weight_scale": [StrOptions({"auto"}), *PENALTY],
    "initial_momentum": SHARE,
    "momentum": SHARE,
    "weight_decay": PENALTY,
    "optimizer": [StrOptions({"momentum", "adam"})],
    "l1": PENALTY,
    "group_l1": PENALTY,
    "max_norm": [None, *RATE],
    "sparsity_target": [None, *RATE],
    "sparsity_cost": PENALTY,
    "binarize": ["boolean"],
    "n_averaged": EPOCHS,
    "warm_start": ["boolean"],
    "device": [str],
    "precision": PRECISIONS,
    "verbose": ["verbose"],
    "random_state": ["random_state"],
}


def gradient_estimator(estimator: Any) -> GradientEstimator:
    """Return the gradient estimator that an estimator's settings ask for."""
    n_steps, sample_everything = gibbs_steps(estimator.n_gibbs_steps)[0], estimator.sample_everything
    kinds: dict[str, GradientEstimator] = {
        "cd": ContrastiveDivergence(n_steps, sample_everything),
        "pcd": PersistentContrastiveDivergence(n_steps, sample_everything),
        "tempered": TemperedGradient(n_steps, sample_everything),
        "exact": ExactGradient(),
    }
    return kinds[estimator.gradient]


def gibbs_steps(setting: Any) -> tuple[int, int]:
    """Return the numbers of Gibbs steps in the first pass and in the last one.

    Raises
    ------
    ValueError
        If they are not one or two positive whole numbers.
    """
    ends = (setting, setting) if isinstance(setting, Integral) else tuple(setting)
    if len(ends) != 2 or not all(_is_size(n) for n in ends):
        raise ValueError(
            "n_gibbs_steps must be a positive whole number, or two of them, for the first pass and for the last one; "
            f"got {setting!r}."
        )
    return int(ends[0]), int(ends[1])


def optimizer_for(settings: Any, rate: Schedule) -> Chain:
    """Return the optimizer that an estimator's settings ask for."""
    if settings.optimizer == "adam":
        links = adam(rate, settings.weight_decay).links
    else:
        momentum = Switch(settings.initial_momentum, settings.momentum, MOMENTUM_SWITCH_EPOCH)
        links = sgd(rate, momentum, settings.weight_decay).links
    if settings.l1 or settings.group_l1:
        links = (*links, Shrinkage(rate, settings.l1, settings.group_l1))
    if settings.max_norm is not None:
        links = (*links, MaxNorm(settings.max_norm))
    return Chain(links)


def n_passes(estimator: Any, setting: int | str, automatic: Passes, n_rows: int) -> int:
    """Return the number of passes over the data."""
    if not isinstance(setting, str):
        return setting
    steps_in_pass = -(-n_rows // training_group(estimator, n_rows)[1])
    return max(automatic.usual, min(MOST_PASSES, -(-automatic.steps // steps_in_pass)))


def seed_rows(rows: Rows, streams: RandomStreams) -> Array:
    """Return rows drawn at random, at most a hundred: (n_seeds, n_features)."""
    order = streams.stream("seeds").permutation(len(rows))
    return rows.take(np.sort(order[:SEEDS]))


def layer_sizes(setting: Any) -> tuple[int, ...]:
    """Return `hidden_layer_sizes` as a tuple, or refuse it in a sentence.

    Raises
    ------
    ValueError
        If it is not one or more positive integers.
    """
    sizes = np.atleast_1d(np.asarray(setting, dtype=object))
    if sizes.ndim != 1 or not len(sizes) or not all(_is_size(n) for n in sizes):
        raise ValueError(
            f"hidden_layer_sizes must be one or more positive integers, such as (500, 500); got {setting!r}."
        )
    return tuple(int(n) for n in sizes)


def _is_size(n: Any) -> bool:
    return isinstance(n, int | np.integer) and not isinstance(n, bool) and int(n) > 0


def require_count(name: str, value: Any) -> None:
    """Refuse what is no positive whole number.

    Raises
    ------
    ValueError
    """
    if isinstance(value, bool) or not isinstance(value, Integral) or value < 1:
        raise ValueError(f"{name} must be a whole number of at least 1; got {value!r}.")


def schedule(rate: float, kind: str, n_epochs: int, done: int) -> Schedule:
    """Return a learning rate that stays, or falls to zero along a straight line over the `n_epochs` after `done`."""
    return Linear(rate, 0.0, max(n_epochs, 1), begin=done) if kind == "linear" else Constant(rate)


def batch_size(setting: int | str, n_rows: int) -> int:
    """Return the number of rows in one step.

    ``"auto"`` is 100, less where an epoch would have fewer than 50 steps, but never below 10.
    """
    return min(100, max(10, n_rows // 50)) if isinstance(setting, str) else setting


def training_group(estimator: Any, n_rows: int) -> tuple[Group, int]:
    """Return the processes that an estimator trains with, and the rows of a step, of which each has an equal share.

    Raises
    ------
    ParallelError
        If the shares cannot be equal, or the processes would not draw the same numbers.
    """
    group, size = current_group(), batch_size(estimator.batch_size, n_rows)
    rounded = -(-size // group.size) * group.size
    if rounded != size and not isinstance(estimator.batch_size, str):
        raise ParallelError(
            f"{group.size} processes cannot have equal shares of batches of {size} rows; set the batch size to a "
            f"multiple of {group.size}, such as {rounded}."
        )
    if group.size > 1 and not isinstance(estimator.random_state, Integral):
        raise ParallelError(
            f"{group.size} processes train one model, so they must draw the same numbers: set random_state to an "
            f"integer (got {estimator.random_state!r})."
        )
    return group, rounded


def n_chains(estimator: Any, n_rows: int) -> int:
    """Return the number of persistent chains: the rows of a step, even where there are fewer; 0 if there are none.

    Replicas at several temperatures count as so many chains.
    """
    return training_group(estimator, n_rows)[1] * {"pcd": 1, "tempered": N_REPLICAS}.get(estimator.gradient, 0)


def recipe_for(
    settings: Any, machine: Machine, rows: Rows, n_hidden: int, n_epochs: int, done: int, known_rate: float | None
) -> tuple[Recipe, float]:
    """Return how to train one machine, and the learning rate that it begins with.

    Parameters
    ----------
    settings : RBM or DBN
    machine : Machine
    rows : Rows, shape (n_rows, n_visible)
        That it learns from.
    n_hidden : int
    n_epochs, done : int
        Passes to come, and passes that the machine has made before.
    known_rate : float or None
        That ``"auto"`` has stood for before.
    """
    group, n_rows_in_step = training_group(settings, len(rows))
    rate = settings.learning_rate
    if isinstance(rate, str):
        rate = (
            known_rate
            or (ADAM_RATE if settings.optimizer == "adam" else None)
            or machine_rate(
                machine,
                spectrum_of(rows),
                n_hidden,
                n_rows_in_step * rows.evenness,
                momentum=settings.momentum,
                persistent=settings.gradient in ("pcd", "tempered"),
            )
        )
    scale = settings.initial_weight_scale
    gradient = gradient_estimator(settings)
    if settings.sparsity_target is not None:
        gradient = Sparse(gradient, settings.sparsity_target, settings.sparsity_cost)
    first, last = gibbs_steps(settings.n_gibbs_steps)
    if settings.binarize and machine.visible != Bernoulli():
        raise ValueError(
            "binarize=True draws zeros and ones with the probabilities that values are, for visible='bernoulli' only; "
            "set binarize=False, or give values in [0, 1]."
        )
    return Recipe(
        gradient=gradient,
        optimizer=optimizer_for(settings, schedule(rate, settings.learning_rate_schedule, n_epochs, done)),
        n_epochs=n_epochs,
        batch_size=n_rows_in_step,
        centred=settings.centered,
        weight_scale=None if isinstance(scale, str) else scale,
        gibbs_steps=None if first == last else Linear(first, last, max(n_epochs - 1, 1), begin=done),
        binarized=settings.binarize,
        n_averaged=settings.n_averaged,
        execution=Execution(group, settings.precision),
    ), float(rate)


def random_streams(random_state: Any) -> RandomStreams:
    """Return the random streams for scikit-learn's `random_state`: an int, a RandomState, or None for a new seed."""
    if isinstance(random_state, Integral):
        return RandomStreams(int(random_state))
    return RandomStreams(int(check_random_state(random_state).randint(np.iinfo(np.int32).max)))
