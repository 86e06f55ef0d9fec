"""The page: one file, well formed, nothing fetched, nothing run, and whatever data are called stays text."""

import re
import warnings
from itertools import pairwise

import pytest
from jinja2 import UndefinedError

from deepbelief.report import render, summarise
from report.pages import Page
from report.subjects import renamed

MARKUP = ["<script>alert(1)</script>", "a\"b'c&amp;<img src=x onerror=alert(2)>"]
PLAIN = [re.sub(r"\W", "x", word) for word in MARKUP]


def test_the_page_is_under_3_megabytes(html):
    assert len(html.encode()) < 3_000_000


def test_nothing_is_run_and_nothing_is_fetched(html, page):
    assert not {"script", "link", "iframe", "object", "embed", "base", "form", "foreignobject"} & set(page.tags)
    assert [name for _, attributes in page.elements for name in attributes if name.startswith("on")] == []
    links = [value for name in ("href", "xlink:href", "src", "data", "srcset") for value in page.values(name)]
    assert all(link.startswith(("#", "data:image/png;base64,")) for link in links)
    assert not re.search(r"@import|url\((?!\s*['\"]?(#|data:))", page.style)
    without_namespaces = re.sub(r"\sxmlns(:\w+)?=\"[^\"]*\"", "", html)
    assert not re.search(r"[\"'(]\s*(https?:)?//", without_namespaces)
    (policy,) = [a["content"] for _, a in page.elements if a.get("http-equiv") == "Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script" not in policy


def test_it_is_a_whole_document(html, page):
    assert html.startswith("<!doctype html>\n")
    assert html.count("<!") == 1
    assert "<?" not in html
    assert page.elements[0] == ("html", {"lang": "en"})
    metas = {
        attributes.get("name"): attributes["content"]
        for tag, attributes in page.elements
        if tag == "meta" and "content" in attributes
    }
    assert metas["color-scheme"] == "light dark"
    assert metas["viewport"].startswith("width=device-width")
    ids = page.values("id")
    assert len(ids) == len(set(ids))
    assert {link[1:] for link in page.values("href")} <= set(ids)
    assert all(reference in ids for reference in page.values("aria-labelledby"))
    assert set(re.findall(r"url\(#([^)]+)\)", html)) <= set(ids)


def test_headings_go_down_one_step_at_a_time(page):
    levels = [int(tag[1]) for tag in page.tags if re.fullmatch(r"h[1-6]", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(below <= above + 1 for above, below in pairwise(levels))


def test_every_figure_has_words(page, summary):
    n_figures = page.tags.count("figure")
    assert n_figures == 18
    assert page.tags.count("figcaption") == n_figures
    described = [a["aria-label"] for _, a in page.elements if a.get("role") == "img"]
    assert len(set(described)) == n_figures <= len(described)  # most are drawn twice, for phones too
    assert all(len(words) > 40 for words in described)
    assert page.classes("signs") == n_figures - 1  # all but the drawing of the network


def test_numbers_and_sections_are_on_the_page(page, summary):
    for number in summary["numbers"]:
        assert number["value"] in page.text
    for section in summary["sections"]:
        assert section["title"] in page.text
    assert "deepbelief train digits --layers 16,9 --seed 5" in page.text


def test_findings_stand_before_everything_else(summary, page):
    assert page.classes("findings") == 0
    finding = {"name": "dead units", "where": "layer 1", "advice": "Do this.", "evidence": "50 %.", "source": "a guide"}
    broken = Page(render({**summary, "findings": [finding], "findings_title": "The diagnosis has 1 finding"}))
    assert broken.classes("findings") == 1
    positions = [broken.text.index(words) for words in (*finding.values(), "accuracy on", "Reconstructions")]
    assert min(positions[:5]) > broken.text.index("The diagnosis has 1 finding")
    assert max(positions[:5]) < positions[5] < positions[6]


def test_names_that_are_markup_stay_text(subject):
    evil = Page(render(summarise(renamed(subject, MARKUP))))
    tame = Page(render(summarise(renamed(subject, PLAIN))))
    # Not one element or attribute more or less than with harmless names of the same length: none comes from data.
    assert evil.structure == tame.structure
    assert "script" not in evil.tags
    for word in MARKUP:
        assert word in evil.text
    assert f"{MARKUP[0]}0" in evil.text  # a class, in the table
    assert not [value for value in evil.values("href") if not value.startswith("#")]


def test_names_that_look_like_mathematics_or_another_script(subject):
    words = [r"$\bad{$", "数字 🐜"]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        page = Page(render(summarise(renamed(subject, words))))
    assert all(word in page.text for word in words)


def test_a_summary_that_lacks_something_is_an_error(summary):
    with pytest.raises(UndefinedError):
        render({name: value for name, value in summary.items() if name != "lead"})


def test_a_file_name_that_is_no_text(summary):
    assert "\\udcff.npz" in render({**summary, "name": "\udcff.npz"})
