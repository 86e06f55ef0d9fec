"""
Data larger than memory
=======================

Pictures are bytes. deepbelief leaves them as bytes and scales each batch when it is taken, also in a memory-mapped
file, so the data never have to fit into memory. ``partial_fit`` learns from pieces that arrive one after the other.
"""

import tempfile
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_digits

from deepbelief import RBM

path = Path(tempfile.mkdtemp()) / "images.npy"
pixels = np.round(load_digits().data * 255 / 16).astype(np.uint8)
np.save(path, np.tile(pixels, (10, 1)))

# %%
# The whole file, mapped
# ----------------------
# The operating system reads from the file what is needed, and forgets it again when memory is short.

X = np.load(path, mmap_mode="r")
mapped = RBM(64, batch_size=100, n_iter=8, random_state=0).fit(X)

# %%
# A stream of pieces
# ------------------
# Each call of ``partial_fit`` makes one pass over one piece.

streamed = RBM(64, batch_size=100, random_state=0)
rng = np.random.default_rng(0)
for _ in range(8):
    for piece in np.array_split(rng.permutation(len(X)), 5):
        streamed.partial_fit(X[np.sort(piece)])

# %%
# Both learn the same thing.

figure, ax = plt.subplots(figsize=(6, 3.4), layout="constrained")
passes = np.arange(1, 9)
for machine, name, marker in ((mapped, "mapped file", "o"), (streamed, "partial_fit on pieces", "s")):
    errors = np.array([epoch["reconstruction_error"] for epoch in machine.history_])
    ax.plot(passes, errors.reshape(8, -1).mean(axis=1), marker=marker, label=name)
ax.set(xlabel="passes over the data", ylabel="reconstruction error", ylim=(0, None))
ax.legend()
