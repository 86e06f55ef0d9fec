"""Curves from the history."""

import numpy as np
import pytest

from deepbelief import RBM
from deepbelief.displays import TrainingDisplay


def entry(phase, epoch, layer=0, **metrics):
    return {"phase": phase, "layer": layer, "epoch": epoch, "n_epochs": 3, **metrics}


HISTORY = [
    *(
        entry(
            "pretrain",
            epoch,
            layer,
            reconstruction_error=1 / (epoch + layer),
            validation_reconstruction_error=2 / epoch,
            free_energy=-epoch,
            validation_free_energy=-epoch + 0.5,
        )
        for layer in (0, 1)
        for epoch in (1, 2, 3)
    ),
    *(entry("softmax", epoch, loss=1 / epoch, accuracy=0.8, validation_loss=0.5) for epoch in (1, 2)),
    *(entry("finetune", epoch, loss=0.1 / epoch, accuracy=0.9, validation_accuracy=0.7) for epoch in (1, 2, 3)),
]


def curves(ax):
    return {line.get_label(): line for line in ax.lines if not line.get_label().startswith("_")}


def test_a_panel_for_each_measure_and_a_curve_for_each_layer(ax):
    display = TrainingDisplay(HISTORY).plot(ax)
    assert [panel.get_title() for panel in display.axes_] == [
        "reconstruction error",
        "free energy (nats)",
        "loss (nats)",
        "accuracy",
    ]
    errors = curves(display.axes_[0])
    assert list(errors) == ["layer 1", "layer 2", "held out"]  # one word for the dashed curves of all layers
    errors |= {line.get_label(): line for line in display.axes_[0].lines}
    np.testing.assert_allclose(errors["layer 2"].get_xydata(), [[1, 1 / 2], [2, 1 / 3], [3, 1 / 4]])
    np.testing.assert_allclose(errors["_layer 1, held out"].get_xydata()[:, 1], [2, 1, 2 / 3])
    assert errors["layer 1"].get_linestyle() == "-"
    assert errors["_layer 1, held out"].get_linestyle() == "--"
    assert errors["layer 1"].get_color() == errors["_layer 1, held out"].get_color() != errors["layer 2"].get_color()


def test_softmax_and_fine_tuning_share_one_axis_with_the_border_marked(ax):
    display = TrainingDisplay(HISTORY).plot(ax)
    loss, accuracy = curves(display.axes_[2]), curves(display.axes_[3])
    np.testing.assert_allclose(loss["training"].get_xydata(), [[1, 1], [2, 0.5], [3, 0.1], [4, 0.05], [5, 0.1 / 3]])
    np.testing.assert_allclose(loss["held out"].get_xdata(), [1, 2])
    np.testing.assert_allclose(accuracy["held out"].get_xdata(), [3, 4, 5])
    (border,) = [line for line in display.axes_[2].lines if line.get_linestyle() == ":"]
    assert set(border.get_xdata()) == {2.5}
    assert display.axes_[2].get_xlabel() == "pass: softmax layer, then fine-tuning of the whole network"


def test_panels_without_numbers_are_left_out(ax):
    """And so is the free energy itself where a difference of two is known: its zero moves with the weights."""
    gap = [entry("pretrain", 1, free_energy=7, free_energy_gap=0.5), entry("pretrain", 2, free_energy_gap=None)]
    display = TrainingDisplay(gap).plot(ax)
    assert [panel.get_title() for panel in display.axes_] == ["free energy, held-out − training (nats)"]
    np.testing.assert_allclose(curves(display.axes_[0])["layer 1"].get_xydata(), [[1, 0.5]])


def test_of_fitted_estimators(classifier, gaussian, digits, ax):
    display = TrainingDisplay.from_estimator(classifier).plot(ax)
    errors = [
        one["reconstruction_error"] for one in classifier.history_ if one["layer"] == 1 and one["phase"] == "pretrain"
    ]
    np.testing.assert_allclose(curves(display.axes_[0])["layer 2"].get_ydata(), errors)
    assert len(display.frame()) == len(classifier.history_)
    assert TrainingDisplay.from_estimator(gaussian).frame().phase.unique().tolist() == ["pretrain"]


@pytest.mark.parametrize(
    "history", [[], [entry("pretrain", 1)], [entry("pretrain", 1, loss=1.0)], [entry("softmax", 1, loss=float("nan"))]]
)
def test_nothing_measured(history):
    with pytest.raises(ValueError, match="holds no measured pass; fit with at least one epoch"):
        TrainingDisplay(history)


def test_fitted_without_an_epoch(digits):
    with pytest.raises(ValueError, match="at least one epoch"):
        TrainingDisplay.from_estimator(RBM(4, n_iter=0).fit(digits[0]))
