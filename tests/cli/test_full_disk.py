"""A disk without room: a sentence, nothing lost, and training goes on to the same model when there is room."""

import errno
import hashlib
import io
import os
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from cli.conftest import TINY, done, run
from cli.test_resume import LONGER, lines
from deepbelief.datasets import fetching
from deepbelief.estimators import checkpoint_file
from deepbelief.experiment import metrics_log

FULL = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
# Checkpoints of 300 kB and a model of 150 kB: some disks have room for neither, some for one of them.
LARGER = (*TINY, "--layers", "200,100", "--checkpoint-interval", "1e-9", "--batch-size", "600")
SIZES = ["100k", "200k", "400k", "600k", "800k", "1m", "2m", "5m"]


def full(*_, **__):
    raise FULL


def until(n, call):
    """A call that succeeds again after the disk was full for so many of them."""
    made = 0

    def sometimes(*arguments, **settings):
        nonlocal made
        made += 1
        if made <= n:
            raise FULL
        return call(*arguments, **settings)

    return sometimes


def all_but(replace, name):
    """A call that renames no file to this name."""
    return lambda source, target: full() if os.fspath(target).endswith(name) else replace(source, target)


@pytest.fixture
def resized():
    """A function that makes a folder a small disk, or another size of it."""
    mounted = []

    def resize(place: Path, size: str) -> None:
        options = f"size={size}" if place not in mounted else f"remount,size={size}"
        may_mount = hasattr(os, "geteuid") and os.geteuid() == 0 and shutil.which("mount")
        command = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(place)]
        if not may_mount or subprocess.run(command, capture_output=True).returncode:
            pytest.skip("mounting a small disk needs root and the command mount")
        mounted.append(place)

    yield resize
    for place in dict.fromkeys(mounted):
        subprocess.run(["umount", "--lazy", str(place)], check=True)


@pytest.mark.parametrize("n_epochs", [1, 3])
def test_lines_wait_until_there_is_room(n_epochs, folder, data, monkeypatch):
    whole = done("train", data, *LONGER, "--out", "whole")
    with monkeypatch.context() as patch:
        patch.setattr(metrics_log.MetricsLog, "_write", until(n_epochs, metrics_log.MetricsLog._write))
        outcome = done("train", data, *LONGER, "--out", "run")
    assert lines(folder / "run") == lines(folder / "whole")
    (warning,) = set(outcome.stderr.splitlines()) - set(whole.stderr.splitlines()) - set(epochs(outcome.stderr))
    assert warning == (
        f"Warning: The metrics in {Path('run', 'metrics.jsonl.partial')} could not be written (No space left on "
        "device); training goes on, and they are written as soon as possible."
    )


def epochs(stderr):
    return [line for line in stderr.splitlines() if ", epoch " in line]


def test_a_line_that_was_torn_is_written_once(folder, data, monkeypatch):
    done("train", data, *LONGER, "--out", "whole")
    opened, n_opened = Path.open, 0

    class Torn:
        """A file on a disk that has room for some bytes more."""

        def __init__(self, file):
            self.file = file

        def __enter__(self):
            return self

        def __exit__(self, *_):
            self.file.close()

        def __getattr__(self, name):
            return getattr(self.file, name)

        def write(self, content):
            self.file.write(content[:20])
            raise FULL

    def sometimes(path, mode="r", *arguments, **settings):
        nonlocal n_opened
        file = opened(path, mode, *arguments, **settings)
        if path.name != "metrics.jsonl.partial" or mode != "ab":
            return file
        n_opened += 1
        return Torn(file) if n_opened in {3, 4, 6} else file

    with monkeypatch.context() as patch:
        patch.setattr(Path, "open", sometimes)
        assert "training goes on" in done("train", data, *LONGER, "--out", "run").stderr
    assert n_opened > 6
    assert lines(folder / "run") == lines(folder / "whole")


@pytest.mark.parametrize("where", ["metrics", "model", "result", "report", "checkpoints and metrics"])
def test_what_cannot_be_written_at_the_end_is_written_by_resuming(where, folder, data, monkeypatch):
    done("train", data, *LONGER, "--out", "whole")
    with monkeypatch.context() as patch:
        if "checkpoints" in where:
            patch.setattr(checkpoint_file, "_write", full)
        if "metrics" in where:
            patch.setattr(metrics_log.MetricsLog, "_write", full)
        if where == "model":
            patch.setattr(os, "replace", all_but(os.replace, "model.safetensors"))
        if where == "result":
            patch.setattr("deepbelief.experiment.training.write_text", full)
        if where == "report":
            patch.setattr("deepbelief.report.write_run_report", full)
        outcome = run("train", data, *LONGER, "--out", "run")
    assert outcome.code == 1
    assert len(epochs(outcome.stderr)) == 8
    said = outcome.stderr.splitlines()[-1]
    assert said.startswith("Error: run")
    assert said.endswith("when that is mended, go on with deepbelief train --resume run")
    done("train", "--resume", "run")
    assert (folder / "run/model.safetensors").read_bytes() == (folder / "whole/model.safetensors").read_bytes()
    assert lines(folder / "run") == lines(folder / "whole")


@pytest.mark.parametrize("size", SIZES)
def test_training_on_a_small_disk_loses_nothing(size, folder, resized):
    done("train", *LARGER, "--out", "whole")
    (folder / "disk").mkdir()
    resized(folder / "disk", size)
    outcome = run("train", *LARGER, "--out", "disk/run")
    assert len(epochs(outcome.stderr)) == 5  # whatever has no room, training goes on
    if outcome.code:
        assert outcome.stderr.splitlines()[-1].endswith("go on with deepbelief train --resume disk/run")
        resized(folder / "disk", "10m")
        done("train", "--resume", "disk/run")
    assert (outcome.code == 1) == size.endswith("k")
    assert sorted(os.listdir("disk/run")) == ["metrics.jsonl", "model.safetensors", "result.json"]
    assert Path("disk/run/model.safetensors").read_bytes() == Path("whole/model.safetensors").read_bytes()
    assert lines(Path("disk/run")) == lines(Path("whole"))


def test_a_run_that_cannot_begin_leaves_no_folder(folder, data, resized):
    (folder / "disk").mkdir()
    resized(folder / "disk", "16k")
    Path("disk/rest").write_bytes(bytes(16 * 2**10))
    outcome = run("train", data, *TINY, "--out", "disk/run")
    assert outcome.code == 1
    assert outcome.stderr == (
        "Error: disk/run cannot be written: no space left on device; choose another directory with --out\n"
    )
    assert os.listdir("disk") == ["rest"]


@pytest.mark.parametrize(
    "command",
    [
        ("predict", "MODEL", "digits", "-o", "disk/labels.csv"),
        ("preview", "-o", "disk/picture.png"),
        ("reconstruct", "MODEL", "digits", "-o", "disk/picture.svg"),
        ("probe", "MODEL", "-o", "disk/picture.pdf"),
        ("report", "MODEL", "digits", "-o", "disk/page.html"),
        ("compare", "--models", "knn", "-o", "disk/page.html"),
        ("transform", "MODEL", "digits", "-o", "disk/features.csv"),
        ("impute", "MODEL", "holes.npz", "-o", "disk/completed.npz"),
        ("sample", "MODEL", "-n", "100", "--steps", "1", "-o", "disk/samples.npy"),
        ("score", "MODEL", "digits", "--by", "reconstruction", "-o", "disk/rows.csv"),
        ("explore", "MODEL", "-o", "disk/net.html"),
        ("export", "MODEL", "-o", "disk/net.onnx"),
    ],
    ids=lambda command: command[0],
)
def test_a_file_that_has_no_room_is_a_sentence_and_nothing_is_lost(command, folder, trained, resized, monkeypatch):
    monkeypatch.setattr("deepbelief.experiment.exported", lambda *_: (bytes(2**15), "predictions"))  # without onnx
    rows = np.random.default_rng(0).random((100, 64))
    np.savez("holes.npz", X=np.where(rows > 0.9, np.nan, rows))
    (folder / "disk").mkdir()
    resized(folder / "disk", "16k")
    (output,) = (Path(argument) for argument in command if argument.startswith("disk/"))
    output.write_text("from before")
    Path("disk/rest").write_bytes(bytes(8 * 2**10))
    outcome = run(*(trained if argument == "MODEL" else argument for argument in command), "--force")
    assert outcome.code == 1
    said = f"Error: {output} cannot be written: no space left on device; choose another place with -o"
    assert outcome.stderr.splitlines()[-1] == said
    assert output.read_text() == "from before"
    assert sorted(os.listdir("disk")) == sorted(["rest", output.name])


def test_what_has_been_fetched_stays_when_there_is_no_room_for_more(folder, monkeypatch, resized):
    content = {name: name.encode() * 300 for name in fetching.FILES}  # of 7 kB each
    checksums = {name: hashlib.sha256(file).hexdigest() for name, file in content.items()}
    monkeypatch.setattr(fetching, "FILES", checksums)
    monkeypatch.setattr(fetching, "urlopen", lambda address, **_: io.BytesIO(content[Path(address).stem]))
    (folder / "disk").mkdir()
    resized(folder / "disk", "20k")
    outcome = run("fetch", "mnist", "-o", "disk")
    assert (outcome.code, outcome.stderr) == (
        1,
        "Error: disk cannot be written: no space left on device; choose another place with -o\n",
    )
    there = sorted(os.listdir("disk"))
    assert there == [f"{name}.gz" for name in list(content)[: len(there)]]
    assert 0 < len(there) < len(content)
    resized(folder / "disk", "1m")
    done("fetch", "mnist", "-o", "disk")
    assert {path.stem: path.read_bytes() for path in Path("disk").iterdir()} == content
