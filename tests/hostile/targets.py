"""Fuzz targets: for each reader, a function that makes a file from random choices.

Half of the files are well formed in all but one respect, so that the checks deep inside a reader are reached; the other
half is damaged without regard to what it is. The choices come from a ``random.Random``: a seeded one in ``make fuzz``,
one that hypothesis steers, and can shrink, in ``make test``.
"""

import gzip
import json
import struct
import tomllib
import zipfile
import zlib
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from random import Random
from typing import Any

import numpy as np

from deepbelief import DataError, ModelError, datasets, load
from deepbelief.estimators.checkpoint_file import newest
from deepbelief.table_schema import TableSchema
from hostile.array_cases import NPY, element, mat, mat_of, matrix
from hostile.array_cases import zipped as zipped_element
from hostile.arrow_cases import HAS_PYARROW, arrow_file
from hostile.checkpoint_cases import checkpoint, described, with_description
from hostile.csv_cases import CSV
from hostile.idx_cases import IDX
from hostile.model_cases import joined, model, parts
from hostile.npz_cases import NPZ, npy, saved, zipped
from hostile.other_model_cases import models
from hostile.picture_cases import chunk, picture, png
from hostile.table_cases import SVM, TABLE

COUNTS = [
    0,
    1,
    2,
    3,
    4,
    5,
    16,
    127,
    128,
    255,
    256,
    65535,
    65536,
    2**31 - 1,
    2**31,
    2**32 - 1,
    2**63 - 1,
    2**63,
    2**64 - 1,
]
CELLS = [
    "0",
    "7",
    "42",
    "255",
    "256",
    "0255",
    "-1",
    "-2",
    "1.0",
    "1e2",
    "nan",
    "9" * 18,
    "9" * 19,
    "x",
    "\0",
    "²",
    "",
    " 1",
]
NAMES = ["label", "Label", "pixel0", "pixel1", "p2", "p2", '"p3"', "id", "", "4", "\0", "é5", "p6\x1b", "p" * 300 + "7"]
DESCRIPTIONS = [
    "|u1",
    "|b1",
    "<f4",
    ">f8",
    "<f2",
    "<i8",
    "<u8",
    "|i1",
    "<U2",
    "|S3",
    "<U0",
    "|O",
    "<c8",
    "<M8[s]",
    "|V4",
    "x",
]
PIXELS = ("pictures",)
NUMBERS = ["0.5", "-3", "17", "1e3", "255", "", "?", "NA", "2.25"]
WORDS = ["red", "blue", "dark red", "é", "", "yes"]
COLUMN_NAMES = [
    "a",
    "b",
    "class",
    "label",
    "id",
    "colour",
    "price (€)",
    "pixel0",
    "pixel1",
    "Unnamed: 0",
    "y",
    '"q"',
    "",
]
SHAPES = ["(3, 4)", "(3, 2, 2)", "(3,)", "(12,)", "()", "(0, 4)", "(3, -4)", "(3.0, 4)", "(99999999999, 4)", "[3, 4]"]
VALUES = [
    None,
    True,
    0,
    1,
    -1,
    2,
    2**31,
    2**64,
    0.5,
    -1e308,
    "",
    "float32",
    "gaussian",
    "x" * 99,
    "\ud800",
    [],
    [1],
    {},
    [[]],
]


def damaged(rng: Random, content: bytes) -> bytes:
    """Return a file with one to four changes in any place."""
    found = bytearray(content)
    for _ in range(rng.randint(1, 4)):
        place, length = rng.randint(0, len(found)), rng.choice([1, 2, 4, 8, 40])
        change = rng.randrange(6)
        if change == 0 and place < len(found):
            found[place] ^= 1 << rng.randrange(8)
        elif change == 1:
            found[place : place + 1] = bytes([rng.choice([0, 9, 10, 13, 34, 44, 48, 127, 128, 255])])
        elif change == 2:
            del found[place : place + length]
        elif change == 3:
            found[place:place] = bytes(rng.randrange(256) for _ in range(length))
        elif change == 4:
            found[place:place] = found[place : place + length] * rng.randint(1, 3)
        else:
            width = rng.choice([1, 2, 4, 8])
            count = rng.choice(COUNTS) % 2 ** (8 * width)
            found[place : place + width] = count.to_bytes(width, rng.choice(["little", "big"]))
    return bytes(found[: rng.randrange(len(found) + 1)]) if rng.random() < 0.2 else bytes(found)


def idx(rng: Random) -> bytes:
    """Make an IDX file."""
    if rng.random() < 0.5:
        return damaged(rng, IDX)
    shape = [rng.choice([0, 1, 2, 3, 7]) for _ in range(3)]
    n_bytes = shape[0] * shape[1] * shape[2] + rng.choice([0, 0, 0, -1, 1, 100])
    if rng.random() < 0.3:
        shape[rng.randrange(3)] = rng.choice(COUNTS) % 2**32
    magic = bytes([0, 0, rng.choice([8, 8, 8, 9, 13]), rng.choice([3, 3, 3, 1, 2, 255])])
    return magic + struct.pack(">3I", *shape) + bytes(rng.randrange(256) for _ in range(max(0, n_bytes)))


def compressed(rng: Random) -> bytes:
    """Make a gzip of an IDX file, in one member or several, or of something else."""
    content = rng.choice([IDX, IDX, idx(rng), idx(rng), CSV, bytes(rng.choice([0, 1000, 2**17]))])
    cut = rng.randint(0, len(content))
    pieces = [content] if rng.random() < 0.7 else [content[:cut], content[cut:]]
    packed = b"".join(gzip.compress(piece, rng.choice([0, 1, 9]), mtime=0) for piece in pieces)
    return damaged(rng, packed) if rng.random() < 0.6 else packed


def table(rng: Random) -> bytes:
    """Make a CSV."""
    if rng.random() < 0.5:
        return damaged(rng, CSV)
    n_columns = rng.randint(1, 5)
    good = [str(rng.randint(0, 255)) for _ in range(4)]
    rows = [["label", "pixel0", "pixel1", "p2", "p3"][:n_columns]]
    rows += [[rng.choice(good) for _ in range(n_columns)] for _ in range(rng.randint(0, 4))]
    for _ in range(rng.randint(0, 2)):
        row = rng.randrange(len(rows))
        rows[row][rng.randrange(n_columns)] = rng.choice(NAMES if row == 0 else CELLS)
    text = "".join(",".join(row) + rng.choice(["\n", "\n", "\n", "\r\n", "\r", "\n\n", ",\n"]) for row in rows)
    return (text + "\n" * rng.choice([0, 0, 1, 50])).encode(
        rng.choice(["utf-8", "utf-8", "latin-1", "utf-16"]), "replace"
    )


def array(rng: Random) -> bytes:
    """Make an array in NumPy's format, with as many bytes as it needs or not."""
    kind, shape = rng.choice(DESCRIPTIONS), rng.choice(SHAPES)
    order = rng.choice(["False", "True", "False", "7"])
    n_values = {"(3, 4)": 12, "(3, 2, 2)": 12, "(12,)": 12, "(3,)": 3, "()": 1}.get(shape, 0)
    length = n_values * (np.dtype(kind).itemsize if kind != "x" else 1) + rng.choice([0, 0, 0, 0, -1, 1])
    content = bytes(rng.choice([0, 1, 60, 255, rng.randrange(256)]) for _ in range(max(0, length)))
    header = f"{{'descr': '{kind}', 'fortran_order': {order}, 'shape': {shape}, }}"
    made = npy(header, content, rng.choice([1, 1, 2, 3]))
    return damaged(rng, made) if rng.random() < 0.3 else made


def npz(rng: Random) -> bytes:
    """Make an npz, or a zip of something else."""
    if rng.random() < 0.4:
        return damaged(rng, NPZ)
    x = saved(np.arange(12, dtype=rng.choice(["u1", "f4", "i8"])).reshape(3, 4)) if rng.random() < 0.5 else array(rng)
    members = [(rng.choice(["X.npy", "X.npy", "X", "../X", "y"]), x)]
    if rng.random() < 0.6:
        members.append((rng.choice(["y.npy", "image_shape.npy", "X.npy", "z"]), array(rng)))
    method = rng.choice([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
    made = zipped(*members, method=method)
    return damaged(rng, made) if rng.random() < 0.3 else made


def any_table(rng: Random) -> bytes:
    """Make a table in any dialect."""
    if rng.random() < 0.4:
        return damaged(rng, TABLE)
    n_columns, n_rows = rng.randint(2, 5), rng.randint(0, 12)
    delimiter = rng.choice([",", ";", "\t", "|", " "])
    columns = [rng.choice([NUMBERS, NUMBERS, WORDS, ["0", "1"], ["1", "2", "3"]]) for _ in range(n_columns)]
    rows = [rng.sample(COLUMN_NAMES, n_columns)] if rng.random() < 0.8 else []
    rows += [[rng.choice(column) for column in columns] for _ in range(n_rows)]
    for _ in range(rng.choice([0, 0, 1, 2])):
        if rows:
            row = rng.choice(rows)
            row[rng.randrange(n_columns)] = rng.choice(CELLS + NAMES + ["2020-01-02", "inf", '"', '"a', "a\nb", "1,5"])
    ends = ["\n", "\n", "\n", "\n", "\r\n", "\r", delimiter + "\n"]
    text = "".join(delimiter.join(row) + rng.choice(ends) for row in rows)
    made = text.encode(rng.choice(["utf-8", "utf-8", "utf-8-sig", "latin-1", "utf-16"]), "replace")
    return gzip.compress(made, mtime=0) if rng.random() < 0.1 else made


def libsvm(rng: Random) -> bytes:
    """Make a file in libsvm's format."""
    if rng.random() < 0.5:
        return damaged(rng, SVM)
    lines = []
    for _ in range(rng.randint(1, 6)):
        indices = sorted(rng.sample(range(9), rng.randint(0, 4)))
        cells = [f"{index}:{rng.choice(['1', '0.5', '-2e1', rng.choice(CELLS)])}" for index in indices]
        lines.append(" ".join([rng.choice(["1", "-1", "0.5", rng.choice(CELLS)]), *cells]))
    return "\n".join(lines).encode("utf-8", "replace")


def npy_file(rng: Random) -> bytes:
    """Make an .npy file."""
    return damaged(rng, NPY) if rng.random() < 0.4 else array(rng)


def mat_file(rng: Random) -> bytes:
    """Make a MAT file."""
    if rng.random() < 0.5:
        return damaged(rng, mat(rng.random() < 0.5))
    kind, sizes = (
        rng.choice([1, 2, 3, 4, 5, 6, 7, 9, 12, 16, 17, 255]),
        rng.choice([(3, 4), (3, 2, 2), (1, 1), (0, 4), (12,)]),
    )
    stored = rng.choice([1, 2, 3, 5, 7, 9, 12, 14, 16, 18])
    inner = element(stored, bytes(rng.randrange(256) for _ in range(rng.choice([0, 3, 12, 24, 96]))))
    made = matrix(
        kind, sizes, inner, *[inner] * rng.choice([0, 0, 1]), name=rng.choice([b"X", b"y", b"", b"\xff", b"train0"])
    )
    made = rng.choice(
        [made, made, matrix(2, (1, 1), element(5, b"\x20\0\0\0"), element(1, b"X".ljust(32, b"\0")), made)]
    )
    made = mat_of(zipped_element(made) if rng.random() < 0.5 else made, *[made] * rng.choice([0, 1]))
    return damaged(rng, made) if rng.random() < 0.3 else made


def parquet_file(rng: Random) -> bytes:
    """Make a Parquet file."""
    return damaged(rng, arrow_file("Parquet", 4, rng.choice([None, "snappy", "zstd"])))


def feather_file(rng: Random) -> bytes:
    """Make a Feather file."""
    return damaged(rng, arrow_file("Feather", 4, rng.choice([None, "lz4", "zstd"])))


def picture_file(rng: Random) -> bytes:
    """Make a PNG or a JPEG."""
    if rng.random() < 0.7:
        return damaged(rng, picture(rng.choice(["PNG", "JPEG"]), rng.random() < 0.5))
    size = [rng.choice([0, 1, 4, 4, 4, 5, 65_535, 2**31]) for _ in range(2)]
    content = zlib.compress(bytes(rng.randrange(5) for _ in range(rng.choice([0, 19, 20, 20, 20, 21]))))
    return png(
        *size, content, chunk(rng.choice([b"tEXt", b"eXIf", b"gAMA", b"PLTE", b"tRNS"]), bytes(rng.choice([0, 3, 9])))
    )


def model_file(rng: Random) -> bytes:
    """Make the file of a classifier, with another value at some place of its header or of its description."""
    return _changed_model(rng, model())


def other_model_file(rng: Random) -> bytes:
    """Make the same of a model of another kind."""
    return _changed_model(rng, rng.choice(list(models().values())))


def _changed_model(rng: Random, content: bytes) -> bytes:
    if rng.random() < 0.3:
        return damaged(rng, content)
    header, about, data = parts(content)
    if rng.random() < 0.3:
        text = damaged(rng, json.dumps(rng.choice([header, about])).encode()).decode("utf-8", "replace")
        return joined(text, None, data) if rng.random() < 0.5 else joined(header, text, data)
    for _ in range(rng.randint(1, 2)):
        change_one_place(rng, rng.choice([header, about, about]))
    return joined(header, about, data)


def checkpoint_file(rng: Random) -> bytes:
    """Make a checkpoint, with another value at some place of its description, or damaged anywhere."""
    if rng.random() < 0.4:
        return damaged(rng, checkpoint())
    about = described()
    if rng.random() < 0.2:
        return with_description(damaged(rng, json.dumps(about).encode()).decode("utf-8", "replace"))
    for _ in range(rng.randint(1, 2)):
        change_one_place(rng, about)
    return with_description(about)


def change_one_place(rng: Random, node: Any) -> None:
    """Put another value somewhere into nested lists and dicts, or leave one out, or add one."""
    while True:
        keys = list(node) if isinstance(node, dict) else list(range(len(node)))
        key = rng.choice(keys)
        if not (isinstance(node[key], dict | list) and node[key]) or rng.random() < 0.2:
            break
        node = node[key]
    action = rng.randrange(6)
    if action == 0:
        del node[key]
    elif action == 1 and isinstance(node, dict):
        node[rng.choice(["new", "", "../x", "0"])] = node[key]
    elif action == 2 and type(node[key]) is int:
        node[key] += rng.choice([-1, 1, 4, 2**31, 2**63])
    else:
        node[key] = deepcopy(rng.choice(VALUES))  # a later change must not reach into the list of values


TARGETS: dict[str, Callable[[Random], bytes]] = {
    "IDX": idx,
    "gzip": compressed,
    "CSV": table,
    "table": any_table,
    "libsvm": libsvm,
    "npz": npz,
    "npy": npy_file,
    "MAT": mat_file,
    "Parquet": parquet_file,
    "Feather": feather_file,
    "pictures": picture_file,
    "model": model_file,
    "models of other kinds": other_model_file,
    "checkpoint": checkpoint_file,
}
MODELS = ("model", "models of other kinds")
if not HAS_PYARROW:  # there is nothing to read them with
    del TARGETS["Parquet"], TARGETS["Feather"]


def read(target: str, path: Path) -> str:
    """Read a file; return the sentence with which it is refused, "" if it is read. Nothing else may happen."""
    allowed: type[ValueError] = ModelError if target in (*MODELS, "checkpoint") else DataError
    try:
        if target == "checkpoint":
            folder = path.with_name("checkpoints")
            folder.mkdir(exist_ok=True)
            (folder / "checkpoint-000001.safetensors").write_bytes(path.read_bytes())
            assert newest(folder) is not None
            return ""
        if target in MODELS:
            repr(load(path).metadata_)
            return ""
        found = datasets.load(path if target != "pictures" else _folder_with(path))
    except allowed as error:
        sentence = str(error)
        assert "\n" not in sentence
        assert len(sentence) < 500
        assert "fit into memory" not in sentence
        return sentence
    assert found.images.dtype == np.float32
    assert found.images.ndim == 2
    assert target not in PIXELS or 0 <= found.images.min() <= found.images.max() <= 1
    assert not np.isinf(found.images).any()
    for known in (found.labels, found.targets):
        assert known is None or len(known.tolist()) == len(found.images)
    if found.schema is not None:
        assert TableSchema.from_dict(json.loads(json.dumps(found.schema.to_dict()))) == found.schema
        assert tomllib.loads(found.schema.to_toml()) == found.schema.to_dict()
        assert len(found.schema.feature_names) == found.images.shape[1]
    return ""


def _folder_with(path: Path) -> Path:
    """Return a folder that holds a picture, and a good one beside it."""
    folder = path.with_name("pictures")
    folder.mkdir(exist_ok=True)
    (folder / "a.png").write_bytes(path.read_bytes())
    (folder / "b.png").write_bytes(picture("PNG"))
    return folder
