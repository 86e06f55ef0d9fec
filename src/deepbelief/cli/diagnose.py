"""``deepbelief diagnose``."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from deepbelief.cli.options import data_argument, echo_json, json_option, model_argument
from deepbelief.cli.overlap import echo_note, overlap_lines
from deepbelief.command_line import in_options

if TYPE_CHECKING:
    from deepbelief.core.finding import Finding


@click.command()
@model_argument
@data_argument
@json_option
def diagnose(model: Path, data: str, as_json: bool) -> None:
    """Say what is wrong with MODEL, judged by DATA, and what to do.

    Looks for inputs outside [0, 1] or without contrast, constant features, dead, always-on, saturated and duplicate
    hidden units, reconstructions that are identical, noise, or worse than the mean image, weights that explode or do
    not move, overfitting, accuracy at the level of the most frequent class, and numbers that are not finite. A
    classifier is judged by the rows that it did not learn from, if there are any. If DATA is a folder with both pairs
    of MNIST's files, the test pair is used.
    """
    from deepbelief import experiment

    diagnosis = experiment.diagnose(model, data)
    echo_note(diagnosis.overlap)
    if as_json:
        echo_json(diagnosis)
        return
    nothing = f"Nothing wrong found ({diagnosis.n_rows} rows)."
    found = nothing if diagnosis.healthy else findings_text(diagnosis.findings)
    click.echo("\n".join([found, *overlap_lines(diagnosis.overlap)]))


def findings_text(findings: Sequence["Finding"]) -> str:
    """Return findings as a numbered list."""
    lines = [f"Found {len(findings)} thing{'s' if len(findings) > 1 else ''} wrong:"]
    for number, finding in enumerate(findings, 1):
        lines += [
            f"{number}. {finding.name} ({finding.where})",
            f"   {finding.evidence}.",
            f"   {in_options(finding.advice)}.",
            f"   Source: {finding.source}.",
        ]
    return "\n".join(lines)
