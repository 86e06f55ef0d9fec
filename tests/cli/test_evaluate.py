"""``deepbelief evaluate``: scikit-learn's numbers, and what does not fit together."""

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, confusion_matrix

from cli.conftest import TINY, done, refused, tiny_images
from deepbelief.datasets import load
from deepbelief.estimators import RBM, model_file


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


def test_images_seen_in_training_are_pointed_out(trained):
    outcome = done("evaluate", trained, "digits", "--json")
    assert outcome.json["seen_in_training"] is True
    assert outcome.stderr.count("\n") == 1
    assert "trained on these images" in outcome.stderr
    digits = load("digits")
    np.savez("part.npz", X=digits.images[:50], y=digits.labels[:50])
    outcome = done("evaluate", trained, "part.npz", "--json")
    assert outcome.json["seen_in_training"] is False
    assert outcome.stderr == ""


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
    refused("evaluate", "rbm.safetensors", "digits", says=("RBM", "not a classifier"))
