"""Rules about the reconstructions of a layer: do they resemble its input?"""

import numpy as np

from deepbelief.core.diagnosis.evidence import Evidence
from deepbelief.core.finding import GUIDE, Checks, Finding

SAME_LIMIT = 0.05
NOISE_LIMIT = 0.3
COPY = 0.9  # a reconstruction that correlates as much with its input is no noise, whatever is wrong with it
MEAN_ROW_LIMIT = 1.05  # a layer that gives the mean row for every row has its own finding
BLANK = 1e-12  # variance of inputs that do not vary


def identical(evidence: Evidence) -> Checks:
    """Judge whether reconstructions differ from row to row.

    Parameters
    ----------
    evidence : Evidence
        What the layer makes of some rows.

    Yields
    ------
    is_over : bool
        Whether the limit was passed.
    finding : Finding
    """
    variance = evidence.inputs.var(axis=0).sum()
    # Inputs that do not vary are the fault of the data, or of the layer below, which has its own findings.
    if variance <= BLANK:
        return
    spread = float(evidence.reconstructions.var(axis=0).sum() / variance)
    if evidence.number == 1 and are_unrelated(evidence.inputs):
        advice = (
            "The features are hardly correlated, so a layer finds little that they have in common, however long it "
            "trains: use features that depend on each other, or learn from labels alone"
        )
    else:
        advice = "The layer does not tell its inputs apart: use more passes"
    yield (
        spread < SAME_LIMIT,
        Finding(
            name="identical-reconstructions",
            where=evidence.where,
            value=spread,
            threshold=SAME_LIMIT,
            evidence=(
                f"reconstructions vary {spread:.2%} as much as the inputs they belong to (limit {SAME_LIMIT:.0%})"
            ),
            advice=advice,
            source=f"{GUIDE}, §5: the reconstruction error, here as its parts",
        ),
    )


def unlike(evidence: Evidence, worst: float = MEAN_ROW_LIMIT) -> Checks:
    """Judge whether reconstructions resemble the rows they belong to; `worst` is how many times the error of the mean
    row theirs may be.

    Parameters
    ----------
    evidence : Evidence
        What the layer makes of some rows.
    worst : float, default=MEAN_ROW_LIMIT

    Yields
    ------
    is_over : bool
        Whether the limit was passed.
    finding : Finding
    """
    inputs, outputs = evidence.inputs, evidence.reconstructions
    variance = inputs.var(axis=0)
    if variance.sum() <= BLANK:
        return
    ratio = float(((inputs - outputs) ** 2).mean() / variance.mean())
    likeness, of_mean = _likeness(inputs, outputs), _likeness(inputs, inputs.mean(axis=0)[None])
    limit = min(max(NOISE_LIMIT, of_mean), COPY)
    yield (
        # A layer of few units explains little and may be right all the same: its error says so.
        likeness < limit and ratio > worst,
        Finding(
            name="noise-like-reconstructions",
            where=evidence.where,
            value=likeness,
            threshold=limit,
            evidence=(
                f"a reconstruction correlates {likeness:.2f} with its input, at the median; the mean row, which is the "
                f"same for all, correlates {of_mean:.2f} with it (limit {limit:.2f})"
            ),
            advice="What comes down is noise, as from a layer that is untrained: use more passes",
            source=f"{GUIDE}, §5",
        ),
    )
    yield (
        ratio > worst,
        Finding(
            name="worse-than-mean-row",
            where=evidence.where,
            value=ratio,
            threshold=worst,
            evidence=(
                f"the reconstruction error is {ratio:.3g} times that of the mean row (limit {worst:g}), which "
                "is the same for every row"
            ),
            advice="The mean of all rows would do better: use more passes",
            source="the mean is the best constant prediction under squared error",
        ),
    )


def are_unrelated(rows: np.ndarray) -> bool:
    """Tell whether features are no more correlated than unrelated ones would be, by the luck of so few rows.

    The largest eigenvalue of their correlations is then at most (1 + √(n_features / n_rows))², as it is in the limit of
    many rows and features (Marchenko & Pastur, *Distribution of eigenvalues for some sets of random matrices*, 1967).

    Parameters
    ----------
    rows : ndarray, shape (n_rows, n_features)

    Returns
    -------
    bool
        False where there are too few rows to tell.
    """
    rows = rows[:, rows.std(axis=0) > 0]
    n_rows, n_features = rows.shape
    if not 1 < n_features < n_rows:
        return False
    largest = np.linalg.eigvalsh(np.corrcoef(rows, rowvar=False))[-1]
    return bool(largest <= (1 + (n_features / n_rows) ** 0.5) ** 2)


def _likeness(inputs: np.ndarray, outputs: np.ndarray) -> float:
    """Return the median over rows of the correlation across features; a flat row correlates with nothing: 0."""
    a, b = inputs - inputs.mean(axis=1, keepdims=True), outputs - outputs.mean(axis=1, keepdims=True)
    norms = np.linalg.norm(a, axis=1) * np.linalg.norm(b, axis=1)
    return float(np.median((a * b).sum(axis=1) / np.maximum(norms, BLANK)))
