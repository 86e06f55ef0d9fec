"""Rows without a label on the command line: all commands have the estimators' rules, and say how many they are."""

from pathlib import Path

import numpy as np
import pytest

from cli.conftest import TINY, done, refused, tiny_images
from deepbelief import DBNClassifier, save
from report.pages import Page

IMAGES, LABELS = tiny_images()
TRAIN = (*TINY, "--validation-fraction", 0.2)
HIDDEN = np.arange(60) % 5 == 0
SAID = "rows labelled -1 count as unlabelled, and the classes go from 0 to 1"


def saved(name, y):
    np.savez(name, X=IMAGES, y=y)
    return name


@pytest.fixture
def all_labelled(folder) -> Path:
    """A model that learned that −1, 0 and 1 are classes."""
    net = DBNClassifier((8,), pretrain_epochs=1, softmax_epochs=1, finetune_epochs=1, unlabelled=None, random_state=0)
    save(net.fit(IMAGES / 255, LABELS - 1), folder / "net", image_shape=(4, 4))
    return folder / "net"


@pytest.mark.parametrize("mark", [-1, np.nan])
def test_train_counts_unlabelled_rows(folder, mark):
    saved("some.npz", np.where(HIDDEN, mark, LABELS + 3))
    outcome = done("train", "some.npz", *TRAIN)
    assert "(38 rows with a label, 12 without)" in outcome.stdout
    assert "Warning" not in outcome.stderr
    assert "(48 rows)" in done("train", saved("all.npz", LABELS), *TRAIN).stdout


def test_train_says_that_minus_one_beside_0_and_1_is_no_class(folder):
    outcome = done("train", saved("signs.npz", LABELS - 1), *TRAIN)
    assert outcome.stderr.count(f"Warning: 20 {SAID}") == outcome.stderr.count("Warning") == 1


def test_words_some_of_which_are_minus_one(folder):
    words = np.where(HIDDEN, "-1", np.array(["ant", "bee", "cat"])[LABELS])
    outcome = done("train", saved("words.npz", words), *TRAIN, "--out", "run")
    assert "Warning: 12 rows labelled -1 count as unlabelled, and the classes go from 'ant' to 'cat'" in outcome.stderr
    result = done("evaluate", "run", "words.npz", "--json").json
    assert (result["n_rows"], result["n_skipped"], result["classes"]) == (48, 12, ["ant", "bee", "cat"])


def test_compare_says_it_too(folder):
    outcome = done("compare", saved("signs.npz", LABELS - 1), "--models", "knn,dnn", "--seeds", 1, *TINY)
    assert "20 rows to learn from, 20 to measure on; 20 without a label left out" in outcome.stdout
    assert outcome.stderr.count(f"Warning: 20 {SAID}") == outcome.stderr.count("Warning") == 1


@pytest.mark.parametrize("setting, classes", [("none", [-1, 0, 1]), ("-1", [0, 1]), ("1", [-1, 0])])
def test_users_say_otherwise(folder, setting, classes):
    says = ("--set", f"unlabelled={setting}")
    n_skipped = 20 * (3 - len(classes))
    outcome = done("train", saved("signs.npz", LABELS - 1), *TRAIN, *says, "--out", "run")
    assert "Warning" not in outcome.stderr
    result = done("evaluate", "run", "signs.npz", "--json").json
    assert (result["classes"], result["n_skipped"]) == (classes, n_skipped)
    outcome = done("compare", "signs.npz", "--models", "knn,dnn", "--seeds", 1, *TINY, *says, "--json")
    assert "Warning" not in outcome.stderr
    assert (outcome.json["classes"], outcome.json["n_skipped"]) == (classes, n_skipped)


@pytest.mark.parametrize("command", ["evaluate", "report", "diagnose"])
def test_minus_one_is_a_class_of_a_model_that_learned_so(all_labelled, command):
    outcome = done(command, all_labelled, saved("signs.npz", LABELS - 1))
    assert "Warning" not in outcome.stderr
    if command == "evaluate":
        assert "60 rows; 95 %" in outcome.stdout
    if command == "report":
        page = Page(Path("report.html").read_text(encoding="utf-8"))
        assert "accuracy on 60 rows" in page.text
        assert "Without a label" not in page.text


def test_the_report_counts_unlabelled_rows(all_labelled):
    done("report", all_labelled, saved("some.npz", np.where(HIDDEN, np.nan, LABELS - 1)), "--force")
    words = " ".join(Page(Path("report.html").read_text(encoding="utf-8")).text.split())
    assert "accuracy on 48 rows" in words
    assert "Without a label12 rows" in words


def test_labels_that_are_bytes(folder, all_labelled):
    saved("bytes.npz", np.array([b"a", b"b", b"c"])[LABELS])
    refused("train", "bytes.npz", *TRAIN, says=("bytes.npz: y holds bytes; make them words with y.astype(str)",))
    refused("evaluate", all_labelled, "bytes.npz", says=("bytes.npz: y holds bytes",))
