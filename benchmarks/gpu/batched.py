"""What both searches share: MNIST on the device, and steps that are recorded once and then replayed.

A single small network leaves a graphics card idle: its time goes into starting operations. So many configurations are
trained side by side, each a matrix of a batch of matrices, and the operations of a step are recorded as a CUDA graph.
"""

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from deepbelief.datasets import load

DEVICE = "cuda" if torch.cuda.is_available() else "cpu"
HELD_OUT = 10_000


def column(configurations: list[dict[str, Any]], name: str, default: float = 0.0) -> Tensor:
    """Return a setting of all configurations, shape (n_configurations, 1, 1)."""
    values = [float(each.get(name, default)) for each in configurations]
    return torch.tensor(values, device=DEVICE)[:, None, None]


def training_rows(mnist: str) -> tuple[Tensor, Tensor]:
    """Return the images of MNIST's training set and their labels, on the device."""
    data = load(mnist, split="train")
    return torch.tensor(data.images, device=DEVICE), torch.tensor(np.asarray(data.labels), device=DEVICE)


class Step:
    """A function without arguments that changes tensors in place; on a card it is recorded and replayed.

    Recording runs it a few times, so tensors that it changes are put back: they are named in `changed`.
    """

    def __init__(self, function: Callable[[], None], changed: list[Tensor]) -> None:
        self._function, self._graph = function, None
        if DEVICE != "cuda":
            return
        before = [tensor.detach().clone() for tensor in changed]
        stream = torch.cuda.Stream()
        stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(stream):
            for _ in range(3):  # libraries set themselves up
                function()
        torch.cuda.current_stream().wait_stream(stream)
        self._graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(self._graph):
            function()
        with torch.no_grad():
            for tensor, old in zip(changed, before, strict=True):
                tensor.copy_(old)

    def __call__(self) -> None:
        if self._graph is None:
            self._function()
        else:
            self._graph.replay()


def batches(n_configurations: int, n_rows: int, size: int, n_passes: int) -> Iterator[tuple[float, Tensor]]:
    """Yield the share of training that is done, and the rows of each configuration: (n_configurations, size)."""
    n_steps = n_rows // size
    for number in range(n_passes):
        order = torch.argsort(torch.rand(n_configurations, n_rows, device=DEVICE), dim=1)
        for step in range(n_steps):
            yield (number + step / n_steps) / n_passes, order[:, step * size : (step + 1) * size]


class Results:
    """A file with one line for each configuration, and the time that is left."""

    def __init__(self, path: Path, seconds: float) -> None:
        self._path, self._begin = path, time.monotonic()
        self._end = self._begin + seconds

    def elapsed(self) -> float:
        """Return how many seconds have gone."""
        return time.monotonic() - self._begin

    def is_over(self) -> bool:
        """Tell whether the time is over."""
        return time.monotonic() > self._end

    def write(self, group: str, configuration: dict[str, Any], **found: Any) -> None:
        """Add a line to the file, and print it."""
        line = json.dumps({"group": group, **configuration, **found})
        print(line, flush=True)
        with self._path.open("a") as file:
            file.write(line + "\n")
