"""``deepbelief report``: the page of a model and data, and one sentence where there can be none."""

import json
import os
from pathlib import Path

import numpy as np
import pytest

from cli.conftest import done, refused, run, tiny_images
from deepbelief.datasets import load
from deepbelief.estimators import model_file
from deepbelief.report.wording import percent
from report.pages import Page


@pytest.fixture
def page(trained, folder) -> Page:
    done("report", trained, "digits")
    return Page((folder / "report.html").read_text(encoding="utf-8"))


def test_the_page_shows_the_model_and_the_data(page, trained):
    digits = load("digits")
    predicted = model_file.load(trained / "model.safetensors").predict(digits.images)
    assert f"{100 * (predicted == digits.labels).mean():.1f}\u202f%" in page.text
    assert digits.fingerprint in page.text
    assert "64 – 16 – 10" in page.text
    held_out = json.loads((trained / "result.json").read_text())["accuracy"]
    said = f"It learned from 1\u202f617 of them, and names {percent(held_out)} of the other 180 correctly."
    assert said in page.text
    assert "accuracy on 180 rows not learned from" in page.text
    assert "1\u202f617 of 1\u202f797 rows" in page.text


def test_the_page_quotes_the_record_of_the_run(page, trained):
    record = json.loads((trained / "result.json").read_text())
    assert record["command"] in page.text
    assert record["versions"]["numpy"] in page.text


@pytest.mark.draws
def test_what_it_says(trained, folder):
    outcome = done("report", trained, "digits", "-o", "page.html")
    assert outcome.stdout == "Wrote page.html\n"
    assert outcome.stderr == ""
    assert (folder / "page.html").stat().st_size < 3_000_000


def test_a_model_file_by_itself_will_do(trained, folder):
    os.rename(trained / "model.safetensors", folder / "alone")
    done("report", "alone", "digits")
    page = Page(Path("report.html").read_text(encoding="utf-8"))
    assert "The command that repeats" not in page.text
    assert "pretrain epochs" in page.text


def test_data_without_labels(trained):
    np.savez("bare.npz", X=load("digits").images[:50, ::-1])  # turned over: not what it learned from
    done("report", trained, "bare.npz")
    page = Page(Path("report.html").read_text(encoding="utf-8"))
    assert "makes of bare" in " ".join(page.text.split())
    assert "Classification" not in page.text
    assert "What the units have learned" in page.text


def test_rows_without_a_label_are_not_measured(trained):
    digits = load("digits")
    labels = np.where(np.arange(50) < 20, digits.labels[:50], -1)
    np.savez("some.npz", X=digits.images[:50], y=labels)
    done("report", trained, "some.npz")
    assert "accuracy on 20 rows" in Path("report.html").read_text(encoding="utf-8")


def test_labels_of_another_kind(trained):
    np.savez("names.npz", X=load("digits").images[:4], y=np.array(["a", "b", "c", "d"]))
    refused("report", trained, "names.npz", says=("names.npz", "one kind of label"))


def test_nothing_is_overwritten_without_force(trained):
    Path("report.html").write_text("mine")
    refused("report", "no such model", "digits", says=("report.html", "--force"))
    assert Path("report.html").read_text() == "mine"
    done("report", trained, "digits", "--force")
    assert Path("report.html").read_text(encoding="utf-8").startswith("<!doctype html>")


def test_a_place_that_cannot_be_written(trained, monkeypatch):
    refused("report", "no such model", "digits", "-o", "no/x.html", says=("there is no folder",))

    def locked(*_, **__):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("os.replace", locked)
    said = refused("report", trained, "digits", "-o", "x.html")
    assert said == "Error: x.html cannot be written: permission denied; choose another place with -o\n"


def test_what_does_not_fit_together(trained):
    images, labels = tiny_images()
    np.savez("small.npz", X=images, y=labels)
    refused("report", trained, "small.npz", says=("64 pixels", "have 16"))
    refused("report", "missing", "digits", says=("missing", "no such model"))
    refused("report", trained, "missing.npz", says=("missing.npz", "no such file"))
    refused("report", trained, "digits", "--image-shape", "5x5", says=("5", "64"))
    assert not Path("report.html").exists()


@pytest.mark.parametrize(
    "content, says",
    [
        ("no json", "no JSON"),
        ("[" * 100_000, "no JSON"),
        ("[]", "no JSON object"),
        ('{"phases": [1]}', "phases is not what training writes"),
        ('{"seconds": NaN}', "seconds is not"),
        ('{"seconds": 1' + "0" * 400 + "}", "seconds is not"),
        ('{"settings": {"a": ' + "[" * 400 + "]" * 400 + "}}", "settings is not"),
        ('{"settings": "<b>"}', "settings is not"),
    ],
)
def test_a_record_that_somebody_spoiled(trained, content, says):
    (trained / "result.json").write_text(content)
    refused("report", trained, "digits", says=("result.json", says, "train the model again"))


def test_a_record_that_says_little(trained):
    (trained / "result.json").write_text("{}")
    done("report", trained, "digits")


def test_a_comparison_is_a_section(trained):
    compared = done("compare", "digits", "--models", "knn,svm", "--json")
    Path("comparison.json").write_text(compared.stdout)
    done("report", trained, "digits", "--comparison", "comparison.json")
    page = Page(Path("report.html").read_text(encoding="utf-8"))
    assert "comparison" in page.values("id")
    assert "Beside other models" in page.text
    for model in compared.json["models"]:
        low, high = model["interval"]
        assert f"{100 * model['accuracy']:.2f}\u202f%" in page.text
        assert f"{100 * low:.2f}–{100 * high:.2f}\u202f%" in page.text
        assert f"{model['model']}: how well each class is named" in page.text


@pytest.mark.parametrize(
    "content, says",
    [
        (None, "no such file"),
        ("1 row to learn from", "no JSON"),
        ("[]", "no JSON object"),
        ('{"accuracy": 0.9}', "classes is not what compare writes"),
        ('{"models": [], "failures": []}', "no model could be measured"),
    ],
)
def test_what_is_no_comparison_is_refused_before_the_model_is_read(content, says):
    if content is not None:
        Path("comparison.json").write_text(content)
    arguments = ("report", "no such model", "digits", "--comparison", "comparison.json")
    refused(*arguments, says=("comparison.json: ", says, "; make it with deepbelief compare --json"))
    assert not Path("report.html").exists()


@pytest.mark.parametrize("arguments", [(), ("model",), ("model", "digits", "--image-shape", "eight")])
def test_wrong_usage_is_2(folder, arguments):
    outcome = run("report", *arguments)
    assert outcome.code == 2
    assert "Usage: " in outcome.stderr
    assert not (folder / "report.html").exists()
