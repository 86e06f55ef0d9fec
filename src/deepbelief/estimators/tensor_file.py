"""The container of a model: named tensors and a little text in one file, in the format of safetensors.

It is read as if an enemy had written it: nothing is allocated before the header's claims agree with each other and with
the size of the file, and no code is run. :mod:`.tensor_writing` writes it.
"""

import hashlib
import math
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import BinaryIO

import numpy as np

from deepbelief.annotations import JsonObject
from deepbelief.estimators.untrusted_json import Refused, is_count, quoted, strict_json

# Bytes: a thousand layers, or some five thousand passes of history. JSON takes up to 35 times its own size in memory,
# and no file may take more than 64 MB for the text in it.
HEADER_LIMIT = 5 * 2**18
# Little-endian on every machine.
DTYPES: dict[str, np.dtype] = {"F32": np.dtype("<f4"), "F64": np.dtype("<f8"), "U64": np.dtype("<u8")}
CHUNK = 2**20  # bytes read at once where all of them must be looked at


@dataclass(frozen=True)
class Slot:
    """Where a tensor lies in the data section.

    Parameters
    ----------
    dtype : dtype
    shape : tuple of int
    begin, end : int
        The first byte, and the one after the last.
    """

    dtype: np.dtype
    shape: tuple[int, ...]
    begin: int
    end: int


class TensorReader:
    """An open container: its ``metadata``, and its tensors, each read when it is asked for.

    Parameters
    ----------
    file : binary file
        At its beginning; seekable.
    size : int
        Bytes in it.

    Raises
    ------
    Refused
        If the header is no header, or does not describe exactly the bytes that follow it.
    """

    def __init__(self, file: BinaryIO, size: int) -> None:
        header, self._start = _header(file, size)
        self._file = file
        self.metadata: dict[str, str] = header.pop("__metadata__", {})
        if not isinstance(self.metadata, dict) or not all(isinstance(text, str) for text in self.metadata.values()):
            raise Refused("has metadata that is no text")
        self._slots = {name: _slot(name, entry) for name, entry in header.items()}
        self._dtypes = {name: slot.dtype for name, slot in self._slots.items()}
        end = 0
        for name, slot in sorted(self._slots.items(), key=lambda item: item[1].begin):
            if slot.begin != end:
                raise Refused(f"has a gap or an overlap where the tensor {quoted(name)} begins")
            end = slot.end
        if self._start + end != size:
            raise Refused(
                f"is {size} bytes long where its header says {self._start + end}: it was cut short or changed"
            )

    def digest(self) -> str:
        """Return the SHA-256 of the data section, in hex.

        Returns
        -------
        str
        """
        found = hashlib.sha256()
        self._file.seek(self._start)
        while chunk := self._file.read(CHUNK):
            found.update(chunk)
        return found.hexdigest()

    def dtype_of(self, name: str) -> type[np.floating]:
        """Return the type of the numbers in a tensor, taken or not.

        Parameters
        ----------
        name : str
            Of the tensor.

        Returns
        -------
        dtype
        """
        if name not in self._dtypes:
            raise _lacking(name)
        return self._dtypes[name].newbyteorder("=").type

    def take(self, name: str, shape: tuple[int, ...], kind: str = "f") -> np.ndarray:
        """Read a tensor of finite numbers that must have this shape; each can be taken once.

        They must be floats, or, where `kind` is "u", unsigned whole numbers.

        Parameters
        ----------
        name : str
            Of the tensor.
        shape : tuple of int
        kind : {"f", "u"}, default="f"

        Returns
        -------
        ndarray of shape `shape`

        Raises
        ------
        Refused
            If there is no such tensor, or it is not as it must be.
        """
        slot = self._slots.pop(name, None)
        if slot is None:
            raise _lacking(name)
        if slot.shape != shape:
            raise Refused(f"holds the tensor {quoted(name)} of shape {quoted(slot.shape)} where {shape} is needed")
        if slot.dtype.kind != kind:
            raise _other_type(name)
        array = np.empty(shape, slot.dtype)
        self._file.seek(self._start + slot.begin)
        if self._file.readinto(array.reshape(-1).view(np.uint8)) != array.nbytes:  # type: ignore[attr-defined]
            raise Refused("ended while it was being read")
        if not np.isfinite(array).all():
            raise Refused(f"holds NaN or infinity in the tensor {quoted(name)}")
        return array.astype(slot.dtype.newbyteorder("="), copy=False)

    def take_all(self) -> dict[str, np.ndarray]:
        """Read all tensors that were not taken yet, whatever their shapes.

        Returns
        -------
        dict of ndarray
        """
        return {name: self.take(name, slot.shape) for name, slot in list(self._slots.items())}

    def finish(self) -> None:
        """Refuse tensors that nobody took."""
        if self._slots:
            raise Refused(f"holds the tensor {quoted(next(iter(self._slots)))}, which belongs to no part of its model")


@contextmanager
def opened(path: str | os.PathLike[str]) -> Iterator[TensorReader]:
    """Open a container for reading; whatever is wrong with the path or the file is Refused.

    Parameters
    ----------
    path : str or Path

    Yields
    ------
    TensorReader
    """
    if "\0" in os.fsdecode(path):
        raise Refused("cannot be the name of a file", "name a file written by deepbelief")
    try:
        if not stat.S_ISREG(os.stat(path).st_mode):  # to open a pipe would wait for its other end
            raise Refused("is no file")
        with open(path, "rb") as file:
            yield TensorReader(file, os.fstat(file.fileno()).st_size)
    except FileNotFoundError:
        raise Refused("does not exist", "name a file written by deepbelief") from None
    except OSError as error:
        raise Refused(f"cannot be read ({error.strerror or error})", "check its permissions and its disk") from None


def _header(file: BinaryIO, size: int) -> tuple[JsonObject, int]:
    prefix = file.read(8)
    if not prefix:
        raise Refused("is empty")
    length = int.from_bytes(prefix, "little")
    if len(prefix) < 8 or length > size - 8:
        raise Refused("is no model file, or was cut short")
    if length > HEADER_LIMIT:
        raise Refused(f"has a header of {length} bytes, more than the {HEADER_LIMIT} that are allowed")
    try:
        text = file.read(length).decode("utf-8")
    except UnicodeDecodeError:
        raise Refused("has a header that is no text") from None
    header = strict_json(text)
    if not isinstance(header, dict):
        raise Refused("has a header that is no JSON object")
    return header, 8 + length


def _slot(name: str, entry: object) -> Slot:
    if not isinstance(entry, dict) or set(entry) != {"dtype", "shape", "data_offsets"}:
        raise Refused(f"describes the tensor {quoted(name)} in no known way")
    kind, shape, offsets = entry["dtype"], entry["shape"], entry["data_offsets"]
    if not isinstance(kind, str) or kind not in DTYPES:
        raise _other_type(name)
    if not _counts(shape) or not _counts(offsets) or len(offsets) != 2:
        raise Refused(f"gives the tensor {quoted(name)} a shape or place that are no counts")
    if offsets[1] - offsets[0] != math.prod(shape) * DTYPES[kind].itemsize:
        raise Refused(f"gives the tensor {quoted(name)} another number of bytes than its shape needs")
    return Slot(DTYPES[kind], tuple(shape), *offsets)


def _lacking(name: str) -> Refused:
    return Refused(f"lacks the tensor {quoted(name)}")


def _other_type(name: str) -> Refused:
    return Refused(f"holds the tensor {quoted(name)} in a type that it cannot have")


def _counts(values: object) -> bool:
    return isinstance(values, list) and len(values) <= 2 and all(is_count(number, 0) for number in values)
