"""Named random streams from one seed.

A stream is named for what it decides (``streams.stream("layer", 0, "hidden")``), and its numbers depend on the seed and
the name only. So a monitor that is added, or a layer that is trained for longer, cannot change the numbers of anything
else. Nothing in this package draws from any other source.
"""

import hashlib
import json
import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from deepbelief.core.arrays import Array, drawn_on_device, draws_itself, like

Name = str | int
StreamState = dict[str, Any]  # four words of 64 bits, the half of one that is still to be used, draws on a device

# The sign and exponent of 1.0 as float32. With random bits in the 23 below it is in [1, 2).
_ONE, _FRACTION = np.uint32(0x3F800000), np.uint32(32 - 23)


class Stream:
    """One sequence of random numbers.

    They are drawn on the host at float32, the same for every backend: a probability is met to within 2⁻²³, far below
    any Monte-Carlo error. float32 tensors of torch alone are filled by their own device, which is spared the wait.

    The generator is PCG64DXSM (O'Neill 2014) because it can jump: who needs the numbers of some rows only, as one of
    several processes does, passes over those of the others at no cost.

    Parameters
    ----------
    seed : int
    """

    def __init__(self, seed: np.random.SeedSequence) -> None:
        self._seed = seed
        self._bits = np.random.PCG64DXSM(seed)
        self.generator = np.random.Generator(self._bits)
        self._device_draws = 0

    @property
    def state(self) -> StreamState:
        """Where the stream is, as JSON can hold it; set it to go there."""
        state = self._bits.state
        numbers = [state["state"]["state"], state["state"]["inc"]]
        return {
            "words": [part for number in numbers for part in divmod(int(number), 2**64)],
            "half": int(state["uinteger"]) if state["has_uint32"] else None,
            "device_draws": self._device_draws,
        }

    @state.setter
    def state(self, state: StreamState) -> None:
        half, words = state["half"], [int(word) for word in state["words"]]
        self._bits.state = {
            "bit_generator": "PCG64DXSM",
            "state": {"state": words[0] * 2**64 + words[1], "inc": words[2] * 2**64 + words[3]},
            "has_uint32": int(half is not None),
            "uinteger": half or 0,
        }
        self._device_draws = state["device_draws"]

    def uniform(self, shape: tuple[int, ...], other: Array) -> Array:
        """Draw from [0, 1), with the library, device and dtype of `other`.

        Parameters
        ----------
        shape : tuple of int
        other : array
            An array of the library, on the device and with the dtype wanted.

        Returns
        -------
        array, shape `shape`
        """
        if draws_itself(other):
            return drawn_on_device("rand", shape, other, self._device_seed())
        numbers = np.empty((math.prod(shape[:-1]), shape[-1]), dtype=np.float32)
        self.fill_uniform(numbers)
        return like(numbers.reshape(shape), other)

    def fill_uniform(self, out: np.ndarray) -> None:
        """Draw from [0, 1) into a float32 matrix.

        Parameters
        ----------
        out : ndarray of float32, shape (n_rows, n_columns)
        """
        bits = self.random_bits(*out.shape)
        np.right_shift(bits, _FRACTION, out=bits)
        np.bitwise_or(bits, _ONE, out=bits)
        np.subtract(bits.view(np.float32)[:, : out.shape[1]], np.float32(1), out=out)

    def random_bits(self, n_rows: int, n_columns: int) -> np.ndarray:
        """Draw 32 bits for each number of a matrix; the upper 23 are its fraction, if it is from [0, 1).

        Each row takes whole words of 64 bits, two numbers from each.

        Parameters
        ----------
        n_rows : int
        n_columns : int

        Returns
        -------
        ndarray of uint32, shape (n_rows, n_columns), or with one column more where `n_columns` is odd
        """
        words = self._bits.random_raw(n_rows * _words(n_columns))
        return words.view(np.uint32).reshape(n_rows, -1)

    def skip_uniform(self, n_rows: int, n_columns: int) -> None:
        """Pass over the numbers of so many rows.

        Parameters
        ----------
        n_rows : int
        n_columns : int
        """
        if n_rows:
            self._pass_over(n_rows * _words(n_columns))

    def _pass_over(self, n_words: int) -> None:
        half = self.state["half"]
        self._bits.advance(n_words)
        if half is not None:  # advance forgets it, drawing does not
            self.state = self.state | {"half": half}

    def normal(self, shape: tuple[int, ...], other: Array) -> Array:
        """Draw from N(0, 1), with the library, device and dtype of `other`.

        Parameters
        ----------
        shape : tuple of int
        other : array
            An array of the library, on the device and with the dtype wanted.

        Returns
        -------
        array, shape `shape`
        """
        if draws_itself(other):
            return drawn_on_device("randn", shape, other, self._device_seed())
        return like(self.generator.standard_normal(shape, dtype=np.float32), other)

    def choice(self, n: int, size: int) -> np.ndarray:
        """Draw `size` of the numbers 0 … n − 1, each time from all of them.

        Parameters
        ----------
        n : int
        size : int

        Returns
        -------
        ndarray of int, shape (size,)
        """
        return self.generator.integers(n, size=size)

    def permutation(self, n: int) -> np.ndarray:
        """Draw an order of 0 … n − 1.

        Parameters
        ----------
        n : int

        Returns
        -------
        ndarray of int, shape (n,)
        """
        return self.generator.permutation(n)

    def share(self, before: int, after: int) -> "Stream":
        """Return what draws for the rows of a batch that have so many before and after them.

        Parameters
        ----------
        before, after : int
            Rows of other processes.

        Returns
        -------
        Stream
        """
        return Share(self, before, after) if before or after else self

    def _device_seed(self) -> int:
        """Return a new seed for each draw, so that how many there were is all there is to remember."""
        self._device_draws += 1
        words = np.random.SeedSequence(self._seed.entropy, spawn_key=(self._device_draws,)).generate_state(2, np.uint32)
        return int(words[0]) + (int(words[1] >> 1) << 32)


def _words(n_columns: int) -> int:
    return (n_columns + 1) // 2


class Share(Stream):
    """The numbers of a stream that belong to some of the rows of a batch, others passed over.

    Several processes that each hold a share draw, together, what one process would.

    Parameters
    ----------
    whole : Stream
    before, after : int
        Rows of the batch before and after one's own.
    """

    def __init__(self, whole: Stream, before: int, after: int) -> None:
        self._whole, self._before, self._after = whole, before, after

    def uniform(self, shape: tuple[int, ...], other: Array) -> Array:
        """Draw from [0, 1) for one's own rows.

        Parameters
        ----------
        shape : tuple of int
        other : array
            An array of the library, on the device and with the dtype wanted.

        Returns
        -------
        array, shape `shape`
        """
        if draws_itself(other):
            return self._own(self._whole.uniform(self._batch(shape), other))
        return super().uniform(shape, other)

    def random_bits(self, n_rows: int, n_columns: int) -> np.ndarray:
        """Draw 32 random bits for each number of one's own rows.

        Parameters
        ----------
        n_rows : int
        n_columns : int

        Returns
        -------
        ndarray of uint32, shape (n_rows, at least n_columns)
        """
        self._whole.skip_uniform(self._before, n_columns)
        bits = self._whole.random_bits(n_rows, n_columns)
        self._whole.skip_uniform(self._after, n_columns)
        return bits

    def normal(self, shape: tuple[int, ...], other: Array) -> Array:
        """Draw from N(0, 1) for one's own rows; nobody knows beforehand how many words a normal number takes.

        Parameters
        ----------
        shape : tuple of int
        other : array
            An array of the library, on the device and with the dtype wanted.

        Returns
        -------
        array, shape `shape`
        """
        return self._own(self._whole.normal(self._batch(shape), other))

    def _batch(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        return (self._before + shape[0] + self._after, *shape[1:])

    def _own(self, numbers: Array) -> Array:
        return numbers[self._before : numbers.shape[0] - self._after]


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
        """Return the streams whose names begin with `names`.

        Parameters
        ----------
        *names : str or int

        Returns
        -------
        RandomStreams
        """
        return RandomStreams(self.seed, self.path + names)

    def stream(self, *names: Name) -> Stream:
        """Return a fresh stream, at its beginning, for this name.

        Parameters
        ----------
        *names : str or int

        Returns
        -------
        Stream
        """
        # JSON keeps 3 and "3" apart, and no name can imitate the path to another.
        name = json.dumps([part if isinstance(part, str) else int(part) for part in self.path + names])
        words = np.frombuffer(hashlib.sha256(name.encode()).digest(), dtype="<u4")
        return Stream(np.random.SeedSequence([self.seed, *(int(word) for word in words)]))
