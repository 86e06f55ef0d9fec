"""
Find the odd rows
=================

An RBM is a probability distribution, so it can say which rows are the least likely ones. No label is needed. Here some
digits are spoilt by shuffling their pixels, and the machine has to find them.
"""

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_digits
from sklearn.metrics import roc_auc_score

from deepbelief import RBM

rng = np.random.default_rng(0)
X = load_digits().data / 16
odd = np.zeros(len(X), bool)
odd[rng.choice(len(X), 60, replace=False)] = True
X[odd] = rng.permuted(X[odd], axis=1)

rbm = RBM(64, n_iter=20, random_state=0).fit(X)
score = -rbm.free_energy(X)  # the log-likelihood up to a constant
print(f"area under the ROC curve: {roc_auc_score(odd, -score):.3f}")

# %%
# The least likely rows of all. The title tells which ones were spoilt.

figure, axes = plt.subplots(2, 9, figsize=(9, 2.4), layout="constrained")
for ax, row in zip(axes.flat, np.argsort(score), strict=False):
    ax.imshow(X[row].reshape(8, 8), cmap="gray_r")
    ax.set_title("spoilt" if odd[row] else "a digit", fontsize=8)
    ax.set_axis_off()

# %%
# The two groups hardly overlap.

figure, ax = plt.subplots(figsize=(6, 3), layout="constrained")
bins = np.linspace(score.min(), score.max(), 60)
ax.hist(score[~odd], bins, label="digits", color="#0072B2")
ax.hist(score[odd], bins, label="spoilt digits", color="#D55E00")
ax.set(xlabel="minus the free energy, in nats", ylabel="rows")
ax.legend()
