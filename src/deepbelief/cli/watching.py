"""``--watch`` and ``--serve``: the place of a server, and the browser that shows its page."""

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
    watch = click.option(
        "--watch",
        is_flag=True,
        help="Show units, reconstructions, samples and curves in a live page while the layers train; needs "
        "pip install 'deepbelief[serve]'.",
    )
    return watch(port_option("--watch", "the live page")(command))


def port_option(option: str, what: str) -> Callable[..., Any]:
    """Return the option that says at which port a server is."""
    return click.option(
        f"{option}-port",
        type=click.IntRange(0, 65535),
        default=0,
        help=f"Port of this computer at which {what} is.  [default: any that is free]",
    )


def place_for(option: str, is_wanted: bool, port: int) -> Any:
    """Return a socket for the server of an option, or None if none is wanted, as a context.

    Raises
    ------
    ValueError
        If the port is another program's, or there is no server here.
    """
    if not is_wanted:
        return nullcontext()
    from deepbelief.watch import bound, check_installed

    check_installed(option)
    return closing(bound(port, option))


@contextmanager
def watched(training: "Training", listening: socket.socket | None) -> Iterator[Iterable["EpochRecord"]]:
    """Give the epochs of a training, and show them in a live page if there is a socket for it."""
    if listening is None:
        yield training
        return
    from deepbelief.watch import Watch

    with Watch(training, listening) as watch:
        show(watch.url, "Watch it", "To watch, open this in a browser")
        yield watch.along()


def show(url: str, shown: str, not_shown: str) -> None:
    """Open a browser where there is a screen, and say the address, with other words where there is none."""
    is_open = _has_screen() and webbrowser.open(url)
    click.echo(f"{shown if is_open else not_shown}: {url}", err=True)


def _has_screen() -> bool:
    """Tell whether a browser has a window to open; one in this terminal would be in the way."""
    return sys.platform in ("win32", "darwin") or bool({"DISPLAY", "WAYLAND_DISPLAY"} & set(os.environ))
