"""A fit is whole or has not happened: refused, diverged or left in the middle, it leaves the estimator as it was."""

import warnings

import numpy as np
import pytest
from sklearn.exceptions import NotFittedError

from deepbelief import DBN, RBM, DataError, DBNClassifier, DBNRegressor, DivergedError, ModelError, diagnose
from estimators.tiny import OTHERS, X, Y, answers, made

KINDS = [RBM, DBN, DBNClassifier, DBNRegressor]
NETWORKS = DBNClassifier, DBNRegressor
ERRORS = (DataError, ModelError, DivergedError, NotFittedError, ValueError)


def assert_same(one, other):
    assert one.keys() == other.keys()
    for name in one:
        np.testing.assert_array_equal(one[name], other[name], err_msg=name)


def others(kind):
    """Return other data to learn from."""
    if kind is DBNClassifier:
        return 1 - X, OTHERS
    return (1 - X, 100.0 - Y) if kind is DBNRegressor else (1 - X,)


def interrupted(epochs, n_passes):
    """Go through some passes and leave."""
    for _ in range(n_passes):
        next(epochs)
    epochs.close()


def refused(estimator):
    with pytest.raises(ERRORS):
        estimator.fit(X * np.nan, Y)


def too_few_labels(estimator):
    with pytest.raises(ERRORS):
        estimator.fit(X * 255, Y[:-1])


def diverged(estimator):
    estimator.set_params(
        **{"pretrain_learning_rate" if isinstance(estimator, NETWORKS) else "learning_rate": 1e30},
        visible="gaussian",
    )
    with pytest.raises(DivergedError):
        estimator.fit(X * 3, Y)


def left_before_the_first_pass(estimator):
    interrupted(estimator.fit_epochs(*others(type(estimator))), 0)


def left_in_pretraining(estimator):
    interrupted(estimator.fit_epochs(*others(type(estimator))), 1)


def refused_part(estimator):
    estimator.set_params(**{"n_components" if isinstance(estimator, RBM) else "hidden_layer_sizes": 7})
    with pytest.raises(ERRORS, match="does not fit the model"):
        estimator.partial_fit(X, Y)


ACCIDENTS = [
    (kind, accident, is_fitted)
    for kind in KINDS
    for accident in (
        refused,
        diverged,
        left_before_the_first_pass,
        *([too_few_labels] if kind in NETWORKS else []),
        *([left_in_pretraining] if kind is not RBM else []),  # an RBM is up to date after each pass
        refused_part,
    )
    for is_fitted in (False, True)
    if is_fitted or accident is not refused_part  # a first part may have any size
]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("kind, accident, is_fitted", ACCIDENTS)
def test_an_accident_leaves_the_estimator_as_it_was(kind, accident, is_fitted, tmp_path):
    estimator = made(kind)
    if is_fitted:
        estimator.fit(X, Y)
    before = answers(estimator, tmp_path)
    assert all((value is None) != is_fitted for name, value in before.items() if name != "save")
    learned = {name: value for name, value in vars(estimator).items() if name.endswith("_")}
    accident(estimator)
    assert_same(answers(estimator, tmp_path), before)
    now = {name: value for name, value in vars(estimator).items() if name.endswith("_")}
    assert now.keys() - {"_sampling_"} == learned.keys() - {"_sampling_"}
    assert all(now[name] is learned[name] for name in learned)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("is_fitted", [False, True], ids=["first", "again"])
def test_left_after_any_pass_every_method_answers_or_says_that_nothing_is_fitted(kind, is_fitted, tmp_path):
    """After pass k of other data: the old model, or one that is the new one as far as it came, and whole."""
    arguments = others(kind)
    whole = answers(made(kind).fit(*arguments), tmp_path)
    n_passes = len(list(made(kind).fit_epochs(*arguments)))
    for n_made in range(1, n_passes + 1):
        estimator = made(kind)
        if is_fitted:
            estimator.fit(X, Y)
        before = answers(estimator, tmp_path)
        interrupted(estimator.fit_epochs(*arguments), n_made)
        after = answers(estimator, tmp_path)
        if kind is RBM:
            assert len(estimator.history_) == n_made
            assert after["transform"] is not None
        elif kind is DBN or n_made <= 2:
            assert_same(after, before)
        else:
            assert kind is DBNRegressor or set(estimator.classes_) == set("abcde")
            assert len(estimator.history_) == n_made
            assert after["predict"] is not None
    assert whole.keys() == after.keys()


@pytest.mark.parametrize("kind", KINDS)
def test_the_last_pass_leaves_what_fit_leaves(kind, tmp_path):
    fitted, watched = made(kind).fit(X, Y), made(kind)
    for _ in watched.fit_epochs(X, Y) if kind in NETWORKS else watched.fit_epochs(X):
        pass
    assert_same(answers(watched, tmp_path), answers(fitted, tmp_path))


def test_an_rbm_stopped_early_can_be_sampled_from_and_diagnosed():
    """What stopping early is documented for."""
    rbm = RBM(4, n_iter=50, random_state=0)
    next(rbm.fit_epochs(X))
    assert rbm.sample(5).shape == (5, 6)
    assert len(rbm.history_) == 1
    diagnose(rbm, X)


def test_a_refit_that_is_stopped_has_nothing_of_the_old_data():
    """Chains of the old shape, and the old history, are gone with the old weights."""
    rbm = RBM(4, n_iter=5, gradient="pcd", batch_size=10, random_state=0).fit(X)
    rbm.set_params(n_components=7)
    next(rbm.fit_epochs(X[:, :5]))
    assert rbm.components_.shape == (7, 5)
    assert rbm.h_samples_.shape == (10, 7)
    assert rbm.sample(2).shape == (2, 5)
    assert len(rbm.history_) == 1


@pytest.mark.parametrize(
    "call, says",
    [
        (lambda rbm: rbm.sample(0), "n_samples must be a whole number of at least 1; got 0"),
        (lambda rbm: rbm.sample(2.5), "n_samples must be a whole number of at least 1; got 2.5"),
        (lambda rbm: rbm.sample(2, -1), "n_steps must be a whole number of at least 1; got -1"),
        (lambda rbm: rbm.gibbs(X, 0), "n_steps must be a whole number of at least 1; got 0"),
        (lambda rbm: rbm.gibbs(X, clamped=[True]), r"clamped must hold 6 values True or False.*shape \(1,\)"),
        (lambda rbm: rbm.gibbs(X, clamped=np.arange(6)), "clamped must hold 6 values True or False.*int64"),
    ],
)
def test_counts_and_clamps_that_make_no_sense(call, says):
    with pytest.raises(ValueError, match=says):
        call(made(RBM).fit(X))


def test_samples_start_from_rows_drawn_at_random():
    """Ten rows of zeros first, two hundred of ones after: hardly any chain starts at zeros."""
    rows = np.vstack([np.zeros((10, 5)), np.ones((200, 5))])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        rbm = RBM(3, n_iter=200, batch_size=21, random_state=0).fit(rows)
    assert len(rbm.h_samples_) == 100
    assert rbm.sample(100, 1).mean() > 0.8
