"""Rules about the network: do its answers have anything to do with the labels?"""

import math
from dataclasses import dataclass

import numpy as np

from deepbelief.core.finding import Checks, Finding

ERRORS = 2.0  # standard errors by which agreement may exceed chance and still be luck


@dataclass(frozen=True)
class Predictions:
    """What a network says of labelled rows.

    Parameters
    ----------
    targets, predicted : ndarray of int, shape (n_rows,)
        Indices of classes.
    """

    targets: np.ndarray
    predicted: np.ndarray


def rules(predictions: Predictions) -> Checks:
    """Judge the network by its predictions.

    Answers drawn at random, as often of each class as the network gives it, agree with the labels by chance (Cohen
    1960). A network that always names the most frequent class is the extreme case.
    """
    targets, predicted = predictions.targets, predictions.predicted
    n_rows, n_classes = len(targets), int(max(targets.max(), predicted.max())) + 1
    shares = [np.bincount(labels, minlength=n_classes) / n_rows for labels in (targets, predicted)]
    chance, majority = float(shares[0] @ shares[1]), float(shares[0].max())
    limit = chance + ERRORS * math.sqrt(chance * (1 - chance) / n_rows)
    accuracy = float((targets == predicted).mean())
    yield (
        # So few rows that not even answers that are all right would exceed luck tell nothing.
        limit < 1
        # With one class only there is nothing to tell apart, and no network is worse off for being always right.
        and accuracy <= limit
        and majority < 1,
        Finding(
            name="no-better-than-majority",
            where="the network",
            value=accuracy,
            threshold=limit,
            evidence=(
                f"accuracy is {accuracy:.3f}; answers as frequent as these, given at random, reach {chance:.3f}, and "
                f"with luck {limit:.3f}; always naming the most frequent class gives {majority:.3f}"
            ),
            advice=(
                "The network learned nothing of the labels: use a lower fine-tuning rate, more epochs, and check that "
                "images and labels are in the same order"
            ),
            source="Cohen, A coefficient of agreement for nominal scales (1960)",
        ),
    )
