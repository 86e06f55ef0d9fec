"""MNIST's IDX format: a magic number, one size per dimension, then values; big-endian; plain or gzip-compressed.

Files of images and labels are found by the names that MNIST, EMNIST, QMNIST and torchvision give them. Rules: images
have 2 dimensions or more, labels 1, or 2 of which the first column is the class (QMNIST); a file holds exactly the
bytes that its header declares, neither fewer nor more.
"""

import gzip
import math
import re
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from deepbelief.datasets.arrays import Found, dataset_of
from deepbelief.datasets.dataset import Dataset
from deepbelief.datasets.options import ReadOptions
from deepbelief.datasets.places import excerpt, place, short_name
from deepbelief.datasets.streams import MOST_GROWTH, is_bomb, open_plain_or_gzip, read_at_most
from deepbelief.datasets.targets import labels_or_targets
from deepbelief.errors import DataError

_TYPES = {8: "u1", 9: "i1", 11: ">i2", 12: ">i4", 13: ">f4", 14: ">f8"}
_MOST_DIMENSIONS = 4
# emnist-letters-train-images-idx3-ubyte.gz: the set, the split, what it holds, its type.
_NAME = re.compile(r"(.*?)(train|t10k|test)-(images|labels)[-.]idx(\d)-(\w+?)(\.gz)?")
_RAW = ("raw", "*/raw")  # where torchvision puts them, below its root


def recognises(path: Path, head: bytes) -> bool:
    """Tell whether a file begins like one in IDX format.

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
    return head.startswith(b"\x00\x00")


def read(path: Path, options: ReadOptions) -> Dataset:
    """Read an IDX file of images, and the labels beside it if there is a file of that name.

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
        If `path` holds labels, or either file is bad.
    """
    return _read_pair(path, _labels_beside(path), str(path), short_name(path), options)


def read_folder(folder: Path, options: ReadOptions) -> Dataset | None:
    """Read one split of MNIST from a folder, or from torchvision's below it; None if there is none.

    A folder with only one split gives that one, whichever is asked for.

    Parameters
    ----------
    folder : Path
    options : ReadOptions
        What the user said of the data.

    Returns
    -------
    Dataset or None

    Raises
    ------
    DataError
        If there are several sets, labels without their images, or a file is bad.
    """
    named = _named_files(folder)
    places = {folder} if named else set()
    for pattern in () if named else _RAW:
        below = [entry for entry in folder.glob(pattern) if entry.is_dir() and _named_files(entry)]
        places.update(below)
    if len(places) > 1:
        sets = " and ".join(sorted(entry.parent.name for entry in places)[:4])
        raise DataError(
            f"{place(folder)}: several data sets ({excerpt(sets.encode())}); name the folder of one of them"
        )
    if not places:
        return None
    (where,) = places
    return _read_split(folder, _named_files(where), options)


def _named_files(folder: Path) -> dict[tuple[str, str, str], Path]:
    """Return the files with names like MNIST's, by set, split and what they hold; uncompressed ones rather."""
    found: dict[tuple[str, str, str], Path] = {}
    for path in sorted(folder.iterdir()):
        match = _NAME.fullmatch(path.name)
        if match and path.is_file():
            split = "train" if match[2] == "train" else "test"
            found.setdefault((match[1], split, match[3]), path)
    return found


def _read_split(folder: Path, files: dict[tuple[str, str, str], Path], options: ReadOptions) -> Dataset:
    sets = sorted({name for name, _, _ in files})
    if len(sets) > 1:
        held = ", ".join(name.rstrip("-") or "mnist" for name in sets[:4])
        raise DataError(f"{place(folder)}: several data sets ({excerpt(held.encode())}); name one file of images")
    splits = ("train", "test") if options.split == "train" else ("test", "train")
    split = next(split for split in splits if any(found == split for _, found, _ in files))
    images, labels = (files.get((sets[0], split, what)) for what in ("images", "labels"))
    if images is None and labels is not None:
        missing = re.sub(r"idx\d-\w+?(\.gz)?$", "idx3-ubyte", labels.name.replace("labels", "images"))
        raise DataError(f"{place(labels)}: labels without images; put {missing} or {missing}.gz beside it")
    assert images is not None
    name = short_name(folder.resolve())
    return _read_pair(images, labels, str(folder), name if split == "train" else f"{name}-test", options)


def _labels_beside(path: Path) -> Path | None:
    """Return the file of labels whose name differs from that of the images only in what it says of its content."""
    for entry in sorted(path.parent.iterdir()):
        twin = entry.name.replace("labels", "images")
        if twin != entry.name and _without_type(twin) == _without_type(path.name) and entry.is_file():
            return entry
    return None


def _without_type(name: str) -> str:
    return re.sub(r"idx\d(-\w+)?", "", name.removesuffix(".gz"))


def _read_pair(images_path: Path, labels_path: Path | None, source: str, name: str, options: ReadOptions) -> Dataset:
    labels = targets = None
    # Labels first: they are small, and a bad pair is refused before the large file is read.
    if labels_path is not None:
        values = _read_idx(labels_path, "labels")
        values = values[:, 0] if values.ndim == 2 else values
        labels, targets = labels_or_targets(place(labels_path), values, options.task)
    pixels = _read_idx(images_path, "images")
    if labels_path is not None and len(values) != len(pixels):
        raise DataError(
            f"{place(labels_path)}: {len(values)} labels for the {len(pixels)} images in {place(images_path)}; "
            "use the two files of one pair"
        )
    found = dataset_of(images_path, "MNIST IDX images", Found(pixels, place(images_path)), None, options)
    described = "MNIST IDX images and labels" if labels_path is not None else "MNIST IDX images without labels"
    source = f"{source} ({described}: {images_path.name})"
    return Dataset(found.images, labels, found.image_shape, source, name, targets)


def _read_idx(path: Path, kind: str) -> npt.NDArray[Any]:
    """Read one IDX file of images or of labels."""
    with open_plain_or_gzip(path) as stream:
        magic = stream.read(4)
        if not magic:
            raise DataError(f"{place(path)}: the file is empty; copy or download it again")
        if len(magic) < 4:
            raise DataError(f"{place(path)}: the IDX header is cut short; copy or download the file again")
        dtype, n_dimensions = _described(path, magic, kind)
        sizes = stream.read(4 * n_dimensions)
        if len(sizes) < 4 * n_dimensions:
            raise DataError(f"{place(path)}: the IDX header is cut short; copy or download the file again")
        shape = tuple(int(size) for size in np.frombuffer(sizes, ">u4"))
        declared = math.prod(shape) * dtype.itemsize
        if declared == 0:
            raise DataError(f"{place(path)}: the IDX header declares no {kind}; use a file that holds some")
        size = path.stat().st_size
        if isinstance(stream, gzip.GzipFile) and is_bomb(declared, size):
            raise DataError(
                f"{place(path)}: the IDX header promises {declared} bytes, more than {MOST_GROWTH} times the {size} of "
                "the gzip file; if you trust it, decompress it first"
            )
        content = read_at_most(stream, declared)
        # Reading past the declared bytes also makes gzip verify its checksum.
        if len(content) < declared or stream.read(1):
            held = "more" if len(content) == declared else f"only {len(content)}"
            raise DataError(
                f"{place(path)}: the IDX header promises {declared} bytes of {kind} but the file holds "
                f"{held}; copy or download the file again"
            )
    return np.frombuffer(content, dtype).reshape(shape)


def _described(path: Path, magic: bytes, kind: str) -> tuple[np.dtype[Any], int]:
    """Return the type of the values and the number of dimensions that a magic number declares for this kind of file."""
    other = "labels" if kind == "images" else "images"
    if magic[:2] != b"\x00\x00":
        raise DataError(
            f"{place(path)}: no IDX file of {kind} (it starts with {excerpt(magic)}); use MNIST's file of {kind}, "
            "plain or gzip, and decompress any other format first"
        )
    if magic[2] not in _TYPES or not 0 < magic[3] <= _MOST_DIMENSIONS:
        raise DataError(f"{place(path)}: wrong magic number 0x{magic.hex()} for an IDX file; copy or download it again")
    are_labels = magic[3] == 1 or (magic[3] == 2 and kind == "labels")
    if are_labels != (kind == "labels"):
        raise DataError(
            f"{place(path)}: an IDX file of {other} where {kind} are needed; name the file that holds the {kind}"
        )
    return np.dtype(_TYPES[magic[2]]), magic[3]
