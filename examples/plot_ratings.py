"""
Ratings, most of them unknown
=============================

People rate few films each. What is not rated is unknown, not zero, so it is a hole: NaN. Each number of stars is a
category of its own. The ratings here are made up: half of the people prefer the first six films, the others the rest.
"""

import matplotlib.pyplot as plt
import numpy as np

from deepbelief import RBM

rng = np.random.default_rng(0)
likes_first = rng.random(600) < 0.5
first = np.arange(12) < 6
liked = likes_first[:, None] == first
truth = np.where(liked, rng.integers(4, 6, (600, 12)), rng.integers(1, 3, (600, 12))).astype(float)
known = rng.random(truth.shape) < 0.35
known[:, 0] = True  # everybody has rated the first film
ratings = np.where(known, truth, np.nan)
for column in range(12):  # each film has each number of stars somewhere
    ratings[:5, column] = [1, 2, 3, 4, 5]

rbm = RBM(16, visible="categorical", n_iter=60, random_state=0).fit(ratings)
guessed = rbm.impute(ratings, random_state=0)
hidden = np.isnan(ratings)
print(f"guessed within one star: {100 * (abs(guessed - truth) <= 1)[hidden].mean():.0f} % of the missing ratings")

# %%
# Forty people, sorted by what they like. White cells are unknown.

people = np.r_[np.flatnonzero(likes_first)[5:25], np.flatnonzero(~likes_first)[5:25]]
figure, axes = plt.subplots(1, 3, figsize=(9, 4.4), sharey=True, layout="constrained")
for ax, stars, name in zip(axes, (ratings, guessed, truth), ("known", "filled in", "the truth"), strict=True):
    picture = ax.imshow(np.ma.masked_invalid(stars[people]), cmap="viridis", vmin=1, vmax=5, aspect="auto")
    ax.set(title=name, xlabel="film", xticks=range(0, 12, 2))
axes[0].set_ylabel("person")
figure.colorbar(picture, ax=axes, label="stars", ticks=range(1, 6))
