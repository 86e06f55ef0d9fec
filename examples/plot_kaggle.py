"""
Kaggle's layout, from file to submission
========================================

Kaggle's Digit Recognizer has a file ``train.csv`` (``label,pixel0,…``) and a file ``test.csv`` without labels. The
readers of deepbelief recognise this layout by its header. Here small files in the same layout are made from
scikit-learn's digits; the steps are the same with the real ones.
"""

import tempfile
from pathlib import Path

import numpy as np
from sklearn.datasets import load_digits

from deepbelief import DBNClassifier, datasets
from deepbelief.displays import ConfusionDisplay

folder = Path(tempfile.mkdtemp())
digits = load_digits()
pixels = np.round(digits.data * 255 / 16).astype(int)
order = np.random.default_rng(0).permutation(len(pixels))
names = ",".join(f"pixel{i}" for i in range(64))
train, test = order[:1300], order[1300:]
labelled = np.column_stack([digits.target, pixels])[train]
np.savetxt(folder / "train.csv", labelled, "%d", ",", header="label," + names, comments="")
np.savetxt(folder / "test.csv", pixels[test], "%d", ",", header=names, comments="")

# %%
# The reader finds the column of labels and divides the pixels by 255.

data = datasets.load(folder / "train.csv")
print(data.images.shape, data.images.min(), data.images.max(), data.labels[:10])

net = DBNClassifier((100, 100), pretrain_epochs=20, finetune_epochs=15, random_state=0)
net.fit(data.images, data.labels)

# %%
# The submission has a line for each row of ``test.csv``. ``deepbelief predict RUN test.csv`` writes the same file.

predicted = net.predict(datasets.load(folder / "test.csv").images)
lines = ["ImageId,Label", *(f"{i},{label}" for i, label in enumerate(predicted, 1))]
(folder / "submission.csv").write_text("\n".join(lines) + "\n")
print("\n".join(lines[:5]))

# %%
# The true labels are known here, so the mistakes can be counted.

ConfusionDisplay.from_predictions(digits.target[test], predicted).plot()
