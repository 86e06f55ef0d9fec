"""Several labels for each row, by sigmoid outputs as of MLPClassifier; and weights of rows at work in scikit-learn."""

import numpy as np
import pytest
import sklearn
from sklearn.calibration import CalibratedClassifierCV
from sklearn.datasets import make_multilabel_classification
from sklearn.ensemble import AdaBoostRegressor
from sklearn.metrics import balanced_accuracy_score
from sklearn.model_selection import GridSearchCV, cross_validate

from deepbelief import DBNClassifier, DBNRegressor, diagnose, load, save
from deepbelief.errors import DataError

X, Y = make_multilabel_classification(300, 8, n_classes=3, n_labels=2, random_state=0)
X = X / X.max()
pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


def small(kind=DBNClassifier, **settings):
    quick = {"pretrain_epochs": 3, "finetune_epochs": 30, "random_state": 0}
    return kind((10,), **{**quick, **settings})


def test_labels_are_predicted_each_for_itself(tmp_path):
    """Better than the most frequent answer to every label; what is predicted is what is more probable than not."""
    net = small().fit(X[:220], Y[:220])
    assert net.multilabel_
    np.testing.assert_array_equal(net.classes_, [0, 1, 2])
    p, predicted = net.predict_proba(X), net.predict(X)
    np.testing.assert_array_equal(predicted, p > 0.5)
    np.testing.assert_allclose(np.exp(net.predict_log_proba(X)), p, rtol=1e-5)
    right = (predicted[220:] == Y[220:]).mean(axis=0)
    shares = Y[:220].mean(axis=0)
    assert (right > np.maximum(shares, 1 - shares) - 0.02).all()
    assert right.mean() > 0.75
    assert net.score(X, Y) == (predicted == Y).all(axis=1).mean()
    assert net.history_[-1]["accuracy"] == pytest.approx(net.score(X[:220], Y[:220]), abs=0.1)
    save(net, tmp_path / "model")
    np.testing.assert_array_equal(load(tmp_path / "model").predict_proba(X), p)
    assert not [finding for finding in diagnose(net, X, Y) if finding.where == "the network"]


def test_a_label_that_does_not_depend_on_the_others_does_not_change_them():
    """Each label has a cross-entropy of its own: the top layer alone learns the same of one label beside any other."""
    alone = {"finetune_epochs": 0, "softmax_epochs": 5}
    one = small(**alone).fit(X, Y[:, :2])
    other = small(**alone).fit(X, np.column_stack([Y[:, 0], 1 - Y[:, 1]]))
    np.testing.assert_allclose(one.predict_proba(X)[:, 0], other.predict_proba(X)[:, 0], atol=1e-5)
    np.testing.assert_allclose(one.predict_proba(X)[:, 1], 1 - other.predict_proba(X)[:, 1], atol=1e-5)


def test_weights_early_stopping_and_going_on():
    times = np.arange(300) % 3
    one = small().fit(X, Y, sample_weight=times)
    np.testing.assert_array_equal(
        one.predict_proba(X), small().fit(np.repeat(X, times, axis=0), np.repeat(Y, times, axis=0)).predict_proba(X)
    )
    stopped = small(early_stopping=True, warm_start=True).fit(X, Y)
    assert "validation_accuracy" in stopped.history_[-1]
    stopped.fit(X, Y)
    with pytest.raises(DataError, match="fitted on several labels for each row"):
        stopped.fit(X, Y[:, 0])


@pytest.mark.parametrize(
    "settings, y, says",
    [
        ({}, np.where(np.arange(300)[:, None] == 7, 2, Y), "holds 2 at row 7, column 0; several labels of a row are 1"),
        ({}, Y[:-1], "X has 300 rows, but y has the shape"),
        ({"class_weight": "balanced"}, Y, "class_weight is for rows with one label each"),
        ({"semi_supervised": True}, Y, "semi_supervised is for rows with one label each"),
    ],
)
def test_what_several_labels_cannot_have_is_refused(settings, y, says):
    with pytest.raises(ValueError, match=says):
        small(**settings).fit(X, y)
    with pytest.raises(DataError, match="partial_fit learns one label"):
        small().partial_fit(X, Y)


def rare(n_rows=1000, seed=5):
    """Two classes, of which 7 % of the rows are the second one, and rows of each that nobody can tell apart."""
    rng = np.random.default_rng(seed)
    y = (rng.random(n_rows) < 0.07).astype(int)
    return rng.normal(0, 1, (n_rows, 4)) + 0.9 * y[:, None], y


@pytest.mark.parametrize("how", ["class_weight", "sample_weight"])
def test_seven_per_cent_of_a_class_are_heard(how):
    """Balanced accuracy rises by 0.05 at least, over 0.75; weights of rows do the same as weights of classes."""
    x, y = rare()
    held_x, held_y = rare(seed=6)
    plain = balanced_accuracy_score(held_y, small().fit(x, y).predict(held_x))
    weights = np.where(y == 1, 0.5 / y.mean(), 0.5 / (1 - y.mean()))
    if how == "class_weight":
        net = small(class_weight="balanced").fit(x, y)
    else:
        net = small().fit(x, y, sample_weight=weights)
    weighted = balanced_accuracy_score(held_y, net.predict(held_x))
    assert weighted > max(plain + 0.05, 0.75)


@pytest.fixture
def routing():
    with sklearn.config_context(enable_metadata_routing=True):
        yield


@pytest.mark.usefixtures("routing")
def test_weights_are_routed():
    """Through cross-validation and a grid search: what is fitted there is what is fitted with the same weights here."""
    x, y = rare(300)
    weights = np.where(y == 1, 9.5, 0.7)
    net = small(finetune_epochs=3).set_fit_request(sample_weight=True).set_score_request(sample_weight=True)
    found = cross_validate(
        net, x, y, cv=2, params={"sample_weight": weights}, return_estimator=True, return_indices=True
    )
    train = found["indices"]["train"][0]
    expected = small(finetune_epochs=3).fit(x[train], y[train], sample_weight=weights[train])
    np.testing.assert_array_equal(found["estimator"][0].predict_proba(x), expected.predict_proba(x))
    search = GridSearchCV(net, {"finetune_epochs": [1, 3]}, cv=2).fit(x, y, sample_weight=weights)
    again = small(**search.best_params_).fit(x, y, sample_weight=weights)
    np.testing.assert_array_equal(search.predict_proba(x), again.predict_proba(x))


def test_calibration_with_weights():
    """A sigmoid on top brings the probability of a rare class near its share; weights are heard there too."""
    x, y = rare(400)
    quick = {"finetune_epochs": 4, "class_weight": "balanced"}
    plain = small(**quick).fit(x, y).predict_proba(x)[:, 1].mean()
    calibrated = CalibratedClassifierCV(small(**quick), cv=2).fit(x, y).predict_proba(x)[:, 1].mean()
    assert abs(calibrated - y.mean()) < 0.03 < plain - y.mean()
    weights = np.where(y == 1, 6.0, 1.0)
    heavy = CalibratedClassifierCV(small(**quick), cv=2).fit(x, y, sample_weight=weights).predict_proba(x)[:, 1].mean()
    assert heavy > calibrated + 0.1


def test_boosting_of_numbers():
    rng = np.random.default_rng(8)
    x = rng.uniform(-1, 1, (150, 3))
    y = 3 * x[:, 0] + x[:, 1] ** 2 + rng.normal(0, 0.1, 150)
    boosted = AdaBoostRegressor(small(DBNRegressor), n_estimators=3, random_state=0).fit(x, y)
    assert boosted.score(x, y) > 0.8
