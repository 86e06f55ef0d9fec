"""Early stopping."""

import math
from collections.abc import Iterator

from deepbelief.core.progress import Epoch, Midway


class EarlyStopping:
    """Remember the best epoch, and stop when `patience` later ones have not been better.

    Parameters
    ----------
    metric : str
        The metric to watch; lower is better.
    patience : int
        Epochs without a new best after which to stop.

    Attributes
    ----------
    best : Epoch or None
        The best epoch so far.
    """

    def __init__(self, metric: str, patience: int) -> None:
        self.metric = metric
        self.patience = patience
        self.best: Epoch | None = None

    def watch(self, epochs: Iterator[Epoch | Midway]) -> Iterator[Epoch | Midway]:
        """Pass `epochs` on until `patience` epochs have brought no improvement.

        Parameters
        ----------
        epochs : iterator of Epoch or Midway

        Yields
        ------
        Epoch or Midway
        """
        for epoch in epochs:
            if isinstance(epoch, Midway):
                yield epoch
                continue
            best = math.nan if self.best is None else self.best.metrics[self.metric]
            if self.best is None or math.isnan(best) or epoch.metrics[self.metric] < best:
                self.best = epoch
            yield epoch
            if self.is_over(epoch.epoch):
                return

    def is_over(self, number: int) -> bool:
        """Tell whether to stop after this many epochs.

        Parameters
        ----------
        number : int

        Returns
        -------
        bool
        """
        return self.best is not None and number - self.best.epoch >= self.patience
