"""Places for results that are not what they seem: somebody has put a link there."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

from hostile.case import Case


def links(*targets: str) -> Callable[[Path], None]:
    """Return a function that leaves a link to each of these; ``victim`` is a file beside the folder."""

    def build(folder: Path) -> None:
        (folder.parent / "victim").write_text("precious")
        for number, target in enumerate(targets):
            (folder / f"file-{number:05}").symlink_to(target)

    return build


def pipe(folder: Path) -> None:
    """Leave a pipe, which would keep whoever writes to it waiting."""
    os.mkfifo(folder / "pipe")


def output_cases() -> Iterator[Case]:
    """Yield cases for what writes results, without ``--force`` and with it."""
    yield Case("output", "a link to a file", links("../victim"), "replace it with --force")
    nowhere = "a link that leads nowhere"
    for reader in ("output", "output with --force"):
        yield Case(reader, "a link to a file that is missing", links("../missing", "/missing/too"), nowhere)
        yield Case(reader, "links in a circle", links("file-00000", "file-00002", "file-00001"), nowhere)
        yield Case(
            reader, "links to a folder and a device", links("..", "/dev/null", "/dev/zero"), "a folder or a device"
        )
        yield Case(reader, "a pipe", pipe, "a folder or a device")
