"""A fit is whole or has not happened: refused, diverged or left in the middle, it leaves the estimator as it was."""

import copy
import warnings

import numpy as np
import pytest
from sklearn.exceptions import NotFittedError

from deepbelief import DBN, RBM, DataError, DBNClassifier, DivergedError, ModelError, diagnose, save

RNG = np.random.default_rng(0)
X = RNG.random((60, 6)).astype(np.float32)
Y = np.arange(60) % 3
OTHERS = np.array(["a", "b", "c", "d", "e"])[np.arange(60) % 5]
ERRORS = (DataError, ModelError, DivergedError, NotFittedError, ValueError)


def made(kind, **settings):
    """Return a tiny estimator; its training has six passes in all."""
    if kind is RBM:
        return RBM(4, n_iter=6, random_state=0, **settings)
    if kind is DBN:
        return DBN((4, 3), n_iter=3, random_state=0, **settings)
    return DBNClassifier((4, 3), pretrain_epochs=1, softmax_epochs=2, finetune_epochs=2, random_state=0, **settings)


def answers(estimator, folder):
    """Return what every public method says: numbers, or that the estimator is not fitted. Nothing else may come."""
    n_units = 4 if isinstance(estimator, RBM) else 3
    calls = {
        "transform": lambda: estimator.transform(X),
        "inverse_transform": lambda: estimator.inverse_transform(np.full((2, n_units), 0.5)),
        "reconstruct": lambda: estimator.reconstruct(X),
        "free_energy": lambda: estimator.free_energy(X),
        "score_samples": lambda: estimator.score_samples(X),
        "sample": lambda: estimator.sample(3, 2).shape,
        "gibbs": lambda: estimator.gibbs(X, 2).shape,
        "predict": lambda: estimator.predict(X),
        "predict_proba": lambda: estimator.predict_proba(X),
        "score": lambda: estimator.score(X, OTHERS if "a" in getattr(estimator, "classes_", Y).tolist() else Y),
        "names": lambda: list(estimator.get_feature_names_out()),
        "diagnose": lambda: [finding.name for finding in diagnose(estimator, X)],
        "save": lambda: save(estimator, folder / "model", overwrite=True),
    }
    found = {}
    for name, call in calls.items():
        method = name if name not in ("names", "diagnose", "save") else "fit"
        if not hasattr(estimator, method) or (name == "names" and isinstance(estimator, DBNClassifier)):
            continue
        try:
            found[name] = call()
        except NotFittedError:
            found[name] = None
    return found


def assert_same(one, other):
    assert one.keys() == other.keys()
    for name in one:
        np.testing.assert_array_equal(one[name], other[name], err_msg=name)


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
        **{"pretrain_learning_rate" if isinstance(estimator, DBNClassifier) else "learning_rate": 1e30},
        visible="gaussian",
    )
    with pytest.raises(DivergedError):
        estimator.fit(X * 3, Y)


def left_before_the_first_pass(estimator):
    is_classifier = isinstance(estimator, DBNClassifier)
    interrupted(estimator.fit_epochs(X * 2, OTHERS) if is_classifier else estimator.fit_epochs(X * 2), 0)


def left_in_pretraining(estimator):
    is_classifier = isinstance(estimator, DBNClassifier)
    interrupted(estimator.fit_epochs(X * 2, OTHERS) if is_classifier else estimator.fit_epochs(X * 2), 1)


def refused_part(estimator):
    estimator.set_params(**{"n_components" if isinstance(estimator, RBM) else "hidden_layer_sizes": 7})
    with pytest.raises(ERRORS, match="does not fit the model"):
        estimator.partial_fit(X, Y)


ACCIDENTS = [
    (kind, accident, is_fitted)
    for kind in (RBM, DBN, DBNClassifier)
    for accident in (
        refused,
        diverged,
        left_before_the_first_pass,
        *([too_few_labels] if kind is DBNClassifier else []),
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
@pytest.mark.parametrize("kind", [RBM, DBN, DBNClassifier])
@pytest.mark.parametrize("is_fitted", [False, True], ids=["first", "again"])
def test_left_after_any_pass_every_method_answers_or_says_that_nothing_is_fitted(kind, is_fitted, tmp_path):
    """After pass k of other data: the old model, or one that is the new one as far as it came, and whole."""
    arguments = (1 - X, OTHERS) if kind is DBNClassifier else (1 - X,)
    whole = answers(made(kind).fit(1 - X, OTHERS), tmp_path)
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
            assert set(estimator.classes_) == set("abcde")
            assert len(estimator.history_) == n_made
            assert after["predict"] is not None
    assert whole.keys() == after.keys()


@pytest.mark.parametrize("kind", [RBM, DBN, DBNClassifier])
def test_the_last_pass_leaves_what_fit_leaves(kind, tmp_path):
    fitted, watched = made(kind).fit(X, Y), made(kind)
    for _ in watched.fit_epochs(X, Y) if kind is DBNClassifier else watched.fit_epochs(X):
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


CHANGES = {
    RBM: [("n_components", 9), ("visible", "gaussian"), ("hidden", "gaussian")],
    DBN: [("hidden_layer_sizes", (4, 2)), ("visible", "gaussian")],
    DBNClassifier: [("hidden_layer_sizes", (4, 2)), ("visible", "gaussian")],
}


@pytest.mark.parametrize("kind, name, value", [(kind, *change) for kind in CHANGES for change in CHANGES[kind]])
@pytest.mark.parametrize("how", ["fit", "partial_fit"])
def test_going_on_with_another_shape_is_refused_in_a_sentence(kind, name, value, how):
    estimator = made(kind, warm_start=True).fit(X, Y)
    estimator.set_params(**{name: value})
    says = rf"^{name}=.* does not fit the model, which was fitted with {name}=.*set it back"
    with pytest.raises(ValueError, match=says):
        getattr(estimator, how)(X, Y)


@pytest.mark.parametrize("kind", [RBM, DBN])
@pytest.mark.parametrize("first, then", [("cd", "pcd"), ("pcd", "cd"), ("cd", "exact")])
@pytest.mark.parametrize("how", ["fit", "partial_fit"])
def test_another_gradient_goes_on(kind, first, then, how):
    estimator = made(kind, warm_start=True, gradient=first).fit(X)
    n_passes = len(estimator.history_)
    getattr(estimator.set_params(gradient=then), how)(X)
    assert len(estimator.history_) > n_passes
    assert np.isfinite(estimator.transform(X)).all()


@pytest.mark.parametrize("kind", [RBM, DBN, DBNClassifier])
@pytest.mark.parametrize("how", ["fit", "partial_fit"])
def test_another_device_goes_on(kind, how, torch):
    """From NumPy to torch and back."""
    estimator = made(kind, warm_start=True).fit(X, Y)
    for device in ("cpu", "numpy"):
        getattr(estimator.set_params(device=device), how)(X, Y)
    assert len(estimator.history_) > 3


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


@pytest.mark.parametrize("kind", [RBM, DBN, DBNClassifier])
@pytest.mark.parametrize("devices", [("numpy", "cpu"), ("cpu", "numpy")], ids=" to ".join)
@pytest.mark.filterwarnings("ignore")
def test_another_device_answers(kind, devices, torch, tmp_path):
    """Every method, also before anything is learned there."""
    estimator = made(kind, device=devices[0]).fit(X, Y)
    before = answers(estimator, tmp_path)
    after = answers(estimator.set_params(device=devices[1]), tmp_path)
    for name in before.keys() - {"names", "diagnose", "save", "sample", "gibbs"}:
        np.testing.assert_allclose(after[name], before[name], rtol=1e-3, err_msg=name)
    assert [after.get(name) for name in ("sample", "gibbs")] == [before.get(name) for name in ("sample", "gibbs")]


@pytest.mark.parametrize("how", ["fit", "partial_fit"])
def test_a_rate_of_fine_tuning_that_changed_counts(how):
    """What "auto" stood for stays, as for an RBM; a number is taken."""
    classifier = made(DBNClassifier, warm_start=True).fit(X, Y)
    rate = classifier.learning_rate_
    getattr(classifier, how)(X, Y)
    assert classifier.learning_rate_ == rate
    before = classifier.coefs_[0]
    getattr(classifier.set_params(finetune_learning_rate=1e-6), how)(X, Y)
    assert classifier.learning_rate_ == 1e-6
    assert 0 < np.abs(classifier.coefs_[0] - before).max() < 1e-5


@pytest.mark.parametrize("how", ["fit", "partial_fit"])
def test_another_net_to_start_from_is_refused_when_going_on(how):
    """It would be ignored; so would what its owner makes of the one that was given."""
    net, other = (DBN((4, 3), n_iter=1, random_state=seed).fit(X) for seed in (0, 1))
    classifier = DBNClassifier.from_dbn(net, softmax_epochs=1, finetune_epochs=1, warm_start=True).fit(X, Y)
    getattr(classifier, how)(X, Y)
    refitted = copy.deepcopy(classifier)
    refitted.dbn.estimator.fit(1 - X)
    for changed in (copy.copy(classifier).set_params(dbn=other), refitted):
        with pytest.raises(ValueError, match=r"^dbn is not the net that the model was fitted with.*set dbn=None"):
            getattr(changed, how)(X, Y)
        getattr(changed.set_params(dbn=None), how)(X, Y)


def test_a_net_that_is_fitted_again_changes_no_classifier(tmp_path):
    net = DBN((4, 3), n_iter=1, random_state=0).fit(X)
    classifier = DBNClassifier.from_dbn(net, softmax_epochs=1, finetune_epochs=1).fit(X, Y)
    before = classifier.dbn_.transform(X)
    net.set_params(hidden_layer_sizes=(5,), visible="gaussian").fit(3 * X)
    np.testing.assert_array_equal(classifier.dbn_.transform(X), before)
    save(classifier, tmp_path / "model")


def test_other_classes_in_a_later_part_are_refused():
    """They would be ignored; the same ones may be given each time."""
    classifier = made(DBNClassifier).partial_fit(X, Y, classes=[0, 1, 2]).partial_fit(X, Y, classes=[2, 1, 0])
    with pytest.raises(
        DataError, match=r"^classes holds \[0, 1, 2, 3\], but the first call knew \[0, 1, 2\]; leave it"
    ):
        classifier.partial_fit(X, Y, classes=[0, 1, 2, 3])
