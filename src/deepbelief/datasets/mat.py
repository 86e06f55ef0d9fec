"""MATLAB's files of version 5 (``save -v7``, ``-v6``), read by SciPy.

Before SciPy reads anything, the tags of all elements are gone through: nothing may be nested deeply, claim more than it
holds, or be a bomb; what holds functions, objects or cells is left out. Understood are X and y and their like; pictures
of SVHN's shape; ``train0``…``train9`` (Roweis's mnist_all); and structs with training, validation and test, whose
columns are the rows (the course by Hinton).
"""

import math
import re
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import numpy as np

from deepbelief.datasets.arrays import Found, dataset_of
from deepbelief.datasets.dataset import Dataset
from deepbelief.datasets.options import ReadOptions
from deepbelief.datasets.places import excerpt, place
from deepbelief.datasets.streams import MOST_GROWTH, PIECE, SMALL, is_bomb
from deepbelief.errors import DataError

_BEGIN = b"MATLAB 5.0 MAT-file"
_OTHERS = (b"MATLAB 7.3 MAT-file", b"\x89HDF\r\n\x1a\n", b"# Created by Octave")
_MATRIX, _COMPRESSED = 14, 15
_STRUCT, _CHAR, _NUMBERS = 2, 4, range(6, 16)  # classes of matrices
_NUMERIC, _TEXT = {1, 2, 3, 4, 5, 6, 7, 9, 12, 13}, {1, 2, 4, 16, 17, 18}  # types of what is stored
_COMPLEX = 0x800
_MOST_DIMENSIONS = 32
_DEEPEST, _MOST_ELEMENTS = 6, 10_000
_DIGIT = re.compile(r"(train|test)(\d)")
_ROLES = {
    "images": ("x", "data", "images", "inputs", "features", "fea"),
    "labels": ("y", "labels", "label", "targets", "target", "gnd"),
}
_PARTS = {"train": ("train", "training", "tr"), "test": ("test", "testing", "te")}
_SPLIT = re.compile(r"(?:(train|test)(?:ing)?_?(.+)|(.+?)_?(train|test)(?:ing)?)")


def recognises(path: Path, head: bytes) -> bool:
    """Tell whether a file begins like one of MATLAB's or Octave's.

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
    return head.startswith((_BEGIN, *_OTHERS))


def read(path: Path, options: ReadOptions) -> Dataset:
    """Read a MAT file.

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
        If it is of another version, is damaged, or holds nothing that is understood.
    """
    with path.open("rb") as stream:
        if not stream.read(len(_BEGIN)) == _BEGIN:
            raise DataError(f"{place(path)}: HDF5, or another version of MATLAB or Octave; save with -v7, or as .npz")
        names = list(_readable(path, stream))
    try:
        import scipy.io

        found = scipy.io.loadmat(str(path), variable_names=names, simplify_cells=True) if names else {}
    # What a damaged file makes of SciPy, which promises no particular error.
    except Exception as error:
        raise _damaged(path) from error
    variables = dict(_numbers({name: value for name, value in found.items() if name in names}))
    x, y = _images_and_labels(path, variables, options.split)
    described = f"MATLAB, images from {x.where}" + ("" if y is None else f", labels from {y.where}")
    labels = None if y is None else Found(_whole(y.array), f"{place(path)}, {y.where}")
    return dataset_of(path, described, Found(x.array, f"{place(path)}, {x.where}"), labels, options)


def _numbers(value: Any, name: str = "") -> Iterator[tuple[str, np.ndarray]]:
    """Yield the arrays of numbers in variables and in their structs, with the names that lead to them."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _numbers(inner, f"{name}.{key}".lstrip("."))
    elif isinstance(value, np.ndarray) and value.dtype.kind in "biuf" and value.size:
        yield name, value


def _images_and_labels(path: Path, variables: dict[str, np.ndarray], split: str) -> tuple[Found, Found | None]:
    digits = sorted(name for name in variables if (match := _DIGIT.fullmatch(name)) and match[1] == split)
    digits = digits or sorted(name for name in variables if _DIGIT.fullmatch(name))
    if len(digits) > 1 and len({np.atleast_2d(variables[name]).shape[1] for name in digits}) == 1:
        blocks = [np.atleast_2d(variables[name]) for name in digits]
        labels = np.repeat([int(name[-1]) for name in digits], [len(block) for block in blocks])
        return Found(np.concatenate(blocks), f"{digits[0]}…{digits[-1]}"), Found(labels, "their names")
    images = _named(variables, "images", split)
    if images is None:
        candidates = [name for name, value in variables.items() if value.ndim >= 2]
        if len(candidates) != 1:
            held = ", ".join(excerpt(name.encode()) for name in list(variables)[:4]) or "no array of numbers"
            raise DataError(f"{place(path)}: none of its arrays is called X (it holds {held}); save them as X and y")
        images = candidates[0]
    labels_name = _named({name: variables[name] for name in variables if name != images}, "labels", split, images)
    x, y = variables[images], variables.get(labels_name or "")
    if y is not None:
        x, y = _as_rows(x, y)
    return Found(x, images), None if y is None else Found(y, str(labels_name))


def _named(variables: dict[str, np.ndarray], role: str, split: str, beside: str | None = None) -> str | None:
    """Return the variable with such a role: of no split, of this one, of the other; in the struct of another one."""
    best: tuple[int, int, str] | None = None
    for name in variables:
        *parts, last = name.lower().split(".")
        match = _SPLIT.fullmatch(last)
        found = (match[1] or match[4]) if match else None
        word = (match[2] or match[3]) if match else last
        for part in parts:
            found = next((key for key, names in _PARTS.items() if part in names), found)
        if word not in _ROLES[role] or (found is None and parts and parts[-1].startswith("valid")):
            continue
        if beside is not None and _place(name) != _place(beside):
            continue
        rank = (0 if found is None else 1 if found == split else 2, _ROLES[role].index(word), name)
        best = rank if best is None else min(best, rank)
    return None if best is None else best[2]


def _place(name: str) -> tuple[str, str]:
    """Return the struct that a variable lies in, and the split in its name."""
    before, _, last = name.lower().rpartition(".")
    match = _SPLIT.fullmatch(last)
    return before, (match[1] or match[4]) if match else ""


def _as_rows(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Turn images and labels so that rows come first: as many as there are labels."""
    if y.ndim == 2 and 1 in y.shape:
        y = y.ravel()
    n_rows = (
        len(y) if y.ndim == 1 else y.shape[int(y.shape[1] in x.shape and y.shape[0] not in (x.shape[0], x.shape[-1]))]
    )
    if y.ndim == 2 and y.shape[0] != n_rows:
        y = y.T
    if x.shape[0] != n_rows and x.shape[-1] == n_rows:
        x = np.moveaxis(x, -1, 0)
    return x, y


def _whole(values: np.ndarray) -> np.ndarray:
    """Return numbers that are all whole as integers: MATLAB writes everything as floating-point numbers."""
    is_whole = (
        values.dtype.kind == "f" and bool((abs(values) < 2**53).all()) and bool((values == np.round(values)).all())
    )
    return values.astype(np.int64) if is_whole else values


def _readable(path: Path, stream: IO[bytes]) -> Iterator[str]:
    """Yield the names of the variables that hold nothing but numbers, text and structs of them.

    Raises
    ------
    DataError
        If an element is not what its tag says.
    """
    size = path.stat().st_size
    stream.seek(124)
    mark = stream.read(4)[2:]
    order = {b"IM": "<", b"MI": ">"}.get(mark)
    if order is None:
        raise _damaged(path)
    n_expanded = 0
    while tag := stream.read(8):
        if len(tag) < 8:
            raise _damaged(path)
        kind, n_bytes = struct.unpack(f"{order}II", tag)
        if n_bytes > size - stream.tell():
            raise _damaged(path)
        content = stream.read(n_bytes)
        if kind == _COMPRESSED:
            content = _expanded(path, content, size, n_expanded)
            n_expanded += len(content)
            kind, n_bytes = struct.unpack_from(f"{order}II", content.ljust(8, b"\0"))
            content = content[8:]
            if n_bytes != len(content):
                raise _damaged(path)
        if kind == _MATRIX:
            counter = [0]
            name, is_plain = _walked(path, memoryview(content), order, 0, counter)
            if is_plain and name:
                yield name


def _expanded(path: Path, content: bytes, size: int, n_before: int) -> bytes:
    unpacker = zlib.decompressobj()
    pieces, n_bytes, rest = [], n_before, content
    try:
        while rest and not unpacker.eof:
            pieces.append(unpacker.decompress(rest, PIECE))
            rest, n_bytes = unpacker.unconsumed_tail, n_bytes + len(pieces[-1])
            if is_bomb(n_bytes, size):
                raise DataError(
                    f"{place(path)}: its variables take more than {SMALL} bytes and more than {MOST_GROWTH} times the "
                    "size of the file; if you trust it, save it with -v6, which does not compress"
                )
    except zlib.error as error:
        raise _damaged(path) from error
    if not unpacker.eof:
        raise _damaged(path)
    return b"".join(pieces)


def _walked(path: Path, content: memoryview, order: str, depth: int, counter: list[int]) -> tuple[str, bool]:
    """Go through the elements of a matrix; return its name and whether it is plain: numbers, text, structs of them."""
    elements: list[tuple[int, memoryview]] = []
    begin = 0
    while begin + 8 <= len(content):
        kind, n_bytes = struct.unpack_from(f"{order}II", content, begin)
        first = begin + 8
        if kind >> 16:  # a small element: its size and its data lie in the tag
            kind, n_bytes, first = kind & 0xFFFF, kind >> 16, begin + 4
            end = begin + 8
        else:
            end = first + n_bytes + -n_bytes % 8
        if first + n_bytes > len(content) or (first == begin + 4 and n_bytes > 4):
            raise _damaged(path)
        elements.append((kind, content[first : first + n_bytes]))
        counter[0] += 1
        if counter[0] > _MOST_ELEMENTS or depth > _DEEPEST:
            raise _damaged(path)
        begin = end
    if not elements:
        return "", depth > 0  # an empty field
    if [kind for kind, _ in elements[:3]] != [6, 5, 1]:
        raise _damaged(path)
    flags, dimensions, name = (data for _, data in elements[:3])
    if len(flags) != 8 or len(dimensions) % 4 or not 8 <= len(dimensions) <= 4 * _MOST_DIMENSIONS:
        raise _damaged(path)
    (flag,) = struct.unpack_from(f"{order}I", flags)
    sizes = [int(size) for size in np.frombuffer(dimensions, f"{order}i4")]
    if min(sizes) < 0:
        raise _damaged(path)
    kind, n_values, stored = flag & 0xFF, math.prod(sizes), elements[3:]
    if kind == _STRUCT:
        return bytes(name).decode("latin-1"), n_values == 1 and _is_plain_struct(path, stored, order, depth, counter)
    if kind not in (_CHAR, *_NUMBERS):
        return "", False
    # SciPy crashes on other types than these, and believes that there are as many parts as the flag says.
    types = _TEXT if kind == _CHAR else _NUMERIC
    is_whole = len(stored) == 1 + bool(flag & _COMPLEX) and all(tag in types for tag, _ in stored)
    if not is_whole or n_values > len(stored[0][1]):  # a value takes a byte or more
        raise _damaged(path)
    return bytes(name).decode("latin-1"), not flag & _COMPLEX


def _is_plain_struct(
    path: Path, stored: list[tuple[int, memoryview]], order: str, depth: int, counter: list[int]
) -> bool:
    """Go through the fields of a struct; return whether all of them are plain."""
    if [kind for kind, _ in stored[:2]] != [5, 1] or len(stored[0][1]) != 4:
        raise _damaged(path)
    (length,) = struct.unpack_from(f"{order}i", stored[0][1])
    if length < 1 or len(stored[1][1]) != length * len(stored[2:]) or any(kind != _MATRIX for kind, _ in stored[2:]):
        raise _damaged(path)
    return all(_walked(path, data, order, depth + 1, counter)[1] for _, data in stored[2:])


def _damaged(path: Path) -> DataError:
    return DataError(f"{place(path)}: the MAT file is truncated or damaged; save it again with -v7")
