"""
Several seeds in several processes
==================================

Training starts from random weights, so its result varies a little from seed to seed. Before you believe a difference
between two settings, look at several seeds. joblib runs them in processes of their own; the same seed gives the same
model in any of them.

How one model is trained by several processes or machines is in the guide on :doc:`larger data </guide/scaling>`.
"""

import matplotlib.pyplot as plt
import numpy as np
from joblib import Parallel, delayed
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from deepbelief import DBNClassifier

X, y = load_digits(return_X_y=True)
X, X_test, y, y_test = train_test_split(X / 16, y, test_size=0.5, random_state=0, stratify=y)


def error(pretrain_epochs: int, seed: int) -> float:
    """Return the test error of one network in per cent."""
    net = DBNClassifier((80,), pretrain_epochs=pretrain_epochs, finetune_epochs=10, random_state=seed)
    return 100 * (1 - net.fit(X, y).score(X_test, y_test))


kinds = {"from random weights": 0, "pretrained": 20}
jobs = [delayed(error)(epochs, seed) for epochs in kinds.values() for seed in range(5)]
errors = np.array(Parallel(n_jobs=2)(jobs)).reshape(2, 5)

# %%
# Each dot is a seed, and the line is their mean.

figure, ax = plt.subplots(figsize=(5.5, 2.6), layout="constrained")
for place, (name, found) in enumerate(zip(kinds, errors, strict=True)):
    print(f"{name}: {found.mean():.2f} ± {found.std():.2f} %")
    ax.plot(found, np.full(5, place), "o", ms=8, alpha=0.7)
    ax.plot([found.mean()] * 2, [place - 0.25, place + 0.25], color="black")
ax.set(yticks=range(2), yticklabels=kinds, ylim=(-0.6, 1.6), xlabel="test error in %")
