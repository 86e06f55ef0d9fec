"""``deepbelief explore``."""

from pathlib import Path

import click

from deepbelief.cli.errors import writing
from deepbelief.cli.options import model_argument
from deepbelief.cli.pictures import REMEDY, force_option, image_shape_option, output_option


@click.command()
@model_argument
@click.argument("data", required=False)
@output_option("net.html", "one HTML file that needs nothing else")
@image_shape_option
@force_option
def explore(model: Path, data: str | None, output: Path, image_shape: tuple[int, int] | None, force: bool) -> None:
    """Make a page in which anyone can draw, look inside MODEL, and make it dream.

    The page computes by itself: it needs no server and no network, and opens from a disk or an e-mail. With DATA it has
    rows to choose from, and shows those that turn each unit on. Each column of a table has a control that
    suits its values; documents are written word by word.
    """
    from deepbelief import experiment
    from deepbelief.experiment import outputs

    with writing(output, REMEDY):
        outputs.check_output_file(output, force)
    page = experiment.explored(model, data, image_shape)
    with writing(output, REMEDY):
        outputs.write_text(output, page.html, force)
    click.echo(f"Wrote {output}: {len(page.html) / 1e6:.1f} MB, with weights of {page.encoding}")
