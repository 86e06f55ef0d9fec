"""What the folder of an unfinished run says: its settings, and its finished epochs."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

from deepbelief.annotations import Settings
from deepbelief.command_line import read_as, shell_line, typed, written
from deepbelief.core.progress import EpochRecord
from deepbelief.errors import ModelError
from deepbelief.estimators import checkpoint_file, declared
from deepbelief.estimators.untrusted_json import Refused
from deepbelief.experiment import settings_file
from deepbelief.experiment.choice_file import ChoiceFile
from deepbelief.experiment.choosing import Choice
from deepbelief.experiment.outputs import CHECKPOINT_FOLDER, RESULT_FILE, to_json, write_text
from deepbelief.run_settings import RUN_SETTINGS, TrainingSettings

_SETTINGS_FILE, _CHOICE_FILE = "settings.json", "comparison.json"
_LONGEST = 2**16  # bytes; a settings file has some hundreds
_OF_A_FOLDER = {"out", "force"}  # settings that say where a run is written
_OF_THE_MODEL = {name for name, one in RUN_SETTINGS.items() if one.shapes_model} | {"data"}


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
    _write_settings(out, settings, {} if choice is None else {"choice": asdict(choice)})


def begin_comparing(out: Path, settings: TrainingSettings) -> None:
    """Do the same before networks are compared, of which one will be trained.

    Parameters
    ----------
    out : Path
        The directory of the run.
    settings : TrainingSettings
    """
    _write_settings(out, settings, {"comparing": sorted(settings.network)})


def _write_settings(out: Path, settings: TrainingSettings, more: dict[str, Any]) -> None:
    folder = out / CHECKPOINT_FOLDER
    folder.mkdir(exist_ok=True)
    _clear(folder)
    kept = {name: value for name, value in vars(settings).items() if name not in _OF_A_FOLDER} | more
    kept["network"] = declared.used(settings.network)  # all of them: another version may have other defaults
    try:
        write_text(folder / _SETTINGS_FILE, to_json(kept) + "\n", force=True)
    except OSError:
        end(out)  # no folder that looks like an unfinished run
        raise


def choice_file(out: Path) -> ChoiceFile:
    """Return where it is kept what a comparison has measured.

    Parameters
    ----------
    out : Path
        The directory of the run.

    Returns
    -------
    ChoiceFile
    """
    return ChoiceFile(out / CHECKPOINT_FOLDER / _CHOICE_FILE)


def end(out: Path) -> None:
    """Remove the checkpoints of a run that is finished.

    Parameters
    ----------
    out : Path
        The directory of the run.
    """
    folder = out / CHECKPOINT_FOLDER
    _clear(folder)
    if not any(folder.iterdir()):
        folder.rmdir()


def _clear(folder: Path) -> None:
    (folder / _SETTINGS_FILE).unlink(missing_ok=True)  # first: without it there is nothing to resume
    (folder / _CHOICE_FILE).unlink(missing_ok=True)
    checkpoint_file.clear(folder)


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
    of_all_networks = settings.pop("comparing", None)  # that are still to be compared
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
        if of_all_networks is not None and name not in of_all_networks:
            raise _started_otherwise(run, f"networks of --preset {settings['preset']}", typed(name, wanted[name]))
        if wanted[name] != settings["network"][name]:
            raise _started_otherwise(run, typed(name, settings["network"][name]), written(wanted[name]))
    if of_all_networks is not None:
        settings["network"] = {name: settings["network"][name] for name in of_all_networks}
    return TrainingSettings(**{**settings, **given, "out": run})


def is_comparing(run: Path) -> bool:
    """Tell whether the network of an unfinished run is not chosen yet.

    Parameters
    ----------
    run : Path
        The directory of the run.

    Returns
    -------
    bool

    Raises
    ------
    ModelError
        If there is no unfinished run.
    """
    return "comparing" in _settings_file(run)


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
    return None if kept is None else Choice(**settings_file.tuples(kept))


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
            return settings_file.read(file.read(_LONGEST).decode())
    except OSError as error:
        raise _unreadable(run, error) from None
    except (Refused, UnicodeDecodeError):
        raise ModelError(f"{path}: these are not the settings of a run; train again without --resume") from None


def _unreadable(run: Path, error: OSError) -> ModelError:
    return ModelError(f"{run}: the run cannot be read ({error.strerror or error}); check its permissions and its disk")


def _started_otherwise(run: Path, began: str, wanted: str) -> ModelError:
    return ModelError(
        f"{run}: this run was started with {began}, not {wanted}; leave that out to go on, or train without --resume"
    )
