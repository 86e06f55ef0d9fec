"""Networks side by side in one: it answers with their mean, and they are found in it again."""

import itertools

import numpy as np
import pytest

from deepbelief.core.activations import ACTIVATIONS
from deepbelief.core.network import Layers, Network
from deepbelief.core.outputs import Softmax
from deepbelief.core.side_by_side import joined, parted

RNG = np.random.default_rng(0)
X = RNG.normal(size=(7, 5))


def layers(*sizes):
    pairs = list(itertools.pairwise(sizes))
    weights = tuple(RNG.normal(size=pair) for pair in pairs)
    return Layers(weights, tuple(RNG.normal(size=above) for _, above in pairs))


@pytest.mark.parametrize("sizes", [(5, 4, 3), (5, 4, 6, 3), (5, 2, 4, 6, 1)])
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_one_network_answers_with_the_mean_of_several(sizes, activation):
    """Of what their top layers are given, each computed alone; hidden units do what those of each network do."""
    networks = [layers(*sizes) for _ in range(3)]
    network = Network((ACTIVATIONS[activation],) * (len(sizes) - 2), Softmax())
    wide = joined(networks)
    assert [weights.shape[1] for weights in wide.weights] == [3 * size for size in sizes[1:-1]] + [sizes[-1]]
    each = [network.logits(one, X) for one in networks]
    np.testing.assert_allclose(network.logits(wide, X), np.mean(each, axis=0), rtol=1e-12)
    alone = [network.layer_inputs(one, X)[1:] for one in networks]
    for depth, activities in enumerate(network.layer_inputs(wide, X)[1:]):
        np.testing.assert_allclose(activities, np.hstack([one[depth] for one in alone]), rtol=1e-12)


def test_the_mean_of_logits_is_the_geometric_mean_of_probabilities():
    networks = [layers(5, 4, 3) for _ in range(2)]
    network = Network((ACTIVATIONS["relu"],), Softmax())
    product = np.exp(sum(network.answers(one, X) for one in networks) / 2)
    expected = product / product.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(np.exp(network.answers(joined(networks), X)), expected, rtol=1e-12)


def test_networks_are_found_again():
    networks = [layers(5, 4, 6, 3) for _ in range(3)]
    found = parted(joined(networks), [network.biases[-1] for network in networks])
    for one, other in zip(networks, found, strict=True):
        for a, b in zip((*one.weights, *one.biases), (*other.weights, *other.biases), strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-12)


def test_one_network_stays_as_it_is():
    network = layers(5, 4, 3)
    assert joined([network]) is network
    assert parted(network, [network.biases[-1]]) == [network]
