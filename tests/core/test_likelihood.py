"""Exact and pseudo-likelihood against enumeration and against scikit-learn's stochastic version."""

import numpy as np
import pytest
from sklearn.neural_network import BernoulliRBM

from deepbelief.core.arrays import to_numpy
from deepbelief.core.likelihood import log_likelihood, pseudo_log_likelihood
from oracles import enumeration
from oracles.machines import MACHINES, data, exactly, example, is_countable, layer_values, place, sizes

OF_COUNTABLE_ROWS = [
    name for name, machine in MACHINES.items() if is_countable(machine.visible) and machine.visible.bias_share is None
]


@exactly
def test_log_likelihood_is_the_log_of_the_enumerated_probability(machine, device):
    parameters, v = example(machine), data(machine)
    expected = -enumeration.free_energy(machine, parameters, v) - enumeration.joint(machine, parameters).log_z
    actual = to_numpy(log_likelihood(machine, place(parameters, device), place(v, device)))
    np.testing.assert_allclose(actual, expected, atol=1e-9)


@pytest.mark.parametrize("shape", [(10, 3), (3, 10), (11, 11)])
def test_all_states_of_a_binary_layer_have_total_probability_one(shape, device):
    """Σᵥ p(v) = 1 over all 2ⁿ visible states."""
    machine = MACHINES["bernoulli-bernoulli"]
    parameters = example(machine, shape=shape)
    states = enumeration.layer_states(machine.visible, shape[0]).values
    log_p = to_numpy(log_likelihood(machine, place(parameters, device), place(states, device)))
    assert np.exp(log_p).sum() == pytest.approx(1, abs=1e-12)


@pytest.mark.parametrize("name", OF_COUNTABLE_ROWS)
def test_pseudo_log_likelihood_is_the_sum_of_exact_conditionals(name, device):
    """Σᵢ log p(vᵢ | v₋ᵢ), each conditional from the enumerated p(v) and p(v) with every other value of vᵢ."""
    machine = MACHINES[name]
    parameters = example(machine)
    table = enumeration.joint(machine, parameters)
    p = table.visible_probabilities
    expected = np.zeros(len(p))
    for number, state in enumerate(table.v):
        for site in enumeration.layer_sites(machine.visible, len(state)):
            own = range(len(state))[site.columns]
            same_rest = (np.delete(table.v, own, axis=1) == np.delete(state, own)).all(axis=1)
            expected[number] += np.log(p[number] / p[same_rest].sum())
    actual = to_numpy(pseudo_log_likelihood(machine, place(parameters, device), place(table.v, device)))
    np.testing.assert_allclose(actual, expected, atol=1e-10)


class AlwaysFeature(np.random.RandomState):
    """A source of randomness that makes scikit-learn flip the feature it is told to."""

    def __init__(self, feature):
        super().__init__(0)
        self.feature = feature

    def randint(self, low, high, size):
        return np.full(size, self.feature)


@pytest.mark.parametrize("values", ["binary", "grey"])
def test_pseudo_log_likelihood_is_the_expectation_of_scikit_learns(values, device):
    """BernoulliRBM.score_samples flips one feature drawn at random; its average over all features is this number."""
    machine = MACHINES["bernoulli-bernoulli"]
    parameters = example(machine, shape=(6, 4))
    v = layer_values(machine.visible, 9, 6)
    if values == "grey":
        v = np.random.default_rng(1).random((9, 6))
    peer = BernoulliRBM(n_components=4)
    peer.components_ = parameters.weights.T
    peer.intercept_hidden_, peer.intercept_visible_ = parameters.hidden["bias"], parameters.visible["bias"]
    scores = []
    for feature in range(6):
        peer.random_state = AlwaysFeature(feature)
        scores.append(peer.score_samples(v))
    assert np.ptp(scores, axis=0).min() > 0
    actual = to_numpy(pseudo_log_likelihood(machine, place(parameters, device), place(v, device)))
    np.testing.assert_allclose(actual, np.mean(scores, axis=0), rtol=1e-10)


@pytest.mark.parametrize("name", [name for name in MACHINES if name not in OF_COUNTABLE_ROWS])
def test_pseudo_likelihood_of_units_with_more_values_is_refused(name):
    machine = MACHINES[name]
    with pytest.raises(TypeError, match="finitely many values"):
        pseudo_log_likelihood(machine, example(machine), data(machine))


@exactly
def test_the_true_parameters_are_the_most_likely_on_average(machine):
    """Gibbs: Σᵥ p(v) log q(v) ≤ Σᵥ p(v) log p(v), for the machine p and 20 others q."""
    parameters = example(machine)
    states = enumeration.layer_states(machine.visible, sizes(machine)[0]).values
    p = enumeration.joint(machine, parameters).visible_probabilities
    best = p @ log_likelihood(machine, parameters, states)
    for seed in range(1, 21):
        assert p @ log_likelihood(machine, example(machine, seed), states) < best
