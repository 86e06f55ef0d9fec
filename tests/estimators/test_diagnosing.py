"""What `deepbelief.diagnose` makes of estimators: healthy ones, broken ones, and labels."""

import pickle
import warnings

import numpy as np
import pytest
from sklearn.datasets import load_digits, load_wine
from sklearn.exceptions import ConvergenceWarning, NotFittedError

from deepbelief import DBN, RBM, DBNClassifier, DivergedError, diagnose

X, Y = load_digits(return_X_y=True)
X = (X / 16).astype(np.float32)


def names(*arguments, **settings):
    return [finding.name for finding in diagnose(*arguments, **settings)]


@pytest.fixture(scope="module")
def classifier():
    return DBNClassifier((64, 32), pretrain_epochs=10, random_state=0).fit(X[:1500], Y[:1500])


def test_healthy_estimators_have_no_finding(classifier):
    assert names(classifier, X[:1500], Y[:1500], validation=(X[1500:], Y[1500:])) == []
    assert names(classifier.dbn_, X) == []
    assert names(RBM(64, gradient="pcd", n_iter=10, random_state=0).fit(X), X) == []


def test_new_data_at_another_scale(classifier):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        finding = diagnose(classifier, X * 255)[0]
    assert finding.name == "inputs-outside-range"
    assert finding.value == pytest.approx((X * 255 > 1.01).mean())


def test_labels_are_those_the_classifier_knows(classifier):
    """Rows without a label, or of unknown classes, do not count; without labels the network is not judged."""
    wrong = (classifier.predict(X) + 1) % 10
    assert names(classifier, X, wrong) == ["no-better-than-majority"]
    assert names(classifier, X, np.where(np.arange(len(Y)) < 10, Y, -1)) == []
    assert names(classifier, X, np.full(len(Y), -1)) == []
    assert names(classifier, X) == []


def test_labels_of_another_kind_are_refused(classifier):
    with pytest.raises(ValueError, match="use one kind of label"):
        diagnose(classifier, X, Y.astype(str))


def test_validation_rows_take_the_place_of_labels(classifier):
    wrong = (classifier.predict(X[:500]) + 1) % 10
    assert names(classifier, X, Y, validation=(X[:500], wrong)) == ["no-better-than-majority"]


def test_new_rows_speak_for_themselves():
    """Forty rows of 600 words are too few for kernels to find the classes in; the network found them in 360 others."""
    rng = np.random.default_rng(0)
    y = np.arange(400) % 3
    x = (rng.random((400, 600)) < 0.02).astype(float)
    x[np.arange(400), 10 * y + rng.integers(10, size=400)] = 1
    net = DBNClassifier((30,), random_state=0).fit(x[:360], y[:360])
    assert names(net, x[360:], y[360:]) == ["labels-do-not-follow"]
    assert names(net, x[:360], validation=(x[360:], y[360:])) == []


@pytest.mark.parametrize(
    "setting, advice", [(None, "(set class_weight='balanced')"), ("balanced", "more rows of rare")]
)
def test_the_setting_that_helps_rare_classes_is_named_once(setting, advice):
    """Who has set it already is told something else."""
    net = DBNClassifier((20,), class_weight=setting, finetune_epochs=1, finetune_learning_rate=0.5, random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        net.fit(X[:200], np.arange(200) % 10 == 0)
    net.coefs_[-1][:] = 0
    net.intercepts_[-1][:] = (1, 0)
    found = diagnose(net, X[:200], validation=(X[:200], np.arange(200) % 10 == 0))
    assert advice in {finding.name: finding.advice for finding in found}["no-better-than-majority"]


def test_fine_tuning_that_learns_nothing():
    """Fit says so itself, and names the finding."""
    shuffled = np.random.default_rng(0).permutation(Y)
    net = DBNClassifier((2,), pretrain_epochs=10, finetune_epochs=1, random_state=0)
    with pytest.warns(ConvergenceWarning, match="no-better-than-majority"):
        net.fit(X, shuffled)
    assert "no-better-than-majority" in names(net, X, shuffled)


def test_a_network_that_knows_its_rows_by_heart_and_no_others():
    """Fit says that labels do not follow from the rows, however many the network knows; of true ones nothing."""
    x, y = load_wine(return_X_y=True)
    shuffled = np.random.default_rng(1).permutation(y)
    net = DBNClassifier((30,), random_state=0, finetune_weight_decay=0)
    with pytest.warns(ConvergenceWarning, match=r"same order.*labels-do-not-follow"):
        net.fit(x, shuffled)
    assert net.score(x, shuffled) > 0.6
    assert "labels-do-not-follow" in names(net, x, shuffled)
    with warnings.catch_warnings():
        warnings.simplefilter("error", ConvergenceWarning)
        net.fit(x, y)
    assert "labels-do-not-follow" not in names(net, x, y)


def test_a_network_that_is_not_finite(classifier):
    broken = pickle.loads(pickle.dumps(classifier))
    broken.coefs_[0][3, 2] = np.inf
    (finding,) = diagnose(broken, X, Y)
    assert (finding.name, finding.where) == ("non-finite", "the network")


def test_divergence_carries_its_finding_also_between_processes():
    """As a search with n_jobs does."""
    with pytest.raises(DivergedError) as caught:
        RBM(8, visible="gaussian", learning_rate=1e3, random_state=0).fit(X * 10)
    again = pickle.loads(pickle.dumps(caught.value))
    assert again.finding == caught.value.finding or np.isnan(again.finding.value)
    assert (again.finding.name, again.finding.where) == ("non-finite", "layer 1")
    assert str(again) == str(caught.value)


@pytest.mark.parametrize("estimator", [RBM(), DBN(), DBNClassifier()])
def test_an_estimator_that_is_not_fitted(estimator):
    with pytest.raises(NotFittedError):
        diagnose(estimator, X)


def test_data_of_another_width(classifier):
    with pytest.raises(ValueError, match="63 features"):
        diagnose(classifier, X[:, 1:])
