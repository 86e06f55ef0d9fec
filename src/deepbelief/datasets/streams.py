"""Bytes from plain or gzip-compressed files, limited in size to keep out decompression bombs.

A few kilobytes can decompress to megabytes, a thousand times as much. MNIST's bytes grow fivefold; made black and white
and saved as 64-bit floats, a hundredfold. What is to grow much further is refused before it does, unless it is small.
"""

import gzip
import io
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from deepbelief.datasets.places import place
from deepbelief.errors import DataError

GZIP_MAGIC = b"\x1f\x8b"
PIECE = 1 << 20  # bytes read at once, at most
MOST_GROWTH = 200
SMALL = 1 << 24  # bytes


def first_bytes(path: Path, n_bytes: int) -> bytes:
    """Read the first `n_bytes` of a file as they lie on disk, fewer if the file is shorter.

    Parameters
    ----------
    path : Path
        The file.
    n_bytes : int

    Returns
    -------
    bytes
    """
    with path.open("rb") as stream:
        return stream.read(n_bytes)


def is_gzip(path: Path) -> bool:
    """Tell whether the first bytes of a file say that it is compressed with gzip.

    Parameters
    ----------
    path : Path
        The file.

    Returns
    -------
    bool
    """
    return first_bytes(path, len(GZIP_MAGIC)) == GZIP_MAGIC


@contextmanager
def open_plain_or_gzip(path: Path) -> Iterator[IO[bytes]]:
    """Open a file for reading, decompressing it if its first bytes say that it is gzip.

    Parameters
    ----------
    path : Path
        The file.

    Yields
    ------
    file
        Of bytes.

    Raises
    ------
    DataError
        If, while the caller reads, the compressed data turn out to be truncated or damaged.
    """
    if not is_gzip(path):
        with path.open("rb") as stream:
            yield stream
        return
    try:
        with gzip.open(path, "rb") as stream:
            yield stream  # type: ignore[misc]  # typeshed: GzipFile is no IO[bytes]
    except EOFError as error:
        raise DataError(f"{place(path)}: the gzip data are truncated; copy or download the file again") from error
    except (gzip.BadGzipFile, zlib.error) as error:
        raise DataError(f"{place(path)}: the gzip data are damaged; copy or download the file again") from error


class Bounded(io.RawIOBase):
    """Bytes of a stream, up to as many as a file of this size may become when it is decompressed.

    Raises, when it is read, a DataError that names the file if there are more.

    Parameters
    ----------
    path : Path
        The file, which messages name.
    stream : file
        Its content, decompressed.
    """

    def __init__(self, path: Path, stream: IO[bytes]) -> None:
        self._path, self._stream = path, stream
        self._n_compressed, self._n_read = path.stat().st_size, 0

    def readable(self) -> bool:
        """Tell that the stream can be read.

        Returns
        -------
        bool
        """
        return True

    def readinto(self, buffer: Any) -> int:
        """Read bytes into a buffer, and refuse more than there may be.

        Parameters
        ----------
        buffer : bytearray or memoryview

        Returns
        -------
        int
            The number of bytes that were read.
        """
        piece = self._stream.read(min(len(buffer), PIECE))
        self._n_read += len(piece)
        if is_bomb(self._n_read, self._n_compressed):
            raise DataError(
                f"{place(self._path)}: its text is more than {MOST_GROWTH} times as long as the {self._n_compressed} "
                "bytes of the gzip file; if you trust it, decompress it first"
            )
        buffer[: len(piece)] = piece
        return len(piece)


@contextmanager
def open_text(path: Path) -> Iterator[IO[bytes]]:
    """Open a file of text for reading, decompressing it if it is gzip, as far as it is no bomb.

    Parameters
    ----------
    path : Path
        The file.

    Yields
    ------
    file
        Of bytes.

    Raises
    ------
    DataError
        If, while the caller reads, the compressed data turn out to be truncated, damaged or a bomb.
    """
    with open_plain_or_gzip(path) as stream:
        yield io.BufferedReader(Bounded(path, stream), 1 << 16) if is_gzip(path) else stream


def is_bomb(n_bytes: int, n_compressed: int) -> bool:
    """Tell whether so many bytes are too much for data that take `n_compressed` where they lie.

    Parameters
    ----------
    n_bytes : int
        After decompression.
    n_compressed : int

    Returns
    -------
    bool
    """
    return n_bytes > max(SMALL, MOST_GROWTH * n_compressed)


def read_at_most(stream: IO[bytes], n_bytes: int) -> bytearray:
    """Read up to `n_bytes`, growing with what really comes: a declared size alone never makes an allocation.

    Parameters
    ----------
    stream : file
    n_bytes : int

    Returns
    -------
    bytearray
    """
    content = bytearray()
    while len(content) < n_bytes and (piece := stream.read(min(PIECE, n_bytes - len(content)))):
        content += piece
    return content
