"""Rules about how the training of one layer went, from what was measured after each epoch."""

from collections.abc import Sequence
from statistics import median
from typing import Any

from deepbelief.core.finding import GUIDE, Checks, Finding

# About 10⁻³ is right; healthy runs with momentum were seen between 10⁻³ and 2·10⁻².
FASTEST, SLOWEST = 0.1, 1e-4
GAP_LIMIT = 1.0


def rules(number: int, records: Sequence[dict[str, Any]]) -> Checks:
    """Judge the epochs of layer `number`, counted from 1."""
    where = f"layer {number}"
    ratios = [record["update_ratio"] for record in records if _measured(record, "update_ratio")]
    if ratios:
        yield from _update_ratio(where, median(ratios))
    gaps = [
        record["free_energy_gap"] / (record["free_energy_spread"] or 1.0)
        for record in records
        if _measured(record, "free_energy_gap") and _measured(record, "free_energy_spread")
    ]
    if gaps:
        yield _overfitting(where, gaps)


def _measured(record: dict[str, Any], name: str) -> bool:
    """Tell whether there is a number: not every run held rows out, and a file holds None for what was not finite."""
    return record.get(name) is not None


def _update_ratio(where: str, ratio: float) -> Checks:
    measured = f"in half of the epochs a step changes weights by {ratio:.1e} of their size or"
    yield (
        ratio > FASTEST,
        Finding(
            name="exploding-weights",
            where=where,
            value=ratio,
            threshold=FASTEST,
            evidence=f"{measured} more (limit {FASTEST:g}, about 0.001 is right)",
            advice="Steps this large undo each other: use a lower learning rate",
            source=f"{GUIDE}, §7",
        ),
    )
    yield (
        ratio < SLOWEST,
        Finding(
            name="weights-not-moving",
            where=where,
            value=ratio,
            threshold=SLOWEST,
            evidence=f"{measured} less (limit {SLOWEST:g}, about 0.001 is right)",
            advice="The layer hardly learns: use a higher learning rate, unless its units are dead or always on",
            source=f"{GUIDE}, §7",
        ),
    )


def _overfitting(where: str, gaps: list[float]) -> tuple[bool, Finding]:
    last = gaps[-1]
    return last > GAP_LIMIT and last > gaps[0], Finding(
        name="overfitting",
        where=where,
        value=last,
        threshold=GAP_LIMIT,
        evidence=(
            f"held-out rows have a higher free energy than training rows, by {last:.2g} standard deviations of it "
            f"(limit {GAP_LIMIT:g}; after the first epoch it was {gaps[0]:.2g})"
        ),
        advice="The layer learns its rows by heart: use more rows, fewer units, fewer epochs or more weight decay",
        source=f"{GUIDE}, §6",
    )
