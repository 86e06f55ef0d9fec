"""A small net of digits, which tests of the page and of its servers open."""

import numpy as np
from sklearn.datasets import load_digits

from deepbelief import DBNClassifier

TINY = {"pretrain_epochs": 5, "softmax_epochs": 5, "finetune_epochs": 3, "random_state": 0}


def some_digits():
    X, y = load_digits(return_X_y=True)
    return (X[:300] / 16).astype(np.float32), y[:300]


def digit_net(*sizes, **settings):
    return DBNClassifier(sizes, **TINY | settings).fit(*some_digits())
