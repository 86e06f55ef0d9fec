"""A run folder belongs to one process: who comes second is told so before anything is read, and changes nothing."""

import os
import subprocess
import sys
from contextlib import contextmanager

import pytest

from cli.conftest import done, refused
from cli.test_resume import LONGER, lines
from deepbelief.experiment.folder_lock import LOCK_FILE

# Trains as the command does, but for the report, and waits in the middle until it is told to go on.
WAITING = """
import sys
from deepbelief import report
from deepbelief.estimators import checkpoint_file
from deepbelief.cli.main import main

add, n_added = checkpoint_file.add, 0

def add_then_wait(*checkpoint):
    global n_added
    add(*checkpoint)
    n_added += 1
    if n_added == 6:
        print("waiting", flush=True)
        sys.stdin.readline()

checkpoint_file.add = add_then_wait
report.write_run_report = lambda training, with_page: None
main()
"""
BUSY = "Error: run: another process is training in this folder; wait until it has ended, or name another\n"


@contextmanager
def in_the_middle(*arguments):
    """A process that trains and is in the middle of it; it goes on when the block ends, and must succeed."""
    command = [sys.executable, "-c", WAITING, *map(str, arguments)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(command, **pipes, text=True) as process:
        assert process.stdout.readline() == "waiting\n"
        yield process
        if process.poll() is None:
            _, stderr = process.communicate("go on\n")
            assert process.returncode == 0, stderr


def contents(run):
    return {path: path.read_bytes() for path in sorted(run.rglob("*")) if path.is_file()}


@pytest.mark.parametrize("second", ["--out", "--force", "--resume"])
def test_the_second_one_is_refused_and_changes_nothing(second, folder, data):
    commands = {
        "--out": ("no such data", "--out", "run"),  # nor is the time taken to look for it
        "--force": (data, *LONGER, "--out", "run", "--force"),
        "--resume": ("--resume", "run"),
    }
    done("train", data, *LONGER, "--out", "whole")
    with in_the_middle("train", data, *LONGER, "--out", "run"):
        before = contents(folder / "run")
        assert refused("train", *commands[second]) == BUSY
        assert contents(folder / "run") == before
    assert (folder / "run/model.safetensors").read_bytes() == (folder / "whole/model.safetensors").read_bytes()
    assert lines(folder / "run") == lines(folder / "whole")
    assert sorted(os.listdir(folder / "run")) == ["metrics.jsonl", "model.safetensors", "result.json"]


def test_two_that_resume_are_one(folder, data):
    done("train", data, *LONGER, "--out", "whole")
    with in_the_middle("train", data, *LONGER, "--out", "run") as first:
        first.kill()
        first.wait()
    with in_the_middle("train", "--resume", "run"):
        assert refused("train", "--resume", "run") == BUSY
    assert (folder / "run/model.safetensors").read_bytes() == (folder / "whole/model.safetensors").read_bytes()
    assert lines(folder / "run") == lines(folder / "whole")


def test_a_lock_that_a_killed_process_left_stops_nobody(folder, data):
    done("train", data, *LONGER, "--out", "whole")
    with in_the_middle("train", data, *LONGER, "--out", "run") as first:
        first.kill()
        first.wait()
    assert LOCK_FILE in os.listdir(folder / "run")
    half_written = folder / "run" / ".deepbelief-0123456789abcdef.tmp"
    half_written.write_bytes(b"half")
    assert "go on with it with --resume" in refused("train", data, *LONGER, "--out", "run")
    done("train", "--resume", "run")
    assert (folder / "run/model.safetensors").read_bytes() == (folder / "whole/model.safetensors").read_bytes()
    assert sorted(os.listdir(folder / "run")) == ["metrics.jsonl", "model.safetensors", "result.json"]


def test_a_folder_with_nothing_but_a_lock_is_empty(folder, data):
    (folder / "run").mkdir()
    (folder / "run" / LOCK_FILE).touch()
    done("train", data, *LONGER, "--out", "run")


def test_what_is_refused_leaves_no_folder(folder):
    refused("train", "no such data", "--out", "run")
    assert os.listdir(folder) == []
    (folder / "run").mkdir()
    refused("train", "no such data", "--out", "run")
    assert os.listdir(folder / "run") == []
