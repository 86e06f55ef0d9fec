"""What a diagnosis consists of."""

from collections.abc import Iterator
from dataclasses import dataclass

from deepbelief.core.phases import FINETUNE, SOFTMAX

GUIDE = "Hinton, A Practical Guide to Training Restricted Boltzmann Machines (2010)"


@dataclass(frozen=True)
class Finding:
    """Something wrong with a trained model or its data.

    Parameters
    ----------
    name : str
        Of the rule, such as ``"dead-hidden-units"``.
    where : str
        ``"the data"``, ``"layer 1"``, ``"the network"``.
    value, threshold : float
        What was measured, and the limit that it is beyond.
    evidence : str
        The measurement in words, with both numbers.
    advice : str
        What it means and what to do.
    source : str
        Where the rule comes from.
    """

    name: str
    where: str
    value: float
    threshold: float
    evidence: str
    advice: str
    source: str

    def __str__(self) -> str:
        return f"{self.where}: {self.evidence}; {self.advice[0].lower()}{self.advice[1:]} ({self.name})"


# A rule yields each of its findings together with whether the limit was passed.
Checks = Iterator[tuple[bool, Finding]]


def non_finite(where: str, evidence: str) -> Finding:
    """Return the finding that numbers have become infinite or not a number.

    Parameters
    ----------
    where : str
        What findings name: such as ``"layer 1"``.
    evidence : str
        What was found, in words.

    Returns
    -------
    Finding
    """
    kinds = [phase.label for phase in (FINETUNE, SOFTMAX) if where.startswith(phase.trained)]
    kind = kinds[0] if kinds else "learning"
    return Finding(
        name="non-finite",
        where=where,
        value=float("nan"),
        threshold=float("inf"),
        evidence=evidence,
        advice=(
            f"Use a lower {kind} rate, and real-valued features of about unit variance, which visible='auto' sees to"
        ),
        source=f"{GUIDE}, §7",
    )
