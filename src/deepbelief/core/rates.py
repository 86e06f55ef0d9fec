"""Learning rates that follow the data.

A step of gradient descent with momentum m, from batches of b rows, is stable in the mean square up to about

    rate = 2 / L,    L = λ / (1 + m) + τ / (b (1 − m)),

where λ is the largest curvature and τ the sum of all curvatures: the first term is the limit of exact gradients (Polyak
1964), the second that of their noise, to which every direction contributes (as for the LMS filter: Widrow & Hoff 1960;
Feuer & Weinstein, *Convergence analysis of LMS filters with uncorrelated Gaussian data*, 1985). The curvature of a
layer is the covariance of its centred inputs times the slope of its units, at most 1/4 for Bernoulli units.
"""

from collections.abc import Sequence

from deepbelief.core.rbm import Machine
from deepbelief.core.spectrum import Spectrum
from deepbelief.core.units import Gaussian, Units

MACHINE_SHARE = 0.35  # of the largest stable step: chosen on MNIST, see docs/guide/your-data.md
NETWORK_SHARE = 0.35
CORRELATED = 0.1  # of the variance of hidden units lies along one direction: found in machines of many kinds of data


def stiffness(spectrum: Spectrum, batch_size: int, momentum: float) -> float:
    """Return L, without the slope of the units.

    Parameters
    ----------
    spectrum : Spectrum
        Of the inputs.
    batch_size : int
    momentum : float
        In [0, 1).
    """
    return spectrum.largest / (1 + momentum) + spectrum.total / (batch_size * (1 - momentum))


def machine_rate(machine: Machine, spectrum: Spectrum, n_hidden: int, batch_size: int, momentum: float) -> float:
    """Return a learning rate for contrastive divergence.

    Both layers are inputs of the other one. What the hidden units will vary by is not known beforehand: at most by
    their slope each, and a tenth of it together.

    Parameters
    ----------
    machine : Machine
    spectrum : Spectrum
        Of the visible units.
    n_hidden, batch_size : int
    momentum : float

    Returns
    -------
    float
    """
    up, down = _slope(machine.hidden), _slope(machine.visible)
    total = n_hidden * up
    hidden = Spectrum(CORRELATED * total, total)
    curvature = up * stiffness(spectrum, batch_size, momentum) + down * stiffness(hidden, batch_size, momentum)
    return MACHINE_SHARE * 2 / curvature


def network_rate(inputs: Sequence[Spectrum], batch_size: int, momentum: float) -> float:
    """Return a learning rate for a network.

    Parameters
    ----------
    inputs : sequence of Spectrum
        Of what each layer is given.
    batch_size : int
    momentum : float

    Returns
    -------
    float
    """
    return NETWORK_SHARE * 2 / (max(stiffness(spectrum, batch_size, momentum) for spectrum in inputs) or 1.0)


def _slope(units: Units) -> float:
    """Return how fast the mean of a unit can change with its input."""
    return 1.0 if isinstance(units, Gaussian) else 0.25
