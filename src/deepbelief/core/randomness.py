"""Named random streams from one seed.

A stream is named for what it decides (``streams.stream("layer", 0, "hidden")``), and its numbers depend on the seed and
the name only. So a monitor that is added, or a layer that is trained for longer, cannot change the numbers of anything
else. Nothing in this package draws from any other source.
"""

import hashlib
import json
from dataclasses import dataclass
from typing import Any

import numpy as np

from deepbelief.core.arrays import Array, like

Name = str | int
StreamState = dict[str, Any]  # four words of 64 bits, and the half of one that is still to be used


class Stream:
    """One sequence of random numbers, the same for every backend and every dtype.

    They are drawn on the host at float32: a probability is met to within 2⁻²⁴, far below any Monte-Carlo error.
    """

    def __init__(self, seed: np.random.SeedSequence) -> None:
        self.generator = np.random.Generator(np.random.SFC64(seed))

    @property
    def state(self) -> StreamState:
        """Where the stream is, as JSON can hold it; set it to go there."""
        state = self.generator.bit_generator.state
        return {
            "words": [int(word) for word in state["state"]["state"]],
            "half": int(state["uinteger"]) if state["has_uint32"] else None,
        }

    @state.setter
    def state(self, state: StreamState) -> None:
        half = state["half"]
        self.generator.bit_generator.state = {
            "bit_generator": "SFC64",
            "state": {"state": np.array(state["words"], dtype=np.uint64)},
            "has_uint32": int(half is not None),
            "uinteger": half or 0,
        }

    def uniform(self, shape: tuple[int, ...], other: Array) -> Array:
        """Draw from [0, 1), with the library, device and dtype of `other`."""
        return like(self.generator.random(shape, dtype=np.float32), other)

    def normal(self, shape: tuple[int, ...], other: Array) -> Array:
        """Draw from N(0, 1), with the library, device and dtype of `other`."""
        return like(self.generator.standard_normal(shape, dtype=np.float32), other)

    def choice(self, n: int, size: int) -> np.ndarray:
        """Draw `size` of the numbers 0 … n − 1, each time from all of them."""
        return self.generator.integers(n, size=size)

    def permutation(self, n: int) -> np.ndarray:
        """Draw an order of 0 … n − 1."""
        return self.generator.permutation(n)


@dataclass(frozen=True)
class RandomStreams:
    """All the randomness of one run: a seed, and the path of names that leads here.

    Parameters
    ----------
    seed : int
        Any non-negative integer.
    path : tuple of str or int
        The names that every stream drawn from here begins with.
    """

    seed: int
    path: tuple[Name, ...] = ()

    def scope(self, *names: Name) -> "RandomStreams":
        """Return the streams whose names begin with `names`."""
        return RandomStreams(self.seed, self.path + names)

    def stream(self, *names: Name) -> Stream:
        """Return a fresh stream, at its beginning, for this name."""
        # JSON keeps 3 and "3" apart, and no name can imitate the path to another.
        name = json.dumps([part if isinstance(part, str) else int(part) for part in self.path + names])
        words = np.frombuffer(hashlib.sha256(name.encode()).digest(), dtype="<u4")
        return Stream(np.random.SeedSequence([self.seed, *(int(word) for word in words)]))
