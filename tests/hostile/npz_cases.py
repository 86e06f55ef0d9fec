"""npz files that lie about themselves, in the zip or in the arrays."""

import io
import struct
import warnings
import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from hostile.case import Case, cut_short, files, with_flipped_bits

X = np.arange(12, dtype=np.uint8).reshape(3, 4) * 20
PLAIN = "{'descr': '|u1', 'fortran_order': False, 'shape': (3, 4), }"
LARGE = 1 << 26  # of a bomb, in bytes


class Recorder:
    """An object that says, in a file, that it was unpickled."""

    def __reduce__(self):
        return exec, ("open('unpickled', 'w')",)


def npy(header: str, content: bytes, version: int = 1) -> bytes:
    """Return an array in NumPy's format with any header."""
    text = header.encode("latin-1", "replace")
    length = struct.pack("<H" if version == 1 else "<I", len(text))
    return b"\x93NUMPY" + bytes([version, 0]) + length + text + content


def saved(array: np.ndarray) -> bytes:
    """Return an array as NumPy saves it, pickled if need be."""
    stream = io.BytesIO()
    np.save(stream, array, allow_pickle=True)
    return stream.getvalue()


def zipped(*members: tuple[str, bytes], method: int = zipfile.ZIP_STORED) -> bytes:
    """Return a zip of these members, in which a name may come twice."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", method) as archive, warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Duplicate name")
        for name, content in members:
            archive.writestr(zipfile.ZipInfo(name), content, method)  # ZipInfo: the same time each time
    return stream.getvalue()


def x_of(header: str, content: bytes = X.tobytes(), version: int = 1) -> bytes:
    """Return an npz whose X has any header."""
    return zipped(("X.npy", npy(header, content, version)))


def described(**changes: str) -> bytes:
    """Return an npz whose X describes itself in another way."""
    parts = {"descr": "'|u1'", "fortran_order": "False", "shape": "(3, 4)"} | changes
    return x_of("{" + ", ".join(f"'{key}': {value}" for key, value in parts.items()) + "}")


def y_of(header: str, content: bytes = b"") -> bytes:
    """Return an npz whose labels have any header."""
    return zipped(("X.npy", saved(X)), ("y.npy", npy(header, content)))


NPZ = zipped(("X.npy", saved(X)), ("y.npy", saved(np.arange(3))))


def patched(content: bytes, signature: bytes, offset: int, value: bytes) -> bytes:
    """Return a zip with some bytes changed, counted from the last place of a signature."""
    place = content.rindex(signature) + offset
    return content[:place] + value + content[place + len(value) :]


def two_entries_for_one_member() -> bytes:
    """Return a zip in whose directory both X and y lie where X lies."""
    one = zipped(("X.npy", saved(X)))
    start = one.index(b"PK\x01\x02")
    entry = one[start : one.index(b"PK\x05\x06")]
    end = one[one.index(b"PK\x05\x06") :]
    end = end[:8] + struct.pack("<HHI", 2, 2, 2 * len(entry)) + end[16:]
    return one[:start] + entry + entry.replace(b"X.npy", b"y.npy") + end


def bomb(name: str) -> bytes:
    """Return an npz with 64 MB of zeros as X or as y."""
    shape = f"({LARGE // 64}, 64)" if name == "X" else f"({LARGE},)"
    content = npy("{'descr': '|u1', 'fortran_order': False, 'shape': " + shape + "}", bytes(LARGE))
    members = [("X.npy", saved(X))] if name == "y" else []
    return zipped(*members, (f"{name}.npy", content), method=zipfile.ZIP_DEFLATED)


def pickles(folder: Path) -> None:
    """Leave arrays of objects that would write a file if they were unpickled."""
    objects = np.array([Recorder()] * 3, dtype=object)
    (folder / "X.npz").write_bytes(zipped(("X.npy", saved(objects))))
    (folder / "y.npz").write_bytes(zipped(("X.npy", saved(X)), ("y.npy", saved(objects))))
    (folder / "raw.npz").write_bytes(zipped(("X", saved(objects)[128:])))


def npz_cases() -> Iterator[Case]:
    """Yield cases for the reader of npz files."""
    central, end = b"PK\x01\x02", b"PK\x05\x06"
    big = 2**32 - 2
    yield Case("npz", "cut short at every byte", files(cut_short(NPZ)), "; ")
    yield Case("npz", "one bit of every byte flipped", files(with_flipped_bits(NPZ)), "")
    yield Case("npz", "pickled objects", pickles, "; ")
    yield Case("npz", "a bomb: 64 MB of pixels in 64 kB", files(bomb("X")), "bytes are more than 200 times")
    yield Case("npz", "a bomb of labels", files(bomb("y")), "bytes are more than 200 times")
    yield Case(
        "npz", "100,000 members", files(zipped(*((f"a{i}", b"") for i in range(100_000)))), "a zip whose directory"
    )
    yield Case(
        "npz", "10,000 members beside X", files(zipped(("X", saved(X)), *((f"a{i}", b"") for i in range(10_000)))), ""
    )
    yield Case("npz", "X twice", files(zipped(("X.npy", saved(X)), ("X.npy", saved(X)))), "'X' is there twice")
    yield Case("npz", "X and X.npy", files(zipped(("X", saved(X)), ("X.npy", saved(X)))), "'X' is there twice")
    yield Case("npz", "two entries for one member", files(two_entries_for_one_member()), "")
    yield Case("npz", "names that are paths", files(zipped(*((name, saved(X)) for name in PATHS))), "a zip without X")
    yield Case("npz", "a name of 65,535 letters", files(zipped(("X" * 65_535, b""))), "a zip without X")
    yield Case("npz", "control bytes in a name", files(zipped(("\x1b[2J\n", b""))), "a zip without X")
    yield Case(
        "npz", "sizes of 4 GB in the directory", files(patched(NPZ, central, 20, struct.pack("<II", big, big))), "; "
    )
    yield Case("npz", "a size of 0 in the directory", files(patched(NPZ, central, 20, bytes(8))), "; ")
    yield Case("npz", "members that lie beyond the end", files(patched(NPZ, central, 42, struct.pack("<I", big))), "; ")
    yield Case("npz", "a directory of 4 GB", files(patched(NPZ, end, 12, struct.pack("<I", big))), "; ")
    yield Case(
        "npz", "a directory that lies beyond the end", files(patched(NPZ, end, 16, struct.pack("<I", big))), "; "
    )
    yield Case("npz", "60,000 members announced", files(patched(NPZ, end, 8, struct.pack("<HH", 60_000, 60_000))), "")
    yield Case("npz", "encrypted", files(patched(NPZ, central, 8, b"\1\0")), "; ")
    other = files(zipped(("X.npy", saved(X)), method=method) for method in (zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA))
    yield Case("npz", "compressed with bzip2 or LZMA", other, "a compression that NumPy does not write")
    yield Case("npz", "an unknown compression", files(patched(NPZ, central, 10, b"\x63\0")), "; ")
    yield Case("npz", "a zip in a zip", files(zipped(("X.npy", NPZ))), "no NumPy array")
    yield Case(
        "npz",
        "a header of 2 GB",
        files(zipped(("X", b"\x93NUMPY\2\0" + struct.pack("<I", 2**31)))),
        "claims 2147483648",
    )
    yield Case(
        "npz", "code for a header", files(x_of("__import__('os').system('touch unpickled')")), "header is damaged"
    )
    yield Case(
        "npz", "deep headers", files(x_of("(" * 9000), x_of("{'descr':" * 900), x_of("-" * 9000 + "1")), "damaged"
    )
    shapes = ["(-3, -4)", "(3.0, 4)", "('3', 4)", "(True, 4)", "12", "(3, 4" + ", 1" * 70 + ")", "[3, 4]"]
    yield Case("npz", "shapes that are none", files(described(shape=shape) for shape in shapes), "; ")
    sizes = ["(3000000000, 4000000000)", "(2**62, 4)", "(4611686018427387904, 4)", "(0, 9" + "9" * 400 + ")"]
    yield Case("npz", "shapes beyond the file, beyond 64 bits", files(described(shape=shape) for shape in sizes), "; ")
    types = ["'|O'", "'<c16'", "'M8[s]'", "'|V8'", "[('a', '<f4')]", "'<f16'", "'<U2147483647'", "'x'", "None", "7"]
    yield Case("npz", "types that are no numbers", files(described(descr=kind) for kind in types), "; ")
    empty = "{'descr': '<U0', 'fortran_order': False, 'shape': (1000000000,)}"
    yield Case(
        "npz", "10⁹ strings of no length", files(y_of(empty), y_of(empty.replace("<U0", "|S0"))), "strings of length 0"
    )
    letters = "{'descr': '<U1', 'fortran_order': False, 'shape': (3,)}"
    yield Case(
        "npz",
        "letters that do not exist",
        files(y_of(letters, b"\xff" * 12), y_of(letters, b"\0\xd8\0\0" * 3)),
        "y: strings",
    )
    truths = x_of(PLAIN.replace("|u1", "|b1"), bytes(range(12)))
    yield Case("npz", "truth values of 0 to 11", files(truths), "")
    numbers = [np.array([[1, n], [1, 1]]) for n in (np.nan, np.inf, -np.inf)]
    yield Case("npz", "NaN and infinity", files(zipped(("X", saved(x))) for x in numbers), "")
    holes = zipped(("X", saved(np.array([[1, np.nan], [0, np.nan]]))))
    yield Case("npz", "a column of NaN", files(holes), "X, column 2: every value is nan; leave this column out")
    texts = [np.array([["1", "x\n"], ["1", "1"]]), np.array([[b"1", b"\xff"]]), np.array([["1", ""]])]
    yield Case("npz", "text among numbers", files(zipped(("X", saved(x))) for x in texts), "X, row 1, column 2: ")
    yield Case("npz", "numbers as text", files(zipped(("X", saved(X.astype(str))))), "save X.astype(float)")
    letters = PLAIN.replace("|u1", "<U1")
    yield Case(
        "npz",
        "letters that do not exist, for numbers",
        files(x_of(letters, b"\xff" * 48), x_of(letters, b"\0\xd8\0\0" * 12)),
        "X: strings",
    )
    extremes = [[-1.7e308, 1.7e308], [5e-324, -5e-324], [-1e39, 1e39], [0, 1e-320]]
    yield Case(
        "npz",
        "numbers at the ends of what a float holds",
        files(zipped(("X", saved(np.array([n])))) for n in extremes),
        "",
    )


PATHS = ["../../X.npy", "/etc/X.npy", "C:\\X.npy", "..\\X", "X.npy/", "./X.npy"]
