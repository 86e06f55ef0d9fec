"""From the settings of fine-tuning to its recipe: which optimizer, and which regularisation."""

import math
import re
from typing import Any

from sklearn.base import is_classifier

from deepbelief.core.arrays import to_numpy
from deepbelief.core.distortion import Distortion
from deepbelief.core.optimizers import Chain, adam, sgd
from deepbelief.core.parallel import current_group
from deepbelief.core.proximal import MaxNorm
from deepbelief.core.recipes import Execution, FineTuning
from deepbelief.core.rows import Rows
from deepbelief.core.schedules import Constant
from deepbelief.errors import ParallelError
from deepbelief.estimators.inputs import scaling_of
from deepbelief.estimators.recipes import ADAM_RATE
from deepbelief.estimators.scaling import Scaling
from deepbelief.estimators.settings import Passes, n_passes, schedule, training_group

# The length of a move that the network must not notice, beside the spread of the data around their mean. On MNIST that
# is 2 of 7.2, between the lengths of 1.5 and 3 that work there.
RADIUS = 0.28
# Times the rate of Adam, by the activation of layers that are normalised, if all rows that they learn from have labels.
NORMALISED = {"logistic": 4.0, "relu": 2.0}
# Weight decay of normalised rectified layers: times the number of rows, and the most of it; see decision 0022.
DECAY_OF_RECTIFIED, MOST_DECAY = 10.0, 0.001

FINETUNING_PASSES = Passes(10, steps=4000)
NORMALISED_PASSES = Passes(30, steps=4000)  # with which a network goes on getting better for longer
SEVERAL_PASSES = Passes(20, steps=4000)  # of each of several normalised networks
DISTORTED_PASSES = Passes(60, steps=4000)  # over pictures that are never twice the same


def finetuning_passes(estimator: Any, n_rows: int, *, few_labels: bool = False) -> int:
    """Return the number of passes that fine-tune a network.

    Parameters
    ----------
    estimator : DBNClassifier or DBNRegressor
    n_rows : int
        That it learns from.
    few_labels : bool, default=False
        Whether rows without labels take part.

    Returns
    -------
    int
    """
    automatic = NORMALISED_PASSES if estimator.batch_normalization else FINETUNING_PASSES
    if estimator.batch_normalization and not few_labels:
        if estimator.augment is not None:
            automatic = DISTORTED_PASSES
        elif estimator.n_networks > 1:
            automatic = SEVERAL_PASSES
    return n_passes(estimator, estimator.finetune_epochs, automatic, n_rows)


def top_recipe(estimator: Any, n_rows: int, rate: float, n_epochs: int, decay: float) -> FineTuning:
    """Return how to train the top layer alone: with momentum and without regularisation.

    Parameters
    ----------
    estimator : DBNClassifier or DBNRegressor
    n_rows : int
        The number of rows.
    rate : float
        Learning rate.
    n_epochs : int
        Passes over the rows.
    decay : float
        Weight decay.

    Returns
    -------
    FineTuning
    """
    group, size = training_group(estimator, n_rows)
    falling = schedule(rate, estimator.learning_rate_schedule, n_epochs, 0)
    optimizer = sgd(falling, Constant(estimator.momentum), decay)
    return FineTuning(
        optimizer, n_epochs, size, centred=estimator.centered, execution=Execution(group, estimator.precision)
    )


def recipe_for(estimator: Any, rows: Rows, rate: float, n_epochs: int, done: int, radius: float) -> FineTuning:
    """Return how to fine-tune.

    Parameters
    ----------
    estimator : DBNClassifier or DBNRegressor
    rows : Rows
        That it learns from.
    rate : float
        The learning rate at the beginning.
    n_epochs, done : int
        Passes to come, and passes that the network has made before.
    radius : float
        See :func:`radius_for`.

    Returns
    -------
    FineTuning
    """
    group, size = training_group(estimator, len(rows))
    falling = schedule(rate, estimator.learning_rate_schedule, n_epochs, done)
    decay, lowest = estimator.finetune_weight_decay_, lowest_decay(estimator, rows)
    if estimator.finetune_optimizer == "adam":
        optimizer = adam(falling, decay, lowest)
    else:
        optimizer = sgd(falling, Constant(estimator.momentum), decay, lowest)
    if estimator.finetune_max_norm is not None:
        optimizer = Chain((*optimizer.links, MaxNorm(estimator.finetune_max_norm)))
    return FineTuning(
        optimizer,
        n_epochs,
        size,
        dropout=estimator.dropout,
        input_dropout=estimator.input_dropout,
        input_noise=estimator.input_noise,
        distortion=distortion_for(estimator, rows),
        radius=radius,
        mixup=getattr(estimator, "mixup", False),
        centred=estimator.centered,
        first_decay=first_decay(estimator, rows),
        execution=Execution(group, estimator.precision),
    )


def first_decay(estimator: Any, rows: Rows) -> float:
    """Return with which share of the weight decay fine-tuning begins.

    A network that learned nothing yet has no large weights, and decay keeps it from finding them. But as many features
    as rows separate all rows along straight lines: what has been learned by heart then, does not decay any more.

    Parameters
    ----------
    estimator : DBNClassifier or DBNRegressor
    rows : Rows
        That it learns from.

    Returns
    -------
    float
        1 if the decay does not change.
    """
    rises = is_classifier(estimator) and isinstance(estimator.finetune_weight_decay, str)
    return min(1.0, rows.n_features / len(rows)) if rises and not _decays_more(estimator) else 1.0


def finetuning_decay(estimator: Any, n_rows: int) -> float:
    """Return the weight decay of fine-tuning where all rows have labels: larger for normalised rectified layers.

    The length of their weights does not change what they compute, but how far a step of Adam turns them.

    Parameters
    ----------
    estimator : DBNClassifier or DBNRegressor
        That knows the decay with which its top layer was trained; if that is 0, it stays 0.
    n_rows : int
        That it learns from.

    Returns
    -------
    float
    """
    decay: float = estimator.finetune_weight_decay_
    if decay and _decays_more(estimator):
        return max(decay, min(DECAY_OF_RECTIFIED / n_rows, MOST_DECAY))
    return decay


def _decays_more(estimator: Any) -> bool:
    return (
        is_classifier(estimator)
        and isinstance(estimator.finetune_weight_decay, str)
        and estimator.batch_normalization
        and estimator.activation == "relu"
        and estimator.finetune_optimizer == "adam"
        and estimator.augment is None  # pictures that are distorted anew each time are not learned by heart
    )


def lowest_decay(estimator: Any, rows: Rows) -> float:
    """Return what the weight decay of the lowest layer is multiplied by: the mean variance of the features.

    Its weights must be the larger, the less the features vary. So they decay as if the features had been standardised.
    What a normalised layer computes does not depend on the length of its weights. For numbers it was no better.

    Parameters
    ----------
    estimator : DBNClassifier or DBNRegressor
    rows : Rows
        That it learns from.

    Returns
    -------
    float
        At most 1; 1 if the weight decay was set by hand.
    """
    is_automatic = is_classifier(estimator) and isinstance(estimator.finetune_weight_decay, str)
    if not is_automatic or estimator.batch_normalization:
        return 1.0
    variances = to_numpy(rows.moments()[1])
    mean = float(variances[variances > 0].mean()) if (variances > 0).any() else 1.0
    return min(1.0, float(f"{mean:.4g}"))  # roundings of standardised features are no difference


def known_rate(estimator: Any, few_labels: bool) -> float | None:
    """Return the learning rate of fine-tuning that does not depend on the data; None if there is none.

    Where rows without labels take part, networks with normalised layers collapsed in two draws of 100 labels at the
    larger rate, see decision 0022.

    Parameters
    ----------
    estimator : DBNClassifier or DBNRegressor
    few_labels : bool
        Whether rows without labels take part.

    Returns
    -------
    float or None
    """
    if not isinstance(estimator.finetune_learning_rate, str):
        return float(estimator.finetune_learning_rate)
    if estimator.finetune_optimizer != "adam":
        return None
    is_fast = estimator.batch_normalization and not few_labels
    return ADAM_RATE * (NORMALISED[estimator.activation] if is_fast else 1)


def radius_for(setting: float | str, rows: Rows) -> float:
    """Return how far rows are moved in adversarial directions; ``"auto"`` is a share of their distance from their mean.

    Parameters
    ----------
    setting : float or "auto"
    rows : Rows

    Returns
    -------
    float
        In the units of the visible layer.
    """
    return RADIUS * float(rows.moments()[1].sum()) ** 0.5 if isinstance(setting, str) else float(setting)


def distortion_for(estimator: Any, rows: Rows) -> Distortion | None:
    """Return how the rows, which are pictures, are distorted; None if they are not to be.

    Parameters
    ----------
    estimator : DBNClassifier or DBNRegressor
    rows : Rows

    Returns
    -------
    Distortion or None

    Raises
    ------
    ValueError
        If they are no pictures of this size.
    """
    if estimator.augment is None:
        return None
    height, width = _picture_size(estimator.augment, rows.n_features)
    scaling = scaling_of(estimator)
    if not isinstance(scaling, Scaling) or not scaling.is_common:
        raise ValueError(
            "augment moves pixels, which must have one scale for all of them, and here each feature has a scale of its "
            "own; pretrain layers together with augment and visible='auto', or set augment=None."
        )
    return Distortion(height, width)


def _picture_size(setting: str, n_pixels: int) -> tuple[int, int]:
    if setting == "auto":
        side = math.isqrt(n_pixels)
        if side * side != n_pixels:
            raise ValueError(
                f"augment='auto' is for square pictures, and rows have {n_pixels} features; give height and width, "
                "such as augment='28x20', or set augment=None."
            )
        return side, side
    size = re.fullmatch(r"([1-9][0-9]{0,4})x([1-9][0-9]{0,4})", setting)
    if size is None:
        raise ValueError(f"augment is auto, or height and width of the pictures, such as '28x28'; got {setting!r}.")
    height, width = int(size[1]), int(size[2])
    if height * width != n_pixels:
        raise ValueError(
            f"augment={setting!r} says that rows are pictures of {height * width} pixels, but they have {n_pixels} "
            "features; give height and width of the pictures, or set augment=None."
        )
    return height, width


def require_consistent(estimator: Any, rows: Rows) -> None:
    """Refuse settings of fine-tuning that exclude each other, or that are not for such rows.

    Parameters
    ----------
    estimator : DBNClassifier or DBNRegressor
    rows : Rows

    Raises
    ------
    ValueError
        If two settings exclude each other, or one does not suit the rows.
    ParallelError
        If a setting cannot be used with several processes.
    """
    for name, off in (("adversarial_radius", None), ("mixup", False)):
        if getattr(estimator, name, off) is not off and (estimator.dropout or estimator.input_dropout):
            raise ValueError(
                f"{name} and dropout exclude each other: set dropout=0 and input_dropout=0, or {name}={off}."
            )
    for name in ("batch_normalization", "mixup"):
        if getattr(estimator, name, False) and current_group().size > 1:
            raise ParallelError(
                f"{name}=True needs whole batches, of which several processes have parts; train in one process, or "
                f"set {name}=False."
            )
    distortion_for(estimator, rows)
