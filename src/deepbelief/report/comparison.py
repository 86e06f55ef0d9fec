"""A comparison of classifiers becomes blocks of a page, or a page of its own: ranks, intervals, tests, matrices."""

import math
from collections.abc import Iterator
from pathlib import PurePath
from typing import Any

import numpy as np

from deepbelief.command_line import in_options
from deepbelief.displays import ConfusionDisplay
from deepbelief.report.blocks import Block, any_script, facts, figure, number, section, table
from deepbelief.report.picture import Picture
from deepbelief.report.tables import counted_table, setting_facts, version_facts
from deepbelief.report.wording import chance, count, counted, duration, interval, percent, sentence

Record = dict[str, Any]

_STEPS = (0.1, 0.2, 0.5, 1, 2, 5, 10, 20)  # percentage points between two lines of the chart
_MOST_STEPS = 7


@any_script()
def summarise_comparison(record: Record) -> dict[str, Any]:
    """Return everything that the page of a comparison says.

    Parameters
    ----------
    record : dict
        What ``deepbelief compare --json`` prints.

    Returns
    -------
    dict
        As :func:`deepbelief.report.summarise` returns it.
    """
    data, best = record["settings"]["data"], record["models"][0]
    name = PurePath(data).name or data
    return {
        "title": f"{name}: a comparison of classifiers",
        "heading": "Classifiers compared on",
        "name": name,
        "lead": _verdict(record),
        "numbers": [
            number(
                percent(best["accuracy"], 2),
                f"accuracy of {best['model']}",
                f"95 % interval: {interval(best['interval'])}",
            ),
            number(count(record["n_train"]), "rows learned from", "the same for every model"),
            number(count(record["n_test"]), "rows measured on", _known(record) or "the same for every model"),
        ],
        "findings": [],
        "findings_title": "",
        "sections": [
            section("ranking", "Ranking", _ranking(record, "")),
            section("models", "Model by model", _models(record)),
            section("making", "How this was made", _making(record)),
        ],
    }


def comparison_blocks(record: Record) -> list[Block]:
    """Return the same as one section of another page."""
    anew = "All models, the networks too, were trained anew for this on the same rows and measured on the same others."
    return [*_ranking(record, f"{_verdict(record)} {anew} "), *_models(record), *_making(record)]


def _verdict(record: Record) -> str:
    """Say who is ahead, and whether that may be luck."""
    best, level = record["models"][0], record["level_with_best"]
    said = [f"{best['model']} names {percent(best['accuracy'], 2)} of {counted(record['n_test'], 'row')} correctly."]
    if level:
        who = f"{', '.join(level[:-1])} and {level[-1]} are" if len(level) > 1 else f"{level[0]} is"
        said.append(f"{who} level with it: these rows do not tell which is better.")
    elif record["pairs"]:
        said.append("McNemar's test on the same rows tells it from every other model.")
    return " ".join(said)


def _ranking(record: Record, said: str) -> Iterator[Block]:
    yield _chart(record, said)
    yield _ranks(record)
    if record["pairs"]:
        yield _p_values(record)
    if record["failures"]:
        failures = [[failure["model"], sentence(in_options(failure["reason"]))] for failure in record["failures"]]
        yield facts("Could not be measured", failures)


def _chart(record: Record, said: str) -> Block:
    """Return a dot and a bar for each model, in percent of the chart's width."""
    models = record["models"]
    shown = [share for model in models for share in (*model["interval"], *_accuracies(model))]
    lines = _lines(100 * min(shown), 100 * max(shown))

    def place(share: float) -> str:
        return f"{100 * (100 * share - lines[0]) / (lines[-1] - lines[0]):.2f}%"

    rows = [
        {
            "name": model["model"],
            "value": percent(model["accuracy"], 2),
            "at": place(model["accuracy"]),
            "low": place(model["interval"][0]),
            "high": place(model["interval"][1]),
            "others": [place(accuracy) for accuracy in _accuracies(model)[1:]],
            "leads": model["model"] in (models[0]["model"], *record["level_with_best"]),
        }
        for model in models
    ]
    words = [f"{model['model']} {percent(model['accuracy'], 2)} ({interval(model['interval'])})" for model in models]
    runs = " Small rings: the same network from other seeds." if any(row["others"] for row in rows) else ""
    return {
        "kind": "intervals",
        "title": "How accurate, and how surely",
        "text": f"{said}Dot: accuracy. Bar: its 95 % interval, for the choice of the rows. Blue: the best, and what is "
        f"level with it.{runs}",
        "label": f"Accuracies and their 95 % intervals: {'; '.join(words)}.",
        "lines": [{"at": place(line / 100), "name": f"{line:g}\u202f%"} for line in lines],
        "rows": rows,
    }


def _lines(low: float, high: float) -> list[float]:
    """Return round numbers, evenly spaced, that enclose both."""
    step = next((step for step in _STEPS if (high - low) / step <= _MOST_STEPS), _STEPS[-1])
    first = math.floor(low / step)
    last = max(math.ceil(high / step), first + 1)
    return [round(step * place, 6) for place in range(first, last + 1)]


def _ranks(record: Record) -> Block:
    models, level = record["models"], record["level_with_best"]
    p = {pair["second"]: pair["p_corrected"] for pair in record["pairs"] if pair["first"] == models[0]["model"]}
    columns = ["model", "accuracy", "95 % interval", "precision", "recall", "F1", "all runs", "against the best"]

    def cells(place: int, model: Record) -> list[str]:
        name = model["model"]
        spread = "" if model["spread"] is None else f"{_points(model['mean_accuracy'])} ± {_points(model['spread'])}"
        verdict = "the best" if place == 1 else f"p {chance(p[name])}"
        if name in level:
            verdict = f"level, {verdict}"
        means = [f"{model[score]:.4f}" for score in ("precision", "recall", "f1")]
        run = model["runs"][0]
        times = [duration(run["seconds_fit"]), duration(run["seconds_predict"])]
        accuracy = percent(model["accuracy"], 2)
        return [_ranked(place, model), accuracy, interval(model["interval"]), *means, spread, verdict, *times]

    return table(
        "In numbers",
        [*columns, "fit", "predict"],
        [cells(place, model) for place, model in enumerate(models, 1)],
        text="Precision: how many of the rows given an answer are right. Recall: how many of a class are found. F1: "
        "their harmonic mean. All three are means over the classes. All runs: mean and standard deviation over the "
        "seeds; everything else is the first seed's.",
        beside=False,
    )


def _p_values(record: Record) -> Block:
    models = record["models"]
    p = {(pair["first"], pair["second"]): chance(pair["p_corrected"]).removeprefix("= ") for pair in record["pairs"]}
    names = [model["model"] for model in models]
    rows = [
        [_ranked(place, model), *(p[other, model["model"]] for other in names[: place - 1])]
        for place, model in enumerate(models, 1)
    ]
    return table(
        "Is it luck?",
        ["p-value against", *map(str, range(1, len(names)))],
        [[*row, *[""] * (len(names) - len(row))] for row in rows],
        text="McNemar's exact test looks at the rows that just one of two models names correctly. Holm's "
        f"correction allows for testing {counted(len(p), 'pair')}. From 0.05 on, the difference may be luck.",
        beside=False,
    )


def _models(record: Record) -> Iterator[Block]:
    """Yield each model's confusion matrix with its classification report beside it."""
    names = list(map(str, record["classes"]))
    for place, model in enumerate(record["models"], 1):
        matrix = np.array(model["confusion_matrix"])
        picture = Picture(
            f"comparison-{place}",
            "comparison",
            f"{_ranked(place, model)}: what is taken for what",
            ConfusionDisplay(matrix, np.array(names)),
            "A line for each true class, a column for each answer.",
        )
        drawn = figure(picture)
        yield drawn
        title = f"{_ranked(place, model)}: how well each class is named"
        text = f"Accuracy {percent(model['accuracy'], 2)}, 95 % interval {interval(model['interval'])}."
        yield {**counted_table(title, text, names, matrix), "beside": drawn["beside"]}


def _making(record: Record) -> Iterator[Block]:
    compared = [
        ["Data", record["settings"]["data"]],
        ["Rows learned from", count(record["n_train"])],
        ["Rows measured on", ", ".join(filter(None, [count(record["n_test"]), _known(record)]))],
        ["Rows without a label", f"{count(record['n_skipped'])}, left out" if record["n_skipped"] else "none"],
    ]
    if record.get("n_duplicates"):
        compared.append(["Accuracy on rows that are not the same as one learned from", _on_others(record)])
    settings = [[name.capitalize(), value] for name, value in setting_facts(record)["items"]]
    yield facts("What was compared", [*compared, *settings])
    yield version_facts(record)


def _known(record: Record) -> str:
    """Say how many of the rows measured on are also among those learned from; "" if none, or if nobody counted."""
    n_duplicates = record.get("n_duplicates")
    return f"{count(n_duplicates)} of them the same as a row learned from" if n_duplicates else ""


def _on_others(record: Record) -> str:
    shares = [(model["model"], model.get("accuracy_on_others")) for model in record["models"]]
    return ", ".join(f"{name} {percent(share, 2)}" for name, share in shares if share is not None) or "there are none"


def _ranked(place: int, model: Record) -> str:
    return f"{place}. {model['model']}"


def _accuracies(model: Record) -> list[float]:
    return [model["accuracy"], *(run["accuracy"] for run in model["runs"][1:])]


def _points(share: float) -> str:
    return f"{100 * share:.2f}"
