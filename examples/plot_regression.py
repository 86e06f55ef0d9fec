"""
Predict numbers, with intervals
===============================

``DBNRegressor`` predicts numbers. It also says how far off it may be: nine tenths of new numbers of the same kind lie
in their intervals of ``coverage=0.9``.
"""

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import make_friedman1
from sklearn.model_selection import train_test_split

from deepbelief import DBNRegressor
from deepbelief.displays import PredictionsDisplay

X, y = make_friedman1(1000, noise=1.0, random_state=0)
X, X_test, y, y_test = train_test_split(X, y, test_size=300, random_state=0)

net = DBNRegressor((100,), random_state=0).fit(X, y)
print(f"R² on new rows: {net.score(X_test, y_test):.3f}")

# %%
# Predicted beside true numbers. Points on the line are predicted exactly.

PredictionsDisplay.from_estimator(net, X_test, y_test).plot()

# %%
# The intervals come from rows that the network did not learn from.

low, high = net.predict_interval(X_test, coverage=0.9)
inside = (low <= y_test) & (y_test <= high)
order = np.argsort(net.predict(X_test))[::6]
figure, ax = plt.subplots(figsize=(6.5, 3.6), layout="constrained")
ax.vlines(range(len(order)), low[order], high[order], color="#999999", lw=3, label="90 % interval")
ax.plot(range(len(order)), y_test[order], "o", ms=4, color="#0072B2", label="true number")
ax.set(xlabel="rows, by their prediction", ylabel="y", title=f"{100 * inside.mean():.0f} % of the rows lie inside")
ax.legend()
