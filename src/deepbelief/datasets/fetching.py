"""MNIST's four files, fetched when somebody asks for them. No other module of the package opens a connection."""

import hashlib
import os
import secrets
import zlib
from collections.abc import Sequence
from contextlib import suppress
from http.client import HTTPException
from pathlib import Path
from urllib.request import urlopen

from deepbelief.datasets.places import place
from deepbelief.errors import DataError

# SHA-256 of what the compressed files hold: mirrors compress them in different ways.
FILES = {
    "train-images-idx3-ubyte": "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
    "train-labels-idx1-ubyte": "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
    "t10k-images-idx3-ubyte": "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
    "t10k-labels-idx1-ubyte": "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
}
MIRRORS = (
    "https://ossci-datasets.s3.amazonaws.com/mnist/",
    "https://storage.googleapis.com/cvdf-datasets/mnist/",
)
MOST_COMPRESSED, MOST_BYTES = 16 << 20, 64 << 20  # the largest file has 9.9 MB, and 47 MB when it is decompressed
SECONDS = 30  # without an answer, after which a mirror counts as unreachable


def fetch_mnist(folder: str | Path = "mnist", *, mirrors: Sequence[str] = MIRRORS) -> Path:
    """Fetch MNIST's four files into a folder, from which :func:`load` reads them.

    Files that are there already, plain or as ``.gz``, are checked and not fetched again.

    Parameters
    ----------
    folder : str or Path, default="mnist"
        It is made if it does not exist.
    mirrors : sequence of str
        Addresses that hold the files, ending in a slash. Each is asked for what those before it do not have.

    Returns
    -------
    Path
        The folder.

    Raises
    ------
    DataError
        If no mirror can be reached or has the right files, or if a file of that name in the folder holds something
        else.
    OSError
        If the folder cannot be written to.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    for name, checksum in FILES.items():
        if not _is_there(folder, name, checksum):
            _write(folder / f"{name}.gz", _fetched(f"{name}.gz", checksum, mirrors))
    return folder


def _is_there(folder: Path, name: str, checksum: str) -> bool:
    for path in (folder / name, folder / f"{name}.gz"):
        if path.exists():
            if not _holds(path.read_bytes(), checksum):
                raise DataError(f"{place(path)}: this is not MNIST's file of that name; move it away and fetch again")
            return True
    return False


def _fetched(file: str, checksum: str, mirrors: Sequence[str]) -> bytes:
    causes = []
    for mirror in mirrors:
        try:
            with urlopen(mirror + file, timeout=SECONDS) as answer:
                content: bytes = answer.read(MOST_COMPRESSED)
        except (OSError, HTTPException, ValueError) as error:
            causes.append(" ".join(str(error).split()) or type(error).__name__)
            continue
        if _holds(content, checksum):
            return content
        causes.append("it is not what it should be")
    raise DataError(
        f"{file} could not be fetched ({'; '.join(dict.fromkeys(causes))}); check the network, or copy MNIST's files "
        "from elsewhere"
    )


def _holds(content: bytes, checksum: str) -> bool:
    """Tell whether a file, plain or compressed, holds what the checksum says."""
    if content.startswith(b"\x1f\x8b"):
        try:
            content = zlib.decompressobj(zlib.MAX_WBITS | 16).decompress(content, MOST_BYTES)
        except zlib.error:
            return False
    return hashlib.sha256(content).hexdigest() == checksum


def _write(path: Path, content: bytes) -> None:
    """Write a whole file or nothing."""
    partial = path.with_name(f".deepbelief-{secrets.token_hex(8)}.partial")
    try:
        with partial.open("xb") as file:
            file.write(content)
        os.replace(partial, path)
    finally:
        with suppress(OSError):
            partial.unlink(missing_ok=True)
