"""From the settings of a machine to its recipe: which gradient, which optimizer, for how long."""

import warnings
from numbers import Integral
from typing import Any

from deepbelief.core.gradients import (
    ContrastiveDivergence,
    ExactGradient,
    GradientEstimator,
    PersistentContrastiveDivergence,
    TemperedGradient,
)
from deepbelief.core.optimizers import Chain, adam, sgd
from deepbelief.core.proximal import MaxNorm, Shrinkage
from deepbelief.core.rates import machine_rate
from deepbelief.core.rbm import Machine
from deepbelief.core.recipes import Execution, Recipe
from deepbelief.core.rows import Rows
from deepbelief.core.schedules import Linear, Schedule, Switch
from deepbelief.core.sparsity import Sparse
from deepbelief.core.spectrum import spectrum_of
from deepbelief.core.units import Bernoulli
from deepbelief.estimators.annotations import MachineSettings
from deepbelief.estimators.settings import is_size, schedule, training_group

ADAM_RATE = 0.002  # its steps do not depend on the size of gradients, and so not on the data
MACHINE_DECAY = 0.0002  # what "auto" is for machines; Hinton (2010), §10: a value between 0.00001 and 0.01
MOMENTUM_SWITCH_EPOCH = 5  # Hinton (2010), §9.1: start low, rise once the large initial gradients are over


def gradient_estimator(estimator: MachineSettings) -> GradientEstimator:
    """Return the gradient estimator that an estimator's settings ask for.

    Parameters
    ----------
    estimator : RBM or DBN

    Returns
    -------
    GradientEstimator
    """
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

    Parameters
    ----------
    setting : int or pair of int
        The setting ``n_gibbs_steps``.

    Returns
    -------
    first : int
    last : int

    Raises
    ------
    ValueError
        If they are not one or two positive whole numbers.
    """
    ends = (setting, setting) if isinstance(setting, Integral) else tuple(setting)
    if len(ends) != 2 or not all(is_size(n) for n in ends):
        raise ValueError(
            "n_gibbs_steps must be a positive whole number, or two of them, for the first pass and for the last one; "
            f"got {setting!r}."
        )
    return int(ends[0]), int(ends[1])


def optimizer_for(settings: MachineSettings, rate: Schedule) -> Chain:
    """Return the optimizer that an estimator's settings ask for.

    Parameters
    ----------
    settings : RBM, DBN, DBNClassifier or DBNRegressor
    rate : callable
        The learning rate at a time in epochs.

    Returns
    -------
    Chain
    """
    decay = MACHINE_DECAY if isinstance(settings.weight_decay, str) else settings.weight_decay
    if settings.optimizer == "adam":
        links = adam(rate, decay).links
    else:
        momentum = Switch(settings.initial_momentum, settings.momentum, MOMENTUM_SWITCH_EPOCH)
        links = sgd(rate, momentum, decay).links
    if settings.l1 or settings.group_l1:
        links = (*links, Shrinkage(rate, settings.l1, settings.group_l1))
    if settings.max_norm is not None:
        links = (*links, MaxNorm(settings.max_norm))
    return Chain(links)


def recipe_for(
    settings: MachineSettings,
    machine: Machine,
    rows: Rows,
    n_hidden: int,
    n_epochs: int,
    done: int,
    known_rate: float | None,
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

    Returns
    -------
    recipe : Recipe
    rate : float
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
    watched = settings.monitor_likelihood
    if watched and machine.visible.bias_share is not None:
        warnings.warn(
            "monitor_likelihood=True measures nothing here: documents of each length have a partition function of "
            "their own.",
            UserWarning,
            stacklevel=2,
        )
        watched = False
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
        monitors_likelihood=watched,
        execution=Execution(group, settings.precision),
    ), float(rate)
