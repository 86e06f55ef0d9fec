"""How much samples resemble data: statistics of several orders, principal components, and nearest neighbours.

Statistics of the first order are means, those of the second order covariances of two different features, and those of
the third order E[(xᵢ − μᵢ)(xⱼ − μⱼ)(xₖ − μₖ)] of three. Of features given the layer above, which are then independent,
such averages are the same for values and for means, so that grey pictures can be compared with either.

Nearest-neighbour adversarial accuracy (Yale, Dash, Dutta, Guyon, Pavao & Bennett, *Generation and evaluation of privacy
preserving synthetic health data*, Neurocomputing 416, 2020) asks of each row whether its nearest neighbour, other than
itself, is of its own kind. AA_truth is the share of data rows of which that is true, and AA_syn that of samples. Both
are one half where samples and data cannot be told apart. Near one, samples are unlike the data; near zero, each row has
a sample that is nearer than any other row: a copy.
"""

from dataclasses import dataclass

import numpy as np

from deepbelief.core.randomness import Stream

MOST_SETS = 2000  # pairs, and triples, of features: more are drawn at random
MOST_ROWS = 500  # of data and of samples, whose neighbours are sought
ROWS_AT_ONCE = 250


@dataclass(frozen=True)
class Moments:
    """The statistics of one order, of some rows and of others.

    Parameters
    ----------
    order : int
        1, 2 or 3.
    features : ndarray of int, shape (n_sets, order)
        Of which features.
    data, samples : ndarray, shape (n_sets,)
    """

    order: int
    features: np.ndarray
    data: np.ndarray
    samples: np.ndarray

    @property
    def slope(self) -> float:
        """The slope of the line through zero that goes best through `samples` against `data`: 1 where they agree."""
        square = float(self.data @ self.data)
        return float(self.data @ self.samples) / square if square > 0 else float("nan")

    @property
    def correlation(self) -> float:
        """The correlation of `samples` with `data`; NaN where either is constant."""
        if min(self.data.std(), self.samples.std()) <= 0 or len(self.data) < 2:
            return float("nan")
        return float(np.corrcoef(self.data, self.samples)[0, 1])


@dataclass(frozen=True)
class AdversarialAccuracy:
    """Nearest-neighbour adversarial accuracy of samples and as many rows.

    Parameters
    ----------
    truth, synthetic : float
        AA_truth and AA_syn.
    n_rows : int
    """

    truth: float
    synthetic: float
    n_rows: int

    @property
    def value(self) -> float:
        """Their mean: one half where nothing tells samples from data."""
        return (self.truth + self.synthetic) / 2


def moments(data: np.ndarray, samples: np.ndarray, order: int, stream: Stream) -> Moments:
    """Return the statistics of an order, of all features that vary, or of `MOST_SETS` sets of them.

    Parameters
    ----------
    data, samples : ndarray, shape (n_rows, n_features) and (n_samples, n_features)
    order : {1, 2, 3}
    stream : Stream
        Which sets are taken.

    Returns
    -------
    Moments
    """
    varying = np.flatnonzero(data.std(axis=0) > 0)
    sets = _sets(varying, order, stream)
    return Moments(order, sets, _moment(data, sets), _moment(samples, sets))


def _sets(features: np.ndarray, order: int, stream: Stream) -> np.ndarray:
    """Return sets of `order` different features, each once: (n_sets, order)."""
    n = len(features)
    if order == 1:
        return features[:, None]
    if n < order:
        return np.empty((0, order), int)
    drawn = stream.generator.integers(0, n, (4 * MOST_SETS, order))
    if order == 2 and n * (n - 1) // 2 <= MOST_SETS:
        drawn = np.stack(np.triu_indices(n, 1), axis=1)
    drawn = np.sort(drawn, axis=1)
    different = (np.diff(drawn, axis=1) > 0).all(axis=1)
    _, first = np.unique(drawn[different], axis=0, return_index=True)
    return features[drawn[different][np.sort(first)][:MOST_SETS]]


def _moment(rows: np.ndarray, sets: np.ndarray) -> np.ndarray:
    if sets.shape[1] == 1:
        return rows[:, sets[:, 0]].mean(axis=0)
    centred = rows - rows.mean(axis=0)
    product = np.ones((len(rows), len(sets)))
    for column in sets.T:
        product *= centred[:, column]
    return product.mean(axis=0)


def principal_components(data: np.ndarray, samples: np.ndarray, n: int = 2) -> tuple[np.ndarray, np.ndarray]:
    """Return data and samples in the first principal components of the data: (n_rows, n) and (n_samples, n).

    Parameters
    ----------
    data : ndarray, shape (n_rows, n_features)
    samples : ndarray, shape (n_samples, n_features)
    n : int, default=2
        The number of components.

    Returns
    -------
    data : ndarray, shape (n_rows, n)
    samples : ndarray, shape (n_samples, n)
    """
    mean = data.mean(axis=0)
    _, _, directions = np.linalg.svd(data - mean, full_matrices=False)
    return (data - mean) @ directions[:n].T, (samples - mean) @ directions[:n].T


def nearest(rows: np.ndarray, others: np.ndarray, *, same: bool = False) -> tuple[np.ndarray, np.ndarray]:
    """Return the nearest of some rows to each of others.

    Parameters
    ----------
    rows : ndarray, shape (n_rows, n_features)
    others : ndarray, shape (n_others, n_features)
        Among which the neighbours are sought.
    same : bool, default=False
        Both are the same rows, none of which is its own neighbour.

    Returns
    -------
    index : ndarray of int, shape (n_rows,)
    distance : ndarray, shape (n_rows,)
        Euclidean.
    """
    centre = others.mean(axis=0)  # distances are differences of squares: the smaller these are, the better
    rows, others = rows - centre, others - centre
    squares = np.square(others).sum(axis=1)
    index = np.empty(len(rows), int)
    for first in range(0, len(rows), ROWS_AT_ONCE):
        some = rows[first : first + ROWS_AT_ONCE]
        distances = squares - 2 * some @ others.T
        if same:
            distances[np.arange(len(some)), first + np.arange(len(some))] = np.inf
        index[first : first + len(some)] = distances.argmin(axis=1)
    return index, np.linalg.norm(rows - others[index], axis=1)


def adversarial_accuracy(data: np.ndarray, samples: np.ndarray) -> AdversarialAccuracy:
    """Return the nearest-neighbour adversarial accuracy, of as many rows as samples, at most `MOST_ROWS`.

    A neighbour of the other kind at the same distance as one of the own kind counts half.

    Parameters
    ----------
    data : ndarray, shape (n_rows, n_features)
    samples : ndarray, shape (n_samples, n_features)

    Returns
    -------
    AdversarialAccuracy
    """
    n_rows = min(len(data), len(samples), MOST_ROWS)
    data, samples = data[_spread(len(data), n_rows)], samples[_spread(len(samples), n_rows)]
    _, among_data = nearest(data, data, same=True)
    _, among_samples = nearest(samples, samples, same=True)
    _, to_samples = nearest(data, samples)
    _, to_data = nearest(samples, data)
    truth = (to_samples > among_data).mean() + (to_samples == among_data).mean() / 2
    synthetic = (to_data > among_samples).mean() + (to_data == among_samples).mean() / 2
    return AdversarialAccuracy(float(truth), float(synthetic), n_rows)


def copied(data: np.ndarray, samples: np.ndarray, share: float) -> float:
    """Return the share of samples that are copies of a row.

    A sample is one if it lies within `share` of the distance that its nearest row has to its own nearest neighbour.

    Parameters
    ----------
    data : ndarray, shape (n_rows, n_features)
    samples : ndarray, shape (n_samples, n_features)
    share : float

    Returns
    -------
    float
    """
    index, distance = nearest(samples, data)
    _, between = nearest(data, data, same=True)
    return float((distance < share * between[index]).mean())


def _spread(n_rows: int, n_wanted: int) -> np.ndarray:
    return np.linspace(0, n_rows - 1, n_wanted).round().astype(int)
