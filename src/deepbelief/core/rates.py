"""Learning rates that follow the data.

A step of gradient descent is stable up to 2 over the largest curvature. Where gradients are those of batches of b rows,
their noise counts too, to which every direction contributes. A linear unit with squared error is stable in the mean
square up to about

    rate = 2 / (λ + τ / b),

where λ is the largest eigenvalue of the covariance of its inputs and τ the sum of all eigenvalues (Widrow & Hoff 1960;
Feuer & Weinstein, *Convergence analysis of LMS filters with uncorrelated Gaussian data*, 1985). Here the noise, which
momentum carries on, counts twice. Gradients are centred, so the means of the inputs do not count. The curvature of
other units is that of the linear one times the largest slope of their mean: 1/4 for Bernoulli units, 1/2 for a softmax
layer (Böhning, *Multinomial logistic regression algorithm*, 1992).
"""

import math
from collections.abc import Sequence

from deepbelief.core.rbm import Machine
from deepbelief.core.spectrum import Spectrum
from deepbelief.core.units import Gaussian, Units

# The usual rates, for batches of a hundred rows. A smaller batch has a noisier gradient: a rate that goes with the root
# of its size keeps the noise of a step the same (Krizhevsky, *One weird trick*, 2014, §5).
MACHINE_RATE, NETWORK_RATE, USUAL_BATCH = 0.1, 0.4, 100
# Contrastive divergence estimates a gradient rather than knows it, and both layers move at once.
MACHINE_SHARE = 0.25  # of the stable rate
CORRELATED = 0.1  # of what hidden units vary lies along one direction: seen in machines of many kinds of data
SOFTMAX_SLOPE = 0.5


def stiffness(inputs: Spectrum, batch_size: int) -> float:
    """Return λ + 2 τ / b for a layer with these inputs."""
    return inputs.largest + 2 * inputs.total / batch_size


def machine_rate(machine: Machine, visible: Spectrum, n_hidden: int, batch_size: int) -> float:
    """Return a learning rate for contrastive divergence.

    Each layer is the input of the other one. How much the hidden units will vary is not known beforehand: by their
    slope each at the most.

    Parameters
    ----------
    machine : Machine
    visible : Spectrum
        Of the visible units.
    n_hidden, batch_size : int

    Returns
    -------
    float
    """
    up, down = _slope(machine.hidden), _slope(machine.visible)
    total = n_hidden * up
    hidden = Spectrum(CORRELATED * total, total)
    stable = 2 / (up * stiffness(visible, batch_size) + down * stiffness(hidden, batch_size))
    return min(MACHINE_RATE, MACHINE_SHARE * stable)


def network_rate(inputs: Sequence[Spectrum], batch_size: int) -> float:
    """Return a learning rate for a network: the usual one, but no more than is stable for its stiffest layer.

    Parameters
    ----------
    inputs : sequence of Spectrum
        Of what each layer is given.
    batch_size : int

    Returns
    -------
    float
    """
    stiffest = max(stiffness(spectrum, batch_size) for spectrum in inputs)
    usual = NETWORK_RATE * math.sqrt(min(1.0, batch_size / USUAL_BATCH))
    return min(usual, 2 / (SOFTMAX_SLOPE * stiffest)) if stiffest > 0 else usual


def _slope(units: Units) -> float:
    """Return how fast the mean of a unit can change with its input."""
    return 1.0 if isinstance(units, Gaussian) else 0.25
