"""Nets of several layers: samples of a class, samples given values, holes filled."""

import numpy as np
import pytest
from sklearn.datasets import load_digits
from sklearn.exceptions import ConvergenceWarning

from deepbelief import DBN, RBM, DBNClassifier, load, save
from deepbelief.core.gibbs import sweep, weighted_chain
from deepbelief.core.randomness import RandomStreams
from deepbelief.estimators.machines import layer_of, machine_of
from oracles import enumeration
from oracles.machines import MACHINES, example
from oracles.monte_carlo import total_variation, total_variation_bound

X, Y = load_digits(return_X_y=True)
X = (X / 16)[:500]
Y = Y[:500]
NAN = np.nan
pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


@pytest.fixture(scope="module", params=[(40,), (40, 30), (40, 30, 20)], ids=str)
def net(request):
    return DBNClassifier(request.param, random_state=0, pretrain_epochs=5, finetune_epochs=5).fit(X, Y)


@pytest.fixture(scope="module")
def deep():
    return DBN((40, 30), n_iter=15, random_state=0).fit(X)


def half_covered(rows):
    covered = rows.copy()
    covered[:, 32:] = NAN
    return covered


def test_weighted_chains_have_the_weighted_distribution():
    """p(v) w(v) / Σ p w, with weights that differ a hundredfold; without the refusals it would be p."""
    machine = MACHINES["bernoulli-bernoulli"]
    parameters = example(machine, 5)
    table = enumeration.joint(machine, parameters)
    weight = lambda v: 2.0 * v[:, 0] - 3.0 * v[:, 1] * v[:, 2]  # noqa: E731
    expected = table.visible_probabilities * np.exp(weight(table.v))
    expected /= expected.sum()
    stream = RandomStreams(0).stream("test")
    n_rows = 20_000
    chain = weighted_chain(
        lambda v: sweep(machine, parameters, v, stream), weight, np.zeros((n_rows, table.v.shape[1])), stream
    )
    for _ in range(60):
        v, h = next(chain)
    assert total_variation(v, expected) <= total_variation_bound(expected, n_rows)
    assert total_variation(v, table.visible_probabilities) > 3 * total_variation_bound(expected, n_rows)
    assert h.shape == (n_rows, parameters.weights.shape[1])


def test_samples_of_a_class_have_the_weighted_distribution():
    """Of one layer: the machine's distribution times the network's answer, by enumeration."""
    rng = np.random.default_rng(0)
    rows = (rng.random((200, 5)) < 0.5).astype(float)
    net = DBNClassifier((3,), random_state=0, pretrain_epochs=2, visible="bernoulli").fit(rows, rows[:, 0].astype(int))
    rbm = net.dbn_.rbms_[0]
    rbm.components_ = rng.normal(size=(3, 5))  # something that is worth being told apart
    layer = layer_of(rbm)
    table = enumeration.joint(machine_of(rbm), layer.parameters)
    expected = table.visible_probabilities * net.predict_proba(table.v)[:, 1]
    expected /= expected.sum()
    drawn = net.dbn_.sample(20_000, 60, label=1, random_state=0)
    assert total_variation(drawn, expected) <= total_variation_bound(expected, 20_000)
    given = np.array([[NAN, NAN, 1.0, 0.0, NAN]])
    agrees = (table.v[:, 2] == 1) & (table.v[:, 3] == 0)
    conditional = np.where(agrees, expected, 0) / expected[agrees].sum()
    drawn = net.dbn_.sample(20_000, 60, given=given, label=1, random_state=0)
    assert total_variation(drawn, conditional) <= total_variation_bound(conditional, 20_000)


def test_samples_of_a_class_look_like_it_to_the_network(net):
    chance = net.predict_proba(net.dbn_.sample(40, 100, random_state=0)).mean(axis=0)
    for label in (0, 6):
        drawn = net.dbn_.sample(40, 100, label=label, random_state=0)
        assert drawn.shape == (40, 64)
        assert net.predict_proba(drawn)[:, label].mean() > 0.3 + chance[label]


def test_values_that_are_given_are_kept(net):
    given = half_covered(X[:6])
    for label in (None, 3):
        drawn = net.dbn_.sample(6, 20, given=given, label=label, random_state=1)
        np.testing.assert_array_equal(drawn[:, :32], X[:6, :32])
        assert np.isfinite(drawn).all()
        np.testing.assert_array_equal(drawn, net.dbn_.sample(6, 20, given=given, label=label, random_state=1))
    one_row = net.dbn_.sample(4, 20, given=given[:1], random_state=1)
    np.testing.assert_array_equal(one_row[:, :32], np.repeat(X[:1, :32], 4, axis=0))
    assert np.any(one_row[0] != one_row[1])


def test_the_net_of_a_file_knows_the_classes(net, tmp_path):
    save(net, tmp_path / "net")
    again = load(tmp_path / "net")
    np.testing.assert_array_equal(
        again.dbn_.sample(3, 20, label=3, random_state=0), net.dbn_.sample(3, 20, label=3, random_state=0)
    )


def test_holes_are_filled_better_than_by_the_mean(deep):
    """And nothing else changes; what is given goes through both layers, or the answer would be the same for all."""
    covered = half_covered(X[:100])
    filled = deep.impute(covered, n_steps=60)
    np.testing.assert_array_equal(filled[:, :32], X[:100, :32])
    error = np.mean((filled - X[:100])[:, 32:] ** 2)
    assert error < 0.8 * np.mean((X[:100] - X.mean(axis=0))[:, 32:] ** 2)
    np.testing.assert_array_equal(deep.impute(covered, n_steps=60), filled)
    whole, std = deep.impute(covered, n_steps=60, return_std=True)
    np.testing.assert_array_equal(whole, filled)
    assert np.all(std[:, :32] == 0)
    assert np.all(std[:, 34:38] > 0)
    assert np.isfinite(deep.impute(np.full((2, 64), NAN))).all()


def test_one_layer_is_its_machine():
    dbn = DBN((20,), n_iter=3, random_state=0).fit(X)
    covered = half_covered(X[:4])
    np.testing.assert_array_equal(dbn.impute(covered), dbn.rbms_[0].impute(covered))
    np.testing.assert_array_equal(
        dbn.sample(4, 30, given=covered, random_state=2), dbn.rbms_[0].sample(4, 30, given=covered, random_state=2)
    )
    assert dbn.sample(4, 30, random_state=2, method="tempered").shape == (4, 64)


def test_numbers_are_given_at_the_scale_of_the_data():
    data = np.random.default_rng(0).normal([1000, -3, 0.1, 5], [7, 0.01, 1, 2], (200, 4))
    dbn = DBN((6, 4), n_iter=3, random_state=0).fit(data)
    given = np.where([[True, False, True, True]], data[:5], NAN)
    drawn, filled = dbn.sample(5, 30, given=given, random_state=0), dbn.impute(given)
    for rows in (drawn, filled):
        np.testing.assert_array_equal(rows[:, [0, 2, 3]], data[:5][:, [0, 2, 3]])
        assert np.all(abs(rows[:, 1] + 3) < 0.1)


def test_short_chains_say_so(deep):
    with pytest.warns(ConvergenceWarning, match="still depend on where their chains began"):
        deep.sample(4, 2, given=half_covered(X[:1]), random_state=0)


@pytest.mark.parametrize(
    "call, says",
    [
        (lambda dbn: dbn.sample(2, label=3), "This net knows no classes: rows of one class are drawn by the dbn_"),
        (lambda dbn: dbn.sample(2, given=X[:2]), "given holds no NaN, so nothing is left to draw"),
        (lambda dbn: dbn.sample(2, given=[[NAN] * 3]), r"given must have 64 columns.*got shape \(1, 3\)"),
        (lambda dbn: dbn.sample(0), "n_samples must be a whole number of at least 1"),
        (lambda dbn: dbn.sample(2, given=half_covered(X[:2]), n_steps=0), "n_steps must be a whole number"),
        (lambda dbn: dbn.sample(2, given=half_covered(X[:2]), method="tempered"), "cannot hold values fast"),
        (lambda dbn: dbn.sample(2, method="hmc"), "method must be one of 'gibbs', 'tempered'"),
        (lambda dbn: dbn.impute(half_covered(X[:2]), method="tempered"), "cannot hold values fast"),
        (lambda dbn: dbn.impute([[NAN] * 3]), "X has 3 features, but DBN is expecting 64"),
    ],
)
def test_bad_input_is_one_sentence(deep, call, says):
    with pytest.raises(ValueError, match=says):
        call(deep)


@pytest.mark.parametrize("label", [12, "3", None, [3]])
def test_a_class_that_is_none(net, label):
    if label is None:  # any class: no label is asked for
        assert net.dbn_.sample(1, 5, label=label).shape == (1, 64)
        return
    with pytest.raises(ValueError, match=r"is none of the classes, which are 0, 1, 2"):
        net.dbn_.sample(1, 5, label=label)


def test_an_rbm_holds_no_class():
    with pytest.raises(TypeError, match="label"):
        RBM(3, n_iter=1).fit(X).sample(1, label=3)
