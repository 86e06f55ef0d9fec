"""How to train: plain values that say what to compute, and apart from that how to run it."""

from collections.abc import Callable
from dataclasses import dataclass

from deepbelief.core.distortion import Distortion
from deepbelief.core.gradients import GradientEstimator
from deepbelief.core.optimizers import Optimizer
from deepbelief.core.parallel import ALONE, Group
from deepbelief.core.schedules import Schedule


@dataclass(frozen=True)
class Execution:
    """How to run what a recipe says, which the model does not depend on but for rounding.

    Parameters
    ----------
    group : Group
        The processes that train together.
    precision : {"highest", "high", "medium"}
        Of torch's products, see :func:`~deepbelief.core.devices.matmul_precision`.
    """

    group: Group = ALONE
    precision: str = "highest"


@dataclass(frozen=True)
class Recipe:
    """How to train one machine.

    Parameters
    ----------
    gradient : GradientEstimator
    optimizer : Optimizer
    n_epochs : int
        Passes over the rows.
    batch_size : int
        Rows in one step; also the number of persistent chains.
    centred : bool
        Whether gradients are centred, see :mod:`~deepbelief.core.centring`.
    weight_scale : float or None
        Standard deviation of the first weights, see :func:`~deepbelief.core.training.start`.
    gibbs_steps : Schedule or None
        The number of Gibbs steps of the gradient estimator at the beginning of each epoch, rounded; None leaves it.
    binarized : bool
        Whether values between 0 and 1 are probabilities with which ones are drawn anew each time that a row is used.
    n_averaged : int
        Of how many last epochs the parameters are averaged in the end, 0 for none (Polyak & Juditsky 1992).
    monitors_likelihood : bool
        Whether the log-likelihood is measured after each epoch, and the largest singular values of the weights.
    execution : Execution
    """

    gradient: GradientEstimator
    optimizer: Optimizer
    n_epochs: int
    batch_size: int
    centred: bool = False
    weight_scale: float | None = None
    gibbs_steps: Schedule | None = None
    binarized: bool = False
    n_averaged: int = 0
    monitors_likelihood: bool = False
    execution: Execution = Execution()


@dataclass(frozen=True)
class FineTuning:
    """How to train a network.

    Parameters
    ----------
    optimizer : Optimizer
    n_epochs : int
        Passes over the rows.
    batch_size : int
        Rows in one step.
    dropout, input_dropout : float
        Share of the hidden units, and of the features, left out at random in each step (Srivastava et al. 2014).
    input_noise : float
        Standard deviation of normal noise that is added to the rows.
    distortion : Distortion or None
        How rows, which are pictures, are distorted each time that they are used.
    radius : float
        How far rows are moved against the network, which is to answer there what it answers at the rows, see
        :mod:`~deepbelief.core.adversarial`; 0 for not at all. Without dropout.
    mixup : bool
        Whether the network also learns from mixtures of rows, see :mod:`~deepbelief.core.mixing`. Without dropout.
    centred : bool
        Whether gradients are centred, see :mod:`~deepbelief.core.centring`.
    first_decay : float
        With which share of the optimizer's weight decay training begins. From there it rises from pass to pass along a
        line, so that the optimizer's is the mean. Where rows without labels take part, it is constant in any case.
    execution : Execution
    """

    optimizer: Optimizer
    n_epochs: int
    batch_size: int
    dropout: float = 0.0
    input_dropout: float = 0.0
    input_noise: float = 0.0
    distortion: Distortion | None = None
    radius: float = 0.0
    mixup: bool = False
    centred: bool = False
    first_decay: float = 1.0
    execution: Execution = Execution()


@dataclass(frozen=True)
class Consistency:
    """How rows of all kinds count where few have labels, see :mod:`~deepbelief.core.semisupervised`.

    Parameters
    ----------
    radius : float
        How far rows are moved.
    mixup : bool
        Whether rows are mixed, too.
    sharpening : float
        The power of the answers to which both are held.
    shares : callable
        Takes the time in epochs; returns how much moved and mixed rows count, and how much guessed labels do.
    """

    radius: float
    mixup: bool
    sharpening: float
    shares: Callable[[float], tuple[float, float]]
