#!/usr/bin/env python3
"""Draw the README's picture from the bundled digits: what a small deep belief net sees.

    python docs/figures.py

Writes docs/images/overview.png: held-out digits and their reconstructions from both depths, and what single units of
the first layer respond to.
"""

from pathlib import Path

import matplotlib
import numpy as np

matplotlib.use("Agg")
from matplotlib import pyplot as plt

from deepbelief import DBN
from deepbelief.datasets import load

N_TRAIN, N_SHOWN, N_UNITS = 1500, 10, 30


def main() -> None:
    digits = load("digits")
    net = DBN(hidden_layer_sizes=(200, 200), n_iter=60, random_state=0).fit(digits.images[:N_TRAIN])
    shown = digits.images[N_TRAIN : N_TRAIN + N_SHOWN]
    rows = [
        ("held-out digits", shown),
        ("back from layer 1", net.reconstruct(shown, depth=1)),
        ("back from layer 2", net.reconstruct(shown, depth=2)),
    ]

    figure = plt.figure(figsize=(9, 4.6), layout="constrained")
    above, below = figure.subfigures(2, 1, height_ratios=(1, 1.05))
    for (title, images), axes in zip(rows, above.subplots(3, N_SHOWN), strict=True):
        axes[0].set_ylabel(title, rotation=0, ha="right", va="center", fontsize=9)
        for axis, image in zip(axes, images, strict=True):
            axis.imshow(image.reshape(digits.image_shape), cmap="gray_r", vmin=0, vmax=1)

    # The most distinct units: those whose responses to the training digits vary most.
    activity = net.transform(digits.images[:N_TRAIN], depth=1)
    best = np.argsort(activity.var(axis=0))[::-1][:N_UNITS]
    bias_image = net.inverse_transform(np.zeros((1, 200)), depth=1)
    probes = net.inverse_transform(np.eye(200)[best], depth=1) - bias_image
    below.suptitle("what single units of layer 1 add to the picture (dark = more ink, light = less)", fontsize=9)
    for axis, probe in zip(below.subplots(3, 10).flat, probes, strict=True):
        limit = np.abs(probe).max()
        axis.imshow(probe.reshape(digits.image_shape), cmap="gray_r", vmin=-limit, vmax=limit)
    for axis in figure.axes:
        axis.set(xticks=[], yticks=[])
        axis.spines[:].set_linewidth(0.4)
    figure.savefig(Path(__file__).parent / "images" / "overview.png", dpi=130)


if __name__ == "__main__":
    main()
