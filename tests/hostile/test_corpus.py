"""What happens to every hostile file: a model or data, or one sentence; in little time and little memory."""

import pytest

from hostile.arrow_cases import HAS_PYARROW
from hostile.corpus import SPARE, cases, outcomes
from hostile.page import PAGE, page

NAMES = [(case.reader, case.what) for case in cases()]


@pytest.fixture(params=range(len(NAMES)), ids=[f"{reader}: {what}" for reader, what in NAMES])
def outcome(request):
    """What became of one case."""
    found = outcomes()[request.param]
    assert (found.reader, found.what) == NAMES[request.param]
    return found


def test_nothing_but_a_sentence_comes_out(outcome):
    """No other exception, no file left behind, no code run."""
    assert outcome.strays == []
    for message in outcome.messages:
        assert "\n" not in message
        assert message.isprintable()
        assert len(message) < 400
        if outcome.says:
            assert outcome.says in message


def test_memory_and_time_stay_in_bounds(outcome):
    """Twice the size of the file and 64 MB; a second for each megabyte, or part of one."""
    assert outcome.memory < 2 * max(outcome.sizes) + SPARE
    assert outcome.seconds < 1 + max(outcome.sizes) / 10**6


@pytest.mark.skipif(not HAS_PYARROW, reason="Parquet and Feather need pyarrow, which is not installed")
def test_the_page_about_hostile_files_is_true():
    """Write it again with ``make hostile`` when a case or a sentence changes."""
    assert page(outcomes()) == PAGE.read_text()
