"""What a hostile case is, and how its files are written."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Case:
    """Files that an enemy, a bad disk or a broken program could have made.

    Parameters
    ----------
    reader : {"IDX", "gzip", "CSV", "npz", "model", "output", "output with --force"}
        What is asked to read them, or to write to them.
    what : str
        What is wrong with them.
    build : callable
        Takes an empty folder; every entry that it leaves there is read on its own.
    says : str
        Part of the sentence with which each of them is refused; "" where some may be read.
    """

    reader: str
    what: str
    build: Callable[[Path], object]
    says: str


def files(*contents: bytes | Iterable[bytes]) -> Callable[[Path], None]:
    """Return a function that writes these files into a folder."""

    def build(folder: Path) -> None:
        for number, content in enumerate(_flat(contents)):
            (folder / f"file-{number:05}").write_bytes(content)

    return build


def cut_short(content: bytes, step: int = 1) -> Iterable[bytes]:
    """Yield the beginnings of a file: all of them, or every `step`-th, but not the empty one."""
    return (content[:end] for end in range(1, len(content), step))


def with_flipped_bits(content: bytes, step: int = 1) -> Iterable[bytes]:
    """Yield copies of a file with one bit changed in every `step`-th byte."""
    for place in range(0, len(content), step):
        yield content[:place] + bytes([content[place] ^ 1 << place % 8]) + content[place + 1 :]


def _flat(contents: Iterable[bytes | Iterable[bytes]]) -> Iterable[bytes]:
    for content in contents:
        if isinstance(content, bytes):
            yield content
        else:
            yield from content
