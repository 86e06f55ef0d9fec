"""
Diagnose a broken net
=====================

A machine that learned nothing looks, in its loss, much like one that learned a lot. ``diagnose`` names what is wrong,
with the evidence and what to change. Here a learning rate that is far too large breaks a machine.
"""

import warnings

import matplotlib.pyplot as plt
from sklearn.datasets import load_digits

from deepbelief import RBM, diagnose
from deepbelief.displays import ReconstructionDisplay

X = load_digits().data / 16

good = RBM(64, n_iter=20, random_state=0).fit(X)
with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # `fit` warns too; here the findings are printed below
    broken = RBM(64, n_iter=20, learning_rate=20.0, random_state=0).fit(X)

for finding in diagnose(broken, X):
    print(f"{finding.name}, {finding.where}\n  {finding.evidence}\n  {finding.advice}\n")

print("of the good machine:", [finding.name for finding in diagnose(good, X)])

# %%
# The pictures say the same: the good machine gives back each digit, the broken one does not.

figure, axes = plt.subplots(2, 1, figsize=(7, 4.6), layout="constrained")
for ax, machine in zip(axes, (good, broken), strict=True):
    ReconstructionDisplay.from_estimator(machine, X[:8], n_images=8).plot(ax)
