"""``deepbelief explore``."""

import socket
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import click
from click.core import ParameterSource

from deepbelief.cli.errors import writing
from deepbelief.cli.options import model_argument
from deepbelief.cli.pictures import REMEDY, force_option, image_shape_option, output_option
from deepbelief.cli.watching import place_for, port_option, show

if TYPE_CHECKING:
    from deepbelief.page import Page


@click.command()
@model_argument
@click.argument("data", required=False)
@output_option("net.html", "one HTML file that needs nothing else")
@click.option(
    "--serve",
    is_flag=True,
    help="Write no file, and show the page from a server on this computer until Ctrl-C: for nets that are too large "
    "for a file; needs pip install 'deepbelief[serve]'.",
)
@port_option("--serve", "the page")
@image_shape_option
@force_option
@click.pass_context
def explore(
    ctx: click.Context,
    model: Path,
    data: str | None,
    output: Path,
    serve: bool,
    serve_port: int,
    image_shape: tuple[int, int] | None,
    force: bool,
) -> None:
    """Make a page in which anyone can draw, look inside MODEL, and make it dream.

    The page computes by itself: it needs no server and no network, and opens from a disk or an e-mail. With DATA it has
    rows to choose from, and shows those that turn each unit on. Each column of a table has a control that
    suits its values; documents are written word by word.
    """
    from deepbelief import experiment
    from deepbelief.experiment import outputs

    if serve:
        if ctx.get_parameter_source("output") is ParameterSource.COMMANDLINE:
            raise click.UsageError("--serve writes no file, and -o names one; leave one of them out.")
        listening = ctx.with_resource(place_for("--serve", serve, serve_port))
        _serve(experiment.explored(model, data, image_shape, served=True), listening)
        return
    with writing(output, REMEDY):
        outputs.check_output_file(output, force)
    page = experiment.explored(model, data, image_shape)
    with writing(output, REMEDY):
        outputs.write_text(output, page.html, force)
    click.echo(f"Wrote {output}: {len(page.html) / 1e6:.1f} MB, with weights of {page.encoding}")


def _serve(page: "Page", listening: socket.socket) -> None:
    """Show a page from a server until Ctrl-C."""
    from deepbelief.watch.net_server import NetServer

    server = NetServer(page, listening)
    size = f"{len(page.net) / 1e6:.1f} MB, with weights of {page.encoding}"
    click.echo(f"The page asks for a net of {size}. Ctrl-C ends its server.", err=True)
    show(server.url, "It is open in a browser", "Open this in a browser")
    with suppress(KeyboardInterrupt):
        server.wait()
    server.end()
