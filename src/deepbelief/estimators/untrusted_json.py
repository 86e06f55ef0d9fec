"""What a file says of itself, as JSON: parsed and checked as if an enemy had written it."""

import json
import math
from typing import Any, NoReturn

from deepbelief.annotations import JsonObject

RETRAIN = "use a file written by deepbelief, or train the model again"


class Refused(ValueError):
    """A file that cannot be read or written, and what to do about it.

    Parameters
    ----------
    problem : str
        What is wrong, as the rest of a sentence that begins with the name of the file.
    remedy : str, default=""
        What to do. Empty for the usual remedy, ``RETRAIN`` for a file that is read.
    """

    def __init__(self, problem: str, remedy: str = "") -> None:
        super().__init__(problem)
        self.remedy = remedy


def strict_json(text: str) -> Any:
    """Parse JSON in which every key is unique and every number finite.

    Parameters
    ----------
    text : str

    Returns
    -------
    object

    Raises
    ------
    Refused
        If it is not JSON, a key is there twice, or a number is not finite.
    """
    try:
        return json.loads(text, object_pairs_hook=_unique, parse_constant=_no_number, parse_float=_finite)
    except Refused:
        raise
    except (ValueError, RecursionError):
        raise Refused("has a header that is no JSON") from None


def quoted(value: object, limit: int = 60) -> str:
    """Return a value from the file as it may stand in a sentence: on one line, and not long.

    Parameters
    ----------
    value : object
    limit : int, default=60
        The most characters.

    Returns
    -------
    str
    """
    text = repr(value)
    return text if len(text) <= limit else text[: limit - 1] + "…"


def entries(described: object, where: str, *keys: str) -> list[Any]:
    """Return the values of a JSON object that must have exactly these keys.

    Parameters
    ----------
    described : object
        As parsed from JSON.
    where : str
        What messages call the object.
    *keys : str
        The keys, all of which must be there.

    Returns
    -------
    list

    Raises
    ------
    Refused
        If it is no object, or has other keys.
    """
    if not isinstance(described, dict) or set(described) != set(keys):
        raise Refused(f"does not describe {where} as a deepbelief model file does")
    return [described[key] for key in keys]


def require(fits: bool, entry: str) -> None:
    """Refuse a file unless what it says of `entry` fits.

    Parameters
    ----------
    fits : bool
    entry : str
        The name of what is checked.

    Raises
    ------
    Refused
        If `fits` is False.
    """
    if not fits:
        raise Refused(f"holds a value of {entry} that no model can have")


def is_count(value: Any, least: int) -> bool:
    """Tell whether a JSON value is a whole number from `least` up that fits a signed 64-bit one, and no bool.

    Parameters
    ----------
    value : object
        As parsed from JSON.
    least : int

    Returns
    -------
    bool
    """
    return type(value) is int and least <= value < 2**63


def is_text(value: object) -> bool:
    """Tell whether a JSON value is a string of whole characters; JSON can escape halves, which UTF-8 cannot hold.

    Parameters
    ----------
    value : object
        As parsed from JSON.

    Returns
    -------
    bool
    """
    return isinstance(value, str) and not any("\ud800" <= letter <= "\udfff" for letter in value)


def _unique(pairs: list[tuple[str, Any]]) -> JsonObject:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise Refused("has a header that says the same thing twice")
    return found


def _no_number(name: str) -> NoReturn:
    raise Refused(f"has a header with {name} for a number")


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise Refused("has a header with a number too large for a float")
    return number
