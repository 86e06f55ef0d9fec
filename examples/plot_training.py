"""
Watch training, and stop it
===========================

Training is a generator: ``fit_epochs`` hands over each pass when it is done, with what was measured. Rows that are held
out tell when a machine begins to learn its rows by heart: their free energy then grows beyond that of the training
rows.
"""

from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from deepbelief import RBM
from deepbelief.displays import TrainingDisplay

X = load_digits().data / 16
X, held_out = train_test_split(X, train_size=150, random_state=0)

rbm = RBM(200, n_iter=150, weight_decay=0, random_state=0)
for epoch in rbm.fit_epochs(X, validation=held_out):
    gap = epoch.metrics["validation_free_energy"] - epoch.metrics["free_energy"]
    if epoch.epoch % 30 == 0:
        print(f"pass {epoch.epoch}: held-out rows lie {gap:.1f} nats above the training rows")
    if gap > 2:
        print(f"stopped after pass {epoch.epoch}")
        break

# %%
# The same numbers as a picture.

TrainingDisplay.from_estimator(rbm).plot()
