"""Write small files the way MNIST, Kaggle and NumPy do, and check the errors that bad ones raise."""

import gzip
import re
import struct
from pathlib import Path

import numpy as np
import pytest

from deepbelief.datasets import Dataset, load
from deepbelief.errors import DataError


def idx_bytes(array: np.ndarray) -> bytes:
    """`array` of uint8 in IDX format."""
    sizes = struct.pack(f">{array.ndim}I", *array.shape)
    return bytes([0, 0, 8, array.ndim]) + sizes + array.tobytes()


def write_pair(folder: Path, prefix: str, images: np.ndarray, labels: np.ndarray, compressed: bool = False) -> Path:
    """Write MNIST's two files of one split; return the path of the images."""
    suffix = ".gz" if compressed else ""
    pack = gzip.compress if compressed else bytes
    path = folder / f"{prefix}-images-idx3-ubyte{suffix}"
    path.write_bytes(pack(idx_bytes(images)))
    (folder / f"{prefix}-labels-idx1-ubyte{suffix}").write_bytes(pack(idx_bytes(labels)))
    return path


def csv_text(pixels: np.ndarray, labels: np.ndarray | None = None, label_column: int = 0, end: str = "\n") -> str:
    """A Kaggle CSV, every line ended by `end`, with the labels at `label_column` if there are any."""
    names = [f"pixel{i}" for i in range(pixels.shape[1])]
    rows = [[str(value) for value in row] for row in pixels]
    if labels is not None:
        names.insert(label_column, "label")
        for row, label in zip(rows, labels, strict=True):
            row.insert(label_column, str(label))
    return "".join(",".join(cells) + end for cells in [names, *rows])


def loaded_or_refused(source: Path) -> Dataset | str:
    """What `load` returns, or its message if it refuses; any other exception goes through."""
    try:
        return load(source)
    except DataError as error:
        return str(error)


def refusal(source: str | Path, *parts: str) -> str:
    """The message with which `load` refuses `source`: one line that begins with the file and holds all `parts`."""
    with pytest.raises(DataError) as caught:
        load(source)
    message = str(caught.value)
    assert "\n" not in message
    assert message.startswith(str(source))
    # What to do comes last, after a semicolon.
    assert re.search(r"; [a-z]", message)
    for part in parts:
        assert part in message
    return message
