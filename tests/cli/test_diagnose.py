"""The command diagnose, and what train says of a model that learned nothing."""

import json
from pathlib import Path

import numpy as np
import pytest

import deepbelief
from cli.conftest import TINY, done, refused, tiny_images
from deepbelief import DBNClassifier

FIELDS = {"name", "where", "value", "threshold", "evidence", "advice", "source"}


def write_stuck_model(path):
    """A model whose only layer never moved."""
    images, labels = tiny_images(n_rows=120)
    net = DBNClassifier((16,), pretrain_epochs=2, pretrain_learning_rate=1e-9, finetune_epochs=30, random_state=0)
    deepbelief.save(net.fit(images / 255, labels), path, image_shape=(4, 4))
    np.savez("data.npz", X=images, y=labels)


def test_a_healthy_model(folder):
    done("train", "digits", "--layers", "100", "--out", "run")
    report = done("diagnose", "run", "digits", "--json").json
    overlap = report.pop("overlap")
    assert report == {"healthy": True, "findings": [], "n_rows": 1797}
    assert (overlap["n_learned_from"], overlap["n_others"]) == (1617, 180)
    assert overlap["accuracy_on_others"] == json.loads(Path("run/result.json").read_text())["accuracy"]
    outcome = done("diagnose", "run", "digits")
    lines = outcome.stdout.splitlines()
    assert lines[:2] == ["Nothing wrong found (1797 rows).", "Learned from: 1617 of these 1797 rows."]
    assert lines[2].startswith(f"Accuracy on the others: {overlap['accuracy_on_others']:.4f} (180 rows; ")
    assert outcome.stderr.startswith("Note: most of these rows were learned from")


def test_a_network_is_not_judged_by_rows_that_it_knows_by_heart(folder):
    """Noise with labels at random: right about what it learned from, and lost on everything else."""
    generator = np.random.default_rng(0)
    images, labels = generator.integers(0, 256, (300, 100), np.uint8), generator.integers(0, 2, 300)
    np.savez("learned.npz", X=images[:150], y=labels[:150])
    np.savez("all.npz", X=images, y=labels)
    epochs = ("--pretrain-epochs", 5, "--finetune-epochs", 150)
    done("train", "learned.npz", "--layers", 100, *epochs, "--validation-fraction", 0, "--out", "run")

    def found(data):
        report = done("diagnose", "run", data, "--json").json
        return {finding["name"]: finding for finding in report["findings"]}, report["overlap"]

    findings, overlap = found("all.npz")
    assert overlap["n_learned_from"] == 150
    assert findings["no-better-than-majority"]["value"] == pytest.approx(overlap["accuracy_on_others"])
    accuracy = done("evaluate", "run", "all.npz", "--json").json["accuracy"]
    assert accuracy > findings["no-better-than-majority"]["threshold"]  # all rows together would have hidden it
    findings, overlap = found("learned.npz")
    assert "no-better-than-majority" not in findings
    assert (overlap["n_others"], overlap["accuracy_on_others"]) == (0, None)
    assert "all of these rows were learned from" in done("diagnose", "run", "learned.npz").stderr


def test_rows_are_counted_where_there_is_nothing_to_measure(folder):
    images, labels = tiny_images()
    np.savez("data.npz", X=images, y=labels)
    np.savez("bare.npz", X=images)
    np.savez("unlabelled.npz", X=images, y=np.full(60, -1))
    done("train", "data.npz", *TINY, "--validation-fraction", 0, "--out", "run")
    for data in ("bare.npz", "unlabelled.npz"):
        overlap = done("diagnose", "run", data, "--json").json["overlap"]
        assert (overlap["n_rows"], overlap["n_learned_from"], overlap["accuracy_on_others"]) == (60, 60, None)


def test_a_model_that_learned_nothing_is_told_so(folder):
    write_stuck_model("stuck.safetensors")
    report = done("diagnose", "stuck.safetensors", "data.npz", "--json").json
    assert report["healthy"] is False
    assert all(set(finding) == FIELDS for finding in report["findings"])
    stuck = next(finding for finding in report["findings"] if finding["name"] == "weights-not-moving")
    assert stuck["where"] == "layer 1"
    assert stuck["value"] < stuck["threshold"]
    text = done("diagnose", "stuck.safetensors", "data.npz").stdout
    assert "weights-not-moving (layer 1)" in text
    assert "use a higher learning rate" in text
    assert "Source: Hinton" in text


def test_train_prints_what_it_finds(folder):
    """Pixels 0 to 16 in a file of bytes are nearly black for binary units."""
    images, labels = tiny_images()
    np.savez("dark.npz", X=images // 16, y=labels)
    assert (
        "inputs-in-narrow-range (the data)"
        in done("train", "dark.npz", "--visible", "bernoulli", *TINY, "--out", "run").stdout
    )
    found = done("train", "dark.npz", "--visible", "bernoulli", *TINY, "--out", "again", "--json").json["findings"]
    assert "inputs-in-narrow-range" in [finding["name"] for finding in found]


def test_a_network_from_random_weights_is_no_broken_one(folder):
    done("train", "digits", "--layers", "64", "--pretrain-epochs", "0", "--out", "run")
    assert done("diagnose", "run", "digits", "--json").json["findings"] == []


def test_a_net_without_a_classifier_can_be_diagnosed(folder):
    images, labels = tiny_images()
    np.savez("data.npz", X=images, y=labels)
    deepbelief.save(deepbelief.DBN((8, 4), n_iter=1, random_state=0).fit(images / 255), "dbn.safetensors")
    assert "findings" in done("diagnose", "dbn.safetensors", "data.npz", "--json").json


def test_bad_input_is_one_line(trained, folder):
    refused("diagnose", "nowhere", "digits", says=("nowhere", "no such model"))
    refused("diagnose", trained, "nowhere.csv", says=("nowhere.csv", "no such file"))
    np.savez("wide.npz", X=np.zeros((3, 9)))
    refused("diagnose", trained, "wide.npz", says=("64 pixels", "have 9"))
