"""What several commands share: how their arguments are written and checked, and how JSON goes out."""

import dataclasses
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

_SEED_MAX = 2**32 - 1  # scikit-learn's own limit

model_argument = click.argument("model", type=click.Path(readable=False, path_type=Path))
data_argument = click.argument("data")
json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON object on stdout instead of text.")


class Fraction(click.FloatRange):
    """A number from 0 up to but not including 1; without `zero`, 0 is refused too."""

    def __init__(self, *, zero: bool = True) -> None:
        super().__init__(min=0, max=1, min_open=not zero, max_open=True)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the number; NaN, which no range excludes, is refused too."""
        number = super().convert(value, param, ctx)
        return self.fail(f"{value} is no number.", param, ctx) if math.isnan(number) else number


def seed_option(what: str) -> Callable:
    """Return the option ``--seed``, whose help says what it changes."""
    return click.option(
        "--seed", type=click.IntRange(0, _SEED_MAX), metavar="N", default=0, show_default=True, help=what
    )


def echo_json(result: Any, *, without: tuple[str, ...] = ()) -> None:
    """Print a record as one JSON object, less the fields that only text needs."""
    from deepbelief.experiment import to_json

    fields = {name: value for name, value in dataclasses.asdict(result).items() if name not in without}
    click.echo(to_json(fields))
