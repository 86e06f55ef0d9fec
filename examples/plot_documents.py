"""
Documents and their topics
==========================

A document is a row that counts its words. With ``visible="replicated-softmax"``, each document draws as many words as
it has from one softmax, so long and short documents on the same topic get the same features. The documents here are
made up from four topics.
"""

import matplotlib.pyplot as plt
import numpy as np

from deepbelief import RBM

about = {
    "sport": ["goal", "team", "match", "league", "score", "coach"],
    "politics": ["vote", "party", "law", "minister", "senate", "tax"],
    "space": ["planet", "star", "orbit", "comet", "moon", "rocket"],
    "baking": ["flour", "sugar", "oven", "butter", "dough", "salt"],
}
topics, words = list(about), [word for group in about.values() for word in group]

rng = np.random.default_rng(0)
X = np.zeros((1200, len(words)), int)
topic = rng.integers(4, size=len(X))
for document, its_topic in zip(X, topic, strict=True):
    shares = np.full(len(words), 0.02)
    shares[6 * its_topic : 6 * its_topic + 6] += rng.dirichlet(np.full(6, 2.0))
    document[:] = rng.multinomial(rng.integers(10, 60), shares / shares.sum())

rbm = RBM(8, visible="replicated-softmax", n_iter=40, random_state=0).fit(X)

# %%
# Which words go with which hidden unit? The topics come back as blocks, although no one told the machine about them.

features = rbm.transform(X)
means = np.array([features[topic == t].mean(axis=0) for t in range(4)])
units = np.argsort(means.argmax(axis=0))

figure, (left, right) = plt.subplots(1, 2, figsize=(9, 4.6), width_ratios=(1.5, 1), layout="constrained")
limit = abs(rbm.components_).max()
picture = left.imshow(rbm.components_[units].T, cmap="PuOr_r", vmin=-limit, vmax=limit, aspect="auto")
left.set(yticks=range(len(words)), xticks=range(8), xlabel="hidden unit", title="weights")
left.set_yticklabels(words, fontsize=8)
figure.colorbar(picture, ax=left)
right.imshow(means[:, units], cmap="gray_r", vmin=0, vmax=1, aspect="auto")
right.set(yticks=range(4), yticklabels=topics, xticks=range(8), xlabel="hidden unit", title="mean activity, by topic")
