"""Rules about the network of float32: its answers, and how fine-tuning went."""

import numpy as np
import pytest

from core.diagnosed import copying, found, record
from deepbelief.core.diagnosis import Estimates, Predictions
from deepbelief.core.diagnosis.network import _luck


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
    """Of answers at random, as frequent as the labels, 4 of 4 may well be right, but not 40 of 40."""
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


def imbalanced(right: int, wrong: int, n_positive: int = 70, n_rows: int = 1000) -> Predictions:
    """7 % of the rows are positive; the network finds some of them, and takes some others for positive."""
    targets, predicted = np.zeros(n_rows, int), np.zeros(n_rows, int)
    targets[:n_positive] = 1
    predicted[:right] = 1
    predicted[n_positive : n_positive + wrong] = 1
    return Predictions(targets, predicted)


@pytest.mark.parametrize(
    "right, wrong, expected",
    [
        (0, 0, True),  # all rows are named as the most frequent class is
        (0, 5, True),
        (4, 1, True),  # nearly all; more than luck would give, but of no use
        (40, 10, False),
        (40, 100, False),  # less often right than naming the most frequent class, but most of the rare ones are found
        (70, 0, False),
    ],
)
def test_a_rare_class_is_to_be_found(right, wrong, expected):
    finding = found(copying(), predictions=imbalanced(right, wrong)).get("no-better-than-majority")
    assert (finding is not None) == expected
    if finding:
        assert finding.value == pytest.approx((930 - wrong + right) / 1000)
        assert f"{(right / 70 + (930 - wrong) / 930) / 2:.3f} as the mean over the classes" in finding.evidence


def test_luck_is_that_of_answers_dealt_out_at_random():
    """Mean and standard deviation beside those of ten thousand shuffles: a standard error of 0.7 % of the latter."""
    generator = np.random.default_rng(0)
    targets, predicted = np.repeat([0, 1, 2], [50, 30, 8]), np.repeat([0, 1, 2], [20, 40, 28])
    dealt = generator.permuted(np.tile(predicted, (10_000, 1)), axis=1)
    recalls = [(dealt[:, targets == one] == one).mean(axis=1) for one in range(3)]
    balanced = np.mean(recalls, axis=0)
    answered, counts = np.bincount(predicted) / 88, np.bincount(targets)
    assert _luck(answered, counts) == pytest.approx(1 / 3 + 2 * balanced.std(), abs=2 * 0.03 * balanced.std())
    assert balanced.mean() == pytest.approx(1 / 3, abs=4 * balanced.std() / 100)


@pytest.mark.parametrize(
    "records, words",
    [
        ([{"accuracy": 0.99, "update_ratio": 1e-3}], "same order; if they are, use more labelled rows"),
        ([{"accuracy": 0.52, "update_ratio": 0.5}], "lower fine-tuning rate"),
        ([{"accuracy": 0.52, "update_ratio": 1e-6}], "higher fine-tuning rate"),
        ([{"accuracy": 0.52, "update_ratio": 1e-3}], "more passes"),
        (
            [{"accuracy": 0.68, "update_ratio": 0.5}],
            "what it learned of them is not true of these",
        ),  # whatever the size of the steps
        ([{"loss": 0.9 - 0.02 * i} for i in range(40)], "more passes"),
        ([{"loss": 0.69}] * 40, "its loss no longer falls, so training it longer will not help"),
        ([{"loss": 0.69}] * 10, "more passes"),  # too few to tell
        ([], "more passes"),
    ],
)
def test_the_advice_follows_what_fine_tuning_measured(records, words):
    targets = np.arange(100) % 2
    predictions = Predictions(targets, np.roll(targets, 50) * 0)
    records = [record("finetune", **metrics) for metrics in records]
    assert words in found(copying(), records=records, predictions=predictions)["no-better-than-majority"].advice


@pytest.mark.parametrize("n_rare, n_named, words", [(20, 0, "all classes count the same"), (20, 30, "more passes")])
def test_a_rare_class_that_is_never_named(n_rare, n_named, words):
    """Among 100 rows, 20 or none of the rare class; answers name it for as many rows, all of them wrong."""
    targets = (np.arange(100) < n_rare).astype(int)
    predicted = ((np.arange(100) >= 20) & (np.arange(100) < 20 + n_named)).astype(int)
    finding = found(copying(), predictions=Predictions(targets, predicted))["no-better-than-majority"]
    assert words in finding.advice


def test_a_limit_of_accuracy_is_no_more_than_one():
    predictions = Predictions((np.arange(40) < 3).astype(int), np.zeros(40, int))
    assert found(copying(), predictions=predictions)["no-better-than-majority"].threshold == 1.0


def outlying(n_rows=100, n_far=1, scale=1.0):
    """Targets of which some are far from all others; `scale` is that of the others."""
    targets = scale * np.random.default_rng(0).normal(size=(n_rows, 1))
    targets[:n_far] += 1e3
    return targets


@pytest.mark.parametrize(
    "targets, is_told",
    [
        (outlying(n_far=1), True),
        (outlying(n_far=0), False),
        (outlying(n_far=10), False),  # so many are a part of the distribution
        (outlying(n_far=0, scale=1e-3), True),  # those learned from varied a thousand times as much
        (outlying(n_rows=10, n_far=1), False),  # of so few rows, one may be far off
        (outlying(n_rows=5, n_far=0, scale=1e-3), False),  # and so few may vary little by luck
    ],
)
def test_outliers_among_targets_are_named(targets, is_told):
    finding = found(copying(), predictions=Estimates(targets, targets * 0 + 5))["no-better-than-mean"]
    assert ("let outliers count less" in finding.advice) == is_told


def test_the_absolute_error_is_judged_where_it_was_to_be_small():
    """Right but for one outlier: the squared error is that of the mean, the absolute error a small part."""
    targets = outlying()
    predicted = np.where(targets > 100, 0.0, targets)
    assert "no-better-than-mean" in found(copying(), predictions=Estimates(targets, predicted))
    assert "no-better-than-mean" not in found(copying(), predictions=Estimates(targets, predicted, is_absolute=True))
    lost = found(copying(), predictions=Estimates(targets, targets * 0 + 9, is_absolute=True))["no-better-than-mean"]
    errors, spread = abs(targets - 9).mean(), abs(targets - np.median(targets)).mean()
    assert lost.value == pytest.approx(errors / spread)


@pytest.mark.parametrize(
    "losses, expected",
    [
        ([0.30, 0.20, 0.31], True),
        ([0.30, 0.20, 0.29], False),  # less than one and a half times what it was at its best
        ([0.30, 0.25, 0.24], False),  # ten times the training loss, but it still falls
        ([0.10, 0.05, 0.09], False),  # risen, but not far from the training loss
        ([0.30, 0.20, None], False),  # not measured in the end: the last number counts
    ],
)
def test_a_network_that_knows_its_rows_by_heart(losses, expected):
    records = [record("finetune", loss=0.01, validation_loss=loss) for loss in losses]
    findings = found(copying(), records=records)
    assert ("overfitting" in findings) == expected
    if expected:
        assert findings["overfitting"].where == "the network"
        assert findings["overfitting"].value == pytest.approx(0.31 / 0.20)


@pytest.mark.parametrize("last, expected", [(0.34, True), (0.32, False)])
def test_a_network_that_learned_the_noise_of_numbers(last, expected):
    """Much of their error is noise, so a rise by a tenth is enough; the advice names more weight decay."""
    targets = np.linspace(-1, 1, 50)[:, None]
    numbers = {"loss": 0.01, "squared_error": 0.02}
    records = [record("finetune", **numbers, validation_loss=loss) for loss in (0.35, 0.30, last)]
    for known in (Estimates(targets, targets), None):  # also if nobody says what the targets are
        findings = found(copying(), records=records, predictions=known)
        assert ("overfitting" in findings) == expected
        if expected:
            assert findings["overfitting"].threshold == 1.1
            assert "finetune_weight_decay=0.005" in findings["overfitting"].advice


def test_several_labels_are_judged_as_classes():
    """Their answers are an array of probabilities, as numbers are, but they are measured by their accuracy."""
    bits = (np.arange(50) % 2)[:, None].astype(float)
    records = [record("finetune", loss=0.01, accuracy=1.0, validation_loss=loss) for loss in (0.35, 0.30, 0.34)]
    assert "overfitting" not in found(copying(), records=records, predictions=Estimates(bits, bits))


@pytest.mark.parametrize("held_out", [(-1.0, -1.088, -1.075), (0.2, -0.1, 0.3)])
def test_losses_below_zero_have_no_ratio(held_out):
    """Minus the logarithm of a density, which ``loss="gaussian"`` makes small, may be anything."""
    records = [record("finetune", loss=-1.1, squared_error=0.1, validation_loss=loss) for loss in held_out]
    assert "overfitting" not in found(copying(), records=records)


def test_the_softmax_layer_alone_is_no_network_that_overfits():
    records = [record("softmax", loss=0.01, validation_loss=loss) for loss in (0.2, 0.9)]
    assert found(copying(), records=records) == {}


def test_being_lost_is_told_once():
    """Rows known by heart and answers at chance are one fault, not two."""
    records = [record("finetune", loss=0.01, validation_loss=loss, accuracy=1.0) for loss in (0.7, 2.0)]
    targets = np.arange(100) % 2
    findings = found(copying(), records=records, predictions=Predictions(targets, targets * 0))
    assert set(findings) == {"no-better-than-majority"}


@pytest.mark.parametrize("ratio, expected", [(0.2, True), (0.05, False)])
def test_steps_of_fine_tuning_that_undo_each_other(ratio, expected):
    """As those of a layer; the first five passes do not count."""
    records = [record("finetune", update_ratio=one) for one in [0.5] * 5 + [ratio] * 3]
    finding = found(copying(), records=records).get("exploding-weights")
    assert (finding is not None) == expected
    assert finding is None or (finding.where, finding.value) == ("the network", ratio)


@pytest.mark.parametrize("loss, expected", [(np.log(3) + 0.01, True), (np.log(3) - 0.01, False)])
def test_a_loss_above_that_of_equal_probabilities(loss, expected):
    """Of three classes, whatever the accuracy is."""
    answers = np.arange(60) % 3
    findings = found(copying(), records=[record("finetune", loss=loss)], predictions=Predictions(answers, answers))
    assert ("exploding-weights" in findings) == expected
