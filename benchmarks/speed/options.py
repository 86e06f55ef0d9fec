"""What one run of the benchmarks was asked for."""

from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Options:
    """Settings that all benchmarks share.

    Parameters
    ----------
    repeats : int
        Rounds in which the contenders take turns.
    quick : bool
        Small shapes, only to see that everything works.
    data : Path
        The folder that MNIST lies in.
    seeds : list of int
        Of the whole recipe.
    without : list of str
        Peers that are left out.
    """

    repeats: int
    quick: bool
    data: Path
    seeds: list[int] = field(default_factory=lambda: [0])
    without: list[str] = field(default_factory=list)
