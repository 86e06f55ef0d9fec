"""What several commands share: how their arguments are written and checked, and how JSON goes out."""

import dataclasses
import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from deepbelief.command_line import Option
from deepbelief.run_settings import RUN_SETTINGS, RunChoice, RunSetting, RunSources, Setting, TrainingSettings

_SEED = RUN_SETTINGS["seed"]

model_argument = click.argument("model", type=click.Path(readable=False, path_type=Path))
data_argument = click.argument("data")
json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON object on stdout instead of text.")


class Number(click.FloatRange):
    """A number in a range. NaN, which no range excludes, is refused too."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the number."""
        number = super().convert(value, param, ctx)
        return self.fail(f"{value} is no number.", param, ctx) if math.isnan(number) else number


class CsvFile(click.Path):
    """A file that a table is written to as CSV. A name that promises another format is refused."""

    _OTHERS = (".parquet", ".pq", ".feather", ".arrow", ".npz", ".npy", ".xlsx", ".json")

    def __init__(self) -> None:
        super().__init__(readable=False, path_type=Path)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the path."""
        path = Path(str(super().convert(value, param, ctx)))
        if path.suffix.lower() in self._OTHERS:
            self.fail(f"{path}: this command writes CSV; end the name in .csv instead of {path.suffix}.", param, ctx)
        return path


def csv_option(default: str) -> Callable[..., Any]:
    """Return the option ``--output`` of a command that writes a table."""
    help_text = "File to write, as CSV; - for stdout."
    return click.option("-o", "--output", type=CsvFile(), default=default, show_default=True, help=help_text)


def seed_option(what: str) -> Callable[..., Any]:
    """Return the option ``--seed``, whose help says what it changes."""
    return _option("seed", replace(_SEED.option, help=what), _SEED, 0)


def run_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options of a training run, as they are declared in :mod:`deepbelief.run_settings`."""
    for name, setting in reversed(RUN_SETTINGS.items()):
        command = _option(name, setting.option, setting, getattr(TrainingSettings, name))(command)
    return command


def _option(name: str, option: Option, setting: Setting, default: Any) -> Callable[..., Any]:
    how: dict[str, Any] = {"metavar": option.metavar, "default": default, "help": option.help}
    if isinstance(setting, RunSources):
        return click.option(option.flag, name, multiple=True, **how)
    if isinstance(setting, RunChoice):
        how |= {"type": click.Choice(setting.choices), "metavar": None}  # click lists the choices
    else:
        how |= {"type": _number(setting)}
    return click.option(option.flag, name, show_default=True, **how)


def _number(setting: RunSetting) -> click.ParamType:
    bounds: dict[str, Any] = {"min": setting.low, "max": None if math.isinf(setting.high) else setting.high}
    bounds |= {"min_open": setting.closed == "neither", "max_open": setting.closed != "both"}
    return click.IntRange(**bounds) if setting.is_whole else Number(**bounds)


def echo_json(result: Any, *, without: tuple[str, ...] = ()) -> None:
    """Print a record as one JSON object, less the fields that only text needs."""
    from deepbelief.experiment.outputs import to_json

    fields = {name: value for name, value in dataclasses.asdict(result).items() if name not in without}
    click.echo(to_json(fields))
