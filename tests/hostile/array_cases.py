"""Arrays in .npy and MATLAB's files that lie about themselves."""

import io
import struct
import zlib
from collections.abc import Iterator
from functools import cache

import numpy as np
import scipy.io

from hostile.case import Case, cut_short, files, with_flipped_bits
from hostile.npz_cases import Recorder, X, npy, saved

NPY = saved(X)
LARGE = 1 << 26


@cache
def mat(compressed: bool = False) -> bytes:
    """Return a MAT file with images, labels, a struct and text."""
    stream = io.BytesIO()
    inner = {"training": {"inputs": np.ones((4, 3)), "targets": np.eye(3)}, "name": "abc"}
    scipy.io.savemat(stream, {"X": X, "y": np.arange(3.0), "data": inner}, do_compression=compressed)
    return mat_of(b"")[:116] + stream.getvalue()[116:]  # without the time at which it was written


def mat_of(*elements: bytes) -> bytes:
    """Return a MAT file of these elements."""
    return b"MATLAB 5.0 MAT-file".ljust(124) + b"\x00\x01IM" + b"".join(elements)


def element(kind: int, content: bytes) -> bytes:
    """Return an element of a MAT file."""
    return struct.pack("<II", kind, len(content)) + content + bytes(-len(content) % 8)


def matrix(kind: int, sizes: tuple[int, ...], *inner: bytes, name: bytes = b"X") -> bytes:
    """Return a matrix of a MAT file."""
    parts = [
        element(6, struct.pack("<II", kind, 0)),
        element(5, struct.pack(f"<{len(sizes)}i", *sizes)),
        element(1, name),
        *inner,
    ]
    return element(14, b"".join(parts))


def nested(depth: int) -> bytes:
    """Return cells in cells."""
    inner = matrix(6, (1, 1), element(9, bytes(8)))
    for _ in range(depth):
        inner = matrix(1, (1, 1), inner)
    return mat_of(inner)


def zipped(content: bytes) -> bytes:
    """Return an element that holds others, compressed."""
    packed = zlib.compress(content, 9)
    return struct.pack("<II", 15, len(packed)) + packed


def npy_cases() -> Iterator[Case]:
    """Yield cases for the reader of .npy files."""
    yield Case("npy", "cut short at every byte", files(cut_short(NPY)), "; ")
    yield Case("npy", "one bit of every byte flipped", files(with_flipped_bits(NPY)), "")
    yield Case("npy", "pickled objects", files(saved(np.array([Recorder()] * 3, object))), "are not read")
    sizes = ["(3000000000, 4000000000)", "(2**62, 4)", "(-3, 4)", "(3.0, 4)", "(0, 4)", "()"]
    headers = ["{'descr': '|u1', 'fortran_order': False, 'shape': " + size + "}" for size in sizes]
    yield Case("npy", "sizes that are none", files(npy(header, X.tobytes()) for header in headers), "; ")
    yield Case("npy", "code for a header", files(npy("__import__('os').system('touch x')", b"")), "header is damaged")


def mat_cases() -> Iterator[Case]:
    """Yield cases for the reader of MATLAB's files."""
    yield Case("MAT", "cut short at every tenth byte", files(cut_short(mat(), 10), cut_short(mat(True), 10)), "; ")
    yield Case("MAT", "a bit of every third byte flipped", files(with_flipped_bits(mat(), 3)), "")
    yield Case("MAT", "compressed, a bit of every third byte flipped", files(with_flipped_bits(mat(True), 3)), "")
    yield Case("MAT", "other versions", files(b"MATLAB 7.3 MAT-file".ljust(200), b"\x89HDF\r\n\x1a\n"), "save with -v7")
    yield Case("MAT", "cells in cells, 5,000 deep", files(nested(5000)), "no array of numbers")
    huge = [matrix(kind, (2**31 - 1, 2**31 - 1), element(9, bytes(8))) for kind in (1, 2, 3, 4, 5, 6, 9)]
    yield Case("MAT", "sizes of 2³¹ − 1", files(map(mat_of, huge)), "; ")
    negative = matrix(6, (-1, -1), element(9, bytes(8)))
    yield Case("MAT", "sizes below 0", files(mat_of(negative)), "damaged")
    longer = struct.pack("<II", 14, 2**32 - 1) + bytes(64)
    yield Case("MAT", "an element longer than the file", files(mat_of(longer)), "damaged")
    zeros = matrix(9, (LARGE, 1), element(2, bytes(LARGE)))
    yield Case("MAT", "a bomb: 64 MB in 64 kB", files(mat_of(zipped(zeros))), "save it with -v6")
    part = matrix(9, (1 << 24, 1), element(2, bytes(1 << 24)))
    yield Case("MAT", "16 MB, four times", files(mat_of(*[zipped(part)] * 4)), "save it with -v6")
    functions = matrix(16, (1, 1), matrix(6, (1, 1), element(9, bytes(8))))
    opaque = matrix(17, (1, 1), element(1, b"java"), element(1, b"java.lang.Runtime"))
    yield Case("MAT", "functions and objects", files(mat_of(functions), mat_of(opaque)), "no array of numbers")
    yield Case("MAT", "nothing but a header", files(mat_of()), "no array of numbers")
