"""Training as it goes, on stderr: a bar for each phase on a terminal, a line for each epoch elsewhere."""

import sys
from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import click

from deepbelief.cli.stopping import heard_once

if TYPE_CHECKING:
    from deepbelief.core.progress import EpochRecord
    from deepbelief.experiment import Training

_NAMES = {
    "reconstruction_error": "reconstruction error",
    "log_likelihood": "log-likelihood",
    "loss": "loss",
    "accuracy": "accuracy",
    "validation_accuracy": "held-out accuracy",
    "squared_error": "squared error",
    "validation_squared_error": "held-out squared error",
}


_COMPARING = "comparing all rows with each other, to guess labels from neighbours"
_LINES = 10  # on how far that has come


def follow(training: "Training", records: Iterable["EpochRecord"]) -> None:
    """Show every epoch of a training; `records` are those that it yields."""
    if sys.stderr.isatty():
        _follow_with_bars(training, records)
    else:
        training.compared = _lines_of_rows()
        with heard_once():
            for record in records:
                click.echo(_line(record), err=True)


def _lines_of_rows() -> Callable[[int, int], None]:
    """Return what says that rows are compared, and then each tenth of them."""
    said = 0

    def compared(done: int, total: int) -> None:
        nonlocal said
        if done == 0:
            click.echo(_COMPARING, err=True)
        elif done * _LINES // total > said:
            said = done * _LINES // total
            click.echo(f"compared {done} of {total} rows", err=True)

    return compared


def measured(metrics: dict[str, float]) -> str:
    """Return the metrics that users watch, with their names."""
    return ", ".join(f"{name} {metrics[key]:.4f}" for key, name in _NAMES.items() if key in metrics)


def _line(record: "EpochRecord") -> str:
    where = f"{record.place.label}, epoch {record.epoch}/{record.n_epochs}"
    return f"{where}: {measured(record.metrics)}, {record.seconds:.1f} s"


def _follow_with_bars(training: "Training", records: Iterable["EpochRecord"]) -> None:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    width = max([11, *(len(phase.place.label) for phase in training.phases)])
    columns = (
        TextColumn(f"{{task.description:<{width}}}"),
        BarColumn(bar_width=20, pulse_style="bar.back"),  # empty, as long as nobody knows how many epochs there will be
        MofNCompleteColumn(),
        TextColumn("{task.fields[left]}"),
        TextColumn("{task.fields[measured]}"),
    )
    # Results go to stdout as they are: only stderr is the bar's.
    with Progress(*columns, console=Console(stderr=True), redirect_stdout=False) as progress:
        tasks = {
            phase.place: progress.add_task(phase.place.label, total=phase.n_epochs, left="", measured="")
            for phase in training.phases
        }

        rows: list[Any] = []

        def compared(done: int, total: int) -> None:
            if done == 0:
                progress.console.print(_COMPARING)
                rows.append(progress.add_task("neighbours", total=total, left="", measured=""))
            progress.update(rows[0], completed=done)

        training.compared = compared
        with heard_once():
            for record in records:
                left = (
                    f"{timedelta(seconds=round(training.seconds_left))} left"
                    if record.epoch < record.n_epochs
                    else "done"
                )
                progress.update(
                    tasks[record.place],
                    completed=record.epoch,
                    total=record.n_epochs,
                    left=left,
                    measured=measured(record.metrics),
                )
