"""``deepbelief evaluate``: scikit-learn's numbers, and what does not fit together."""

import json
from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, confusion_matrix

from cli.conftest import TINY, done, refused, tiny_images
from datasets.writers import csv_text, write_pair
from deepbelief.datasets import load
from deepbelief.estimators import RBM, model_file
from deepbelief.estimators.learned_rows import LearnedRows


def test_the_numbers_are_those_of_the_loaded_model(trained):
    digits = load("digits")
    predicted = model_file.load(trained / "model.safetensors").predict(digits.images)
    result = done("evaluate", trained, "digits", "--json").json
    assert result["accuracy"] == accuracy_score(digits.labels, predicted)
    assert result["confusion_matrix"] == confusion_matrix(digits.labels, predicted).tolist()
    assert result["classes"] == list(range(10))
    assert (result["n_rows"], result["n_skipped"]) == (1797, 0)
    assert result["classification_report"]["accuracy"] == result["accuracy"]
    assert "classification_report_text" not in result


def test_a_model_file_is_as_good_as_its_run(trained):
    assert (
        done("evaluate", trained, "digits").stdout == done("evaluate", trained / "model.safetensors", "digits").stdout
    )


def test_text_shows_accuracy_report_and_matrix(trained):
    outcome = done("evaluate", trained, "digits")
    assert outcome.stdout.startswith("Accuracy: 0.")
    assert "(1797 rows; 95 % interval 0." in outcome.stdout
    assert "precision" in outcome.stdout
    assert len(outcome.stdout.partition("Confusion matrix")[2].splitlines()) == 12


@pytest.fixture
def half(folder):
    """A model that learned from the first 900 digits; it knows all of them, as none is held out."""
    digits = load("digits")
    np.savez("half.npz", X=digits.images[:900], y=digits.labels[:900])
    done("train", "half.npz", *TINY, "--validation-fraction", 0, "--out", "run")
    return folder / "run"


def measured(run, rows):
    """The accuracy of a model on some digits, and of how many it is."""
    digits = load("digits")
    predicted = model_file.load(run / "model.safetensors").predict(digits.images[rows])
    return accuracy_score(digits.labels[rows], predicted), len(rows)


@pytest.mark.parametrize(
    "first, note", [(800, ""), (200, "most of these rows were learned from, with or without a label; only the others")]
)
def test_rows_that_were_learned_from_are_counted_and_the_others_measured(half, first, note):
    digits, rows = load("digits"), np.arange(first, 1200)
    np.savez("part.npz", X=digits.images[rows], y=digits.labels[rows])
    outcome = done("evaluate", half, "part.npz", "--json")
    overlap = outcome.json["overlap"]
    assert (overlap["n_rows"], overlap["n_looked_up"]) == (len(rows), len(rows))
    assert overlap["n_learned_from"] == 900 - first
    assert (overlap["accuracy_on_others"], overlap["n_others"]) == measured(half, np.arange(900, 1200))
    assert (outcome.json["accuracy"], outcome.json["n_rows"]) == measured(half, rows)
    low, high = overlap["interval_on_others"]
    assert low < overlap["accuracy_on_others"] < high
    assert note in outcome.stderr
    assert bool(note) == bool(outcome.stderr)
    first_line, second, third = done("evaluate", half, "part.npz").stdout.splitlines()[:3]
    assert first_line.startswith(f"Accuracy: {outcome.json['accuracy']:.4f} ({len(rows)} rows; ")
    assert second == f"Learned from: {900 - first} of these {len(rows)} rows."
    said = f"{overlap['accuracy_on_others']:.4f} (300 rows; 95 % interval {low:.4f}-{high:.4f})"
    assert third == f"Accuracy on the others: {said}"


def test_rows_that_were_all_learned_from_or_none(half):
    digits = load("digits")
    np.savez("new.npz", X=digits.images[900:1000], y=digits.labels[900:1000])
    outcome = done("evaluate", half, "new.npz")
    assert outcome.stdout.splitlines()[1:3] == ["Learned from: 0 of these 100 rows.", ""]
    assert outcome.stderr == ""
    outcome = done("evaluate", half, "half.npz")
    assert outcome.stdout.splitlines()[1:3] == ["Learned from: 900 of these 900 rows.", ""]
    assert outcome.stderr == (
        "Note: all of these rows were learned from, with or without a label; use others to know what to expect on new "
        "rows.\n"
    )


def test_held_out_rows_were_not_learned_from(trained):
    overlap = done("evaluate", trained, "digits", "--json").json["overlap"]
    held_out = json.loads((trained / "result.json").read_text())
    assert (overlap["n_others"], overlap["n_learned_from"]) == (180, 1617)
    assert overlap["accuracy_on_others"] == held_out["accuracy"]
    assert overlap["interval_on_others"] == held_out["interval"]


def test_rows_without_a_label_were_learned_from_too(folder):
    images, labels = tiny_images(60)
    np.savez("some.npz", X=images, y=np.where(np.arange(60) < 30, labels, -1))
    done("train", "some.npz", *TINY, "--validation-fraction", 0, "--out", "run")
    np.savez("hidden.npz", X=images[30:], y=labels[30:])
    assert done("evaluate", "run", "hidden.npz", "--json").json["overlap"]["n_learned_from"] == 30


def test_one_image_in_another_kind_of_file_is_the_same_row(folder):
    images, labels = tiny_images(60)
    Path("train.csv").write_text(csv_text(images[:40], labels[:40]))
    done("train", "train.csv", *TINY, "--validation-fraction", 0, "--out", "run")
    Path("mnist").mkdir()
    write_pair(Path("mnist"), "t10k", images[30:].reshape(30, 4, 4), labels[30:].astype(np.uint8))
    np.savez("test.npz", X=images[30:], y=labels[30:])
    for data in ("mnist", "test.npz"):
        assert done("evaluate", "run", data, "--json").json["overlap"]["n_learned_from"] == 10


def test_a_sample_gives_an_estimate(half, monkeypatch):
    digits = load("digits")
    learned = LearnedRows.of(digits.row_hashes[:900])
    sample = LearnedRows(learned.hashes[:300], 900)
    model_file.save(model_file.load(half / "model.safetensors"), "sampled", learned_from=sample)
    np.savez("part.npz", X=digits.images[600:1200], y=digits.labels[600:1200])
    overlap = done("evaluate", "sampled", "part.npz", "--json").json["overlap"]
    can_be = digits.row_hashes <= sample.hashes[-1]
    seen, others = np.flatnonzero(can_be[:900]), np.flatnonzero(can_be & (np.arange(1797) >= 900))
    seen, others = seen[seen >= 600], others[others < 1200]
    assert overlap["n_looked_up"] == len(seen) + len(others) < 600
    assert overlap["n_learned_from"] == round(600 * len(seen) / (len(seen) + len(others)))
    assert (overlap["accuracy_on_others"], overlap["n_others"]) == measured(half, others)
    lines = done("evaluate", "sampled", "part.npz").stdout.splitlines()
    estimate, looked_up = overlap["n_learned_from"], overlap["n_looked_up"]
    assert lines[1] == f"Learned from: about {estimate} of these 600 rows ({looked_up} of them were looked up)."
    assert lines[2].startswith("Accuracy on the others: ")


def test_what_nobody_knows_is_said_to_be_unknown(half):
    model = model_file.load(half / "model.safetensors")
    model_file.save(model, "silent")
    outcome = done("evaluate", "silent", "half.npz")
    assert outcome.stdout.splitlines()[1] == "Learned from: unknown, as the model's file does not say."
    assert outcome.stderr == ""
    assert done("evaluate", "silent", "half.npz", "--json").json["overlap"] is None
    model_file.save(model, "tiny", learned_from=LearnedRows(np.array([0], np.uint64), 900))
    assert "hashes of a part of its rows only" in done("evaluate", "tiny", "half.npz").stdout.splitlines()[1]
    assert done("evaluate", "tiny", "half.npz", "--json").json["overlap"]["n_learned_from"] is None


def test_rows_without_a_label_are_skipped_and_counted(trained):
    digits = load("digits")
    labels = digits.labels.copy()
    labels[10:] = -1
    np.savez("part.npz", X=digits.images[:50], y=labels[:50])
    result = done("evaluate", trained, "part.npz", "--json").json
    assert (result["n_rows"], result["n_skipped"]) == (10, 40)
    assert "40 without a label" in done("evaluate", trained, "part.npz").stdout


def test_classes_that_the_model_does_not_know_are_errors_of_the_model(trained):
    digits = load("digits")
    np.savez("other.npz", X=digits.images[:5], y=np.array([0, 1, 2, 77, 77]))
    result = done("evaluate", trained, "other.npz", "--json").json
    assert result["classes"] == [*range(10), 77]
    assert result["accuracy"] <= 0.6


def test_minus_one_is_a_class_where_the_model_learned_it(folder):
    images, labels = tiny_images(60, 2)
    np.savez("signs.npz", X=images, y=np.where(labels, 1, -1))
    done("train", "signs.npz", *TINY)
    result = done("evaluate", "runs/signs-1", "signs.npz", "--json").json
    assert (result["classes"], result["n_rows"], result["n_skipped"]) == ([-1, 1], 60, 0)


def test_names_as_labels(folder):
    images, labels = tiny_images()
    np.savez("names.npz", X=images, y=np.array(["ant", "bee", "cat"])[labels])
    done("train", "names.npz", *TINY)
    assert done("evaluate", "runs/names-1", "names.npz", "--json").json["classes"] == ["ant", "bee", "cat"]
    np.savez("numbers.npz", X=images, y=labels)
    refused("evaluate", "runs/names-1", "numbers.npz", says=("one kind of label",))


def test_data_that_cannot_be_measured_on(trained):
    images = load("digits").images[:9]
    np.savez("bare.npz", X=images)
    np.savez("unlabelled.npz", X=images, y=np.full(9, -1))
    refused("evaluate", trained, "bare.npz", says=("bare.npz", "no labels"))
    refused("evaluate", trained, "unlabelled.npz", says=("no row has a label",))
    refused("evaluate", trained, "missing.npz", says=("missing.npz",))


@pytest.mark.parametrize("command", ["evaluate", "predict"])
def test_images_of_another_size_are_refused_with_both_numbers(trained, command):
    images, labels = tiny_images()
    np.savez("small.npz", X=images, y=labels)
    refused(command, trained, "small.npz", says=("64 pixels", "have 16"))


@pytest.mark.parametrize("command", ["evaluate", "predict"])
def test_what_is_no_model_is_refused(trained, command):
    file = trained / "model.safetensors"
    refused(command, "missing", "digits", says=("missing",))
    refused(command, ".", "digits", says=("model.safetensors",))
    content = file.read_bytes()
    file.write_bytes(content[:-50])
    refused(command, trained, "digits", says=("model.safetensors",))
    file.write_bytes(b"no model at all")
    refused(command, trained, "digits", says=("model.safetensors",))


def test_a_machine_is_no_classifier(folder):
    images, _ = tiny_images()
    model_file.save(RBM(4, n_iter=1, random_state=0).fit(images / 255), folder / "rbm.safetensors")
    refused("evaluate", "rbm.safetensors", "digits", says=("RBM", "predicts nothing", "score"))
