"""The network as a drawing: a bar for each layer, as long as it has units, and a ribbon of weights between two."""

import math
from itertools import pairwise
from typing import Any

from deepbelief.report.subject import Subject
from deepbelief.report.wording import count, counted

_BAR, _LEAST = 16, 12  # how thick a bar is, and how long at least
_STEP, _MARGIN = 190, 95  # between two bars of the wide drawing, and from its edge to the first
_LONGEST, _MIDDLE, _HEIGHT = 170, 95, 250
_BASE_LINES = {"size": 207, "name": 227, "note": 244}  # of text below the bars
_PHONE_WIDTH, _PHONE_STEP, _PHONE_MARGIN = 324, 92, 32  # of the drawing for a phone, from the bottom up
_PHONE_LONGEST, _PHONE_TEXT = 150, 172
_PHONE_LINES = {"size": -10, "name": 8, "note": 24}  # beside the middle of a bar

Drawing = dict[str, Any]  # or a part of it: places and lengths in its units, and words
Words = tuple[str, str, str]  # kind, name, note


def architecture(subject: Subject) -> dict[str, list[Drawing] | str]:
    """Return the drawing for a wide page, from left to right, and that for a phone, from the bottom up.

    Both hold bars and ribbons in the units of the drawing, with their words. The length of a bar goes with the square
    root of the number of units: 10 classes stay visible beside 784 pixels.
    """
    sizes, words = layer_sizes(subject), _words(subject)
    parts = [f"{name}: {counted(size, 'unit')}" for (_, name, _), size in zip(words, sizes, strict=True)]
    return {
        "drawings": [_from_left_to_right(sizes, words), _from_the_bottom_up(sizes, words)],
        "label": "The layers of the network from the bottom up. " + "; ".join(parts) + ".",
    }


def _from_left_to_right(sizes: list[int], words: list[Words]) -> Drawing:
    bars = []
    for index, (length, said) in enumerate(zip(_lengths(sizes, _LONGEST), _said(sizes, words), strict=True)):
        centre = _MARGIN + _STEP * index
        place = {"x": centre - _BAR // 2, "y": _MIDDLE - length // 2, "width": _BAR, "height": length}
        bars.append(said | place | {"at": {line: [centre, y] for line, y in _BASE_LINES.items()}})
    ribbons = [
        _corners(
            (lower["x"] + _BAR, lower["y"]),
            (upper["x"], upper["y"]),
            (upper["x"], upper["y"] + upper["height"]),
            (lower["x"] + _BAR, lower["y"] + lower["height"]),
        )
        | {"at": [lower["x"] + _BAR // 2 + _STEP // 2, _MIDDLE + 4], "weights": counted(below * above, "weight")}
        for lower, upper, below, above in zip(bars, bars[1:], sizes, sizes[1:], strict=False)
    ]
    width = 2 * _MARGIN + _STEP * (len(sizes) - 1)
    return {"width": width, "height": _HEIGHT, "kind": "across", "bars": bars, "ribbons": ribbons}


def _from_the_bottom_up(sizes: list[int], words: list[Words]) -> Drawing:
    height, centre = 2 * _PHONE_MARGIN + _PHONE_STEP * (len(sizes) - 1), _PHONE_LONGEST // 2
    bars = []
    for index, (length, said) in enumerate(zip(_lengths(sizes, _PHONE_LONGEST), _said(sizes, words), strict=True)):
        middle = height - _PHONE_MARGIN - _PHONE_STEP * index
        place = {"x": centre - length // 2, "y": middle - _BAR // 2, "width": length, "height": _BAR}
        bars.append(said | place | {"at": {line: [_PHONE_TEXT, middle + y] for line, y in _PHONE_LINES.items()}})
    ribbons = [
        _corners(
            (lower["x"], lower["y"]),
            (upper["x"], upper["y"] + _BAR),
            (upper["x"] + upper["width"], upper["y"] + _BAR),
            (lower["x"] + lower["width"], lower["y"]),
        )
        | {"at": [centre, upper["y"] + _BAR // 2 + _PHONE_STEP // 2 + 4], "weights": counted(below * above, "weight")}
        for lower, upper, below, above in zip(bars, bars[1:], sizes, sizes[1:], strict=False)
    ]
    return {"width": _PHONE_WIDTH, "height": height, "kind": "upright", "bars": bars, "ribbons": ribbons}


def _lengths(sizes: list[int], longest: int) -> list[int]:
    largest = math.sqrt(max(sizes))
    return [max(_LEAST, round(longest * math.sqrt(size) / largest)) for size in sizes]


def _said(sizes: list[int], words: list[Words]) -> list[Drawing]:
    return [
        {"kind": kind, "size": count(size), "name": name, "note": note}
        for size, (kind, name, note) in zip(sizes, words, strict=True)
    ]


def _corners(*corners: tuple[int, int]) -> Drawing:
    return {"points": " ".join(f"{x},{y}" for x, y in corners)}


def layer_sizes(subject: Subject) -> list[int]:
    """Return the number of units of every layer: visible, hidden, and what is predicted if anything is.

    Of several networks whose mean is predicted, these are the units of one.
    """
    sizes = [subject.rbms[0].components_.shape[1], *(rbm.components_.shape[0] for rbm in subject.rbms)]
    return [*sizes, len(subject.estimator.intercepts_[-1])] if _is_network(subject) else sizes


def n_parameters(subject: Subject) -> int:
    """Return how many weights and biases the network has, without the zeros between several that are one."""
    if _is_network(subject):
        sizes = layer_sizes(subject)
        n_hidden = sum((below + 1) * above for below, above in pairwise(sizes[:-1]))
        return subject.n_networks * (n_hidden + sizes[-2] * sizes[-1]) + sizes[-1]
    biases = [array for rbm in subject.rbms for array in (rbm.intercept_hidden_, rbm.intercept_visible_)]
    return sum(array.size for array in (*(rbm.components_ for rbm in subject.rbms), *biases))


def _is_network(subject: Subject) -> bool:
    return subject.is_classifier or subject.is_regressor


def _words(subject: Subject) -> list[Words]:
    from deepbelief.report.pictures import image_shape

    shape = image_shape(subject)
    below = ("visible", "pixels" if shape else "features", f"{shape[0]} × {shape[1]}" if shape else "the data")
    source = "targets" if subject.is_regressor else "labels"
    if subject.pretrained:
        learned = "pretrained, fine-tuned" if subject.finetuned else "pretrained"
    else:
        learned = f"from {source} alone" if subject.finetuned else "random weights"
    hidden = [("hidden", f"hidden layer {number}", learned) for number in range(1, len(subject.rbms) + 1)]
    kind = ("prediction", "linear") if subject.is_regressor else ("classes", "softmax")
    several = subject.n_networks > 1
    top = ("classes", kind[0], f"mean of {subject.n_networks} networks" if several else f"{kind[1]}, from {source}")
    return [below, *hidden, *([top] if _is_network(subject) else [])]
