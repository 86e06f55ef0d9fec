"""``deepbelief export``."""

from pathlib import Path

import click

from deepbelief.cli.errors import writing
from deepbelief.cli.options import model_argument
from deepbelief.cli.pictures import REMEDY, force_option, output_option


@click.command()
@model_argument
@output_option("net.onnx", "a graph in ONNX's format")
@click.option(
    "--output-of",
    "wanted",
    type=click.Choice(["predictions", "features", "reconstruction"]),
    help="What the graph computes.  [default: predictions of a network, features of other models]",
)
@click.option(
    "--depth",
    type=click.IntRange(min=1),
    metavar="K",
    help="Layer of features or of a reconstruction, the lowest being 1.  [default: the top one]",
)
@force_option
def export(model: Path, output: Path, wanted: str | None, depth: int | None, force: bool) -> None:
    """Write MODEL as an ONNX graph, which other programs compute without this one.

    The graph takes rows at the scale of the data, X, and returns probabilities of the classes, numbers, the features of
    a layer, or what comes down from it. Classes are in its metadata. Needs onnx: pip install onnx.
    """
    from deepbelief import experiment
    from deepbelief.experiment import outputs

    if wanted == "predictions" and depth is not None:
        raise click.UsageError("--depth says which layer, but predictions come from all of them; leave it out.")
    with writing(output, REMEDY):
        outputs.check_output_file(output, force)
    content, computed = experiment.exported(model, wanted, depth)
    with writing(output, REMEDY):
        outputs.write_bytes(output, content, force)
    click.echo(f"Wrote {output}: {computed}, {len(content) / 1e6:.1f} MB")
