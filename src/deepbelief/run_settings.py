"""The settings of a training run: each is declared here, in one place.

The command line makes its options of these declarations, an unfinished run is checked by them before it goes on, and
the command in its report is written from them. The settings of the network are declared by ``DBNClassifier``. This
module imports nothing that is slow, so that ``deepbelief --help`` can use it.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, ClassVar

from deepbelief.annotations import Settings
from deepbelief.command_line import Option, written
from deepbelief.presets import HELP, PRESETS


@dataclass(frozen=True)
class RunSetting:
    """A setting of a run that is a number.

    Parameters
    ----------
    option : Option
    low, high : float
        Between which it lies; infinite where nothing bounds it.
    closed : {"both", "left", "neither"}
        Which of these bounds it may have.
    is_whole : bool
    shapes_model : bool
        Whether another value gives another model: then a run cannot go on with it, and the command that repeats a
        training holds it.
    """

    option: Option
    low: float
    high: float
    closed: str = "both"
    is_whole: bool = False
    shapes_model: bool = True

    def takes(self, value: object) -> bool:
        """Tell whether this is a value of the setting."""
        if type(value) is not int and (self.is_whole or type(value) is not float):
            return False
        above = value > self.low or (value == self.low and self.closed != "neither")
        return above and (value < self.high or (value == self.high and self.closed == "both"))

    def typed(self, value: object) -> list[str]:
        """Return what is typed to give the setting a value."""
        return [f"{self.option.flag}={written(value)}"]


@dataclass(frozen=True)
class RunChoice:
    """A setting of a run that is one of some words.

    Parameters
    ----------
    option : Option
    choices : tuple of str
    """

    option: Option
    choices: tuple[str, ...]
    shapes_model: ClassVar[bool] = True

    def takes(self, value: object) -> bool:
        """Tell whether this is a value of the setting."""
        return value in self.choices

    def typed(self, value: object) -> list[str]:
        """Return what is typed to give the setting a value."""
        return [f"{self.option.flag}={value}"]


@dataclass(frozen=True)
class RunSources:
    """A setting of a run that names data, as often as wanted.

    Parameters
    ----------
    option : Option
    """

    option: Option
    shapes_model: ClassVar[bool] = True

    def takes(self, value: object) -> bool:
        """Tell whether this is a value of the setting."""
        return isinstance(value, list | tuple) and all(map(is_name, value))

    def typed(self, value: Sequence[str]) -> list[str]:
        """Return what is typed to give the setting a value."""
        return [f"{self.option.flag}={one}" for one in value]


Setting = RunSetting | RunChoice | RunSources


def is_name(value: object) -> bool:
    """Tell whether this can be the name of a file; on most systems it need not be UTF-8.

    Parameters
    ----------
    value : object

    Returns
    -------
    bool
    """
    if not isinstance(value, str):
        return False
    try:
        os.fsencode(value)
    except UnicodeEncodeError:
        return False
    return True


def _declared(default: float | str | tuple[str, ...], setting: Setting) -> Any:
    return field(default=default, metadata={"setting": setting})


@dataclass(frozen=True)
class TrainingSettings:
    """What to train on, how, and where the result goes.

    Parameters
    ----------
    data : str
        See :func:`deepbelief.datasets.load`.
    network : mapping of str
        Settings of :class:`deepbelief.DBNClassifier`, those in :data:`deepbelief.estimators.declared.DEFAULTS`; what
        it lacks is as `preset` says, or has its default.
    reading : mapping of str
        How the data are to be read, where they do not say it: settings of :func:`deepbelief.datasets.load`.
    out : Path or None
        Directory of the run; None for the first free one under ``runs``.
    force : bool
        Replace the model and the metrics of an earlier run in `out`.
    with_page : bool
        Write the page in which the net is opened.
    preset : {"fast", "posts", "accurate"}
        Where what `network` lacks comes from, see :mod:`deepbelief.presets`.
    unlabelled_data : tuple of str
        More data to learn from, whose labels are not looked at; each as `data`.
    validation_fraction : float
        Share of the labelled rows to hold out and measure on; 0 holds nothing out.
    seed : int
    checkpoint_interval : float
        Seconds between two checkpoints in the middle of an epoch.
    """

    data: str = "digits"
    network: Settings = field(default_factory=dict)
    reading: Settings = field(default_factory=dict)
    out: Path | None = None
    force: bool = False
    with_page: bool = True
    preset: str = _declared("posts", RunChoice(Option("--preset", "NAME", HELP), tuple(PRESETS)))
    unlabelled_data: tuple[str, ...] = _declared(
        (),
        RunSources(
            Option(
                "--unlabelled-data",
                "DATA",
                "More rows to learn from, such as those that are to be predicted: their labels, if they have any, are "
                "not looked at. Not where numbers are predicted; of a folder with MNIST's files, the training images; "
                "several times.  [default: none]",
            )
        ),
    )
    validation_fraction: float = _declared(
        0.1,
        RunSetting(
            Option(
                "--validation-fraction",
                "SHARE",
                "Share of the labelled rows that is held out to measure accuracy on; 0 holds none out.",
            ),
            0,
            1,
            closed="left",
        ),
    )
    seed: int = _declared(
        0,
        RunSetting(
            Option("--seed", "N", "Seed of all random numbers; the same seed gives the same model."),
            0,
            2**32 - 1,  # scikit-learn's own limit
            is_whole=True,
        ),
    )
    checkpoint_interval: float = _declared(
        60.0,
        RunSetting(
            Option(
                "--checkpoint-interval",
                "SECONDS",
                "Time between two checkpoints; there is one after each epoch too.",
            ),
            0,
            float("inf"),
            closed="neither",
            shapes_model=False,
        ),
    )


RUN_SETTINGS: dict[str, Setting] = {
    one.name: one.metadata["setting"] for one in fields(TrainingSettings) if "setting" in one.metadata
}
