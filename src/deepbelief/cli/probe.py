"""``deepbelief probe``."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from deepbelief.cli.options import model_argument
from deepbelief.cli.pictures import (
    check_picture,
    force_option,
    image_shape_option,
    known_shape,
    output_option,
    picture_formats,
    write_picture,
)

if TYPE_CHECKING:
    from deepbelief.datasets import Dataset
    from deepbelief.displays import UnitProbeDisplay
    from deepbelief.estimators.model_file import Estimator


@click.command()
@model_argument
@click.argument("data", required=False)
@click.option(
    "--layer", type=click.IntRange(min=1), metavar="K", default=1, show_default=True, help="Layer, counted from 1."
)
@output_option("probe.png", picture_formats)
@click.option("--n", "n_units", type=click.IntRange(1, 1000), default=72, show_default=True, help="Units to show.")
@click.option(
    "--order",
    type=click.Choice(["index", "activity", "distinct"]),
    default="index",
    show_default=True,
    help="Which units: the first, the most active ones (needs DATA), or the most different ones.",
)
@click.option(
    "--by-class", is_flag=True, help="Instead, a row for each class: the 8 units that speak for it most (needs DATA)."
)
@click.option(
    "--view",
    type=click.Choice(["alone", "context", "excites"]),
    help="What is shown of a unit: what it adds when it alone is on; what it adds to rows of DATA, all other units "
    "being as these leave them; or what rows that turn it on have in common.  [default: excites above layer 1 if there "
    "is DATA, else alone]",
)
@click.option(
    "--finetuned",
    is_flag=True,
    help="The units of the fine-tuned network, instead of those of the pretrained net: what turns each on (needs "
    "DATA).",
)
@image_shape_option
@force_option
def probe(
    model: Path,
    data: str | None,
    layer: int,
    output: Path,
    n_units: int,
    order: str,
    by_class: bool,
    view: str | None,
    finetuned: bool,
    image_shape: tuple[int, int] | None,
    force: bool,
) -> None:
    """Show what MODEL draws by itself.

    The top row shows what comes down from each layer while all its hidden units are off. With DATA, the mean image
    stands beside it. Below it is drawn what single hidden units of a layer add to that, or what turns them on. If DATA
    is a folder with both pairs of MNIST's files, the test pair is used.

    With --finetuned, only the units are drawn, because a fine-tuned network does not draw.
    """
    if finetuned and view not in (None, "excites"):
        raise click.UsageError(
            f"a fine-tuned network has no way down, which --view {view} needs; leave one of them out."
        )
    if view is None:
        view = "excites" if finetuned or (data is not None and layer > 1) else "alone"
    if data is None and (finetuned or by_class or order == "activity" or view != "alone"):
        asked = {"--finetuned": finetuned, "--by-class": by_class, "--order activity": order == "activity"}
        option = next((name for name, is_asked in asked.items() if is_asked), f"--view {view}")
        raise click.UsageError(f"{option} needs DATA.")
    check_picture(output, force)
    from deepbelief import experiment
    from deepbelief.displays import BiasProbeDisplay, Column

    estimator = experiment.open_network(model) if finetuned else experiment.open_machines(model)
    dataset = None if data is None else experiment.open_data_for(estimator, model, data)
    shape = known_shape(str(model), estimator.n_features_in_, image_shape, dataset, estimator)
    images = None if dataset is None else dataset.images
    how: dict[str, Any] = {"layer": layer, "view": view, "finetuned": finetuned, "image_shape": shape}
    if by_class:
        units = _by_class(estimator, dataset, data, **how)
    else:
        units = _units(estimator, images, order=order, n_units=n_units, **how)
    if finetuned:
        write_picture(units, output, force)
        return
    biases = BiasProbeDisplay.from_estimator(estimator, images, image_shape=shape)
    write_picture(Column([biases, units]), output, force)


def _units(estimator: "Estimator", images: Any, **settings: Any) -> "UnitProbeDisplay":
    from deepbelief.displays import UnitProbeDisplay

    return UnitProbeDisplay.from_estimator(estimator, images, **settings)


def _by_class(
    estimator: "Estimator", dataset: "Dataset | None", data: str | None, **settings: Any
) -> "UnitProbeDisplay":
    from deepbelief.displays import UnitProbeDisplay
    from deepbelief.errors import DataError

    if dataset is None or dataset.labels is None:
        raise DataError(f"{data}: there are no labels, which --by-class needs; add them, or leave it out")
    return UnitProbeDisplay.by_class(estimator, dataset.images, dataset.labels, **settings)
