"""``--watch``: a live page of the training, and the browser that shows it."""

import os
import socket
import sys
import webbrowser
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager, nullcontext
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from deepbelief.core.progress import EpochRecord
    from deepbelief.experiment import Training


def watch_options(command: Callable) -> Callable:
    """Add the options of the live page."""
    port = click.option(
        "--watch-port",
        type=click.IntRange(0, 65535),
        default=0,
        help="Port of this computer at which the live page is.  [default: any that is free]",
    )
    watch = click.option(
        "--watch",
        is_flag=True,
        help="Show units, reconstructions, samples and curves in a live page while the layers train; needs "
        "pip install 'deepbelief[serve]'.",
    )
    return watch(port(command))


def place_to_watch(watch: bool, port: int) -> Any:
    """Return a socket for the live page, or None if none is wanted, as a context.

    Raises
    ------
    ValueError
        If the port is another program's, or there is no server here.
    """
    if not watch:
        return nullcontext()
    from deepbelief.watch import bound, check_installed

    check_installed()
    return closing(bound(port))


@contextmanager
def watched(training: "Training", listening: socket.socket | None) -> Iterator[Iterable["EpochRecord"]]:
    """Give the epochs of a training, and show them in a live page if there is a socket for it."""
    if listening is None:
        yield training
        return
    from deepbelief.watch import Watch

    with Watch(training, listening) as watch:
        shown = _has_screen() and webbrowser.open(watch.url)
        click.echo(f"{'Watch it' if shown else 'To watch, open this in a browser'}: {watch.url}", err=True)
        yield watch.along()


def _has_screen() -> bool:
    """Tell whether a browser has a window to open; one in this terminal would be in the way."""
    return sys.platform in ("win32", "darwin") or bool({"DISPLAY", "WAYLAND_DISPLAY"} & set(os.environ))
