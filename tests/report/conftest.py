"""One small subject and its page, shared by the tests that only read them."""

import pytest

from deepbelief.report import Subject, render, summarise
from report.pages import Page
from report.subjects import digits_subject


@pytest.fixture(scope="session")
def subject() -> Subject:
    return digits_subject()


@pytest.fixture(scope="session")
def summary(subject) -> dict:
    return summarise(subject)


@pytest.fixture(scope="session")
def html(summary) -> str:
    return render(summary)


@pytest.fixture
def undrawn(monkeypatch) -> None:
    """Leave the drawing out where a test reads words only: it takes most of the time."""
    monkeypatch.setattr("deepbelief.report.blocks.svg", lambda display, prefix: "<svg/>")


@pytest.fixture
def page(html) -> Page:
    return Page(html)
