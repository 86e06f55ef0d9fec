"""Which rows a model learned from: a sample of their hashes, small enough for the model's file."""

from dataclasses import dataclass

import numpy as np

MOST = 65_536  # hashes that are kept: half a megabyte


@dataclass(frozen=True, eq=False)
class LearnedRows:
    """The rows that a model learned from, as a sample of their hashes: the smallest ones.

    As hashes spread evenly whatever the rows are, the smallest ones are a random sample of the rows. It is the same
    sample in any data, so that a row whose hash is not above the largest one kept can be looked up, and any other
    cannot. As long as all hashes are kept, every row can be.

    Parameters
    ----------
    hashes : ndarray of uint64, shape (n_hashes,)
        Ascending, none twice; at least one.
    n_distinct : int
        Different rows learned from, at least `n_hashes`.

    References
    ----------
    E. Cohen and H. Kaplan, *Summarizing data using bottom-k sketches*, PODC 2007.
    """

    hashes: np.ndarray
    n_distinct: int

    @classmethod
    def of(cls, row_hashes: np.ndarray) -> "LearnedRows":
        """Return those with these hashes, as :func:`deepbelief.datasets.row_hashes` makes them.

        Parameters
        ----------
        row_hashes : ndarray of shape (n_rows,)

        Returns
        -------
        LearnedRows
        """
        distinct = np.unique(row_hashes)
        return cls(distinct[:MOST].copy(), len(distinct))  # a copy, so that the others need not stay in memory

    def told_apart(self, row_hashes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Look rows up by their hashes.

        Parameters
        ----------
        row_hashes : ndarray of uint64, shape (n_rows,)

        Returns
        -------
        learned, others : ndarray of bool, shape (n_rows,)
            The rows that were learned from and those that were not; a row that cannot be looked up is in neither.
        """
        learned = np.isin(row_hashes, self.hashes)
        if self.n_distinct == len(self.hashes):
            return learned, ~learned
        return learned, ~learned & (row_hashes < self.hashes[-1])
