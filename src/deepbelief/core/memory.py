"""Whether there is room for a machine, asked before hours of training rather than found out in them."""

import os
from itertools import pairwise

import numpy as np

from deepbelief.core.arrays import device_memory
from deepbelief.errors import TooLargeError

COPIES = 4  # of each matrix while it is trained: itself, its velocity, the change, the decay


def require_room(sizes: list[int], n_rows: int, dtype: type[np.floating], device: str) -> None:
    """Refuse layers that memory has no room for.

    Parameters
    ----------
    sizes : list of int
        Units of each layer, those of the data first.
    n_rows : int
        Rows whose activations are kept, one layer at a time, while a layer above another one is trained.
    dtype : numpy scalar type
    device : str

    Raises
    ------
    TooLargeError
        In a sentence that names the layer.
    """
    free = free_memory() if device == "numpy" else device_memory(device)
    if free is None:
        return
    for index, (below, units) in enumerate(pairwise(sizes), start=1):
        activations = n_rows * below if index > 1 else 0
        needed = np.dtype(dtype).itemsize * (COPIES * (below + 1) * (units + 1) + activations)
        if needed > free:
            raise TooLargeError(
                f"Layer {index}, {units} units above {below}, takes about {_gigabytes(needed)} to train, and "
                f"{_gigabytes(free)} are free; make it smaller."
            )


def free_memory() -> int | None:
    """Return how many bytes of the host's memory can be had, None where the system does not tell."""
    try:
        with open("/proc/meminfo", encoding="ascii") as lines:  # Linux: with what caches would give up
            found = dict(line.split(":", 1) for line in lines)
        return int(found["MemAvailable"].split()[0]) * 1024
    except (OSError, KeyError, ValueError):
        pass
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (ValueError, OSError, AttributeError):
        return None


def _gigabytes(n_bytes: int) -> str:
    return f"{n_bytes / 2**30:.1f} GiB" if n_bytes < 2**50 else f"{n_bytes / 2**40:.0f} TiB"
