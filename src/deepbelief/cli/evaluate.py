"""``deepbelief evaluate``."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from deepbelief.cli.options import data_argument, echo_json, json_option, model_argument
from deepbelief.cli.overlap import echo_note, overlap_lines
from deepbelief.cli.tables import MATRIX_CAPTION, matrix_lines

if TYPE_CHECKING:
    from deepbelief.experiment import Evaluation


@click.command()
@model_argument
@data_argument
@json_option
def evaluate(model: Path, data: str, as_json: bool) -> None:
    """Measure how well MODEL labels DATA.

    Prints accuracy, precision and recall of each class, and the confusion matrix; how many of the rows MODEL learned
    from, and its accuracy on the others. Of a folder with both pairs of MNIST's files, the test pair is used. Rows
    labelled -1 are left out.
    """
    from deepbelief import experiment

    evaluation = experiment.evaluate(model, data)
    echo_note(evaluation.overlap)
    if as_json:
        echo_json(evaluation, without=("classification_report_text",))
    else:
        click.echo(_text(evaluation))


def _text(evaluation: "Evaluation") -> str:
    skipped = f"; {evaluation.n_skipped} without a label left out" if evaluation.n_skipped else ""
    low, high = evaluation.interval
    measured = f"{evaluation.n_rows} rows{skipped}; 95 % interval {low:.4f}-{high:.4f}"
    return "\n".join(
        [
            f"Accuracy: {evaluation.accuracy:.4f} ({measured})",
            *overlap_lines(evaluation.overlap),
            "",
            evaluation.classification_report_text.rstrip(),
            "",
            MATRIX_CAPTION,
            *matrix_lines(evaluation.classes, evaluation.confusion_matrix),
        ]
    )
