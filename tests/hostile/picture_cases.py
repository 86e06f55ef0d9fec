"""Folders of pictures that lie about themselves."""

import io
import os
import struct
import zlib
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from pathlib import Path

import numpy as np

from hostile.case import Case, cut_short, with_flipped_bits


@cache
def picture(kind: str, colour: bool = False) -> bytes:
    """Return a picture of 4 × 4 pixels."""
    from PIL import Image

    pixels = np.arange(48 if colour else 16, dtype=np.uint8).reshape((4, 4, 3) if colour else (4, 4)) * 5
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, kind)
    return stream.getvalue()


def chunk(kind: bytes, content: bytes) -> bytes:
    """Return a chunk of a PNG file."""
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def png(width: int, height: int, content: bytes, *more: bytes) -> bytes:
    """Return a grey PNG of any size and content."""
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + b"".join(more) + chunk(b"IDAT", content) + chunk(b"IEND", b"")


def folders(*contents: bytes | Iterable[bytes], name: str = "a.png", beside: bytes | None = None) -> Callable:
    """Return a function that writes a folder for each of these, with a picture in it, and a good one beside it."""

    def build(where: Path) -> None:
        flat = [one for content in contents for one in ([content] if isinstance(content, bytes) else content)]
        for number, content in enumerate(flat):
            folder = where / f"folder-{number:05}"
            folder.mkdir()
            (folder / name).write_bytes(content)
            (folder / "good.png").write_bytes(picture("PNG") if beside is None else beside)

    return build


def table(content: bytes) -> Callable:
    """Return a function that writes a folder with a good picture and a CSV of labels."""
    return folders(content, name="labels.csv")


def _no_files(where: Path) -> None:
    for kind in ("pipe", "loop", "device", "folder"):
        (where / kind / "class").mkdir(parents=True)
    os.mkfifo(where / "pipe" / "class" / "a.png")
    (where / "loop" / "class" / "a.png").symlink_to("a.png")
    (where / "device" / "class" / "a.png").symlink_to("/dev/zero")
    (where / "folder" / "class" / "a.png").mkdir()


def picture_cases() -> Iterator[Case]:
    """Yield cases for the reader of folders of pictures."""
    for kind in ("PNG", "JPEG"):
        good = picture(kind)
        yield Case("pictures", f"a {kind} cut short at every third byte", folders(cut_short(good, 3)), "")
        yield Case(
            "pictures", f"a {kind} with a bit of every third byte flipped", folders(with_flipped_bits(good, 3)), ""
        )
    yield Case(
        "pictures", "no picture under its name", folders(b"GIF89a" + bytes(90), b"", b"x" * 10**6), "cannot be read"
    )
    bomb = png(9_000, 9_000, zlib.compress(bytes(9_001 * 100)))
    yield Case("pictures", "a bomb: 81 million pixels", folders(bomb), "use smaller pictures")
    yield Case("pictures", "sizes of 2³¹ − 1", folders(png(2**31 - 1, 2**31 - 1, b"")), "; ")
    text = chunk(b"zTXt", b"a\0\0" + zlib.compress(bytes(1 << 26), 9))
    yield Case("pictures", "a bomb of text: 64 MB", folders(png(4, 4, zlib.compress(bytes(20)), text)), "")
    yield Case(
        "pictures", "sizes that differ", folders(png(3, 4, zlib.compress(bytes(16)))), "scale all with --image-size"
    )
    yield Case(
        "pictures", "rows of a CSV that fit no picture", table(b"file,label\nx.png,1\n"), "there is no picture 'x.png'"
    )
    yield Case("pictures", "a CSV of anything", table(b'\xff\0,\n"' + b"1" * 200_000), "; ")
    yield Case("pictures", "paths in a CSV", table(b"../../etc/passwd,1\n/dev/zero,2\n"), "there is no picture")
    yield Case("pictures", "a pipe, a link to itself, to /dev/zero, a folder", _no_files, "; ")
