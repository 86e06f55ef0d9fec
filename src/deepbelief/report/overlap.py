"""What the page says of rows that the net was shown and had learned from."""

from collections.abc import Iterator

from deepbelief.experiment import Overlap
from deepbelief.report.blocks import number
from deepbelief.report.subject import Subject
from deepbelief.report.wording import count, counted, interval, percent


def verb(subject: Subject) -> str:
    """Return the verb for what the net did with most of the data; rows of unknown origin count as learned from."""
    overlap = subject.overlap_of_all
    return "makes of" if overlap is not None and overlap.is_most is False else "learned from"


def overlap_sentence(overlap: Overlap | None) -> str:
    """Return a warning if the accuracy was also measured on rows that were learned from; "" if not."""
    if overlap is None or not overlap.n_learned_from:
        return ""
    if overlap.accuracy_on_others is None:
        return "It learned from all of them, so that this does not tell what to expect on new rows."
    n_others = count(overlap.n_others)
    others = f"{n_others} others" if _is_estimate(overlap) else f"the other {n_others}"
    share = percent(overlap.accuracy_on_others)
    return f"It learned from {_learned(overlap)} of them, and names {share} of {others} correctly."


def overlap_number(overlap: Overlap | None) -> Iterator[dict[str, str]]:
    """Yield the accuracy on the rows that the net did not learn from, if it learned from some."""
    if overlap is None or not overlap.n_learned_from:
        return
    if overlap.accuracy_on_others is not None and overlap.interval_on_others is not None:
        what = f"accuracy on {counted(overlap.n_others, 'row')} not learned from"
        note = f"95 % interval: {interval(overlap.interval_on_others)}"
        yield number(percent(overlap.accuracy_on_others), what, note)


def overlap_fact(overlap: Overlap | None) -> str:
    """Return how many rows of the data the net learned from."""
    if overlap is None:
        return "unknown"
    if overlap.n_learned_from is None:
        return "unknown, as the model's file has hashes of a part of its rows only"
    return f"{_learned(overlap)} of {count(overlap.n_rows)} rows"


def _learned(overlap: Overlap) -> str:
    return f"{'about ' if _is_estimate(overlap) else ''}{count(overlap.n_learned_from or 0)}"


def _is_estimate(overlap: Overlap) -> bool:
    return overlap.n_looked_up < overlap.n_rows
