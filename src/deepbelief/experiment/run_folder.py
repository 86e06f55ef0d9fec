"""The folder of a run: which one it is, whether it may be used, and that no other process uses it."""

import itertools
import re
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from deepbelief.experiment import resuming
from deepbelief.experiment.folder_lock import LOCK_FILE, FolderLock
from deepbelief.experiment.outputs import (
    CHECKPOINT_FOLDER,
    FIGURES_FOLDER,
    METRICS_FILE,
    MODEL_FILE,
    PAGE_FILE,
    REPORT_FILE,
    RESULT_FILE,
    check_parent,
)

_RUNS = Path("runs")
_UNFINISHED = re.compile(r"\.deepbelief-[0-9a-f]{16}\.(partial|tmp)")  # as those who write whole files name them


class RunFolder:
    """A folder that belongs to this process until it is released.

    Parameters
    ----------
    path : Path
        If it is made here, and holds nothing when it is released, it is removed.
    may_exist : bool

    Raises
    ------
    ModelError
        If another process trains there.
    OSError
        If it cannot be made or locked.
    """

    def __init__(self, path: Path, *, may_exist: bool = True) -> None:
        self.path = path
        self._is_new = not (may_exist and path.is_dir())
        path.mkdir(exist_ok=may_exist)
        try:
            self._lock = FolderLock(path)
        except BaseException:  # a Ctrl-C, too, leaves no empty folder
            self._remove_if_empty()
            raise

    def release(self) -> None:
        """Leave the folder to others."""
        self._lock.release()
        self._remove_if_empty()

    def _remove_if_empty(self) -> None:
        if self._is_new:
            with suppress(OSError):  # it is not empty
                self.path.rmdir()


def new_run(path: Path, force: bool) -> RunFolder:
    """Return the folder for a new run; `force` says that it may hold an earlier one.

    Parameters
    ----------
    path : Path
    force : bool
        Whether an existing file may be replaced.

    Returns
    -------
    RunFolder

    Raises
    ------
    ModelError
        If another process trains there.
    OSError
        If `path` is a file, holds something and `force` is not set, or would lie in a folder that does not exist.
    """
    if not path.exists():
        check_parent(path)
    elif not path.is_dir():
        raise NotADirectoryError(f"{path}: this is a file, not a folder; name another folder for the run")
    # The contents are looked at once it is locked: until then, another process could put something there.
    return _checked(RunFolder(path), lambda: _check_contents(path, force))


def unfinished_run(path: Path) -> RunFolder:
    """Return the folder of a run to go on with.

    Parameters
    ----------
    path : Path

    Returns
    -------
    RunFolder

    Raises
    ------
    ModelError
        If another process trains there, or there is no unfinished run.
    OSError
        If it cannot be locked.
    """
    return _checked(RunFolder(path), lambda: resuming.require_unfinished(path))


def first_free_run(name: str) -> RunFolder:
    """Return the first of ``runs/name-1``, ``runs/name-2``, … that does not exist.

    Parameters
    ----------
    name : str
        Of the data.

    Returns
    -------
    RunFolder

    Raises
    ------
    OSError
        If it cannot be made.
    """
    _RUNS.mkdir(exist_ok=True)
    for number in itertools.count(1):
        with suppress(FileExistsError):
            return RunFolder(_RUNS / f"{name}-{number}", may_exist=False)
    raise AssertionError("unreachable")


def _checked(folder: RunFolder, check: Callable[[], None]) -> RunFolder:
    """Return a folder that a check does not refuse, without what a process that was killed has left half written."""
    try:
        check()
        for place in (folder.path, folder.path / CHECKPOINT_FOLDER, folder.path / FIGURES_FOLDER):
            for path in place.glob(".deepbelief-*"):
                if _UNFINISHED.fullmatch(path.name):
                    path.unlink()
    except BaseException:  # a Ctrl-C, too, leaves the folder to others
        folder.release()
        raise
    return folder


def _check_contents(out: Path, force: bool) -> None:
    if not force and any(entry.name != LOCK_FILE for entry in out.iterdir()):
        unfinished = ", go on with it with --resume" if resuming.is_unfinished(out) else ""
        raise FileExistsError(
            f"{out}: the folder is not empty; name another{unfinished}, or replace the run in it with --force"
        )
    for name in (MODEL_FILE, METRICS_FILE, RESULT_FILE, REPORT_FILE, PAGE_FILE):
        if (out / name).is_dir():
            raise IsADirectoryError(f"{out}: {name} is a folder there, not a file; name another folder for the run")
    for name in (FIGURES_FOLDER, CHECKPOINT_FOLDER):
        if (out / name).exists() and not (out / name).is_dir():
            raise NotADirectoryError(f"{out}: {name} is a file there, not a folder; name another folder")
