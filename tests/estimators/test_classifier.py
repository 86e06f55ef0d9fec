"""DBNClassifier: three phases, what each leaves behind, and every way to start or go on."""

import pickle

import numpy as np
import pytest
from scipy.special import expit, softmax
from sklearn.base import clone
from sklearn.datasets import load_digits
from sklearn.metrics import log_loss
from sklearn.model_selection import GridSearchCV

from deepbelief import DBN, DBNClassifier, DBNRegressor
from deepbelief.core.rows import Rows
from deepbelief.errors import DataError
from deepbelief.estimators.fine_tuning import FINETUNING_PASSES, first_decay, lowest_decay
from deepbelief.estimators.settings import n_passes

DIGITS, LABELS = load_digits(return_X_y=True)
DIGITS, LABELS = DIGITS[:300] / 16, LABELS[:300]
TEST, TEST_LABELS = DIGITS[200:], LABELS[200:]
DIGITS, LABELS = DIGITS[:200], LABELS[:200]


def classifier(**settings):
    """Return a small classifier."""
    defaults = {"pretrain_epochs": 2, "softmax_epochs": 3, "finetune_epochs": 4, "random_state": 0}
    return DBNClassifier((12, 8), **{**defaults, **settings})


def assert_same_network(one, other):
    """Bit for bit."""
    for a, b in zip(one.coefs_ + one.intercepts_, other.coefs_ + other.intercepts_, strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.fixture(scope="module")
def fitted():
    """Two hidden layers at float64, as the type of the visible units is named."""
    return classifier(visible="bernoulli").fit(DIGITS, LABELS)


@pytest.fixture(scope="module")
def net():
    """A fitted DBN to start from."""
    return DBN((12, 8), n_iter=60, random_state=5).fit(DIGITS)


def test_shapes(fitted):
    """Weights (n_in, n_out) from the bottom up, the softmax last."""
    assert [w.shape for w in fitted.coefs_] == [(64, 12), (12, 8), (8, 10)]
    assert [b.shape for b in fitted.intercepts_] == [(12,), (8,), (10,)]
    np.testing.assert_array_equal(fitted.classes_, np.arange(10))


def test_probabilities(fitted):
    """softmax(σ(σ(x W₁ + c₁) W₂ + c₂) W₃ + c₃) from the public attributes; each row sums to one."""
    x = DIGITS
    for weights, bias in zip(fitted.coefs_[:-1], fitted.intercepts_[:-1], strict=True):
        x = expit(x @ weights + bias)
    expected = softmax(x @ fitted.coefs_[-1] + fitted.intercepts_[-1], axis=1)
    np.testing.assert_allclose(fitted.predict_proba(DIGITS), expected, rtol=1e-10)
    np.testing.assert_allclose(fitted.predict_proba(DIGITS).sum(axis=1), 1, rtol=1e-12)
    np.testing.assert_allclose(fitted.predict_log_proba(DIGITS), np.log(expected), rtol=1e-9)
    np.testing.assert_array_equal(fitted.predict(DIGITS), expected.argmax(axis=1))


def test_history(fitted):
    """Phases in order, one entry for each pass."""
    places = [(entry["phase"], entry["layer"], entry["epoch"]) for entry in fitted.history_]
    pretraining = [("pretrain", layer, epoch) for layer in (0, 1) for epoch in (1, 2)]
    others = [(phase, 0, epoch + 1) for phase, n in (("softmax", 3), ("finetune", 4)) for epoch in range(n)]
    assert places == pretraining + others


def spread(inputs):
    """Return how far the inputs of a layer vary over the rows: the root mean square over rows and units."""
    return np.sqrt(np.mean((inputs - inputs.mean(axis=0)) ** 2))


def test_softmax_phase_leaves_the_stack_alone(net):
    """Without fine-tuning, a layer that responds to the data is the DBN's; its reverse biases are dropped."""
    fitted = DBNClassifier.from_dbn(net, finetune_epochs=0, random_state=0).fit(DIGITS, LABELS)
    inputs = DIGITS
    for rbm, weights, bias in zip(fitted.dbn_.rbms_, fitted.coefs_, fitted.intercepts_, strict=False):
        assert spread(inputs @ rbm.components_.T) > 0.5
        np.testing.assert_array_equal(weights, rbm.components_.T)
        np.testing.assert_array_equal(bias, rbm.intercept_hidden_)
        inputs = rbm.transform(inputs)


def test_fine_tuning_changes_the_network_and_not_the_dbn(fitted):
    """dbn_ is the net as pretraining left it."""
    alone = DBN((12, 8), visible="bernoulli", n_iter=2, random_state=0).fit(DIGITS)
    for rbm, other, weights in zip(fitted.dbn_.rbms_, alone.rbms_, fitted.coefs_, strict=False):
        np.testing.assert_array_equal(rbm.components_, other.components_)
        assert (weights != rbm.components_.T).any()


def test_fit_epochs_and_validation():
    """A generator of epochs with the metrics of each phase; to measure is not to change."""
    plain, watched = classifier().fit(DIGITS, LABELS), classifier()
    epochs = list(watched.fit_epochs(DIGITS, LABELS, validation=(TEST, TEST_LABELS)))
    assert_same_network(plain, watched)
    learning = {"loss", "accuracy", "update_ratio", "validation_loss", "validation_accuracy"}
    pretraining = {"reconstruction_error", "free_energy", "free_energy_spread", "update_ratio"}
    validation = {"validation_reconstruction_error", "validation_free_energy", "free_energy_gap"}
    names = {"pretrain": pretraining | validation}
    assert [epoch.phase for epoch in epochs] == ["pretrain"] * 4 + ["softmax"] * 3 + ["finetune"] * 4
    assert all(set(epoch.metrics) == names.get(epoch.phase, learning) for epoch in epochs)
    last = epochs[-1].metrics
    assert last["validation_loss"] == pytest.approx(log_loss(TEST_LABELS, watched.predict_proba(TEST)), rel=1e-6)
    assert last["validation_accuracy"] == pytest.approx(watched.score(TEST, TEST_LABELS))
    assert all(set(entry) >= {"phase", "layer", "epoch", "n_epochs"} for entry in watched.history_)


def test_validation_rows_of_unknown_classes_or_none_are_left_out():
    """They cannot be measured."""
    rows = LABELS < 5
    epochs = classifier().fit_epochs(DIGITS[rows], LABELS[rows], validation=(TEST, TEST_LABELS))
    last = list(epochs)[-1].metrics
    known = TEST_LABELS < 5
    net = classifier().fit(DIGITS[rows], LABELS[rows])
    assert last["validation_accuracy"] == pytest.approx(net.score(TEST[known], TEST_LABELS[known]))


def test_early_stopping_keeps_the_best_epoch():
    """Fine-tuning ends two passes after the best, and the network is that of the best pass."""
    net = classifier(early_stopping=True, n_iter_no_change=2, finetune_epochs=200, finetune_learning_rate=1.0)
    epochs = list(net.fit_epochs(DIGITS, LABELS, validation=(TEST, TEST_LABELS)))
    losses = [epoch.metrics["validation_loss"] for epoch in epochs if epoch.phase == "finetune"]
    assert len(losses) < 200
    assert int(np.argmin(losses)) == len(losses) - 3
    assert log_loss(TEST_LABELS, net.predict_proba(TEST)) == pytest.approx(min(losses), rel=1e-6)


def test_early_stopping_holds_rows_out():
    """A tenth of the labelled rows is measured and not trained on."""
    plain, held = classifier().fit(DIGITS, LABELS), classifier(early_stopping=True).fit(DIGITS, LABELS)
    assert "validation_loss" not in plain.history_[-1]
    assert all("validation_loss" in entry for entry in held.history_ if entry["phase"] != "pretrain")
    shares = [entry["validation_accuracy"] * 20 for entry in held.history_ if entry["phase"] != "pretrain"]
    np.testing.assert_allclose(shares, np.round(shares), atol=1e-9)
    assert (plain.coefs_[-1] != held.coefs_[-1]).any()


def test_from_dbn_starts_from_exactly_that_net(net):
    """Nothing is pretrained; without fine-tuning the layers are the net's own; the net is not changed."""
    before = pickle.dumps(net)
    start = DBNClassifier.from_dbn(net, finetune_epochs=0, random_state=0).fit(DIGITS, LABELS)
    assert {entry["phase"] for entry in start.history_} == {"softmax"}
    for rbm, weights in zip(net.rbms_, start.coefs_, strict=False):
        np.testing.assert_array_equal(weights, rbm.components_.T)
    DBNClassifier.from_dbn(net, random_state=0).fit(DIGITS, LABELS)
    assert pickle.dumps(net) == before


def test_from_dbn_equals_pretraining_within():
    """The same net with the same seed leads to the same network."""
    net = DBN((12, 8), n_iter=2, random_state=0).fit(DIGITS)
    start = DBNClassifier.from_dbn(net, softmax_epochs=3, finetune_epochs=4, random_state=0)
    assert_same_network(start.fit(DIGITS, LABELS), classifier().fit(DIGITS, LABELS))


def test_from_dbn_survives_clone_and_grid_search(net):
    """A search over fine-tuning pretrains once."""
    start = DBNClassifier.from_dbn(net, softmax_epochs=1, finetune_epochs=1, random_state=0)
    search = GridSearchCV(clone(start), {"finetune_learning_rate": [0.05, 0.5]}, cv=2).fit(DIGITS, LABELS)
    for rbm, original in zip(search.best_estimator_.dbn_.rbms_, net.rbms_, strict=True):
        np.testing.assert_array_equal(rbm.components_, original.components_)
    assert {entry["phase"] for entry in search.best_estimator_.history_} == {"softmax", "finetune"}


def test_from_dbn_keeps_the_scale_of_the_net():
    """The net saw pixel/255; a classifier on darker pictures has to show it the same."""
    net = DBN((12, 8), n_iter=1, random_state=0).fit((DIGITS * 255).round())
    start = DBNClassifier.from_dbn(net, finetune_epochs=0, random_state=0).fit(DIGITS * 100, LABELS)
    assert (start.data_min_, start.data_range_) == (net.data_min_, net.data_range_)


def test_from_dbn_keeps_the_type_of_the_net():
    """A float32 net makes a float32 network, whatever the type of the labelled data."""
    net = DBN((12, 8), n_iter=1, random_state=0).fit(DIGITS.astype(np.float32))
    start = DBNClassifier.from_dbn(net, random_state=0, softmax_epochs=1, finetune_epochs=1).fit(DIGITS, LABELS)
    assert {array.dtype for array in start.coefs_ + start.intercepts_} == {np.dtype(np.float32)}


def test_from_dbn_on_another_device(net, torch):
    """A net trained in NumPy, fine-tuned by torch."""
    settings = {"softmax_epochs": 1, "finetune_epochs": 1, "random_state": 0}
    there = DBNClassifier.from_dbn(net, device="cpu", **settings).fit(DIGITS, LABELS)
    here = DBNClassifier.from_dbn(net, **settings).fit(DIGITS, LABELS)
    np.testing.assert_allclose(there.predict_proba(DIGITS), here.predict_proba(DIGITS), rtol=1e-6)


def test_from_dbn_of_another_width(net):
    """One sentence with both widths; and a net that was never fitted is refused at once."""
    with pytest.raises(DataError, match="X has 63 features, but the net was trained on 64"):
        DBNClassifier.from_dbn(net).fit(DIGITS[:, :63], LABELS)
    with pytest.raises(ValueError, match="not fitted"):
        DBNClassifier.from_dbn(DBN())


def test_the_automatic_weight_decay_follows_the_number_of_rows_learned_from():
    """0.8 over the rows with a label, or over all where the others take part."""
    labels = LABELS.copy()
    labels[: len(labels) // 2] = -1
    for semi_supervised, n_rows in (False, (labels >= 0).sum()), (True, len(labels)):
        net = classifier(semi_supervised=semi_supervised).fit(DIGITS, labels)
        assert net.finetune_weight_decay_ == pytest.approx(0.8 / n_rows)
    assert classifier(finetune_weight_decay=0.01).fit(DIGITS, LABELS).finetune_weight_decay_ == 0.01
    assert classifier().partial_fit(DIGITS, LABELS).finetune_weight_decay_ == 0


@pytest.mark.parametrize(
    "n_rows, n_features, decay", [(100, 8, 0.008), (100, 64, 0.008), (100, 3, 0.003), (40, 8, 0.01)]
)
def test_the_automatic_weight_decay_of_few_features_and_of_few_rows(n_rows, n_features, decay):
    """A tenth for each feature, 0.8 at the most, over the rows, of which 80 are counted at least."""
    net = classifier().fit(10 + 5 * np.random.default_rng(0).normal(size=(n_rows, n_features)), np.arange(n_rows) % 2)
    assert net.finetune_weight_decay_ == pytest.approx(decay)


@pytest.mark.parametrize("setting, n_rows, share", [("auto", 40, 0.2), ("auto", 4, 1.0), (0.01, 40, 1.0)])
def test_the_automatic_weight_decay_rises_in_fine_tuning(setting, n_rows, share):
    """From p / n of it on, and not at all for p > n; a number is a constant, and so is the decay of a regressor."""
    rows = Rows(np.zeros((n_rows, 8)), np.float64)
    assert first_decay(DBNClassifier(finetune_weight_decay=setting), rows) == share
    assert first_decay(DBNRegressor(finetune_weight_decay=setting), rows) == 1


def test_the_automatic_weight_decay_of_the_lowest_layer_follows_the_variance_of_the_features():
    """So that weights decay as if features had been standardised; those that never change do not count."""
    bits = np.zeros((40, 5))
    bits[:20, 0], bits[:4, 1] = 1, 1  # variances of 1/4 and 9/100
    rows = Rows(bits, np.float32)
    assert lowest_decay(DBNClassifier(), rows) == 0.17
    assert lowest_decay(DBNClassifier(), Rows(bits / 1000, np.float64)) == pytest.approx(0.17e-6)
    assert lowest_decay(DBNClassifier(), Rows(2000 * bits, np.float32)) == 1
    assert lowest_decay(DBNClassifier(), Rows(np.ones((4, 2)), np.float32)) == 1
    assert lowest_decay(DBNClassifier(finetune_weight_decay=0.01), rows) == 1
    assert lowest_decay(DBNClassifier(batch_normalization=True), rows) == 1
    assert lowest_decay(DBNRegressor(), rows) == 1


@pytest.mark.parametrize("n_rows, passes", [(42_000, 10), (1_000, 80), (100, 100)])
def test_automatic_passes_of_fine_tuning(n_rows, passes):
    """What makes 4,000 steps, up to a hundred; on Kaggle's training rows the ten of the posts' recipe."""
    assert n_passes(DBNClassifier(), "auto", FINETUNING_PASSES, n_rows) == passes


def test_without_pretraining():
    """pretrain_epochs=0 starts from random weights, scaled so that every layer responds to the data, and learns."""
    start = classifier(pretrain_epochs=0, softmax_epochs=0, finetune_epochs=0, visible="bernoulli").fit(DIGITS, LABELS)
    assert start.history_ == []
    x = DIGITS
    for weights, bias in zip(start.coefs_[:-1], start.intercepts_[:-1], strict=True):
        assert spread(x @ weights) == pytest.approx(1)
        np.testing.assert_allclose((x @ weights).mean(axis=0), -bias, atol=1e-9)
        x = expit(x @ weights + bias)
    np.testing.assert_allclose(start.predict_proba(DIGITS), 0.1, rtol=1e-12)
    trained = DBNClassifier((30,), pretrain_epochs=0, finetune_epochs=60, batch_size=10, random_state=0).fit(
        DIGITS, LABELS
    )
    assert trained.score(DIGITS, LABELS) > 0.9


def test_partial_fit():
    """The first call pretrains; every call makes one pass of backpropagation, which moves the network."""
    net = classifier()
    assert net.partial_fit(DIGITS[:100], LABELS[:100], classes=np.arange(10)) is net
    first = [weights.copy() for weights in net.coefs_]
    net.partial_fit(DIGITS[100:], LABELS[100:])
    assert [entry["phase"] for entry in net.history_] == ["pretrain"] * 4 + ["finetune"] * 2
    assert [entry["epoch"] for entry in net.history_[4:]] == [1, 2]
    assert all((a != b).any() for a, b in zip(first, net.coefs_, strict=True))


def test_partial_fit_learns():
    """Thirty passes bring the loss well below that of guessing, log 10."""
    net = DBNClassifier((30,), pretrain_epochs=2, random_state=0)
    for _ in range(30):
        net.partial_fit(DIGITS, LABELS)
    assert log_loss(LABELS, net.predict_proba(DIGITS)) < np.log(10) / 2


def test_warm_start_goes_on_fine_tuning():
    """fit(4) + fit(4): epochs 1 to 8 of fine-tuning, no second pretraining, and the network moves."""
    net = classifier(warm_start=True).fit(DIGITS, LABELS)
    pretrained, first = net.dbn_.rbms_[0].components_.copy(), [weights.copy() for weights in net.coefs_]
    net.fit(DIGITS, LABELS)
    assert [e["epoch"] for e in net.history_ if e["phase"] == "finetune"] == [1, 2, 3, 4, 5, 6, 7, 8]
    assert sum(entry["phase"] != "finetune" for entry in net.history_) == 4 + 3
    np.testing.assert_array_equal(net.dbn_.rbms_[0].components_, pretrained)
    assert all((a != b).any() for a, b in zip(first, net.coefs_, strict=True))


def test_pickle_is_bit_equal(fitted):
    """An estimator from a pickle predicts the same bits."""
    copy = pickle.loads(pickle.dumps(fitted))
    np.testing.assert_array_equal(copy.predict_proba(TEST), fitted.predict_proba(TEST))


def test_jobs_do_not_change_the_results():
    """A grid search in one process or in two."""
    grid = {"finetune_learning_rate": [0.05, 0.5]}
    one, two = (GridSearchCV(classifier(), grid, cv=2, n_jobs=n).fit(DIGITS, LABELS) for n in (1, 2))
    np.testing.assert_array_equal(one.cv_results_["mean_test_score"], two.cv_results_["mean_test_score"])
    assert_same_network(one.best_estimator_, two.best_estimator_)
