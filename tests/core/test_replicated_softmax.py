"""Documents of different lengths in one batch: each has a model of its own, all with the same parameters."""

import itertools

import numpy as np
import pytest

from deepbelief.core.arrays import to_numpy
from deepbelief.core.batch import Batch
from deepbelief.core.gibbs import chain
from deepbelief.core.gradients import ContrastiveDivergence, PersistentContrastiveDivergence
from deepbelief.core.likelihood import log_likelihood
from deepbelief.core.network import Layers
from deepbelief.core.randomness import RandomStreams
from deepbelief.core.rbm import Machine, Parameters
from deepbelief.core.stack import Layer
from deepbelief.core.units import Activity, Bernoulli, Gaussian, ReplicatedSoftmax
from deepbelief.core.unrolling import unroll
from oracles import finite_differences
from oracles.enumeration import state_numbers
from oracles.machines import assert_trees_close, place
from oracles.monte_carlo import total_variation_bound

TYPICAL, N_WORDS, N_HIDDEN = 3, 4, 2
MACHINE = Machine(ReplicatedSoftmax(TYPICAL), Bernoulli())
RNG = np.random.default_rng(0)
PARAMETERS = Parameters(
    RNG.normal(0, 0.8, (N_WORDS, N_HIDDEN)),
    {"bias": RNG.normal(0, 0.5, N_WORDS)},
    {"bias": RNG.normal(0, 0.9, N_HIDDEN)},
)
V = np.array([[2, 0, 0, 0], [1, 1, 0, 1], [0, 3, 1, 1], [0, 0, 1, 0]], float)


def documents(length):
    counts = itertools.product(range(length + 1), repeat=N_WORDS)
    return np.array([count for count in counts if sum(count) == length], float)


def log_probabilities(parameters, length):
    """Return all documents of a length and the logarithms of their probabilities, from single words one after another.

    A document is what D softmax units are together, each a word; the hidden biases count D / TYPICAL times.
    """
    words = np.array(list(itertools.product(range(N_WORDS), repeat=length)))
    h = np.array(list(itertools.product([0.0, 1.0], repeat=N_HIDDEN)))
    fields = parameters.visible["bias"] + h @ parameters.weights.T
    minus_energy = fields[:, words].sum(axis=2) + (length / TYPICAL * (h @ parameters.hidden["bias"]))[:, None]
    of_words = np.exp(minus_energy).sum(axis=0)
    counts = np.stack([(words == word).sum(axis=1) for word in range(N_WORDS)], axis=1)
    listed = documents(length)
    total = [of_words[(counts == document).all(axis=1)].sum() for document in listed]
    return listed, np.log(np.array(total) / of_words.sum())


def expected_log_likelihood(parameters, v):
    scores = np.empty(len(v))
    for row, document in enumerate(v):
        listed, logs = log_probabilities(parameters, int(document.sum()))
        scores[row] = logs[(listed == document).all(axis=1)][0]
    return scores


def test_each_length_has_a_distribution_of_its_own(device):
    """Log p(v | D), from the energies of all sequences of words."""
    actual = log_likelihood(MACHINE, place(PARAMETERS, device), place(V, device))
    np.testing.assert_allclose(to_numpy(actual), expected_log_likelihood(PARAMETERS, V), atol=1e-12)


def test_statistics_are_the_slopes_of_the_likelihood(device):
    """Data less model, each row's model that of its own length, by differences of the enumerated likelihood."""
    expected = finite_differences.gradient(lambda p: float(expected_log_likelihood(p, V).mean()), PARAMETERS)
    placed = place(PARAMETERS, device)

    def statistics(rows, weights):
        rows = place(rows, device)
        hidden = MACHINE.hidden.activity(placed.hidden, MACHINE.hidden_inputs(placed, rows))
        return MACHINE.statistics(placed, Activity(rows), hidden, place(weights, device))

    tables = [log_probabilities(PARAMETERS, int(document.sum())) for document in V]
    model = np.concatenate([listed for listed, _ in tables])
    shares = np.concatenate([np.exp(logs) for _, logs in tables]) / len(V)
    data, model = statistics(V, np.full(len(V), 1 / len(V))), statistics(model, shares)
    gradient = Parameters(
        data.weights - model.weights,
        {"bias": data.visible["bias"] - model.visible["bias"]},
        {"bias": data.hidden["bias"] - model.hidden["bias"]},
    )
    assert_trees_close(gradient, expected, atol=1e-9)


@pytest.mark.parametrize("length", [1, 2, 5])
def test_chains_keep_the_length_and_the_distribution(length, device):
    """Total variation from the enumerated p(v | D), after four sweeps from draws of it, within the bound."""
    n_chains = 50_000
    listed, logs = log_probabilities(PARAMETERS, length)
    p = np.exp(logs)
    start = listed[np.random.default_rng(1).choice(len(p), n_chains, p=p / p.sum())]
    chains = chain(MACHINE, place(PARAMETERS, device), place(start, device), RandomStreams(2).stream("gibbs"))
    v = to_numpy(next(itertools.islice(chains, 3, None))[0])
    assert np.all(v.sum(axis=1) == length)
    shares = np.bincount(state_numbers(v, ReplicatedSoftmax(length)), minlength=len(p)) / n_chains
    order = state_numbers(listed, ReplicatedSoftmax(length))
    assert np.abs(shares[order] - p).sum() / 2 <= total_variation_bound(p, n_chains)


@pytest.mark.parametrize("kind", [ContrastiveDivergence, PersistentContrastiveDivergence])
def test_reconstructions_have_the_lengths_of_the_rows(kind, device):
    """The sum over words of data and model is the same, so the visible biases learn nothing of the length."""
    estimator = kind()
    state = estimator.init(MACHINE, place(PARAMETERS, device), len(V))
    stream = RandomStreams(3).stream("x")
    gradient = estimator.estimate(MACHINE, place(PARAMETERS, device), Batch(place(V, device)), state, stream).gradient
    assert float(gradient.visible["bias"].sum()) == pytest.approx(0, abs=1e-12)


def test_a_network_takes_documents_of_any_length(device):
    """The biases that count D times become weights of all words."""
    machine = Machine(ReplicatedSoftmax(TYPICAL), Gaussian())
    softmax = Layers((np.eye(N_HIDDEN),), (np.zeros(N_HIDDEN),))
    network, layers = unroll([Layer(machine, place(PARAMETERS, device))], place(softmax, device))
    actual = network.logits(layers, place(V, device))
    expected = V @ PARAMETERS.weights + V.sum(axis=1, keepdims=True) / TYPICAL * PARAMETERS.hidden["bias"]
    np.testing.assert_allclose(to_numpy(actual), expected, atol=1e-12)
    np.testing.assert_allclose(to_numpy(machine.forward(place(PARAMETERS, device), place(V, device))), expected)


def test_a_row_without_words_is_a_document_too(device):
    """Its reconstruction has no words, and nothing is divided by zero."""
    nothing = place(np.zeros((1, N_WORDS)), device)
    np.testing.assert_array_equal(to_numpy(MACHINE.reconstruct(place(PARAMETERS, device), nothing)), 0)
