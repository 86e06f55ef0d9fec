"""Folders and files of somebody else: a sentence that names them, and nothing in them changes."""

import os
import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from cli.conftest import TINY, done, refused, tiny_images
from cli.test_resume import LONGER, interrupted

pytestmark = pytest.mark.skipif(not hasattr(os, "geteuid"), reason="permissions differ on Windows")

NOBODY = 65534


@contextmanager
def as_somebody_else():
    """Be a user who is not root, where it is root who runs the tests: root may write everywhere."""
    if os.geteuid() != 0:
        yield
        return
    os.setegid(NOBODY)
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)
        os.setegid(0)


@pytest.fixture
def shared(monkeypatch):
    """A folder that everybody may look into, with data, a finished run and an unfinished one in it."""
    place = Path(tempfile.mkdtemp(prefix="deepbelief-"))
    place.chmod(0o755)
    monkeypatch.chdir(place)
    images, labels = tiny_images()
    np.savez("data.npz", X=images / np.float32(255), y=labels)
    done("train", "data.npz", *LONGER, "--out", "finished")  # everything is imported once, while that is allowed
    interrupted(monkeypatch, 5, "train", "data.npz", *LONGER, "--out", "unfinished")
    for run in ("finished", "unfinished", "unfinished/checkpoint"):
        Path(run).chmod(0o555)
    Path("secret").write_text("1,2")
    Path("secret").chmod(0)
    Path("locked").mkdir(mode=0o555)
    yield place
    for folder in [place, *(path for path in place.rglob("*") if path.is_dir())]:
        folder.chmod(0o755)
    shutil.rmtree(place)


TRAIN = ("train", "data.npz", *TINY)
ELSEWHERE = "cannot be written: permission denied; choose another directory with --out\n"
CASES = {
    "--out in the folder": ((*TRAIN, "--out", "locked/run"), f"Error: locked/run {ELSEWHERE}"),
    "--out is the folder": ((*TRAIN, "--out", "locked"), f"Error: locked {ELSEWHERE}"),
    "--force": ((*TRAIN, "--out", "finished", "--force"), f"Error: finished {ELSEWHERE}"),
    "--resume": (
        ("train", "--resume", "unfinished"),
        "Error: unfinished cannot be written: permission denied; a run goes on in its own folder: make room or get "
        "permission there, then resume it again\n",
    ),
    "a file of results": (
        ("predict", "finished", "data.npz", "-o", "locked/labels.csv"),
        "Error: locked/labels.csv cannot be written: permission denied; choose another place with -o\n",
    ),
    "data": (("evaluate", "finished", "secret"), "Error: secret: permission denied; check the path and its perm"),
    "a model": (("evaluate", "secret", "data.npz"), "Error: secret cannot be read (Permission denied); check its perm"),
}


def test_what_belongs_to_somebody_else_is_a_sentence_and_stays_as_it_is(shared):
    before = sorted(shared.rglob("*"))
    for name, (command, says) in CASES.items():
        with as_somebody_else():
            said = refused(*command)
        assert said.startswith(says), name
        assert sorted(shared.rglob("*")) == before, name
