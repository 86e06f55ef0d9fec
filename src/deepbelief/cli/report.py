"""``deepbelief report``."""

from pathlib import Path

import click

from deepbelief.cli.errors import writing
from deepbelief.cli.options import data_argument, model_argument
from deepbelief.cli.pictures import REMEDY, force_option, image_shape_option, output_option


@click.command()
@model_argument
@data_argument
@output_option("report.html", "one HTML file that needs nothing else")
@image_shape_option
@click.option(
    "--comparison",
    type=click.Path(readable=False, path_type=Path),
    metavar="FILE",
    help="Show a comparison with other models too: the file that compare --json printed.  [default: none]",
)
@force_option
def report(
    model: Path, data: str, output: Path, image_shape: tuple[int, int] | None, comparison: Path | None, force: bool
) -> None:
    """Show everything that MODEL makes of DATA on one page.

    The page shows the diagnosis, data, training, reconstructions, what units have learned, accuracy and mistakes, and
    with --comparison how other models do. If DATA is a folder with both pairs of MNIST's files, the test pair is used.
    Rows labelled -1 are not measured.
    """
    from deepbelief.experiment import outputs

    with writing(output, REMEDY):
        outputs.check_output_file(output, force)
    from deepbelief.report import read_comparison, subject_of_pair, write_report

    compared = None if comparison is None else read_comparison(comparison)
    subject = subject_of_pair(model, data, image_shape, compared)
    with writing(output, REMEDY):
        write_report(output, subject, force)
    click.echo(f"Wrote {output}")
