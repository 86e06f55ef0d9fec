"""What the rules must know of how a model was trained."""

from collections.abc import Sequence
from dataclasses import dataclass

from deepbelief.core.phases import FINETUNE, PRETRAIN
from deepbelief.core.progress import Entry


@dataclass(frozen=True)
class Training:
    """How a stack, and the network grown from it, was trained.

    Parameters
    ----------
    records : sequence of dict
        What was measured after each epoch: ``phase``, ``layer`` and metrics by name.
    centred : bool
        Whether gradients were centred, see :mod:`~deepbelief.core.centring`.
    learning_rate : float or None
        That of the bottom layer, if it is known.
    """

    records: Sequence[Entry] = ()
    centred: bool = True
    learning_rate: float | None = None

    def of_layer(self, index: int) -> list[Entry]:
        """Return the records of a layer, counted from 0.

        Parameters
        ----------
        index : int

        Returns
        -------
        list of dict
        """
        return [record for record in self.records if record["phase"] == PRETRAIN.name and record["layer"] == index]

    def of_network(self) -> list[Entry]:
        """Return the records of fine-tuning; of several networks, those of the last one.

        Returns
        -------
        list of dict
        """
        records = [record for record in self.records if record["phase"] == FINETUNE.name]
        return [record for record in records if record.get("network", 0) == records[-1].get("network", 0)]

    @property
    def labels_only(self) -> bool:
        """Whether a network was trained from random weights on purpose: it has no layers to be judged."""
        return any(record["phase"] != PRETRAIN.name for record in self.records)


UNKNOWN = Training()
