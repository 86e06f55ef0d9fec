"""RBM: its public numbers are the formulas of the literature, applied to its public attributes."""

import pickle

import numpy as np
import pytest
from scipy.special import expit
from sklearn.base import clone
from sklearn.datasets import load_digits

from deepbelief import RBM
from deepbelief.core.rbm import Machine, Parameters
from oracles import enumeration
from oracles.monte_carlo import total_variation, total_variation_bound

DIGITS = (load_digits().data[:200] / 16).astype(np.float64)
PATTERNS = np.array([[1, 1, 0, 0], [0, 0, 1, 1], [1, 1, 1, 0], [0, 0, 0, 1], [1, 1, 0, 0]], dtype=float)


@pytest.fixture(scope="module")
def rbm():
    """A small machine at float64, as the type of its units is named."""
    return RBM(16, visible="bernoulli", n_iter=4, random_state=0).fit(DIGITS)


@pytest.fixture(scope="module")
def tiny():
    """A machine trained by the exact gradient and small enough to enumerate: 4 visible, 3 hidden units."""
    return RBM(3, gradient="exact", batch_size=5, n_iter=60, random_state=0).fit(PATTERNS)


def parameters(rbm):
    """Return the public attributes as the enumeration oracle wants them."""
    return Parameters(rbm.components_.T, {"bias": rbm.intercept_visible_}, {"bias": rbm.intercept_hidden_})


def free_energy(rbm, v):
    """Return −b·v − Σⱼ log(1 + exp(cⱼ + (v W)ⱼ)) (Hinton 2010, eq. 26)."""
    return -v @ rbm.intercept_visible_ - np.logaddexp(0, v @ rbm.components_.T + rbm.intercept_hidden_).sum(axis=1)


def test_shapes_of_the_attributes(rbm):
    """Names and shapes are BernoulliRBM's; `sample` has a hundred rows to start from."""
    assert rbm.components_.shape == (16, 64)
    assert rbm.intercept_hidden_.shape == (16,)
    assert rbm.intercept_visible_.shape == (64,)
    assert rbm.h_samples_.shape == (100, 16)
    assert set(np.unique(rbm.h_samples_)) <= {0, 1}
    assert rbm.n_features_in_ == 64


def test_transform(rbm):
    """E[h | v] = σ(v W + c)."""
    expected = expit(DIGITS @ rbm.components_.T + rbm.intercept_hidden_)
    np.testing.assert_allclose(rbm.transform(DIGITS), expected, rtol=1e-12)


def test_inverse_transform(rbm):
    """E[v | h] = σ(h Wᵀ + b)."""
    h = np.random.default_rng(0).random((5, 16))
    expected = expit(h @ rbm.components_ + rbm.intercept_visible_)
    np.testing.assert_allclose(rbm.inverse_transform(h), expected, rtol=1e-12)


def test_inverse_transform_refuses_another_width(rbm):
    """The sentence names both widths."""
    with pytest.raises(ValueError, match="H has 15 columns, but the hidden layer has 16 units"):
        rbm.inverse_transform(np.zeros((2, 15)))


def test_reconstruct(rbm):
    """Down after up; and its squared error is the one in the history."""
    np.testing.assert_allclose(rbm.reconstruct(DIGITS), rbm.inverse_transform(rbm.transform(DIGITS)), rtol=1e-12)
    error = np.mean((DIGITS - rbm.reconstruct(DIGITS)) ** 2)
    assert rbm.history_[-1]["reconstruction_error"] == pytest.approx(error, rel=1e-9)


def test_free_energy_is_the_sum_over_hidden_states(tiny):
    """F(v) = −log Σₕ exp(−E(v, h)), state by state."""
    expected = enumeration.free_energy(Machine(), parameters(tiny), PATTERNS)
    np.testing.assert_allclose(tiny.free_energy(PATTERNS), expected, rtol=1e-10)


def test_score_samples(rbm):
    """The mean over all features of the number that BernoulliRBM computes for one feature drawn at random."""
    v = DIGITS[:7]
    terms = []
    for i in range(64):
        flipped = v.copy()
        flipped[:, i] = 1 - flipped[:, i]
        terms.append(-64 * np.logaddexp(0, -(free_energy(rbm, flipped) - free_energy(rbm, v))))
    np.testing.assert_allclose(rbm.score_samples(v), np.mean(terms, axis=0), rtol=1e-9)


def test_score_samples_depends_on_the_row_alone(rbm):
    """The same each time, and the same whatever other rows are scored with it."""
    scores = rbm.score_samples(DIGITS)
    np.testing.assert_array_equal(rbm.score_samples(DIGITS), scores)
    np.testing.assert_allclose(rbm.score_samples(DIGITS[[50, 3]]), scores[[50, 3]], rtol=1e-12)


def test_score_samples_of_gaussian_units():
    """−F(v) = b·v − v²/2 + Σ softplus(c + v W), with unit variance."""
    X = np.random.default_rng(0).normal(size=(30, 4))
    rbm = RBM(3, visible="gaussian", n_iter=3, random_state=0).fit(X)
    np.testing.assert_allclose(rbm.score_samples(X), -free_energy(rbm, X) - (X**2).sum(axis=1) / 2, rtol=1e-10)


def test_gibbs_draws_new_numbers_on_each_call(rbm):
    """Successive calls differ; states are binary."""
    again = clone(rbm).fit(DIGITS)
    first, second = again.gibbs(DIGITS), again.gibbs(DIGITS)
    assert (first != second).any(axis=1).all()
    assert set(np.unique(first)) == {0, 1}


def test_gibbs_of_equal_estimators_agree():
    """Two estimators with one seed draw the same sequence, call by call."""
    one, other = (RBM(8, n_iter=1, random_state=3).fit(DIGITS) for _ in range(2))
    for _ in range(2):
        np.testing.assert_array_equal(one.gibbs(DIGITS, 2), other.gibbs(DIGITS, 2))
    np.testing.assert_array_equal(one.sample(4, 3), other.sample(4, 3))


def test_refitting_starts_the_chains_anew():
    """The same seed and data give the same estimator, whatever was done with it before."""
    rbm = RBM(8, n_iter=1, random_state=3).fit(DIGITS)
    first = rbm.gibbs(DIGITS)
    np.testing.assert_array_equal(rbm.fit(DIGITS).gibbs(DIGITS), first)


def test_clamped_features_stay(rbm):
    """Clamped features keep their values, grey ones too; the others move."""
    clamped = np.arange(64) < 32
    drawn = rbm.gibbs(DIGITS, 3, clamped=clamped)
    np.testing.assert_array_equal(drawn[:, clamped], DIGITS[:, clamped])
    assert set(np.unique(drawn[:, ~clamped])) == {0, 1}


def test_exact_training_raises_the_likelihood(tiny):
    """log p of the data, by enumeration, is above that of independent features: something was learned."""
    p = PATTERNS.mean(axis=0)
    independent = (PATTERNS * np.log(p) + (1 - PATTERNS) * np.log(1 - p)).sum(axis=1).mean()
    assert enumeration.mean_log_likelihood(Machine(), parameters(tiny), PATTERNS) > independent


def test_sample_approaches_the_machine_s_distribution(tiny):
    """Within the Monte-Carlo bound, plus what the chains still remember after 50 sweeps, which is computed."""
    machine, n_draws, n_steps = Machine(), 4000, 50
    exact = enumeration.joint(machine, parameters(tiny))
    p = exact.visible_probabilities
    _, h_given_v = enumeration.hidden_given_visible(machine, parameters(tiny), exact.v)
    _, v_given_h = enumeration.visible_given_hidden(machine, parameters(tiny), exact.h)
    after = np.linalg.matrix_power(h_given_v @ v_given_h, n_steps)
    memory = np.abs(after - p).sum(axis=1).max() / 2
    drawn = clone(tiny).fit(PATTERNS).sample(n_draws, n_steps)
    assert memory < 0.02
    assert total_variation(drawn, p) < memory + total_variation_bound(p, n_draws)


def test_sample_shape(rbm):
    """More samples than starting states are possible."""
    assert rbm.sample().shape == (1, 64)
    assert rbm.sample(25, 2).shape == (25, 64)


@pytest.mark.parametrize("gradient", ["cd", "pcd"])
def test_partial_fit_is_one_epoch_of_fit(gradient):
    """On the same rows, with the same seed: the same model, bit for bit."""
    settings = {"n_components": 8, "gradient": gradient, "random_state": 4}
    fitted = RBM(n_iter=1, **settings).fit(DIGITS)
    partial = RBM(**settings)
    assert partial.partial_fit(DIGITS) is partial
    np.testing.assert_array_equal(fitted.components_, partial.components_)
    three, step = RBM(n_iter=3, **settings).fit(DIGITS), partial.partial_fit(DIGITS).partial_fit(DIGITS)
    np.testing.assert_array_equal(three.components_, step.components_)
    assert three.history_[-1]["reconstruction_error"] == step.history_[-1]["reconstruction_error"]


def test_partial_fit_keeps_float32():
    """What the first data decided stays, though float64 comes later."""
    rbm = RBM(8, random_state=0).partial_fit(DIGITS.astype(np.float32)).partial_fit(DIGITS)
    assert rbm.components_.dtype == rbm.transform(DIGITS).dtype == np.float32


def test_warm_start_continues():
    """fit(2) + fit(3) numbers its epochs 1 to 5, and is fit(5)."""
    warm = RBM(8, n_iter=2, warm_start=True, random_state=0).fit(DIGITS)
    warm.set_params(n_iter=3).fit(DIGITS)
    assert [entry["epoch"] for entry in warm.history_] == [1, 2, 3, 4, 5]
    np.testing.assert_array_equal(warm.components_, RBM(8, n_iter=5, random_state=0).fit(DIGITS).components_)


def test_fit_starts_anew_without_warm_start():
    """A second fit forgets the first."""
    rbm = RBM(8, n_iter=2, random_state=0).fit(DIGITS)
    first = rbm.components_.copy()
    np.testing.assert_array_equal(rbm.fit(DIGITS).components_, first)
    assert len(rbm.history_) == 2


def test_fit_epochs_is_a_generator_that_may_be_left():
    """The estimator is up to date whenever it waits."""
    rbm = RBM(8, n_iter=5, random_state=0)
    epochs = rbm.fit_epochs(DIGITS)
    epoch = next(epochs)
    assert (epoch.phase, epoch.layer, epoch.epoch, epoch.n_epochs) == ("pretrain", 0, 1, 5)
    assert set(epoch.metrics) == {"reconstruction_error", "free_energy", "free_energy_spread", "update_ratio"}
    np.testing.assert_array_equal(rbm.components_, RBM(8, n_iter=1, random_state=0).fit(DIGITS).components_)
    assert len(list(epochs)) == 4


def test_pickle_is_bit_equal(rbm):
    """A pickled estimator gives the same numbers, and goes on in the same way."""
    one, other = clone(rbm).fit(DIGITS), pickle.loads(pickle.dumps(clone(rbm).fit(DIGITS)))
    np.testing.assert_array_equal(one.transform(DIGITS), other.transform(DIGITS))
    np.testing.assert_array_equal(one.gibbs(DIGITS), other.gibbs(DIGITS))
    np.testing.assert_array_equal(one.partial_fit(DIGITS).components_, other.partial_fit(DIGITS).components_)


def test_clone_is_unfitted_and_equal(rbm):
    """Settings go along, what was learned does not."""
    copy = clone(rbm)
    assert copy.get_params() == rbm.get_params()
    assert not hasattr(copy, "components_")
