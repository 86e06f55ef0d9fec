"""The operations of a step in C: see ``core/native``."""

from types import ModuleType

import numpy as np

from deepbelief.core import native
from deepbelief.core.kernels.numpy_engine import AdamStep, add_change
from deepbelief.core.parallel import Group
from deepbelief.core.randomness import Stream
from deepbelief.core.rows import Reads, Rows

LINE = 16  # numbers that a cache line holds, and at the most a vector


class NativeEngine:
    """An :class:`~.engine.Engine` at float32, on all cores.

    Parameters
    ----------
    module : module
        Of ``core/native``.
    """

    def __init__(self, module: ModuleType) -> None:
        self._module = module
        self._gradients: dict[tuple[int, ...], np.ndarray] = {}

    @property
    def name(self) -> str:
        """What the records call it: its instruction set."""
        return native.kernels()

    def zeros(self, n_rows: int, n_columns: int) -> np.ndarray:
        """Return a matrix of zeros whose rows begin with a cache line.

        They are an odd number of lines apart: at a power of two, all of them would compete for the same places there.
        """
        stride = (-(-n_columns // LINE) | 1) * LINE
        memory = np.zeros(n_rows * stride + LINE, np.float32)
        begin = -memory.ctypes.data // memory.itemsize % LINE
        return memory[begin : begin + n_rows * stride].reshape(n_rows, stride)[:, :n_columns]

    def reader(self, rows: Rows, n_most: int) -> Reads:
        """Return what reads batches of at most `n_most` rows."""
        matrix = rows.matrix
        is_known = isinstance(matrix, np.ndarray) and matrix.dtype in (np.uint8, np.float32)
        if is_known and rows.has_one_scale and matrix.flags.aligned and matrix.strides[1] == matrix.itemsize:
            return NativeReader(self._module, rows)
        return rows.reader(n_most)

    def logistic(
        self,
        x: np.ndarray,
        w: np.ndarray,
        means: np.ndarray | None = None,
        scale: float = 1.0,
        states: np.ndarray | None = None,
        stream: Stream | None = None,
    ) -> None:
        """Compute σ(x w), and draw from it."""
        bits = None if stream is None else stream.random_bits(len(x), w.shape[1])
        self._module.logistic(x, w, means, scale, states, bits)

    def linear(self, x: np.ndarray, w: np.ndarray, out: np.ndarray) -> None:
        """Compute x w."""
        self._module.linear(x, w, out)

    def backward(self, errors: np.ndarray, w: np.ndarray, means: np.ndarray, out: np.ndarray) -> None:
        """Bring errors down to the units below."""
        self._module.slope(errors, w.T, out, 1.0, None, None, means)

    def softmax_errors(self, logits: np.ndarray, targets: np.ndarray, scale: float) -> tuple[float, int]:
        """Turn logits into scaled errors, in place."""
        return self._module.softmax_errors(logits, targets, scale)

    def centre(self, x: np.ndarray, offsets: np.ndarray) -> None:
        """Centre rows in place."""
        self._module.centre(x, offsets)

    def update(
        self,
        matrix: np.ndarray,
        velocity: np.ndarray,
        left: np.ndarray,
        right: np.ndarray,
        momentum: float,
        decay: float,
        n_in: int,
        n_out: int,
        group: Group,
    ) -> None:
        """Make a step, in one pass over the matrix unless processes have to add up what they found."""
        if group.size == 1:
            self._module.update(left, right, matrix, velocity, momentum, decay, n_in, n_out)
            return
        change = np.empty(matrix.shape, np.float32)
        self._module.linear(left.T, right, change)
        group.add_up(change)
        add_change(matrix, velocity, change, momentum, decay, n_in, n_out)

    def adam(
        self,
        matrix: np.ndarray,
        mean: np.ndarray,
        square: np.ndarray,
        left: np.ndarray,
        right: np.ndarray,
        decay: float,
        step: AdamStep,
    ) -> None:
        """Make a step of Adam, in one pass over the arrays."""
        if matrix.shape not in self._gradients:
            self._gradients[matrix.shape] = np.empty(matrix.shape, np.float32)
        gradient = self._gradients[matrix.shape]  # for long sums only
        self._module.adam(left, right, matrix, mean, square, gradient, *step, decay)

    def normalise(self, inputs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Give each column mean 0 and variance 1, in place."""
        means, deviations = (np.empty(inputs.shape[1], np.float32) for _ in range(2))
        self._module.normalise(inputs, means, deviations)
        return means, deviations

    def normal_errors(
        self, errors: np.ndarray, values: np.ndarray, factors: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Take errors down to what was normalised, in place."""
        of_biases, of_gains = (np.empty(errors.shape[1], np.float32) for _ in range(2))
        self._module.normal_errors(errors, values, factors, of_biases, of_gains)
        return of_biases, of_gains

    def scaled_units(self, x: np.ndarray, scales: np.ndarray, offsets: np.ndarray, out: np.ndarray) -> None:
        """Compute σ(x · scales + offsets)."""
        self._module.scaled_units(x, scales, offsets, out)


class NativeReader:
    """Reads, and scales, bytes and floats that lie row after row.

    Parameters
    ----------
    module : module
        Of ``core/native``.
    rows : Rows
    """

    def __init__(self, module: ModuleType, rows: Rows) -> None:
        self._module, self._rows = module, rows

    def read(self, indices: np.ndarray, out: np.ndarray) -> None:
        """Write the rows `indices` into `out`."""
        self._module.gather(self._rows.matrix, self._rows.places(indices), self._rows.shift, self._rows.scale, out)
