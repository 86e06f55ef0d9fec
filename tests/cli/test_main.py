"""The command as a process: exit status, streams, what is imported, and a reader that leaves."""

import inspect
import os
import signal
import subprocess
import sys

import pytest

import deepbelief
from cli.conftest import TINY, UNDRAWN, done, refused, run
from deepbelief.core import native


def process(*arguments: str, **settings) -> subprocess.CompletedProcess:
    return subprocess.run([sys.executable, *arguments], capture_output=True, text=True, timeout=60, **settings)


def test_version_and_help():
    assert done("--version").stdout == f"deepbelief, version {deepbelief.__version__} ({native.description()})\n"
    for command in ("train", "evaluate", "predict", "compare"):
        assert command in done("--help").stdout
        assert "Usage: " in done(command, "--help").stdout


def test_every_option_is_explained_with_its_default():
    from deepbelief.cli.main import deepbelief as group

    for command in group.commands.values():
        context = command.make_context(command.name, [], resilient_parsing=True)
        for option in command.params:
            if option.param_type_name == "option":
                assert option.help
                assert option.is_flag or "[default:" in option.get_help_record(context)[1]


def test_the_settings_of_the_use_case_are_those_of_the_command():
    from deepbelief import datasets
    from deepbelief.cli.train import train
    from deepbelief.command_line import OPTIONS
    from deepbelief.experiment import TrainingSettings

    defaults = {**train.make_context("train", []).params}
    assert defaults.pop("as_json") is False
    assert defaults.pop("with_distortions") is False
    assert defaults.pop("watch") is False
    assert defaults.pop("watch_port") == 0
    assert defaults.pop("resume") is None
    assert {defaults.pop(name) for name in OPTIONS} == {None}
    assert defaults.pop("assigned") == ()
    reading = {name: defaults.pop(name) for name in ("target", "drop", "categorical", "task", "image_size", "skip_bad")}
    load = inspect.signature(datasets.load).parameters
    assert reading == {name: load[name].default for name in reading}
    assert TrainingSettings(**defaults) == TrainingSettings()


def test_an_unknown_command_is_wrong_usage():
    assert run("frobnicate").code == 2
    assert run("evaluate", "only-one").code == 2


@pytest.mark.parametrize("arguments", [["--help"], ["evaluate", "--help"], ["train", "--help"]])
def test_help_imports_nothing_slow(arguments):
    """What train's help says of the network comes from the estimators, and with them from scikit-learn."""
    slow = ["torch", "matplotlib", "deepbelief.experiment", *(["sklearn"] if "train" not in arguments else [])]
    code = (
        "import sys\nfrom deepbelief.cli.main import deepbelief\n"
        f"deepbelief({arguments}, standalone_mode=False)\n"
        f"print([name for name in {slow} if name in sys.modules])"
    )
    assert process("-c", code).stdout.endswith("[]\n")


def test_as_a_module(folder):
    outcome = process("-m", "deepbelief", "train", "missing.csv")
    assert outcome.returncode == 1
    assert outcome.stdout == ""
    assert outcome.stderr.startswith("Error: missing.csv")
    assert outcome.stderr.count("\n") == 1


def test_a_terminal_that_knows_ascii_only(folder):
    outcome = process("-m", "deepbelief", "train", "größe.csv", env={**os.environ, "PYTHONIOENCODING": "ascii"})
    assert outcome.returncode == 1
    assert "Traceback" not in outcome.stderr


@pytest.mark.skipif(os.name == "nt", reason="pipes close differently on Windows")
def test_a_reader_that_leaves_is_no_error(trained):
    reader, writer = os.pipe()
    os.close(reader)
    arguments = [sys.executable, "-m", "deepbelief", "predict", str(trained), "digits", "-o", "-"]
    outcome = subprocess.run(arguments, stdout=writer, stderr=subprocess.PIPE, text=True, timeout=60)
    os.close(writer)
    assert outcome.stderr == ""


@pytest.mark.skipif(os.name == "nt", reason="signals differ on Windows")
def test_ctrl_c_is_one_line(folder):
    # A shell that runs the tests in the background has the signal ignored; the handler is Python's usual one.
    code = (
        "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "from deepbelief.cli.main import main; main()"
    )
    arguments = [sys.executable, "-c", code, "train", *TINY, "--pretrain-epochs", "100000"]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as started:
        assert started.stderr.readline().startswith("layer 1, epoch 1/100000")
        started.send_signal(signal.SIGINT)
        stdout, stderr = started.communicate(timeout=60)
    assert started.returncode == 130
    assert stdout == ""
    *epochs, last = stderr.splitlines()
    assert last == f"Interrupted. To go on: deepbelief train --resume {os.path.join('runs', 'digits-1')}"
    assert all(line.startswith("layer 1, epoch") for line in epochs)
    assert not (folder / "runs" / "digits-1" / "model.safetensors").exists()


def test_ctrl_c_while_the_command_is_imported_is_one_line(folder):
    code = """
import runpy, sys

class Interrupting:
    def find_spec(self, name, *_):
        if name == "deepbelief.cli.compare":
            raise KeyboardInterrupt

sys.meta_path.insert(0, Interrupting())
runpy.run_module("deepbelief", run_name="__main__")
"""
    outcome = process("-c", code, "train")
    assert (outcome.returncode, outcome.stdout, outcome.stderr) == (130, "", "Interrupted.\n")


@pytest.mark.parametrize(
    "error, says",
    [
        (ImportError("x.so: failed to map segment", name="x", path="x.so"), "x.so: failed to map segment"),
        (ModuleNotFoundError("No module named 'scipy'", name="scipy"), "No module named 'scipy'"),
    ],
)
def test_a_library_that_does_not_load_is_a_sentence(error, says, trained, monkeypatch):
    def fails(*_, **__):
        raise error

    monkeypatch.setattr("deepbelief.experiment.evaluate", fails)
    assert refused("evaluate", trained, "digits") == (
        f"Error: a library cannot be loaded ({says}); give the process more memory, or install the library again\n"
    )


@pytest.mark.skipif(not hasattr(os, "openpty"), reason="needs a pseudo-terminal")
def test_a_terminal_sees_bars_and_stdout_stays_clean(folder):
    ours, theirs = os.openpty()
    arguments = [sys.executable, "-c", UNDRAWN, "train", *TINY, "--json"]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=theirs, text=True) as started:
        os.close(theirs)
        shown = b""
        while True:
            try:
                piece = os.read(ours, 65536)
            except OSError:  # how Linux says that the other side has closed
                break
            if not piece:
                break
            shown += piece
        stdout = started.stdout.read()
    os.close(ours)
    assert started.returncode == 0
    assert stdout.startswith("{")
    assert stdout.endswith("}\n")
    for part in ("layer 1", "softmax", "fine-tuning", "1/1"):
        assert part in shown.decode()
