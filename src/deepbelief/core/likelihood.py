"""How probable the data are under a machine: exactly for small machines, by pseudo-likelihood for large ones."""

import numpy as np

from deepbelief.core.arrays import Array, like, namespace, product, to_numpy
from deepbelief.core.functions import logsumexp
from deepbelief.core.partition import log_partition
from deepbelief.core.rbm import Machine, Parameters


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
    scores = -machine.free_energy(parameters, v)
    if machine.visible.bias_share is None:
        return scores - log_partition(machine, parameters)
    totals, number = np.unique(to_numpy(v).sum(axis=1), return_inverse=True)  # each length has a Z of its own
    log_z = np.array([log_partition(*machine.for_sum(parameters, float(total))) for total in totals])
    return scores - like(log_z[number], scores)


def pseudo_log_likelihood(machine: Machine, parameters: Parameters, v: Array) -> Array:
    """Return Σᵢ log p(vᵢ | all other visible units), row by row, over every unit i.

    Besag, *Statistical analysis of non-lattice data* (1975). No unit is left out and nothing is drawn, so the number is
    the same each time. Each term compares v with v after unit i has taken each of its other values; of two values, the
    other one is their sum less vᵢ. For grey values in (0, 1) that is the extension which scikit-learn's
    ``BernoulliRBM.score_samples`` uses on one unit drawn at random, and this sum is the expectation of that draw.

    Parameters
    ----------
    machine : Machine
        With visible units of finitely many values.
    parameters : Parameters
    v : array, shape (n_rows, n_visible)
        Values of these units.

    Returns
    -------
    array, shape (n_rows,)
        In nats.

    Raises
    ------
    TypeError
        If the visible units have infinitely many values.
    """
    units = machine.visible.given(v)
    sites = units.sites(v.shape[1])
    if sites is None:
        raise TypeError("The pseudo-likelihood is a sum over all values of a unit: it needs finitely many values.")
    xp = namespace(v)
    inputs = machine.hidden_inputs(parameters, v)
    gamma = xp.sum(machine.hidden.log_partition(parameters.hidden, inputs), axis=-1)
    total, first = xp.zeros_like(gamma), 0
    for values in sites:
        columns = slice(first, first := first + values.shape[1])
        part = units.part(columns)
        own, weights = v[:, columns], parameters.weights[columns]
        bias = {name: parameters.visible[name][columns] for name in part.parameter_names}
        if len(values) == 2:
            falls, others = [xp.zeros_like(gamma)], [like(values.sum(axis=0), v) - own]
        else:
            falls, others = [], [like(value, v) + 0 * own for value in values]
        for other in others:
            other_inputs = inputs + product(other - own, weights)
            other_gamma = xp.sum(machine.hidden.log_partition(parameters.hidden, other_inputs), axis=-1)
            falls.append(other_gamma - gamma + part.potential(bias, own) - part.potential(bias, other))
        total = total - logsumexp(xp.stack(falls), axis=0)
    return total
