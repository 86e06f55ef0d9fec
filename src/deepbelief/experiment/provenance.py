"""How a result came about: the settings, the command that repeats it, and the versions it was computed with."""

import dataclasses
import platform

import numpy as np
import scipy
import sklearn

from deepbelief.annotations import JsonObject, Settings
from deepbelief.command_line import read_as, shell_line, typed
from deepbelief.core import native
from deepbelief.estimators import declared
from deepbelief.presets import FAST, POSTS
from deepbelief.run_settings import RUN_SETTINGS, TrainingSettings


def plain_settings(settings: TrainingSettings, network: Settings) -> JsonObject:
    """Return all settings of a run and of its network by name, as JSON can hold them.

    Parameters
    ----------
    settings : TrainingSettings
    network : mapping
        The settings of the network by name.

    Returns
    -------
    dict
    """
    of_the_run = {name: value for name, value in vars(settings).items() if name not in ("network", "reading")}
    out = None if settings.out is None else str(settings.out)
    return {**network, **settings.reading, **of_the_run, "out": out}


def repeating_command(settings: TrainingSettings, task: str) -> str:
    """Return what to type to train the same model again, into another directory.

    A preset that compared networks is not named: the settings of the network that was taken are.

    Parameters
    ----------
    settings : TrainingSettings
    task : {"classify", "regress", "features"}

    Returns
    -------
    str
    """
    preset, network = ("fast", FAST) if settings.preset == "fast" else ("posts", POSTS)
    settings = dataclasses.replace(settings, preset=preset)
    changed = declared.changed(settings.network, declared.of_task(network, task))
    of_the_network = [typed(name, value) for name, value in changed.items()]
    of_the_run = [
        part for name, one in RUN_SETTINGS.items() if one.shapes_model for part in one.typed(getattr(settings, name))
    ]
    return shell_line("deepbelief", "train", settings.data, *read_as(settings.reading), *of_the_network, *of_the_run)


def versions() -> dict[str, str]:
    """Return what a result was computed with.

    Returns
    -------
    dict of str
    """
    from deepbelief import __version__

    return {
        "deepbelief": __version__,
        "kernels": native.kernels(),
        "python": platform.python_version(),
        "numpy": np.__version__,
        "scipy": scipy.__version__,
        "scikit-learn": sklearn.__version__,
    }
