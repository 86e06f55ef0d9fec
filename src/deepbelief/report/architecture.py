"""The network as a drawing: a bar for each layer, as tall as it has units, and a ribbon of weights between two."""

import math
from typing import Any

from deepbelief.report.subject import Subject
from deepbelief.report.wording import count, counted

_STEP, _MARGIN = 190, 95  # between two bars, and from the edge to the first
_TALLEST, _LEAST = 170, 12
_MIDDLE, _BAR = 95, 16
_HEIGHT = 250
_WORDS = {"ribbon_y": _MIDDLE + 4, "size_y": 207, "name_y": 227, "note_y": 244}  # base lines of text


def architecture(subject: Subject) -> dict[str, Any]:
    """Return bars and ribbons in the units of the drawing, with their words.

    Heights go with the square root of the number of units: 10 classes stay visible beside 784 pixels.
    """
    sizes = layer_sizes(subject)
    tallest = math.sqrt(max(sizes))
    heights = [max(_LEAST, round(_TALLEST * math.sqrt(size) / tallest)) for size in sizes]
    centres = [_MARGIN + _STEP * index for index in range(len(sizes))]
    bars: list[dict[str, Any]] = [
        {
            "x": centre - _BAR // 2,
            "y": _MIDDLE - height // 2,
            "width": _BAR,
            "height": height,
            "centre": centre,
            "kind": kind,
            "size": count(size),
            "name": name,
            "note": note,
        }
        for centre, height, size, (kind, name, note) in zip(centres, heights, sizes, _words(subject), strict=True)
    ]
    ribbons = [
        {
            "points": _ribbon(lower, upper),
            "x": (lower["centre"] + upper["centre"]) // 2,
            "weights": counted(below * above, "weight"),
        }
        for lower, upper, below, above in zip(bars, bars[1:], sizes, sizes[1:], strict=False)
    ]
    parts = [f"{bar['name']}: {counted(size, 'unit')}" for bar, size in zip(bars, sizes, strict=True)]
    return {
        "width": 2 * _MARGIN + _STEP * (len(sizes) - 1),
        "height": _HEIGHT,
        **_WORDS,
        "bars": bars,
        "ribbons": ribbons,
        "label": "The layers of the network from the bottom up. " + "; ".join(parts) + ".",
    }


def layer_sizes(subject: Subject) -> list[int]:
    """Return the number of units of every layer: visible, hidden, and what is predicted if anything is."""
    sizes = [subject.rbms[0].components_.shape[1], *(rbm.components_.shape[0] for rbm in subject.rbms)]
    return [*sizes, len(subject.estimator.intercepts_[-1])] if _is_network(subject) else sizes


def n_parameters(subject: Subject) -> int:
    """Return how many weights and biases the network has."""
    if _is_network(subject):
        return sum(array.size for array in (*subject.estimator.coefs_, *subject.estimator.intercepts_))
    biases = [array for rbm in subject.rbms for array in (rbm.intercept_hidden_, rbm.intercept_visible_)]
    return sum(array.size for array in (*(rbm.components_ for rbm in subject.rbms), *biases))


def _is_network(subject: Subject) -> bool:
    return subject.is_classifier or subject.is_regressor


def _words(subject: Subject) -> list[tuple[str, str, str]]:
    from deepbelief.report.pictures import image_shape

    shape = image_shape(subject)
    below = ("visible", "pixels" if shape else "features", f"{shape[0]} × {shape[1]}" if shape else "the data")
    learned = ", ".join(
        [
            "pretrained" if subject.pretrained else "from random weights",
            *(["fine-tuned"] if subject.finetuned else []),
        ]
    )
    hidden = [("hidden", f"hidden layer {number}", learned) for number in range(1, len(subject.rbms) + 1)]
    top = ("classes", "classes", "softmax, from labels")
    if subject.is_regressor:
        top = ("classes", "prediction", "linear, from targets")
    return [below, *hidden, *([top] if _is_network(subject) else [])]


def _ribbon(lower: dict[str, Any], upper: dict[str, Any]) -> str:
    left, right = lower["x"] + lower["width"], upper["x"]
    corners = (
        (left, lower["y"]),
        (right, upper["y"]),
        (right, upper["y"] + upper["height"]),
        (left, lower["y"] + lower["height"]),
    )
    return " ".join(f"{x},{y}" for x, y in corners)
