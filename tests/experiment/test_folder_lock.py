"""The lock on a folder: who holds it, what is left behind, and file systems that know no locks."""

import errno
import os
import subprocess
import sys

import pytest

from deepbelief.errors import ModelError
from deepbelief.experiment import folder_lock
from deepbelief.experiment.folder_lock import LOCK_FILE, FolderLock

HOLDER = """
import sys
from pathlib import Path
from deepbelief.experiment.folder_lock import FolderLock
lock = FolderLock(Path(sys.argv[1]))
print("held", flush=True)
sys.stdin.read()
"""


def test_a_folder_has_one_lock_and_nothing_is_left_of_it(tmp_path):
    lock = FolderLock(tmp_path)
    with pytest.raises(ModelError, match="another process is training in this folder; wait until it has ended"):
        FolderLock(tmp_path)
    lock.release()
    again = FolderLock(tmp_path)
    lock.release()  # twice does no harm to who holds it now
    with pytest.raises(ModelError, match="another process"):
        FolderLock(tmp_path)
    again.release()
    assert os.listdir(tmp_path) == []


def test_a_process_that_was_killed_keeps_no_lock(tmp_path):
    arguments = [sys.executable, "-c", HOLDER, str(tmp_path)]
    with subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(ModelError, match="another process"):
            FolderLock(tmp_path)
        holder.kill()
    assert os.listdir(tmp_path) == [LOCK_FILE]
    FolderLock(tmp_path).release()
    assert os.listdir(tmp_path) == []


def test_a_file_that_its_holder_has_just_removed_is_not_what_is_locked(tmp_path, monkeypatch):
    locked, opened = folder_lock._locked, []

    def overtaken(path):
        opened.append(locked(path))
        if len(opened) == 1:
            path.unlink()
        return opened[-1]

    monkeypatch.setattr(folder_lock, "_locked", overtaken)
    lock = FolderLock(tmp_path)
    assert len(opened) == 2
    with pytest.raises(ModelError, match="another process"):
        FolderLock(tmp_path)
    lock.release()


@pytest.mark.skipif(os.name == "nt", reason="locks differ on Windows")
def test_a_file_system_without_locks_is_a_warning(tmp_path, monkeypatch):
    def unknown(*_):
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr("fcntl.flock", unknown)
    with pytest.warns(UserWarning, match=r"cannot be locked \(No locks available\); see to it that no other process"):
        FolderLock(tmp_path).release()
    assert os.listdir(tmp_path) == []


@pytest.mark.skipif(os.name == "nt", reason="locks differ on Windows")
def test_a_link_in_its_place_is_not_followed(tmp_path):
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / LOCK_FILE).symlink_to(tmp_path / "elsewhere")
    with pytest.raises(OSError, match="symbolic links"):
        FolderLock(tmp_path / "run")
    assert not (tmp_path / "elsewhere").exists()


def test_a_folder_that_was_moved_away_is_not_unlocked_in_its_successor(tmp_path):
    (tmp_path / "run").mkdir()
    old = FolderLock(tmp_path / "run")
    (tmp_path / "run").rename(tmp_path / "moved")
    (tmp_path / "run").mkdir()
    new = FolderLock(tmp_path / "run")
    old.release()
    with pytest.raises(ModelError, match="another process"):
        FolderLock(tmp_path / "run")
    new.release()
