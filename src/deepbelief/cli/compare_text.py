"""A comparison in lines of text: the ranking, the tests, and each classifier's report."""

from typing import TYPE_CHECKING, Any

from deepbelief.cli.tables import MATRIX_CAPTION, matrix_lines, table_lines
from deepbelief.command_line import in_options

if TYPE_CHECKING:
    from deepbelief.experiment import ComparisonResult, Measured

_LEVEL = "level with the best"
_TESTS = {"classify": "McNemar's exact test", "regress": "a paired t-test of squared errors"}


def comparison_text(result: "ComparisonResult", details: bool) -> str:
    """Return all that is printed of a comparison."""
    skipped = f"; {result.n_skipped} without a label left out" if result.n_skipped else ""
    lines = [f"{result.n_train} rows to learn from, {result.n_test} to measure on{skipped}"]
    if result.n_duplicates:
        lines.append(_duplicates(result))
    lines += ["", *_ranking(result)]
    if result.pairs:
        lines += ["", *_p_values(result)]
    lines += [f"{failure.model} failed: {in_options(failure.reason)}" for failure in result.failures]
    classifiers: tuple[Any, ...] = result.models if result.task == "classify" else ()
    for model in classifiers if details else ():
        lines += ["", model.model, *_report_lines(model), "", MATRIX_CAPTION]
        lines += matrix_lines(result.classes, model.confusion_matrix)
    return "\n".join(lines)


def _duplicates(result: "ComparisonResult") -> str:
    """Say how many rows to measure on the models know, and how good they are on those that they do not know."""
    known = f"{result.n_duplicates} of the rows to measure on are the same as a row to learn from"
    name, called = ("r2", "R²") if result.task == "regress" else ("accuracy", "accuracy")
    shares = [(model.model, getattr(model, f"{name}_on_others")) for model in result.models]
    others = [f"{model} {share:.4f}" for model, share in shares if share is not None]
    return f"{known}; {called} on the others: {', '.join(others)}" if others else known


def _ranking(result: "ComparisonResult") -> list[str]:
    if result.task == "regress":
        header, cells = ["R²", "95 % interval", "RMSE", "MAE"], _numbers
    else:
        header, cells = ["accuracy", "95 % interval", "precision", "recall", "F1"], _classes
    rows = [["model", *header, "all runs", "fit", "predict", ""]]
    for model in result.models:
        run = model.runs[0]
        times = [f"{run.seconds_fit:.1f} s", f"{run.seconds_predict:.1f} s"]
        rows.append([model.model, *cells(model), *times, _LEVEL if model.model in result.level_with_best else ""])
    return table_lines(rows)


def _classes(model: Any) -> list[str]:
    spread = "" if model.spread is None else f"{model.mean_accuracy:.4f} ± {model.spread:.4f}"
    shares = [f"{share:.4f}" for share in (model.precision, model.recall, model.f1)]
    return [f"{model.accuracy:.4f}", f"{model.interval[0]:.4f}-{model.interval[1]:.4f}", *shares, spread]


def _numbers(model: Any) -> list[str]:
    low, high = model.interval
    spread = "" if model.spread is None else f"{model.mean_r2:.4f} ± {model.spread:.4f}"
    return [f"{model.r2:.4f}", f"{low:.4f} to {high:.4f}", f"{model.rmse:.4g}", f"{model.mae:.4g}", spread]


def _p_values(result: "ComparisonResult") -> list[str]:
    names = [model.model for model in result.models]
    p = {(pair.first, pair.second): pair.p_corrected for pair in result.pairs}
    caption = [
        f"p-values of {_TESTS[result.task]} for each pair of models, after Holm's correction for the number of pairs;",
        "two models are level where it is 0.05 or more",
    ]
    header = ["", *map(str, range(1, len(names)))]
    rows = [
        [f"{place} {name}", *(_p_value(p[other, name]) for other in names[: place - 1])]
        for place, name in enumerate(names, 1)
    ]
    padded = [[*row, *[""] * (len(header) - len(row))] for row in rows]
    return [*caption, *table_lines([header, *padded])]


def _p_value(p: float) -> str:
    return "<0.001" if p < 0.001 else f"{p:.3f}"


def _report_lines(model: "Measured") -> list[str]:
    header = ["", "precision", "recall", "F1", "rows"]
    rows = [
        [
            name,
            f"{scores['precision']:.3f}",
            f"{scores['recall']:.3f}",
            f"{scores['f1-score']:.3f}",
            f"{scores['support']:.0f}",
        ]
        for name, scores in model.classification_report.items()
        if name != "accuracy"
    ]
    return table_lines([header, *rows])
