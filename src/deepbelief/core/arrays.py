"""The two array libraries: which one an array belongs to, on which device it is, and how to move it.

Everything above works on NumPy and torch arrays alike through the functions both libraries share; what they do
differently is written here and nowhere else. torch is never imported unless a device other than ``"numpy"`` is asked
for, or a torch tensor is handed in.
"""

import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import fields, is_dataclass, replace
from types import ModuleType
from typing import Any, Protocol, TypeGuard, TypeVar

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


Tree = TypeVar("Tree")

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


def to_device(array: np.ndarray, device: str) -> Array:
    """Move a NumPy array to `device`: ``"numpy"``, or any device torch knows.

    Parameters
    ----------
    array : ndarray
    device : str
        ``"numpy"``, or any device torch knows.

    Returns
    -------
    array, shape of `array`
    """
    if device == "numpy":
        return array
    import torch

    # A copy: the caller's array stays the caller's. torch reads no array backwards, nor one that is not aligned.
    is_readable = array.flags.aligned and min(array.strides, default=0) >= 0
    return torch.tensor(array if is_readable else array.copy(), device=device)


def to_device_if_room(array: np.ndarray, device: str) -> Array | None:
    """Move a NumPy array to a torch device; None if the device has no room for it.

    Parameters
    ----------
    array : ndarray
    device : str
        A device torch knows.

    Returns
    -------
    tensor, shape of `array`, or None
    """
    import torch

    try:
        return to_device(array, device)
    except torch.OutOfMemoryError:
        return None


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
    # Columns of b lie side by side, or rows of both do; nothing is broadcast or runs backwards.
    are_dense = columns.strides[1] == 4 or columns.strides[0] == a.strides[-1] == 4
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


def check_device(device: str) -> None:
    """Refuse, in a sentence, a device this machine does not have.

    Parameters
    ----------
    device : str
        ``"numpy"``, or any device torch knows.

    Raises
    ------
    ValueError
        If `device` is unknown, torch is not installed, or torch finds no such device.
    """
    if device == "numpy":
        return
    try:
        import torch
    except ImportError:
        raise ValueError(
            f"device={device!r} needs torch, which is not installed; pip install torch, or use device='numpy'"
        ) from None
    try:
        torch.zeros(1, device=device).cpu()
    except (RuntimeError, AssertionError, NotImplementedError) as error:  # torch has one for each kind of absence
        reason = re.split(r"\. |; | at start of |\n", str(error), maxsplit=1)[0]
        raise ValueError(f"device={device!r} cannot be used here ({reason}); try device='numpy' or 'cpu'") from None


def check_precision(precision: str, device: str) -> None:
    """Refuse a lower precision of products on a device that does not have one.

    Parameters
    ----------
    precision : {"highest", "high", "medium"}
        As ``torch.set_float32_matmul_precision`` takes it.
    device : str
        ``"numpy"``, or any device torch knows.

    Raises
    ------
    ValueError
        For NumPy, which has one precision only.
    """
    if precision != "highest" and device == "numpy":
        raise ValueError(
            f"precision={precision!r} needs a torch device, such as 'cpu' or 'cuda'; NumPy has precision='highest' only"
        )


@contextmanager
def matmul_precision(precision: str) -> Iterator[None]:
    """Let torch multiply float32 matrices as ``torch.set_float32_matmul_precision`` says, for a while.

    Parameters
    ----------
    precision : {"highest", "high", "medium"}
    """
    if precision == "highest":
        yield
        return
    torch = sys.modules["torch"]
    before = torch.get_float32_matmul_precision()
    torch.set_float32_matmul_precision(precision)
    try:
        yield
    finally:
        torch.set_float32_matmul_precision(before)


def device_memory(device: str) -> int | None:
    """Return how many bytes are free on a torch device, None where torch does not tell.

    Parameters
    ----------
    device : str
        A device torch knows.

    Returns
    -------
    int or None
    """
    torch = sys.modules["torch"]
    return torch.cuda.mem_get_info(device)[0] if torch.device(device).type == "cuda" else None


def tree_map(function: Callable[..., Any], tree: Tree, *others: Any) -> Tree:
    """Apply `function` leaf by leaf to trees of one shape: arrays in dataclasses, dicts and tuples.

    Parameters
    ----------
    function : callable
        Takes one leaf of each tree, returns the new leaf.
    tree, *others : dataclass, dict, tuple or array
        Trees with the same structure as `tree`.

    Returns
    -------
    dataclass, dict, tuple or array
        A new tree with the structure of `tree`.
    """
    # The result has the type of the tree, which is what the tests below find: more than a type checker can follow.
    node: Any = tree
    if is_dataclass(node):
        names = [field.name for field in fields(node)]
        changed = {
            name: tree_map(function, getattr(node, name), *(getattr(other, name) for other in others)) for name in names
        }
        return replace(node, **changed)  # type: ignore[return-value, type-var]
    if isinstance(node, dict):
        return {key: tree_map(function, node[key], *(other[key] for other in others)) for key in node}  # type: ignore
    if isinstance(node, tuple):
        return tuple(tree_map(function, *leaves) for leaves in zip(node, *others, strict=True))  # type: ignore
    return function(node, *others)


def all_finite(tree: Any) -> bool:
    """Tell whether every number in a tree of arrays is finite.

    Parameters
    ----------
    tree : tree of arrays
        See :func:`tree_map`.

    Returns
    -------
    bool
    """
    finite = True

    def look(leaf: Array) -> Array:
        nonlocal finite
        finite = finite and bool(namespace(leaf).isfinite(leaf).all())
        return leaf

    tree_map(look, tree)
    return finite
