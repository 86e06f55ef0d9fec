"""A lock that keeps a folder for one process; the operating system releases it when the process ends."""

import errno
import os
import sys
import warnings
import weakref
from contextlib import suppress
from pathlib import Path

from deepbelief.errors import ModelError

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

LOCK_FILE = ".lock"
_HELD = {errno.EAGAIN, errno.EWOULDBLOCK, errno.EACCES, errno.EDEADLK}


class FolderLock:
    """The lock on a folder, held from when this is made until `release` is called or the process ends.

    Where the file system knows no locks, a warning says so.

    Parameters
    ----------
    folder : Path

    Raises
    ------
    ModelError
        If another process holds it, or this one does already.
    OSError
        If the file that is locked cannot be made in the folder.
    """

    def __init__(self, folder: Path) -> None:
        path = folder / LOCK_FILE
        while True:
            file = _locked(path)
            if _is_at(file, path):
                break
            os.close(file)  # of a process that has just removed it, and whoever comes next makes a new one
        self.release = weakref.finalize(self, _let_go, file, path)
        self.release.atexit = False  # a forked child that ends must not remove what its parent holds


def _locked(path: Path) -> int:
    # A link that somebody has put there is not followed: it would make a file in a place that nobody named.
    file = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0), 0o666)
    try:
        if sys.platform == "win32":
            msvcrt.locking(file, msvcrt.LK_NBLCK, 1)
        else:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in _HELD:
            os.close(file)
            raise ModelError(
                f"{path.parent}: another process is training in this folder; wait until it has ended, or name another"
            ) from None
        problem = f"{path.parent} cannot be locked ({error.strerror}); see to it that no other process trains there."
        warnings.warn(problem, UserWarning, stacklevel=2)
    return file


def _is_at(file: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(file), os.stat(path))
    except FileNotFoundError:
        return False


def _let_go(file: int, path: Path) -> None:
    if sys.platform == "win32":  # which removes no file that is open
        os.close(file)
        with suppress(OSError):
            path.unlink()
        return
    with suppress(OSError):
        if _is_at(file, path):  # not where the folder was moved away, and another has taken its place
            path.unlink()
    os.close(file)
