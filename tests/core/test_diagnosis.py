"""Each rule of the diagnosis on machines made by hand, whose numbers can be computed in the head."""

from dataclasses import replace

import numpy as np
import pytest

from deepbelief.core.diagnosis import Predictions, examine, layers
from deepbelief.core.randomness import RandomStreams
from deepbelief.core.rbm import Machine, Parameters
from deepbelief.core.rows import Rows
from deepbelief.core.stack import Layer
from deepbelief.core.units import Gaussian

N_FEATURES, N_HIDDEN = 20, 20
BINARY = Machine()
X = np.random.default_rng(0).integers(0, 2, (200, N_FEATURES)).astype(np.float32)


def copying(gain: float = 6.0) -> Parameters:
    """A machine whose hidden units each copy one visible unit, and back: σ(±gain/2) up, nearly the input down."""
    bias = np.full(N_FEATURES, -gain / 2, np.float32)
    return Parameters(np.eye(N_FEATURES, dtype=np.float32) * gain, {"bias": bias}, {"bias": bias.copy()})


def found(parameters: Parameters, x: np.ndarray = X, machine: Machine = BINARY, records=(), predictions=None):
    """Findings by name."""
    findings = examine([Layer(machine, parameters)], Rows(x, np.float32), records, predictions)
    return {finding.name: finding for finding in findings}


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
    assert findings["worse-than-mean-image"].value == pytest.approx(expected, rel=1e-4)


def test_the_mean_image_itself_is_not_worse_than_the_mean_image():
    p = X.mean(axis=0).astype(float)
    bias = np.log(p / (1 - p)).astype(np.float32)
    parameters = Parameters(np.full((N_FEATURES, N_HIDDEN), 1e-9, np.float32), {"bias": bias}, copying().hidden)
    findings = found(parameters)
    assert "identical-reconstructions" in findings
    assert not {"worse-than-mean-image", "noise-like-reconstructions"} & set(findings)


def test_random_weights_give_noise():
    """Reconstructions that resemble their inputs less than one picture for all does."""
    bright = np.where(np.arange(40) < 20, 0.9, 0.1)
    x = (np.random.default_rng(1).random((300, 40)) < bright).astype(np.float32)
    weights = RandomStreams(0).stream("weights").normal((40, 10), x).astype(np.float32)
    zeros = {"bias": np.zeros(40, np.float32)}, {"bias": np.zeros(10, np.float32)}
    noise = found(Parameters(weights, *zeros), x)["noise-like-reconstructions"]
    mean = x.mean(axis=0)
    assert noise.threshold == pytest.approx(np.median([np.corrcoef(row, mean)[0, 1] for row in x]), rel=1e-5)
    assert noise.value < noise.threshold


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
    "value, share, expected", [(1.005, 0.5, False), (3.0, 0.005, False), (3.0, 0.05, True), (-3.0, 0.05, True)]
)
def test_values_outside_the_range_of_binary_units(value, share, expected):
    """A few values a little outside are normal in new data."""
    x = X.copy()
    x.flat[: int(share * x.size)] = value
    findings = found(copying(), x)
    assert ("inputs-outside-range" in findings) == expected
    if expected:
        assert findings["inputs-outside-range"].value == pytest.approx(share)


@pytest.mark.parametrize("scale, expected", [(0.25, False), (16 / 255, True)])
def test_values_without_contrast(scale, expected):
    findings = found(copying(), X * np.float32(scale))
    assert ("inputs-in-narrow-range" in findings) == expected
    if expected:
        assert findings["inputs-in-narrow-range"].value == pytest.approx(scale)


def test_real_valued_units_have_no_range():
    machine = Machine(visible=Gaussian())
    bias = np.zeros(N_FEATURES, np.float32)
    parameters = Parameters(np.eye(N_FEATURES, dtype=np.float32), {"bias": bias}, {"bias": bias})
    x = np.random.default_rng(0).normal(size=(200, N_FEATURES)).astype(np.float32) * 3
    assert "inputs-outside-range" not in found(parameters, x, machine)


@pytest.mark.parametrize("n_constant, expected", [(10, False), (11, True)])
def test_features_that_never_change(n_constant, expected):
    x = X.copy()
    x[:, :n_constant] = 0
    assert ("constant-features" in found(copying(), x)) == expected


def test_every_row_is_looked_at_for_its_range():
    """One bad row of many would not be among the thousand that layers are judged by."""
    x = np.tile(X, (20, 1))
    x[1::2] *= 255
    assert found(copying(), x)["inputs-outside-range"].value == pytest.approx((x > 1).mean())


def record(**metrics: float) -> dict:
    return {"phase": "pretrain", "layer": 0, **metrics}


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
    "gaps, expected", [([0.1, 0.9], False), ([0.1, 1.1], True), ([3.0, 2.0], False), ([0.0, None], False)]
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


@pytest.mark.parametrize(
    "n_right, expected",
    [(50, True), (59, True), (61, False)],  # half, and two standard errors of it: 0.5 + 2 · 0.05 = 0.6
)
def test_accuracy_by_luck(n_right, expected):
    targets = np.arange(100) % 2
    predicted = np.where(np.arange(100) < n_right, targets, 1 - targets)
    findings = found(copying(), predictions=Predictions(targets, predicted))
    assert ("no-better-than-majority" in findings) == expected
    if expected:
        assert findings["no-better-than-majority"].threshold == pytest.approx(0.6)


def test_too_few_rows_to_tell_skill_from_luck():
    """Chance is 0.68 here; of 4 rows, not even 4 right ones would be two standard errors above it, of 40 they are."""
    targets, predicted = np.array([0, 0, 0, 1]), np.array([0, 0, 1, 0])
    few = found(copying(), predictions=Predictions(targets, predicted))
    assert "no-better-than-majority" not in few
    many = found(copying(), predictions=Predictions(np.tile(targets, 10), np.tile(predicted, 10)))
    assert "no-better-than-majority" in many


def test_rare_classes_told_apart_are_no_luck():
    """Nearly all rows are of one class; naming some of the others rightly is more than always naming that one."""
    targets = np.repeat([0, 1], [95, 5])
    one_wrong = np.where(np.arange(100) == 95, 0, targets)
    for predicted, expected in ((targets, False), (one_wrong, False), (targets * 0, True)):
        assert ("no-better-than-majority" in found(copying(), predictions=Predictions(targets, predicted))) == expected


def test_nothing_is_said_of_one_class_or_of_no_labels():
    nobody = np.zeros(0, int)
    assert found(copying(), predictions=Predictions(nobody, nobody)) == {}
    assert found(copying(), predictions=Predictions(np.zeros(9, int), np.zeros(9, int))) == {}


def test_a_finding_reads_as_one_sentence():
    finding = found(copying(51.0))["exploding-weights"]
    assert str(finding) == f"layer 1: {finding.evidence}; training ran away{finding.advice[17:]} (exploding-weights)"
    assert finding.source
