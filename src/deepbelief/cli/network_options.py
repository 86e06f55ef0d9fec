"""The options that say what network to train, and how: all of them come from what ``DBNClassifier`` declares.

The estimators, which take a while, are imported when there is a value to read or help to give, and not before.
"""

import functools
from collections.abc import Callable
from typing import Any

import click

from deepbelief.command_line import OPTIONS, typed, written

_SET_HELP = (
    "Any setting of the network, such as momentum=0.8; may be given several times. python -m pydoc "
    "deepbelief.DBNClassifier explains them."
)
# Settings that no command takes with --set, and what to do instead.
_INSTEAD = {
    "random_state": "use --seed",
    "dbn": "leave it out: only in Python can a network start from a net that is there, with DBNClassifier.from_dbn",
    "verbose": "leave it out: progress is shown without it",
}


def network_options(**instead: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Return a decorator that adds these options to a command.

    The command gets one argument for all of them: `network`, a dict of the settings that were given.

    Parameters
    ----------
    **instead : str
        Settings that make no sense for this command, each with what to do instead.
    """

    def decorated(command: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(command)
        def collecting(*arguments: Any, assigned: tuple[tuple[str, Any], ...], **others: Any) -> Any:
            own = {name: others.pop(name) for name in OPTIONS}
            return command(*arguments, network=_together(own, assigned), **others)

        options = [
            click.option(option.flag, name, cls=_SettingOption, type=_Value(), metavar=option.metavar, help=option.help)
            for name, option in OPTIONS.items()
        ]
        assigning = click.option("--set", "assigned", cls=_SetOption, instead={**_INSTEAD, **instead})
        return functools.reduce(lambda extended, option: option(extended), reversed(options), assigning(collecting))

    return decorated


def _together(own: dict[str, Any], assigned: tuple[tuple[str, Any], ...]) -> dict[str, Any]:
    """Return what options of their own and --set give, which may agree but not contradict each other."""
    given = {name: value for name, value in own.items() if value is not None}
    as_typed = {name: typed(name, value) for name, value in given.items()}
    for name, value in assigned:
        text = f"--set={name}={written(value)}"
        if given.setdefault(name, value) != value:
            raise click.UsageError(f"{as_typed[name]} and {text} contradict each other; leave one of them out.")
        as_typed.setdefault(name, text)
    return given


class _Value(click.ParamType):
    """A value of the setting that the option is named for."""

    name = "value"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        from deepbelief.estimators.declared import parsed

        assert param is not None
        assert param.name is not None
        try:
            return parsed(param.name, value)
        except ValueError as error:
            self.fail(f"{error}.", param, ctx)


class _Assignment(click.ParamType):
    """A setting and its value, such as ``momentum=0.8``."""

    name = "name=value"

    def __init__(self, instead: dict[str, str]) -> None:
        self._instead = instead

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, Any]:
        from deepbelief.estimators.declared import parsed

        assert ctx is not None
        name, equals, text = value.partition("=")
        if not equals:
            self.fail(f"{value!r} is no NAME=VALUE, such as momentum=0.8.", param, ctx)
        self._require_name(name, param, ctx)
        try:
            return name, parsed(name, text)
        except ValueError as error:
            return self.fail(f"{error}.", param, ctx)

    def _require_name(self, name: str, param: click.Parameter | None, ctx: click.Context) -> None:
        from deepbelief.estimators.declared import DEFAULTS, unknown

        if name in self._instead:
            self.fail(f"{name} cannot be set here; {self._instead[name]}.", param, ctx)
        if name not in DEFAULTS:
            option = f"--{name.replace('_', '-')}"
            is_there = any(option in parameter.opts for parameter in ctx.command.params)
            remedy = f"use the option {option}" if is_there else f"{ctx.command_path} --help lists all"
            self.fail(f"{unknown(name)}; {remedy}.", param, ctx)


class _SettingOption(click.Option):
    """An option whose help says what its setting takes, and what it is by default."""

    def get_help_record(self, ctx: click.Context) -> tuple[str, str]:
        from deepbelief.estimators.declared import DEFAULTS, allowed, words

        name, text = self.name or "", self.help or ""
        metavar = f"{self.metavar}|auto" if words(name) == {"auto"} else self.metavar
        return f"{self.opts[0]} {metavar}", f"{text.format(allowed(name))}  [default: {written(DEFAULTS[name])}]"


class _SetOption(click.Option):
    """``--set``, whose help lists the settings that have no option of their own, with their defaults."""

    def __init__(self, declarations: list[str], instead: dict[str, str]) -> None:
        super().__init__(declarations, type=_Assignment(instead), multiple=True, help=_SET_HELP)
        self._unlisted = {*OPTIONS, *instead}

    def get_help_record(self, ctx: click.Context) -> tuple[str, str]:
        from deepbelief.estimators.declared import DEFAULTS

        others = [f"{name}={written(value)}" for name, value in DEFAULTS.items() if name not in self._unlisted]
        return f"{self.opts[0]} NAME=VALUE", f"{self.help}  [default: {', '.join(others)}]"
