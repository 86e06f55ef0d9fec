"""
CD, PCD or tempering?
=====================

Contrastive divergence starts its chains at the data. Persistent chains go on where they were. Tempered chains also
exchange states with replicas at higher temperatures. The data here have two modes that are far apart, which is where
the three differ.
"""

import warnings

import matplotlib.pyplot as plt
import numpy as np

from deepbelief import RBM

rng = np.random.default_rng(0)
side = rng.random(1000) < 0.3  # three tenths of the rows are mostly ones
X = (rng.random((1000, 16)) < np.where(side, 0.9, 0.1)[:, None]).astype(float)

ones = np.arange(17)
figure, axes = plt.subplots(1, 3, figsize=(9, 3), sharey=True, layout="constrained")
for ax, gradient in zip(axes, ("cd", "pcd", "tempered"), strict=True):
    rbm = RBM(8, gradient=gradient, n_iter=60, batch_size=50, random_state=0)
    rbm.set_params(learning_rate=0.1, learning_rate_schedule="linear", momentum=0.5)
    with warnings.catch_warnings():  # the first machine warns that its samples are poor
        warnings.simplefilter("ignore")
        rbm.fit(X)
        samples = rbm.sample(1000, n_steps=100, method="tempered", random_state=0)
    print(f"{gradient}: mean log-likelihood {rbm.log_likelihood(X).mean():.2f} nats")
    ax.bar(ones, np.bincount(X.sum(axis=1).astype(int), minlength=17) / 1000, color="#cccccc", label="data")
    found = np.bincount(np.round(samples).sum(axis=1).astype(int), minlength=17) / 1000
    ax.plot(ones, found, "o-", color="#0072B2", ms=4, label="samples")
    ax.set(title=f'gradient="{gradient}"', xlabel="ones in a row")
axes[0].set_ylabel("share of the rows")
axes[0].legend()

# %%
# Contrastive divergence does not see how often each mode occurs, because its chains never leave the mode of their row.
# Persistent chains change from one mode to the other only now and then. Tempered chains do so often, and both modes get
# their share. The log-likelihood is exact here: this machine is small enough.
