"""``deepbelief predict``: Kaggle's file, written whole and only where nothing lies."""

from pathlib import Path

import numpy as np
from PIL import Image

from cli.conftest import TINY, done, refused, tiny_images
from datasets.writers import csv_text
from deepbelief.datasets import load
from deepbelief.estimators import model_file


def test_from_kaggles_csv_to_kaggles_csv(folder):
    images, labels = tiny_images()
    Path("train.csv").write_text(csv_text(images, labels))
    Path("test.csv").write_text(csv_text(images[:7]))
    done("train", "train.csv", *TINY, "--out", "run")
    outcome = done("predict", "run", "test.csv")
    assert outcome.stdout == "Wrote 7 rows to submission.csv\n"
    expected = model_file.load("run/model.safetensors").predict(load("test.csv").images)
    lines = ["ImageId,Label", *(f"{number},{label}" for number, label in enumerate(expected, 1))]
    assert Path("submission.csv").read_bytes() == "".join(line + "\n" for line in lines).encode()


def test_a_dash_is_stdout(trained, folder):
    done("predict", trained, "digits", "-o", "labels.csv")
    outcome = done("predict", trained, "digits", "-o", "-")
    assert outcome.stdout == Path("labels.csv").read_text()
    assert sorted(path.name for path in folder.iterdir()) == ["labels.csv", "trained"]


def test_nothing_is_overwritten_without_force(trained, folder):
    Path("submission.csv").write_text("mine")
    refused("predict", trained, "digits", says=("submission.csv", "--force"))
    assert Path("submission.csv").read_text() == "mine"
    done("predict", trained, "digits", "--force")
    assert Path("submission.csv").read_text().startswith("ImageId,Label\n1,")
    assert sorted(path.name for path in folder.iterdir()) == ["submission.csv", "trained"]


def test_an_output_that_cannot_be_written_is_refused(trained, folder):
    refused("predict", trained, "digits", "-o", "no/where.csv", says=("there is no folder",))
    refused("predict", trained, "digits", "-o", ".", "--force", says=("folder or a device",))
    refused("predict", trained, "digits", "-o", "/dev/null", "--force", says=("folder or a device",))


def test_a_link_stays_a_link(trained, folder):
    Path("real.csv").write_text("old")
    Path("link.csv").symlink_to("real.csv")
    done("predict", trained, "digits", "-o", "link.csv", "--force")
    assert Path("link.csv").is_symlink()
    assert Path("real.csv").read_text().startswith("ImageId")


def test_labels_with_commas_are_quoted(folder):
    images, labels = tiny_images()
    np.savez("names.npz", X=images, y=np.array(["a,b", "c", "d"])[labels])
    done("train", "names.npz", *TINY)
    assert '"a,b"' in done("predict", "runs/names-1", "names.npz", "-o", "-").stdout


def test_predictions_of_pictures_name_the_files(folder):
    images, labels = tiny_images()
    for index, (pixels, label) in enumerate(zip(images, labels, strict=True)):
        for name in (f"labelled/{label}/p{index}.png", f"new/p{index}.png"):
            Path(name).parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(pixels.reshape(4, 4)).save(name)
    done("train", "labelled", *TINY, "--out", "run")
    said = done("predict", "run", "new", "-o", "-").stdout.splitlines()
    assert said[0] == "ImageId,Label"
    predicted = dict(line.split(",") for line in said[1:])
    assert sorted(predicted) == sorted(f"p{index}.png" for index in range(len(images)))
    expected = model_file.load("run/model.safetensors").predict(images / np.float32(images.max()))
    assert [predicted[f"p{index}.png"] for index in range(len(images))] == [str(label) for label in expected]
    assert done("predict", "run", "labelled", "-o", "-").stdout.splitlines()[1].startswith("0/p0.png,")
    Path("new/p1.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    assert "p1.png" not in load("new", skip_bad=True).identifiers[1]
