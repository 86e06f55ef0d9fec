"""What several commands share: how their arguments are written and checked, and how JSON goes out."""

import dataclasses
import math
from pathlib import Path
from typing import Any

import click

SEED_MAX = 2**32 - 1  # scikit-learn's own limit
_LONGEST_SIZE = 10  # digits: no machine has memory for a layer of a billion units

model_argument = click.argument("model", type=click.Path(readable=False, path_type=Path))
data_argument = click.argument("data")
json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON object on stdout instead of text.")


class Layers(click.ParamType):
    """Sizes of layers, such as ``500,500``."""

    name = "sizes"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[int, ...]:
        """Return the sizes as numbers."""
        if isinstance(value, tuple):
            return value
        parts = [part.strip() for part in value.split(",")]
        if not all(part.isdecimal() and len(part) < _LONGEST_SIZE and int(part) > 0 for part in parts):
            self.fail(f"{value!r} is no list of positive whole numbers, such as 500,500", param, ctx)
        return tuple(int(part) for part in parts)


class BatchSize(click.ParamType):
    """A positive whole number, or ``auto``."""

    name = "n|auto"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int | str:
        """Return the number, or the word."""
        return value if value == "auto" else click.IntRange(min=1).convert(value, param, ctx)


class Fraction(click.FloatRange):
    """A number from 0 up to but not including 1."""

    def __init__(self) -> None:
        super().__init__(min=0, max=1, max_open=True)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the number; NaN, which no range excludes, is refused too."""
        number = super().convert(value, param, ctx)
        return self.fail(f"{value} is no number.", param, ctx) if math.isnan(number) else number


def echo_json(result: Any, *, without: tuple[str, ...] = ()) -> None:
    """Print a record as one JSON object, less the fields that only text needs."""
    from deepbelief.experiment import to_json

    fields = {name: value for name, value in dataclasses.asdict(result).items() if name not in without}
    click.echo(to_json(fields))
