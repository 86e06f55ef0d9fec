"""Rules about how the training of one layer went, from what was measured after each epoch."""

from collections.abc import Sequence
from statistics import median
from typing import Any

from deepbelief.core.finding import GUIDE, Checks, Finding

# About 10⁻³ is right; healthy runs with momentum were seen between 10⁻³ and 2·10⁻².
FASTEST, SLOWEST = 0.1, 1e-4
GAP_LIMIT = 1.0
SETTLED = 5  # epochs after which steps are judged: the first ones, from weights next to zero, are large and should be


def rules(number: int, records: Sequence[dict[str, Any]]) -> Checks:
    """Judge the epochs of layer `number`, counted from 1."""
    where = f"layer {number}"
    ratios = [record["update_ratio"] for record in records if _measured(record, "update_ratio")]
    if len(ratios) > SETTLED:
        yield from _update_ratio(where, median(ratios[SETTLED:]))
    elif ratios:
        yield _standstill(where, median(ratios))
    gaps = [
        record["free_energy_gap"] / record["free_energy_spread"]
        for record in records
        if _measured(record, "free_energy_gap") and record.get("free_energy_spread")
    ]
    if gaps:
        yield _overfitting(where, gaps)


def _measured(record: dict[str, Any], name: str) -> bool:
    """Tell whether there is a number: not every run held rows out, and a file holds None for what was not finite."""
    return record.get(name) is not None


def _update_ratio(where: str, ratio: float) -> Checks:
    yield (
        ratio > FASTEST,
        Finding(
            name="exploding-weights",
            where=where,
            value=ratio,
            threshold=FASTEST,
            evidence=_changes(ratio, "more", FASTEST),
            advice="Steps this large undo each other: use a lower learning rate",
            source=f"{GUIDE}, §7",
        ),
    )
    yield _standstill(where, ratio)


def _standstill(where: str, ratio: float) -> tuple[bool, Finding]:
    return ratio < SLOWEST, Finding(
        name="weights-not-moving",
        where=where,
        value=ratio,
        threshold=SLOWEST,
        evidence=_changes(ratio, "less", SLOWEST),
        advice="The layer hardly learns: use a higher learning rate, unless its units are dead or always on",
        source=f"{GUIDE}, §7",
    )


def _changes(ratio: float, or_what: str, limit: float) -> str:
    return (
        f"in half of the epochs a step changes weights by {ratio:.1e} of their size or {or_what} (limit {limit:g}, "
        "about 0.001 is right)"
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
