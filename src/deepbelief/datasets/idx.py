"""MNIST's IDX format: a magic number, one size per dimension, then bytes; big-endian; plain or gzip-compressed.

Rules: only unsigned bytes are read (images: 3 dimensions, labels: 1), and a file holds exactly the bytes that its
header declares, neither fewer nor more.
"""

import gzip
import math
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from deepbelief.datasets.dataset import Dataset, images_from_bytes
from deepbelief.datasets.places import excerpt, place, short_name
from deepbelief.datasets.streams import MOST_GROWTH, is_bomb, open_plain_or_gzip, read_at_most
from deepbelief.errors import DataError

_IMAGES_MAGIC = b"\x00\x00\x08\x03"
_LABELS_MAGIC = b"\x00\x00\x08\x01"
_KINDS = {_IMAGES_MAGIC: "images", _LABELS_MAGIC: "labels"}
_SPELLINGS = ("-idx{}-ubyte", "-idx{}-ubyte.gz", ".idx{}-ubyte", ".idx{}-ubyte.gz")


def read_idx_folder(folder: Path, split: str) -> Dataset | None:
    """Read one split of MNIST from a folder; None if the folder holds no file with one of MNIST's names.

    Parameters
    ----------
    folder : Path
    split : {"train", "test"}
        Which pair of files; a folder with only one pair gives that pair for either split.

    Raises
    ------
    DataError
        If labels lie there without their images, or a file is bad.
    """
    order = ("train", "t10k") if split == "train" else ("t10k", "train")
    for prefix in order:
        images = _find(folder, f"{prefix}-images", 3)
        labels = _find(folder, f"{prefix}-labels", 1)
        if images is not None:
            name = short_name(folder.resolve())
            return _read_pair(images, labels, str(folder), name if prefix == "train" else f"{name}-test")
        if labels is not None:
            missing = f"{prefix}-images-idx3-ubyte"
            raise DataError(f"{place(labels)}: labels without images; put {missing} or {missing}.gz beside it")
    return None


def read_idx_file(path: Path) -> Dataset:
    """Read an IDX file of images, and the labels beside it if there is a file of that name.

    Raises
    ------
    DataError
        If `path` holds labels, or either file is bad.
    """
    stem = path.name.removesuffix(".gz")
    labels_stem = stem.replace("images", "labels").replace("idx3", "idx1")
    candidates = [path.with_name(labels_stem + suffix) for suffix in ("", ".gz")] if labels_stem != stem else []
    labels = next((candidate for candidate in candidates if candidate.is_file()), None)
    return _read_pair(path, labels, str(path), short_name(path))


def _find(folder: Path, stem: str, n_dimensions: int) -> Path | None:
    candidates = (folder / (stem + spelling.format(n_dimensions)) for spelling in _SPELLINGS)
    return next((candidate for candidate in candidates if candidate.is_file()), None)


def _read_pair(images_path: Path, labels_path: Path | None, source: str, name: str) -> Dataset:
    labels = None
    # Labels first: they are small, and a bad pair is refused before the large file is read.
    if labels_path is not None:
        labels = _read_idx(labels_path, _LABELS_MAGIC).astype(np.int64)
    pixels = _read_idx(images_path, _IMAGES_MAGIC)
    if labels_path is not None and labels is not None and len(labels) != len(pixels):
        raise DataError(
            f"{place(labels_path)}: {len(labels)} labels for the {len(pixels)} images in {place(images_path)}; "
            "use the two files of one pair"
        )
    n_rows, height, width = pixels.shape
    images = images_from_bytes(pixels.reshape(n_rows, height * width))
    described = "MNIST IDX images and labels" if labels is not None else "MNIST IDX images without labels"
    return Dataset(images, labels, (height, width), f"{source} ({described}: {images_path.name})", name)


def _read_idx(path: Path, magic: bytes) -> npt.NDArray[Any]:
    """Read the unsigned bytes of one IDX file, of the kind that `magic` stands for."""
    with open_plain_or_gzip(path) as stream:
        found = stream.read(4)
        if not found:
            raise DataError(f"{place(path)}: the file is empty; copy or download it again")
        if found != magic:
            raise DataError(f"{place(path)}: {_wrong_magic(found, magic)}")
        n_dimensions = magic[3]
        sizes = stream.read(4 * n_dimensions)
        if len(sizes) < 4 * n_dimensions:
            raise DataError(f"{place(path)}: the IDX header is cut short; copy or download the file again")
        shape = tuple(int(size) for size in np.frombuffer(sizes, ">u4"))
        declared = math.prod(shape)
        if declared == 0:
            raise DataError(f"{place(path)}: the IDX header declares no {_KINDS[magic]}; use a file that holds some")
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
                f"{place(path)}: the IDX header promises {declared} bytes of {_KINDS[magic]} but the file holds "
                f"{held}; copy or download the file again"
            )
    return np.frombuffer(content, np.uint8).reshape(shape)


def _wrong_magic(found: bytes, wanted: bytes) -> str:
    kind = _KINDS[wanted]
    if found in _KINDS:
        return f"an IDX file of {_KINDS[found]} where {kind} are needed; name the file that holds the {kind}"
    if found[:2] == b"\x00\x00":
        return f"wrong magic number 0x{found.hex()} for IDX {kind} (0x{wanted.hex()}); use MNIST's file of {kind}"
    return (
        f"no IDX file of {kind} (it starts with {excerpt(found)}); use MNIST's file of {kind}, plain or gzip, "
        "and decompress any other format first"
    )
