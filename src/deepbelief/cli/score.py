"""``deepbelief score``."""

from pathlib import Path

import click

from deepbelief.cli.errors import writing
from deepbelief.cli.options import data_argument, model_argument
from deepbelief.cli.pictures import REMEDY, force_option

_STDOUT = Path("-")


@click.command()
@model_argument
@data_argument
@click.option(
    "-o",
    "--output",
    type=click.Path(readable=False, path_type=Path),
    default="-",
    show_default=True,
    help="File to write; - for stdout.",
)
@force_option
def score(model: Path, data: str, output: Path, force: bool) -> None:
    """Rank the rows of DATA by how likely MODEL finds them, least likely first.

    Writes a CSV: row,log_likelihood (nats), the first row of DATA being 1. Where the partition function is not known
    exactly, it is row,minus_free_energy instead, which is the log-likelihood up to a constant; of a net with several
    layers, that of the lowest.
    """
    from deepbelief import experiment
    from deepbelief.experiment import outputs

    if output != _STDOUT:
        with writing(output, REMEDY):
            outputs.check_output_file(output, force)
    found = experiment.score(model, data)
    lines = [
        f"row,{found.measure}",
        *(f"{row},{value:.6f}" for row, value in zip(found.rows, found.scores, strict=True)),
    ]
    text = "".join(f"{line}\n" for line in lines)
    if output == _STDOUT:
        click.echo(text, nl=False)
        return
    with writing(output, REMEDY):
        outputs.write_text(output, text, force)
    click.echo(f"Wrote {len(found.rows)} rows to {output}")
