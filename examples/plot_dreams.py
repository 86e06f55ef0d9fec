"""
Let a net dream
===============

A net that learned digits can draw new ones. ``net.dbn_.sample(n, label=3)`` draws rows of a class: the deep belief net
says which pictures are probable, and the fine-tuned network says which of them are a 3.
"""

import matplotlib.pyplot as plt
from sklearn.datasets import load_digits

from deepbelief import DBN, DBNClassifier

X, y = load_digits(return_X_y=True)
X = X / 16

# Three sweeps in each step, and a learning rate that falls to zero, make better samples than the defaults.
dbn = DBN((128, 128), n_iter=40, batch_size=50, n_gibbs_steps=3, learning_rate_schedule="linear", random_state=0).fit(X)
net = DBNClassifier.from_dbn(dbn, finetune_epochs=8, random_state=0).fit(X, y)

# %%
# Each row holds ten dreams of one class. The last column is the row of the data that resembles the last dream most.

figure, axes = plt.subplots(10, 11, figsize=(7, 6.6), layout="constrained")
for digit, line in enumerate(axes):
    dreams = net.dbn_.sample(10, label=digit, n_steps=300, random_state=digit)
    nearest = X[((X - dreams[-1]) ** 2).sum(axis=1).argmin()]
    for ax, image in zip(line, [*dreams, nearest], strict=True):
        ax.imshow(image.reshape(8, 8), cmap="gray_r", vmin=0, vmax=1)
        ax.set(xticks=[], yticks=[])
    line[0].set_ylabel(digit, rotation=0, ha="right", va="center")
axes[0, -1].set_title("nearest\nin the data", fontsize=8)
