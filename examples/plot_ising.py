"""
A magnet: the Ising model
=========================

Physicists know this distribution exactly, so it tells how good a machine is. Spins on a 4 × 4 lattice point up or down
and like to agree with their neighbours. All 65,536 states can be listed, so the data are exact samples.
"""

import itertools

import matplotlib.pyplot as plt
import numpy as np

from deepbelief import RBM

states = np.array(list(itertools.product([-1.0, 1.0], repeat=16)))
lattice = states.reshape(-1, 4, 4)
energy = -(lattice * (np.roll(lattice, 1, axis=1) + np.roll(lattice, 1, axis=2))).sum(axis=(1, 2))
probability = np.exp(-energy / 2.5)  # at the temperature 2.5
probability /= probability.sum()

rng = np.random.default_rng(0)
X = states[rng.choice(len(states), 8_000, p=probability)]

rbm = RBM(
    24,
    visible="spin",
    hidden="spin",
    gradient="tempered",
    learning_rate=0.03,
    learning_rate_schedule="linear",
    batch_size=100,
    n_iter=12,
    momentum=0,
    initial_momentum=0,
    weight_decay=0,
    random_state=0,
).fit(X)

# %%
# Sixteen spins can be enumerated, so the log-likelihood is exact. The entropy of the true distribution bounds it.

best = -np.sum(probability * np.log(probability))
print(f"mean log-likelihood {probability @ rbm.log_likelihood(states):.3f} nats; the best possible is {-best:.3f}")

# %%
# Samples of the machine have the energies of the magnet. Tempered chains visit both directions of the magnet.

samples = rbm.sample(1000, n_steps=100, method="tempered", random_state=0)
drawn = samples.reshape(-1, 4, 4)
drawn_energy = -(drawn * (np.roll(drawn, 1, axis=1) + np.roll(drawn, 1, axis=2))).sum(axis=(1, 2))
figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.4), layout="constrained")
for ax, exact, found, name in (
    (left, energy, drawn_energy, "energy"),
    (right, states.mean(axis=1), samples.mean(axis=1), "magnetisation"),
):
    values = np.unique(exact)
    ax.bar(values, [probability[exact == v].sum() for v in values], 0.6 * np.diff(values).min(), label="exact")
    ax.plot(values, [(found == v).mean() for v in values], "o", color="#D55E00", label="samples of the machine")
    ax.set(xlabel=name, ylabel="probability")
right.legend()
