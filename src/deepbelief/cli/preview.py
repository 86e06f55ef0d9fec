"""``deepbelief preview``."""

from pathlib import Path
from typing import Any

import click

from deepbelief.cli.options import seed_option
from deepbelief.cli.pictures import (
    check_picture,
    force_option,
    image_shape_option,
    known_shape,
    output_option,
    picture_formats,
    write_picture,
)
from deepbelief.cli.reading_options import reading_options
from deepbelief.cli.understanding import understood


@click.command()
@click.argument("data", default="digits")
@output_option("preview.png", picture_formats)
@click.option("--n", "n_images", type=click.IntRange(1, 1000), default=40, show_default=True, help="Images to show.")
@seed_option("Which images; another number shows others.")
@image_shape_option
@reading_options
@force_option
def preview(
    data: str,
    output: Path,
    n_images: int,
    seed: int,
    image_shape: tuple[int, int] | None,
    force: bool,
    reading: dict[str, Any],
) -> None:
    """Show what DATA (by default digits) were taken for, and sample rows with their labels.

    Says how each column of a table was understood; --target, --drop, --categorical and --task overrule that. Draws as
    many rows of each class as there is room for. If DATA is a folder with both pairs of MNIST's files, the training
    pair is used.
    """
    check_picture(output, force)
    from deepbelief import datasets
    from deepbelief.displays import PreviewDisplay

    dataset = datasets.load(data, split="train", **reading)
    shape = known_shape(data, dataset.images.shape[1], image_shape, dataset)
    display = PreviewDisplay.from_data(
        dataset.images,
        dataset.labels,
        n_images=n_images,
        random_state=seed,
        image_shape=shape,
        feature_names=dataset.feature_names,
    )
    write_picture(display, output, force)
    click.echo("\n".join(understood(dataset)))
