"""NumPy's format of one array, as an .npy file or as a member of an npz.

Rules: objects are never unpickled; an array is read only as far as both the file and its own header declare, and the
two have to agree.
"""

import io
import math
import tokenize
import warnings
from pathlib import Path
from typing import IO, Any

import numpy as np
import numpy.typing as npt

from deepbelief.datasets.arrays import Found, dataset_of
from deepbelief.datasets.dataset import Dataset
from deepbelief.datasets.options import ReadOptions
from deepbelief.datasets.places import excerpt, place
from deepbelief.datasets.streams import read_at_most
from deepbelief.errors import DataError

_MAGIC = b"\x93NUMPY"
_LONGEST_HEADER = 10_000  # NumPy's own limit for headers from strangers
_VERSIONS = {
    _MAGIC + b"\x01\x00": (2, np.lib.format.read_array_header_1_0),
    _MAGIC + b"\x02\x00": (4, np.lib.format.read_array_header_2_0),
}
_DAMAGED = (ValueError, TypeError, SyntaxError, tokenize.TokenError, RecursionError, MemoryError)
_LABELS_OF = {"X": "y", "x": "y", "images": "labels", "imgs": "labels", "data": "labels", "features": "labels"}


def recognises(path: Path, head: bytes) -> bool:
    """Tell whether a file begins like an .npy file.

    Parameters
    ----------
    path : Path
        The file.
    head : bytes
        The first bytes of the file, decompressed if it is gzip.

    Returns
    -------
    bool
    """
    return head.startswith(_MAGIC)


def read(path: Path, options: ReadOptions) -> Dataset:
    """Read an .npy file, and the labels beside it if there is a file of that name: ``y.npy`` beside ``X.npy``.

    Parameters
    ----------
    path : Path
        The file.
    options : ReadOptions
        What the user said of the data.

    Returns
    -------
    Dataset

    Raises
    ------
    DataError
        If the file is damaged, or its array breaks a rule; see :mod:`~deepbelief.datasets.arrays`.
    """
    # Labels first: they are small, and a bad pair is refused before the large file is read.
    beside = _labels_beside(path)
    labels = None if beside is None else Found(_read_file(beside), place(beside))
    found = Found(_read_file(path), place(path))
    return dataset_of(path, "npy array" + (f" and labels in {beside.name}" if beside else ""), found, labels, options)


def _labels_beside(path: Path) -> Path | None:
    for word, instead in _LABELS_OF.items():
        head, found, tail = path.name.rpartition(word)
        labels = path.with_name(head + instead + tail)
        if found and (labels.is_file()):
            return labels
    return None


def _read_file(path: Path) -> npt.NDArray[Any]:
    with path.open("rb") as stream:
        return read_array(place(path), stream, path.stat().st_size, "save it with numpy.save")


def read_array(where: str, stream: IO[bytes], size: int, advice: str) -> npt.NDArray[Any]:
    """Read an array that lies in the next `size` bytes of a stream.

    Parameters
    ----------
    where : str
        How messages name the array.
    stream : file
    size : int
    advice : str
        What to do if it is none.

    Returns
    -------
    ndarray

    Raises
    ------
    DataError
        If it is no array of numbers, truth values or strings, or is not as long as its header says.
    """
    magic = stream.read(8)
    if magic not in _VERSIONS:
        raise DataError(f"{where}: no NumPy array (it starts with {excerpt(magic)}); {advice}")
    n_length, read_header = _VERSIONS[magic]
    length = stream.read(n_length)
    n_header = int.from_bytes(length, "little")
    if n_header > _LONGEST_HEADER:
        raise DataError(f"{where}: the array's header claims {n_header} bytes; {advice}")
    try:
        with warnings.catch_warnings():  # NumPy would say how an array of Python 2 could be read faster
            warnings.simplefilter("ignore")
            shape, fortran_order, dtype = read_header(io.BytesIO(length + stream.read(n_header)))
    except _DAMAGED as error:
        raise DataError(f"{where}: the array's header is damaged; save it again") from error
    if dtype.kind not in "biufUS":
        # Pickled objects above all: unpickling runs whatever code the file brings.
        raise DataError(f"{where}: values of type {dtype.name} are not read; save numbers, or strings for labels")
    if any(not isinstance(length, int) or length < 0 for length in shape):
        raise DataError(f"{where}: the array's header is damaged; save it again")
    if dtype.itemsize == 0:  # strings of no length: any number of them takes no bytes, until NumPy makes room
        raise DataError(f"{where}: strings of length 0 are no labels; save one label per row")
    declared = math.prod(shape) * dtype.itemsize
    held = size - len(magic) - n_length - n_header
    content = read_at_most(stream, declared) if declared == held else b""
    if len(content) != declared or declared != held:
        raise DataError(
            f"{where}: the array's header promises {declared} bytes but the file holds {held}; save it again"
        )
    array = np.frombuffer(content, dtype) if declared else np.empty(0, dtype)
    if dtype.kind == "b":  # a byte that is neither 0 nor 1 counts as True, not as a brighter pixel
        array = array.view(np.uint8) != 0
    return array.reshape(shape, order="F" if fortran_order else "C")
