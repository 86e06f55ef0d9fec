"""IDX files, plain and compressed, that lie about themselves."""

import gzip
import os
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from datasets.writers import idx_bytes, write_pair
from hostile.case import Case, cut_short, files, with_flipped_bits

IMAGES = np.arange(24, dtype=np.uint8).reshape(4, 2, 3) * 10
LABELS = np.arange(4, dtype=np.uint8)
IDX = idx_bytes(IMAGES)
LARGE = 1 << 26  # of a bomb, in bytes
MAGIC = IDX[:4]


def header(*sizes: int) -> bytes:
    """Return the magic number of images and these sizes."""
    return MAGIC + struct.pack(">3I", *sizes)


def zeros(n_bytes: int, before: bytes = b"", after: bytes = b"") -> bytes:
    """Return a gzip of so many zeros between two other pieces, made piece by piece."""
    packer = zlib.compressobj(wbits=31)
    piece = bytes(1 << 20)
    pieces = [packer.compress(before), *(packer.compress(piece) for _ in range(n_bytes // len(piece)))]
    return b"".join([*pieces, packer.compress(after), packer.flush()])


def folder_of(prefix: str, images: np.ndarray, labels: np.ndarray):
    """Return a function that writes a folder with two files of MNIST's names."""

    def build(folder: Path) -> None:
        (folder / "mnist").mkdir()
        write_pair(folder / "mnist", prefix, images, labels)

    return build


def no_files(folder: Path) -> None:
    """Leave things that have the right name but are no files; to open the pipe would wait for ever."""
    name = "train-images-idx3-ubyte"
    for kind in ("pipe", "loop", "nothing", "directory"):
        (folder / kind).mkdir()
    os.mkfifo(folder / "pipe" / name)
    (folder / "loop" / name).symlink_to(name)
    (folder / "nothing" / name).symlink_to("missing")
    (folder / "directory" / name).mkdir()


def no_regular_files(folder: Path) -> None:
    """Leave a pipe, and links that lead in a circle and to a device without an end."""
    os.mkfifo(folder / "pipe")
    (folder / "loop").symlink_to("loop")
    (folder / "endless").symlink_to("/dev/zero")


def idx_cases() -> Iterator[Case]:
    """Yield cases for the reader of plain IDX files."""
    huge = 2**32 - 1
    yield Case("IDX", "empty", files(b""), "the file is empty")
    yield Case("IDX", "cut short at every byte", files(cut_short(IDX)), "; ")
    yield Case("IDX", "one bit of every byte flipped", files(with_flipped_bits(IDX)), "")
    yield Case("IDX", "promises more than it holds", files(header(5, 2, 3) + IDX[16:]), "promises 30 bytes")
    yield Case("IDX", "holds more than it promises", files(IDX + bytes(10**6)), "but the file holds more")
    yield Case(
        "IDX",
        "sizes of 2³² − 1, one or all",
        files(header(huge, 2, 3), header(4, huge, 3), header(4, 2, huge), header(huge, huge, huge) + IDX[16:]),
        "promises",
    )
    yield Case("IDX", "sizes of 0, one or all", files(header(0, 2, 3), header(4, 0, 3), header(0, 0, 0)), "declares no")
    yield Case(
        "IDX",
        "other types of values, other numbers of dimensions",
        files(bytes([0, 0, kind, n]) + IDX[4:] for kind in (0, 9, 11, 13, 14, 255) for n in (0, 1, 2, 3, 4, 255)),
        "",
    )
    yield Case("IDX", "255 dimensions", files(b"\0\0\x08\xff" + bytes([0, 0, 0, 1]) * 255), "wrong magic number")
    yield Case(
        "IDX", "labels that are images", folder_of("train", IMAGES, IMAGES), "an IDX file of images where labels"
    )
    yield Case("IDX", "fewer labels than images", folder_of("t10k", IMAGES, LABELS[:3]), "3 labels for the 4 images")
    yield Case("IDX", "a pipe, links in a circle or to nothing, a folder, in a folder", no_files, "no MNIST files")
    yield Case("IDX", "a pipe, a link to itself, a link to /dev/zero", no_regular_files, "; ")


def gzip_cases() -> Iterator[Case]:
    """Yield cases for the reader of compressed IDX files."""
    packed = gzip.compress(IDX, mtime=0)
    prefix = packed[:3]
    yield Case("gzip", "cut short at every byte", files(cut_short(packed)), "; ")
    yield Case("gzip", "one bit of every byte flipped", files(with_flipped_bits(packed)), "")
    yield Case(
        "gzip",
        "a checksum, a length that are wrong",
        files(packed[:-8] + bytes(4) + packed[-4:], packed[:-4] + bytes(4)),
        "damaged",
    )
    yield Case("gzip", "a bomb: 64 MB of pixels in 64 kB", files(zeros(LARGE, header(1, LARGE, 1))), "if you trust it")
    yield Case("gzip", "a bomb behind honest images", files(zeros(LARGE, IDX)), "but the file holds more")
    yield Case("gzip", "a bomb of labels", _bomb_of_labels, "if you trust it")
    yield Case("gzip", "a bomb with nothing of IDX in it", files(zeros(LARGE)), "wrong magic number 0x00000000")
    yield Case("gzip", "sizes of 2³² − 1", files(gzip.compress(header(*[2**32 - 1] * 3))), "if you trust it")
    yield Case("gzip", "a gzip in a gzip", files(gzip.compress(packed)), "not recognised")
    yield Case("gzip", "a file name without an end", files(prefix + b"\x08" + bytes(6) + b"a" * 10**6), "truncated")
    yield Case(
        "gzip", "an extra field longer than the file", files(prefix + b"\4" + bytes(6) + b"\xff\xff"), "truncated"
    )
    yield Case("gzip", "50,000 empty members", files(gzip.compress(b"") * 50_000), "the file is empty")
    yield Case("gzip", "a megabyte of zeros behind the end", files(packed + bytes(10**6)), "")
    yield Case("gzip", "rubbish behind the end", files(packed + b"rubbish"), "damaged")
    yield Case("gzip", "rubbish instead of data", files(packed[:10] + bytes(range(256)) * 40), "damaged")
    yield Case("gzip", "an unknown method", files(packed[:2] + b"\x09" + packed[3:]), "damaged")


def _bomb_of_labels(folder: Path) -> None:
    build = folder_of("train", IMAGES, LABELS)
    build(folder)
    labels = zeros(LARGE, b"\0\0\x08\x01" + struct.pack(">I", LARGE))
    (folder / "mnist" / "train-labels-idx1-ubyte").write_bytes(labels)
