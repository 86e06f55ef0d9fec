"""Rows with missing values: an unknown value is a visible unit whose state was not observed.

What is learned from such a row is the probability of the values that are known, log p(v_known) = log Σ p(v), the sum
over all values that the others can have. Its gradient has the same model phase as ever; in the data phase, the units
that are not known take values by the machine itself, given the known ones: −∂E/∂parameters is averaged over
p(v_unknown, h | v_known). That is expectation maximisation (Ghahramani & Jordan, *Supervised learning from incomplete
data via an EM approach*, 1994). The expectation is taken by a mean field, as in the data phase of a deep Boltzmann
machine (Salakhutdinov & Hinton 2009), by Gibbs sampling, or by enumeration.

Salakhutdinov, Mnih & Hinton, *Restricted Boltzmann machines for collaborative filtering* (2007), leave these units out
of the machine instead, which gives each row a machine of its own; docs/decisions/0016 compares the two.
"""

from dataclasses import replace

import numpy as np

from deepbelief.core.arrays import Array, cast, namespace, product, to_numpy
from deepbelief.core.batch import Batch
from deepbelief.core.functions import logsumexp
from deepbelief.core.partition import all_states, n_states
from deepbelief.core.randomness import Stream
from deepbelief.core.rbm import Machine, Parameters
from deepbelief.core.rows import Rows
from deepbelief.core.units import Activity

SWEEPS = 5  # up and down, after which expected values hardly change any more
MAX_STATES = 2**14  # of the hidden layer, for exact averages over what is not known


def drawn(machine: Machine, parameters: Parameters, batch: Batch, n_steps: int, stream: Stream) -> Activity:
    """Draw the unknown values given the known ones, by Gibbs sampling.

    The chains begin at the values that the batch holds in place of the unknown ones.

    Parameters
    ----------
    machine : Machine
    parameters : Parameters
    batch : Batch
    n_steps : int
        Gibbs sweeps, at least 1.
    stream : Stream
        Where the random numbers come from.

    Returns
    -------
    Activity
        Values of the visible units: (n_rows, n_visible).
    """
    v = batch.v
    if batch.mask is not None:
        for _ in range(n_steps):
            h = machine.sample_hidden(parameters, v, stream)
            v = namespace(v).where(batch.mask, batch.v, machine.sample_visible(parameters, h, stream))
    return Activity(v)


def expected(machine: Machine, parameters: Parameters, batch: Batch, n_sweeps: int = SWEEPS) -> Activity:
    """Replace the unknown values by their expectation given the known ones, in the mean-field approximation.

    Means instead of samples pass between the layers; nothing is drawn. They begin at the values that the batch
    holds in place of the unknown ones.

    Parameters
    ----------
    machine : Machine
    parameters : Parameters
    batch : Batch
    n_sweeps : int, default=SWEEPS
        Passes to the hidden units and back.

    Returns
    -------
    Activity
        Means of the visible units, (n_rows, n_visible), and the inputs that they follow from.
    """
    v, inputs = batch.v, None
    if batch.mask is not None:
        for _ in range(n_sweeps):
            inputs = machine.visible_inputs(parameters, machine.forward(parameters, v))
            v = namespace(v).where(batch.mask, batch.v, machine.visible.mean(parameters.visible, inputs))
    return Activity(v, inputs)


def completed(machine: Machine, parameters: Parameters, batch: Batch) -> Array:
    """Return the rows with the expected values of what is not known: (n_rows, n_visible).

    Parameters
    ----------
    machine : Machine
    parameters : Parameters
    batch : Batch

    Returns
    -------
    array, shape (n_rows, n_visible)
    """
    return expected(machine, parameters, batch).values


def data_statistics(
    machine: Machine, parameters: Parameters, batch: Batch, visible: Activity, hidden: Activity
) -> Parameters:
    """Return the average over rows, filled in, of −∂E/∂parameters.

    Where units are filled in with conditional means, it is an average over their conditional distributions too: the
    square of a number that is not known, for instance, is more than the square of its mean.

    Parameters
    ----------
    machine : Machine
    parameters : Parameters
    batch : Batch
    visible : Activity
        The visible units, without holes.
    hidden : Activity
        The hidden units given them.

    Returns
    -------
    Parameters
    """
    found = machine.statistics(parameters, Activity(visible.values), hidden, batch.shares)
    if batch.mask is None or visible.inputs is None:
        return found
    shares = _shares(batch)[:, None]
    of_known, of_holes = (
        machine.visible.statistics(parameters.visible, activity, shares * cast(counted, visible.values))
        for activity, counted in ((Activity(visible.values), batch.mask), (visible, ~batch.mask))
    )
    return replace(found, visible={name: of_known[name] + of_holes[name] for name in of_known})


def _shares(batch: Batch) -> Array:
    return namespace(batch.v).ones_like(batch.v[:, 0]) / len(batch) if batch.shares is None else batch.shares


def completed_rows(machine: Machine, parameters: Parameters, rows: Rows) -> Rows:
    """Return rows with what is not known filled in, see :func:`completed`.

    Parameters
    ----------
    machine : Machine
    parameters : Parameters
    rows : Rows

    Returns
    -------
    Rows
    """
    if not rows.has_holes:
        return rows
    matrix = np.concatenate([to_numpy(completed(machine, parameters, batch)) for batch in rows.batches()])
    return Rows(matrix, rows.dtype, rows.device, labels=rows.labels, weights=rows.weights).moved()


def exact_statistics(machine: Machine, parameters: Parameters, batch: Batch) -> Parameters:
    """Return the average over rows of −∂E/∂parameters, and over p(v_unknown, h | v_known), exactly.

    Parameters
    ----------
    machine : Machine
    parameters : Parameters
    batch : Batch

    Returns
    -------
    Parameters

    Raises
    ------
    ValueError
        If there are holes, and the hidden layer has too many states to go through.
    """
    v, mask = batch.v, batch.mask
    if mask is None:
        hidden = machine.hidden.activity(parameters.hidden, machine.hidden_inputs(parameters, v))
        return machine.statistics(parameters, Activity(v), hidden, batch.shares)
    n_hidden = parameters.weights.shape[1]
    if n_states(machine.hidden, n_hidden) > MAX_STATES:
        raise ValueError(
            f"The exact gradient of rows with holes needs a hidden layer of at most {MAX_STATES:,} states; take fewer "
            "hidden units, or gradient='cd'."
        )
    xp = namespace(v)
    states = all_states(machine.hidden, n_hidden, parameters.weights)
    inputs = machine.visible_inputs(parameters, states)
    known, hole = cast(mask, v), cast(~mask, v)
    # The known values, and the log of the sum over all others, given each state of the hidden units.
    gamma = machine.visible.log_partition(parameters.visible, inputs)
    logs = product(v * known, inputs.T) + product(machine.visible.by_site(hole), gamma.T)
    logs = logs - machine.hidden.potential(parameters.hidden, states)
    posterior = xp.exp(logs - logsumexp(logs, axis=1)[:, None])  # (n_rows, n_states)
    shares = _shares(batch)
    posterior = posterior * shares[:, None]
    means = machine.visible.activity(parameters.visible, inputs)
    in_holes = product(posterior.T, hole)  # how much each state counts for each unit that is not known
    of_known = machine.visible.statistics(parameters.visible, Activity(v), known * shares[:, None])
    of_holes = machine.visible.statistics(parameters.visible, means, in_holes)
    return Parameters(
        weights=product((v * known).T, product(posterior, states)) + product((in_holes * means.values).T, states),
        visible={name: of_known[name] + of_holes[name] for name in of_known},
        hidden=machine.hidden.statistics(parameters.hidden, Activity(states), xp.sum(posterior, axis=0)),
    )
