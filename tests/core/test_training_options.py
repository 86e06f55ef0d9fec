"""What training can be asked for beside the usual: each option against its formula."""

from dataclasses import replace

import numpy as np
import pytest

from deepbelief.core.arrays import to_numpy
from deepbelief.core.batch import Batch, binarized
from deepbelief.core.gradients import ContrastiveDivergence, ExactGradient
from deepbelief.core.optimizers import Adam, Chain, LearningRate, adam, sgd
from deepbelief.core.progress import Midway, Pauses
from deepbelief.core.proximal import MaxNorm, Shrinkage
from deepbelief.core.randomness import RandomStreams
from deepbelief.core.rbm import Machine, Parameters
from deepbelief.core.recipes import Recipe
from deepbelief.core.rows import Rows
from deepbelief.core.schedules import Constant, Linear
from deepbelief.core.sparsity import Sparse
from deepbelief.core.training import start, train
from oracles import finite_differences
from oracles.machines import assert_trees_close, data, example, leaves, place

BINARY = Machine()
STREAMS = RandomStreams(4)
SLOW = sgd(Constant(0.1), Constant(0.5), 0.01)
RNG = np.random.default_rng(0)
GREYS = RNG.random((23, 5))


def weights_after(link, step, weights):
    """Return where a link leads from `weights`."""
    tree = Parameters(weights, {"bias": np.zeros(4)}, {"bias": np.zeros(3)})
    change, _ = link.update(replace(tree, weights=step), link.init(tree), tree, 0.0)
    return weights + change.weights


def test_adam_makes_the_steps_of_the_paper():
    """Algorithm 1 of Kingma & Ba (2015), by hand, three steps long."""
    link, tree = Adam(Linear(0.1, 0.0, 4)), place(example(BINARY), "numpy")
    state = link.init(tree)
    m, v = 0.0, 0.0
    for number in range(1, 4):
        gradient = example(BINARY, seed=number)
        step, state = link.update(gradient, state, tree, number - 1)
        g = gradient.weights
        m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g**2
        rate = 0.1 * (1 - (number - 1) / 4)
        expected = rate * (m / (1 - 0.9**number)) / (np.sqrt(v / (1 - 0.999**number)) + 1e-8)
        np.testing.assert_allclose(step.weights, expected, rtol=1e-9)


@pytest.mark.parametrize("l1, group_l1", [(0.3, 0.0), (0.0, 1.5), (0.2, 1.0)])
def test_shrinkage_ends_at_the_proximal_point(l1, group_l1):
    """Nearer to the minimum of ½‖x − y‖² + rate · penalty than any of 2,000 points around; some weights are 0."""
    y, weights, rate = RNG.normal(size=(4, 3)) * [0.2, 1.0, 2.0], RNG.normal(size=(4, 3)), 0.5

    def cost(x):
        lengths = np.sqrt((x**2).sum(axis=-2))
        penalty = l1 * abs(x).sum(axis=(-1, -2)) + group_l1 * lengths.sum(axis=-1)
        return ((x - y) ** 2).sum(axis=(-1, -2)) / 2 + rate * penalty

    found = weights_after(Shrinkage(Constant(rate), l1, group_l1), y - weights, weights)
    around = found + RNG.normal(size=(2000, 4, 3)) * RNG.choice([1e-3, 1e-2, 0.1], (2000, 1, 1))
    assert (cost(around) >= cost(found)).all()
    assert (found == 0).any()
    if group_l1:
        assert (found[:, 0] == 0).all()


def test_max_norm_shortens_what_is_too_long():
    weights, step = RNG.normal(size=(4, 3)) * [0.1, 1.0, 5.0], RNG.normal(size=(4, 3)) * 0.1
    found = weights_after(MaxNorm(1.0), step, weights)
    wanted = weights + step
    lengths = np.linalg.norm(wanted, axis=0)
    assert (lengths > 1).any()
    assert (lengths < 1).any()
    np.testing.assert_allclose(found, wanted / np.maximum(lengths, 1), rtol=1e-12)


def test_sparsity_is_the_slope_of_a_cross_entropy(device):
    """Exactly so where all rows are equal, as Hinton (2010, §11) derives it: in the biases and in the weights."""
    parameters, row = example(BINARY), data(BINARY, n_rows=1)
    rows = np.tile(row, (5, 1))
    target, cost = 0.2, 0.7

    def penalty(parameters):
        q = BINARY.forward(parameters, row).mean(axis=0)
        return cost * (target * np.log(q) + (1 - target) * np.log(1 - q)).sum()

    slope = finite_differences.gradient(penalty, parameters)
    plain = ExactGradient()
    placed, batch = place(parameters, device), Batch(place(rows, device))
    found = [
        leaves(kind.estimate(BINARY, placed, batch, None, None).gradient)
        for kind in (Sparse(plain, target, cost), plain)
    ]
    for name, leaf in leaves(slope).items():
        np.testing.assert_allclose(found[0][name] - found[1][name], leaf, rtol=1e-5, atol=1e-8, err_msg=name)


def test_values_are_probabilities_of_ones(device):
    """The mean of 4,000 draws is the value, to 5.5 standard errors of its own; what is not known stays."""
    values = np.tile(GREYS[:2], (4000, 1))
    mask = np.ones(values.shape, bool)
    mask[:, 3] = False
    drawn = binarized(Batch(place(values, device), place(mask, device)), RandomStreams(5).stream("greys"))
    v = to_numpy(drawn.v)
    assert set(np.unique(v[:, [0, 1, 2, 4]])) == {0.0, 1.0}
    np.testing.assert_array_equal(v[:, 3], values[:, 3])
    for row in range(2):
        error = np.sqrt(GREYS[row] * (1 - GREYS[row]) / 4000)
        known = mask[0]
        assert (abs(v[row::2].mean(axis=0) - GREYS[row])[known] <= 5.5 * error[known]).all()


def trained(recipe, **settings):
    rows = Rows(GREYS, np.float64)
    return list(train(BINARY, rows, start(BINARY, rows, 3, recipe, STREAMS), recipe, STREAMS, **settings))


def test_the_average_is_that_of_the_last_epochs():
    usual = Recipe(ContrastiveDivergence(), SLOW, 5, 10)
    plain, averaged = trained(usual), trained(replace(usual, n_averaged=3))
    mean = np.mean([epoch.state.parameters.weights for epoch in plain[-3:]], axis=0)
    np.testing.assert_allclose(averaged[-1].state.parameters.weights, mean, rtol=1e-12)
    for one, other in zip(averaged[:-1], plain[:-1], strict=True):
        assert_trees_close(one.state.parameters, other.state.parameters)


@pytest.mark.parametrize("sparse", [False, True])
def test_gibbs_steps_grow(sparse, monkeypatch):
    """From the first number to the last one, over the epochs."""
    taken = []
    own = ContrastiveDivergence.estimate

    def heard(self, *arguments):
        taken.append(self.n_steps)
        return own(self, *arguments)

    monkeypatch.setattr(ContrastiveDivergence, "estimate", heard)
    gradient = ContrastiveDivergence(sample_everything=True)  # for which there is no kernel
    gradient = Sparse(gradient, 0.1, 0.1) if sparse else gradient
    trained(Recipe(gradient, SLOW, 4, 23, gibbs_steps=Linear(1, 7, 3)))
    assert taken == [1, 3, 5, 7]


OPTIONS = {
    "adam": {"optimizer": adam(Constant(0.01), 0.001)},
    "zeros": {"optimizer": Chain((*SLOW.links, Shrinkage(Constant(0.1), 0.1, 0.01), MaxNorm(1.0)))},
    "greys": {"binarized": True},
    "average": {"n_averaged": 2},
    "growing": {"gibbs_steps": Linear(1, 3, 2)},
    "sparse": {"gradient": Sparse(ContrastiveDivergence(), 0.1, 1.0)},
}


@pytest.mark.parametrize("options", OPTIONS.values(), ids=OPTIONS.keys())
def test_training_with_options_goes_on_from_its_middle(options):
    """Bit for bit, from each stop between two steps."""
    recipe = replace(Recipe(ContrastiveDivergence(), SLOW, 3, 10, centred=True), **options)
    *_, whole = (epoch for epoch in trained(recipe) if not isinstance(epoch, Midway))
    plain = trained(replace(recipe, n_averaged=0, binarized=False, gibbs_steps=None, gradient=ContrastiveDivergence()))
    if "optimizer" not in options:
        assert not np.array_equal(whole.state.parameters.weights, plain[-1].state.parameters.weights)
    stops = [record for record in trained(recipe, pauses=Pauses(pause=lambda: True)) if isinstance(record, Midway)]
    assert len(stops) == 6
    for stop in stops:
        *_, last = trained(recipe, pauses=Pauses(resume=lambda place, beginning, stop=stop: stop.state))
        assert_trees_close(last.state.parameters, whole.state.parameters)


def test_a_learning_rate_alone_is_a_chain_too():
    chain = Chain((LearningRate(Constant(0.5)),))
    tree = example(BINARY)
    step, _ = chain.update(tree, chain.init(tree), tree, 0.0)
    np.testing.assert_array_equal(step.weights, 0.5 * tree.weights)
