"""Recognise a source by what it holds and hand it to its reader."""

import os
from pathlib import Path
from typing import Literal

from deepbelief.datasets.bundled import read_digits
from deepbelief.datasets.csv_header import BYTE_ORDER_MARKS
from deepbelief.datasets.dataset import Dataset
from deepbelief.datasets.idx import read_idx_file, read_idx_folder
from deepbelief.datasets.kaggle_csv import read_kaggle_csv
from deepbelief.datasets.npz import read_npz
from deepbelief.datasets.places import excerpt, place
from deepbelief.datasets.streams import GZIP_MAGIC, first_bytes
from deepbelief.errors import DataError

_ZIP_MAGICS = (b"PK\x03\x04", b"PK\x05\x06")  # with members, and empty
_SNIFFED = 4096
_READABLE = "a folder with MNIST's IDX files, an IDX file of images, a Kaggle CSV, an npz with X, or the word digits"


def load(source: str | os.PathLike[str], *, split: Literal["train", "test"] = "train", holes: bool = False) -> Dataset:
    """Load images and their labels.

    Parameters
    ----------
    source : str or path
        ``"digits"`` for scikit-learn's bundled digits, also if a file or folder of that name lies here (say
        ``"./digits"`` for that one), or the path of

        * a folder with MNIST's IDX files, plain or gzip-compressed;
        * a single IDX file of images; the file of labels beside it is read too;
        * a Kaggle CSV: ``label,pixel0,…`` in any order, with or without ``label``;
        * an npz with `X`, and maybe `y` and `image_shape`.
    split : {"train", "test"}, default="train"
        Which pair of MNIST's files to read from a folder that holds both. Other sources have no splits and ignore it.
    holes : bool, default=False
        Whether the `X` of an npz may be NaN where a value is not known.

    Returns
    -------
    Dataset
        `images` as float32, of shape (n_rows, n_features): in [0, 1], except where an npz holds other numbers than
        pixels, which are left for the model to scale.

    Raises
    ------
    DataError
        If the source is missing, unrecognised or bad: one sentence that says what, where and what to do.
    ValueError
        If `split` is neither ``"train"`` nor ``"test"``.
    """
    if split not in ("train", "test"):
        raise ValueError(f'split must be "train" or "test", not {split!r}')
    if source == "digits":
        return read_digits()
    path = Path(source)
    try:
        if path.is_dir():
            return _read_folder(path, split)
        return _read_file(path, holes)
    except MemoryError as error:
        raise DataError(f"{place(path)}: the data do not fit into memory; use fewer rows") from error
    except OSError as error:
        reason = (error.strerror or "it cannot be read").lower()
        raise DataError(f"{place(path)}: {reason}; check the path and its permissions") from error


def _read_folder(folder: Path, split: str) -> Dataset:
    dataset = read_idx_folder(folder, split)
    if dataset is None:
        raise DataError(
            f"{place(folder)}: no MNIST files in this folder (train-images-idx3-ubyte or t10k-images-idx3-ubyte, "
            "plain or .gz); put them there, or name a single file"
        )
    return dataset


def _read_file(path: Path, holes: bool) -> Dataset:
    if not path.exists():
        raise DataError(f"{place(path)}: no such file or folder; check the path, or say digits for the bundled digits")
    # A pipe or a device has no size to measure a header against, and may never end.
    if not path.is_file():
        raise DataError(f"{place(path)}: neither a file nor a folder; copy the data into a file first")
    head = first_bytes(path, _SNIFFED)
    if not head:
        raise DataError(f"{place(path)}: the file is empty; copy or download it again")
    if head.startswith((GZIP_MAGIC, b"\x00\x00")):
        return read_idx_file(path)
    if head.startswith(_ZIP_MAGICS):
        return read_npz(path, holes=holes)
    if head.startswith(BYTE_ORDER_MARKS) or _is_table(head):
        return read_kaggle_csv(path)
    raise DataError(f"{place(path)}: not recognised (it starts with {excerpt(head[:8])}); use {_READABLE}")


def _is_table(head: bytes) -> bool:
    """Whether the bytes begin like a line of several cells, or like a column of labels alone; its reader judges it."""
    line = head.partition(b"\n")[0]
    first, comma, _ = line.partition(b",")
    is_text = not any(byte < 32 and byte not in b"\t\r" for byte in first)
    return is_text and (bool(comma) or first.strip(b'\r"').lower() == b"label")
