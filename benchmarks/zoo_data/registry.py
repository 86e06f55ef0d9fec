"""What a set of the zoo is, and how a function becomes one."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

Table = tuple[Any, np.ndarray]  # X, dense or scipy.sparse, and y
Make = Callable[[int], Table]


@dataclass(frozen=True)
class DataSet:
    """One kind of data.

    Attributes
    ----------
    name : str
        What `--sets` calls it.
    about : str
        What it is, in one sentence.
    make : callable
        Returns X and y for a seed. The same seed gives the same data; bundled tables are the same for all seeds.
    tuned : bool
        Whether the constants of the defaults were chosen with a look at this set.
    """

    name: str
    about: str
    make: Make
    tuned: bool = False


class Room:
    """The sets of one module, in the order in which they are written."""

    def __init__(self) -> None:
        self.sets: list[DataSet] = []

    def holds(self, name: str, about: str, *, tuned: bool = False) -> Callable[[Make], Make]:
        """Register the function below as the set `name`."""

        def register(make: Make) -> Make:
            self.sets.append(DataSet(name, about, make, tuned))
            return make

        return register
