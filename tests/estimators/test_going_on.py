"""Going on from what was learned before, with other settings: they count, or are refused in a sentence."""

import copy

import numpy as np
import pytest

from deepbelief import DBN, RBM, DataError, DBNClassifier, DBNRegressor, load, save
from deepbelief.estimators.recipes import ADAM_RATE
from estimators.tiny import X, Y, answers, made

CHANGES = {
    RBM: [("n_components", 9), ("visible", "gaussian"), ("hidden", "gaussian")],
    DBN: [("hidden_layer_sizes", (4, 2)), ("visible", "gaussian")],
    DBNClassifier: [("hidden_layer_sizes", (4, 2)), ("visible", "gaussian"), ("activation", "relu")],
    DBNRegressor: [("hidden_layer_sizes", (4, 2)), ("visible", "gaussian"), ("loss", "gaussian")],
}
KINDS = [RBM, DBN, DBNClassifier, DBNRegressor]
OPTIMIZERS = [{"optimizer": "adam"}, {"l1": 0.01}, {"group_l1": 0.01}, {"max_norm": 1.0}]
FINETUNE_OPTIMIZERS = [{"finetune_optimizer": "adam"}, {"finetune_max_norm": 1.0}, {"batch_normalization": True}]


@pytest.mark.parametrize("kind, name, value", [(kind, *change) for kind in CHANGES for change in CHANGES[kind]])
@pytest.mark.parametrize("how", ["fit", "partial_fit"])
def test_going_on_with_another_shape_is_refused_in_a_sentence(kind, name, value, how):
    estimator = made(kind, warm_start=True).fit(X, Y)
    estimator.set_params(**{name: value})
    says = rf"^{name}=.* does not fit the model, which was fitted with {name}=.*set it back"
    with pytest.raises(ValueError, match=says):
        getattr(estimator, how)(X, Y)


@pytest.mark.parametrize("kind", [RBM, DBN])
@pytest.mark.parametrize(
    "first, then", [("cd", "pcd"), ("pcd", "cd"), ("cd", "exact"), ("pcd", "tempered"), ("tempered", "pcd")]
)
@pytest.mark.parametrize("how", ["fit", "partial_fit"])
def test_another_gradient_goes_on(kind, first, then, how):
    estimator = made(kind, warm_start=True, gradient=first).fit(X)
    n_passes = len(estimator.history_)
    getattr(estimator.set_params(gradient=then), how)(X)
    assert len(estimator.history_) > n_passes
    assert np.isfinite(estimator.transform(X)).all()


@pytest.mark.parametrize(
    "kind, settings",
    [(kind, one) for kind in KINDS for one in (OPTIMIZERS if kind in (RBM, DBN) else FINETUNE_OPTIMIZERS)],
)
@pytest.mark.parametrize("how", ["fit", "partial_fit"])
def test_another_optimizer_goes_on(kind, settings, how):
    """There and back; its automatic rate is its own, also where the model comes from a file."""
    defaults = {name: made(kind).get_params()[name] for name in settings}
    for first, then in ((defaults, settings), (settings, defaults)):
        estimator = made(kind, warm_start=True, **first).fit(X, Y)
        n_passes = len(estimator.history_)
        getattr(estimator.set_params(**then), how)(X, Y)
        assert len(estimator.history_) > n_passes
        assert np.isfinite(getattr(estimator, "transform" if hasattr(estimator, "transform") else "predict")(X)).all()


def rate(estimator):
    return np.array(estimator.learning_rate_)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("is_from_a_file", [False, True])
def test_an_automatic_rate_is_that_of_the_optimizer(kind, is_from_a_file, tmp_path):
    name = "optimizer" if kind in (RBM, DBN) else "finetune_optimizer"
    estimator = made(kind, warm_start=True).fit(X, Y)
    first = rate(estimator)
    assert (first != ADAM_RATE).all()
    for optimizer in ("adam", "momentum"):
        if is_from_a_file:
            save(estimator, tmp_path / "model", overwrite=True)
            estimator = load(tmp_path / "model").set_params(warm_start=True)
        estimator.set_params(**{name: optimizer}).fit(X, Y)
        if optimizer == "adam":
            np.testing.assert_array_equal(rate(estimator), np.full_like(first, ADAM_RATE))
        else:  # of the same rows: what is given to the layers above has changed a little
            np.testing.assert_allclose(rate(estimator), first, rtol=0.5)


@pytest.mark.parametrize("kind", [RBM, DBN])
def test_momentum_goes_on_under_a_bound_that_was_added(kind):
    """A bound that no weight reaches changes nothing: not even the first steps are made from rest."""
    as_before, bounded = (made(kind, warm_start=True).fit(X) for _ in range(2))
    as_before.fit(X)
    bounded.set_params(max_norm=1e6).fit(X)
    np.testing.assert_allclose(bounded.transform(X), as_before.transform(X), rtol=1e-4)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("how", ["fit", "partial_fit"])
def test_another_device_goes_on(kind, how, torch):
    """From NumPy to torch and back."""
    estimator = made(kind, warm_start=True).fit(X, Y)
    for device in ("cpu", "numpy"):
        getattr(estimator.set_params(device=device), how)(X, Y)
    assert len(estimator.history_) > 3


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("devices", [("numpy", "cpu"), ("cpu", "numpy")], ids=" to ".join)
@pytest.mark.filterwarnings("ignore")
def test_another_device_answers(kind, devices, torch, tmp_path):
    """Every method, also before anything is learned there."""
    estimator = made(kind, device=devices[0]).fit(X, Y)
    before = answers(estimator, tmp_path)
    after = answers(estimator.set_params(device=devices[1]), tmp_path)
    for name in before.keys() - {"names", "diagnose", "save", "sample", "gibbs"}:
        np.testing.assert_allclose(after[name], before[name], rtol=1e-3, atol=1e-5, err_msg=name)
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
