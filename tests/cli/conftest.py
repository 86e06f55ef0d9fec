"""Run commands in an empty folder, and share one tiny trained model among the tests that only read it."""

import json
import shutil
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from deepbelief import report
from deepbelief.cli.main import deepbelief

TINY = ("--layers", "16", "--pretrain-epochs", "1", "--softmax-epochs", "2", "--finetune-epochs", "1")
# The command as a process of its own, without the drawing of reports, which takes seconds.
UNDRAWN = """
from deepbelief import report
from deepbelief.cli.main import main
from deepbelief.report import blocks

def undrawn(training, with_page):
    (training.out / "report.html").write_text("drawn")
report.write_run_report = undrawn
blocks.svg = lambda display, prefix: "<svg/>"
main()
"""


@dataclass(frozen=True)
class Outcome:
    """What a command left behind."""

    code: int
    stdout: str
    stderr: str

    @property
    def json(self) -> dict:
        return json.loads(self.stdout)


def run(*arguments: object) -> Outcome:
    """Run a command; an exception that would be a traceback fails the test."""
    result = CliRunner().invoke(deepbelief, [str(argument) for argument in arguments])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return Outcome(result.exit_code, result.stdout, result.stderr)


def done(*arguments: object) -> Outcome:
    outcome = run(*arguments)
    assert outcome.code == 0, outcome.stderr
    return outcome


def refused(*arguments: object, says: tuple[str, ...] = ()) -> str:
    """The one line on stderr with which a command fails."""
    outcome = run(*arguments)
    assert outcome.code == 1
    assert outcome.stdout == ""
    assert outcome.stderr.startswith("Error: ")
    assert outcome.stderr.count("\n") == 1
    assert "Traceback" not in outcome.stderr
    for part in says:
        assert part in outcome.stderr
    return outcome.stderr


def tiny_images(n_rows: int = 60, n_classes: int = 3, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Pixels 0..255 of 4×4 images whose class shows as a bright row, and the classes."""
    generator = np.random.default_rng(seed)
    labels = np.arange(n_rows) % n_classes
    images = generator.integers(0, 60, (n_rows, 4, 4), dtype=np.uint8)
    images[np.arange(n_rows), labels] += 180
    return images.reshape(n_rows, 16), labels


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch) -> Path:
    """The empty folder that every command runs in."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture(autouse=True)
def no_drawing(request, monkeypatch) -> None:
    """Keep commands from drawing a report, which takes seconds, except where a test is marked to look at it."""
    if "draws" not in request.keywords:
        monkeypatch.setattr(report, "write_run_report", lambda training, with_page: None)
        monkeypatch.setattr(report.blocks, "svg", lambda display, prefix: "<svg/>")


@pytest.fixture
def data(folder) -> Path:
    """A file of tiny images, with labels."""
    images, labels = tiny_images()
    np.savez(folder / "data.npz", X=images / np.float32(255), y=labels)
    return folder / "data.npz"


@pytest.fixture(scope="session")
def trained_once(tmp_path_factory) -> Path:
    out = tmp_path_factory.mktemp("trained") / "run"
    with pytest.MonkeyPatch.context() as patch:  # fixtures of a session come before those of a test
        patch.setattr(report, "write_run_report", lambda training, with_page: None)
        done("train", *TINY, "--out", out)
    return out


@pytest.fixture
def trained(trained_once, folder) -> Path:
    """A run on digits, copied: tests may spoil it."""
    return Path(shutil.copytree(trained_once, folder / "trained"))
