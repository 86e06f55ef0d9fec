"""The text format of libsvm and SVMlight, ``label index:value …``, read by scikit-learn; plain or gzip-compressed.

Indices count from 1, or from 0 if one is 0. Rows become dense, so no more features than the size of the file allows.
"""

import re
from itertools import pairwise
from pathlib import Path
from typing import IO

import numpy as np

from deepbelief.datasets.arrays import Found, dataset_of
from deepbelief.datasets.dataset import Dataset
from deepbelief.datasets.options import ReadOptions
from deepbelief.datasets.places import excerpt, place
from deepbelief.datasets.streams import MOST_GROWTH, SMALL, is_bomb, open_text
from deepbelief.errors import DataError

_NUMBER = rb"[-+]?(?:\d++(?:\.\d*+)?|\.\d++)(?:[eE][-+]?\d++)?"  # without a way back: a line may be long
_ROW = re.compile(rb"\s*%b(?:[ \t]+qid:\d+)?(?:[ \t]+\d++:%b)*+[ \t]*+(?:#.*)?\r?\n?" % (_NUMBER, _NUMBER))
_BEGIN = re.compile(rb"\s*%b(?:,%b)*(?:[ \t]+qid:\d+)?[ \t]+\d+:%b" % (_NUMBER, _NUMBER, _NUMBER))
_LARGEST_INDEX = 2**31 - 2
_LONGEST_LINE = 1 << 24


def recognises(path: Path, head: bytes) -> bool:
    """Tell whether a file begins with a label and pairs of index and value.

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
    lines = (line for line in head.split(b"\n") if line.strip() and not line.lstrip().startswith(b"#"))
    return _BEGIN.match(next(lines, b"")) is not None


def read(path: Path, options: ReadOptions) -> Dataset:
    """Read a file in libsvm's format.

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
        If a row is not what it should be; the message names it.
    """
    from sklearn.datasets import load_svmlight_file

    with open_text(path) as stream:
        n_rows, low, high = _checked(path, stream)
    begins_at_0 = low == 0
    n_found = high + begins_at_0
    n_features = options.n_features or n_found
    if n_found > n_features:
        raise DataError(
            f"{place(path)}: index {high}, where the model knows {n_features} features; use data of the same kind"
        )
    if is_bomb(4 * n_rows * n_features, path.stat().st_size):
        raise DataError(
            f"{place(path)}: {n_rows} rows of {n_features} features take more than {SMALL} bytes and more than "
            f"{MOST_GROWTH} times the size of the file; choose fewer features, say the 1000 most frequent ones"
        )
    with open_text(path) as stream:
        x, y = load_svmlight_file(stream, n_features=n_features, dtype=np.float32, zero_based=begins_at_0)
    classes = y.astype(np.int64) if (y == np.round(y)).all() and (abs(y) < 2**53).all() else y
    return dataset_of(path, "libsvm", Found(x.toarray(), place(path)), Found(classes, place(path)), options)


def _checked(path: Path, stream: IO[bytes]) -> tuple[int, int, int]:
    """Return the number of rows, and the smallest and the largest index.

    Raises
    ------
    DataError
        If a line is no row of this format.
    """
    n_rows, low, high = 0, _LARGEST_INDEX, 0
    number = 0
    while line := stream.readline(_LONGEST_LINE):
        number += 1
        text = line.partition(b"#")[0].strip()
        if not text:
            continue
        if not _ROW.fullmatch(line):
            raise _no_row(path, number, text)
        indices = [int(pair.partition(b":")[0]) for pair in text.split()[1:] if not pair.startswith(b"qid:")]
        if any(later <= earlier for earlier, later in pairwise(indices)):
            raise DataError(f"{place(path, number)}: indices that do not rise; sort the pairs of the row by index")
        if indices:
            low, high = min(low, indices[0]), max(high, indices[-1])
        if high > _LARGEST_INDEX:
            raise DataError(
                f"{place(path, number)}: index {indices[-1]} is beyond what a row can hold; correct the row"
            )
        n_rows += 1
    if not n_rows or not high:
        raise DataError(f"{place(path)}: no row with a value; use a file of lines like 1 3:0.5 7:1")
    return n_rows, low, high


def _no_row(path: Path, number: int, text: bytes) -> DataError:
    cells = text.split()
    if re.fullmatch(rb"%b(,%b)+" % (_NUMBER, _NUMBER), cells[0]):
        return DataError(
            f"{place(path, number)}: several labels ({excerpt(cells[0])}); keep one in each row (several are for "
            "DBNClassifier().fit(X, y) in Python)"
        )
    good = rb"(%b|\d+:%b|qid:\d+)" % (_NUMBER, _NUMBER)
    bad = next((index for index, cell in enumerate(cells) if not re.fullmatch(good, cell)), 0)
    return DataError(
        f"{place(path, number, bad + 1)}: {excerpt(cells[bad])} is not like 3:0.5, an index and a value; correct or "
        "remove the row"
    )
