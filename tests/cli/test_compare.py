"""``deepbelief compare``: the table, the JSON, what is refused, and what goes wrong on the way."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier

from cli.conftest import TINY, done, refused, run, tiny_images
from datasets.writers import csv_text
from deepbelief.experiment import trials
from deepbelief.report.wording import percent
from report.pages import Page

IMAGES, LABELS = tiny_images()


@pytest.fixture
def tiny(folder) -> str:
    np.savez("tiny.npz", X=IMAGES, y=LABELS)
    return "tiny.npz"


def test_the_table_ranks_all_models(folder):
    outcome = done("compare", *TINY, "--seeds", 2)
    head, _, header, *rows = outcome.stdout.splitlines()[:11]
    assert head == "898 rows to learn from, 899 to measure on"
    assert header.split()[:2] == ["model", "accuracy"]
    accuracies = [float(row.split()[1]) for row in rows]
    assert accuracies == sorted(accuracies, reverse=True)
    assert {row.split()[0] for row in rows} == {
        *("logistic", "logistic-scaled", "knn", "knn-scaled", "svm", "svm-scaled", "dnn", "dnn-random")
    }
    assert sum("±" in row for row in rows) == 2
    assert "level with the best" in rows[1]
    assert "level with the best" not in rows[-1]
    p_values = outcome.stdout.partition("McNemar")[2].splitlines()[3:]
    assert [len(row.split()) for row in p_values] == list(range(2, 10))
    assert p_values[-1].split()[2] == "<0.001"
    assert [line.partition(":")[0] for line in outcome.stderr.splitlines()][-1] == "dnn"
    assert outcome.stderr.count("\n") == 8


def test_json_is_one_object(tiny):
    outcome = done("compare", tiny, "--models", "knn, svm", "--test-fraction", 0.25, "--seed", 3, "--json")
    result = outcome.json
    assert {model["model"] for model in result["models"]} == {"knn", "svm"}
    assert (result["n_train"], result["n_test"]) == (45, 15)
    assert result["settings"]["models"] == ["knn", "svm"]
    assert result["settings"]["seed"] == 3
    for model in result["models"]:
        low, high = model["interval"]
        assert low <= model["accuracy"] <= high
        assert np.sum(model["confusion_matrix"]) == 15
        assert model["spread"] is None
        assert {"precision", "recall", "f1", "runs", "classification_report"} <= set(model)
    assert {"first", "second", "only_first", "only_second", "p_value", "p_corrected"} == set(result["pairs"][0])


def test_rows_that_are_there_twice_are_pointed_out(folder):
    np.savez("twice.npz", X=np.concatenate([IMAGES, IMAGES]), y=np.concatenate([LABELS, LABELS]))
    result = done("compare", "twice.npz", "--models", "knn,svm", "--json").json
    n, (first, second) = result["n_duplicates"], result["models"]
    assert 0 < n < result["n_test"] == 60
    head = done("compare", "twice.npz", "--models", "knn,svm", "-o", "page.html").stdout.splitlines()
    assert head[1] == (
        f"{n} of the rows to measure on are the same as a row to learn from; accuracy on the others: "
        f"{first['model']} {first['accuracy_on_others']:.4f}, {second['model']} {second['accuracy_on_others']:.4f}"
    )
    text = Page(Path("page.html").read_text(encoding="utf-8")).text
    assert f"{n} of them the same as a row learned from" in text
    assert f"{first['model']} {percent(first['accuracy_on_others'], 2)}" in text


def test_a_comparison_on_nothing_but_known_rows(folder):
    np.savez("same.npz", X=np.repeat(IMAGES[:3], 20, axis=0), y=np.repeat(LABELS[:3], 20))
    outcome = done("compare", "same.npz", "--models", "knn", "-o", "page.html")
    assert outcome.stdout.splitlines()[1] == "30 of the rows to measure on are the same as a row to learn from"
    assert "there are none" in Page(Path("page.html").read_text(encoding="utf-8")).text
    assert done("compare", "same.npz", "--models", "knn", "--json").json["models"][0]["accuracy_on_others"] is None


def test_details_are_reports_and_matrices(tiny):
    text = done("compare", tiny, "--models", "knn,svm", "--details").stdout
    assert text.count("Confusion matrix: ") == 2
    assert text.count("macro avg") == 2
    assert "Confusion matrix" not in done("compare", tiny, "--models", "knn").stdout


def test_a_model_that_fails_is_reported_and_the_others_go_on(tiny, monkeypatch):
    def failing(self, *_):
        raise ValueError("the neighbours\nhave moved")

    monkeypatch.setattr(KNeighborsClassifier, "fit", failing)
    outcome = done("compare", tiny, "--models", "knn,svm,logistic")
    assert "knn: failed: the neighbours have moved\n" in outcome.stderr
    assert "knn failed: the neighbours have moved\n" in outcome.stdout
    assert outcome.stdout.count("level with the best") == 1
    outcome = run("compare", tiny, "--models", "knn", "--json")
    assert outcome.code == 1
    assert outcome.json["failures"] == [{"model": "knn", "reason": "the neighbours have moved"}]
    assert outcome.stderr.splitlines()[-1] == "Error: no model could be measured; see above why"


def test_a_model_that_takes_long_says_so_beforehand(tiny, monkeypatch):
    monkeypatch.setattr(trials, "_LONG", 10)
    monkeypatch.setattr("deepbelief.cli.compare_progress._WORTH_SAYING", 0)
    lines = done("compare", tiny, "--models", "knn,dnn", *TINY, "--seeds", 2).stderr.splitlines()
    announced = [line.partition(": this takes roughly 0:00:0")[0] for line in lines if "a rough estimate" in line]
    assert announced == ["knn", "dnn, run 1/2", "dnn, run 2/2"]


def test_a_model_at_work_is_reported_now_and_then(tiny, monkeypatch):
    monkeypatch.setattr(trials, "_HEARTBEAT", 0.001)
    monkeypatch.setattr("deepbelief.cli.compare_progress._BETWEEN_LINES", 0.001)
    lines = done("compare", tiny, "--models", "dnn", *TINY, "--pretrain-epochs", 50, "--seeds", 2).stderr.splitlines()
    assert any(line.startswith("dnn, run 1/2: 0 s so far") for line in lines)
    assert any(" left" in line or "longer than estimated" in line for line in lines if "run 2/2" in line)


def test_an_interrupted_comparison_is_one_line(tiny, monkeypatch):
    def interrupted(self, *_):
        raise KeyboardInterrupt

    monkeypatch.setattr(LogisticRegression, "fit", interrupted)
    outcome = run("compare", tiny, "--models", "knn,logistic", "--json")
    assert outcome.code == 130
    assert outcome.stdout == ""
    assert outcome.stderr.splitlines()[1:] == ["Interrupted."]


@pytest.mark.skipif(os.name == "nt", reason="signals differ on Windows")
def test_ctrl_c_is_heard_while_compiled_code_runs(folder):
    # Half a minute of libsvm, which looks at no signal.
    images = np.random.default_rng(0).random((40_000, 30), np.float32)
    np.savez("noise.npz", X=images, y=np.arange(40_000) % 2)
    code = (
        "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "import deepbelief.cli.compare_progress as progress; progress._WORTH_SAYING = 0\n"
        "from deepbelief.cli.main import main; main()"
    )
    arguments = [sys.executable, "-c", code, "compare", "noise.npz", "--models", "svm"]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as started:
        assert started.stderr.readline().startswith("svm: this takes roughly")
        started.send_signal(signal.SIGINT)
        stdout, stderr = started.communicate(timeout=60)
    assert started.returncode == 130
    assert stdout == ""
    assert stderr == "Interrupted.\n"


@pytest.mark.skipif(not hasattr(os, "openpty"), reason="needs a pseudo-terminal")
def test_a_terminal_sees_a_row_for_each_model(tiny):
    ours, theirs = os.openpty()
    arguments = [sys.executable, "-m", "deepbelief", "compare", tiny, "--models", "knn,dnn", *TINY, "--json"]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=theirs, text=True) as started:
        os.close(theirs)
        shown = b""
        while True:
            try:
                piece = os.read(ours, 65536)
            except OSError:  # how Linux says that the other side has closed
                break
            if not piece:
                break
            shown += piece
        stdout = started.stdout.read()
    os.close(ours)
    assert started.returncode == 0
    assert stdout.startswith("{")
    for part in ("knn", "dnn", "accuracy"):
        assert part in shown.decode()


def test_a_page_is_written_where_o_says(tiny, folder):
    outcome = done("compare", tiny, "--models", "knn,svm", "-o", "page.html")
    assert outcome.stdout.splitlines()[-1] == "Wrote page.html"
    assert outcome.stdout.startswith("30 rows to learn from, 30 to measure on")
    page = Page(Path("page.html").read_text(encoding="utf-8"))
    assert "Classifiers compared on tiny.npz" in " ".join(page.text.split())
    assert (folder / "page.html").stat().st_size < 300_000
    done("compare", tiny, "--models", "knn")
    assert {path.name for path in folder.iterdir()} == {"page.html", "tiny.npz"}


def test_the_page_has_the_numbers_of_the_json(tiny):
    outcome = done("compare", tiny, "--models", "knn,svm,logistic", "--json", "-o", "page.html")
    assert outcome.stderr.splitlines()[-1] == "Wrote page.html"
    Path("comparison.json").write_text(outcome.stdout)
    from deepbelief.report import read_comparison, render, summarise_comparison

    page = render(summarise_comparison(read_comparison(Path("comparison.json"))))
    assert Path("page.html").read_text(encoding="utf-8") == page
    for model in outcome.json["models"]:
        assert f"{100 * model['accuracy']:.2f}" in page


def test_no_page_is_overwritten_without_force(tiny):
    Path("page.html").write_text("mine")
    refused("compare", "no such data", "-o", "page.html", says=("page.html", "--force"))
    refused("compare", "no such data", "-o", "no/page.html", says=("there is no folder",))
    assert Path("page.html").read_text() == "mine"
    done("compare", tiny, "--models", "knn", "-o", "page.html", "--force")
    assert Path("page.html").read_text(encoding="utf-8").startswith("<!doctype html>")


def test_names_with_markup_stay_text_on_the_page(folder):
    names = np.array(["<script>alert(1)</script>", "b&amp;", "c"])
    np.savez("<img src=x>.npz", X=IMAGES, y=names[LABELS])
    done("compare", "<img src=x>.npz", "--models", "knn", "-o", "page.html")
    page = Page(Path("page.html").read_text(encoding="utf-8"))
    assert not {"script", "img"} & set(page.tags)
    assert all(name in page.text for name in (*names, "<img src=x>.npz"))


def test_a_page_that_cannot_be_written_comes_after_the_results(tiny, monkeypatch):
    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.replace", full)
    outcome = run("compare", tiny, "--models", "knn", "--json", "-o", "page.html")
    assert outcome.code == 1
    assert outcome.json["models"][0]["model"] == "knn"
    said = "Error: page.html cannot be written: no space left on device; choose another place with -o"
    assert outcome.stderr.splitlines()[-1] == said


def test_without_a_model_there_is_no_page(tiny, monkeypatch):
    def failing(self, *_):
        raise ValueError("no")

    monkeypatch.setattr(KNeighborsClassifier, "fit", failing)
    assert run("compare", tiny, "--models", "knn", "-o", "page.html").code == 1
    assert not Path("page.html").exists()


BAD = {
    "no labels": ({"X": IMAGES}, ("bad.npz: there is nothing to be predicted", "add labels or numbers")),
    "all unlabelled": ({"X": IMAGES, "y": np.full(60, -1)}, ("bad.npz: no row has a label", "label some rows")),
    "one class": ({"X": IMAGES, "y": np.full(60, 4)}, ("bad.npz: one class only, 4;",)),
    "class of one row": (
        {"X": IMAGES, "y": np.where(np.arange(60) == 5, 9, LABELS % 2)},
        ("bad.npz: Class 9 has one row only", "add rows of that class, or leave out the classes that have few"),
    ),
    "too few rows": ({"X": IMAGES[:5], "y": [0, 0, 1, 1, 1]}, ("bad.npz: 5 labelled rows are too few",)),
}


@pytest.mark.parametrize("name", BAD)
def test_data_that_cannot_be_compared_on(folder, name):
    arrays, says = BAD[name]
    np.savez("bad.npz", **arrays)
    said = refused("compare", "bad.npz", "--test-fraction", 0.2, says=says)
    assert "--validation-fraction" not in said


def test_a_csv_without_labels_is_refused(folder):
    Path("test.csv").write_text(csv_text(IMAGES))
    refused("compare", "test.csv", says=("test.csv: there is nothing to be predicted",))
    refused("compare", "missing.csv", says=("missing.csv: no such file",))
    refused("compare", "--device", "abacus", says=("abacus",))


@pytest.mark.parametrize(
    "arguments", [("--test-fraction", "0"), ("--test-fraction", "1"), ("--seeds", "0"), ("--layers", "0"), ("--odd",)]
)
def test_wrong_usage_is_2(folder, arguments):
    outcome = run("compare", *arguments)
    assert (outcome.code, outcome.stdout) == (2, "")
    assert "Usage: " in outcome.stderr


@pytest.mark.parametrize("models", ["forest", "knn,forest", "knn,", ""])
def test_unknown_models_are_refused_with_the_known_ones(folder, models):
    outcome = run("compare", "--models", models)
    assert (outcome.code, outcome.stdout) == (2, "")
    last = outcome.stderr.splitlines()[-1]
    assert "there is no model" in last
    assert "choose among logistic, logistic-scaled, knn, knn-scaled, svm, svm-scaled, dnn-random, dnn" in last


def test_the_settings_of_the_use_case_are_those_of_the_command():
    from deepbelief.cli.compare import compare
    from deepbelief.command_line import OPTIONS
    from deepbelief.experiment import ComparisonSettings

    defaults = {**compare.make_context("compare", []).params}
    assert [defaults.pop(name) for name in ("as_json", "details", "output", "force")] == [False, False, None, False]
    assert {defaults.pop(name) for name in OPTIONS} == {None}
    assert not any(defaults.pop(name) for name in ("target", "drop", "categorical", "image_size", "skip_bad"))
    assert defaults.pop("task") == "auto"
    assert defaults.pop("assigned") == ()
    assert ComparisonSettings(**defaults) == ComparisonSettings()
