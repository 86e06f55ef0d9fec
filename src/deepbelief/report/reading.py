"""Records that other commands left as JSON: read as somebody else's, so that nothing in them can break a page."""

import json
from collections.abc import Callable
from itertools import combinations
from pathlib import Path
from typing import Any

from deepbelief.errors import DataError, ModelError
from deepbelief.experiment import outputs
from deepbelief.report.scoring import CLASSES, Record, scoring_of

_LARGEST = 2**53  # a whole number up to which a float is exact; beyond it nothing was counted or timed


def recorded_run(folder: Path) -> Record | None:
    """Read the record that training left beside the model; None if there is none.

    Raises
    ------
    ModelError
        If it is not what training writes.
    """
    path = folder / outputs.RESULT_FILE
    if not path.exists():
        return None
    remedy = "move it away, or train the model again"
    run = _read(path, ModelError, "the record of the run", remedy)
    wrong = [name for name, fits in _RUN.items() if name in run and not fits(run[name])]
    if wrong:
        raise ModelError(f"{path}: {wrong[0]} is not what training writes; {remedy}")
    return run


def read_comparison(path: Path) -> Record:
    """Read what ``deepbelief compare --json`` printed.

    Raises
    ------
    DataError
        If it is anything else, or no model could be measured.
    """
    remedy = "make it with deepbelief compare --json"
    if not path.is_file():
        raise DataError(f"{path}: {'this is no file' if path.exists() else 'no such file'}; {remedy}")
    record = _read(path, DataError, "the comparison", remedy)
    if record.get("models") == []:
        raise DataError(f"{path}: no model could be measured in this comparison; {remedy}")
    parts = {**(_OF_NUMBERS if record.get("task") == "regress" else _OF_CLASSES), **_COMPARISON}
    wrong = [name for name, fits in parts.items() if not fits(record.get(name))] or _disagreeing(record)
    if wrong:
        raise DataError(f"{path}: {wrong[0]} is not what compare writes; {remedy}")
    return record


def _read(path: Path, refusal: type[ValueError], what: str, remedy: str) -> Record:
    try:
        record = json.loads(path.read_bytes())  # bytes: a shell may have written them as UTF-16
    except (ValueError, RecursionError):
        raise refusal(f"{path}: {what} is no JSON; {remedy}") from None
    if not isinstance(record, dict):
        raise refusal(f"{path}: {what} is no JSON object; {remedy}")
    return record


def _disagreeing(record: Record) -> list[str]:
    """Name the parts of a comparison that do not fit the others."""
    models, n_classes = record["models"], len(record["classes"])
    names = [model["model"] for model in models]
    scores = [model[scoring_of(record).name] for model in models]
    matrices = [model["confusion_matrix"] for model in models if scoring_of(record) is CLASSES]
    couples = [(pair["first"], pair["second"]) for pair in record["pairs"]]
    fits = {
        "models": len(set(names)) == len(names) and scores == sorted(scores, reverse=True),
        "pairs": couples == list(combinations(names, 2)),
        "level_with_best": set(record["level_with_best"]) <= set(names[1:]),
        "confusion_matrix": all(
            [len(row) for row in matrix] == [n_classes] * n_classes and sum(map(sum, matrix)) == record["n_test"]
            for matrix in matrices
        ),
    }
    return [name for name, right in fits.items() if not right]


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and abs(value) <= _LARGEST  # false for what is not finite


def _is_count(value: object) -> bool:
    return isinstance(value, int) and 0 <= value <= _LARGEST


def _is_share(value: Any) -> bool:
    return _is_number(value) and 0 <= value <= 1


def _is_interval(value: Any) -> bool:
    return _list_of(_is_share)(value) and len(value) == 2 and value[0] <= value[1]


def _is_plain(value: object) -> bool:
    return _is_text(value) or _is_number(value)


def _is_setting(value: object) -> bool:
    return value is None or _is_plain(value) or _list_of(_is_plain)(value)


def _is_facts(value: object) -> bool:
    return isinstance(value, dict) and all(map(_is_setting, value.values()))


def _list_of(fits: Callable[[Any], bool], at_least: int = 0) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, list) and len(value) >= at_least and all(map(fits, value))


def _or_missing(fits: Callable[[Any], bool]) -> Callable[[Any], bool]:
    return lambda value: value is None or fits(value)


def _with(**parts: Callable[[Any], bool]) -> Callable[[Any], bool]:
    """Return a check of an object that has these parts, and perhaps others."""
    return lambda value: isinstance(value, dict) and all(fits(value.get(name)) for name, fits in parts.items())


# The parts of the records that a page quotes, and whether each is what it has to be.
_RUN: dict[str, Callable[[Any], bool]] = {
    "command": _is_text,
    "settings": _is_facts,
    "versions": _is_facts,
    "phases": _list_of(
        _with(
            phase=_is_text,
            layer=_is_count,
            network=_or_missing(_is_count),
            epochs=_is_count,
            seconds=_is_number,
            steps=_or_missing(_is_text),
        )
    ),
    "n_train": _is_count,
    "n_labelled": _is_count,
    "seconds": _is_number,
}
_COMPARISON: dict[str, Callable[[Any], bool]] = {
    "n_train": _is_count,
    "n_test": _is_count,
    "n_skipped": _is_count,
    "n_duplicates": _or_missing(_is_count),
    "pairs": _list_of(_with(first=_is_text, second=_is_text, p_corrected=_is_share)),
    "level_with_best": _list_of(_is_text),
    "failures": _list_of(_with(model=_is_text, reason=_is_text)),
    "settings": lambda value: _is_facts(value) and _is_text(value.get("data")),
    "versions": _is_facts,
}
_OF_CLASSES: dict[str, Callable[[Any], bool]] = {
    "classes": _list_of(_is_plain, at_least=1),
    "models": _list_of(
        _with(
            model=_is_text,
            interval=_is_interval,
            **dict.fromkeys(("accuracy", "precision", "recall", "f1", "mean_accuracy"), _is_share),
            spread=_or_missing(_is_share),
            accuracy_on_others=_or_missing(_is_share),
            runs=_list_of(_with(accuracy=_is_share, seconds_fit=_is_number, seconds_predict=_is_number), at_least=1),
            confusion_matrix=_list_of(_list_of(_is_count)),
        )
    ),
}
_OF_NUMBERS: dict[str, Callable[[Any], bool]] = {
    "classes": lambda value: value == [],
    "models": _list_of(
        _with(
            model=_is_text,
            interval=lambda value: _list_of(_is_number)(value) and len(value) == 2 and value[0] <= value[1],
            **dict.fromkeys(("r2", "rmse", "mae", "mean_r2"), _is_number),
            spread=_or_missing(_is_number),
            r2_on_others=_or_missing(_is_number),
            runs=_list_of(_with(r2=_is_number, seconds_fit=_is_number, seconds_predict=_is_number), at_least=1),
        )
    ),
}
