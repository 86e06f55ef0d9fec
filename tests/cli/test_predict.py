"""``deepbelief predict``: Kaggle's file, written whole and only where nothing lies."""

import csv
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from cli.conftest import TINY, done, refused, run, tiny_images
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


def test_probabilities_are_written_for_each_class(folder):
    images, labels = tiny_images()
    np.savez("names.npz", X=images, y=np.array(["a,b", "c", "d"])[labels])
    done("train", "names.npz", *TINY, "--out", "run")
    said = done("predict", "run", "names.npz", "--probabilities", "-o", "-").stdout
    header, *rows = csv.reader(said.splitlines())
    assert header == ["ImageId", "Label", "a,b", "c", "d"]
    found = np.array([row[2:] for row in rows], float)
    net = model_file.load("run/model.safetensors")
    np.testing.assert_allclose(found, net.predict_proba(load("names.npz").images), rtol=1e-6)
    assert [row[1] for row in rows] == [header[2 + best] for best in found.argmax(axis=1)]


def test_several_models_have_a_mean(folder):
    images, labels = tiny_images()
    np.savez("tiny.npz", X=images, y=labels)
    for seed in (0, 1, 2):
        done("train", "tiny.npz", *TINY, "--seed", seed, "--out", f"run-{seed}")
    said = done(
        "predict", "run-0", "tiny.npz", "--with", "run-1", "--with", "run-2", "--probabilities", "-o", "-"
    ).stdout
    found = np.array([row[1:] for row in csv.reader(said.splitlines()[1:])], float)
    nets = [model_file.load(f"run-{seed}/model.safetensors") for seed in (0, 1, 2)]
    mean = np.mean([net.predict_proba(load("tiny.npz").images) for net in nets], axis=0)
    np.testing.assert_allclose(found[:, 1:], mean, rtol=1e-6)
    np.testing.assert_array_equal(found[:, 0], nets[0].classes_[mean.argmax(axis=1)])
    alone = done("predict", "run-0", "tiny.npz", "--probabilities", "-o", "-").stdout
    assert done("predict", "run-0", "tiny.npz", "--with", "run-0", "--probabilities", "-o", "-").stdout == alone


def test_numbers_have_a_mean_without_an_interval(folder):
    x = np.random.default_rng(0).normal(size=(60, 2))
    rows = "".join(f"{a:.4f},{b:.4f},{a + b / 2:.4f}\n" for a, b in x)
    Path("t.csv").write_text("a,b,price\n" + rows)
    quick = ("--layers=4", "--pretrain-epochs=1", "--finetune-epochs=2", "--no-page", "--target", "price")
    for seed in (0, 1):
        done("train", "t.csv", *quick, "--seed", seed, "--out", f"run-{seed}")
    said = [done("predict", f"run-{seed}", "t.csv", "-o", "-").stdout.splitlines() for seed in (0, 1)]
    both = done("predict", "run-0", "t.csv", "--with", "run-1", "-o", "-").stdout.splitlines()
    assert both[0] == "row,prediction"
    one, other, mean = (np.array([line.split(",")[1] for line in lines[1:]], float) for lines in (*said, both))
    np.testing.assert_allclose(mean, (one + other) / 2, rtol=1e-6)
    refused("predict", "run-0", "t.csv", "--probabilities", says=("predicts numbers", "leave out --probabilities"))


def test_models_of_other_kinds_have_no_mean(trained, folder):
    images, labels = tiny_images()
    np.savez("tiny.npz", X=images, y=labels)
    done("train", "tiny.npz", *TINY, "--out", "tiny")
    np.savez("others.npz", X=images, y=labels + 1)
    done("train", "others.npz", *TINY, "--out", "others")
    refused("predict", "tiny", "tiny.npz", "--with", "others", says=("others: this model has other classes than tiny",))
    rows = "".join(f"{a:.4f},{b:.4f},{a + b / 2:.4f}\n" for a, b in images[:, :2])
    Path("t.csv").write_text("a,b,price\n" + rows)
    done("train", "t.csv", "--layers=4", "--pretrain-epochs=1", "--no-page", "--target", "price", "--out", "numbers")
    refused(
        "predict", "tiny", "tiny.npz", "--with", "numbers", says=("numbers: this model predicts numbers, but tiny",)
    )
    refused("predict", "numbers", "t.csv", "--with", "tiny", says=("tiny: this model predicts classes, but numbers",))
    refused("predict", "tiny", "tiny.npz", "--with", "nowhere", says=("nowhere: there is no such model",))


@pytest.mark.parametrize("command", ["predict", "score"])
def test_a_name_of_another_format_is_refused(command, trained, folder):
    outcome = run(command, trained, "digits", "-o", "rows.parquet")
    assert outcome.code == 2
    assert "rows.parquet: this command writes CSV; end the name in .csv instead of .parquet" in outcome.stderr
    assert not Path("rows.parquet").exists()
