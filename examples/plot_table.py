"""
A table with numbers and words
==============================

A table has columns of different kinds. With ``visible="mixed"``, an RBM reads a pandas DataFrame as it is: booleans
become Bernoulli units, numbers are standardised and become Gaussian units, and words become categorical units.
"""

import numpy as np
import pandas as pd
from sklearn.datasets import load_wine

from deepbelief import RBM
from deepbelief.displays import UnitProbeDisplay

wine = load_wine(as_frame=True)
table = wine.data[["alcohol", "malic_acid", "flavanoids", "color_intensity", "hue", "proline"]].copy()
table["strong"] = table["alcohol"] > 13
table["grower"] = np.array(["north", "south", "west"])[wine.target]

rbm = RBM(16, visible="mixed", n_iter=200, random_state=0).fit(table)
for feature in rbm.features_:
    print(feature)

# %%
# New rows have the columns of the table again: numbers in their own units, and words where there were words.

samples = pd.DataFrame(rbm.sample(5, n_steps=500, random_state=0), columns=rbm.feature_names_in_)
print(samples.to_string())

# %%
# Each hidden unit stands for columns that go together. A bar to the right means that the unit raises the value; words
# have a bar for each category.

UnitProbeDisplay.from_estimator(rbm, order="distinct", n_units=6).plot()
