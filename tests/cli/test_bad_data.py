"""Files that are not what they should be: one sentence that names the file, and nothing left behind."""

import gzip
from pathlib import Path

import numpy as np
import pytest

from cli.conftest import TINY, done, refused, tiny_images
from datasets.writers import csv_text, idx_bytes, write_pair

IMAGES, LABELS = tiny_images()
IDX = idx_bytes(IMAGES.reshape(-1, 4, 4))
LINES = csv_text(IMAGES, LABELS).splitlines()
QUICK = ("--layers", 4, "--pretrain-epochs", 0, "--softmax-epochs", 1, "--finetune-epochs", 0)
IDX_NAME = "train-images-idx3-ubyte"


def csv_with(cell: str) -> bytes:
    """A CSV whose fifth line, the header being the first, ends with another cell."""
    changed = [*LINES[:4], LINES[4].rpartition(",")[0] + cell, *LINES[5:]]
    return "\n".join(changed).encode()


FILES = {
    "missing": ("missing.csv", None, ("no such file",)),
    "empty CSV": ("bad.csv", b"", ("empty",)),
    "empty IDX": (IDX_NAME, b"", ("empty",)),
    "random bytes": (IDX_NAME, np.random.default_rng(0).bytes(900), ()),
    "truncated gzip": (f"{IDX_NAME}.gz", gzip.compress(IDX)[:-200], ("truncated",)),
    "IDX that promises more": (IDX_NAME, IDX[:-5], ("promises",)),
    "ragged row": ("bad.csv", csv_with(""), ("row 5",)),
    "letter": ("bad.csv", csv_with(",x"), ("row 5", "column 17")),
    "256": ("bad.csv", csv_with(",256"), ("row 5", "column 17")),
    "pixel of -1": ("bad.csv", csv_with(",-1"), ("row 5", "column 17")),
    "no rows": ("bad.csv", LINES[0].encode() + b"\n", ("row 2",)),
}


@pytest.mark.parametrize("name", FILES)
def test_a_bad_file(folder, name):
    path, content, says = FILES[name]
    if content is not None:
        Path(path).write_bytes(content)
    if path.startswith(IDX_NAME):
        Path("train-labels-idx1-ubyte").write_bytes(idx_bytes(LABELS.astype(np.uint8)))
    refused("train", path, *QUICK, says=(path, *says))
    assert not (folder / "runs").exists()


@pytest.mark.parametrize("held_out", [0, 0.3])
@pytest.mark.parametrize("visible, value", [("binomial", 2.5), ("poisson", -3), ("spin", 0.5), ("relu", -1)])
def test_a_value_that_units_cannot_have_is_named_with_its_place_in_the_file(folder, visible, value, held_out):
    """Whichever rows are held out to measure on."""
    lines = ["a,b,c", *(f"{1 - 2 * (row % 2) if visible == 'spin' else row % 4},1,1" for row in range(30))]
    for row in (7, 20):
        lines[row] = f"{lines[row][:-2]},{value}"
    (folder / "bad.csv").write_text("\n".join(lines))
    message = refused("train", "bad.csv", "--visible", visible, "--validation-fraction", held_out)
    assert f"bad.csv, row 7 of the data, column 'c': {value} is no value of {visible} units, which take " in message
    assert message.endswith("or train with --visible auto, which takes any numbers\n")


def test_labels_without_images(folder):
    path = write_pair(folder, "train", IMAGES.reshape(-1, 4, 4), LABELS.astype(np.uint8))
    path.unlink()
    refused("train", folder, *QUICK, says=("train-labels-idx1-ubyte", "labels without images"))
    assert not (folder / "runs").exists()


def test_counts_that_differ(folder):
    path = write_pair(folder, "train", IMAGES.reshape(-1, 4, 4), LABELS[:-1].astype(np.uint8))
    refused("train", path, *QUICK, says=("train-labels-idx1-ubyte", "59 labels for the 60 images"))
    assert not (folder / "runs").exists()


@pytest.mark.parametrize("number", [np.inf, -np.inf])
def test_numbers_that_are_not_finite(folder, number):
    images = IMAGES / 255
    images[3, 2] = number
    np.savez("bad.npz", X=images, y=LABELS)
    refused("train", "bad.npz", *QUICK, says=("bad.npz", "row 4", "column 3"))
    assert not (folder / "runs").exists()


@pytest.mark.parametrize("command", ["evaluate", "predict"])
def test_damaged_models(trained, command):
    file = trained / "model.safetensors"
    content = bytearray(file.read_bytes())
    content[-7] ^= 1
    file.write_bytes(content)
    refused(command, trained, "digits", says=("model.safetensors", "altered or damaged", "copy the file again"))
    file.write_bytes(b"")
    refused(command, trained, "digits", says=("model.safetensors", "is empty"))


@pytest.mark.parametrize("command", ["evaluate", "predict"])
def test_a_model_that_may_not_be_read(trained, command, monkeypatch):
    def locked(*_, **__):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("os.access", lambda *_, **__: False)  # root may read everything
    monkeypatch.setattr("deepbelief.estimators.tensor_file.open", locked, raising=False)
    for model in (trained, trained / "model.safetensors"):
        refused(command, model, "digits", says=("model.safetensors", "cannot be read", "check its permissions"))
    is_dir = Path.is_dir
    monkeypatch.setattr(Path, "is_dir", lambda path: locked() if path == trained else is_dir(path))
    refused(command, trained, "digits", says=("trained: the model cannot be read", "check the permissions"))


def test_an_unlabelled_csv_cannot_be_evaluated_on(trained):
    from deepbelief.datasets import load

    Path("test.csv").write_text(csv_text((load("digits").images[:9] * 255).astype(int)))
    refused("evaluate", trained, "test.csv", says=("test.csv: there are no labels",))


def test_many_classes_among_few_rows_are_no_warning(folder):
    Path("few.csv").write_text(csv_text(IMAGES[:24], np.arange(24) % 13))
    done("train", "few.csv", *QUICK, "--validation-fraction", 0, "--out", "run")
    outcome = done("evaluate", "run", "few.csv", "--json")
    assert outcome.stderr.count("\n") == 1  # that the images were seen in training
    assert "unique classes" not in done("train", "few.csv", *TINY, "--validation-fraction", 0).stderr


@pytest.mark.parametrize("step", ["os.replace", "pathlib.Path.open", "pathlib.Path.exists"])
def test_predictions_that_cannot_be_written(trained, folder, monkeypatch, step):
    opened = Path.open

    def locked(path, mode="r", *_, **__):
        if step == "pathlib.Path.open" and mode != "xb":
            return opened(path, mode)  # the data are still read
        if step != "pathlib.Path.exists" or path.name == "x.csv":
            raise PermissionError(13, "Permission denied", str(path))
        return True

    monkeypatch.setattr(step, locked)
    said = refused("predict", trained, "digits", "-o", "x.csv")
    assert said == "Error: x.csv cannot be written: permission denied; choose another place with -o\n"
    assert [path.name for path in folder.iterdir()] == ["trained"]


def test_a_run_that_cannot_be_written(folder, monkeypatch):
    def locked(path, *_, **__):
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "mkdir", locked)
    said = refused("train", *QUICK, "--out", "x")
    assert said == "Error: x cannot be written: permission denied; choose another directory with --out\n"
