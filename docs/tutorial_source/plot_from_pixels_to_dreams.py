"""
Tutorial: from pixels to dreams
===============================

This tutorial goes the way of two blog posts of 2014 with which this project began: a restricted Boltzmann machine, what
it gives back, a deep belief net, a deep neural network, a look inside, and dreams. The posts used MNIST. Here it is
scikit-learn's small digits, so that nothing has to be downloaded and each step takes seconds.

You need deepbelief and nothing else. You can copy the blocks of this page into a Python session, from top to bottom.
"""

import matplotlib.pyplot as plt
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from deepbelief import DBN, RBM, DBNClassifier, diagnose
from deepbelief.displays import (
    BiasProbeDisplay,
    ConfusionDisplay,
    PreviewDisplay,
    ReconstructionDisplay,
    UnitProbeDisplay,
)

# %%
# 1. Look at the data
# -------------------
# There are 1,797 pictures of 8 × 8 pixels. A row of ``X`` is a picture, and a number says how much ink a pixel has: 0
# is paper, 1 is ink. A third of the rows is put aside, to test on rows that no model has seen.

X, y = load_digits(return_X_y=True)
X = X / 16
X, X_test, y, y_test = train_test_split(X, y, test_size=1 / 3, random_state=0, stratify=y)

PreviewDisplay.from_data(X, y, n_images=20).plot()

# %%
# 2. Train a restricted Boltzmann machine
# ---------------------------------------
# A restricted Boltzmann machine (RBM) has two layers of units. The *visible* units are the pixels. The *hidden* units
# are features that the machine finds by itself. A weight joins each visible unit to each hidden unit, and no two units
# of the same layer are joined. So, given a picture, each hidden unit turns on with a probability of its own:
# the sigmoid of the weighted sum of the pixels, plus a bias.
#
# Training needs no labels. It makes pictures like those of the data more probable, and pictures that the machine draws
# itself less probable. The usual way to do this is called *contrastive divergence*. ``n_iter`` is the number of passes
# over the data. After each pass, the *reconstruction error* says how much a picture differs from what comes back when
# it is sent up to the hidden units and down again.

rbm = RBM(n_components=64, n_iter=20, random_state=0).fit(X)

errors = [epoch["reconstruction_error"] for epoch in rbm.history_]
figure, ax = plt.subplots(figsize=(5, 2.8), layout="constrained")
ax.plot(range(1, 21), errors, "o-")
ax.set(xlabel="pass over the data", ylabel="reconstruction error", xticks=range(0, 21, 5), ylim=(0, None))

# %%
# 3. See what it gives back
# -------------------------
# The error alone does not say whether the machine learned anything. So look at what comes back, the *reconstruction*.
# It must be different for each picture, and readable. The number below each picture is its error.

ReconstructionDisplay.from_estimator(rbm, X_test, n_images=8).plot()

# %%
# The hidden units are the new description of a picture: 64 probabilities in place of 64 pixels.

print(rbm.transform(X_test[:1]).round(1))

# %%
# 4. See what the hidden units stand for
# --------------------------------------
# Turn one hidden unit on, leave all others off, and go down to the pixels. The difference from the picture without any
# hidden unit shows what this unit adds. Blue is more ink, orange is less. Most units stand for a stroke in one place.

UnitProbeDisplay.from_estimator(rbm, order="distinct", n_units=24).plot()

# %%
# 5. Stack machines: a deep belief net
# ------------------------------------
# A second machine can learn from the hidden units of the first one as if they were pixels. Machines that are stacked
# in this way are a *deep belief net* (DBN). Each layer is trained by itself, from the bottom up.
#
# Three settings differ from the defaults, because this net will draw pictures by itself in step 8. The machine goes
# down and up three times, and not once, before its own picture is compared with the data. The weights are changed after
# every 50 pictures. The learning rate falls to zero in the course of training.

settings = {"n_gibbs_steps": 3, "batch_size": 50, "learning_rate_schedule": "linear"}
dbn = DBN(hidden_layer_sizes=(128, 128), n_iter=40, random_state=0, **settings).fit(X)

ReconstructionDisplay.from_estimator(dbn, X_test, n_images=8, untrained=True).plot()

# %%
# The pictures come back from the second layer too, although it never saw a pixel. The two pictures at the right of
# each digit come from a net of the same size with random weights: it gives back noise.
#
# Each unit also has a *bias*, a number that is added whatever the other units do. What have the biases learned? Switch
# all hidden units of a layer off, and go down to the pixels. For the first layer, what comes out is close to the mean
# of all digits.

BiasProbeDisplay.from_estimator(dbn, X).plot()

# %%
# 6. From the net to a classifier
# -------------------------------
# Put a layer on top that has a unit for each class (a *softmax* layer), and train all layers together with the labels
# by backpropagation. The result is a *deep neural network* (DNN). ``DBNClassifier`` does these steps one after the
# other. Here it starts from the net that we have already. The picture below is the confusion matrix: the rows are the
# digits as labelled, the columns are the answers of the network.

net = DBNClassifier.from_dbn(dbn, finetune_epochs=15, random_state=0).fit(X, y)
print(f"accuracy on rows that it has not seen: {100 * net.score(X_test, y_test):.1f} %")

ConfusionDisplay.from_estimator(net, X_test, y_test).plot()

# %%
# 7. Ask what is wrong
# --------------------
# ``diagnose`` looks for what usually goes wrong: dead units, weights that explode or do not move, data at the wrong
# scale, and more. An empty list means that it found nothing.

print(diagnose(net, X_test, y_test))

# %%
# 8. Let it dream
# ---------------
# A net can also go the other way, from the top layer down to pixels, and so draw pictures that are in no data set. To
# draw one, ``sample`` takes a state of the top layer as training left it, and changes it step by step (``n_steps``).
# With ``label=``, the fine-tuned network decides which of the pictures belong to a class.
#
# After more steps, a picture depends less on where it started. But this net learned by contrastive divergence, which
# makes it good near the data, so after very many steps fewer pictures look like digits. Here 300 steps are a
# compromise. If pictures still depend on their start, a warning says so, here for one of the ten digits.

figure, axes = plt.subplots(5, 10, figsize=(7, 3.6), layout="constrained")
for digit, column in enumerate(axes.T):
    dreams = net.dbn_.sample(5, label=digit, n_steps=300, random_state=digit)
    for ax, dream in zip(column, dreams, strict=True):
        ax.imshow(dream.reshape(8, 8), cmap="gray_r", vmin=0, vmax=1)
        ax.set_axis_off()
    column[0].set_title(digit)

# %%
# 9. Open it
# ----------
# ``net.explore(X, y)`` shows all of this in one page, on which you can draw: the page on the front of this site. In a
# notebook it appears below the cell. ``page.save("net.html")`` writes it to a file, which you can open in a browser.

page = net.explore(X_test, y_test)
print(f"The page takes {len(page.html) / 1e6:.1f} MB.")

# %%
# Where to go from here
# ---------------------
# - :doc:`Your own data </guide/your-data>`: what changes for tables, counts, words and missing values.
# - :doc:`Seeing what a net learned </guide/seeing>`: how to read all of these pictures, with MNIST.
# - :doc:`Kaggle from end to end </guide/kaggle>`: the same steps from the command line.
# - :doc:`The examples </gallery/index>`.
# - :doc:`The mathematics </mathematics>`.
