"""What went wrong, in one line on stderr: the only place where exceptions become messages."""

import os
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn

import click

from deepbelief.command_line import in_options
from deepbelief.errors import DataError, DivergedError, ModelError, ParallelError, TooLargeError

_INTERRUPTED = 130  # 128 + SIGINT, what shells expect

_EXPECTED = (
    *(DataError, ModelError, DivergedError, ParallelError, ValueError, OverflowError, OSError, MemoryError),
    ImportError,  # of a library that is not whole, or that memory has no room to load
)


class Commands(click.Group):
    """A group whose commands fail with a sentence and never with a traceback."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command that was asked for."""
        os.environ.setdefault("TORCH_CPP_LOG_LEVEL", "FATAL")  # torch would print a stack before our sentence
        with warnings.catch_warnings():
            warnings.showwarning = _warner()
            try:
                return super().invoke(ctx)
            except KeyboardInterrupt as interrupted:
                click.echo(str(interrupted) or "Interrupted.", err=True)
                ctx.exit(_INTERRUPTED)
            except _EXPECTED as error:
                _fail(error)
            except RuntimeError as error:
                # torch's own error, which cannot be named here without importing torch.
                if type(error).__name__ != "OutOfMemoryError":
                    raise
                _fail(MemoryError("the device's memory is full"))


@contextmanager
def writing(path: Path, remedy: str) -> Iterator[None]:
    """Name the user's own path, and what to do, where the operating system refuses an output."""
    try:
        yield
    except OSError as error:
        if not error.strerror:  # our own sentence
            raise
        raise OSError(f"{path} cannot be written: {error.strerror.lower()}; {remedy}") from error


def _fail(error: BaseException) -> NoReturn:
    raise click.ClickException(_sentence(error)) from error


def _sentence(error: BaseException) -> str:
    if isinstance(error, MemoryError) and not isinstance(error, TooLargeError):
        cause = str(error) or "the memory is full"
        text = f"out of memory ({cause.rstrip('.')}); use smaller layers, smaller batches or fewer rows"
    elif isinstance(error, ImportError) and (error.name or error.path):  # else it is our own sentence
        text = f"a library cannot be loaded ({error}); give the process more memory, or install the library again"
    elif isinstance(error, OSError) and error.strerror:
        where = f"{error.filename}: " if error.filename is not None else ""
        text = where + error.strerror.lower()
    else:
        text = str(error) or type(error).__name__
    return in_options(" ".join(text.split()))


def _warner() -> Callable[..., None]:
    """Return what prints each warning once, from wherever it comes: a command may look at the same rows twice."""
    said = set()

    def show(message: Warning | str, *_: object, **__: object) -> None:
        text = in_options(" ".join(str(message).split()))
        if text not in said:
            said.add(text)
            # sys.stderr, not click's own handle to it: a progress bar stands in for it while it is drawn.
            print(f"Warning: {text}", file=sys.stderr)

    return show
