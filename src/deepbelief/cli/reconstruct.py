"""``deepbelief reconstruct``."""

from pathlib import Path

import click

from deepbelief.cli.options import data_argument, model_argument
from deepbelief.cli.pictures import (
    check_picture,
    force_option,
    image_shape_option,
    known_shape,
    output_option,
    picture_formats,
    write_picture,
)


@click.command()
@model_argument
@data_argument
@output_option("reconstruct.png", picture_formats)
@click.option("--n", "n_images", type=click.IntRange(1, 200), default=10, show_default=True, help="Images to show.")
@click.option("--untrained", is_flag=True, help="Show the same through a stack that was never trained, for contrast.")
@image_shape_option
@force_option
def reconstruct(
    model: Path,
    data: str,
    output: Path,
    n_images: int,
    untrained: bool,
    image_shape: tuple[int, int] | None,
    force: bool,
) -> None:
    """Draw images of DATA beside what MODEL gives back of them.

    Each original stands beside its reconstruction from layer 1, from layer 2 and so on: it goes up to that layer, and
    down again. If DATA is a folder with both pairs of MNIST's files, the test pair is used.
    """
    check_picture(output, force)
    from deepbelief import experiment
    from deepbelief.displays import ReconstructionDisplay

    estimator = experiment.open_machines(model)
    dataset = experiment.open_data_for(estimator, model, data)
    shape = known_shape(str(model), estimator.n_features_in_, image_shape, dataset, estimator)
    display = ReconstructionDisplay.from_estimator(
        estimator, dataset.images, n_images=n_images, untrained=untrained, image_shape=shape
    )
    write_picture(display, output, force)
