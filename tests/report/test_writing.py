"""Reports and pictures as files: whole or not at all, and never in place of something by accident."""

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from deepbelief.displays import PreviewDisplay
from deepbelief.report import write_figures, write_report
from deepbelief.report.writing import check_format, picture_bytes


def test_the_file_is_the_page_drawn_again(tmp_path, subject, html):
    """The same subject gives the same characters."""
    write_report(tmp_path / "report.html", subject, force=False)
    assert (tmp_path / "report.html").read_text(encoding="utf-8") == html


def test_nothing_is_replaced_without_force(tmp_path, undrawn, subject):
    path = tmp_path / "report.html"
    path.write_text("mine")
    with pytest.raises(FileExistsError, match="--force"):
        write_report(path, subject, force=False)
    assert path.read_text() == "mine"
    write_report(path, subject, force=True)
    assert path.read_text(encoding="utf-8").startswith("<!doctype html>")


def test_a_folder_that_is_not_there(tmp_path, subject):
    with pytest.raises(FileNotFoundError, match="there is no folder"):
        write_report(tmp_path / "no" / "report.html", subject, force=False)


def test_every_figure_is_a_png(tmp_path, subject, summary):
    write_figures(tmp_path / "figures", subject)
    written = sorted(path.name for path in (tmp_path / "figures").iterdir())
    drawn = [b["name"] for section in summary["sections"] for b in section["blocks"] if b["kind"] == "figure"]
    assert written == sorted(f"{name}.png" for name in drawn)
    assert all(path.read_bytes().startswith(b"\x89PNG") for path in (tmp_path / "figures").iterdir())


def test_figures_without_labels(tmp_path, monkeypatch, subject):
    monkeypatch.setattr("deepbelief.report.writing.png", lambda display: b"drawn")
    write_figures(tmp_path, replace(subject, dataset=replace(subject.dataset, labels=None), rows=np.arange(0)))
    assert not (tmp_path / "confusion.png").exists()
    assert (tmp_path / "preview.png").exists()


@pytest.mark.parametrize("name, start", [("a.png", b"\x89PNG"), ("a.SVG", b"<"), ("a.pdf", b"%PDF")])
def test_the_name_chooses_the_format(tmp_path, subject, name, start):
    path = tmp_path / name
    check_format(path)
    display = PreviewDisplay.from_data(subject.dataset.images, n_images=4)
    assert picture_bytes(display, path).startswith(start)


@pytest.mark.parametrize("name", ["a", "a.gif", "png", "a.png.txt"])
def test_other_names_are_refused(name):
    with pytest.raises(ValueError, match=re.escape(".png, .svg, .pdf; choose one")):
        check_format(Path(name))


def test_why_a_run_has_no_page_is_said_and_an_earlier_page_goes(tmp_path, monkeypatch):
    from types import SimpleNamespace

    from deepbelief.errors import ModelError
    from deepbelief.report import writing

    def refused(training):
        raise ModelError("the page of this net would have 900 MB")

    pages = []
    monkeypatch.setattr(writing, "subject_of_training", lambda training: None)
    monkeypatch.setattr(writing, "write_figures", lambda folder, subject: None)
    monkeypatch.setattr(writing, "write_report", lambda path, subject, force, page: pages.append(page))
    monkeypatch.setattr(writing, "explored_run", refused)
    (tmp_path / "net.html").write_text("of an earlier net")
    run = SimpleNamespace(out=tmp_path)
    assert writing.write_run_report(run) == "the page of this net would have 900 MB"
    assert not (tmp_path / "net.html").exists()
    assert writing.write_run_report(run, with_page=False) == ""
    monkeypatch.setattr(writing, "explored_run", lambda training: SimpleNamespace(html="<p>"))
    assert writing.write_run_report(run) == ""
    assert (tmp_path / "net.html").read_text() == "<p>"
    assert pages == ["", "", "net.html"]
