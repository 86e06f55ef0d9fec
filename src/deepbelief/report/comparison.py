"""A comparison becomes blocks of a page, or a page of its own: ranks, intervals, tests, matrices."""

import math
from collections.abc import Iterator
from pathlib import PurePath

import numpy as np

from deepbelief.command_line import in_options
from deepbelief.displays import ConfusionDisplay
from deepbelief.report.blocks import Block, Summary, any_script, facts, figure, number, section, table
from deepbelief.report.picture import Picture
from deepbelief.report.scoring import CLASSES, NUMBERS, Record, Scoring, scoring_of
from deepbelief.report.tables import counted_table, setting_facts, version_facts
from deepbelief.report.wording import chance, count, counted, duration, interval, percent, sentence

_STEPS = (0.1, 0.2, 0.5, 1, 2, 5, 10, 20)  # hundredths between two lines of the chart
_MOST_STEPS = 7
_MOST_INTERVALS = 25  # how many times as wide as a usual interval the chart is at most


@any_script()
def summarise_comparison(record: Record) -> Summary:
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
    data, best, scoring = record["settings"]["data"], record["models"][0], scoring_of(record)
    name = PurePath(data).name or data
    return {
        "title": f"{name}: a comparison of {scoring.models}",
        "heading": f"{scoring.models.capitalize()} compared on",
        "name": name,
        "lead": _verdict(record),
        "numbers": [
            number(
                scoring.written(best[scoring.name]),
                f"{scoring.called} of {best['model']}",
                f"95 % interval: {scoring.between(best['interval'])}",
            ),
            number(count(record["n_train"]), "rows learned from", "the same for every model"),
            number(count(record["n_test"]), "rows measured on", _known(record) or "the same for every model"),
        ],
        "findings": [],
        "findings_title": "",
        "sections": [
            section("ranking", "Ranking", _ranking(record, "")),
            *([section("models", "Model by model", _models(record))] if scoring is CLASSES else []),
            section("making", "How this was made", _making(record)),
        ],
    }


def comparison_blocks(record: Record) -> list[Block]:
    """Return the same as one section of another page."""
    anew = "All models, the networks too, were trained anew for this on the same rows and measured on the same others."
    return [*_ranking(record, f"{_verdict(record)} {anew} "), *_models(record), *_making(record)]


def _verdict(record: Record) -> str:
    """Say who is ahead, and whether that may be luck."""
    best, level, scoring = record["models"][0], record["level_with_best"], scoring_of(record)
    said = [scoring.verdict(best, record["n_test"])]
    if level:
        who = f"{', '.join(level[:-1])} and {level[-1]} are" if len(level) > 1 else f"{level[0]} is"
        said.append(f"{who} level with it: these rows do not tell which is better.")
    elif record["pairs"]:
        said.append(f"{scoring.test} on the same rows tells it from every other model.")
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
    models, scoring = record["models"], scoring_of(record)
    ends = [max(score, 0.0) for model in models for score in (*model["interval"], *_scores(scoring, model))]
    width = float(np.median([model["interval"][1] - model["interval"][0] for model in models]))
    # One seed that learned nothing would stretch the chart until no interval could be seen.
    least = max(ends) - _MOST_INTERVALS * width if width else 0.0
    lines = _lines(100 * min(score for score in ends if score >= least), 100 * max(ends))

    def place(score: float) -> str:
        return f"{max(100 * (100 * score - lines[0]) / (lines[-1] - lines[0]), 0):.2f}%"

    def is_off(score: float) -> bool:
        return 100 * max(score, 0.0) < lines[0]

    rows = [
        {
            "name": model["model"],
            "value": scoring.written(model[scoring.name]),
            "at": place(model[scoring.name]),
            "low": place(model["interval"][0]),
            "high": place(model["interval"][1]),
            "others": [place(score) for score in _scores(scoring, model)[1:] if not is_off(score)],
            "off": any(map(is_off, _scores(scoring, model))),
            "is_off": is_off(model[scoring.name]),
            "leads": model["model"] in (models[0]["model"], *record["level_with_best"]),
        }
        for model in models
    ]
    words = [
        f"{model['model']} {scoring.written(model[scoring.name])} ({scoring.between(model['interval'])})"
        for model in models
    ]
    runs = " Small rings: the same network from other seeds." if any(row["others"] for row in rows) else ""
    below = [
        f"{model['model']} {scoring.written(score)}"
        for model in models
        for score in _scores(scoring, model)
        if is_off(score)
    ]
    if below:
        runs += f" Arrow: less than {scoring.line(lines[0])}, where the chart begins ({', '.join(below)})."
    return {
        "kind": "intervals",
        "title": scoring.question,
        "text": f"{said}Dot: {scoring.called}. Bar: its 95 % interval, for the choice of the rows. Blue: the best, and "
        f"what is level with it.{runs}{scoring.edge}",
        "label": f"{scoring.called[0].upper()}{scoring.called[1:]} and 95 % interval: {'; '.join(words)}.",
        "lines": [{"at": place(line / 100), "name": scoring.line(line)} for line in lines],
        "rows": rows,
    }


def _lines(low: float, high: float) -> list[float]:
    """Return round numbers, evenly spaced, that enclose both."""
    step = next((step for step in _STEPS if (high - low) / step <= _MOST_STEPS), _STEPS[-1])
    first = math.floor(low / step)
    last = max(math.ceil(high / step), first + 1)
    return [round(step * place, 6) for place in range(first, last + 1)]


def _ranks(record: Record) -> Block:
    models, level, scoring = record["models"], record["level_with_best"], scoring_of(record)
    p = {pair["second"]: pair["p_corrected"] for pair in record["pairs"] if pair["first"] == models[0]["model"]}
    columns = ["model", scoring.called, "95 % interval", *scoring.others, "all runs", "against the best"]

    def cells(place: int, model: Record) -> list[str]:
        name = model["model"]
        spread = "" if model["spread"] is None else scoring.spread(model)
        verdict = "the best" if place == 1 else f"p {chance(p[name])}"
        if name in level:
            verdict = f"level, {verdict}"
        run = model["runs"][0]
        times = [duration(run["seconds_fit"]), duration(run["seconds_predict"])]
        score = [scoring.written(model[scoring.name]), scoring.between(model["interval"])]
        others = [f"{model[name]:{scoring.digits}}" for name in scoring.others.values()]
        return [_ranked(place, model), *score, *others, spread, verdict, *times]

    return table(
        "In numbers",
        [*columns, "fit", "predict"],
        [cells(place, model) for place, model in enumerate(models, 1)],
        text=f"{scoring.explained} All runs: mean and standard deviation over the seeds; everything else is the first "
        "seed's.",
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
        text=f"{scoring_of(record).how_tested} Holm's "
        f"correction allows for testing {counted(len(p), 'pair')}. From 0.05 on, the difference may be luck.",
        beside=False,
    )


def _models(record: Record) -> Iterator[Block]:
    """Yield each classifier's confusion matrix with its classification report beside it."""
    if scoring_of(record) is not CLASSES:
        return
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
        called = "R²" if scoring_of(record) is NUMBERS else "Accuracy"
        compared.append([f"{called} on rows that are not the same as one learned from", _on_others(record)])
    settings = [[name.capitalize(), value] for name, value in setting_facts(record)["items"]]
    yield facts("What was compared", [*compared, *settings])
    yield version_facts(record)


def _known(record: Record) -> str:
    """Say how many of the rows measured on are also among those learned from; "" if none, or if nobody counted."""
    n_duplicates = record.get("n_duplicates")
    return f"{count(n_duplicates)} of them the same as a row learned from" if n_duplicates else ""


def _on_others(record: Record) -> str:
    scoring = scoring_of(record)
    shares = [(model["model"], model.get(f"{scoring.name}_on_others")) for model in record["models"]]
    known = [f"{name} {scoring.written(share)}" for name, share in shares if share is not None]
    return ", ".join(known) or "there are none"


def _ranked(place: int, model: Record) -> str:
    return f"{place}. {model['model']}"


def _scores(scoring: Scoring, model: Record) -> list[float]:
    return [model[scoring.name], *(run[scoring.name] for run in model["runs"][1:])]
