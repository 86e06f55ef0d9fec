"""``deepbelief evaluate``."""

import math
from pathlib import Path
from typing import TYPE_CHECKING

import click

from deepbelief.cli.options import data_argument, echo_json, json_option, model_argument
from deepbelief.cli.overlap import echo_note, overlap_lines
from deepbelief.cli.tables import MATRIX_CAPTION, matrix_lines

if TYPE_CHECKING:
    from deepbelief.experiment import Evaluation, RegressionEvaluation, RegressionScores


@click.command()
@model_argument
@data_argument
@json_option
def evaluate(model: Path, data: str, as_json: bool) -> None:
    """Measure how well MODEL predicts the labels, or the numbers, of DATA.

    Prints accuracy, precision and recall of each class, and the confusion matrix. If MODEL predicts numbers, it prints
    R², errors, and how many numbers lie in their 90 % intervals. Then it says how many of the rows MODEL learned from,
    and how good it is on the others. If DATA is a folder with both pairs of MNIST's files, the test pair is used. Rows
    labelled -1 are left out.
    """
    from deepbelief import experiment

    evaluation = experiment.evaluate(model, data)
    echo_note(evaluation.overlap)
    if as_json:
        echo_json(evaluation, without=("classification_report_text",))
    elif isinstance(evaluation, experiment.RegressionEvaluation):
        click.echo(_text_of_regression(evaluation))
    else:
        click.echo(_text(evaluation))


def _text_of_regression(evaluation: "RegressionEvaluation") -> str:
    lines = [*regression_lines(evaluation.scores, "rows"), *overlap_lines(evaluation.overlap)]
    if evaluation.scores_on_others is not None:
        lines += ["", *regression_lines(evaluation.scores_on_others, "rows not learned from")]
    return "\n".join(lines)


def regression_lines(scores: "RegressionScores", which: str) -> list[str]:
    """Return how well numbers are predicted, and of which rows."""
    # One number, or the same number everywhere, has no variance of which a share could be explained.
    explained = "none, because all targets are equal" if math.isnan(scores.r2) else f"{scores.r2:.4f}"
    lines = [
        f"R²: {explained} ({scores.n_rows} {which if scores.n_rows > 1 else which.replace('rows', 'row')})",
        f"Root mean squared error: {scores.rmse:.4g} (always the mean: {scores.baseline_rmse:.4g}); "
        f"mean absolute error: {scores.mae:.4g}",
    ]
    if scores.coverage is not None:
        lines.append(f"In their 90 % intervals: {100 * scores.coverage:.1f} % (median width {scores.width:.4g})")
    return lines


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
