"""Why a network learned nothing of labels or targets, and what to do about it."""

from statistics import median

import numpy as np

from deepbelief.core.diagnosis.history import FASTEST, SLOWEST, Records, measured

FAR = 0.02  # of the targets, at most, are outliers
MOST_OF_IT = 0.5  # of the variance of the targets comes from outliers
FEWEST = 10  # targets, of fewer a small variance is luck
NARROW = 0.01  # variance of targets, beside that of the targets learned from: the latter have outliers
SETTLED = 0.02  # by which share the loss falls in the last quarter of training that leads nowhere


def advised(what: str, by_heart: str, cause: str, fine_tuning: Records) -> str:
    """Return what to do, by what fine-tuning itself has measured.

    Parameters
    ----------
    what : {"labels", "targets"}
    by_heart : str
        How well the network knows the rows that it learned from, if that is well; else "".
    cause : str
        What is special about its answers or the targets, and what to do about that; "" if nothing is.
    fine_tuning : sequence of dict
        Entries of ``history_`` from fine-tuning.

    Returns
    -------
    str
    """
    ratios = measured(fine_tuning, "update_ratio")
    rows = "labelled rows" if what == "labels" else "rows"
    if ratios and not by_heart and median(ratios) > FASTEST:
        return f"A step changes weights by {median(ratios):.1e} of their size, too much: use a lower fine-tuning rate"
    if ratios and not by_heart and median(ratios) < SLOWEST:
        return (
            f"A step changes weights by {median(ratios):.1e} of their size, too little: use a higher fine-tuning rate"
        )
    if cause:
        return cause
    if by_heart:
        return (
            f"On the rows that it learned from, {by_heart}: what it learned of them is not true of these. Check that "
            f"rows and {what} are in the same order; if they are, use more {rows} or fewer features"
        )
    if _has_settled(measured(fine_tuning, "loss")):
        return (
            f"The network learned nothing of the {what}, and its loss no longer falls, so training it longer will not "
            f"help. Check that rows and {what} are in the same order; if they are, use other features or more {rows}"
        )
    return (
        f"The network learned nothing of the {what}: use more passes, and check that rows and {what} are in the same "
        "order"
    )


def _has_settled(losses: list[float]) -> bool:
    """Tell whether the loss hardly fell in the last quarter of many passes."""
    quarter = len(losses) // 4
    if quarter < 5:  # the rate falls towards the end, so the end of few passes tells nothing
        return False
    before, last = (float(np.mean(part)) for part in (losses[-2 * quarter : -quarter], losses[-quarter:]))
    return last > before - SETTLED * abs(before)


def has_outliers(targets: np.ndarray) -> bool:
    """Tell whether few targets are far from all others, among these or among those that the network learned from.

    Parameters
    ----------
    targets : ndarray, shape (n_rows, n_targets)
        In units of the spread of the targets that the network learned from.

    Returns
    -------
    bool
    """
    squares = np.sort((targets - targets.mean(axis=0)) ** 2, axis=0)
    n_far = max(1, int(FAR * len(targets)))
    has_some = squares[-n_far:].sum(axis=0) > MOST_OF_IT * squares.sum(axis=0)
    is_narrow = (squares.mean(axis=0) < NARROW) & (len(targets) >= FEWEST)
    return bool((has_some & (len(targets) >= 1 / FAR)).any() or is_narrow.any())
