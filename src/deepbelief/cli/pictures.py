"""What the commands that draw share: where the picture goes, and the shape of an image."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from deepbelief.cli.errors import writing

if TYPE_CHECKING:
    from deepbelief.datasets import Dataset
    from deepbelief.datasets.dataset import ImageShape
    from deepbelief.displays import Display

REMEDY = "choose another place with -o"
_SHAPE = re.compile(r"([1-9]\d{0,8})[x×]([1-9]\d{0,8})")

force_option = click.option("--force", is_flag=True, help="Replace the file if it exists.")


class HeightAndWidth(click.ParamType):
    """Height and width, such as ``28x28``."""

    name = "HxW"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[int, int]:
        """Return both as numbers."""
        match = _SHAPE.fullmatch(value)
        if match is None:
            self.fail(f"{value!r} is no height and width, such as 28x28", param, ctx)
        return int(match[1]), int(match[2])


image_shape_option = click.option(
    "--image-shape",
    type=HeightAndWidth(),
    help="Height and width of the images.  [default: as the data or the model say, or square]",
)


def output_option(name: str, what: str) -> Callable[..., Any]:
    """Return the option ``-o`` with its default."""
    return click.option(
        "-o",
        "--output",
        type=click.Path(readable=False, path_type=Path),
        default=name,
        show_default=True,
        help=f"File to write: {what}.",
    )


picture_formats = "its name ends in .png, .svg or .pdf"


def check_picture(output: Path, force: bool) -> None:
    """Refuse an output before any work is done for it."""
    from deepbelief.experiment import outputs
    from deepbelief.report.writing import check_format

    check_format(output)
    with writing(output, REMEDY):
        outputs.check_output_file(output, force)


def write_picture(display: "Display", output: Path, force: bool) -> None:
    """Draw, write, and say so."""
    from deepbelief.experiment import outputs
    from deepbelief.report.writing import picture_bytes

    content = picture_bytes(display, output)
    with writing(output, REMEDY):
        outputs.write_bytes(output, content, force)
    click.echo(f"Wrote {output}")


def known_shape(
    where: str, n_features: int, said: tuple[int, int] | None, dataset: "Dataset | None" = None, model: object = None
) -> "ImageShape | None":
    """Return the shape of an image: as the user, the model or the data say, or a square; None for all other rows.

    Raises
    ------
    ValueError
        If what the user says does not fit.
    """
    from deepbelief.datasets.dataset import square_shape

    if said is not None and said[0] * said[1] != n_features:
        raise ValueError(
            f"{where}: images of {said[0]} × {said[1]} pixels do not fit {n_features} features; "
            "say another --image-shape"
        )
    metadata = getattr(model, "metadata_", {})
    shape = said or metadata.get("image_shape") or (dataset.image_shape if dataset else None)
    if shape is None and (metadata.get("table") or (dataset and dataset.schema)):
        return None
    return shape or square_shape(n_features)
