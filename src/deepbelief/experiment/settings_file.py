"""The settings that an unfinished run was started with, read as if an enemy had written the file."""

import math
from collections.abc import Callable
from dataclasses import fields
from typing import Any

from deepbelief.estimators import declared
from deepbelief.estimators.untrusted_json import Refused, is_count, is_text, strict_json
from deepbelief.experiment.choosing import MEASURES, Choice
from deepbelief.run_settings import RUN_SETTINGS, TrainingSettings, is_name

# How data are read, with what each setting may be.
READING: dict[str, Callable[[object], bool]] = {
    "target": is_text,
    "drop": lambda value: isinstance(value, list) and all(map(is_text, value)),
    "categorical": lambda value: isinstance(value, list) and all(map(is_text, value)),
    "task": lambda value: value in ("classify", "regress", "features"),
    "image_size": lambda value: isinstance(value, list) and len(value) == 2 and all(is_count(n, 1) for n in value),
    "skip_bad": lambda value: value is True,
}


def read(text: str) -> dict[str, Any]:
    """Return settings as they were written, or refuse them.

    Parameters
    ----------
    text : str
        The content of the file.

    Returns
    -------
    dict
        The arguments of TrainingSettings. There may be two more: ``choice``, how the network was chosen, and
        ``comparing``, the names of those of its settings that all networks have which are still to be compared.

    Raises
    ------
    Refused
        If these are no such settings.
    """
    settings = strict_json(text)
    fits = {"data": is_name, "network": _is_network, "reading": _is_reading, "choice": _is_choice}
    fits["comparing"] = _are_names
    fits["with_page"] = lambda value: isinstance(value, bool)
    fits |= {name: one.takes for name, one in RUN_SETTINGS.items()}
    if not isinstance(settings, dict) or not {"data", "network"} <= set(settings) <= set(fits):
        raise Refused("")
    if not all(fits[name](value) for name, value in settings.items()):
        raise Refused("")
    reading = tuples(settings.get("reading", {}))
    # What a later version added has its default.
    return {**_defaults(), **tuples(settings), "network": declared.used(settings["network"]), "reading": reading}


def _defaults() -> dict[str, Any]:
    return {name: getattr(TrainingSettings, name) for name in (*RUN_SETTINGS, "with_page")}


def _is_reading(settings: object) -> bool:
    """Tell whether data can be read like this."""
    if not isinstance(settings, dict) or not set(settings) <= set(READING):
        return False
    return all(READING[name](value) for name, value in settings.items())


def tuples(settings: dict[str, Any]) -> dict[str, Any]:
    """Return settings with tuples, which JSON gives back as lists.

    Parameters
    ----------
    settings : dict

    Returns
    -------
    dict
    """
    return {name: tuple(value) if isinstance(value, list) else value for name, value in settings.items()}


def _are_names(value: object) -> bool:
    """Tell whether these are names of settings of networks."""
    return isinstance(value, list) and all(is_text(name) and name in declared.DEFAULTS for name in value)


def _is_network(settings: object) -> bool:
    """Tell whether these are settings that a network can have."""
    if not isinstance(settings, dict) or not all(is_text(value) for value in settings.values() if type(value) is str):
        return False
    try:
        declared.require(settings)
    except (ValueError, RecursionError):  # the latter from showing a list in lists in lists
        return False
    return True


def _is_choice(choice: object) -> bool:
    """Tell whether this says how a network was chosen."""
    if not isinstance(choice, dict) or set(choice) != {field.name for field in fields(Choice)}:
        return False
    found, measured, taken = (choice[name] for name in ("networks", "measured", "taken"))
    if not (isinstance(found, list) and isinstance(measured, list) and all(map(_is_network, found))):
        return False
    if choice["measure"] not in MEASURES or not (is_count(choice["n_rows"], 1) and is_count(taken, 0)):
        return False
    numbers = [choice["simplest"], *(one for one in measured if one is not None)]
    is_measured = all(type(one) is float and math.isfinite(one) for one in numbers)
    return is_measured and len(found) == len(measured) > taken
