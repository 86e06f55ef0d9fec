"""Consistent advice: no two findings of a diagnosis advise the opposite.

The first finding is nearest to the cause, so its advice stands. A later one that would pull the other way, or that is a
mere symptom, which has no remedy but that of its cause, says to follow the earlier advice first.
"""

from collections.abc import Sequence
from dataclasses import replace

from deepbelief.core.finding import Finding

OPPOSITES = (
    ("lower learning rate", "higher learning rate"),
    ("lower fine-tuning rate", "higher fine-tuning rate"),
    ("fewer passes", "more passes"),
)
SYMPTOMS = frozenset(
    {
        "weights-not-moving",
        "identical-reconstructions",
        "noise-like-reconstructions",
        "worse-than-mean-row",
        "samples-unlike-data",
        "no-better-than-majority",
    }
)


def agreeing(finding: Finding, earlier: Sequence[Finding]) -> Finding:
    """Return a finding whose advice agrees with that of the earlier ones.

    Parameters
    ----------
    finding : Finding
    earlier : sequence of Finding
        Of the same diagnosis, a cause before its consequences.

    Returns
    -------
    Finding
    """
    causes = [one for one in earlier if finding.name in SYMPTOMS or _opposed(finding.advice, one.advice)]
    if not causes:
        return finding
    advice = f"This may come from {causes[0].name} ({causes[0].where}): do what is advised there first"
    return replace(finding, advice=advice)


def _opposed(one: str, other: str) -> bool:
    return any((a in one and b in other) or (b in one and a in other) for a, b in OPPOSITES)
