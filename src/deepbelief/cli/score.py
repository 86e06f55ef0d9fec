"""``deepbelief score``."""

import csv
import io
from pathlib import Path

import click

from deepbelief.cli.errors import writing
from deepbelief.cli.options import csv_option, data_argument, model_argument
from deepbelief.cli.pictures import REMEDY, force_option

_STDOUT = Path("-")


@click.command()
@model_argument
@data_argument
@click.option(
    "--by",
    type=click.Choice(["likelihood", "reconstruction"]),
    default="likelihood",
    show_default=True,
    help="How likely a row is, or how far it is from what comes back of it from the lowest layer.",
)
@csv_option("-")
@force_option
def score(model: Path, data: str, by: str, output: Path, force: bool) -> None:
    """Rank the rows of DATA by how unusual MODEL finds them, the most unusual first.

    Writes a CSV with the columns row,log_likelihood (in nats). The first row of DATA is number 1. If the partition
    function is not known exactly, the columns are row,minus_free_energy: this is the log-likelihood up to a constant.
    In a net of several layers it is that of the lowest layer.

    With --by reconstruction the columns are row,deviation. A deviation of 1 is usual. If it is far above 1, the values
    of the row do not go together. If DATA is a table, a third column names the column that is farthest off.
    """
    from deepbelief.experiment import outputs

    if output != _STDOUT:
        with writing(output, REMEDY):
            outputs.check_output_file(output, force)
    table = _deviations(model, data) if by == "reconstruction" else _likelihoods(model, data)
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(table)
    if output == _STDOUT:
        click.echo(text.getvalue(), nl=False)
        return
    with writing(output, REMEDY):
        outputs.write_text(output, text.getvalue(), force)
    click.echo(f"Wrote {len(table) - 1} rows to {output}")


def _likelihoods(model: Path, data: str) -> list[tuple[object, ...]]:
    from deepbelief import experiment

    found = experiment.score(model, data)
    if found.n_left_out:
        rows = "1 row" if found.n_left_out == 1 else f"{found.n_left_out} rows"
        click.echo(
            f"Note: {rows} with a missing value left out; fill them with impute, or rank all with --by reconstruction",
            err=True,
        )
    scores = [f"{value:.6f}" for value in found.scores]
    return [("row", found.measure), *zip(found.rows, scores, strict=True)]


def _deviations(model: Path, data: str) -> list[tuple[object, ...]]:
    from deepbelief import experiment

    found = experiment.deviations(model, data)
    values = [f"{value:.6f}" for value in found.deviations]
    if found.columns is None:
        return [("row", "deviation"), *zip(found.rows, values, strict=True)]
    return [("row", "deviation", "column"), *zip(found.rows, values, found.columns, strict=True)]
