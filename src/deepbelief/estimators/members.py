"""Networks that are trained one after another, and whose mean is the answer of an estimator."""

from dataclasses import dataclass

from deepbelief.core.network import Layers
from deepbelief.core.phases import Phase, Place
from deepbelief.core.randomness import RandomStreams


@dataclass(frozen=True)
class Member:
    """One of the networks of an estimator while it is trained.

    Parameters
    ----------
    index : int
        Counted from 0.
    streams : RandomStreams
        Its random numbers.
    networks : list of Layers
        What each network has learned: of all of them, or of this one and those before it.
    """

    index: int
    streams: RandomStreams
    networks: list[Layers]

    @property
    def is_new(self) -> bool:
        """Whether this network has not begun to learn."""
        return self.index >= len(self.networks)

    @property
    def layers(self) -> Layers:
        """What this network has learned."""
        return self.networks[self.index]

    def learn(self, layers: Layers) -> None:
        """Replace what this network has learned, or add it if it has learned nothing yet.

        Parameters
        ----------
        layers : Layers
        """
        self.networks[self.index : self.index + 1] = [layers]

    def place(self, phase: Phase) -> Place:
        """Return what is trained when this network goes through a phase.

        Parameters
        ----------
        phase : Phase

        Returns
        -------
        Place
        """
        return Place(phase.name, network=self.index)
