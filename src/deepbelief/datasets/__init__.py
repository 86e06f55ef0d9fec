"""Readers that turn files of tables, pictures and arrays into float32 data sets.

Rules of this room:

* A file is recognised by what it holds, never by its extension alone. What it was taken for is in ``Dataset.source``,
  ``notes`` and ``schema``.
* Data leave here as float32, one row per image or row of a table, C-contiguous; pixels in [0, 1], NaN where a cell of a
  table is missing.
* A bad file raises :class:`deepbelief.errors.DataError` and nothing else: one sentence that says what, where and what
  to do. Rows and columns count from 1; a row of a CSV is its line in the file, the header being row 1.
* No reader allocates more than both the header declares and the file holds.
* Nothing is downloaded except by `fetch_mnist`; scikit-learn, pandas, pyarrow and pillow are imported only when a
  function needs them.
"""

from deepbelief.datasets.dataset import Dataset, row_hashes
from deepbelief.datasets.fetching import fetch_mnist
from deepbelief.datasets.loading import load
from deepbelief.datasets.ratings import with_holes

__all__ = ["Dataset", "fetch_mnist", "load", "row_hashes", "with_holes"]
