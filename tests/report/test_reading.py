"""What is read as a comparison: only what compare writes, and everything else is one sentence."""

import json

import pytest

from deepbelief.errors import DataError
from deepbelief.report import read_comparison, summarise_comparison
from report.comparisons import digits_comparison


def test_what_compare_prints_is_read(tmp_path):
    path = tmp_path / "comparison.json"
    record = digits_comparison()
    for encoding in ("utf-8", "utf-8-sig", "utf-16"):
        path.write_text(json.dumps(record), encoding=encoding)
        assert read_comparison(path) == record


def test_files_that_are_none(tmp_path):
    with pytest.raises(DataError, match=r"no such file; make it with deepbelief compare --json"):
        read_comparison(tmp_path / "missing.json")
    with pytest.raises(DataError, match="this is no file"):
        read_comparison(tmp_path)


@pytest.mark.parametrize(
    "content, says",
    [
        (b"", "no JSON"),
        (b"<html>", "no JSON"),
        (b"\xff\xfe\xff", "no JSON"),
        (b"[" * 100_000, "no JSON"),
        (b'{"n_test": ' + b"9" * 5000 + b"}", "no JSON"),
        (b"[]", "no JSON object"),
        (b"{}", "classes is not what compare writes"),
        (b'{"models": []}', "no model could be measured"),
    ],
)
def test_content_that_is_none(tmp_path, content, says):
    path = tmp_path / "c.json"
    path.write_bytes(content)
    with pytest.raises(DataError, match=f"c.json.*{says}"):
        read_comparison(path)


HOSTILE = [
    None,
    True,
    -1,
    0.5,
    2,
    1e308,
    10**400,
    float("nan"),
    float("inf"),
    "",
    "<b>",
    [],
    [[]],
    [None],
    {},
    {"a": {}},
]
DEEP: list = []
for _ in range(400):
    DEEP = [DEEP]


def places(value, path=()):
    """Every place in a record, but the entries of one list only once."""
    yield path
    items = value.items() if isinstance(value, dict) else enumerate(value[:1]) if isinstance(value, list) else ()
    for name, item in items:
        yield from places(item, (*path, name))


def spoiled(path, value):
    record = digits_comparison()
    inner = record
    for name in path[:-1]:
        inner = inner[name]
    inner[path[-1]] = value
    return record


def test_hostile_values_anywhere_are_refused_or_shown(tmp_path, undrawn):
    file = tmp_path / "c.json"
    refused = 0
    for path in list(places(digits_comparison()))[1:]:
        if "classification_report" in path:
            continue  # is not read: the matrix says the same
        for value in (*HOSTILE, DEEP):
            file.write_text(json.dumps(spoiled(path, value)))
            try:
                record = read_comparison(file)
            except DataError:
                refused += 1
            else:
                assert summarise_comparison(record)
    assert refused > 500


@pytest.mark.parametrize(
    "path, value",
    [
        (("models", 0, "accuracy"), 1.5),
        (("models", 2, "accuracy"), 1.0),  # not ranked
        (("models", 2, "model"), "knn"),
        (("models", 0, "interval"), [0.9, 0.8]),
        (("models", 0, "interval"), [0.9]),
        (("models", 0, "runs"), []),
        (("models", 0, "confusion_matrix"), [[899]]),
        (("models", 0, "confusion_matrix", 0, 0), 10**9),
        (("models", 0, "confusion_matrix", 0), [1] * 9),
        (("pairs",), []),
        (("pairs", 0, "second"), "forest"),
        (("level_with_best",), ["forest"]),
        (("classes",), [0, 1]),
        (("n_test",), 900),
        (("settings",), {}),
    ],
)
def test_what_does_not_fit_together_is_refused(tmp_path, path, value):
    file = tmp_path / "c.json"
    file.write_text(json.dumps(spoiled(path, value)))
    with pytest.raises(DataError, match="is not what compare writes; make it with"):
        read_comparison(file)
