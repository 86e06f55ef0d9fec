"""Standard streams that are closed, full, or that nobody reads any more: what was asked for is done all the same."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from cli.conftest import TINY, UNDRAWN, refused
from cli.test_resume import interrupted
from deepbelief.cli import streams

pytestmark = pytest.mark.skipif(os.name == "nt", reason="pipes close differently on Windows")

SHELL = "/bin/sh"  # by its path, because PATH may hold nothing but Python and make

RUN = ["metrics.jsonl", "model.safetensors", "report.html", "result.json"]
COMMANDS = {
    "train": ("train", *TINY, "--out", "run"),
    "evaluate": ("evaluate", "../trained", "digits"),
    "predict": ("predict", "../trained", "digits", "-o", "output.csv"),
    "compare": ("compare", "--models", "knn", "-o", "output.html"),
    "preview": ("preview", "-o", "output.png"),
    "reconstruct": ("reconstruct", "../trained", "digits", "-o", "output.png"),
    "probe": ("probe", "../trained", "-o", "output.png"),
    "diagnose": ("diagnose", "../trained", "digits", "--json"),
    "report": ("report", "../trained", "digits", "-o", "output.html"),
    "transform": ("transform", "../trained", "digits", "-o", "output.csv"),
    "sample": ("sample", "../trained", "--steps", "1", "-o", "output.npz"),
    "score": ("score", "../trained", "digits", "--by", "reconstruction", "-o", "output.csv"),
    "impute": ("impute", "../trained", "../holes.npz", "-o", "output.npz"),
    "explore": ("explore", "../trained", "-o", "output.html"),
    "likelihood": ("likelihood", "../trained", "digits"),
}
# All of them from one process, which imports everything once: each in a fork of its own and in a folder of its own.
FORKED = UNDRAWN.replace(
    "main()\n",
    """
import json, os, sys

codes = {}
for name, arguments in json.loads(sys.argv[1]).items():
    child = os.fork()
    if not child:
        os.mkdir(name)
        os.chdir(name)
        if sys.stderr is not None:
            os.dup2(os.open("stderr.txt", os.O_CREAT | os.O_WRONLY), 2)
        sys.argv[1:] = arguments
        sys.exit(main())
    codes[name] = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
with open("codes.json", "w") as file:
    json.dump(codes, file)
""",
)
FULL = (
    "Error: standard output cannot be written: no space left on device; send it to another place (the files that were "
    "asked for are written all the same)"
)


def in_shell(redirections, *arguments, program=UNDRAWN, buffered=True, cwd=None):
    """Run a command with streams redirected as the shell does it; return its exit status, and stderr if it has any."""
    command = [SHELL, "-c", f'"$@" {redirections}', "sh", sys.executable, "-c", program, *arguments]
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    if not buffered:
        environment["PYTHONUNBUFFERED"] = "1"
    pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    done = subprocess.run(command, **pipes, text=True, env=environment, cwd=cwd)
    return done.returncode, done.stderr


def all_commands(redirections, trained, place):
    """Run all commands with streams redirected as the shell does it; return their exit status by name."""
    shutil.copytree(trained, place / "trained")
    rows = np.random.default_rng(0).random((5, 64))
    np.savez(place / "holes.npz", X=np.where(rows > 0.9, np.nan, rows))
    assert in_shell(redirections, json.dumps(COMMANDS), program=FORKED, cwd=place) == (0, "")
    return json.loads((place / "codes.json").read_text())


def without_reader(*arguments):
    """Run a command whose output nobody reads any more."""
    reader, writer = os.pipe()
    os.close(reader)
    command = [sys.executable, "-c", UNDRAWN, *arguments]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=writer, stderr=subprocess.PIPE, text=True)
    os.close(writer)
    return done.returncode, done.stderr


def is_done(name, folder=Path()):
    """Tell whether all that a command writes to files is there, and nothing that it needed on the way."""
    if name == "train":
        return sorted(os.listdir(folder / "run")) == RUN
    wanted = [argument for argument in COMMANDS[name] if argument.startswith("output")]
    return [path.name for path in folder.glob("output*")] == wanted


@pytest.fixture(scope="module")
def closed(trained_once, tmp_path_factory):
    """Where all commands ran with all streams closed, and their exit status."""
    place = tmp_path_factory.mktemp("closed")
    return place, all_commands("<&- >&- 2>&-", trained_once, place)


@pytest.fixture(scope="module")
def full(trained_once, tmp_path_factory):
    """Where all commands ran without room for what they print, and their exit status."""
    place = tmp_path_factory.mktemp("full")
    return place, all_commands(">/dev/full", trained_once, place)


@pytest.mark.parametrize("name", COMMANDS)
def test_all_streams_closed(name, closed):
    place, codes = closed
    assert codes[name] == 0
    assert is_done(name, place / name)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="looks for the device /dev/full")
@pytest.mark.parametrize("name", COMMANDS)
def test_no_room_for_what_is_printed(name, full):
    place, codes = full
    said = (place / name / "stderr.txt").read_text()
    assert (codes[name], said.splitlines()[-1]) == (1, FULL)
    assert "Traceback" not in said
    assert is_done(name, place / name)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="looks for the device /dev/full")
@pytest.mark.parametrize("buffered", [False, True])
def test_no_room_for_help(folder, buffered):
    program = "from deepbelief.cli.main import main; main()"
    assert in_shell(">/dev/full", "--help", program=program, buffered=buffered) == (1, FULL + "\n")


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "2>/dev/full >/dev/null"])
def test_training_without_one_stream(closed, folder):
    assert in_shell(closed, *COMMANDS["train"])[0] == 0
    assert is_done("train")


def test_a_reader_of_results_that_leaves_gets_the_files_all_the_same(folder):
    code, said = without_reader(*COMMANDS["train"])
    assert (code, said.splitlines()[-1]) == (0, "Drawing the report")
    assert is_done("train")


def test_a_reader_of_progress_that_leaves_does_not_stop_training(folder):
    assert in_shell("2>&1 >/dev/null | true", *COMMANDS["train"]) == (0, "")
    assert is_done("train")


def test_what_is_opened_does_not_become_a_standard_stream(folder):
    """Else a library's words on stderr would end up in a file of results."""
    code = "from deepbelief.cli import streams; streams.make_usable(); print(open('file', 'w').fileno() > 2)"
    outcome = subprocess.run([SHELL, "-c", '"$@" <&- 2>&-', "sh", sys.executable, "-c", code], capture_output=True)
    assert outcome.stdout == b"True\n"


def test_a_stream_that_is_no_file_stays(monkeypatch, capsys):
    before = sys.stdout, sys.stderr
    streams.make_usable()
    assert (sys.stdout, sys.stderr) == before


@pytest.mark.skipif(sys.platform in {"win32", "darwin"}, reason="looks for names that are no UTF-8, as Linux has them")
@pytest.mark.skipif(not Path("/bin/bash").exists(), reason="pastes into the shell Bash")
def test_a_name_that_is_no_text_can_be_pasted(folder, data, monkeypatch):
    name = os.fsdecode(b"caf\xe9 '1\\2.npz")
    data.rename(name)
    every_step = ("--checkpoint-interval", "1e-9")
    outcome = interrupted(monkeypatch, 3, "train", name, *TINY, *every_step)
    assert outcome.code == 130
    command = outcome.stderr.splitlines()[-1].removeprefix("Interrupted. To go on: deepbelief ")
    assert command == r"train --resume $'runs/caf\351 \0471\1342-1'"
    (run,) = Path("runs").iterdir()
    assert os.fsencode(run.name) == b"caf\xe9 '1\\2-1"
    pasted = subprocess.run(["/bin/bash", "-c", f'"$@" {command}', "bash", sys.executable, "-c", UNDRAWN])
    assert pasted.returncode == 0
    assert sorted(os.listdir(run)) == RUN
    refused("train", "--resume", run, says=("this run is finished",))
