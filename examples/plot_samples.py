"""
Are the samples any good?
=========================

A sample should look like the data without being a copy of a row. Three pictures look at that: samples beside their
nearest rows, the statistics of samples against those of the data, and both in the first two principal components.
"""

from sklearn.datasets import load_digits

from deepbelief import RBM
from deepbelief.displays import ComponentsDisplay, MomentsDisplay, SamplesDisplay

X = load_digits().data / 16
rbm = RBM(128, gradient="pcd", n_iter=40, learning_rate_schedule="linear", random_state=0).fit(X)

# %%
# Each sample stands beside the row of the data that is nearest to it.

SamplesDisplay.from_estimator(rbm, X, n_steps=300).plot()

# %%
# Points along the line mean that samples have the means, covariances and third moments of the data.

MomentsDisplay.from_estimator(rbm, X, n_steps=300).plot()

# %%
# Samples should lie where the data lie, and everywhere where the data lie.

ComponentsDisplay.from_estimator(rbm, X, n_steps=300).plot()
