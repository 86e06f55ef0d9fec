"""
Interrupted, and continued
==========================

With ``checkpoint="folder"``, a fit that was interrupted goes on where it stopped. The model is the same, bit for bit,
as that of a fit that nobody disturbed.
"""

import tempfile

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_digits

from deepbelief import RBM

X = load_digits().data / 16
folder = tempfile.mkdtemp()
settings = {"n_components": 64, "n_iter": 20, "random_state": 0}

# %%
# The first fit is left after eight passes, as if the power had failed.

interrupted = RBM(**settings, checkpoint=folder)
for epoch in interrupted.fit_epochs(X):
    if epoch.epoch == 8:
        break

# %%
# The same lines, started again, go on with pass nine. No one has to say that anything happened.

continued = RBM(**settings, checkpoint=folder).fit(X)
undisturbed = RBM(**settings).fit(X)
print("the same weights:", np.array_equal(continued.components_, undisturbed.components_))

# %%

figure, ax = plt.subplots(figsize=(6, 3.4), layout="constrained")
errors = [epoch["reconstruction_error"] for epoch in continued.history_]
ax.plot(
    range(1, 21), [e["reconstruction_error"] for e in undisturbed.history_], lw=6, color="#cccccc", label="undisturbed"
)
ax.plot(range(1, 9), errors[:8], "o-", color="#0072B2", label="before the interruption")
ax.plot(range(9, 21), errors[8:], "s-", color="#D55E00", label="continued")
ax.set(xlabel="pass", ylabel="reconstruction error")
ax.legend()
