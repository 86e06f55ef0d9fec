"""Rules about the network: do its answers have anything to do with the labels, and do they hold for other rows?"""

import math
from dataclasses import dataclass

import numpy as np

from deepbelief.core.diagnosis.causes import advised, has_outliers
from deepbelief.core.diagnosis.history import Records, large_steps, measured
from deepbelief.core.finding import Checks, Finding

ERRORS = 2.0  # standard errors by which agreement may exceed chance and still be luck
USELESS = 0.1  # of the way from chance to perfect: a network that comes no further is of no use, lucky or not
LUCK = 3.0  # standard errors by which the best of three kernels may exceed chance and still be luck
BY_HEART = 0.3  # of the way from the most frequent class, or the mean, to perfect, on the rows that it learned from
RARE = 3.0  # times as many rows of the most frequent class as of the rarest one
NEARLY_ALL = 0.95  # of the answers name one class
LOSS_RATIO, LOSS_RISE = 10.0, 1.5
RISE_OF_NUMBERS = 1.1  # of their error much is noise, which no network takes away; so a smaller rise says the same


@dataclass(frozen=True)
class Predictions:
    """What a network says of labelled rows.

    Parameters
    ----------
    targets, predicted : ndarray of int, shape (n_rows,)
        Indices of classes.
    agreement : float or None
        How far the labels follow from the rows, see :func:`~deepbelief.core.diagnosis.left_out.agreement`.
    """

    targets: np.ndarray
    predicted: np.ndarray
    agreement: float | None = None


@dataclass(frozen=True)
class Estimates:
    """What a network says of rows whose numbers are known.

    Parameters
    ----------
    targets, predicted : ndarray of float, shape (n_rows, n_targets)
        In units of the spread of the targets that the network learned from.
    is_absolute : bool
        Whether the network was to make the absolute error small, and not the squared one.
    """

    targets: np.ndarray
    predicted: np.ndarray
    is_absolute: bool = False


Answers = Predictions | Estimates


def rules(answers: Answers | None, fine_tuning: Records) -> Checks:
    """Judge the network by its answers and by what was measured after each pass of fine-tuning.

    Parameters
    ----------
    answers : Answers or None
        Of the network, for labelled rows.
    fine_tuning : sequence of dict
        Entries of ``history_`` from fine-tuning.

    Yields
    ------
    iterator of (bool, Finding)
    """
    for lost, finding in useless(answers, fine_tuning):
        yield lost, finding
        if lost:  # a network that is right about nothing but what it knows by heart has been told so
            return
    yield from large_steps("the network", fine_tuning)
    if isinstance(answers, Predictions):
        yield from _worse_than_guessing(answers, fine_tuning)
    losses, held_out = measured(fine_tuning, "loss"), measured(fine_tuning, "validation_loss")
    if losses and held_out:
        yield _overfitting(losses[-1], held_out, is_of_numbers="squared_error" in fine_tuning[-1])


def useless(answers: Answers | None, fine_tuning: Records) -> Checks:
    """Judge whether the network knows more than the most frequent class, or the mean of the numbers.

    A network that knows more of the rows that it learned from may still know them by heart: then labels do not follow
    from rows.

    Parameters
    ----------
    answers : Answers or None
        Of the network, for labelled rows.
    fine_tuning : sequence of dict
        Entries of ``history_`` from fine-tuning.

    Yields
    ------
    iterator of (bool, Finding)
    """
    if isinstance(answers, Predictions) and len(answers.targets):
        lost, finding = _no_better_than_majority(answers, fine_tuning)
        yield lost, finding
        if not lost and answers.agreement is not None:
            yield _labels_do_not_follow(answers, answers.agreement)
    if isinstance(answers, Estimates) and len(answers.targets) > 1:
        yield _no_better_than_mean(answers, fine_tuning)


def _worse_than_guessing(predictions: Predictions, fine_tuning: Records) -> Checks:
    """Compare the loss on the rows learned from with what equal probabilities give, whatever the accuracy."""
    losses = measured(fine_tuning, "loss")
    if len(predictions.targets) and losses:
        n_classes = max(2, 1 + int(max(predictions.targets.max(), predictions.predicted.max())))
        guessing = math.log(n_classes)
        yield (
            losses[-1] > guessing,
            Finding(
                name="exploding-weights",
                where="the network",
                value=losses[-1],
                threshold=guessing,
                evidence=(
                    f"the loss on the rows learned from is {losses[-1]:.3g} nats, more than the {guessing:.2g} nats of "
                    f"giving all {n_classes} classes the same probability"
                ),
                advice="The network is sure of wrong answers: use a lower fine-tuning rate",
                source="the cross-entropy of a uniform answer is the logarithm of the number of classes",
            ),
        )


def _no_better_than_majority(predictions: Predictions, fine_tuning: Records) -> tuple[bool, Finding]:
    """Compare the network with always naming the most frequent class, and with answers given at random.

    Where one class is frequent, accuracy hides what becomes of the others, so the mean of the accuracies on each class
    must be at the level of chance too. Answers that are dealt out to the rows at random have 1 / n_classes of it on
    average, with a variance of N / (N − 1) · Σ q (1 − q) / (n_classes² n), where class by class q is its share among
    the answers and n the number of its rows (Hoeffding, *A combinatorial central limit theorem*, 1951).
    """
    targets, predicted = predictions.targets, predictions.predicted
    classes, counts = np.unique(targets, return_counts=True)
    answered = np.array([(predicted == one).mean() for one in classes])
    accuracy, majority = float((targets == predicted).mean()), float(counts.max() / len(targets))
    balanced = float(np.mean([(predicted[targets == one] == one).mean() for one in classes]))
    limit = min(majority + ERRORS * math.sqrt(majority * (1 - majority) / len(targets)), 1.0)
    balanced_limit = max(_luck(answered, counts), 1 / len(classes) + USELESS * (1 - 1 / len(classes)))
    found = (
        accuracy <= limit
        and balanced <= balanced_limit
        # With one class only there is nothing to tell apart, and no network is worse off for being always right.
        and len(classes) > 1
        # So few rows that not even answers that are all right would exceed luck tell nothing.
        and _luck(counts / len(targets), counts) < 1
    )
    learned = measured(fine_tuning, "accuracy")
    is_by_heart = learned and learned[-1] > majority + BY_HEART * (1 - majority)
    by_heart = f"accuracy was {learned[-1]:.3f}" if is_by_heart else ""
    is_one_sided = answered[counts.argmax()] >= NEARLY_ALL and counts.max() >= RARE * counts.min()
    cause = "Nearly all answers name the most frequent class: let all classes count the same" if is_one_sided else ""
    return found, Finding(
        name="no-better-than-majority",
        where="the network",
        value=accuracy,
        threshold=limit,
        evidence=(
            f"accuracy is {accuracy:.3f} (limit {limit:.3f}; always naming the most frequent class gives "
            f"{majority:.3f}), and {balanced:.3f} as the mean over the classes (limit {balanced_limit:.3f}; chance is "
            f"{1 / len(classes):.3f})"
        ),
        advice=advised("labels", by_heart, cause, fine_tuning),
        source="Cohen, A coefficient of agreement for nominal scales (1960): agreement beyond chance",
    )


def _labels_do_not_follow(predictions: Predictions, agreement: float) -> tuple[bool, Finding]:
    accuracy = float((predictions.targets == predictions.predicted).mean())
    return agreement <= LUCK, Finding(
        name="labels-do-not-follow",
        where="the network",
        value=agreement,
        threshold=LUCK,
        evidence=(
            f"accuracy is {accuracy:.3f} on rows that it may know by heart, but labels do not follow from the rows: "
            "what kernel ridge regression on all other rows says of a row agrees with its label by "
            f"{agreement:.1f} standard errors more than chance (limit {LUCK:g})"
        ),
        advice=(
            "Check that rows and labels are in the same order, and judge the model by rows that it did not learn from; "
            "if it fails there, use more labelled rows, or other features"
        ),
        source="Allen, The relationship between variable selection and data augmentation (1974)",
    )


def _no_better_than_mean(estimates: Estimates, fine_tuning: Records) -> tuple[bool, Finding]:
    """Compare the network with always saying the mean, or the median if the absolute error was to be small.

    Numbers that have nothing to do with the targets, brought to the scale at which they are least wrong, explain 1 / n
    of their variance on average; more than ERRORS² / n is rarely luck.
    """
    targets, predicted, is_absolute = estimates.targets, estimates.predicted, estimates.is_absolute
    constant = np.median(targets, axis=0) if is_absolute else targets.mean(axis=0)
    power = 1 if is_absolute else 2
    spread = (abs(targets - constant) ** power).mean(axis=0)
    counted = spread > 0
    errors = (abs(targets - predicted) ** power).mean(axis=0)[counted]
    share = float(np.mean(errors / spread[counted])) if counted.any() else 0.0
    limit = 1 - min(ERRORS**2 / len(targets), 0.5)
    found = bool(counted.any()) and share >= limit
    learned = measured(fine_tuning, "squared_error")
    is_by_heart = learned and learned[-1] < 1 - BY_HEART and not is_absolute
    by_heart = f"the squared error was {learned[-1]:.3f} of their variance" if is_by_heart else ""
    cause = "Few of the targets are far from all others: correct them, or let outliers count less"
    cause = cause if has_outliers(targets) else ""
    kind, simplest = ("absolute", "median") if is_absolute else ("squared", "mean")
    return found, Finding(
        name="no-better-than-mean",
        where="the network",
        value=share,
        threshold=limit,
        evidence=(
            f"the {kind} error is {share:.4g} times that of always saying the {simplest} of the targets (limit "
            f"{limit:.3f})"
        ),
        advice=advised("targets", by_heart, cause, fine_tuning),
        source="the coefficient of determination R² is 0 where the mean is as good",
    )


def _luck(answered: np.ndarray, counts: np.ndarray) -> float:
    """Return the mean accuracy on each class that answers given at random may have with luck."""
    n_rows, n_classes = counts.sum(), len(counts)
    variance = n_rows / max(n_rows - 1, 1) * (answered * (1 - answered) / counts).sum() / n_classes**2
    return float(answered.sum() / n_classes + ERRORS * math.sqrt(variance))


def _overfitting(loss: float, held_out: list[float], *, is_of_numbers: bool) -> tuple[bool, Finding]:
    """Compare losses on held-out rows with the one on the rows learned from, and with the best of them.

    The logarithm of a density can be positive. The loss is negative then, and no ratio of such losses says anything.
    """
    tiny = np.finfo(float).tiny
    last, best = held_out[-1], min(held_out)
    limit = RISE_OF_NUMBERS if is_of_numbers else LOSS_RISE
    return best > 0 and last > LOSS_RATIO * loss and last > limit * best, Finding(
        name="overfitting",
        where="the network",
        value=last / max(best, tiny),
        threshold=limit,
        evidence=(
            f"the loss on held-out rows is {last:.3g}, {last / max(loss, tiny):.3g} times that on the rows learned "
            f"from (limit {LOSS_RATIO:g}), and {last / max(best, tiny):.2f} times what it was at its best (limit "
            f"{limit:g})"
        ),
        advice=(
            "The network learns its rows by heart: use finetune_weight_decay=0.005, early_stopping=True or more rows"
            if is_of_numbers
            else "The network learns its rows by heart: use early_stopping=True, fewer passes, dropout=0.5 or more "
            "labelled rows"
        ),
        source="Prechelt, Early stopping - but when? (1998)",
    )
