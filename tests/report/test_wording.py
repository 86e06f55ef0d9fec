"""How numbers are written."""

import pytest

from deepbelief.report.wording import chain, count, counted, duration, interval, percent, plain, sentence


@pytest.mark.parametrize(
    "seconds, text",
    [(0, "under 0.1 s"), (0.44, "0.4 s"), (9.96, "10 s"), (59.4, "59 s"), (59.6, "1 min 0 s"), (3905, "1 h 5 min")],
)
def test_durations(seconds, text):
    assert duration(seconds) == text


@pytest.mark.parametrize(
    "share, text", [(0, "0.0"), (0.1234, "12.3"), (0.9959, "99.59"), (0.999999, "99.99"), (1, "100.0")]
)
def test_what_is_not_perfect_is_not_rounded_up_to_it(share, text):
    assert percent(share) == f"{text}\u202f%"


def test_intervals():
    assert interval([0.97934, 1]) == "97.93–100.00\u202f%"


def test_counts():
    assert count(42000) == "42\u202f000"
    assert [counted(n, "row") for n in (0, 1, 2)] == ["0 rows", "1 row", "2 rows"]
    assert chain([784, 1000, 10]) == "784 – 1\u202f000 – 10"


def test_settings_are_written_as_they_would_be_typed():
    assert [plain(value) for value in (None, True, False, [500, 20], 0.1, "auto", 7)] == [
        "–",
        "yes",
        "no",
        "500,20",
        "0.1",
        "auto",
        "7",
    ]


@pytest.mark.parametrize("text", ["it fails", "It fails.", " it fails "])
def test_sentences(text):
    assert sentence(text) == "It fails."
