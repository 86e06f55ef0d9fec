"""How probable the data are under a machine: exactly for small machines, by pseudo-likelihood for large ones."""

from deepbelief.core.arrays import Array, namespace, product
from deepbelief.core.functions import softplus
from deepbelief.core.partition import log_partition
from deepbelief.core.rbm import Machine, Parameters
from deepbelief.core.units import Bernoulli


def log_likelihood(machine: Machine, parameters: Parameters, v: Array) -> Array:
    """Return log p(v) = −F(v) − log Z, row by row, exactly.

    Parameters
    ----------
    machine : Machine
    parameters : Parameters
    v : array, shape (n_rows, n_visible)

    Returns
    -------
    array, shape (n_rows,)
        In nats.

    Raises
    ------
    ValueError
        If the machine is too large for an exact partition function.
    """
    return -machine.free_energy(parameters, v) - log_partition(machine, parameters)


def pseudo_log_likelihood(machine: Machine, parameters: Parameters, v: Array) -> Array:
    """Return Σᵢ log p(vᵢ | all other visible units), row by row, over every unit i.

    Besag, *Statistical analysis of non-lattice data* (1975). No unit is left out and nothing is drawn, so the number is
    the same each time. Each term compares v with v after unit i was flipped, vᵢ → 1 − vᵢ; for grey values in (0, 1)
    that is the extension which scikit-learn's ``BernoulliRBM.score_samples`` uses on one unit drawn at random, and this
    sum is the expectation of that draw.

    Parameters
    ----------
    machine : Machine
        With Bernoulli visible units.
    parameters : Parameters
    v : array, shape (n_rows, n_visible)
        Values in [0, 1].

    Returns
    -------
    array, shape (n_rows,)
        In nats.

    Raises
    ------
    TypeError
        If the visible units are not Bernoulli: there is nothing to flip.
    """
    if not isinstance(machine.visible, Bernoulli):
        raise TypeError("The pseudo-likelihood is defined here for Bernoulli visible units only.")
    xp = namespace(v)
    inputs = product(v, parameters.weights)
    gamma = xp.sum(machine.hidden.log_partition(parameters.hidden, inputs), axis=-1)
    total = xp.zeros_like(gamma)
    for i in range(v.shape[1]):
        flip = 1 - 2 * v[:, i]
        flipped_inputs = inputs + flip[:, None] * parameters.weights[i]
        flipped_gamma = xp.sum(machine.hidden.log_partition(parameters.hidden, flipped_inputs), axis=-1)
        energy_rise = gamma - flipped_gamma - flip * parameters.visible["bias"][i]
        total = total - softplus(-energy_rise)
    return total
