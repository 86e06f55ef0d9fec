"""Rules about how the training of one layer went, from what was measured after each epoch."""

from collections.abc import Sequence
from statistics import median

from deepbelief.core.finding import GUIDE, Checks, Finding
from deepbelief.core.progress import Entry

Records = Sequence[Entry]

# About 10⁻³ is right; healthy runs with momentum were seen between 10⁻³ and 2·10⁻².
FASTEST, SLOWEST = 0.1, 1e-4
GAP_LIMIT = 1.0
SETTLED = 5  # epochs after which steps are judged: the first ones, from weights next to zero, are large and should be


def measured(records: Records, name: str) -> list[float]:
    """Return the values of one measurement: not every run has it, and a file holds None for what was not finite.

    Parameters
    ----------
    records : sequence of dict
        Entries of ``history_``, of one layer or of fine-tuning.
    name : str
        Of the metric.

    Returns
    -------
    list of float
    """
    return [record[name] for record in records if record.get(name) is not None]


def large_steps(where: str, records: Records) -> Checks:
    """Judge whether steps undo each other.

    Parameters
    ----------
    where : str
        What findings name: such as ``"layer 1"``.
    records : sequence of dict
        Entries of ``history_``, of one layer or of fine-tuning.

    Yields
    ------
    iterator of (bool, Finding)
    """
    ratios = measured(records, "update_ratio")[SETTLED:]
    if ratios:
        ratio = median(ratios)
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


def small_steps(where: str, records: Records) -> Checks:
    """Judge whether the weights move.

    Parameters
    ----------
    where : str
        What findings name: such as ``"layer 1"``.
    records : sequence of dict
        Entries of ``history_``, of one layer or of fine-tuning.

    Yields
    ------
    iterator of (bool, Finding)
    """
    ratios = measured(records, "update_ratio")
    if ratios:
        ratio = median(ratios[SETTLED:] or ratios)
        yield (
            ratio < SLOWEST,
            Finding(
                name="weights-not-moving",
                where=where,
                value=ratio,
                threshold=SLOWEST,
                evidence=_changes(ratio, "less", SLOWEST),
                advice="The layer hardly learns: use a higher learning rate",
                source=f"{GUIDE}, §7",
            ),
        )


def _changes(ratio: float, or_what: str, limit: float) -> str:
    return (
        f"in half of the epochs a step changes weights by {ratio:.1e} of their size or {or_what} (limit {limit:g}, "
        "about 0.001 is right)"
    )


def overfitting(where: str, records: Records) -> Checks:
    """Judge whether the layer overfits.

    Two small sets of rows differ before anything was learned. So the gap after the first epoch is taken off.

    Parameters
    ----------
    where : str
        What findings name: such as ``"layer 1"``.
    records : sequence of dict
        Entries of ``history_``, of one layer or of fine-tuning.

    Yields
    ------
    iterator of (bool, Finding)
    """
    gaps = [
        record["free_energy_gap"] / record["free_energy_spread"]
        for record in records
        if record.get("free_energy_gap") is not None and record.get("free_energy_spread")
    ]
    if gaps:
        last, widened = gaps[-1], gaps[-1] - gaps[0]
        yield (
            widened > GAP_LIMIT,
            Finding(
                name="overfitting",
                where=where,
                value=widened,
                threshold=GAP_LIMIT,
                evidence=(
                    f"held-out rows have a higher free energy than training rows, by {last:.2g} standard deviations of "
                    f"it; that is {widened:.2g} more than after the first epoch (limit {GAP_LIMIT:g})"
                ),
                advice=(
                    "The layer learns its rows by heart: use more rows, fewer hidden units, fewer passes or more "
                    "weight decay"
                ),
                source=f"{GUIDE}, §6",
            ),
        )
