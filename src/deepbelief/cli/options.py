"""What several commands share: how their arguments are written and checked, and how JSON goes out."""

import dataclasses
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

_SEED_MAX = 2**32 - 1  # scikit-learn's own limit
_LONGEST_SIZE = 10  # digits: no machine has memory for a layer of a billion units

model_argument = click.argument("model", type=click.Path(readable=False, path_type=Path))
data_argument = click.argument("data")
json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON object on stdout instead of text.")
device_option = click.option(
    "--device",
    metavar="NAME",
    default="numpy",
    show_default=True,
    help="Where to compute: numpy, or a torch device such as cpu or cuda.",
)

precision_option = click.option(
    "--precision",
    type=click.Choice(["highest", "high", "medium"]),
    default="highest",
    show_default=True,
    help="Of torch's products while training: high allows TensorFloat32, medium bfloat16.",
)


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
    """A number from 0 up to but not including 1; without `zero`, 0 is refused too."""

    def __init__(self, *, zero: bool = True) -> None:
        super().__init__(min=0, max=1, min_open=not zero, max_open=True)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the number; NaN, which no range excludes, is refused too."""
        number = super().convert(value, param, ctx)
        return self.fail(f"{value} is no number.", param, ctx) if math.isnan(number) else number


def network_options(command: Callable) -> Callable:
    """Add the options that say what network to train, and for how long."""
    for option in reversed(_NETWORK_OPTIONS):
        command = option(command)
    return command


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


_EPOCHS = click.IntRange(min=0)
_NETWORK_OPTIONS = (
    click.option(
        "--layers",
        type=Layers(),
        default="500,500",
        show_default=True,
        help="Hidden units of each layer, from the bottom up, separated by commas.",
    ),
    click.option(
        "--pretrain-epochs",
        type=_EPOCHS,
        metavar="N",
        default=30,
        show_default=True,
        help="Passes over all rows, labelled or not, that pretrain each layer.",
    ),
    click.option(
        "--softmax-epochs",
        type=_EPOCHS,
        metavar="N",
        default=10,
        show_default=True,
        help="Passes over the labelled rows that train the softmax layer alone.",
    ),
    click.option(
        "--finetune-epochs",
        type=_EPOCHS,
        metavar="N",
        default=10,
        show_default=True,
        help="Passes that fine-tune the whole network: over the labelled rows, or all if most have no label.",
    ),
)
