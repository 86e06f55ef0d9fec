"""What is said while networks are compared, of which a preset takes the best one, and afterwards."""

import math
from datetime import timedelta
from typing import TYPE_CHECKING

import click

from deepbelief.command_line import difference, note_on_several

if TYPE_CHECKING:
    from deepbelief.experiment.choosing import Choice

_MEASURES = {"accuracy": "accuracy", "squared_error": "squared error"}


def say_choosing(done: int, total: int, seconds_left: float) -> None:
    """Say how far a comparison has come: a line for each training."""
    if math.isnan(seconds_left):
        known = f", of which {done} are known" if done else ""
        click.echo(f"Comparing networks, to take the one that suits the data: {total} short trainings{known}", err=True)
    else:
        left = f", {timedelta(seconds=round(seconds_left))} left" if done < total else ""
        click.echo(f"compared: {done} of {total}{left}", err=True)


def choice_lines(choice: "Choice") -> list[str]:
    """Return what was compared, and what was taken."""
    lines = [f"Compared on {choice.n_rows} rows that they had not learned from, by {_MEASURES[choice.measure]}:"]
    for index, (network, measured) in enumerate(zip(choice.networks, choice.measured, strict=True)):
        number = "cannot be trained" if measured is None else f"{measured:.4f}"
        name = difference(network, choice.networks[0]) if index else "the network of --preset posts"
        lines.append(f"  {number}  {name}{' (taken)' if index == choice.taken else ''}")
    simplest = "always the most frequent class" if choice.measure == "accuracy" else "always the mean"
    lines.append(f"  {choice.simplest:.4f}  {simplest}")
    note = note_on_several(choice.networks)
    return [*lines, f"  {note}"] if note else lines
