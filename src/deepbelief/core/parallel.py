"""Several processes that train one model: which rows are whose, and sums over all of them.

Data-parallel training: every process holds the same parameters, works on its own share of each batch (and of the
chains), and the processes add up what they found, so that all make the same step. The processes are those of
``torch.distributed``: whoever has joined a group there trains together with it.
"""

import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from types import ModuleType
from typing import Any

import numpy as np

from deepbelief.core.arrays import Array, namespace, zeros
from deepbelief.errors import ParallelError

PATIENCE = timedelta(seconds=60)  # with processes that do not turn up
AGREED_STEPS = 20  # between two votes on whether to pause: a vote is a round trip through the network


@dataclass(frozen=True)
class Part:
    """The rows of a batch that one process takes.

    Where a batch has fewer rows than there are processes, one without a row takes the last one, with a weight of 0.

    Parameters
    ----------
    first, last : int
        The first row, and the one after the last.
    total : int
        Rows of all processes together.
    weight : float, default=1.0
        How much these rows count: 0 for a process that has none of its own.
    """

    first: int
    last: int
    total: int
    weight: float = 1.0

    def __len__(self) -> int:
        return self.last - self.first


@dataclass(frozen=True)
class Group:
    """The processes that train together, and which of them this is.

    Parameters
    ----------
    rank, size : int
        This process's number, counted from 0, and how many there are.
    """

    rank: int = 0
    size: int = 1

    def part(self, total: int) -> Part:
        """Return this process's part of `total` rows.

        Parameters
        ----------
        total : int
            Rows of all processes together.

        Returns
        -------
        Part
        """
        first, last = total * self.rank // self.size, total * (self.rank + 1) // self.size
        return Part(first, last, total) if last > first else Part(total - 1, total, total, weight=0.0)

    def add_up(self, array: Array) -> None:
        """Replace a contiguous array by its sum over all processes.

        Parameters
        ----------
        array : array
            Replaced in place.
        """
        if self.size == 1:
            return
        if namespace(array) is not np:
            _all_reduce(array)
            return
        shared = _torch().from_numpy(array)  # the same memory, unless nccl wants it on its device
        moved = shared.to(_meeting_device())
        _all_reduce(moved)
        if moved is not shared:
            shared.copy_(moved)

    def begun(self, sums: dict[str, Array]) -> dict[str, Array]:
        """Return what this process adds to, so that the sum over all processes begins with `sums`.

        Parameters
        ----------
        sums : dict of array

        Returns
        -------
        dict of array
        """
        return sums if self.rank == 0 else {name: 0 * value for name, value in sums.items()}

    def summed(self, sums: dict[str, Array]) -> dict[str, Array]:
        """Return sums over all processes of what each has summed.

        Parameters
        ----------
        sums : dict of array

        Returns
        -------
        dict of array
        """
        if self.size == 1:
            return sums
        copies = {name: value + zeros((1,), value) for name, value in sums.items()}
        for copy in copies.values():
            self.add_up(copy)
        return {name: copy[0] for name, copy in copies.items()}

    def joined(self, own: Array, total: int) -> Array:
        """Return an array of `total` rows, of which each process has its own part.

        Parameters
        ----------
        own : array, shape (n_own, ...)
            The rows of this process.
        total : int
            Rows of all processes together.

        Returns
        -------
        array, shape (total, ...)
        """
        if self.size == 1:
            return own
        whole = zeros((total, *own.shape[1:]), own)
        part = self.part(total)
        whole[part.first : part.last] = own
        self.add_up(whole)
        return whole

    def same(self, value: Any) -> Any:
        """Return the first process's value to all of them.

        Parameters
        ----------
        value : object
            What can be pickled.

        Returns
        -------
        object
        """
        if self.size == 1:
            return value
        shared = [value]
        with _reporting():
            _torch().distributed.broadcast_object_list(shared, src=0)
        return shared[0]

    def agreed(self, wish: bool) -> bool:
        """Tell whether the first process wishes something: all get the same answer.

        Parameters
        ----------
        wish : bool

        Returns
        -------
        bool
        """
        if self.size == 1:
            return wish
        ballot = _torch().tensor([float(wish and self.rank == 0)], device=_meeting_device())
        _all_reduce(ballot)
        return bool(ballot.item())


ALONE = Group()


def current_group() -> Group:
    """Return the group that this process has joined in ``torch.distributed``; a group of one if it has joined none.

    Returns
    -------
    Group
    """
    if "torch" not in sys.modules:
        return ALONE
    distributed = _torch().distributed
    if not (distributed.is_available() and distributed.is_initialized()):
        return ALONE
    return Group(distributed.get_rank(), distributed.get_world_size())


@contextmanager
def joining(device: str) -> Iterator[Group]:
    """Join the processes that ``torchrun`` has started, if it has started this one, and leave them in the end.

    Parameters
    ----------
    device : str
        CUDA devices talk through nccl, each process with a device of its own; all others through gloo.

    Yields
    ------
    Group

    Raises
    ------
    ParallelError
        If the others cannot be reached within a minute.
    """
    if int(os.environ.get("WORLD_SIZE", "1")) == 1:
        yield ALONE
        return
    import torch
    from torch import distributed

    is_cuda = device.partition(":")[0] == "cuda"
    if is_cuda:
        torch.cuda.set_device(int(os.environ.get("LOCAL_RANK", "0")))
    try:
        store, rank, size = next(distributed.rendezvous("env://", timeout=PATIENCE))
        store.set(f"here/{rank}", "")
        store.wait([f"here/{other}" for other in range(size)], PATIENCE)
        distributed.init_process_group("nccl" if is_cuda else "gloo", store=store, rank=rank, world_size=size)
    except (RuntimeError, ValueError) as error:  # a store that is not there; a variable that torchrun would have set
        raise ParallelError(
            f"The other processes of this job cannot be reached ({_gist(error)}); start all of them with "
            "torchrun, and see that this machine can reach the one with rank 0 (MASTER_ADDR, MASTER_PORT)."
        ) from None
    try:
        yield current_group()
    finally:
        distributed.destroy_process_group()


def _meeting_device() -> str:
    return "cuda" if _torch().distributed.get_backend() == "nccl" else "cpu"


def _all_reduce(tensor: Array) -> None:
    with _reporting():
        _torch().distributed.all_reduce(tensor)


@contextmanager
def _reporting() -> Iterator[None]:
    try:
        yield
    except RuntimeError as error:
        raise ParallelError(
            "Another process of this job has ended or cannot be reached any more "
            f"({_gist(error)}); the last checkpoint stays, start the job again with --resume to go on."
        ) from None


def _gist(error: Exception) -> str:
    """Return the first sentence of an error, without the place in torch's sources that it may begin with."""
    first_line = str(error).splitlines()[0]
    return re.sub(r"^\[[^\]]*\]\s*", "", first_line).split(". ")[0].rstrip(".")


def _torch() -> ModuleType:
    return sys.modules["torch"]
