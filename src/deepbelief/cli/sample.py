"""``deepbelief sample`` and ``deepbelief impute``."""

from pathlib import Path

import click

from deepbelief.cli.errors import writing
from deepbelief.cli.options import data_argument, model_argument, seed_option
from deepbelief.cli.pictures import REMEDY, check_picture, force_option, image_shape_option, known_shape, write_picture

_OUTPUT = click.Path(readable=False, path_type=Path)
_PICTURES = (".png", ".svg", ".pdf")

method_option = click.option(
    "--tempered",
    "method",
    flag_value="tempered",
    default="gibbs",
    help="Use chains that exchange their states with others at higher temperatures: slower, but they mix.",
)


@click.command()
@model_argument
@click.option(
    "-n", "n_samples", type=click.IntRange(1, 100_000), default=40, show_default=True, help="Samples to draw."
)
@click.option(
    "--steps", "n_steps", type=click.IntRange(1), default=1000, show_default=True, help="Sweeps of the chain of each."
)
@click.option(
    "--given",
    metavar="DATA",
    help="Values to hold fast: data of -n rows or of one, with holes where values are free.  [default: nothing]",
)
@click.option("--label", metavar="L", help="Class to draw, if MODEL is a classifier.  [default: any]")
@method_option
@click.option(
    "-o",
    "--output",
    type=_OUTPUT,
    default="samples.png",
    show_default=True,
    help="File to write: a picture, .npz, .npy or .csv.",
)
@seed_option("Of the chains; another number gives other samples.")
@image_shape_option
@force_option
def sample(
    model: Path,
    n_samples: int,
    n_steps: int,
    given: str | None,
    label: str | None,
    method: str,
    output: Path,
    seed: int,
    image_shape: tuple[int, int] | None,
    force: bool,
) -> None:
    """Draw from MODEL.

    Each sample is the last state of a chain of its own. The chains start at the states with which training ended. If
    they are too short to be independent of these, a warning says so. In a net of several layers, chains run in the top
    one. With --label, the network decides which samples are of that class.
    """
    from deepbelief import experiment
    from deepbelief.experiment import drawing

    is_picture = output.suffix.lower() in _PICTURES
    (check_picture if is_picture else _check_table)(output, force)
    estimator = experiment.open_machines(model)
    shape = known_shape(str(model), estimator.n_features_in_, image_shape, None, estimator) if is_picture else None
    rows = experiment.drawn(estimator, model, n_samples, n_steps, given=given, label=label, method=method, seed=seed)
    if is_picture:
        from deepbelief.displays import PreviewDisplay

        write_picture(
            PreviewDisplay.from_data(rows, n_images=n_samples, image_shape=shape, estimator=estimator), output, force
        )
        return
    _write(output, drawing.samples_bytes(output, estimator, rows), force)
    click.echo(f"Wrote {n_samples} samples to {output}")


@click.command()
@model_argument
@data_argument
@click.option(
    "-o",
    "--output",
    type=_OUTPUT,
    help="File to write, of the kind of DATA.  [default: completed, ending as DATA does]",
)
@method_option
@seed_option("Of the chains.")
@force_option
def impute(model: Path, data: str, output: Path | None, method: str, seed: int, force: bool) -> None:
    """Fill the holes of DATA with what MODEL expects given the rest of each row.

    DATA is a table (CSV in any dialect, Parquet, Feather) with empty cells, or an .npz or .npy with nan. The copy has
    the same format, and everything but the holes stays as it was, byte for byte: numbers get the value that is
    expected, categories the word that is most probable. An .npz or .npy can be written as .csv too.
    """
    from deepbelief import experiment
    from deepbelief.experiment import drawing, outputs

    output = drawing.completed_name(data, output)
    with writing(output, REMEDY):
        outputs.check_output_file(output, force)
    estimator = experiment.open_machines(model)
    content, n_rows = experiment.completed(estimator, model, data, output, method=method, seed=seed)
    _write(output, content, force)
    click.echo(f"Wrote {n_rows} rows to {output}")


def _check_table(output: Path, force: bool) -> None:
    from deepbelief.experiment import drawing, outputs

    drawing.check_table(output)
    with writing(output, REMEDY):
        outputs.check_output_file(output, force)


def _write(output: Path, content: bytes, force: bool) -> None:
    from deepbelief.experiment import outputs

    with writing(output, REMEDY):
        outputs.write_bytes(output, content, force)
