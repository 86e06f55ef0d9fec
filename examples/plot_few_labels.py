"""
Few labels are enough
=====================

Labels are often the expensive part of data. Mark the rows without a label with −1. The layers learn from all rows, and
fine-tuning uses the rows without a label too.
"""

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.svm import SVC

from deepbelief import DBNClassifier

X, y = load_digits(return_X_y=True)
X, X_test, y, y_test = train_test_split(X / 16, y, test_size=500, random_state=0, stratify=y)

errors = {"DBNClassifier, all rows": [], "logistic regression, labelled rows": [], "SVM, labelled rows": []}
counts = (2, 5, 10)
for per_class in counts:
    labelled = np.concatenate([np.flatnonzero(y == digit)[:per_class] for digit in range(10)])
    partly = np.full(len(y), -1)
    partly[labelled] = y[labelled]
    net = DBNClassifier((80,), pretrain_epochs=15, finetune_epochs=12, random_state=0).fit(X, partly)
    models = (
        net,
        LogisticRegression(max_iter=1000).fit(X[labelled], y[labelled]),
        SVC().fit(X[labelled], y[labelled]),
    )
    for found, model in zip(errors.values(), models, strict=True):
        found.append(100 * (1 - model.score(X_test, y_test)))

for name, found in errors.items():
    print(f"{name}: {', '.join(f'{error:.1f} %' for error in found)}")

# %%
# Two labels of each class are twenty labels in all.

figure, ax = plt.subplots(figsize=(6, 3.6), layout="constrained")
for (name, found), marker in zip(errors.items(), "osD", strict=True):
    ax.plot(10 * np.array(counts), found, marker=marker, label=name)
ax.set(xlabel="labels", ylabel="test error in %", ylim=(0, None))
ax.legend()
