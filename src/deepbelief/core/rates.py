"""Learning rates that follow the data.

A step of gradient descent is stable up to 2 over the largest curvature. Where gradients are those of batches of b rows,
their noise counts too, to which every direction contributes. A linear unit with squared error is stable in the mean
square up to about

    rate = 2 / (λ + τ / b),

where λ is the largest eigenvalue of the covariance of its inputs and τ the sum of all eigenvalues (Widrow & Hoff 1960;
Feuer & Weinstein, *Convergence analysis of LMS filters with uncorrelated Gaussian data*, 1985). Here the noise, which
momentum carries on, counts twice. Gradients are centred, so the means of the inputs do not count. The curvature of
other units is that of the linear one times the largest slope of their mean: 1/4 for Bernoulli units; a top layer says
what its own is, see :mod:`~deepbelief.core.outputs`.
"""

import math
from collections.abc import Sequence

import numpy as np

from deepbelief.core.outputs import Output
from deepbelief.core.rbm import Machine
from deepbelief.core.spectrum import Spectrum

# The usual rates, for batches of a hundred rows. A smaller batch has a noisier gradient: a rate in proportion to its
# size keeps the noise of a whole pass the same (Krizhevsky, *One weird trick*, 2014, §5).
MACHINE_RATE, NETWORK_RATE, USUAL_BATCH = 0.1, 0.8, 100
# Contrastive divergence estimates a gradient rather than knows it, and both layers move at once.
MACHINE_SHARE = 0.25  # of the stable rate
# Of that, with persistent chains, where variances are learned, and of counts below hidden units without bounds.
CHAIN_SHARE, VARIANCE_SHARE, COUNT_SHARE = 0.5, 0.25, 0.2
CORRELATED = 0.1  # of what hidden units vary lies along one direction: seen in machines of many kinds of data
HIDDEN_SLOPE = 0.25


def stiffness(inputs: Spectrum, batch_size: float) -> float:
    """Return λ + 2 τ / b for a layer with these inputs.

    Parameters
    ----------
    inputs : Spectrum
    batch_size : float

    Returns
    -------
    float
    """
    return inputs.largest + 2 * inputs.total / batch_size


def machine_rate(
    machine: Machine,
    visible: Spectrum,
    n_hidden: int,
    batch_size: float,
    *,
    momentum: float = 0.0,
    persistent: bool = False,
) -> float:
    """Return a learning rate for contrastive divergence.

    Each layer is the input of the other one. How much the hidden units will vary is not known beforehand: by their
    slope each at the most.

    With a momentum m, steps in one direction add up to 1 / (1 − m) of them. That is for the good where the gradient is
    what holds them back. It counts in full where something else is: persistent chains must keep up with the parameters
    (Tieleman 2008, §4), a precision is the exponential of its parameter, and the noise of real-valued hidden units has
    no bounds.

    Counts with an upper end vary more in a chain than in the data: hidden units without bounds answer to them in
    proportion, and that drives them on, to where all words of a document are one, or all trials succeed.

    Parameters
    ----------
    machine : Machine
    visible : Spectrum
        Of the visible units.
    n_hidden : int
    batch_size : float
        Rows in one step; fewer than there are, where some count more than others.
    momentum : float
    persistent : bool
        Whether chains go on from step to step.

    Returns
    -------
    float
    """
    variances = np.array([visible.total / visible.n_features]) if visible.variances is None else visible.variances
    down, up = machine.visible.slope(variances), machine.hidden.slope()
    total = n_hidden * up
    hidden = Spectrum(CORRELATED * total, total)
    steepest = up * stiffness(visible, batch_size) + down * stiffness(hidden, batch_size)
    stable = 2 / steepest if steepest else math.inf
    learns_variance = machine.visible.learns_scale or machine.hidden.learns_scale
    caution = 1.0 - momentum if persistent or learns_variance or not machine.hidden.is_bounded else 1.0
    caution *= CHAIN_SHARE if persistent else 1.0
    caution *= VARIANCE_SHARE if learns_variance else 1.0
    caution *= COUNT_SHARE if 1 < machine.visible.bounds[1] < math.inf and not machine.hidden.is_bounded else 1.0
    return caution * min(MACHINE_RATE, MACHINE_SHARE * stable)


def network_rate(
    inputs: Sequence[Spectrum],
    output: Output,
    batch_size: float,
    momentum: float,
    gains: Sequence[float] | None = None,
) -> float:
    """Return a learning rate for a network: the usual one, but no more than is stable for its stiffest layer.

    Below the top layer, the slope of the hidden units counts too.

    Where errors have no bounds, as those of numbers, so has the noise that they make: the larger the error, the larger
    the steps. There, half the rate is taken that is stable with a momentum m in the mean square, 2 / (λ / (1 + m) +
    τ / b / (1 − m)). See the expected square of a linear unit's weights in the direction of each eigenvector, from
    step to step. All layers of a network answer to the same error, each with a change of the output. These changes add
    up. So there the rate must be stable for the sum of the layers, which counts each by the squared slope of the output
    in the inputs of its units.

    Parameters
    ----------
    inputs : sequence of Spectrum
        Of what each layer is given, the top layer last.
    output : Output
        Of the top layer.
    batch_size : float
        See :func:`machine_rate`.
    momentum : float
    gains : sequence of float, optional
        The squared slopes of the layers, see :meth:`~deepbelief.core.network.Network.error_gains`. Without them, the
        stiffest layer alone counts.

    Returns
    -------
    float
    """
    slopes = [output.slope * HIDDEN_SLOPE] * (len(inputs) - 1) + [output.slope]
    if output.is_bounded:
        stiff = [stiffness(layer, batch_size) for layer in inputs]
    else:
        stiff = [2 * (x.largest / (1 + momentum) + x.total / batch_size / (1 - momentum)) for x in inputs]
    curvature = max(slope * layer for slope, layer in zip(slopes, stiff, strict=True))
    if gains is not None and not output.is_bounded:
        together = sum(gain * layer for gain, layer in zip(gains, stiff, strict=True))
        curvature = max(curvature, output.slope * together)
    usual = NETWORK_RATE * min(1.0, batch_size / USUAL_BATCH)
    return min(usual, 2 / curvature) if curvature > 0 else usual
