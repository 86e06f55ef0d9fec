"""The devices that arrays live on: what is there, how an array gets there, how exactly it multiplies, what room it has,
and where formulas are compiled.

``"numpy"`` is the host with NumPy; every other name is torch's. torch is imported only where another one is asked for.
"""

import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any, cast

import numpy as np

from deepbelief.core.arrays import Array

COMPILED_DEVICES = {"cuda"}  # where launching operations one by one takes longer than they do


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


def compiled(formula: Callable[..., Any], x: Array) -> Callable[..., Any]:
    """Return a formula compiled for the device of `x`, or as it is where that brings nothing or no compiler is there.

    Parameters
    ----------
    formula : callable
        A function of arrays, of trees of them, and of what stays the same, without anything random in it. Numbers that
        change from call to call are arrays without axes: for each new number it would be compiled anew.
    x : array
        One of the arrays.

    Returns
    -------
    callable
    """
    if isinstance(x, np.ndarray):
        return formula
    kind = cast(Any, x).device.type
    return _compiled(formula) if kind in COMPILED_DEVICES and can_compile(kind) else formula


@cache
def _compiled(formula: Callable[..., Any]) -> Callable[..., Any]:
    import torch

    return torch.compile(formula, dynamic=False)


@cache
def can_compile(kind: str) -> bool:
    """Tell whether torch finds a compiler that works for this kind of device, by compiling something.

    Parameters
    ----------
    kind : str
        Such as ``"cuda"``.

    Returns
    -------
    bool
    """
    import torch

    try:
        return bool(torch.compile(lambda x: 2 * x + 1)(torch.ones(2, device=kind))[0] == 3)
    except Exception:  # whatever is missing or too old: the steps are the same without it, only slower
        return False
