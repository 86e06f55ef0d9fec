"""``deepbelief compare``."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from deepbelief.cli.compare_progress import follow
from deepbelief.cli.errors import writing
from deepbelief.cli.network_options import network_options
from deepbelief.cli.options import Number, echo_json, json_option, seed_option
from deepbelief.cli.pictures import REMEDY, force_option
from deepbelief.cli.reading_options import reading_options
from deepbelief.cli.tables import MATRIX_CAPTION, matrix_lines, table_lines
from deepbelief.command_line import in_options

if TYPE_CHECKING:
    from deepbelief.experiment import ComparisonResult, Measured

_LEVEL = "level with the best"


class Models(click.ParamType):
    """Names of models, such as ``svm,dnn``."""

    name = "names"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, ...]:
        """Return the names, all of them known."""
        from deepbelief.experiment.contenders import check_names

        names = value if isinstance(value, tuple) else tuple(name.strip() for name in value.split(","))
        try:
            check_names(names)
        except ValueError as error:
            self.fail(str(error), param, ctx)
        return names


@click.command()
@click.argument("data", default="digits")
@click.option(
    "--models",
    type=Models(),
    default="logistic,logistic-scaled,knn,knn-scaled,svm,svm-scaled,dnn-random,dnn",
    show_default=True,
    help="Models to compare, separated by commas.",
)
@click.option(
    "--test-fraction",
    type=Number(min=0, max=1, min_open=True, max_open=True),
    metavar="SHARE",
    default=0.5,
    show_default=True,
    help="Share of the labelled rows, of every class alike, that is held out to measure on.",
)
@seed_option("Seed of the split and of the networks.")
@click.option(
    "--seeds",
    type=click.IntRange(min=1),
    metavar="N",
    default=3,
    show_default=True,
    help="Runs of each network, from as many seeds, to see how far chance moves it.",
)
@network_options(
    warm_start="leave it out: every model learns from the beginning",
    checkpoint="leave it out: a comparison keeps no checkpoints",
    checkpoint_interval="leave it out: a comparison keeps no checkpoints",
)
@click.option("--details", is_flag=True, help="Print each model's classification report and confusion matrix too.")
@reading_options
@json_option
@click.option(
    "-o",
    "--output",
    type=click.Path(readable=False, path_type=Path),
    help="Write a page with all of it too: one HTML file that needs nothing else.  [default: none]",
)
@force_option
def compare(data: str, details: bool, as_json: bool, output: Path | None, force: bool, **settings: Any) -> None:
    """Compare classifiers on DATA (by default digits).

    All models learn from the same half of the labelled rows and are measured on the other half: logistic regression,
    k nearest neighbours (knn, k = 5), a support vector machine (svm, RBF kernel), and the network with pretraining
    (dnn) and from random weights (dnn-random).

    The first three see raw pixels, which are in [0, 1] (0 to 255 divided by 255), or, as -scaled, pixels behind a
    StandardScaler: mean 0 and variance 1, each pixel for itself.

    A difference counts only if McNemar's test on the same rows says so: the table names the models that are level with
    the best. Rows labelled -1 are left out. Of a folder with both pairs of MNIST's files, the training pair is used.

    -o writes a page to look at and to send on: the table, a chart, the tests, and each model's classification report
    and confusion matrix. deepbelief report puts the same beside a model, from what --json printed.
    """
    from deepbelief.experiment import Comparison, ComparisonSettings
    from deepbelief.experiment.outputs import check_output_file

    if output is not None:
        with writing(output, REMEDY):
            check_output_file(output, force)
    comparison = Comparison(ComparisonSettings(data=data, **settings))
    follow(comparison)
    result = comparison.result
    try:
        if as_json:
            echo_json(result)
        elif result.models:
            click.echo(_text(result, details))
    finally:  # also where nobody takes the results
        if output is not None and result.models:
            from deepbelief.report import write_comparison

            with writing(output, REMEDY):
                write_comparison(output, result, force)
            click.echo(f"Wrote {output}", err=as_json)
    if not result.models:
        raise click.ClickException("no model could be measured; see above why")


def _text(result: "ComparisonResult", details: bool) -> str:
    skipped = f"; {result.n_skipped} without a label left out" if result.n_skipped else ""
    lines = [f"{result.n_train} rows to learn from, {result.n_test} to measure on{skipped}"]
    if result.n_duplicates:
        lines.append(_duplicates(result))
    lines += ["", *_ranking(result)]
    if result.pairs:
        lines += ["", *_p_values(result)]
    lines += [f"{failure.model} failed: {in_options(failure.reason)}" for failure in result.failures]
    if details:
        for model in result.models:
            lines += ["", model.model, *_report_lines(model), "", MATRIX_CAPTION]
            lines += matrix_lines(result.classes, model.confusion_matrix)
    return "\n".join(lines)


def _duplicates(result: "ComparisonResult") -> str:
    """Say how many rows to measure on the models know, and how accurate they are on those that they do not know."""
    known = f"{result.n_duplicates} of the rows to measure on are the same as a row to learn from"
    others = [
        f"{model.model} {model.accuracy_on_others:.4f}"
        for model in result.models
        if model.accuracy_on_others is not None
    ]
    return f"{known}; accuracy on the others: {', '.join(others)}" if others else known


def _ranking(result: "ComparisonResult") -> list[str]:
    header = ["model", "accuracy", "95 % interval", "precision", "recall", "F1", "all runs", "fit", "predict", ""]
    rows = [header]
    for model in result.models:
        run = model.runs[0]
        spread = "" if model.spread is None else f"{model.mean_accuracy:.4f} ± {model.spread:.4f}"
        rows.append(
            [
                model.model,
                f"{model.accuracy:.4f}",
                f"{model.interval[0]:.4f}-{model.interval[1]:.4f}",
                f"{model.precision:.4f}",
                f"{model.recall:.4f}",
                f"{model.f1:.4f}",
                spread,
                f"{run.seconds_fit:.1f} s",
                f"{run.seconds_predict:.1f} s",
                _LEVEL if model.model in result.level_with_best else "",
            ]
        )
    return table_lines(rows)


def _p_values(result: "ComparisonResult") -> list[str]:
    names = [model.model for model in result.models]
    p = {(pair.first, pair.second): pair.p_corrected for pair in result.pairs}
    caption = f"p-values of McNemar's exact test, corrected for being {len(p)} (Holm); level means 0.05 or more"
    header = ["", *map(str, range(1, len(names)))]
    rows = [
        [f"{place} {name}", *(_p_value(p[other, name]) for other in names[: place - 1])]
        for place, name in enumerate(names, 1)
    ]
    padded = [[*row, *[""] * (len(header) - len(row))] for row in rows]
    return [caption, *table_lines([header, *padded])]


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
