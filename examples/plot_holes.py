"""
Fill in what is missing
=======================

An RBM knows which values go together, so it can say what it expects where a value is missing. Here the lower half of
each digit is missing. Missing values are NaN in every estimator of deepbelief.
"""

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from deepbelief import RBM

X, X_new = train_test_split(load_digits().data / 16, test_size=100, random_state=0)

# Chains that wander far from the data are needed here, so the machine learns with persistent chains.
rbm = RBM(100, gradient="pcd", n_iter=30, batch_size=50, learning_rate_schedule="linear", random_state=0).fit(X)

holed = X_new.copy()
holed[:, 32:] = np.nan
filled = rbm.impute(holed, random_state=0)

error = np.mean((filled - X_new)[:, 32:] ** 2)
of_mean_image = np.mean((X.mean(axis=0) - X_new)[:, 32:] ** 2)
print(f"mean squared error: {error:.3f}; of the mean image: {of_mean_image:.3f}")

# %%
# Known values come back bit for bit. The chains say what they expect in the other places.

rows = {"given": holed, "filled in": filled, "the truth": X_new}
figure, axes = plt.subplots(3, 12, figsize=(9, 2.6), layout="constrained")
for line, (name, images) in zip(axes, rows.items(), strict=True):
    line[0].set_ylabel(name, rotation=0, ha="right", va="center")
    for ax, image in zip(line, images, strict=False):
        ax.set_facecolor("#9ecae1")
        ax.imshow(np.ma.masked_invalid(image.reshape(8, 8)), cmap="gray_r", vmin=0, vmax=1)
        ax.set(xticks=[], yticks=[])
