"""Networks that are trained one after another, and whose mean is the answer of an estimator."""

from dataclasses import dataclass

import numpy as np
from sklearn.utils.validation import check_is_fitted

from deepbelief.core.activations import ACTIVATIONS
from deepbelief.core.arrays import to_numpy
from deepbelief.core.devices import to_device
from deepbelief.core.network import Layers, Network
from deepbelief.core.outputs import Output
from deepbelief.core.phases import Phase, Place
from deepbelief.core.progress import Entry, EpochRecord
from deepbelief.core.randomness import RandomStreams
from deepbelief.core.side_by_side import joined, parted
from deepbelief.core.trees import tree_map
from deepbelief.estimators.annotations import Data
from deepbelief.estimators.inputs import VisibleInputMixin, mapped
from deepbelief.estimators.machines import rows_of


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
        What the networks have learned that have begun to learn, in their order. All members of an estimator share it.
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


class MembersMixin(VisibleInputMixin):
    """For estimators with networks that stand side by side in one, which the attributes hold."""

    n_networks: int
    n_networks_: int
    activation_: str
    top_biases_: np.ndarray
    coefs_: list[np.ndarray]
    intercepts_: list[np.ndarray]
    history_: list[Entry]

    def _output(self) -> Output:
        """Return the kind of the top layer, which each of the two estimators with this mixin says for itself."""
        raise NotImplementedError  # never reached: DBNClassifier and DBNRegressor have their own

    def _members(self, streams: RandomStreams, *, again: bool) -> list[Member]:
        """Return the networks to be trained one after another; the first has the random numbers of a single one."""
        learned: list[Layers] = []
        if again:
            learned = parted(self._network_layers(), [to_device(bias, self.device) for bias in self.top_biases_])
        scopes = [streams.scope("network", index) if index else streams for index in range(self.n_networks)]
        return [Member(index, scope, learned) for index, scope in enumerate(scopes)]

    def _forget_unfinished(self) -> None:
        """Leave out of the history what was measured of a network that was broken off before it joined the others."""
        self.history_ = [entry for entry in self.history_ if EpochRecord.of_entry(entry).network < self.n_networks_]

    def _has_joined(self, member: Member) -> bool:
        """Tell whether the answer is a mean of which this network is a part: the first one always is."""
        return member.index < getattr(self, "n_networks_", 1)

    def _join(self, member: Member) -> None:
        """Answer with the mean of this network, as it is by now, and of those that have joined before."""
        self.n_networks_ = max(member.index + 1, getattr(self, "n_networks_", 1))
        networks = member.networks[: self.n_networks_]
        self.top_biases_ = np.stack([to_numpy(network.biases[-1]) for network in networks])
        layers = joined(networks)
        self.coefs_ = [_without_traces(to_numpy(weights)) for weights in layers.weights]
        self.intercepts_ = [to_numpy(bias) for bias in layers.biases]

    def _network(self) -> Network:
        return Network((ACTIVATIONS[self.activation_],) * (len(self.coefs_) - 1), self._output())

    def _network_layers(self) -> Layers:
        layers = Layers(tuple(self.coefs_), tuple(self.intercepts_))
        return tree_map(lambda array: to_device(array, self.device), layers)

    def _answers(self, X: Data) -> np.ndarray:
        """Return what the network says of rows, see :meth:`Network.answers`."""
        check_is_fitted(self)
        network, layers = self._network(), self._network_layers()
        return mapped(lambda x: network.answers(layers, x), rows_of(self, X))


def _without_traces(weights: np.ndarray) -> np.ndarray:
    """Return weights in which the smallest ones are zero: less than 1e-20 of the largest.

    Adam shrinks the weights of units that never fire so far that they become subnormal numbers. Processors take many
    times longer for these, in predictions and when the network goes on learning.
    """
    least = 1e-20 * max(weights.max(initial=0), -weights.min(initial=0))
    traces = (weights > -least) & (weights < least) & (weights != 0)
    return np.where(traces, 0, weights).astype(weights.dtype, copy=False) if traces.any() else weights
