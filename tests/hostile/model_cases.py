"""Model files that lie about themselves, in the header or in the model described there."""

import hashlib
import json
import os
import pickle
import tempfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import safetensors.numpy

from deepbelief import DBNClassifier, save
from deepbelief.datasets import row_hashes
from deepbelief.estimators.learned_rows import LearnedRows
from deepbelief.estimators.tensor_file import HEADER_LIMIT
from hostile.case import Case, files, with_flipped_bits
from hostile.npz_cases import Recorder, zipped

X = np.random.default_rng(0).random((20, 2))
ROOM = HEADER_LIMIT - 4096  # for text that is still read


@cache
def model() -> bytes:
    """Return the bytes of a small model file."""
    net = DBNClassifier((2,), pretrain_epochs=1, softmax_epochs=1, finetune_epochs=1, random_state=0)
    with tempfile.TemporaryDirectory() as folder:
        learned = LearnedRows.of(row_hashes(X))
        save(net.fit(X, np.arange(20) % 3), Path(folder) / "model", image_shape=(1, 2), learned_from=learned)
        return (Path(folder) / "model").read_bytes()


def parts(content: bytes | None = None) -> tuple[dict[str, Any], dict[str, Any], bytes]:
    """Return the header of a model file, the description of the model in it, and the data section."""
    content = model() if content is None else content
    end = 8 + int.from_bytes(content[:8], "little")
    header = json.loads(content[8:end])
    return header, json.loads(header.pop("__metadata__")["deepbelief"]), content[end:]


def joined(header: dict[str, Any] | str, about: Any, data: bytes) -> bytes:
    """Return a file of these parts; a description that is no text is written as JSON, with the digest of the data."""
    if isinstance(about, dict):
        about = json.dumps(about | {"sha256": hashlib.sha256(data).hexdigest()})
    if isinstance(header, dict):
        header = json.dumps({"__metadata__": {"deepbelief": about}} | header)
    text = header.encode("utf-8", "surrogatepass")
    return len(text).to_bytes(8, "little") + text + data


def with_tensor(name: str = "network.0.bias", **changes: Any) -> bytes:
    """Return a model whose header says something else of one tensor."""
    header, about, data = parts()
    return joined(header | {name: header["network.0.bias"] | changes}, about, data)


def with_hashes(**changes: Any) -> bytes:
    """Return a model whose header says something else of the hashes of the rows that it learned from."""
    header, about, data = parts()
    return joined(header | {"learned_from": header["learned_from"] | changes}, about, data)


def with_metadata(text: str) -> bytes:
    """Return a model described by any text."""
    header, _, data = parts()
    return joined(header, text, data)


def boundaries(content: bytes) -> Iterator[bytes]:
    """Yield a model cut short at the ends of all its parts, and a byte before and after them."""
    header, _, data = parts(content)
    start = len(content) - len(data)
    ends = {1, 8, start, *(start + place for entry in header.values() for place in entry["data_offsets"])}
    for end in sorted({place + step for place in ends for step in (-1, 0, 1)}):
        if 0 < end < len(content):
            yield content[:end]


def tensors(n: int) -> bytes:
    """Return a file of so many empty tensors."""
    header, about, data = parts()
    entry = {"dtype": "F32", "shape": [0], "data_offsets": [len(data), len(data)]}
    entries = {f"t{i}": entry for i in range(n)}
    return joined(header | entries, about, data)


def bombs() -> Iterator[bytes]:
    """Yield files whose text is short enough to be parsed, and takes as much memory as text can."""
    yield with_metadata("x" * ROOM)
    for piece in ("[]", "{}", "[[]]", '{"a":{}}', "1.5", "99999", '"abc"'):
        room = ROOM // (len(json.dumps(piece)) - 1)
        yield with_metadata("[" + ",".join([piece] * room) + "]")
        header = '{"a": [' + ",".join([piece] * (ROOM // (len(piece) + 1))) + "]}"
        yield joined(header, None, b"")
    yield joined("{" + ",".join(f'"{i:x}":0' for i in range(ROOM // 10)) + "}", None, b"")
    yield with_metadata("{" + ",".join(f'"{i:x}":0' for i in range(ROOM // 12)) + "}")


def described(*keys: str | int, value: Any) -> bytes:
    """Return a model with another value at one place of its description."""
    header, about, data = parts()
    node: Any = about
    for key in keys[:-1]:
        node = node[key]
    node[keys[-1]] = value
    return joined(header, about, data)


def no_regular_files(folder: Path) -> None:
    """Leave a folder, a pipe, and links to nothing, to themselves and to a device without an end."""
    (folder / "folder").mkdir()
    os.mkfifo(folder / "pipe")
    (folder / "nothing").symlink_to("missing")
    (folder / "loop").symlink_to("loop")
    (folder / "endless").symlink_to("/dev/zero")


def other_files() -> Iterator[bytes]:
    """Yield files of other kinds; the pickle would write a file if it were unpickled."""
    yield pickle.dumps(Recorder())
    yield zipped(("archive/data.pkl", pickle.dumps(Recorder())))  # as torch.save writes it
    yield safetensors.numpy.save({"weights": np.ones((2, 2), np.float32)})
    yield b"\x89HDF\r\n\x1a\n" + bytes(500)
    yield b"\xef\xbb\xbf" + model()


def model_cases() -> Iterator[Case]:
    """Yield cases for the reader of model files."""
    size = len(parts()[2])
    yield Case("model", "empty", files(b""), "is empty")
    yield Case("model", "cut short at the end of every part", files(boundaries(model())), "; ")
    yield Case("model", "longer than its header says", files(model() + bytes(1)), "was cut short or changed")
    yield Case("model", "one bit of every eighth byte flipped", files(with_flipped_bits(model(), 8)), "")
    yield Case("model", "one bit of every byte of the numbers flipped", files(_flipped_numbers()), "; ")
    yield Case("model", "a pickle, a zip, other tensors, HDF5, a mark", files(other_files()), "; ")
    yield Case("model", "a folder, a pipe, links to nothing and /dev/zero", no_regular_files, "; ")
    lengths = [2**64 - 1, 2**63, 2**31, HEADER_LIMIT + 1, 0, 1]
    yield Case(
        "model", "a header of another length", files(n.to_bytes(8, "little") + model()[8:] for n in lengths), "; "
    )
    yield Case("model", "a header of 4 MB", files(joined(" " * 2**22, None, b"")), "more than the")
    yield Case("model", "100,000 tensors", files(tensors(100_000)), "more than the")
    yield Case("model", "15,000 tensors", files(tensors(15_000)), "belongs to no part of its model")
    yield Case("model", "text that takes the most memory", files(bombs()), "; ")
    deep = ["[" * 10**6, '{"a":' * 200_000, "[" * 900 + "]" * 900]
    yield Case("model", "JSON 900 to a million levels deep", files([with_metadata(text) for text in deep]), "; ")
    yield Case("model", "a header as deep", files(joined(text, None, b"") for text in deep), "; ")
    odd = ["NaN", "-Infinity", "1e999", "9" * 5000, '{"a":1,"a":1}', '"\\ud800"', "\ufeff{}", "{}{}", "'a'", "", "null"]
    yield Case("model", "JSON that is not strict", files([with_metadata(text) for text in odd]), "; ")
    raw = [b"\xff\xfe{}", b'{"\xed\xa0\x80":0}', b"{}\0", b"\0" * 64, b'{"a":"\x1b"}']
    yield Case("model", "a header that is no text", files(len(r).to_bytes(8, "little") + r for r in raw), "; ")
    shapes = [[-2], [2**62, 2**62], [2**64], [2.0], [True], ["2"], None, [[2]], [1] * 70, [3], []]
    yield Case("model", "tensors of other shapes", files(with_tensor(shape=shape) for shape in shapes), "; ")
    places = [[-8, 0], [8, 0], [0, 2**63], [2**64, 2**64 + 8], [size, size + 8], [0, 8], [4, 12], [0], None, [0.0, 8.0]]
    yield Case("model", "tensors at other places", files(with_tensor(data_offsets=place) for place in places), "; ")
    kinds = ["F16", "BF16", "I64", "U64", "BOOL", "f32", "O", "", None, 7, ["F32"]]
    yield Case("model", "tensors of other types", files(with_tensor(dtype=kind) for kind in kinds), "; ")
    yield Case("model", "two tensors at one place", files(with_tensor("network.1.bias")), "; ")
    yield Case("model", "a tensor twice", files(_twice()), "says the same thing twice")
    names = ["../../etc/passwd", "/dev/sda", "a\0b", "\x1b[2J", "", "x" * 100_000, "__metadata__"]
    yield Case("model", "tensors whose names are paths", files(with_tensor(name) for name in names), "; ")
    numbers = [np.nan, np.inf, -np.inf]
    yield Case(
        "model", "NaN and infinity for weights", files(_with_number(number) for number in numbers), "NaN or infinity"
    )
    classes = ["os.system", "builtins.exec", "DBN", "RBM", "", None, 0, ["RBM"]]
    yield Case("model", "another class", files(described("class", value=name) for name in classes), "; ")
    counts = [0, -1, True, 3, 2**31, 2**63, 10**400, 1.5, "2", None, []]
    at = ("estimator", "dbn", "layers", 0, "n_hidden")
    yield Case("model", "units that are not there", files([described(*at, value=n) for n in counts]), "; ")
    at = ("estimator", "n_features")
    yield Case("model", "features that are not there", files([described(*at, value=n) for n in counts]), "; ")
    settings = [2**70, -1, "auto'; import os", {}, [], 10**400, None]
    at = ("estimator", "parameters", "batch_size")
    yield Case("model", "settings that none can have", files([described(*at, value=n) for n in settings]), "")
    at = ("estimator", "classes", "values")
    values = [[0], [0, 0, 1], [2, 1, 0], [0, 1, "2"], [0, 1, 2**70], list(range(10**5)), None]
    yield Case("model", "classes that are none", files([described(*at, value=n) for n in values]), "; ")
    yield Case(
        "model",
        "a device that the file chooses",
        files(described("estimator", "parameters", "device", value="cuda")),
        "",
    )

    rows = [None, [], {}, 20, {"n_distinct": 20}, {"n_distinct": 20, "n_hashes": 20, "hashes": []}]
    yield Case(
        "model", "rows learned from that are none", files([described("learned_from", value=n) for n in rows]), "; "
    )
    for key in ("n_hashes", "n_distinct"):
        what = f"{key} of rows learned from that cannot be"
        few = [0, 19, *counts] if key == "n_distinct" else counts
        yield Case("model", what, files([described("learned_from", key, value=n) for n in few if n != 2**31]), "; ")
    yield Case(
        "model", "hashes that do not ascend, or come twice", files(_unsorted_hashes()), "a value of learned_from"
    )
    yield Case("model", "hashes of another type", files(with_hashes(dtype=kind) for kind in ("F64", "I64", "U8")), "; ")


def _flipped_numbers() -> Iterator[bytes]:
    size = len(parts()[2])
    for changed in with_flipped_bits(model()[-size:]):
        yield model()[:-size] + changed


def _unsorted_hashes() -> Iterator[bytes]:
    header, about, data = parts()
    begin, end = header["learned_from"]["data_offsets"]
    hashes = np.frombuffer(data[begin:end], "<u8")
    for changed in (hashes[::-1], np.repeat(hashes[::2], 2), np.roll(hashes, 1), np.zeros_like(hashes)):
        yield joined(header, about, data[:begin] + changed.tobytes() + data[end:])


def _twice() -> bytes:
    header, about, data = parts()
    text = json.dumps({"__metadata__": {"deepbelief": json.dumps(about)}} | header)
    entry = json.dumps({"network.0.bias": header["network.0.bias"]})
    return joined(text[:-1] + ", " + entry[1:], None, data)


def _with_number(number: float) -> bytes:
    header, about, data = parts()
    end = header["network.0.bias"]["data_offsets"][1]
    last = np.array(number, "<f8" if header["network.0.bias"]["dtype"] == "F64" else "<f4").tobytes()
    return joined(header, about, data[: end - len(last)] + last + data[end:])
