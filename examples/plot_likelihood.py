"""
Is the likelihood right?
========================

The likelihood of an RBM needs its partition function, a sum over all states. Small machines can be summed exactly.
Larger ones are estimated by annealed importance sampling: once from independent units up to the machine, and once from
the machine down. The two directions err to opposite sides, so where they agree, nothing was missed.
"""

import warnings

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_digits

from deepbelief import RBM

warnings.simplefilter("ignore")  # an estimate that few chains decide warns, and here some do on purpose

X = (load_digits().data > 8).astype(float)
rbm = RBM(16, gradient="pcd", n_iter=15, random_state=0).fit(X)
exact = rbm.log_partition("exact").value
print(f"exact log Z: {exact:.2f} nats; mean log-likelihood: {rbm.log_likelihood(X).mean():.2f} nats")

# %%
# This machine has 16 hidden units, so the exact answer is known, and the estimates can be judged by it. Each point is
# the mean of ten estimates with ten chains each, and its bar shows how far they spread. With few temperatures, the way
# up comes out too low and the way down too high.

counts = (5, 10, 30, 100)
figure, ax = plt.subplots(figsize=(6, 3.6), layout="constrained")
for method, marker in (("ais", "^"), ("reverse-ais", "v")):
    found = [
        [rbm.log_partition(method, n_temperatures=n, n_chains=10, random_state=seed).value for seed in range(10)]
        for n in counts
    ]
    ax.errorbar(counts, np.mean(found, axis=1), np.std(found, axis=1), marker=marker, capsize=3, label=method)
ax.axhline(exact, color="black", lw=1, label="exact")
ax.set(xscale="log", xlabel="temperatures", ylabel="log Z in nats")
ax.legend()
