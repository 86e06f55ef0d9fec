"""An RBM as a distribution: machines from arrays, likelihoods, samples given values, holes filled."""

import warnings

import numpy as np
import pandas as pd
import pytest
import scipy.sparse
from sklearn.exceptions import ConvergenceWarning

from deepbelief import RBM, DataError, load, save
from deepbelief.core.rbm import Machine, Parameters
from deepbelief.core.units import UNITS, units_named
from oracles import enumeration
from oracles.machines import MACHINES, example
from oracles.monte_carlo import total_variation, total_variation_bound

FROM_ARRAYS = [name for name, units in UNITS.items() if not units.number]


def machine_of(rbm):
    return Machine(UNITS[rbm.visible_], UNITS[rbm.hidden_])


def made(visible="bernoulli", hidden="bernoulli", seed=0, shape=None):
    """An RBM from the arrays of an example of the oracles, and these."""
    machine = MACHINES[f"{visible.replace('-', '_')}-{hidden.replace('-', '_')}"]
    parameters = example(machine, seed, shape)
    rbm = RBM.from_parameters(
        parameters.weights.T, parameters.hidden["bias"], parameters.visible["bias"], visible=visible, hidden=hidden
    )
    for side, values in (("visible", parameters.visible), ("hidden", parameters.hidden)):
        if "log_precision" in values:
            setattr(rbm, f"log_precision_{side}_", values["log_precision"])
    return rbm, parameters


def large(weight=0.15, n=40, **types):
    """Forty units in either layer: too many to enumerate."""
    rng = np.random.default_rng(1)
    return RBM.from_parameters(weight * rng.normal(size=(n, n)), rng.normal(size=n), rng.normal(size=n), **types)


@pytest.mark.parametrize("visible", FROM_ARRAYS)
def test_a_machine_from_arrays_is_a_fitted_one(visible, tmp_path):
    rbm, parameters = made(visible)
    expected = enumeration.joint(machine_of(rbm), parameters)
    assert rbm.log_partition().value == pytest.approx(expected.log_z, abs=1e-9)
    X = enumeration.layer_states(machine_of(rbm).visible, rbm.n_features_in_).values[:7]
    X = X[machine_of(rbm).visible.takes(X).all(axis=1)]
    energies = enumeration.free_energy(machine_of(rbm), parameters, X)
    np.testing.assert_allclose(rbm.log_likelihood(X), -energies - expected.log_z, atol=1e-9)
    assert rbm.transform(X).shape == (len(X), len(rbm.components_))
    save(rbm, tmp_path / "model")
    np.testing.assert_array_equal(load(tmp_path / "model").log_likelihood(X), rbm.log_likelihood(X))
    np.testing.assert_array_equal(rbm.components_, parameters.weights.T)


@pytest.mark.parametrize(
    "visible, hidden",
    [
        ("binomial(3)", "bernoulli"),
        ("categorical(2)", "bernoulli"),
        ("replicated-softmax(3)", "bernoulli"),
        ("bernoulli", "binomial(2)"),
        ("spin", "categorical(3)"),
        ("binomial(2)", "categorical(2)"),
    ],
)
def test_a_type_that_needs_a_number_has_it_in_its_name(visible, hidden, tmp_path):
    """All states of the visible layer have the probabilities of enumeration, and a file keeps them."""
    rng = np.random.default_rng(3)
    weights, c, b = rng.normal(size=(6, 4)), rng.normal(size=6), rng.normal(size=4)
    rbm = RBM.from_parameters(weights, c, b, visible=visible, hidden=hidden)
    machine = Machine(units_named(visible), units_named(hidden))
    parameters = Parameters(weights.T, {"bias": b}, {"bias": c})
    table = enumeration.joint(machine, parameters)
    assert rbm.log_partition().value == pytest.approx(table.log_z, abs=1e-9)
    codes = table.v.reshape(-1, 2, 2).argmax(axis=2) if visible.startswith("categorical") else table.v
    np.testing.assert_allclose(np.exp(rbm.log_likelihood(codes)), table.visible_probabilities, atol=1e-9)
    assert rbm.sample(3, 20).shape == (3, codes.shape[1])
    save(rbm, tmp_path / "model")
    np.testing.assert_array_equal(load(tmp_path / "model").log_likelihood(codes), rbm.log_likelihood(codes))


def test_precisions_are_given():
    """Two Gaussian layers with variances of their own: the joint Gaussian has them, and Z in closed form."""
    rng = np.random.default_rng(0)
    weights, logs, more = 0.3 * rng.normal(size=(2, 3)), rng.normal(size=3), rng.normal(size=2)
    kind = "gaussian-learned-variance"
    rbm = RBM.from_parameters(
        weights, [0, 0], [0, 0, 0], visible=kind, hidden=kind, log_precision_visible=logs, log_precision_hidden=more
    )
    precision = np.block([[np.diag(np.exp(logs)), -weights.T], [-weights, np.diag(np.exp(more))]])
    assert rbm.log_partition().value == pytest.approx(np.log(np.sqrt((2 * np.pi) ** 5 / np.linalg.det(precision))))
    bent = RBM.from_parameters(weights, [0, 0], [0, 0, 0], hidden="relu", log_precision_hidden=more)
    np.testing.assert_array_equal(bent.log_precision_hidden_, more)


def test_a_machine_from_arrays_keeps_their_precision():
    single, double = (
        RBM.from_parameters(*(np.zeros(shape, dtype) for shape in ((3, 5), 3, 5))) for dtype in ("f4", "f8")
    )
    assert (single.components_.dtype, double.intercept_visible_.dtype) == (np.float32, np.float64)
    assert RBM.from_parameters([[1, 2]], [0], [0, 0]).components_.dtype == np.float64


@pytest.mark.parametrize("method", ["ais", "reverse-ais"])
@pytest.mark.parametrize("types", [{}, {"visible": "gaussian"}, {"hidden": "relu"}], ids=str)
def test_estimates_meet_the_exact_value(method, types):
    """Within 4 of their own standard errors, and these are a few hundredths of a nat."""
    rbm, _ = made(**types, seed=3)
    exact, estimate = rbm.log_partition("exact"), rbm.log_partition(method, n_chains=200)
    assert (exact.standard_error, exact.effective_sample_size, exact.method) == (0, np.inf, "exact")
    assert abs(estimate.value - exact.value) <= 4 * estimate.standard_error
    assert 0 < estimate.standard_error < 0.05
    assert (estimate.method, estimate.n_chains) == (method, 200)


def test_a_machine_too_large_to_enumerate_is_annealed_both_ways():
    rbm = large()
    up, down = rbm.log_partition(), rbm.log_partition("reverse-ais")
    assert up.method == "ais"
    assert abs(up.value - down.value) <= 4 * np.hypot(up.standard_error, down.standard_error)
    assert rbm.log_partition().value == up.value  # the same seed
    assert rbm.log_partition(random_state=1).value != up.value
    assert rbm.log_partition(n_temperatures=7).n_temperatures == 7
    with pytest.raises(ValueError, match="needs a layer of at most"):
        rbm.log_partition("exact")


def test_data_set_the_base_rates():
    """With the means of data, and chains on the way down that start there: other numbers, the same answer."""
    rbm = large()
    X = rbm.sample(200, 100)
    told, alone = rbm.log_partition(X=X), rbm.log_partition()
    assert told.value != alone.value
    assert abs(told.value - alone.value) <= 4 * np.hypot(told.standard_error, alone.standard_error)


def test_the_likelihood_follows_attributes_that_are_changed():
    rbm = large()
    X = np.eye(40)[:3]
    before = rbm.log_likelihood(X)
    np.testing.assert_array_equal(rbm.log_likelihood(X), before)
    np.testing.assert_allclose(before, -rbm.free_energy(X) - rbm.log_partition().value, rtol=1e-12)
    rbm.intercept_hidden_ = rbm.intercept_hidden_ + 1
    np.testing.assert_allclose(rbm.log_likelihood(X), -rbm.free_energy(X) - rbm.log_partition().value, rtol=1e-12)


def test_a_guess_is_called_one():
    rbm = RBM.from_parameters(np.full((30, 30), 0.5), np.zeros(30), np.zeros(30), visible="spin", hidden="spin")
    with pytest.warns(
        ConvergenceWarning, match="is no more than a guess: only .* chains count; take more temperatures"
    ):
        rbm.log_partition(n_chains=20, n_temperatures=3)


def test_samples_have_the_exact_distribution():
    """Total variation over all states within the bound; a hundred sweeps forget where the chains began."""
    rbm, parameters = made(seed=5)
    p = enumeration.joint(machine_of(rbm), parameters).visible_probabilities
    for method in ("gibbs", "tempered"):
        drawn = rbm.sample(20_000, 60, random_state=0, method=method)
        assert total_variation(drawn, p) <= total_variation_bound(p, 20_000)


def test_samples_given_values_have_the_conditional_distribution():
    rbm, parameters = made(seed=5)
    table = enumeration.joint(machine_of(rbm), parameters)
    given = np.array([[1.0, np.nan, 0.0, np.nan]])
    agrees = (table.v[:, 0] == 1) & (table.v[:, 2] == 0)
    p = np.where(agrees, table.visible_probabilities, 0) / table.visible_probabilities[agrees].sum()
    for method in ("gibbs", "tempered"):
        drawn = rbm.sample(20_000, 60, given=given, random_state=0, method=method)
        assert np.all((drawn[:, 0] == 1) & (drawn[:, 2] == 0))
        assert total_variation(drawn, p) <= total_variation_bound(p, 20_000)


def test_each_sample_may_be_given_other_values():
    rbm, _ = made()
    given = np.array([[1.0, np.nan, np.nan, np.nan], [np.nan, 0.0, 0.0, 0.0]])
    drawn = rbm.sample(2, given=given, random_state=3)
    known = ~np.isnan(given)
    np.testing.assert_array_equal(drawn[known], given[known])
    np.testing.assert_array_equal(rbm.sample(2, given=given, random_state=3), drawn)
    assert np.any(rbm.sample(40, random_state=3) != rbm.sample(40, random_state=4))


def test_values_that_are_given_are_as_they_were_at_the_scale_of_data():
    """Also where units see them standardised."""
    X = np.random.default_rng(0).normal([1000, -3, 0.1], [7, 0.01, 1], (200, 3))
    rbm = RBM(4, random_state=0).fit(X)
    given = np.where([[True, False, True]], X[:5], np.nan)
    drawn = rbm.sample(5, given=given)
    np.testing.assert_array_equal(drawn[:, [0, 2]], X[:5][:, [0, 2]])
    assert np.all(abs(drawn[:, 1] + 3) < 0.1)


def test_chains_that_stay_on_one_side_say_so():
    """Spins that are all up or all down; plain chains warn, however long; tempered ones do not, and see both."""
    weights = np.full((4, 12), 0.8)
    rbm = RBM.from_parameters(weights, np.zeros(4), np.zeros(12), visible="spin", hidden="spin")
    with pytest.warns(ConvergenceWarning, match="still depend on where their chains began.*method='tempered'"):
        rbm.sample(50, 500, random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("error", ConvergenceWarning)
        drawn = rbm.sample(50, 1500, random_state=0, method="tempered")
    assert 10 <= np.sum(drawn.mean(axis=1) > 0) <= 40  # 4 standard deviations


@pytest.mark.parametrize("visible", FROM_ARRAYS)
@pytest.mark.parametrize("method", ["gibbs", "tempered"])
def test_holes_are_filled_with_the_exact_conditional_mean(visible, method):
    """300 rows with the same hole: their mean within 6 standard errors of the enumerated one, and the spread too."""
    rbm, parameters = made(visible, seed=4)
    table = enumeration.joint(machine_of(rbm), parameters)
    states, p = table.v, table.visible_probabilities
    takes = machine_of(rbm).visible.takes
    known = next(row for row in states[len(states) // 2 :] if takes(row).all())
    given = np.all(states[:, 1:] == known[1:], axis=1)
    mean = p[given] @ states[given, 0] / p[given].sum()
    variance = p[given] @ (states[given, 0] - mean) ** 2 / p[given].sum()
    X = np.tile(known, (300, 1))
    X[:, 0] = np.nan
    completed, std = rbm.impute(X, n_steps=60, return_std=True, method=method)
    np.testing.assert_array_equal(completed[:, 1:], X[:, 1:])
    error = completed[:, 0].std() / np.sqrt(300)
    assert abs(completed[:, 0].mean() - mean) <= 6 * error + 1e-9
    spread = std[:, 0] ** 2 + completed[:, 0].var()
    assert spread.mean() == pytest.approx(variance, rel=0.1)
    assert np.all(std[:, 1:] == 0)


def test_several_chains_complete_a_row_in_several_ways():
    """Spins that are all up or all down: a chain stays on one side; 400 of them average to 0 within 6 deviations."""
    weights = np.full((4, 12), 0.8)
    rbm = RBM.from_parameters(weights, np.zeros(4), np.zeros(12), visible="spin", hidden="spin")
    rbm.h_samples_ = np.array([np.ones(4), -np.ones(4)])  # chains begin at the mean of both sides
    nothing_known = np.full((1, 12), np.nan)
    assert abs(rbm.impute(nothing_known, n_chains=1).mean()) > 0.9
    completed, std = rbm.impute(nothing_known, n_chains=400, return_std=True)
    assert abs(completed.mean()) < 6 / 400**0.5
    np.testing.assert_allclose(std**2 + completed**2, 1, atol=1e-6)  # of a spin, E[x²] = 1


def test_what_is_known_is_untouched():
    """Bit for bit, whatever its scale; complete rows too; the same seed gives the same numbers."""
    rng = np.random.default_rng(0)
    X = rng.normal([1000, -3, 0.1], [7, 0.01, 1], (60, 3))
    rbm = RBM(4, random_state=0).fit(X)
    holes = X.copy()
    holes[5, 1] = holes[9, 0] = holes[9, 2] = np.nan
    completed = rbm.impute(holes)
    known = ~np.isnan(holes)
    np.testing.assert_array_equal(completed[known], X[known])
    assert np.isfinite(completed).all()
    assert abs(completed[9, 0] - 1000) < 21  # three standard deviations
    np.testing.assert_array_equal(rbm.impute(holes), completed)
    np.testing.assert_array_equal(rbm.impute(X), X)
    assert np.isfinite(rbm.impute(np.full((2, 3), np.nan))).all()


def test_tables_are_completed_too():
    X = pd.DataFrame((np.random.default_rng(0).random((50, 3)) < 0.5).astype(float), columns=["a", "b", "c"])
    rbm = RBM(4, random_state=0, n_iter=2).fit(X)
    X.loc[3, "b"] = np.nan
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        completed = rbm.impute(X)
    assert 0 < completed[3, 1] < 1
    assert rbm.sample(2, 50, given=X.iloc[3:4]).shape == (2, 3)


NAN = float("nan")


@pytest.mark.parametrize(
    "call, says",
    [
        (lambda rbm: rbm.sample(1, given=[[0.0] * 4]), "given holds no NaN, so nothing is left to draw"),
        (lambda rbm: rbm.sample(1, given=[[NAN] * 3]), r"given must have 4 columns.*got shape \(1, 3\)"),
        (lambda rbm: rbm.sample(3, given=[[NAN] * 4] * 2), r"3 rows, one for each sample.*got shape \(2, 4\)"),
        (lambda rbm: rbm.sample(1, given=[[NAN, np.inf, 0, 0]]), "contains infinity at row 0, column 1"),
        (lambda rbm: rbm.sample(1, given=[[NAN, "a", "0", "0"]]), "holds 'a' at row 0, column 1, which is no number"),
        (lambda rbm: rbm.sample(method="hmc"), "method must be one of 'gibbs', 'tempered'; got 'hmc'"),
        (lambda rbm: rbm.impute([[NAN] * 3]), "X has 3 features, but RBM is expecting 4"),
        (lambda rbm: rbm.impute([[NAN] * 4], n_steps=0), "n_steps must be a whole number of at least 1"),
        (lambda rbm: rbm.impute([[NAN] * 4], n_chains=0), "n_chains must be a whole number of at least 1"),
        (lambda rbm: rbm.impute([[NAN] * 4], method="mcmc"), "method must be one of 'gibbs', 'tempered'"),
        (
            lambda rbm: rbm.log_partition("bar"),
            "method must be one of 'auto', 'exact', 'ais', 'reverse-ais'; got 'bar'",
        ),
        (lambda rbm: rbm.log_partition("ais", n_chains=1), "n_chains must be at least 2"),
        (lambda rbm: rbm.log_partition("ais", n_temperatures=0), "n_temperatures must be a whole number"),
    ],
)
def test_bad_calls_are_refused_in_a_sentence(call, says):
    rbm, _ = made()
    with pytest.raises(ValueError, match=says):
        call(rbm)


def test_values_that_units_cannot_have_are_refused_by_their_place():
    rbm, _ = made("spin")
    with pytest.raises(DataError, match=r"Input X holds 0\.5 at row 0, column 1, but spin units take −1 and 1"):
        rbm.sample(1, given=[[np.nan, 0.5, 1, 1]])
    with pytest.raises(DataError, match="Input X holds 2 at row 1, column 0"):
        rbm.impute([[1, 1, 1, np.nan], [2, 1, 1, 1]])


def test_a_machine_without_chains_says_so():
    rbm, _ = made()
    rbm.h_samples_ = rbm.h_samples_[:0]
    for call in (rbm.sample, lambda: rbm.impute([[np.nan, 0, 0, 0]]), lambda: rbm.log_partition("ais")):
        with pytest.raises(ValueError, match="has no chains to start from, h_samples_ is empty: fit it"):
            call()
    assert np.isfinite(rbm.log_partition().value)  # exact: it needs none


@pytest.mark.parametrize("hidden", ["gaussian", "relu"])
def test_a_machine_without_a_partition_function_says_so(hidden):
    with pytest.raises(ValueError, match=r"the machine has no distribution.*more weight decay"):
        RBM.from_parameters(np.full((3, 4), 3.0), np.zeros(3), np.zeros(4), visible="gaussian", hidden=hidden)
    rbm = RBM.from_parameters(np.full((3, 4), 0.1), np.zeros(3), np.zeros(4), visible="gaussian", hidden=hidden)
    rbm.components_ = np.full((3, 4), 30.0)
    for method in ("ais", "reverse-ais"):
        with pytest.raises(ValueError, match="the machine has no distribution"):
            rbm.log_partition(method, n_temperatures=300)


@pytest.mark.parametrize(
    "arrays, settings, says",
    [
        (([[1.0, np.nan]], [0], [0, 0]), {}, "components contains NaN"),
        (([[1.0, 2.0]], [0, 0], [0, 0]), {}, r"intercept_hidden must have the shape \(1,\).*got \(2,\)"),
        (([[1.0, 2.0]], [0], [0]), {}, r"intercept_visible must have the shape \(2,\).*got \(1,\)"),
        (([[1.0, 2.0]], [0], [0, 0]), {"visible": "auto"}, "visible='auto' does not say what the units are"),
        (([[1.0, 2.0]], [0], [0, 0]), {"visible": "binomial"}, "visible='binomial' does not say what the units are"),
        (([[1.0, 2.0]], [0], [0, 0]), {"hidden": "softmax"}, "hidden='softmax' does not say what the units are"),
        (([[1.0, 2.0]], [0], [0, 0]), {"visible": "binomial"}, r"or one of 'binomial\(n\)', .* with a number for n"),
        (([[1.0, 2.0]], [0], [0, 0]), {"visible": "categorical(3)"}, "groups of 3 units, and 2 units are no whole"),
        (([[1.0, 2.0]], [0], [0, 0]), {"hidden": "categorical(2)"}, "groups of 2 units, and 1 units are no whole"),
        (([[1.0, 2.0]], [0], [0, 0]), {"hidden": "replicated-softmax(2)"}, "documents are data, and no hidden units"),
        (
            ([[1.0, 2.0]], [0], [0, 0]),
            {"log_precision_visible": [0, 0]},
            "is a parameter of types",
        ),
        (
            ([[1.0, 2.0]], [0], [0, 0]),
            {"hidden": "relu", "log_precision_hidden": [0, 0]},
            r"log_precision_hidden must have the shape \(1,\)",
        ),
        (([[1.0, 2.0]], [0], [0, 0]), {"visible": "poisson", "hidden": "gaussian"}, "take hidden='bernoulli'"),
    ],
)
def test_bad_arrays_are_refused_in_a_sentence(arrays, settings, says):
    with pytest.raises(ValueError, match=says):
        RBM.from_parameters(*arrays, **settings)


def test_an_estimate_on_torch(torch):
    """The same chains as far as float32 goes; both within their errors."""
    rbm, _ = made(seed=3)
    exact = rbm.log_partition("exact").value
    rbm.set_params(device="cpu")
    for method in ("ais", "reverse-ais"):
        estimate = rbm.log_partition(method)
        assert abs(estimate.value - exact) <= 4 * estimate.standard_error
    given = np.array([[1.0, np.nan, 0.0, np.nan]])
    for sampler in ("gibbs", "tempered"):
        assert np.all(rbm.sample(50, given=given, method=sampler)[:, 0] == 1)
        assert np.isfinite(rbm.impute(given, method=sampler)).all()


def test_a_machine_from_arrays_begins_in_all_its_parts():
    """One half of the distribution is where all units are 0, the other where all are 1, and the biases alone say 0."""
    ones = np.ones((3, 10))
    rbm = RBM.from_parameters(3 * ones, np.full(3, -15.0), np.full(10, -4.5))
    exact = rbm.log_partition("exact").value
    assert rbm.h_samples_.mean() == pytest.approx(0.5, abs=0.2)  # four standard errors
    assert rbm.sample(400, n_steps=200, method="tempered", random_state=0).mean() == pytest.approx(0.5, abs=0.1)
    for method in ("ais", "reverse-ais"):
        estimate = rbm.log_partition(method)
        assert abs(estimate.value - exact) <= 4 * estimate.standard_error


def test_documents_may_be_sparse():
    documents = np.random.default_rng(0).multinomial(12, np.full(6, 1 / 6), size=20)
    rbm = RBM(3, n_iter=2, visible="replicated-softmax", random_state=0).fit(documents)
    expected = rbm.log_likelihood(documents)
    for container in (scipy.sparse.csr_matrix, scipy.sparse.csr_array, np.ndarray.tolist):
        np.testing.assert_array_equal(rbm.log_likelihood(container(documents)), expected)
    with pytest.raises(ValueError, match="give documents of that length"):
        rbm.log_likelihood(scipy.sparse.csr_array(documents * 2))
    with pytest.raises(ValueError, match="Expected 2D array"):
        rbm.log_likelihood([1, 2, 3])


@pytest.mark.parametrize("values", [[[-1], [1]], [[0], [2]]])
def test_values_that_are_no_probabilities_are_told(values):
    """A machine of bits knows no −1 and no 2: what it says of them is no probability."""
    rbm = RBM.from_parameters([[1.0]], [0.0], [0.0])
    with pytest.warns(UserWarning, match="the model was fitted on values from 0 to 1; scale both the same way"):
        rbm.log_likelihood(values)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        rbm.log_likelihood([[0], [1], [0.3]])


def test_a_partition_function_that_is_no_number_is_refused():
    rbm = RBM.from_parameters([[5.0]], [0.0], [0.0], visible="poisson")
    rbm.intercept_visible_ = np.array([1000.0])
    with pytest.raises(ValueError, match="log Z is larger than a number can be"):
        rbm.log_partition()
