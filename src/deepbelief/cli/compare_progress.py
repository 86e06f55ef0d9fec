"""A comparison as it goes, on stderr: a row for each model on a terminal, lines elsewhere."""

import sys
from datetime import timedelta
from typing import TYPE_CHECKING

import click

from deepbelief.command_line import in_options

if TYPE_CHECKING:
    from deepbelief.experiment import Comparison, Failure, Measured, MeasuredRegression, Progress

_WORTH_SAYING = 10  # seconds that a run takes at least to be announced
_BETWEEN_LINES = 30  # seconds


def follow(comparison: "Comparison") -> None:
    """Compare to the end and show how it goes."""
    if sys.stderr.isatty():
        _follow_with_rows(comparison)
    else:
        _follow_with_lines(comparison)


def _follow_with_lines(comparison: "Comparison") -> None:
    from deepbelief.experiment import Progress

    next_line = 0.0
    for event in comparison:
        if not isinstance(event, Progress):
            click.echo(f"{event.model}: {_outcome(event)}", err=True)
            continue
        if event.seconds == 0:
            next_line = _BETWEEN_LINES
            if (event.seconds_left or 0) >= _WORTH_SAYING:
                click.echo(f"{_run(event)}: this takes {_left(event)} (a rough estimate)", err=True)
        elif event.seconds >= next_line:
            next_line += _BETWEEN_LINES
            click.echo(f"{_run(event)}: {event.seconds:.0f} s so far{_still(event)}", err=True)


def _follow_with_rows(comparison: "Comparison") -> None:
    from rich.console import Console
    from rich.progress import Progress as Rows
    from rich.progress import SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn

    from deepbelief.experiment import Progress

    columns = (SpinnerColumn(finished_text=" "), TextColumn("{task.description:<16}"), TimeElapsedColumn())
    tasks: dict[str, TaskID] = {}
    # Results go to stdout as they are: only stderr is the rows'.
    with Rows(*columns, TextColumn("{task.fields[said]}"), console=Console(stderr=True), redirect_stdout=False) as rows:
        for event in comparison:
            if event.model not in tasks:
                tasks[event.model] = rows.add_task(event.model, total=1, said="")
            if isinstance(event, Progress):
                run = f"run {event.run}/{event.n_runs}" if event.n_runs > 1 else ""
                rows.update(tasks[event.model], said=f"{run}{_still(event)}".removeprefix(", "))
            else:
                rows.update(tasks[event.model], completed=1, said=_outcome(event))


def _outcome(event: "Measured | MeasuredRegression | Failure") -> str:
    from deepbelief.experiment import Failure, Measured

    if isinstance(event, Failure):
        return f"failed: {in_options(event.reason)}"
    first = event.runs[0]
    measured = f"accuracy {event.accuracy:.4f}" if isinstance(event, Measured) else f"R² {event.r2:.4f}"
    return f"{measured}, fit {first.seconds_fit:.1f} s, predict {first.seconds_predict:.1f} s"


def _run(event: "Progress") -> str:
    return f"{event.model}, run {event.run}/{event.n_runs}" if event.n_runs > 1 else event.model


def _still(event: "Progress") -> str:
    if event.seconds_left is None:
        return ""
    return f", {_left(event)} left" if event.seconds_left else ", longer than estimated"


def _left(event: "Progress") -> str:
    return f"roughly {timedelta(seconds=round(event.seconds_left or 0))}"
