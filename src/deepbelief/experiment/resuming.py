"""What the folder of an unfinished run says: its settings, and its finished epochs."""

import math
from collections.abc import Callable
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

from deepbelief.annotations import Settings
from deepbelief.command_line import read_as, shell_line, typed, written
from deepbelief.core.progress import EpochRecord
from deepbelief.errors import ModelError
from deepbelief.estimators import checkpoint_file, declared
from deepbelief.estimators.untrusted_json import Refused, is_count, is_text, strict_json
from deepbelief.experiment.choosing import MEASURES, Choice
from deepbelief.experiment.outputs import CHECKPOINT_FOLDER, RESULT_FILE, to_json, write_text
from deepbelief.run_settings import RUN_SETTINGS, TrainingSettings, is_name

_SETTINGS_FILE = "settings.json"
_LONGEST = 2**16  # bytes; a settings file has some hundreds
_OF_A_FOLDER = {"out", "force"}  # settings that say where a run is written
_OF_THE_MODEL = {name for name, one in RUN_SETTINGS.items() if one.shapes_model} | {"data"}
# How data are read, with what each setting may be.
READING: dict[str, Callable[[object], bool]] = {
    "target": is_text,
    "drop": lambda value: isinstance(value, list) and all(map(is_text, value)),
    "categorical": lambda value: isinstance(value, list) and all(map(is_text, value)),
    "task": lambda value: value in ("classify", "regress", "features"),
    "image_size": lambda value: isinstance(value, list) and len(value) == 2 and all(is_count(n, 1) for n in value),
    "skip_bad": lambda value: value is True,
}


def begin(out: Path, settings: TrainingSettings, choice: Choice | None) -> None:
    """Make the checkpoints' folder in the directory of a run, without those of an earlier run.

    Parameters
    ----------
    out : Path
        The directory of the run.
    settings : TrainingSettings
    choice : Choice or None
        How the network was chosen.
    """
    folder = out / CHECKPOINT_FOLDER
    folder.mkdir(exist_ok=True)
    (folder / _SETTINGS_FILE).unlink(missing_ok=True)  # first: without it there is nothing to resume
    checkpoint_file.clear(folder)
    kept = {name: value for name, value in vars(settings).items() if name not in _OF_A_FOLDER}
    kept["network"] = declared.used(settings.network)  # all of them: another version may have other defaults
    if choice is not None:
        kept["choice"] = asdict(choice)
    try:
        write_text(folder / _SETTINGS_FILE, to_json(kept) + "\n", force=True)
    except OSError:
        end(out)  # no folder that looks like an unfinished run
        raise


def end(out: Path) -> None:
    """Remove the checkpoints of a run that is finished.

    Parameters
    ----------
    out : Path
        The directory of the run.
    """
    folder = out / CHECKPOINT_FOLDER
    (folder / _SETTINGS_FILE).unlink(missing_ok=True)  # first: without it there is nothing to resume
    checkpoint_file.clear(folder)
    if not any(folder.iterdir()):
        folder.rmdir()


def is_unfinished(run: Path) -> bool:
    """Tell whether a folder holds a run that can go on.

    Parameters
    ----------
    run : Path
        The directory of the run.

    Returns
    -------
    bool
    """
    return (run / CHECKPOINT_FOLDER / _SETTINGS_FILE).is_file()


def require_unfinished(run: Path) -> None:
    """Refuse a folder that holds no run that can go on.

    Parameters
    ----------
    run : Path
        The directory of the run.

    Raises
    ------
    ModelError
        If the folder holds no unfinished run.
    """
    try:
        if is_unfinished(run):
            return
        is_finished = (run / RESULT_FILE).is_file()
    except OSError as error:  # a folder that may not be looked into
        raise _unreadable(run, error) from None
    if is_finished:
        raise ModelError(f"{run}: this run is finished; there is nothing to resume")
    raise ModelError(f"{run}: there is no unfinished run here; name the folder of one, or train without --resume")


def command(run: Path) -> str:
    """Return what to type to go on with a run.

    Parameters
    ----------
    run : Path
        The directory of the run.

    Returns
    -------
    str
    """
    return shell_line("deepbelief", "train", "--resume", str(run))


def settings_of(run: Path, given: Settings, network: Settings) -> TrainingSettings:
    """Return the settings with which an unfinished run goes on.

    Parameters
    ----------
    run : Path
    given, network : mapping of str
        Settings of the run, and of its network, that the user asks for: they must be those that it was started with,
        except where the model does not depend on them.

    Returns
    -------
    TrainingSettings

    Raises
    ------
    ModelError
        If there is no unfinished run, or it was started with other settings.
    """
    settings, given = _settings_file(run), dict(given)
    settings.pop("choice", None)
    reading = given.pop("reading", settings["reading"])
    if reading != settings["reading"]:
        both = (" ".join(read_as(how)) or "no options for reading" for how in (settings["reading"], reading))
        raise _started_otherwise(run, *both)
    for name, value in given.items():
        began: Any = settings.get(name)
        if name in _OF_THE_MODEL and value != began:
            if name == "data":  # which is no option
                raise _started_otherwise(run, written(began), written(value))
            option = RUN_SETTINGS[name]
            raise _started_otherwise(run, " ".join(option.typed(began)) or f"no {option.option.flag}", written(value))
    wanted = declared.used(network)
    for name in network:
        if wanted[name] != settings["network"][name]:
            raise _started_otherwise(run, typed(name, settings["network"][name]), written(wanted[name]))
    return TrainingSettings(**{**settings, **given, "out": run})


def choice_of(run: Path) -> Choice | None:
    """Return how the network of an unfinished run was chosen.

    Parameters
    ----------
    run : Path
        The directory of the run.

    Returns
    -------
    Choice or None
        None if there was no choice.

    Raises
    ------
    ModelError
        If there is no unfinished run.
    """
    kept: dict[str, Any] | None = _settings_file(run).get("choice")
    return None if kept is None else Choice(**_tuples(kept))


def past_epochs(out: Path) -> list[EpochRecord]:
    """Return the epochs that an unfinished run has made.

    Parameters
    ----------
    out : Path
        The directory of the run.

    Returns
    -------
    list of EpochRecord
    """
    checkpoint = checkpoint_file.newest(out / CHECKPOINT_FOLDER)
    if checkpoint is None:
        return []
    timed = zip(checkpoint.history, checkpoint.seconds, strict=False)  # the last time is of no whole epoch
    return [EpochRecord.of_entry(entry, seconds) for entry, seconds in timed]


def _settings_file(run: Path) -> dict[str, Any]:
    """Return what the settings file of an unfinished run holds."""
    require_unfinished(run)
    path = run / CHECKPOINT_FOLDER / _SETTINGS_FILE
    try:
        with path.open("rb") as file:
            return _checked(strict_json(file.read(_LONGEST).decode()))
    except OSError as error:
        raise _unreadable(run, error) from None
    except (Refused, UnicodeDecodeError):
        raise ModelError(f"{path}: these are not the settings of a run; train again without --resume") from None


def _checked(settings: object) -> dict[str, Any]:
    """Return settings as they were written, or refuse them."""
    fits = {"data": is_name, "network": _is_network, "reading": _is_reading, "choice": _is_choice}
    fits["with_page"] = lambda value: isinstance(value, bool)
    fits |= {name: one.takes for name, one in RUN_SETTINGS.items()}
    if not isinstance(settings, dict) or not {"data", "network"} <= set(settings) <= set(fits):
        raise Refused("")
    if not all(fits[name](value) for name, value in settings.items()):
        raise Refused("")
    reading = _tuples(settings.get("reading", {}))
    # What a later version added has its default.
    return {**_defaults(), **_tuples(settings), "network": declared.used(settings["network"]), "reading": reading}


def _defaults() -> dict[str, Any]:
    return {name: getattr(TrainingSettings, name) for name in (*RUN_SETTINGS, "with_page")}


def _is_reading(settings: object) -> bool:
    """Tell whether data can be read like this."""
    if not isinstance(settings, dict) or not set(settings) <= set(READING):
        return False
    return all(READING[name](value) for name, value in settings.items())


def _tuples(settings: dict[str, Any]) -> dict[str, Any]:
    return {name: tuple(value) if isinstance(value, list) else value for name, value in settings.items()}


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


def _unreadable(run: Path, error: OSError) -> ModelError:
    return ModelError(f"{run}: the run cannot be read ({error.strerror or error}); check its permissions and its disk")


def _started_otherwise(run: Path, began: str, wanted: str) -> ModelError:
    return ModelError(
        f"{run}: this run was started with {began}, not {wanted}; leave that out to go on, or train without --resume"
    )
