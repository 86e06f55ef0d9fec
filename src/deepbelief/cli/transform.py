"""``deepbelief transform``."""

from pathlib import Path

import click

from deepbelief.cli.errors import writing
from deepbelief.cli.options import data_argument, model_argument
from deepbelief.cli.pictures import REMEDY, force_option


@click.command()
@model_argument
@data_argument
@click.option(
    "--depth",
    type=click.IntRange(min=1),
    metavar="K",
    help="Layer whose features are written, the lowest being 1.  [default: the top one]",
)
@click.option(
    "-o",
    "--output",
    type=click.Path(readable=False, path_type=Path),
    default="features.csv",
    show_default=True,
    help="File to write: .csv, .npz, .npy or .parquet.",
)
@force_option
def transform(model: Path, data: str, depth: int | None, output: Path, force: bool) -> None:
    """Write what a layer of MODEL makes of DATA: features to learn from with anything else.

    The first column says which row it is: the identifier of a table, or else the number of the row, the first being 1.
    Then there is a column for each hidden unit. An .npy holds the numbers alone. If MODEL is a network, its layers are
    taken as they were before fine-tuning. Missing values are filled in first. If DATA is a folder with both pairs of
    MNIST's files, the test pair is used. Labels in DATA are ignored.
    """
    from deepbelief import experiment
    from deepbelief.experiment import outputs, transforming

    transforming.check_features_file(output)
    with writing(output, REMEDY):
        outputs.check_output_file(output, force)
    found = experiment.features(model, data, depth)
    content = transforming.features_bytes(output, found)
    with writing(output, REMEDY):
        outputs.write_bytes(output, content, force)
    n_rows, n_units = found.values.shape
    click.echo(f"Wrote {n_units} features of {n_rows} rows to {output}")
