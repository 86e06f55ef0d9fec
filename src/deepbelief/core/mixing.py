"""Mixtures of two rows, at which a network is to give the same mixture of two answers.

Zhang, Cisse, Dauphin & Lopez-Paz, *mixup: beyond empirical risk minimization* (2018): on the way from one row to
another, the answer shall change along a straight line. Where labels are not known, answers of the network itself are
mixed (Verma et al., *Interpolation consistency training for semi-supervised learning*, 2019).
"""

from deepbelief.core.arrays import Array, namespace


def mixed(values: Array, portions: Array) -> Array:
    """Return each row mixed with the one before it, and the first with the last.

    Parameters
    ----------
    values : array, shape (n_rows, n)
    portions : array, shape (n_rows, 1)
        The share that each row itself has in its mixture.

    Returns
    -------
    array, shape (n_rows, n)
    """
    others = namespace(values).concatenate([values[-1:], values[:-1]])
    return others + portions * (values - others)
