"""``deepbelief predict``."""

from pathlib import Path

import click

from deepbelief.cli.errors import writing
from deepbelief.cli.options import csv_option, data_argument, model_argument

_STDOUT = Path("-")
_REMEDY = "choose another place with -o"


@click.command()
@model_argument
@data_argument
@csv_option("submission.csv")
@click.option(
    "--with",
    "others",
    type=click.Path(readable=False, path_type=Path),
    multiple=True,
    metavar="MODEL",
    help="One more model, to take the mean of both (of classes, that of probabilities); may be repeated.  "
    "[default: MODEL alone]",
)
@click.option("--probabilities", is_flag=True, help="Write the probability of each class, too.")
@click.option("--force", is_flag=True, help="Replace the file if it exists.")
def predict(model: Path, data: str, output: Path, others: tuple[Path, ...], probabilities: bool, force: bool) -> None:
    """Predict the labels, or the numbers, of DATA with MODEL.

    Writes a CSV. For classes it has the header that Kaggle wants, ImageId,Label, whatever the rows are; the first row
    is number 1. With --probabilities there is a column for each class, under its name. If MODEL predicts numbers, the
    header is row,prediction,low,high, with the ends of the 90 % interval, which a mean of several models has not. Then
    the first column holds the identifier of a row, if the table has one, and otherwise its number. If DATA is a folder
    of pictures, the first column holds the names of the files. If DATA is a folder with both pairs of MNIST's files,
    the test pair is used. Labels in DATA are ignored.
    """
    from deepbelief import experiment
    from deepbelief.experiment import outputs

    if output != _STDOUT:
        with writing(output, _REMEDY):
            outputs.check_output_file(output, force)
    predictions = experiment.predict(model, data, others, with_probabilities=probabilities)
    text = experiment.submission(predictions)
    if output == _STDOUT:
        click.echo(text, nl=False)
        return
    with writing(output, _REMEDY):
        outputs.write_text(output, text, force)
    click.echo(f"Wrote {len(predictions.labels)} rows to {output}")
