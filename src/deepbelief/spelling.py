"""Words that are probably meant to be the same."""

from collections.abc import Iterable


def alike(words: Iterable[str]) -> tuple[str, str] | None:
    """Return two words that differ in nothing but upper and lower case and spaces, or None if there are none.

    Single letters, of which the large and the small one may well be two things, are left out.

    Parameters
    ----------
    words : iterable of str

    Returns
    -------
    tuple of two str, or None
    """
    known: dict[str, str] = {}
    for word in words:
        folded = "".join(word.casefold().split())
        other = known.setdefault(folded, word)
        if other != word and len(folded) > 1:
            return other, word
    return None
