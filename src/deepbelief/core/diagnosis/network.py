"""Rules about the network: does it do better than always naming the most frequent class?"""

import math
from dataclasses import dataclass

import numpy as np

from deepbelief.core.finding import Checks, Finding

ERRORS = 2.0  # standard errors above the share of the largest class that chance may reach


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
    """Judge the network by its predictions."""
    n_rows = len(predictions.targets)
    share = float(np.bincount(predictions.targets).max() / n_rows)
    limit = min(1.0, share + ERRORS * math.sqrt(share * (1 - share) / n_rows))
    accuracy = float((predictions.targets == predictions.predicted).mean())
    yield (
        # With one class only there is nothing to be better than.
        accuracy <= limit and share < 1,
        Finding(
            name="no-better-than-majority",
            where="the network",
            value=accuracy,
            threshold=limit,
            evidence=(
                f"accuracy is {accuracy:.3f}; always naming the most frequent class gives {share:.3f}, and with luck "
                f"{limit:.3f}"
            ),
            advice=(
                "The network learned nothing of the labels: use a lower fine-tuning rate, more epochs, and check that "
                "images and labels are in the same order"
            ),
            source="the majority class is the best constant prediction",
        ),
    )
