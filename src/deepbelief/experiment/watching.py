"""A training as it stands after an epoch, for those who watch it. It reads what training holds, and changes nothing."""

from dataclasses import dataclass, field

import numpy as np

from deepbelief.core import inspection
from deepbelief.core.arrays import to_numpy
from deepbelief.core.diagnosis import Finding, examine
from deepbelief.core.diagnosis.training import Training as Past
from deepbelief.core.drawing import drawn_rows
from deepbelief.core.phases import PRETRAIN
from deepbelief.core.progress import Epoch, EpochRecord
from deepbelief.core.randomness import RandomStreams
from deepbelief.core.rows import Rows
from deepbelief.core.stack import Layer, down, up
from deepbelief.experiment.network_view import NetworkOnlooker, NetworkView
from deepbelief.experiment.training import Training

UNITS, ROWS, LOOKED_AT, SWEEPS = 48, 12, 500, 30


@dataclass(frozen=True, eq=False)
class View:
    """What a layer that learns has come to.

    Parameters
    ----------
    layer : int
        Counted from 1.
    units : ndarray of shape (n_units, n_visible)
        The first units: of the bottom layer what each adds when it alone is on, of others what turns each on.
    rows, reconstructions, samples : ndarray of shape (n_rows, n_visible)
        Some rows as the visible units see them, what comes down from this layer for each, and samples of chains that
        start at them.
    findings : list of Finding
        What the diagnosis says of the layers so far.
    """

    layer: int
    units: np.ndarray
    rows: np.ndarray
    reconstructions: np.ndarray
    samples: np.ndarray
    findings: list[Finding]


@dataclass(eq=False)
class Onlooker:
    """Looks at a training after each epoch.

    Its random numbers are its own, and no array of the training is written to: the model is the same without it.

    Parameters
    ----------
    training : Training
    layers : list of Layer
        The layers so far, from the bottom up; empty at the beginning.
    records : list of EpochRecord
        The epochs so far.
    rows : Rows or None
        Some of the rows that the bottom layer learns from, once they are known.
    """

    training: Training
    layers: list[Layer] = field(default_factory=list)
    records: list[EpochRecord] = field(default_factory=list)
    rows: Rows | None = None

    def __post_init__(self) -> None:
        self._network = NetworkOnlooker(self.training)

    def noticed(self, record: EpochRecord) -> None:
        """Take note of an epoch that has just ended.

        Parameters
        ----------
        record : EpochRecord
        """
        self.records.append(record)
        epoch = self.training.newest
        if epoch is None or epoch.machine is None:
            return
        if epoch.layer == 0 and self.rows is None:
            self.rows = epoch.rows.spread(LOOKED_AT)
        self.layers = [*self.layers[: epoch.layer], Layer(epoch.machine, epoch.state.parameters)]

    def view(self) -> View | NetworkView | None:
        """Return what the layer or the network that learned last has come to; None where layers below are not known.

        These are not known of a run that was resumed while a layer above them learned.

        Returns
        -------
        View, NetworkView or None
        """
        epoch = self.training.newest
        if epoch is not None and epoch.phase != PRETRAIN.name:
            return self._network.view()
        if epoch is None or epoch.machine is None or self.rows is None or len(self.layers) != epoch.layer + 1:
            return None
        return self._view(self.rows, epoch)

    def _view(self, rows: Rows, epoch: Epoch) -> View:
        x = rows.take(slice(None))
        some = rows.spread(ROWS).take(slice(None))
        units = np.arange(min(UNITS, epoch.state.parameters.weights.shape[1]))
        if epoch.layer == 0:
            shown = to_numpy(inspection.unit_images(self.layers, units))
        else:
            shown = inspection.exciting_images(to_numpy(x), to_numpy(up(self.layers, x))[:, units])
        network = self.training.network
        return View(
            epoch.layer + 1,
            shown,
            to_numpy(some),
            to_numpy(down(self.layers, up(self.layers, some))),
            drawn_rows(self.layers, some, SWEEPS, RandomStreams(0)).samples,
            examine(self.layers, rows, Past([record.entry for record in self.records], network["centered"])),
        )
