"""Recognise a source by what it holds and hand it to its reader.

A reader is a module with two functions: ``recognises(path, head)`` looks at the first bytes of a file, as they are when
it is decompressed, and ``read(path, options)`` returns a :class:`~deepbelief.datasets.dataset.Dataset`. A new one is a
new file and its name in `READERS`.
"""

import re
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

from deepbelief.datasets import arrow, csv_table, idx, image_folder, libsvm, mat, npy, npz
from deepbelief.datasets.bundled import read_digits
from deepbelief.datasets.dataset import Dataset
from deepbelief.datasets.frames import is_frame, read_frame
from deepbelief.datasets.options import ReadOptions, Split, Task
from deepbelief.datasets.places import excerpt, place
from deepbelief.datasets.streams import first_bytes, is_gzip, open_plain_or_gzip
from deepbelief.errors import DataError
from deepbelief.table_schema import TableSchema

# The first that recognises a file reads it; nearly all text could be a table, so that comes last.
READERS: tuple[ModuleType, ...] = (idx, npz, npy, mat, arrow, image_folder, libsvm, csv_table)
COMPRESSED: tuple[ModuleType, ...] = (idx, libsvm, csv_table)  # those that read gzip too
FOLDERS: tuple[ModuleType, ...] = (idx, image_folder)
_SNIFFED = 2**16  # bytes: titles and the header of a table of thousands of columns
# Text that would pass for a table, and what to do with it.
_OTHERS = {
    rb'\s*(\[\s*)?\{\s*"': "JSON, which is not read; write it as CSV, such as with pandas.read_json(…).to_csv(…)",
    rb"(?i)\s*<(!doctype|html|\?xml)": "a web page or XML, and no data; download the file itself, or write it as CSV",
}
_READABLE = (
    "a CSV or another table of text, Parquet, Feather, .npz, .npy, .mat, libsvm's format, an IDX file of images, a "
    "folder with MNIST's files or with pictures, or the word digits"
)


def load(
    source: Any,
    *,
    split: Split = "train",
    target: str | None = None,
    drop: Sequence[str] = (),
    categorical: Sequence[str] = (),
    task: Task = "auto",
    image_size: tuple[int, int] | None = None,
    skip_bad: bool = False,
    schema: TableSchema | None = None,
    n_features: int | None = None,
    keep_integers: bool = False,
) -> Dataset:
    """Load images or a table, with what is to be predicted if that is known.

    Parameters
    ----------
    source : str, path or DataFrame
        ``"digits"`` for scikit-learn's bundled digits, also if a file or folder of that name lies here (say
        ``"./digits"`` for that one); a DataFrame of pandas or polars; or the path of

        * a table: CSV in any dialect, plain or gzip-compressed, Parquet or Feather;
        * ``.npz`` (`X` and `y`, or Keras's or scikit-learn's names), ``.npy``, ``.mat`` (version 5), libsvm's format;
        * a folder with MNIST's IDX files, or one of them; the file of labels beside it is read too;
        * a folder of PNG or JPEG pictures, in folders by class, or with a CSV of labels, or without labels.
    split : {"train", "test"}, default="train"
        Which part to read of a source that holds both. Other sources have no splits and ignore it.
    target : str, optional
        The column of a table that is to be predicted. Default: the one called label, class, target or y, or the only
        column of words if it is the first or the last.
    drop, categorical : sequence of str
        Columns of a table to leave out, and columns whose values are categories, also if they are numbers.
    task : {"auto", "classify", "regress", "features"}, default="auto"
        "auto" classifies text and few different values and regresses other numbers; "features" leaves the target out.
    image_size : tuple of (height, width), optional
        Scale the pictures of a folder.
    skip_bad : bool, default=False
        Leave out pictures of a folder that cannot be read.
    schema : TableSchema, optional
        Read a table as another one was read, whose ``Dataset.schema`` this is.
    n_features : int, optional
        The number of features of sparse rows, where the file does not say.
    keep_integers : bool, default=False
        Leave integers of ``.npz``, ``.npy`` and ``.mat`` as they are, as counts and categories need it. Otherwise those
        in 0..255 are pixels.

    Returns
    -------
    Dataset
        `images` as float32, of shape (n_rows, n_features): pixels in [0, 1], other numbers as they are, NaN where a
        cell is missing.

    Raises
    ------
    DataError
        If the source is missing, unrecognised or bad: one sentence that says what, where and what to do.
    ValueError
        If `split` or `task` is none of these words.
    """
    options = ReadOptions(
        split,
        target,
        tuple(drop),
        tuple(categorical),
        task,
        image_size,
        skip_bad,
        schema,
        n_features,
        keep_integers,
    )
    if is_frame(source):
        return read_frame(source, options)
    if isinstance(source, str) and source == "digits":
        return _digits(options)
    path = Path(source)
    try:
        if path.is_dir():
            return _read_folder(path, options)
        return _read_file(path, options)
    except MemoryError as error:
        raise DataError(f"{place(path)}: the data do not fit into memory; use fewer rows") from error
    except OSError as error:
        reason = (error.strerror or "it cannot be read").lower()
        raise DataError(f"{place(path)}: {reason}; check the path and its permissions") from error


def _digits(options: ReadOptions) -> Dataset:
    if options.about_columns:
        raise DataError(f"digits: pictures have no columns with names; leave out --{options.about_columns[0]}")
    return read_digits(with_labels=options.task != "features")


def _read_folder(folder: Path, options: ReadOptions) -> Dataset:
    for reader in FOLDERS:
        dataset: Dataset | None = reader.read_folder(folder, options)
        if dataset is not None:
            return dataset
    raise DataError(
        f"{place(folder)}: no MNIST files in this folder (train-images-idx3-ubyte or t10k-images-idx3-ubyte, "
        "plain or .gz) and no PNG or JPEG pictures; put them there, or name a single file"
    )


def _read_file(path: Path, options: ReadOptions) -> Dataset:
    if not path.exists():
        raise DataError(f"{place(path)}: no such file or folder; check the path, or say digits for the bundled digits")
    # A pipe or a device has no size to measure a header against, and may never end.
    if not path.is_file():
        raise DataError(f"{place(path)}: neither a file nor a folder; copy the data into a file first")
    head = first_bytes(path, _SNIFFED)
    if not head:
        raise DataError(f"{place(path)}: the file is empty; copy or download it again")
    is_packed = is_gzip(path)
    if is_packed:
        with open_plain_or_gzip(path) as stream:
            head = stream.read(_SNIFFED)
        if not head:
            raise DataError(f"{place(path)}: the file is empty; copy or download it again")
    for pattern, what in _OTHERS.items():
        if re.match(pattern, head):
            raise DataError(f"{place(path)}: {what}")
    for reader in READERS:
        if reader.recognises(path, head):
            if is_packed and reader not in COMPRESSED:
                raise DataError(
                    f"{place(path)}: compressed with gzip, which only text and IDX files may be; decompress it"
                )
            dataset: Dataset = reader.read(path, options)
            return dataset
    raise DataError(f"{place(path)}: not recognised (it starts with {excerpt(head[:8])}); use {_READABLE}")
