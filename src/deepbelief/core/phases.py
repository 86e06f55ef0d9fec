"""The phases of training: the one place that says what each is called, in files, on terminals and on pages."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Phase:
    """A kind of training. ``{}`` in a text stands for the number of the layer, counted from 1.

    Parameters
    ----------
    name : str
        In records and files.
    label : str
        Beside the bar or the line that shows how far it is.
    title : str
        In tables and under pictures.
    trained : str
        What is trained, in messages.
    """

    name: str
    label: str
    title: str
    trained: str


PRETRAIN = Phase("pretrain", "layer {}", "pretraining of layer {}", "layer {}")
SOFTMAX = Phase("softmax", "softmax", "softmax layer", "the softmax layer")
OUTPUT = Phase("output", "output layer", "output layer", "the output layer")
FINETUNE = Phase("finetune", "fine-tuning", "fine-tuning of the whole network", "the network")

PHASES = {phase.name: phase for phase in (PRETRAIN, SOFTMAX, OUTPUT, FINETUNE)}


@dataclass(frozen=True)
class Place:
    """Where in a training: a phase, by its name, and, in pretraining, the index of a layer.

    Parameters
    ----------
    phase : str
        The name of a phase.
    layer : int, default=0
        Index of the layer in pretraining.
    network : int, default=0
        Index of the network in the other phases, where several are trained one after another.
    """

    phase: str
    layer: int = 0
    network: int = 0

    def __str__(self) -> str:
        return self._said("trained")

    @property
    def label(self) -> str:
        """What stands beside the bar or the line that shows how far it is."""
        return self._said("label")

    @property
    def title(self) -> str:
        """What stands in tables and under pictures."""
        return self._said("title")

    @property
    def suffix(self) -> str:
        """What tells a network from the first one: " (network 2)"; nothing for the first."""
        return f" (network {self.network + 1})" if self.network else ""

    def _said(self, how: str) -> str:
        """Return the phase in words; one that is none, as a file can hold it, by its name."""
        phase = PHASES.get(self.phase)
        said = self.phase if phase is None else getattr(phase, how).format(self.layer + 1)
        return f"{said}{self.suffix}"


NETWORK = Place(FINETUNE.name)
