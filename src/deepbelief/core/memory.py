"""Checks before training whether memory suffices for a machine."""

import os
from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from deepbelief.core.cgroup import granted_memory
from deepbelief.core.devices import device_memory
from deepbelief.core.rows import ROWS_AT_ONCE
from deepbelief.errors import TooLargeError

# What training was seen to hold at its worst, in arrays of the sizes named.
COPIES = 8  # of the weights that are trained: those before and after an epoch, velocities, what a kernel works on
KEPT = 3  # of the weights that were trained before them
JOINED = 4  # of the weights of several networks that stand side by side: two of them when training goes on
WORKING = 5  # of the activations of the rows that are measured, or go up a layer, together
CHAINS = 7  # of the states of persistent chains, visible and hidden: on a torch device; half of that on the host


def require_room(
    sizes: Sequence[int],
    n_rows: int,
    dtype: type[np.floating],
    device: str,
    *,
    n_outputs: int = 0,
    n_chains: int = 0,
    n_networks: int = 1,
) -> None:
    """Refuse layers that memory has no room for.

    Parameters
    ----------
    sizes : sequence of int
        Units of each layer, those of the data first.
    n_rows : int
        Rows whose activations are kept, one layer at a time, while a layer above another one is trained.
    dtype : numpy scalar type
    device : str
    n_outputs : int
        Units of the layer on top, with which the whole network is fine-tuned; 0 if there is none.
    n_chains : int
        Persistent chains of each layer. Other batches take no more than the rows do, however large they may be.
    n_networks : int
        Networks of these sizes that stand side by side in one.

    Raises
    ------
    TooLargeError
        In a sentence that names the layer.
    """
    is_host = device.partition(":")[0] in ("numpy", "cpu")
    free = free_memory() if is_host else device_memory(device)
    if free is None:
        return

    def require(what: str, n_numbers: int, which: str = "it") -> None:
        needed = np.dtype(dtype).itemsize * n_numbers
        if needed > free:
            raise TooLargeError(
                f"{what} takes about {_gigabytes(needed)} to train, and {_gigabytes(free)} are free; make {which} "
                "smaller."
            )

    together, before = min(n_rows, ROWS_AT_ONCE), 0
    for index, (below, units) in enumerate(pairwise(sizes), start=1):
        weights, activations = (below + 1) * (units + 1), n_rows * below if index > 1 else 0
        n_numbers = COPIES * weights + KEPT * before + activations + WORKING * together * units
        require(f"Layer {index}, {units} units above {below},", n_numbers)
        if n_chains:
            what = f"Layer {index}, {units} units above {below}, with {n_chains} persistent chains,"
            require(what, n_numbers + CHAINS * n_chains * (below + units), "batch_size, their number,")
        before += weights
    if n_outputs:
        top = (sizes[-1] + 1) * n_outputs
        n_numbers = max((n_rows + WORKING * together) * sizes[-1] + KEPT * before, (COPIES + KEPT) * (before + top))
        named = "-".join(map(str, [*sizes, n_outputs]))
        require(f"The network {named}", n_numbers)
        if n_networks > 1:
            wide = [sizes[0], *(n_networks * units for units in sizes[1:]), n_outputs]
            n_joined = sum(below * above for below, above in pairwise(wide))
            n_numbers += JOINED * n_joined + WORKING * together * max(wide[1:])
            require(f"The network in which {n_networks} networks {named} stand side by side", n_numbers, "n_networks")


def free_memory() -> int | None:
    """Return how many bytes of the host's memory can be had, None where the system does not tell.

    Returns
    -------
    int or None
        In bytes.
    """
    known = [n_bytes for n_bytes in (_free_on_the_machine(), granted_memory()) if n_bytes is not None]
    return min(known, default=None)


def _free_on_the_machine() -> int | None:
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
