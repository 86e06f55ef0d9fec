"""Training as it goes, on stderr: a bar for each phase on a terminal, a line for each epoch elsewhere."""

import sys
from datetime import timedelta
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from deepbelief.experiment import EpochRecord, Training

_NAMES = {
    "reconstruction_error": "reconstruction error",
    "loss": "loss",
    "accuracy": "accuracy",
    "validation_accuracy": "held-out accuracy",
}


_COMPARING = "comparing all rows with each other, to guess labels from neighbours"


def follow(training: "Training") -> None:
    """Train to the end and show every epoch."""
    if sys.stderr.isatty():
        _follow_with_bars(training)
    else:
        for record in training:
            click.echo(_line(record), err=True)
            if training.compares_rows_after(record):
                click.echo(_COMPARING, err=True)


def phase_name(phase: str, layer: int) -> str:
    """Return what users call a phase; layers count from 1."""
    return {"pretrain": f"layer {layer + 1}", "softmax": "softmax", "finetune": "fine-tuning"}[phase]


def measured(metrics: dict[str, float]) -> str:
    """Return the metrics that users watch, with their names."""
    return ", ".join(f"{name} {metrics[key]:.4f}" for key, name in _NAMES.items() if key in metrics)


def _line(record: "EpochRecord") -> str:
    where = f"{phase_name(record.phase, record.layer)}, epoch {record.epoch}/{record.n_epochs}"
    return f"{where}: {measured(record.metrics)}, {record.seconds:.1f} s"


def _follow_with_bars(training: "Training") -> None:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    columns = (
        TextColumn("{task.description:<11}"),
        BarColumn(bar_width=20, pulse_style="bar.back"),  # empty, as long as nobody knows how many epochs there will be
        MofNCompleteColumn(),
        TextColumn("{task.fields[left]}"),
        TextColumn("{task.fields[measured]}"),
    )
    # Results go to stdout as they are: only stderr is the bar's.
    with Progress(*columns, console=Console(stderr=True), redirect_stdout=False) as progress:
        tasks = {
            (phase.phase, phase.layer): progress.add_task(
                phase_name(phase.phase, phase.layer), total=phase.n_epochs, left="", measured=""
            )
            for phase in training.plan
        }
        for record in training:
            left = f"{timedelta(seconds=round(record.seconds_left))} left" if record.epoch < record.n_epochs else "done"
            progress.update(
                tasks[record.phase, record.layer],
                completed=record.epoch,
                total=record.n_epochs,
                left=left,
                measured=measured(record.metrics),
            )
            if training.compares_rows_after(record):
                progress.console.print(_COMPARING)
