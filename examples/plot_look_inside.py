"""
Look inside a net
=================

A deep belief net learns layers of features without labels. This example trains one on scikit-learn's digits and shows
what the single hidden units of its two layers stand for.
"""

from sklearn.datasets import load_digits

from deepbelief import DBN
from deepbelief.displays import UnitProbeDisplay

X = load_digits().data / 16  # ink between 0 and 1

net = DBN(hidden_layer_sizes=(100, 100), n_iter=30, random_state=0).fit(X)

# %%
# The first layer
# ---------------
# Each picture shows what one hidden unit adds to the reconstruction of a digit: dark is more ink, light is less. A unit
# of the first layer stands for a short stroke or a dot in one place. ``order="distinct"`` chooses the units that
# resemble each other least.

UnitProbeDisplay.from_estimator(net, layer=1, order="distinct", n_units=36).plot()

# %%
# The second layer
# ----------------
# A unit of the second layer combines several strokes of the first one into a larger part of a digit.

UnitProbeDisplay.from_estimator(net, layer=2, order="distinct", n_units=36).plot()
