"""``deepbelief train``: what it writes, what it says, and what it refuses before training."""

import json
import os
import re
import shlex
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file

from cli.conftest import TINY, done, refused, run, tiny_images
from datasets.writers import csv_text, write_pair
from deepbelief import report
from deepbelief.core import native
from deepbelief.core.training import diverged
from deepbelief.estimators import DBNClassifier


def test_a_run_holds_the_model_and_a_line_for_every_epoch(folder):
    outcome = done("train", "digits", *TINY, "--layers", "16,8", "--pretrain-epochs", "2")
    out = folder / "runs" / "digits-1"
    assert sorted(path.name for path in out.iterdir()) == ["metrics.jsonl", "model.safetensors", "result.json"]
    lines = [json.loads(line) for line in (out / "metrics.jsonl").read_text().splitlines()]
    assert [(line["phase"], line["layer"], line["epoch"], line["n_epochs"]) for line in lines] == [
        ("pretrain", 0, 1, 2),
        ("pretrain", 0, 2, 2),
        ("pretrain", 1, 1, 2),
        ("pretrain", 1, 2, 2),
        ("softmax", 0, 1, 2),
        ("softmax", 0, 2, 2),
        ("finetune", 0, 1, 1),
    ]
    assert all(
        set(line) == {"phase", "layer", "epoch", "n_epochs", "metrics", "steps", "seconds", "network"} for line in lines
    )
    assert outcome.stderr.count("\n") == 7 + 1
    assert "layer 2, epoch 2/2: reconstruction error" in outcome.stderr
    assert "(180 rows; 95 % interval 0." in outcome.stdout
    assert os.path.join("runs", "digits-1") in outcome.stdout


def test_a_run_says_which_steps_it_took(folder):
    """In the line of each epoch, in the record of the run, and on its page."""
    result = done("train", *TINY, "--set", "dropout=0.5", "--out", "run", "--json").json
    fast, plain = f"kernel ({native.kernels()})", "plain: no kernel for dropout"
    assert [phase["steps"] for phase in result["phases"]] == [fast, fast, plain]
    lines = (folder / "run" / "metrics.jsonl").read_text().splitlines()
    assert [json.loads(line)["steps"] for line in lines] == [fast, fast, fast, plain]
    done("report", "run", "digits", "-o", "page.html")
    assert plain in (folder / "page.html").read_text()


def test_runs_are_numbered(folder):
    for _ in range(2):
        done("train", *TINY)
    assert sorted(path.name for path in (folder / "runs").iterdir()) == ["digits-1", "digits-2"]


def test_json_is_one_object(folder):
    result = done("train", *TINY, "--out", "run", "--seed", 3, "--json").json
    assert 0.2 < result["accuracy"] <= 1
    assert result["n_validation"] == 180
    assert result["n_train"] == result["n_labelled"] == 1797 - 180
    assert (result["out"], result["model"]) == ("run", os.path.join("run", "model.safetensors"))
    assert (result["seed"], result["epochs"]) == (3, 4)
    assert [phase["epochs"] for phase in result["phases"]] == [1, 2, 1]
    assert result["settings"]["hidden_layer_sizes"] == [16]
    assert result["settings"]["batch_size"] == "auto"
    assert {"deepbelief", "numpy", "python"} <= set(result["versions"])
    assert result["seconds"] == pytest.approx(sum(phase["seconds"] for phase in result["phases"]))


def test_the_accuracy_is_that_of_the_last_epoch_on_the_same_rows(folder):
    result = done("train", *TINY, "--json").json
    assert result["accuracy"] == pytest.approx(result["phases"][-1]["metrics"]["validation_accuracy"], abs=1e-6)


def test_held_out_rows_that_are_the_same_as_others_are_pointed_out(folder):
    images, labels = tiny_images(60)
    np.savez("twice.npz", X=np.concatenate([images, images]), y=np.concatenate([labels, labels]))
    lines = done("train", "twice.npz", *TINY, "--out", "run").stdout.splitlines()
    overlap = json.loads((folder / "run/result.json").read_text())["overlap"]
    assert 0 < overlap["n_learned_from"] <= overlap["n_rows"] == 12
    assert lines[1] == f"Learned from: {overlap['n_learned_from']} of these 12 rows."
    np.savez("once.npz", X=images, y=labels)
    assert "Learned from" not in done("train", "once.npz", *TINY, "--out", "other").stdout


def test_nothing_held_out_is_said_to_be_not_measured(folder):
    assert "not measured" in done("train", *TINY, "--validation-fraction", 0, "--out", "a").stdout
    result = done("train", *TINY, "--validation-fraction", 0, "--out", "b", "--json").json
    assert result["accuracy"] is None
    assert result["n_validation"] == 0
    assert result["n_train"] == 1797
    assert 0 < result["training_accuracy"] <= 1
    assert result["training_loss"] > 0


def test_no_epochs_at_all(folder):
    result = done(
        "train", "--layers", 8, "--pretrain-epochs", 0, "--softmax-epochs", 0, "--finetune-epochs", 0, "--json"
    ).json
    assert result["phases"] == []
    assert result["training_loss"] is None
    assert Path(result["model"]).exists()


def test_the_same_seed_gives_the_same_model_and_another_seed_another(folder):
    for out, seed in (("a", 0), ("b", 0), ("c", 1)):
        done("train", *TINY, "--out", out, "--seed", seed)
    a, b, c = (load_file(folder / out / "model.safetensors") for out in "abc")
    assert a.keys() == b.keys()
    assert all(a[name].tobytes() == b[name].tobytes() for name in a)
    assert any(a[name].tobytes() != c[name].tobytes() for name in a)
    metrics = [
        [json.loads(line)["metrics"] for line in (folder / out / "metrics.jsonl").read_text().splitlines()]
        for out in "ab"
    ]
    assert metrics[0] == metrics[1]


def test_rows_without_a_label_are_learned_from_but_never_held_out(folder):
    images, labels = tiny_images(90)
    labels[30:] = -1
    np.savez("half.npz", X=images, y=labels)
    result = done("train", "half.npz", *TINY, "--validation-fraction", 0.2, "--json").json
    assert (result["n_validation"], result["n_labelled"], result["n_train"]) == (6, 24, 84)
    assert result["out"] == os.path.join("runs", "half-1")


def test_an_idx_folder_is_trained_on_its_training_pair(folder):
    images, labels = tiny_images()
    data = folder / "mnist"
    data.mkdir()
    write_pair(data, "train", images.reshape(-1, 4, 4), labels.astype(np.uint8))
    write_pair(data, "t10k", images[:30].reshape(-1, 4, 4), labels[:30].astype(np.uint8))
    assert done("train", data, *TINY, "--json").json["n_train"] == 54
    assert done("evaluate", "runs/mnist-1", data, "--json").json["n_rows"] == 30


def test_an_empty_directory_is_used_and_a_full_one_is_not(folder):
    out = folder / "run"
    out.mkdir()
    done("train", *TINY, "--out", out)
    before = {path.name: path.read_bytes() for path in out.iterdir()}
    refused("train", *TINY, "--out", out, says=(str(out), "not empty", "--force"))
    assert {path.name: path.read_bytes() for path in out.iterdir()} == before


@pytest.mark.draws
def test_a_run_is_shown_in_a_report_and_in_figures(folder, monkeypatch):
    """An earlier run's are replaced; what the result says is in the file too."""
    out = folder / "run"
    outcome = done("train", *TINY, "--out", out, "--json")
    figures = {path.name for path in (out / "figures").iterdir()}
    assert {
        "preview.png",
        "reconstruct.png",
        "bias.png",
        "units-layer-1.png",
        "training.png",
        "mistakes.png",
    } <= figures
    assert f"{100 * outcome.json['accuracy']:.1f}" in (out / "report.html").read_text()
    assert json.loads((out / "result.json").read_text()) == outcome.json
    assert 'href="net.html"' in (out / "report.html").read_text()
    assert "digits, held out" in (out / "net.html").read_text()
    monkeypatch.setattr(report.blocks, "svg", lambda display, prefix: "<svg/>")
    monkeypatch.setattr("deepbelief.report.writing.png", lambda display: b"drawn again")
    done("train", *TINY, "--seed", "1", "--out", out, "--force", "--no-page")
    assert {path.read_bytes() for path in (out / "figures").iterdir()} == {b"drawn again"}
    assert "--seed=1" in (out / "report.html").read_text()
    assert "net.html" not in (out / "report.html").read_text()
    assert not (out / "net.html").exists()


def test_the_command_of_a_result_repeats_the_run(folder):
    first = done("train", *TINY, "--seed", "3", "--out", "run", "--json").json
    again = done(*shlex.split(first["command"])[1:], "--out", "again", "--json").json
    assert Path(again["model"]).read_bytes() == Path(first["model"]).read_bytes()


@pytest.mark.parametrize("name", ["model.safetensors", "metrics.jsonl", "result.json", "report.html"])
def test_a_folder_where_a_file_should_go_is_refused(folder, name):
    (folder / "run" / name).mkdir(parents=True)
    refused("train", *TINY, "--out", "run", "--force", says=("run", name, "is a folder"))


def test_force_replaces_only_what_train_writes(folder):
    out = folder / "run"
    out.mkdir()
    (out / "notes.txt").write_text("mine")
    (out / "model.safetensors").write_text("old")
    done("train", *TINY, "--out", out, "--force")
    assert (out / "notes.txt").read_text() == "mine"
    assert sorted(path.name for path in out.iterdir()) == [
        "metrics.jsonl",
        "model.safetensors",
        "notes.txt",
        "result.json",
    ]
    done("evaluate", out, "digits")


def test_an_output_that_cannot_be_used_is_refused_before_anything_is_read(folder):
    (folder / "file").write_text("mine")
    refused("train", "no such data", "--out", "file", says=("file", "not a folder"))
    refused("train", "no such data", "--out", "file", "--force", says=("file", "not a folder"))
    refused("train", "no such data", "--out", "no/where/run", says=("there is no folder", "create it first"))
    assert (folder / "file").read_text() == "mine"
    assert not (folder / "no").exists()


def test_a_place_for_runs_that_is_a_file_is_refused(folder):
    (folder / "runs").write_text("mine")
    refused("train", *TINY, says=("runs",))


IMAGES, LABELS = tiny_images()
BAD = {
    "one row": ({"X": IMAGES[:1], "y": LABELS[:1]}, ("bad.npz: there is one row only", "add rows")),
    "all unlabelled": ({"X": IMAGES, "y": np.full(60, -1)}, ("bad.npz: no row has a label", "label some rows")),
    "one class": (
        {"X": IMAGES, "y": np.full(60, 4)},
        ("bad.npz: one class only, 4;", "add rows of another class", "--task features"),
    ),
    "constant": (
        {"X": np.full((60, 16), 7, np.uint8), "y": LABELS},
        ("bad.npz: every pixel", "the same value", "nothing to learn", "check how"),
    ),
    "class of one row": (
        {"X": IMAGES, "y": np.where(np.arange(60) == 5, 9, LABELS % 2)},
        ("bad.npz: Class 9", "one row only", "--validation-fraction 0"),
    ),
    "rows fewer than classes": (
        {"X": IMAGES[:6], "y": LABELS[:6]},
        ("bad.npz: 6 labelled rows are too few", "--validation-fraction 0"),
    ),
    "infinity": (
        {"X": np.where(np.eye(60, 16, 2), np.inf, IMAGES / 255), "y": LABELS},
        ("bad.npz, X, row 1, column 3",),
    ),
    "a column of NaN": (
        {"X": np.where(np.arange(16) == 2, np.nan, IMAGES / 255), "y": LABELS},
        ("bad.npz, X, column 3: every value is nan; leave this column out",),
    ),
    "text": (
        {"X": np.where(np.arange(16) == 2, "red", IMAGES.astype(str)), "y": LABELS},
        ("bad.npz, X, row 1, column 3: 'red' is no number; write numbers in this column, or leave it out",),
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_data_that_cannot_be_learned_from(folder, name):
    arrays, says = BAD[name]
    np.savez("bad.npz", **arrays)
    refused("train", "bad.npz", *TINY, says=says)
    assert not (folder / "runs").exists()


def test_holes_are_learned_from(folder):
    np.savez("holes.npz", X=np.where(np.eye(60, 16, 2), np.nan, IMAGES / 255), y=LABELS)
    done("train", "holes.npz", *TINY, "--out", "run")
    assert done("evaluate", "run", "holes.npz", "--json").json["n_rows"] == 60


def test_a_class_of_one_row_is_fine_if_nothing_is_held_out(folder):
    np.savez("few.npz", X=IMAGES, y=BAD["class of one row"][0]["y"])
    done("train", "few.npz", *TINY, "--validation-fraction", 0)


def test_a_bad_file_is_named_with_row_and_column(folder):
    text = csv_text(IMAGES, LABELS).splitlines()
    text[4] = text[4].rpartition(",")[0] + ",x"
    Path("bad.csv").write_text("\n".join(text))
    refused("train", "bad.csv", says=("bad.csv", "row 5", "column 17"))
    refused("train", "missing.csv", says=("missing.csv", "no such file"))


def test_an_unknown_device_is_refused_before_training(folder):
    refused("train", *TINY, "--device", "abacus", says=("abacus",))
    assert not (folder / "runs").exists()


@pytest.mark.parametrize(
    "arguments",
    [
        ("--layers", "0"),
        ("--layers", "5,"),
        ("--layers", "5,-1"),
        ("--layers", "five"),
        ("--layers", "9" * 5000),
        ("--batch-size", "0"),
        ("--batch-size", "some"),
        ("--pretrain-epochs", "-1"),
        ("--validation-fraction", "1"),
        ("--validation-fraction", "-0.1"),
        ("--validation-fraction", "nan"),
        ("--seed", "-1"),
        ("--seed", str(2**32)),
        ("--frobnicate",),
    ],
)
def test_wrong_usage_is_2(folder, arguments):
    outcome = run("train", *arguments)
    assert outcome.code == 2
    assert outcome.stdout == ""
    assert "Usage: " in outcome.stderr
    assert not (folder / "runs").exists()


@pytest.mark.parametrize(
    "error, says",
    [
        (diverged("layer 1", 3), ("layer 1", "epoch 3", "lower learning rate", "non-finite")),
        (MemoryError(), ("out of memory", "smaller layers")),
        (
            OSError(28, "No space left on device", "run/file"),
            ("cannot be written: no space left on device; when that is mended, go on with deepbelief train",),
        ),
    ],
    ids=["diverged", "memory", "disk"],
)
def test_what_goes_wrong_in_training_is_one_line(folder, monkeypatch, error, says):
    def failing(self, *arguments, **settings):
        raise error
        yield

    monkeypatch.setattr(DBNClassifier, "fit_epochs", failing)
    refused("train", *TINY, says=says)


def test_data_rescaled_is_a_warning_in_one_line(folder):
    np.savez("floats.npz", X=IMAGES / 17.0 - 3, y=LABELS)
    outcome = done("train", "floats.npz", *TINY, "--visible", "bernoulli", "--json")
    assert outcome.json["accuracy"] is not None
    first = outcome.stderr.splitlines()[0]
    assert first.startswith("Warning: Bernoulli visible units take values in [0, 1]")
    assert "use --visible auto, which standardises" in first
    assert outcome.stderr.count("\n") == 1 + 4 + 1


def test_data_of_any_scale_are_standardised_without_a_word(folder):
    np.savez("floats.npz", X=IMAGES / 17.0 - 3, y=LABELS)
    outcome = done("train", "floats.npz", *TINY, "--json")
    assert outcome.json["accuracy"] is not None
    assert outcome.stderr.count("\n") == 4 + 1


def test_the_scale_of_training_is_kept_for_other_files(folder):
    """The same row gets the same answer, alone and among others."""
    np.savez("train.npz", X=IMAGES / 17.0 - 3, y=LABELS)
    done("train", "train.npz", *TINY, "--out", "run")
    np.savez("all.npz", X=IMAGES / 17.0 - 3)
    np.savez("some.npz", X=IMAGES[:9] / 17.0 - 3)
    answers = [done("predict", "run", name, "-o", "-").stdout.splitlines() for name in ("all.npz", "some.npz")]
    assert answers[1] == answers[0][:10]


def test_interruption_is_one_line_and_leaves_no_model(folder, monkeypatch):
    complete = DBNClassifier.fit_epochs

    def interrupted(self, *arguments, **settings):
        yield next(iter(complete(self, *arguments, **settings)))
        raise KeyboardInterrupt

    monkeypatch.setattr(DBNClassifier, "fit_epochs", interrupted)
    old = folder / "run"
    old.mkdir()
    for name in ("model.safetensors", "metrics.jsonl"):
        (old / name).write_text("old")
    outcome = run("train", *TINY, "--out", old, "--force")
    assert outcome.code == 130
    assert outcome.stderr.splitlines()[1:] == [f"Interrupted. To go on: deepbelief train --resume {old}"]
    assert [(old / name).read_text() for name in ("model.safetensors", "metrics.jsonl")] == ["old", "old"]


def test_layers_that_memory_has_no_room_for(folder):
    """One sentence, and nothing is left behind."""
    outcome = run("train", "digits", "--layers", "500,999999999", "--out", folder / "run")
    assert outcome.code == 1
    assert re.search(
        r"Error: Layer 2, 999999999 units above 500, takes about \d+\.\d GiB to train, and \d+\.\d GiB are free; "
        r"make it smaller\.\n",
        outcome.stderr,
    )
    assert not (folder / "run").exists()


def test_networks_that_memory_has_no_room_for(folder):
    outcome = run("train", "digits", "--layers", "200,100", "--set", "n_networks=90000", "--out", folder / "run")
    assert outcome.code == 1
    assert "The network in which 90000 networks 64-200-100-10 stand side by side takes about" in outcome.stderr
    assert "make n_networks smaller." in outcome.stderr
    assert not (folder / "run").exists()


def test_numpy_has_one_precision(folder):
    outcome = run("train", "digits", "--precision", "medium", "--out", folder / "run")
    assert outcome.code == 1
    assert "--precision medium needs a torch device" in outcome.stderr
    assert not (folder / "run").exists()


def test_held_out_copies_of_rows_that_were_learned_from_are_noted(folder):
    """An accuracy on them would look like one on new rows."""
    images, labels = tiny_images(12)
    np.savez("copies.npz", X=np.tile(images, (6, 1)), y=np.tile(labels, 6))
    said = done("train", "copies.npz", *TINY, "--validation-fraction", 0.2, "--out", "copies")
    assert "Learned from: 15 of these 15 rows." in said.stdout
    assert "Note: all of these rows were learned from, with or without a label; use others" in said.stderr
