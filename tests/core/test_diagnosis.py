"""Each rule about layers on machines made by hand, whose numbers can be computed in the head."""

from dataclasses import replace

import numpy as np
import pytest

from core.diagnosed import N_FEATURES, N_HIDDEN, X, copying, found, record
from deepbelief.core.diagnosis import Training, examine, failures, layers
from deepbelief.core.diagnosis.reconstructions import are_unrelated
from deepbelief.core.randomness import RandomStreams
from deepbelief.core.rbm import Machine, Parameters
from deepbelief.core.rows import Rows
from deepbelief.core.stack import Layer
from deepbelief.core.units import Gaussian


def with_hidden_bias(value: float, n_units: int) -> Parameters:
    parameters = copying()
    bias = parameters.hidden["bias"].copy()
    bias[:n_units] = value
    return replace(parameters, hidden={"bias": bias})


def test_a_machine_that_copies_its_input_is_healthy():
    assert found(copying()) == {}


@pytest.mark.parametrize("n_units, expected", [(2, False), (3, True)])
@pytest.mark.parametrize("bias, name", [(-40, "dead-hidden-units"), (40, "always-on-hidden-units")])
def test_units_that_are_stuck(bias, name, n_units, expected):
    """A tenth of the units may be lost; one more may not, and the evidence counts them."""
    findings = found(with_hidden_bias(bias, n_units))
    assert (name in findings) == expected
    if expected:
        assert findings[name].value == pytest.approx(n_units / N_HIDDEN)
        assert f"{n_units} of {N_HIDDEN} hidden units" in findings[name].evidence
        assert findings[name].where == "layer 1"


def test_saturated_units_switch_but_have_no_slope():
    """At gain 40 a unit is at σ(±20): p (1 − p) ≈ 2·10⁻⁹; at gain 6 it is at σ(±3): 0.045."""
    assert set(found(copying(40.0))) == {"saturated-hidden-units"}


def test_units_that_detect_what_is_rare_are_not_saturated():
    """On for one row in forty, hard as they switch there, or off for as few."""
    for rare in (1.0, 0.0):
        x = np.full((200, N_FEATURES), 1 - rare, np.float32)
        x[np.arange(100), np.arange(100) % N_FEATURES] = rare
        assert "saturated-hidden-units" not in found(copying(40.0), x)


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize("at_once", [1, 3, 20])
def test_duplicate_units_have_parallel_weights(sign, at_once, monkeypatch):
    """However few units are compared with all others at once."""
    monkeypatch.setattr(layers, "PAIRS_AT_ONCE", at_once * N_HIDDEN)
    parameters = copying()
    parameters.weights[:, :2] = parameters.weights[:, 2:4] * np.float32(sign * 0.5)  # 4 of 20 units in two pairs
    duplicates = found(parameters)["duplicate-hidden-units"]
    assert duplicates.value == pytest.approx(4 / N_HIDDEN)


def test_zero_weights_reconstruct_the_same_for_every_row():
    parameters = copying()
    still = replace(parameters, weights=parameters.weights * 0)
    findings = found(still)
    assert findings["identical-reconstructions"].value == pytest.approx(0, abs=1e-12)
    # σ(−3) for all features, of mean 1/2 and variance 1/4: (0.5 − 0.047)² + 1/4 over 1/4.
    expected = ((X - 1 / (1 + np.exp(3.0))) ** 2).mean() / X.var(axis=0).mean()
    assert findings["worse-than-mean-row"].value == pytest.approx(expected, rel=1e-4)


def test_the_mean_row_itself_is_not_worse_than_the_mean_row():
    p = X.mean(axis=0).astype(float)
    bias = np.log(p / (1 - p)).astype(np.float32)
    parameters = Parameters(np.full((N_FEATURES, N_HIDDEN), 1e-9, np.float32), {"bias": bias}, copying().hidden)
    findings = found(parameters)
    assert "identical-reconstructions" in findings
    assert not {"worse-than-mean-row", "noise-like-reconstructions"} & set(findings)


def random_weights(x: np.ndarray) -> Parameters:
    weights = RandomStreams(0).stream("weights").normal((x.shape[1], 10), x).astype(np.float32)
    return Parameters(weights, {"bias": np.zeros(x.shape[1], np.float32)}, {"bias": np.zeros(10, np.float32)})


@pytest.mark.parametrize(
    "mixing, unrelated",
    [(np.eye(6), True), (np.eye(6) + np.eye(6, k=1), False), (np.ones((6, 6)) + np.eye(6), False)],
)
def test_features_that_have_nothing_in_common(mixing, unrelated):
    """Longer training is not advised where no feature depends on another."""
    rows = np.random.default_rng(0).normal(size=(300, 6))
    assert are_unrelated(rows @ mixing) == unrelated
    assert not are_unrelated(rows[:6])  # as many features as rows: nobody can tell
    assert are_unrelated(np.column_stack([rows, np.ones(300)]))  # a constant depends on nothing
    x = (rows @ mixing > 0).astype(np.float32)
    still = Parameters(np.zeros((6, 4), np.float32), *({"bias": np.zeros(n, np.float32)} for n in (6, 4)))
    advice = found(still, x)["identical-reconstructions"].advice
    assert ("hardly correlated" in advice, "more passes" in advice) == (unrelated, not unrelated)


def test_random_weights_give_noise():
    """Reconstructions that resemble their inputs less than one row for all does."""
    bright = np.where(np.arange(40) < 20, 0.9, 0.1)
    x = (np.random.default_rng(1).random((300, 40)) < bright).astype(np.float32)
    noise = found(random_weights(x), x)["noise-like-reconstructions"]
    mean = x.mean(axis=0)
    assert noise.threshold == pytest.approx(np.median([np.corrcoef(row, mean)[0, 1] for row in x]), rel=1e-5)
    assert noise.value < noise.threshold


def test_a_copy_is_no_noise_whatever_is_wrong_with_it():
    """One feature is much wider than all others, so each row correlates with each by 1.00."""
    scale = np.where(np.arange(40) == 0, 1e4, 1.0).astype(np.float32)
    x = np.random.default_rng(1).normal(scale, 1.0, (300, 40)).astype(np.float32)
    machine, parameters = Machine(visible=Gaussian()), random_weights(x)
    parameters = replace(parameters, visible={"bias": x.mean(axis=0)})
    outputs = machine.reverse(parameters, machine.forward(parameters, x))
    assert np.median([np.corrcoef(a, b)[0, 1] for a, b in zip(x, outputs, strict=True)]) > 0.999
    findings = found(parameters, x, machine)
    assert "worse-than-mean-row" in findings
    assert "noise-like-reconstructions" not in findings


def test_no_rule_speaks_of_images():
    """Rows of a table are none."""
    parameters = random_weights(X)
    for finding in found(parameters).values():
        assert not {"image", "picture", "digit"} & set((finding.evidence + finding.advice).lower().split())


def test_large_weights():
    finding = found(copying(51.0))["exploding-weights"]
    assert (finding.value, finding.threshold) == (pytest.approx(51), 50)


def test_parameters_that_are_not_numbers_end_the_diagnosis_of_the_stack():
    broken = replace(copying(), hidden={"bias": np.full(N_HIDDEN, np.nan, np.float32)})
    layers = [Layer(Machine(), parameters) for parameters in (copying(), broken, copying())]
    (finding,) = examine(layers, Rows(X, np.float32))
    assert (finding.name, finding.where) == ("non-finite", "layer 2")


def test_a_fault_is_told_of_the_layer_that_has_it():
    layers = [Layer(Machine(), copying()), Layer(Machine(), with_hidden_bias(-40, N_HIDDEN))]
    assert {finding.where for finding in examine(layers, Rows(X, np.float32))} == {"layer 2"}


@pytest.mark.parametrize(
    "ratios, expected",
    [
        ([1e-3] * 3, set()),
        ([0.5] * 5, set()),  # large steps in the beginning are normal
        ([0.5] * 5 + [1e-3] * 3, set()),
        ([1e-3] * 5 + [0.2, 0.2, 1e-3], {"exploding-weights"}),
        ([1e-3] * 5 + [1e-3, 1e-6, 1e-6], {"weights-not-moving"}),
        ([1e-6] * 2, {"weights-not-moving"}),  # but steps next to nothing never are
    ],
)
def test_updates_beside_the_weights(ratios, expected):
    assert set(found(copying(), records=[record(update_ratio=ratio) for ratio in ratios])) == expected


@pytest.mark.parametrize(
    "gaps, expected",
    [([0.1, 0.9], False), ([0.1, 1.2], True), ([0.7, 1.2], False), ([3.0, 2.0], False), ([0.0, None], False)],
)
def test_a_free_energy_gap_that_widens(gaps, expected):
    """In standard deviations of the free energy; one that was there from the beginning is the data's."""
    records = [
        record(free_energy_gap=gap if gap is None else gap * 7, free_energy_spread=7.0, update_ratio=1e-3)
        for gap in gaps
    ]
    assert ("overfitting" in found(copying(), records=records)) == expected


def test_records_of_other_layers_and_phases_are_not_this_layers():
    others = [
        {"phase": "pretrain", "layer": 1, "update_ratio": 9.0},
        {"phase": "finetune", "layer": 0, "update_ratio": 9.0},
    ]
    assert found(copying(), records=others) == {}


def test_a_finding_reads_as_one_sentence():
    finding = found(copying(51.0))["exploding-weights"]
    assert str(finding) == f"layer 1: {finding.evidence}; training ran away{finding.advice[17:]} (exploding-weights)"
    assert finding.source


# --- real-valued hidden units -----------------------------------------------------------------------------------------

LINEAR = Machine(hidden=Gaussian())


def linear(gain: float = 1.0, n_dead: int = 0) -> Parameters:
    """A machine whose real-valued hidden units each see one visible unit; some see none."""
    weights = np.eye(N_FEATURES, dtype=np.float32) * np.float32(gain)
    weights[:, :n_dead] = 0
    bias = np.zeros(N_FEATURES, np.float32)
    return Parameters(weights, {"bias": bias - 0.5}, {"bias": bias})


def test_real_valued_units_are_never_saturated_or_on():
    """Means far beyond 1, where p (1 − p) would be negative, are nothing special."""
    parameters = linear(4.0)
    assert LINEAR.forward(parameters, X).max() == 4
    assert not {"saturated-hidden-units", "always-on-hidden-units", "dead-hidden-units"} & set(
        found(parameters, machine=LINEAR)
    )


@pytest.mark.parametrize("n_dead, expected", [(2, False), (3, True)])
def test_real_valued_units_are_dead_if_they_do_not_vary(n_dead, expected):
    findings = found(linear(n_dead=n_dead), machine=LINEAR)
    assert ("dead-hidden-units" in findings) == expected
    if expected:
        assert findings["dead-hidden-units"].value == pytest.approx(n_dead / N_HIDDEN)


def test_small_variation_is_variation():
    assert "dead-hidden-units" not in found(linear(1e-3), machine=LINEAR)


@pytest.mark.parametrize("precision, expected", [(1.0, True), (4.0, True), (100.0, False)])
def test_weights_are_measured_in_deviations_of_the_units(precision, expected):
    """A weight of 120 at precision γ moves its unit by 120/√γ standard deviations."""
    learned = Machine(visible=Gaussian(learn_variance=True))
    log_precision = np.full(N_FEATURES, np.log(precision), np.float32)
    parameters = replace(copying(120.0), visible={"bias": np.zeros(N_FEATURES), "log_precision": log_precision})
    assert ("exploding-weights" in found(parameters, machine=learned)) == expected


# --- a model that learned nothing at all ------------------------------------------------------------------------------


def failed(parameters: Parameters, *, ratio: float | None = 1e-3, machine: Machine | None = None) -> list[str]:
    records = [] if ratio is None else [record(update_ratio=ratio)]
    layer = Layer(machine or Machine(), parameters)
    return [finding.name for finding in failures([layer], Rows(X, np.float32), Training(records))]


def test_failures_are_the_worst_findings():
    assert failed(copying()) == []
    assert failed(copying(51.0)) == []  # large weights are a fault, but something was learned
    assert failed(copying(1001.0)) == ["exploding-weights"]
    assert failed(copying(), ratio=1e-6) == ["weights-not-moving"]
    assert failed(with_hidden_bias(-40, 10)) == []  # half of the units are left
    assert failed(with_hidden_bias(-40, 11)) == ["dead-hidden-units"]
    assert failed(with_hidden_bias(40, 11)) == ["always-on-hidden-units"]
    assert failed(replace(copying(), weights=copying().weights * 0)) == ["identical-reconstructions"]


@pytest.mark.parametrize("scale, expected", [(1.0, []), (3.0, ["worse-than-mean-row"])])
def test_a_machine_whose_reconstructions_are_far_off_has_failed(scale, expected):
    """Gaussian units that give back their input three times as large: an error of four times the variance."""
    weights, hidden = np.eye(N_FEATURES, 2), {"bias": np.zeros(2)}
    x = np.random.default_rng(0).normal(size=(100, N_FEATURES)) * np.array([1, 1, *[0.1] * (N_FEATURES - 2)])
    parameters = Parameters(weights * scale**0.5, {"bias": np.zeros(N_FEATURES)}, hidden)
    layer = Layer(Machine(Gaussian(), Gaussian()), parameters)
    training = Training([record(update_ratio=1e-3)])
    assert [finding.name for finding in failures([layer], Rows(x, np.float32), training)] == expected


def test_what_was_not_trained_has_not_failed():
    assert failed(with_hidden_bias(-40, N_HIDDEN), ratio=None) == []
