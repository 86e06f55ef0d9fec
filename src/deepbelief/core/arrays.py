"""The two array libraries: which one an array belongs to, and how to make an array like another.

Everything above works on NumPy and torch arrays alike through the functions both libraries share; what they do
differently is written here, and in :mod:`.devices`, and nowhere else. torch is not imported here: where a tensor is
handed in, it is imported already.
"""

import sys
from collections.abc import Iterator
from types import ModuleType
from typing import Any, Protocol, TypeGuard

import numpy as np

from deepbelief.core import native


class Array(Protocol):
    """What NumPy arrays and torch tensors have in common, as far as the core uses it.

    Functions that work on both are annotated with it, so that a type checker finds what only one of the two has.
    """

    @property
    def shape(self) -> tuple[int, ...]:
        """The length of each axis."""

    @property
    def ndim(self) -> int:
        """The number of axes."""

    @property
    def dtype(self) -> Any:
        """The type of the numbers, as the library calls it."""

    @property
    def T(self) -> "Array":
        """The transposed matrix."""

    def __array__(self) -> np.ndarray: ...
    def __len__(self) -> int: ...
    def __iter__(self) -> Iterator["Array"]: ...
    def __getitem__(self, key: Any, /) -> "Array": ...
    def __setitem__(self, key: Any, value: Any, /) -> None: ...
    def __eq__(self, other: object, /) -> Any: ...
    def __ne__(self, other: object, /) -> Any: ...
    def __bool__(self) -> bool: ...
    def __int__(self) -> int: ...
    def __float__(self) -> float: ...
    def __abs__(self) -> "Array": ...
    def __invert__(self) -> "Array": ...
    def __neg__(self) -> "Array": ...
    def __add__(self, other: Any, /) -> "Array": ...
    def __radd__(self, other: Any, /) -> "Array": ...
    def __sub__(self, other: Any, /) -> "Array": ...
    def __rsub__(self, other: Any, /) -> "Array": ...
    def __mul__(self, other: Any, /) -> "Array": ...
    def __rmul__(self, other: Any, /) -> "Array": ...
    def __truediv__(self, other: Any, /) -> "Array": ...
    def __rtruediv__(self, other: Any, /) -> "Array": ...
    def __pow__(self, other: Any, /) -> "Array": ...
    def __matmul__(self, other: Any, /) -> "Array": ...
    def __rmatmul__(self, other: Any, /) -> "Array": ...
    def __lt__(self, other: Any, /) -> "Array": ...
    def __le__(self, other: Any, /) -> "Array": ...
    def __gt__(self, other: Any, /) -> "Array": ...
    def __ge__(self, other: Any, /) -> "Array": ...
    def __and__(self, other: Any, /) -> "Array": ...
    def __or__(self, other: Any, /) -> "Array": ...
    def __xor__(self, other: Any, /) -> "Array": ...
    def __rxor__(self, other: Any, /) -> "Array": ...

    def reshape(self, shape: Any, /, *lengths: int) -> "Array":
        """Return the same numbers in another shape.

        Parameters
        ----------
        shape : int or tuple of int
            The length of the first axis, or of all axes.
        *lengths : int
            The lengths of the other axes.
        """

    def all(self) -> Any:
        """Return whether all elements are true."""

    def any(self) -> Any:
        """Return whether any element is true."""

    def sum(self, axis: Any = None) -> Any:
        """Return the sum.

        Parameters
        ----------
        axis : int, optional
            Along one axis; of all elements if None.
        """

    def mean(self, axis: Any = None) -> Any:
        """Return the mean.

        Parameters
        ----------
        axis : int, optional
            Along one axis; of all elements if None.
        """


_LEAST_WORK = 20_000  # multiplications: with fewer, finding out how they are to be made takes longer than making them


def _is_torch(array: Array) -> TypeGuard[Any]:
    return type(array).__module__.partition(".")[0] == "torch"


def namespace(array: Array) -> ModuleType:
    """Return the library, ``numpy`` or ``torch``, whose functions work on `array`.

    Parameters
    ----------
    array : array

    Returns
    -------
    module
        ``numpy`` or ``torch``.

    Examples
    --------
    >>> import numpy as np
    >>> from deepbelief.core.arrays import namespace
    >>> namespace(np.ones(3)).__name__
    'numpy'
    """
    return sys.modules["torch"] if _is_torch(array) else np


def to_numpy(array: Array) -> np.ndarray:
    """Return `array` as a NumPy array, copied only where it lives on another device.

    Parameters
    ----------
    array : array

    Returns
    -------
    ndarray, shape of `array`
    """
    return array.detach().cpu().numpy() if _is_torch(array) else np.asarray(array)


def as_dtype(array: Any, dtype: type[np.floating]) -> Array:
    """Return a torch tensor with the dtype that NumPy calls `dtype`.

    Parameters
    ----------
    array : tensor
    dtype : dtype
        As NumPy calls it.

    Returns
    -------
    tensor, shape of `array`
    """
    return array.to(getattr(namespace(array), np.dtype(dtype).name))


def like(values: np.ndarray, other: Array) -> Array:
    """Return NumPy `values` with the library, device and dtype of `other`.

    Parameters
    ----------
    values : ndarray
    other : array
        An array of the library, on the device and with the dtype wanted.

    Returns
    -------
    array, shape of `values`
    """
    if _is_torch(other):
        return namespace(other).from_numpy(np.ascontiguousarray(values)).to(device=other.device, dtype=other.dtype)
    return np.asarray(values, dtype=other.dtype)


def is_beside(array: Array, other: Array) -> bool:
    """Tell whether two arrays belong to one library and live on one device.

    Parameters
    ----------
    array : array
    other : array

    Returns
    -------
    bool
    """
    if _is_torch(array) and _is_torch(other):
        return bool(array.device == other.device)
    return not _is_torch(array) and not _is_torch(other)


def is_on_host(array: Array) -> bool:
    """Tell whether an array lies where NumPy can read it: it is one of NumPy, or a tensor on torch's ``"cpu"``.

    Parameters
    ----------
    array : array

    Returns
    -------
    bool
    """
    return not _is_torch(array) or bool(array.device.type == "cpu")


def cast(array: Array, other: Array) -> Array:
    """Return `array` with the dtype of `other`; both belong to one library.

    Parameters
    ----------
    array : array
    other : array
        An array of the library, on the device and with the dtype wanted.

    Returns
    -------
    array, shape of `array`
    """
    return array.to(other.dtype) if _is_torch(array) else np.asarray(array).astype(other.dtype, copy=False)


def product(a: Array, b: Array) -> Array:
    """Return the matrix product a b; `b` may be a vector.

    On the host, float32 goes through the loops in C, where they are. A BLAS would be as fast, but it keeps its threads
    awake for a tenth of a second after each product, and they would take the cores from those loops.

    Parameters
    ----------
    a : array, shape (n, m)
    b : array, shape (m, k) or (m,)

    Returns
    -------
    array, shape (n, k) or (n,)
    """
    if native.module is None or not (is_host_float32(a) and is_host_float32(b)):
        return a @ b
    columns = b.reshape(len(b), 1) if b.ndim == 1 else b
    are_dense = 4 in columns.strides  # its columns lie side by side or its rows do; nothing is broadcast or backwards
    if a.ndim != 2 or a.size * columns.shape[1] < _LEAST_WORK or not are_dense or min(a.strides + columns.strides) <= 0:
        return a @ b
    out = np.empty((len(a), columns.shape[1]), np.float32)
    native.module.linear(a, columns, out)
    return out.reshape(len(a), *b.shape[1:])


def is_host_float32(array: Array) -> TypeGuard[np.ndarray]:
    """Tell whether an array is one of NumPy that the loops in C can take: aligned float32.

    Parameters
    ----------
    array : array

    Returns
    -------
    bool
    """
    return isinstance(array, np.ndarray) and array.dtype == np.float32 and array.flags.aligned


def zeros(shape: tuple[int, ...], other: Array) -> Array:
    """Return zeros with the library, device and dtype of `other`.

    Parameters
    ----------
    shape : tuple of int
    other : array
        An array of the library, on the device and with the dtype wanted.

    Returns
    -------
    array, shape `shape`
    """
    if _is_torch(other):
        return namespace(other).zeros(shape, dtype=other.dtype, device=other.device)
    return np.zeros(shape, dtype=other.dtype)


def draws_itself(other: Array) -> bool:
    """Tell whether random numbers like `other` are drawn on its device, as they are for float32 tensors.

    Parameters
    ----------
    other : array
        An array of the library, on the device and with the dtype wanted.

    Returns
    -------
    bool
    """
    return _is_torch(other) and other.dtype is namespace(other).float32


def drawn_on_device(kind: str, shape: tuple[int, ...], other: Any, seed: int) -> Array:
    """Draw with ``torch.rand`` or ``torch.randn`` from a generator with this `seed` on the device of `other`.

    Parameters
    ----------
    kind : {"rand", "randn"}
        Uniform in [0, 1), or standard normal.
    shape : tuple of int
    other : tensor
    seed : int

    Returns
    -------
    tensor, shape `shape`
    """
    torch = namespace(other)
    generator = torch.Generator(device=other.device).manual_seed(seed)
    return getattr(torch, kind)(shape, generator=generator, dtype=other.dtype, device=other.device)
