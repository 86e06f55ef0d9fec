"""The standard streams, in whatever state the command is started with.

* One that is closed is opened on nothing. Else the next file to be opened took its number, and what a library says on
  stderr would end up in a model.
* What is said on the way, on stderr, is left out where it cannot be written: it must not stop the work.
* Results that cannot be written to stdout are a failure; but a reader that has left has had enough, and that is none.
"""

import errno
import io
import os
import sys
from typing import Any, TextIO

import click

_UNSHOWN = "backslashreplace"  # a name that the terminal cannot show is no reason to fail


class _Whole(io.FileIO):
    """A file without a buffer, so that nothing is written twice after a Ctrl-C, nor tried again when Python ends."""

    def write_all(self, data: Any) -> int:
        """Write all of the bytes."""
        left = memoryview(data)
        while left:
            n_written = super().write(left)
            if n_written is None:  # a pipe that its owner lets nobody wait for
                raise BlockingIOError(errno.EAGAIN, os.strerror(errno.EAGAIN))
            left = left[n_written:]
        return len(data)


class Progress(_Whole):
    """A file that takes everything."""

    def write(self, data: Any, /) -> int:
        """Write what can be written."""
        try:
            return self.write_all(data)
        except OSError:
            return len(data)


class Results(_Whole):
    """A file that ends the command where it cannot be written."""

    def write(self, data: Any, /) -> int:
        """Write, or end the command."""
        try:
            return self.write_all(data)
        except BrokenPipeError:
            raise click.exceptions.Exit(0) from None
        except OSError as error:
            raise click.ClickException(
                f"standard output cannot be written: {(error.strerror or str(error)).lower()}; send it to another "
                "place (the files that were asked for are written all the same)"
            ) from None


def make_usable() -> None:
    """Put standard streams that can be relied upon in the place of those that are there."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the first number that is free, which is this one
    sys.stdin = sys.stdin or open(0, closefd=False)  # noqa: SIM115 (it stays open as long as the command runs)
    sys.stdout = _guarded(sys.stdout, 1, Results)
    sys.stderr = _guarded(sys.stderr, 2, Progress)


def _guarded(stream: TextIO | None, number: int, kind: type[io.FileIO]) -> Any:
    buffer = getattr(stream, "buffer", None)
    if stream is not None and not isinstance(getattr(buffer, "raw", buffer), io.FileIO):
        if isinstance(stream, io.TextIOWrapper):  # the console of Windows, which takes text in a way of its own
            stream.reconfigure(errors=_UNSHOWN)
        return stream
    encoding = "utf-8" if stream is None else stream.encoding
    file: Any = kind(number, "w", closefd=False)
    return io.TextIOWrapper(file, encoding, _UNSHOWN, line_buffering=number == 2 or file.isatty())
