"""All visible unit types through the estimators: what they take, what they keep, and what they refuse."""

import itertools
import warnings

import numpy as np
import pandas as pd
import pytest
import scipy.sparse
from sklearn.datasets import load_digits
from sklearn.exceptions import ConvergenceWarning

from deepbelief import DBN, RBM, DBNClassifier, ModelError, diagnose, load, save
from deepbelief.core.units import UNITS, units_named
from deepbelief.errors import DataError
from deepbelief.estimators.settings import HIDDEN
from estimators.saved_models import assert_same

INK, LABELS = load_digits(return_X_y=True)
INK, LABELS = INK[:150, 18:30], LABELS[:150]
REAL = (INK - 5) / 6 + np.random.default_rng(0).normal(0, 0.3, INK.shape)
DATA = {
    "bernoulli": INK / 16,
    "gaussian": REAL,
    "gaussian-learned-variance": REAL,
    "spin": np.where(INK > 7, 1.0, -1.0),
    "binomial": INK,
    "poisson": INK,
    "relu": INK / 4,
    "categorical": INK // 6,
    "replicated-softmax": INK,
}
REFUSED = {"spin": 0.0, "binomial": 2.5, "poisson": -1.0, "relu": -0.5, "replicated-softmax": 1.5}
WORDS = {
    "spin": "−1 and 1",
    "binomial": "whole numbers from 0 to 16",
    "poisson": "whole numbers from 0 on",
    "relu": "numbers from 0 on",
    "replicated-softmax": "whole numbers from 0 on",
}
QUICK = {"pretrain_epochs": 2, "softmax_epochs": 1, "finetune_epochs": 2}

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")  # a few passes teach little


def small(kind, **settings):
    """Return one of the three estimators, tiny and quick."""
    if kind is RBM:
        return RBM(5, n_iter=2, random_state=0, **settings)
    if kind is DBN:
        return DBN((5, 4), n_iter=2, random_state=0, **settings)
    return DBNClassifier((5, 4), random_state=0, **QUICK, **settings)


every = pytest.mark.parametrize("kind", [RBM, DBN, DBNClassifier])
every_type = pytest.mark.parametrize("visible", DATA)


def test_every_type_of_the_package_has_data_here():
    assert DATA.keys() == UNITS.keys()


@every
@every_type
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_what_was_learned_comes_back_from_a_file(kind, visible, dtype, tmp_path):
    """Every attribute and every result, bit for bit."""
    X = DATA[visible].astype(dtype)
    fitted = small(kind, visible=visible).fit(X, LABELS)
    save(fitted, tmp_path / "model")
    assert_same(fitted, load(tmp_path / "model"), X)


@every
@every_type
def test_data_are_taken_as_they_are(kind, visible):
    fitted = small(kind, visible=visible).fit(DATA[visible], LABELS)
    assert fitted.visible_ == visible
    if visible == "gaussian-learned-variance":
        np.testing.assert_allclose(fitted.data_mean_, REAL.mean(axis=0), rtol=1e-6)
        assert np.all(fitted.data_scale_ == 1)
    elif visible != "categorical":  # whose codes are no numbers
        assert (fitted.data_min_, fitted.data_range_) == (0, 1)


@pytest.mark.parametrize(
    "visible", sorted(DATA.keys() - {"categorical"})
)  # whose codes become bits of single precision
@pytest.mark.parametrize("gradient", ["cd", "pcd"])
def test_torch_gives_the_results_of_numpy(visible, gradient, torch):
    """The same random numbers on both, and float64: all that differs is the order of summation."""
    here, there = (
        small(RBM, visible=visible, gradient=gradient, device=device).fit(DATA[visible]) for device in ("numpy", "cpu")
    )
    np.testing.assert_allclose(there.components_, here.components_, rtol=1e-7, atol=1e-9)
    np.testing.assert_allclose(there.score_samples(DATA[visible]), here.score_samples(DATA[visible]), rtol=1e-7)
    np.testing.assert_allclose(there.sample(10, 3), here.sample(10, 3), rtol=1e-6, atol=1e-6)


@every_type
def test_single_precision_draws_on_the_device(visible, torch):
    """What is drawn there are values of the units too, and the errors of both are within half of each other."""
    X = DATA[visible].astype(np.float32)
    here, there = (RBM(5, visible=visible, n_iter=20, random_state=0, device=d).fit(X) for d in ("numpy", "cpu"))
    there.transform(there.sample(20, 5))
    errors = [np.mean((rbm.reconstruct(X) - X) ** 2) for rbm in (here, there)]
    assert max(errors) < 1.5 * min(errors)


@every_type
def test_samples_and_chains_are_data_that_the_type_takes(visible):
    rbm = small(RBM, visible=visible).fit(DATA[visible])
    for drawn in (rbm.sample(20, 5), rbm.gibbs(DATA[visible][:20], 3)):
        rbm.transform(drawn)
        assert np.isfinite(drawn).all()
    means = rbm.inverse_transform(rbm.transform(DATA[visible]))
    low, high = (0, 2) if visible == "categorical" else UNITS[visible].fitted(200.0).bounds
    assert np.all((means >= low) & (means <= high))


@every_type
def test_a_net_learns_from_every_type(visible):
    """Ten kinds of digits, of which a pixel row and a half is seen: most of the training rows are told apart."""
    net = DBNClassifier((30, 20), visible=visible, pretrain_epochs=10, finetune_epochs=60, random_state=0)
    assert net.fit(DATA[visible], LABELS).score(DATA[visible], LABELS) > 0.6


@every_type
@pytest.mark.parametrize(
    "hidden", [*sorted(HIDDEN[0].options), "binomial(3)", "categorical(2)", "replicated-softmax(3)"]
)
@pytest.mark.parametrize("gradient", ["cd", "pcd"])
def test_every_pair_of_types_trains_or_is_refused(visible, hidden, gradient):
    """Finite numbers everywhere, and the ways up, down and through work; counts need bounds on the other side."""
    rbm = RBM(4, visible=visible, hidden=hidden, gradient=gradient, n_iter=3, learning_rate=1e-4, random_state=0)
    pairs = itertools.permutations([UNITS[visible].fitted(16.0), units_named(hidden)])
    if any(one.needs_bounded and not other.is_bounded for one, other in pairs):
        with pytest.raises(ValueError, match=r"^\w+ (visible|hidden) units have a distribution only where.*\.$"):
            rbm.fit(DATA[visible])
        assert not hasattr(rbm, "components_")
        return
    X = DATA[visible]
    rbm.fit(X)
    for side, units in (("visible", UNITS[visible]), ("hidden", units_named(hidden))):
        assert hasattr(rbm, f"log_precision_{side}_") == units.learns_scale
    for result in (rbm.transform(X), rbm.reconstruct(X), rbm.free_energy(X), rbm.score_samples(X), rbm.sample(3, 5)):
        assert np.isfinite(result).all()
    rbm.partial_fit(X)
    assert len(rbm.history_) == 4


@every_type
def test_scores_are_pseudo_likelihoods_where_all_values_can_be_listed(visible):
    """They then are sums of logarithms of probabilities; else the free energy's."""
    rbm = small(RBM, visible=visible).fit(DATA[visible])
    scores = rbm.score_samples(DATA[visible])
    if visible in ("bernoulli", "spin", "binomial", "categorical"):
        assert np.all(scores < 0)
        assert not np.allclose(scores, -rbm.free_energy(DATA[visible]))
    else:
        np.testing.assert_array_equal(scores, -rbm.free_energy(DATA[visible]))


@pytest.mark.parametrize("gradient", ["cd", "pcd"])
@pytest.mark.parametrize("mean", [0.0, 5.0, 1000.0])
@pytest.mark.parametrize("deviation", [0.0, 1e-3])
def test_learned_variances_bear_features_that_hardly_change(gradient, mean, deviation):
    """Half of all features lie at one place, anywhere; all others are learned, and nothing diverges."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(300, 10))
    X[:, 5:] = mean + deviation * rng.normal(size=(300, 5))
    X[:, 1:5] += 2 * X[:, :1]
    rbm = RBM(8, visible="gaussian-learned-variance", gradient=gradient, n_iter=60, random_state=0).fit(X)
    errors = np.mean((rbm.reconstruct(X) - X) ** 2, axis=0)
    assert np.all(errors[:5] < X[:, :5].var(axis=0))
    np.testing.assert_allclose(errors[5:], deviation**2, atol=1e-4)


@pytest.mark.parametrize("visible", ["bernoulli", "spin", "binomial", "categorical", "replicated-softmax"])
def test_hidden_counts_do_not_run_away(visible):
    """Whatever the range of the data: rates are exponentials, of which a step must not be too long anywhere."""
    rbm = RBM(20, visible=visible, hidden="poisson", n_iter=30, batch_size="auto", random_state=0).fit(DATA[visible])
    errors = [entry["reconstruction_error"] for entry in rbm.history_]
    assert errors[-1] < errors[0]


# --- data that units cannot be ----------------------------------------------------------------------------------------


def with_one_wrong(visible):
    X = DATA[visible].copy()
    X[23, 4] = REFUSED[visible]
    return X


def sentence(visible, column="4"):
    value = f"{REFUSED[visible]:g}"
    return (
        f"Input X holds {value} at row 23, column {column}, but {visible} units take {WORDS[visible]}; correct that "
        "number, or train with visible='auto', which takes any numbers."
    )


@every
@pytest.mark.parametrize("visible", REFUSED)
@pytest.mark.parametrize("container", [np.asarray, scipy.sparse.csr_array], ids=["dense", "sparse"])
def test_a_value_that_units_cannot_have_is_refused_in_fit(kind, visible, container):
    with pytest.raises(DataError) as error:
        small(kind, visible=visible).fit(container(with_one_wrong(visible)), LABELS)
    assert str(error.value) == sentence(visible)


@pytest.mark.parametrize("visible", REFUSED)
def test_a_value_that_units_cannot_have_is_refused_afterwards(visible):
    rbm, net = (small(kind, visible=visible).fit(DATA[visible], LABELS) for kind in (RBM, DBNClassifier))
    X = with_one_wrong(visible)
    ways = (rbm.transform, rbm.reconstruct, rbm.free_energy, rbm.score_samples, rbm.gibbs, rbm.partial_fit)
    for way in (*ways, net.predict, net.dbn_.transform):
        with pytest.raises(DataError) as error:
            way(X)
        assert str(error.value) == sentence(visible)


def test_columns_are_called_by_their_names():
    frame = pd.DataFrame(with_one_wrong("poisson"), columns=[f"gene {number}" for number in range(12)])
    with pytest.raises(DataError) as error:
        RBM(3, visible="poisson").fit(frame)
    assert str(error.value) == sentence("poisson", "'gene 4'")


def test_a_wrong_value_far_down_is_found(monkeypatch):
    """Rows are looked at in blocks, here of two."""
    monkeypatch.setattr("deepbelief.estimators.matrices._AT_ONCE", 25)
    with pytest.raises(DataError, match="at row 23, column 4"):
        RBM(3, visible="spin").fit(with_one_wrong("spin"))


def test_a_classifier_on_a_given_net_refuses_too():
    net = DBNClassifier.from_dbn(small(DBN, visible="poisson").fit(INK), **QUICK)
    with pytest.raises(DataError, match="poisson units take"):
        net.fit(with_one_wrong("poisson"), LABELS)


# --- binomial units count up to the largest value of the training data ------------------------------------------------


@every
def test_the_largest_value_is_learned_and_kept(kind, tmp_path):
    fitted = small(kind, visible="binomial").fit(INK, LABELS)
    assert fitted.data_max_ == 16.0
    save(fitted, tmp_path / "model")
    loaded = load(tmp_path / "model")
    assert loaded.data_max_ == 16.0
    look = loaded.predict if kind is DBNClassifier else loaded.transform
    look(np.minimum(INK, 3))
    X = INK.copy()
    X[5, 0] = 17
    with pytest.raises(DataError, match=r"holds 17 at row 5, column 0, but binomial units take .* from 0 to 16;"):
        look(X)


def test_other_types_have_no_largest_value():
    rbm = small(RBM, visible="binomial").fit(INK)
    assert not hasattr(rbm.set_params(visible="poisson").fit(INK), "data_max_")


def test_the_net_above_binomial_units_is_binary():
    dbn = small(DBN, visible="binomial").fit(INK)
    assert [rbm.visible_ for rbm in dbn.rbms_] == ["binomial", "bernoulli"]
    assert dbn.rbms_[0].data_max_ == 16.0
    assert not hasattr(dbn.rbms_[1], "data_max_")


@pytest.mark.parametrize("hidden", ["binomial", "categorical", "binomial(0)", "bernoulli(2)", "mixed", "binomial(2"])
def test_hidden_units_cannot_follow_the_data(hidden):
    """What must know a number is told it: ``binomial(16)``."""
    with pytest.raises(ValueError, match="The 'hidden' parameter of RBM must be a str among"):
        RBM(3, hidden=hidden).fit(INK)


def test_hidden_groups_need_whole_numbers_of_units():
    with pytest.raises(ValueError, match=r"come in groups of 4, and 10 units are no whole number of groups: take 8"):
        RBM(10, hidden="categorical(4)").fit(INK)


def test_a_file_without_the_largest_value_is_refused(tmp_path):
    rbm = small(RBM, visible="binomial").fit(INK)
    del rbm.data_max_
    with pytest.raises(ModelError, match="data_max_"):
        save(rbm, tmp_path / "model")


# --- diagnosis --------------------------------------------------------------------------------------------------------


def names(visible, X):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        rbm = RBM(4, visible=visible, n_iter=3, learning_rate=1e-6, random_state=0).fit(X)
    return {finding.name: finding for finding in diagnose(rbm, X)}


def test_counts_may_be_of_different_sizes_but_measurements_not():
    """A rate is an exponential: a rare word beside a frequent one is no fault of the scale."""
    rng = np.random.default_rng(0)
    X = rng.poisson(np.geomspace(0.2, 1e6, 8), (100, 8)).astype(float)
    assert "features-of-different-ranges" not in names("poisson", X)
    finding = names("relu", X)["features-of-different-ranges"]
    assert "divide every feature by its standard deviation" in finding.advice


@pytest.mark.parametrize("visible", ["spin", "binomial", "poisson", "relu"])
def test_data_beyond_zero_and_one_are_no_finding_of_these_types(visible):
    found = names(visible, DATA[visible])
    assert not found.keys() & {"inputs-outside-range", "inputs-in-narrow-range", "inverted-inputs"}
