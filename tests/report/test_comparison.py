"""The page of a comparison, and the same as a section of a report: every number is the comparison's own."""

import re
import warnings
from dataclasses import replace

import pytest

from deepbelief.report import render, summarise, summarise_comparison
from report.comparisons import digits_comparison, many_classes, renamed_comparison
from report.pages import Page
from report.test_render import MARKUP, PLAIN


@pytest.fixture
def record():
    return digits_comparison()


@pytest.fixture
def summary(record):
    return summarise_comparison(record)


def blocks(summary, kind):
    return [block for section in summary["sections"] for block in section["blocks"] if block["kind"] == kind]


def percent(share):
    return f"{100 * share:.2f}\u202f%"


def share(place):
    return float(place.removesuffix("%")) / 100


def test_the_ranking_is_the_comparisons(undrawn, record, summary):
    ranking = blocks(summary, "table")[0]
    assert [row[0] for row in ranking["rows"]] == [
        f"{place}. {model['model']}" for place, model in enumerate(record["models"], 1)
    ]
    for row, model in zip(ranking["rows"], record["models"], strict=True):
        low, high = model["interval"]
        assert row[1] == percent(model["accuracy"])
        assert row[2] == f"{100 * low:.2f}–{percent(high)}"
        assert row[3:6] == [f"{model[name]:.4f}" for name in ("precision", "recall", "f1")]
        assert ("±" in row[6]) == (model["model"] == "dnn-random")
    assert percent(record["models"][0]["accuracy"]) in summary["lead"]


def test_who_is_level_is_said(undrawn, record, summary):
    first, *others = (model["model"] for model in record["models"])
    p = {pair["second"]: pair["p_corrected"] for pair in record["pairs"] if pair["first"] == first}
    said = [row[7] for row in blocks(summary, "table")[0]["rows"]]
    assert said == ["the best", *(f"p = {p[name]:.3f}" if p[name] >= 0.001 else "p < 0.001" for name in others)]
    assert "tells it from every other model" in summary["lead"]
    level = summarise_comparison({**record, "level_with_best": others})
    assert f"{others[0]} and {others[1]} are level with it" in level["lead"]
    assert [row[7][:9] for row in blocks(level, "table")[0]["rows"]] == ["the best", "level, p ", "level, p "]
    level = summarise_comparison({**record, "level_with_best": others[:1]})
    assert f"{others[0]} is level with it" in level["lead"]


def test_every_pair_has_its_p_value(undrawn, record, summary):
    table = blocks(summary, "table")[1]
    names = [model["model"] for model in record["models"]]
    assert table["columns"] == ["p-value against", "1", "2"]
    for pair in record["pairs"]:
        cell = table["rows"][names.index(pair["second"])][1 + names.index(pair["first"])]
        assert cell == ("< 0.001" if pair["p_corrected"] < 0.001 else f"{pair['p_corrected']:.3f}")
    assert sum(cell != "" for row in table["rows"] for cell in row[1:]) == len(record["pairs"])


def test_the_reports_are_scikit_learns(undrawn, record, summary):
    tables = blocks(summary, "table")[2:]
    for table, model in zip(tables, record["models"], strict=True):
        report = model["classification_report"]
        expected = [str(name) for name in record["classes"]]
        for row, name in zip(
            (*table["rows"], *table["summary_rows"]), (*expected, "macro avg", "weighted avg"), strict=True
        ):
            assert row[1:4] == [f"{report[name][score]:.3f}" for score in ("precision", "recall", "f1-score")]
            assert row[4] == str(int(report[name]["support"]))


def test_the_matrices_are_drawn(record, summary):
    figures = blocks(summary, "figure")
    assert len(figures) == 3
    for drawn, model in zip(figures, record["models"], strict=True):
        words = re.findall(r"<text[^>]*>([^<]*)</text>", drawn["drawings"][0]["svg"])
        counts = [str(count) for row in model["confusion_matrix"] for count in row if count]
        assert [word for word in words if word.isdigit()][20:] == counts  # after the classes on both axes
        assert model["model"] in drawn["title"]
        assert drawn["beside"]


def test_dots_and_bars_lie_where_they_belong(undrawn, record, summary):
    (chart,) = blocks(summary, "intervals")
    names = [float(line["name"].removesuffix("\u202f%")) / 100 for line in chart["lines"]]
    assert share(chart["lines"][0]["at"]) == 0
    assert share(chart["lines"][-1]["at"]) == 1

    def read(place):
        return names[0] + share(place) * (names[-1] - names[0])

    for row, model in zip(chart["rows"], record["models"], strict=True):
        places = (row["low"], row["at"], row["high"])
        truth = (model["interval"][0], model["accuracy"], model["interval"][1])
        assert [read(place) for place in places] == pytest.approx(truth, abs=1e-4)
        others = [run["accuracy"] for run in model["runs"][1:]]
        assert [read(place) for place in row["others"]] == pytest.approx(others, abs=1e-4)
        assert row["value"] == percent(model["accuracy"])
        assert f"{model['model']} {row['value']}" in chart["label"]
    assert [row["leads"] for row in chart["rows"]] == [True, False, False]


def test_a_seed_that_learned_nothing_does_not_stretch_the_chart(undrawn, record):
    models = record["models"]
    for model in models:  # as of ten thousand rows
        model["interval"] = [model["accuracy"] - 0.002, model["accuracy"] + 0.002]
    for place, model in enumerate(models):
        model.update(accuracy=0.98 - 0.005 * place, interval=[0.978 - 0.005 * place, 0.982 - 0.005 * place])
        model["runs"] = model["runs"][:1]
    network = models[1]
    network["runs"] = [network["runs"][0], {**network["runs"][0], "accuracy": 0.1135}]
    chart, *_ = blocks(summarise_comparison(record), "intervals")
    for row in chart["rows"]:
        assert share(row["high"]) - share(row["low"]) > 0.1  # of the width of the chart
    assert [row["off"] for row in chart["rows"]] == [False, True, False]
    assert chart["rows"][1]["others"] == []
    assert f"({network['model']} 11.35\u202f%)" in chart["text"]
    models[2].update(accuracy=0.1, interval=[0.098, 0.102])
    chart, *_ = blocks(summarise_comparison(record), "intervals")
    assert [row["is_off"] for row in chart["rows"]] == [False, False, True]
    assert share(chart["rows"][0]["high"]) - share(chart["rows"][0]["low"]) > 0.1


@pytest.mark.parametrize("value", [0.0, 0.5, 0.123456, 1.0])
def test_a_chart_of_a_single_point(undrawn, record, value):
    for model in record["models"]:
        model.update(accuracy=value, interval=[value, value], runs=model["runs"][:1])
    (chart,) = blocks(summarise_comparison(record), "intervals")
    assert 2 <= len(chart["lines"]) <= 9
    assert all(0 <= share(row["at"]) <= 1 for row in chart["rows"])


def test_what_was_compared_is_said(undrawn, record, summary):
    said = {name: value for block in blocks(summary, "facts") for name, value in block["items"]}
    assert (said["Data"], said["Hidden layer sizes"], said["Seeds"]) == ("digits", "9", "2")
    assert (said["Rows learned from"], said["Rows measured on"]) == ("898", "899")
    assert said["scikit-learn"] == record["versions"]["scikit-learn"]
    record["failures"] = [{"model": "svm", "reason": "it has\nno machine"}]
    record["n_skipped"] = 7
    said = {n: v for block in blocks(summarise_comparison(record), "facts") for n, v in block["items"]}
    assert said["svm"] == "It has\nno machine."
    assert said["Rows without a label"] == "7, left out"


def test_a_comparison_that_says_nothing_of_duplicates_is_shown_all_the_same(undrawn, record):
    """Earlier ones did not count them."""
    summary = summarise_comparison(record)
    for part in (record, *record["models"]):
        part.pop("n_duplicates", None)
        part.pop("accuracy_on_others", None)
    assert summarise_comparison(record) == summary


def test_one_model_alone_needs_no_test(undrawn, record):
    record["models"], record["pairs"] = record["models"][:1], []
    summary = summarise_comparison(record)
    assert len(blocks(summary, "table")) == 2
    assert "McNemar" not in str(summary)


def test_a_class_may_be_called_as_a_line_of_the_report(undrawn, record):
    record["classes"][:2] = ["accuracy", "macro avg"]
    rows = blocks(summarise_comparison(record), "table")[2]["rows"]
    report = record["models"][0]["classification_report"]
    assert [row[1] for row in rows[:2]] == [f"{report[name]['precision']:.3f}" for name in "01"]


def test_names_that_are_markup_stay_text():
    evil = Page(render(summarise_comparison(renamed_comparison(MARKUP))))
    tame = Page(render(summarise_comparison(renamed_comparison(PLAIN))))
    assert evil.structure == tame.structure
    places = [[style for style in page.values("style") if style.startswith("left")] for page in (evil, tame)]
    assert places[0] == places[1]
    assert "script" not in evil.tags
    for word in (f"{MARKUP[0]}0", f"{MARKUP[1]}1", *MARKUP):
        assert word in evil.text


def test_names_that_look_like_mathematics_or_are_no_text():
    words = [r"$\bad{$", "\ud800\x00数字 🐜"]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        html = render(summarise_comparison(renamed_comparison(words)))
    assert words[0] in html
    html.encode()


def test_it_is_one_small_page_that_asks_for_nothing(summary):
    html = render(summary)
    page = Page(html)
    assert len(html.encode()) < 500_000
    assert not {"script", "link", "iframe", "object", "embed", "base", "form"} & set(page.tags)
    assert all(link.startswith(("#", "data:image/png;base64,")) for link in page.values("href"))
    ids = page.values("id")
    assert len(ids) == len(set(ids))
    assert all(reference in ids for reference in page.values("aria-labelledby"))


@pytest.mark.parametrize("n_classes, beside", [(2, True), (26, False), (60, False)])
def test_as_many_classes_as_there_are(n_classes, beside):
    summary = summarise_comparison(many_classes(n_classes))
    assert [drawn["beside"] for drawn in blocks(summary, "figure")] == [beside] * 3
    assert [table["beside"] for table in blocks(summary, "table")] == [False, False, *[beside] * 3]
    assert len(render(summary).encode()) < 3_000_000


def test_a_report_shows_the_same(undrawn, subject, record, summary):
    report = summarise(replace(subject, comparison=record))
    (section,) = [section for section in report["sections"] if section["name"] == "comparison"]
    alone = [block for section in summary["sections"] for block in section["blocks"]]
    chart, *others = section["blocks"]
    assert others == alone[1:]
    assert chart == {**alone[0], "text": chart["text"]}
    assert summary["lead"] in chart["text"]
    assert "trained anew for this" in chart["text"]
    assert report["sections"][-1]["name"] == "making"
    ids = Page(render(report)).values("id")
    assert len(ids) == len(set(ids))
