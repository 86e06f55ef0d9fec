"""The zero-sum gauge: unique parameters among all those that give the same distribution.

Where the values of some units always have the same sum, as those of a group of categorical units, a number added to all
their weights with one unit of the other layer adds that number, times the sum, to the bias of that unit; and a number
added to all their biases adds a constant to the energy. In the zero-sum gauge the weights and the biases of every such
group add up to zero (Ekeberg, Lövkvist, Lan, Weigt & Aurell, *Improved contact prediction in proteins*, 2013, §II;
Tubiana, Cocco & Monasson, *Learning protein constitutive motifs*, eLife 2019, for both layers of a machine).
"""

from dataclasses import replace

from deepbelief.core.arrays import like, to_numpy
from deepbelief.core.rbm import Machine, Parameters


def zero_sum(machine: Machine, parameters: Parameters) -> Parameters:
    """Return the parameters of the same machine in the zero-sum gauge.

    Energies differ by one constant, so probabilities are the same. A machine whose units have no such groups comes back
    as it is.

    Parameters
    ----------
    machine : Machine
    parameters : Parameters

    Returns
    -------
    Parameters
    """
    n_visible, n_hidden = parameters.weights.shape
    weights = to_numpy(parameters.weights).astype(float)
    biases = [to_numpy(side["bias"]).astype(float) for side in (parameters.visible, parameters.hidden)]
    for units, n_units, view, own, other in (
        (machine.visible, n_visible, weights, biases[0], biases[1]),
        (machine.hidden, n_hidden, weights.T, biases[1], biases[0]),
    ):
        for group in units.constant_sums(n_units):
            surplus = view[group.columns].mean(axis=0)
            view[group.columns] -= surplus
            other += group.total * surplus
        for group in units.constant_sums(n_units):
            own[group.columns] -= own[group.columns].mean()
    visible, hidden = (
        side | {"bias": like(bias, side["bias"])}
        for side, bias in zip((parameters.visible, parameters.hidden), biases, strict=True)
    )
    return replace(parameters, weights=like(weights, parameters.weights), visible=visible, hidden=hidden)
