"""Layers that hold blocks of units of different types."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from deepbelief.core.arrays import Array, namespace
from deepbelief.core.randomness import Stream
from deepbelief.core.units.base import ONE, Activity, ConstantSum, UnitParameters, Units


@dataclass(frozen=True)
class Mixed(Units):
    """Blocks of units side by side: the layer of a table that has numbers, bits and categories.

    U, Γ and everything that follows from them are those of the blocks. The parameters of a block are a slice of the
    layer's, which have the names of the parameters of all blocks; where a block has no use for one of them, it is zero
    and stays so.

    Parameters
    ----------
    blocks : tuple of (Units, int)
        The type of each block, and how many units it has, from the first unit of the layer on.
    """

    blocks: tuple[tuple[Units, int], ...]

    @property
    def bounds(self) -> tuple[float, float]:  # type: ignore[override]
        lows, highs = zip(*(units.bounds for units, _ in self.blocks), strict=True)
        return min(lows), max(highs)

    @property
    def values(self) -> str:  # type: ignore[override]
        return "in each block what its type takes"

    @property
    def needs_bounded(self) -> bool:  # type: ignore[override]
        return any(units.needs_bounded for units, _ in self.blocks)

    @property
    def learns_scale(self) -> bool:
        return any(units.learns_scale for units, _ in self.blocks)

    def slope(self, variances: np.ndarray = ONE) -> float:
        return max(units.slope(variances[columns]) for units, columns in self._columns())

    def _columns(self) -> Iterator[tuple[Units, slice]]:
        """Yield the blocks with their places in the layer."""
        first = 0
        for units, n_units in self.blocks:
            yield units, slice(first, first := first + n_units)

    def _own(self, parameters: UnitParameters) -> Iterator[tuple[Units, slice, UnitParameters]]:
        """Yield the blocks with their places and their parameters."""
        for units, columns in self._columns():
            yield units, columns, {name: parameters[name][columns] for name in units.parameter_names}

    def _joined(self, parts: list[Array]) -> Array:
        return namespace(parts[0]).concatenate(parts, axis=-1)

    def _filled(self, parts: list[UnitParameters]) -> UnitParameters:
        """Return parameters of the layer from those of its blocks."""
        names = dict.fromkeys(name for part in parts for name in part)
        return {name: self._joined([part.get(name, 0 * part["bias"]) for part in parts]) for name in names}

    def neutral(self, n_units: int, other: Array) -> UnitParameters:
        return self._filled([units.neutral(size, other) for units, size in self.blocks])

    def at_rest(self, n_units: int, other: Array) -> UnitParameters:
        return self._filled([units.at_rest(size, other) for units, size in self.blocks])

    def matched(self, mean: Array, variance: Array) -> UnitParameters:
        return self._filled([units.matched(mean[columns], variance[columns]) for units, columns in self._columns()])

    def inputs_for(self, parameters: UnitParameters, mean: Array) -> Array:
        return self._of_blocks(lambda units, own, x: units.inputs_for(own, x), parameters, mean)

    def potential(self, parameters: UnitParameters, x: Array) -> Array:
        first, *others = (units.potential(own, x[..., columns]) for units, columns, own in self._own(parameters))
        return sum(others, first)

    def _of_blocks(
        self, function: Callable[[Units, UnitParameters, Array], Array], parameters: UnitParameters, inputs: Array
    ) -> Array:
        """Return what a function of type, parameters and inputs gives for the blocks, side by side."""
        return self._joined(
            [function(units, own, inputs[..., columns]) for units, columns, own in self._own(parameters)]
        )

    def log_partition(self, parameters: UnitParameters, inputs: Array) -> Array:
        return self._of_blocks(lambda units, own, x: units.log_partition(own, x), parameters, inputs)

    def mean(self, parameters: UnitParameters, inputs: Array) -> Array:
        return self._of_blocks(lambda units, own, x: units.mean(own, x), parameters, inputs)

    def variance(self, parameters: UnitParameters, inputs: Array) -> Array:
        return self._of_blocks(lambda units, own, x: units.variance(own, x), parameters, inputs)

    def sample(self, parameters: UnitParameters, inputs: Array, stream: Stream) -> Array:
        return self._of_blocks(lambda units, own, x: units.sample(own, x, stream), parameters, inputs)

    def statistics(
        self, parameters: UnitParameters, activity: Activity, row_weights: Array | None = None
    ) -> UnitParameters:
        return self._filled(
            [
                units.statistics(own, _part(activity, columns), _weights(row_weights, columns))
                for units, columns, own in self._own(parameters)
            ]
        )

    def backward(self, parameters: UnitParameters, activity: Activity, delta: Array) -> Array:
        return self._joined(
            [
                units.backward(own, _part(activity, columns), delta[..., columns])
                for units, columns, own in self._own(parameters)
            ]
        )

    def sites(self, n_units: int) -> list[np.ndarray] | None:
        of_blocks = [units.sites(size) for units, size in self.blocks]
        return None if None in of_blocks else [site for sites in of_blocks for site in sites or []]

    def by_site(self, x: Array) -> Array:
        return self._joined([units.by_site(x[:, columns]) for units, columns in self._columns()])

    def part(self, columns: slice) -> Units:
        for units, own in self._columns():
            if own.start <= columns.start < own.stop:
                return units.part(slice(columns.start - own.start, columns.stop - own.start))
        raise IndexError(f"the layer has no units {columns.start} to {columns.stop}")

    def constant_sums(self, n_units: int) -> list[ConstantSum]:
        return [
            ConstantSum(slice(columns.start + one.columns.start, columns.start + one.columns.stop), one.total)
            for units, columns in self._columns()
            for one in units.constant_sums(columns.stop - columns.start)
        ]

    def takes(self, x: np.ndarray) -> np.ndarray:
        return np.concatenate([units.takes(x[..., columns]) for units, columns in self._columns()], axis=-1)


def _weights(row_weights: Array | None, columns: slice) -> Array | None:
    """Return the weights of the rows, or those that they have for each of these units."""
    return row_weights if row_weights is None or row_weights.ndim == 1 else row_weights[:, columns]


def _part(activity: Activity, columns: slice) -> Activity:
    inputs = activity.inputs
    return Activity(activity.values[..., columns], None if inputs is None else inputs[..., columns])
