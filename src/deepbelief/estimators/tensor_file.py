"""The container of a model: named tensors and a little text in one file, in the format of safetensors.

Written with the safetensors library, and whole or not at all. Read here, as if an enemy had written it: nothing is
allocated before the header's claims agree with each other and with the size of the file, and no code is run.
"""

import hashlib
import json
import math
import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any, BinaryIO

import numpy as np
import safetensors.numpy

# Bytes: a thousand layers, or some five thousand passes of history. JSON takes up to 35 times its own size in memory,
# and no file may take more than 64 MB for the text in it.
HEADER_LIMIT = 5 * 2**18
# Little-endian on every machine.
DTYPES: dict[str, np.dtype] = {"F32": np.dtype("<f4"), "F64": np.dtype("<f8"), "U64": np.dtype("<u8")}
CHUNK = 2**20  # bytes read at once where all of them must be looked at
RETRAIN = "use a file written by deepbelief, or train the model again"


class Refused(ValueError):
    """A file that cannot be read or written, and what to do about it.

    Parameters
    ----------
    problem : str
        What is wrong, as the rest of a sentence that begins with the name of the file.
    remedy : str, default=""
        What to do. Empty for the usual remedy, ``RETRAIN`` for a file that is read.
    """

    def __init__(self, problem: str, remedy: str = "") -> None:
        super().__init__(problem)
        self.remedy = remedy


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
def opened(path: Any) -> Iterator[TensorReader]:
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


def data_digest(tensors: dict[str, np.ndarray]) -> str:
    """Return the SHA-256, in hex, of the data section that a container of these tensors will have.

    Parameters
    ----------
    tensors : dict of ndarray

    Returns
    -------
    str
    """
    payload = safetensors.numpy.save(tensors)
    return hashlib.sha256(memoryview(payload)[8 + int.from_bytes(payload[:8], "little") :]).hexdigest()


def packed(tensors: dict[str, np.ndarray], metadata: dict[str, str]) -> bytes:
    """Return the bytes of a container; one whose header could not be read again is Refused.

    Parameters
    ----------
    tensors : dict of ndarray
    metadata : dict of str

    Returns
    -------
    bytes
    """
    payload = safetensors.numpy.save(tensors, metadata)
    _require_short(int.from_bytes(payload[:8], "little"))
    return payload


def pieces(tensors: dict[str, np.ndarray], metadata: dict[str, str]) -> list[np.ndarray]:
    """Return the bytes of a container like those of `packed`, without copying a tensor: for what is written often.

    Parameters
    ----------
    tensors : dict of ndarray
        C-contiguous.
    metadata : dict of str

    Returns
    -------
    list of ndarray of uint8
        To be written one after the other.
    """
    header: dict[str, Any] = {"__metadata__": metadata}
    found, end = [], 0
    for name, tensor in tensors.items():
        kind = next(kind for kind, dtype in DTYPES.items() if dtype == tensor.dtype.newbyteorder("<"))
        begin, end = end, end + tensor.nbytes
        header[name] = {"dtype": kind, "shape": list(tensor.shape), "data_offsets": [begin, end]}
        found.append(tensor.astype(DTYPES[kind], copy=False).reshape(-1).view(np.uint8))
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)  # so that the tensors are aligned
    _require_short(len(text))
    return [np.frombuffer(len(text).to_bytes(8, "little") + text, np.uint8), *found]


def write_whole(path: Any, payload: bytes) -> None:
    """Write a file so that at every moment its path holds all of the old bytes or all of the new ones.

    Parameters
    ----------
    path : str or Path
    payload : bytes

    Raises
    ------
    Refused
        If the operating system did not let it; no other file is left behind.
    """
    target = os.path.realpath(path)  # through a symbolic link, not over it
    beside = os.path.join(os.path.dirname(target), f".deepbelief-{secrets.token_hex(8)}.tmp")
    try:
        try:
            with open(beside, "xb") as file:
                file.write(payload)
                file.flush()
                os.fsync(file.fileno())  # else a crash soon after could leave the new name on no bytes
            os.replace(beside, target)
        except BaseException:  # an interrupt, too, leaves nothing behind
            with suppress(OSError):
                os.unlink(beside)
            raise
    except FileNotFoundError:
        raise Refused("cannot be written, as its directory does not exist", "make the directory first") from None
    except OSError as error:
        problem = f"cannot be written ({error.strerror or error})"
        raise Refused(problem, "write to a place with space and permission") from None


def strict_json(text: str) -> Any:
    """Parse JSON in which every key is unique and every number finite.

    Parameters
    ----------
    text : str

    Returns
    -------
    object

    Raises
    ------
    Refused
        If it is not JSON, a key is there twice, or a number is not finite.
    """
    try:
        return json.loads(text, object_pairs_hook=_unique, parse_constant=_no_number, parse_float=_finite)
    except Refused:
        raise
    except (ValueError, RecursionError):
        raise Refused("has a header that is no JSON") from None


def quoted(value: Any, limit: int = 60) -> str:
    """Return a value from the file as it may stand in a sentence: on one line, and not long.

    Parameters
    ----------
    value : object
    limit : int, default=60
        The most characters.

    Returns
    -------
    str
    """
    text = repr(value)
    return text if len(text) <= limit else text[: limit - 1] + "…"


def entries(described: Any, where: str, *keys: str) -> list[Any]:
    """Return the values of a JSON object that must have exactly these keys.

    Parameters
    ----------
    described : object
        As parsed from JSON.
    where : str
        What messages call the object.
    *keys : str
        The keys, all of which must be there.

    Returns
    -------
    list

    Raises
    ------
    Refused
        If it is no object, or has other keys.
    """
    if not isinstance(described, dict) or set(described) != set(keys):
        raise Refused(f"does not describe {where} as a deepbelief model file does")
    return [described[key] for key in keys]


def require(fits: bool, entry: str) -> None:
    """Refuse a file unless what it says of `entry` fits.

    Parameters
    ----------
    fits : bool
    entry : str
        The name of what is checked.

    Raises
    ------
    Refused
        If `fits` is False.
    """
    if not fits:
        raise Refused(f"holds a value of {entry} that no model can have")


def is_count(value: Any, least: int) -> bool:
    """Tell whether a JSON value is a whole number from `least` up that fits a signed 64-bit one, and no bool.

    Parameters
    ----------
    value : object
        As parsed from JSON.
    least : int

    Returns
    -------
    bool
    """
    return type(value) is int and least <= value < 2**63


def is_text(value: Any) -> bool:
    """Tell whether a JSON value is a string of whole characters; JSON can escape halves, which UTF-8 cannot hold.

    Parameters
    ----------
    value : object
        As parsed from JSON.

    Returns
    -------
    bool
    """
    return isinstance(value, str) and not any("\ud800" <= letter <= "\udfff" for letter in value)


def _require_short(length: int) -> None:
    if length > HEADER_LIMIT:
        problem = f"would have a header of {length} bytes, more than the {HEADER_LIMIT} that are allowed"
        raise Refused(problem, "shorten its history_, then save it")


def _header(file: BinaryIO, size: int) -> tuple[dict[str, Any], int]:
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


def _slot(name: str, entry: Any) -> Slot:
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


def _counts(values: Any) -> bool:
    return isinstance(values, list) and len(values) <= 2 and all(is_count(number, 0) for number in values)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise Refused("has a header that says the same thing twice")
    return found


def _no_number(name: str) -> Any:
    raise Refused(f"has a header with {name} for a number")


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise Refused("has a header with a number too large for a float")
    return number
