"""
Which visible units?
====================

The type of the visible units says what values a feature can have and how it varies. These data are answers: how many of
ten questions somebody got right, in twelve subjects. Binomial units draw whole numbers from 0 to 10. Gaussian units
draw numbers with fractions, below 0 and above 10 too.
"""

import matplotlib.pyplot as plt
import numpy as np

from deepbelief import RBM

rng = np.random.default_rng(0)
talent = rng.integers(2, size=(2000, 2))
chance = np.where(np.arange(12) < 6, *(0.25 + 0.6 * talent.T[:, :, None]))
X = rng.binomial(10, chance)

figure, axes = plt.subplots(1, 2, figsize=(9, 3.2), sharey=True, layout="constrained")
for ax, visible in zip(axes, ("auto", "binomial"), strict=True):
    rbm = RBM(16, visible=visible, batch_size=50, n_iter=20, random_state=0).fit(X)
    samples = rbm.sample(2000, n_steps=200, random_state=0)
    bins = np.arange(-4.25, 14.75, 0.5)
    ax.hist(X.ravel(), bins, density=True, color="#cccccc", label="data")
    ax.hist(samples.ravel(), bins, density=True, histtype="step", color="#D55E00", lw=1.5, label="samples")
    ax.set(title=f'visible="{visible}" ({rbm.visible_} units)', xlabel="right answers")
axes[0].set_ylabel("density")
axes[1].legend()
