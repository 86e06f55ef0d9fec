"""``deepbelief fetch``."""

from pathlib import Path

import click

from deepbelief.cli.errors import writing
from deepbelief.cli.pictures import REMEDY


@click.command()
@click.argument("name", type=click.Choice(["mnist"]))
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    default="mnist",
    show_default=True,
    help="Folder to put the files into.",
)
def fetch(name: str, output: Path) -> None:
    """Fetch MNIST's four files from the network: 11 MB.

    Each file is checked. Files that are there already are not fetched again. No other command uses a network.
    """
    from deepbelief.datasets import fetch_mnist

    with writing(output, REMEDY):
        fetch_mnist(output)
    click.echo(f"{output} holds MNIST: 60,000 images to learn from and 10,000 to test on")
