"""Several networks whose mean is the answer: each is trained as a single one is, and the whole is one network."""

import warnings

import numpy as np
import pytest
from sklearn.datasets import load_digits

from deepbelief import DataError, DBNClassifier, DBNRegressor, diagnose, load, save
from deepbelief.core.ascent import diverged
from deepbelief.core.phases import FINETUNE, Place
from deepbelief.core.side_by_side import parted
from deepbelief.estimators.fine_tuning import finetuning_passes
from deepbelief.estimators.fitted import training_of

DIGITS, LABELS = load_digits(return_X_y=True)
DIGITS = (DIGITS / 16).astype(np.float32)
SOME = slice(500)
PASSES = {"pretrain_epochs": 1, "finetune_epochs": 2, "random_state": 0}
DEEP = {"activation": "relu", "batch_normalization": True, "finetune_optimizer": "adam", "pretrain_epochs": 0}
SETTINGS = [{}, DEEP, {"dropout": 0.2}, {"early_stopping": True, "finetune_epochs": 4}]


def classifier(**settings):
    return DBNClassifier(**{"hidden_layer_sizes": (12, 8), "softmax_epochs": 1, **PASSES, **settings})


def regressor(**settings):
    return DBNRegressor(**{"hidden_layer_sizes": (12, 8), "output_epochs": 1, **PASSES, **settings})


def networks_of(estimator):
    return parted(estimator._network_layers(), estimator.top_biases_)


def logits(estimator, layers):
    return estimator._network().logits(layers, DIGITS[SOME])


@pytest.mark.parametrize("settings", SETTINGS)
@pytest.mark.parametrize("make", [classifier, regressor])
def test_the_first_is_what_a_single_one_would_be_and_the_others_are_different(make, settings):
    one, three = (make(**settings, n_networks=n).fit(DIGITS[SOME], LABELS[SOME]) for n in (1, 3))
    networks = networks_of(three)
    arrays, expected = (*networks[0].weights, *networks[0].biases), (*one.coefs_, *one.intercepts_)
    for array, of_one in zip(arrays, expected, strict=True):
        np.testing.assert_allclose(array, of_one, rtol=1e-5, atol=1e-9)
    for weights, others in zip(networks[0].weights, networks[1].weights, strict=True):
        assert np.abs(weights - others).mean() > 1e-4
    assert np.abs(networks[1].weights[0] - networks[2].weights[0]).mean() > 1e-4
    assert one.n_networks_ == 1
    assert three.n_networks_ == 3


def test_the_answer_is_the_mean_and_each_decays_as_much():
    """The settings that follow from the data are the same for each network."""
    net = classifier(**DEEP, n_networks=2).fit(DIGITS[SOME], LABELS[SOME])
    each = np.mean([logits(net, layers) for layers in networks_of(net)], axis=0)
    np.testing.assert_allclose(
        net.predict_log_proba(DIGITS[SOME]), each - np.log(np.exp(each).sum(1))[:, None], rtol=1e-4
    )
    assert net.finetune_weight_decay_ == classifier(**DEEP).fit(DIGITS[SOME], LABELS[SOME]).finetune_weight_decay_


def test_every_pass_says_which_network_it_belongs_to():
    net = classifier(n_networks=2)
    epochs = net.fit_epochs(DIGITS[SOME], LABELS[SOME])
    fine_tuned = [(epoch.network, net.n_networks_) for epoch in epochs if epoch.phase == FINETUNE.name]
    assert fine_tuned == [(0, 1), (0, 1), (1, 1), (1, 1)]  # it joins the first when it is done
    assert net.n_networks_ == 2
    assert [entry["network"] for entry in net.history_ if entry["phase"] == FINETUNE.name] == [0, 0, 1, 1]
    assert Place(FINETUNE.name, network=1).label == "fine-tuning (network 2)"


@pytest.mark.parametrize("make", [classifier, regressor])
def test_a_file_keeps_them(make, tmp_path):
    net = make(n_networks=3).fit(DIGITS[SOME], LABELS[SOME])
    save(net.set_params(n_networks=2), tmp_path / "model")  # what was fitted counts
    found = load(tmp_path / "model")
    assert found.n_networks_ == 3
    assert found.history_ == net.history_
    np.testing.assert_array_equal(found.top_biases_, net.top_biases_)
    np.testing.assert_array_equal(found.predict(DIGITS), net.predict(DIGITS))


@pytest.mark.parametrize("make", [classifier, regressor])
def test_training_goes_on_with_each_of_them(make):
    net = make(n_networks=2, warm_start=True).fit(DIGITS[SOME], LABELS[SOME])
    before = networks_of(net)
    net.fit(DIGITS[SOME], LABELS[SOME])
    for was, now in zip(before, networks_of(net), strict=True):
        assert 0 < np.abs(was.weights[0] - now.weights[0]).mean() < 0.1
    assert [entry["epoch"] for entry in net.history_ if entry["phase"] == FINETUNE.name] == [1, 2, 1, 2, 3, 4, 3, 4]
    off_diagonal = net.coefs_[1][:12, 8:]
    assert not off_diagonal.any()


@pytest.mark.parametrize("settings", [{}, DEEP])
@pytest.mark.parametrize("broken_off", [("softmax", "output"), (FINETUNE.name,)])
@pytest.mark.parametrize("make", [classifier, regressor])
def test_more_networks_join_those_that_there_are(make, broken_off, settings):
    """Asked for later, or broken off before they were done: they begin anew; fewer than there are fit no model."""
    net = make(n_networks=3, warm_start=True, **settings)
    for epoch in net.fit_epochs(DIGITS[SOME], LABELS[SOME]):
        if epoch.network == 1 and epoch.phase in broken_off:
            break
    assert net.n_networks_ == 1
    assert {record["network"] for record in training_of(net).of_network()} == {0}
    net.fit(DIGITS[SOME], LABELS[SOME])
    assert net.n_networks_ == 3
    whole = make(n_networks=3, **settings).fit(DIGITS[SOME], LABELS[SOME])
    for one, other in zip(networks_of(net)[1:], networks_of(whole)[1:], strict=True):
        np.testing.assert_allclose(one.weights[0], other.weights[0], rtol=1e-4, atol=1e-6)
    fine_tuned = [(entry["network"], entry["epoch"]) for entry in net.history_ if entry["phase"] == FINETUNE.name]
    assert fine_tuned == [(0, 1), (0, 2), (0, 3), (0, 4), (1, 1), (1, 2), (2, 1), (2, 2)]
    with pytest.raises(ValueError, match="n_networks=2 does not fit the model, which was fitted with n_networks=3"):
        net.set_params(n_networks=2).fit(DIGITS[SOME], LABELS[SOME])


@pytest.mark.parametrize("make", [classifier, regressor])
def test_the_first_is_a_single_one_also_when_training_goes_on(make):
    """All decay as the first one does, in the first fit and in those that follow."""
    one, two = (make(n_networks=n, warm_start=True) for n in (1, 2))
    for net in (one, two):
        net.fit(DIGITS[SOME], LABELS[SOME]).fit(DIGITS[SOME], LABELS[SOME])
    first = networks_of(two)[0]
    for array, of_one in zip((*first.weights, *first.biases), (*one.coefs_, *one.intercepts_), strict=True):
        np.testing.assert_allclose(array, of_one, rtol=1e-4, atol=1e-7)
    assert two.finetune_weight_decay_ == one.finetune_weight_decay_


@pytest.mark.parametrize("make", [classifier, regressor])
def test_networks_that_have_joined_are_up_to_date_after_each_pass(make):
    net = make(n_networks=2, warm_start=True).fit(DIGITS[SOME], LABELS[SOME])
    before = networks_of(net)[1]
    for epoch in net.fit_epochs(DIGITS[SOME], LABELS[SOME]):
        if epoch.network == 1:
            break
    assert np.abs(networks_of(net)[1].weights[0] - before.weights[0]).mean() > 0
    assert net.history_[-1]["epoch"] == 3


@pytest.mark.parametrize(
    "settings, few_labels, passes",
    [
        ({}, False, 10),
        ({"n_networks": 3}, False, 10),
        ({"batch_normalization": True}, False, 30),
        ({"batch_normalization": True, "n_networks": 3}, False, 20),
        ({"batch_normalization": True, "n_networks": 3, "augment": "8x8"}, False, 60),
        ({"batch_normalization": True, "augment": "8x8"}, False, 60),
        ({"batch_normalization": True, "n_networks": 3}, True, 30),
        ({"batch_normalization": True, "augment": "8x8"}, True, 30),
        ({"finetune_epochs": 7, "n_networks": 3, "batch_normalization": True}, False, 7),
    ],
)
def test_passes_of_fine_tuning(settings, few_labels, passes):
    """With 60,000 rows, where a pass has 600 steps."""
    assert finetuning_passes(DBNClassifier(**settings), 60_000, few_labels=few_labels) == passes


@pytest.mark.parametrize("make", [classifier, regressor])
def test_partial_fit_trains_all_of_them(make):
    net = make(n_networks=2).partial_fit(DIGITS[SOME], LABELS[SOME])
    first = networks_of(net)
    net.partial_fit(DIGITS[SOME], LABELS[SOME])
    for was, now in zip(first, networks_of(net), strict=True):
        assert np.abs(was.weights[0] - now.weights[0]).mean() > 0
    assert [entry["network"] for entry in net.history_ if entry["phase"] == FINETUNE.name] == [0, 1, 0, 1]


def test_labels_of_few_rows_and_several_labels():
    """Where rows without labels take part, and where a row has several labels."""
    few = np.where(np.arange(len(LABELS)) < 100, LABELS, -1)
    net = classifier(n_networks=2, pretrain_epochs=5, finetune_epochs=10).fit(DIGITS, few)
    assert net.score(DIGITS, LABELS) > 0.5
    assert [entry["network"] for entry in net.history_ if entry["phase"] == FINETUNE.name] == [0] * 10 + [1] * 10
    several = np.column_stack([LABELS < 5, LABELS % 2]).astype(int)
    assert classifier(n_networks=2).fit(DIGITS[SOME], several[SOME]).predict(DIGITS[:3]).shape == (3, 2)


def test_a_diagnosis_judges_the_whole():
    net = classifier(n_networks=2, pretrain_epochs=10, finetune_epochs=20).fit(DIGITS[SOME], LABELS[SOME])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = diagnose(net, DIGITS[SOME], LABELS[SOME])
    assert "the network" not in [finding.where for finding in found]
    wrong = diagnose(net, DIGITS[SOME], np.roll(LABELS[SOME], 1))
    (lost,) = [finding for finding in wrong if finding.name == "no-better-than-majority"]
    assert lost.value == pytest.approx(net.score(DIGITS[SOME], np.roll(LABELS[SOME], 1)))


def test_each_network_is_judged_by_its_own_passes():
    net = classifier(n_networks=2, finetune_epochs=3).fit(DIGITS[SOME], LABELS[SOME])
    training = training_of(net)
    assert [record["network"] for record in training.records if record["phase"] == FINETUNE.name] == [0] * 3 + [1] * 3
    assert [(record["network"], record["epoch"]) for record in training.of_network()] == [(1, 1), (1, 2), (1, 3)]


def test_the_page_has_as_many_units_as_the_network():
    page = classifier(n_networks=3).fit(DIGITS[SOME], LABELS[SOME]).explore(DIGITS[:10], LABELS[:10])
    assert page.deviation < 0.02


def test_other_data_are_refused_as_by_a_single_one():
    net = classifier(n_networks=2).fit(DIGITS[SOME], LABELS[SOME])
    with pytest.raises((ValueError, DataError), match="features"):
        net.predict(DIGITS[:, :10])


def test_a_network_that_diverges_is_named_with_the_rate_that_helps():
    error = diverged(Place(FINETUNE.name, network=1), 3)
    assert "the network (network 2)" in str(error)
    assert "lower fine-tuning rate" in str(error)
