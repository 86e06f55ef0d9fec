"""The options that say how data are to be read, where they do not say it themselves or say it wrongly."""

import functools
from collections.abc import Callable
from typing import Any

import click

from deepbelief.cli.pictures import HeightAndWidth

_OPTIONS = (
    click.option("--target", metavar="COLUMN", help="Column of a table to be predicted.  [default: label, class, …]"),
    click.option(
        "--drop",
        multiple=True,
        metavar="COLUMN",
        help="Column of a table to leave out; several times.  [default: none]",
    ),
    click.option(
        "--categorical",
        multiple=True,
        metavar="COLUMN",
        help="Column of a table whose numbers are names of categories; several times.  [default: none]",
    ),
    click.option(
        "--task",
        type=click.Choice(["auto", "classify", "regress", "features"]),
        default="auto",
        show_default=True,
        help="What the target is for; features leaves it out.",
    ),
    click.option(
        "--image-size",
        type=HeightAndWidth(),
        help="Scale the pictures of a folder to this height and width.  [default: none; all have one size]",
    ),
    click.option("--skip-bad", is_flag=True, help="Leave out pictures of a folder that cannot be read."),
)
_NAMES = ("target", "drop", "categorical", "task", "image_size", "skip_bad")
_DEFAULTS = (None, (), (), "auto", None, False)


def reading_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add these options to a command, which gets one argument for all: `reading`, a dict of those that were given."""

    @functools.wraps(command)
    def collecting(*arguments: Any, **options: Any) -> Any:
        given = {name: options.pop(name) for name in _NAMES}
        reading = {name: given[name] for name, default in zip(_NAMES, _DEFAULTS, strict=True) if given[name] != default}
        return command(*arguments, reading=reading, **options)

    return functools.reduce(lambda extended, option: option(extended), reversed(_OPTIONS), collecting)
