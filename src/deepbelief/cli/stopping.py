"""Ctrl-C and SIGTERM while a model is trained: stop after the step at hand, with a checkpoint, and say how to go on."""

import signal
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from threading import current_thread, main_thread
from typing import TYPE_CHECKING, Any

import click

from deepbelief.errors import ParallelError

if TYPE_CHECKING:
    from deepbelief.experiment import Training

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Stopped(KeyboardInterrupt):
    """An interruption by a signal that was waited for."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.number = number


@contextmanager
def undisturbed() -> Iterator[None]:
    """Leave signals, and warnings, to the first of several processes: it tells the others when to stop."""
    previous = {number: signal.signal(number, signal.SIG_IGN) for number in _SIGNALS}
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except KeyboardInterrupt:
        click.get_current_context().exit(128 + signal.SIGINT)
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)


@contextmanager
def between_steps(training: "Training", *, insist: bool = False) -> Iterator[None]:
    """Let the first signal stop a training between two steps; a second one does what it always does.

    With `insist` it is ignored: who stops a job of several processes sends each of them the same signal twice. And
    when one of them is gone, the launcher sends the others a signal, which must not end them before they have said so.
    """
    received: list[int] = []
    previous: dict[signal.Signals, Any] = {}

    def stop(number: int, _: object) -> None:
        received.append(number)
        training.stopping = True
        if not insist:
            restore()

    def restore() -> None:
        while previous:
            signal.signal(*previous.popitem())

    if current_thread() is main_thread():  # no other may set them
        for number in _SIGNALS:
            previous[number] = signal.signal(number, stop)
    try:
        yield
    except KeyboardInterrupt:
        previous.clear()  # signals stay as they are until it is said how to go on
        raise Stopped(received[0] if received else signal.SIGINT) from None
    except ParallelError:
        if insist:
            for caught in previous:
                signal.signal(caught, signal.SIG_IGN)
            previous.clear()
        raise
    else:
        if received:  # too late for training to notice
            raise Stopped(received[0])
    finally:
        restore()


@contextmanager
def heard_once() -> Iterator[None]:
    """Ignore all signals after the one that has ended the work, while it is cleared away and the last line is said.

    Else one more Ctrl-C could leave a terminal without its cursor, and its user without that line.
    :func:`saying_how_to_go_on`, around it, lets them be heard again.
    """
    try:
        yield
    except KeyboardInterrupt:
        _ignore()
        raise


@contextmanager
def saying_how_to_go_on(training: "Training") -> Iterator[None]:
    """End with a sentence where training was interrupted."""
    handlers = {number: signal.getsignal(number) for number in _SIGNALS}
    try:
        yield
    except KeyboardInterrupt as interrupted:
        _ignore()
        click.echo(f"Interrupted. To go on: {training.resume_command}", err=True)
        number = interrupted.number if isinstance(interrupted, Stopped) else signal.SIGINT
        click.get_current_context().exit(128 + number)  # what shells expect
    except ParallelError:
        handlers.clear()  # of this process, what has happened is said later: until then signals stay as they are
        raise
    finally:
        if current_thread() is main_thread():
            for number, handler in handlers.items():
                signal.signal(number, handler)


def _ignore() -> None:
    if current_thread() is main_thread():  # no other may do so
        for number in _SIGNALS:
            signal.signal(number, signal.SIG_IGN)
