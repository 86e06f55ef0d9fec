"""The README and the guides say what the committed results say."""

import pytest
import quoted


def test_pages_quote_the_results():
    assert quoted.disagreements() == []


@pytest.mark.parametrize("page", quoted.pages())
def test_a_number_that_is_changed_is_put_right(page):
    text = (quoted.ROOT / page).read_text()
    for home, words, numbers in quoted.sentences():
        if home == page:
            begin, end = quoted.pattern(words).search(text).span(len(numbers))
            assert quoted.quoted(text[:begin] + "12345.6" + text[end:], page) == text
