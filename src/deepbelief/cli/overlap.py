"""What is said of rows that a model learned from where it is measured on them."""

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from deepbelief.experiment import Overlap


def overlap_lines(overlap: "Overlap | None") -> list[str]:
    """Return how many of the rows were learned from and, if any were, how accurate the model is on the others."""
    lines = [_learned_from(overlap)]
    if overlap is not None and overlap.n_learned_from and overlap.interval_on_others is not None:
        low, high = overlap.interval_on_others
        rows = f"{overlap.n_others} rows; 95 % interval {low:.4f}-{high:.4f}"
        lines.append(f"Accuracy on the others: {overlap.accuracy_on_others:.4f} ({rows})")
    return lines


def echo_note(overlap: "Overlap | None") -> None:
    """Say on stderr what such rows cannot tell, if at least half of them were learned from."""
    if overlap is None or not overlap.is_most:
        return
    if overlap.n_others:
        told = "most of these rows were learned from, with or without a label; only the others tell"
    else:
        told = "all of these rows were learned from, with or without a label; use others to know"
    click.echo(f"Note: {told} what to expect on new rows.", err=True)


def _learned_from(overlap: "Overlap | None") -> str:
    if overlap is None:
        return "Learned from: unknown, as the model's file does not say."
    if overlap.n_learned_from is None:
        return "Learned from: unknown, as the model's file has hashes of a part of its rows only, and of none of these."
    if overlap.n_looked_up == overlap.n_rows:
        return f"Learned from: {overlap.n_learned_from} of these {overlap.n_rows} rows."
    sample = f"{overlap.n_looked_up} of them were looked up"
    return f"Learned from: about {overlap.n_learned_from} of these {overlap.n_rows} rows ({sample})."
