"""Training in a child process forked from this one, so that it begins at once, for scripts that kill or double it."""

import os
import time
from pathlib import Path

import numpy as np

from deepbelief import report
from deepbelief.cli.main import deepbelief
from deepbelief.experiment import folder_lock

ROWS, FEATURES = 1200, 16


def write_data(path: Path, *, labelled: int = ROWS) -> None:
    """Write images of three classes, so many of them with a label."""
    rng = np.random.default_rng(0)
    y = np.arange(ROWS) % 3
    X = (rng.random((ROWS, FEATURES)) < 0.2 + 0.6 * (np.arange(FEATURES) % 3 == y[:, None])).astype(np.float32)
    y[labelled:] = -1
    np.savez(path, X=X, y=y)


def train(*arguments: object, said: str | Path = os.devnull, held: str | Path = os.devnull) -> int:
    """Start ``deepbelief train`` in a child process and return its id.

    What it says goes to one file, and to another one when it took the lock on its folder, and when it let go of it.
    """
    child = os.fork()
    if child:
        return child
    file = os.open(said, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(file, 1)
    os.dup2(file, 2)
    times = os.open(held, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    locked, let_go = folder_lock._locked, folder_lock._let_go

    def noted_lock(path: Path) -> int:
        lock = locked(path)
        os.write(times, f"{time.monotonic()}\n".encode())
        return lock

    def noted_release(lock: int, path: Path) -> None:
        os.write(times, f"{time.monotonic()}\n".encode())
        let_go(lock, path)

    folder_lock._locked, folder_lock._let_go = noted_lock, noted_release
    try:
        report.write_run_report = lambda training, with_page: None  # it takes seconds, and is not what is tested
        deepbelief([str(argument) for argument in ("train", *arguments)])
    except SystemExit as done:
        os._exit(done.code if isinstance(done.code, int) else 1)
    finally:
        os._exit(70)
