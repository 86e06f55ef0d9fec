"""Images and labels from where they lie: bundled digits, MNIST's IDX files, Kaggle's CSV, NumPy's npz.

Rules of this room:

* A file is recognised by what it holds, never by its extension alone.
* Images leave here as float32 in [0, 1], one row per image, C-contiguous.
* A bad file raises :class:`deepbelief.errors.DataError` and nothing else: one sentence that says what, where and what
  to do. Rows and columns count from 1; a row of a CSV is its line in the file, the header being row 1.
* No reader allocates more than both the header declares and the file holds.
* Nothing is downloaded except by `fetch_mnist`, and scikit-learn is imported only when a function needs it.
"""

from deepbelief.datasets.bundled import fetch_mnist
from deepbelief.datasets.dataset import Dataset, row_hashes
from deepbelief.datasets.loading import load

__all__ = ["Dataset", "fetch_mnist", "load", "row_hashes"]
