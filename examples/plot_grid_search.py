"""
Pretrain once, search many times
================================

Pretraining takes most of the time, and it does not look at labels. ``DBNClassifier.from_dbn`` starts from a net that
is already pretrained, so a grid search only fine-tunes.
"""

import matplotlib.pyplot as plt
from sklearn.datasets import load_digits
from sklearn.model_selection import GridSearchCV

from deepbelief import DBN, DBNClassifier

X, y = load_digits(return_X_y=True)
X, y = X[:500] / 16, y[:500]

dbn = DBN((60, 60), n_iter=15, random_state=0).fit(X)

grid = {"dropout": [0.0, 0.2, 0.5], "finetune_weight_decay": [0.0, 0.001, 0.004]}
classifier = DBNClassifier.from_dbn(dbn, finetune_epochs=8, random_state=0)
search = GridSearchCV(classifier, grid, cv=3).fit(X, y)
print("best:", search.best_params_, f"accuracy {search.best_score_:.3f}")

# %%
# The accuracy of each pair of settings, as the mean over three folds. The layers were pretrained on all rows, without
# their labels.

scores = search.cv_results_["mean_test_score"].reshape(3, 3)
figure, ax = plt.subplots(figsize=(5, 3.8), layout="constrained")
picture = ax.imshow(100 * scores, cmap="Blues")
for row, column in ((row, column) for row in range(3) for column in range(3)):
    dark = scores[row, column] > (scores.min() + scores.max()) / 2
    text = f"{100 * scores[row, column]:.1f}"
    ax.text(column, row, text, ha="center", va="center", color="white" if dark else "black")
ax.set(xlabel="finetune_weight_decay", ylabel="dropout")
ax.set(xticks=range(3), xticklabels=grid["finetune_weight_decay"], yticks=range(3), yticklabels=grid["dropout"])
figure.colorbar(picture, label="accuracy in %")
