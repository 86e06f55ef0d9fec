"""``deepbelief compare``."""

from pathlib import Path
from typing import Any

import click

from deepbelief.cli.compare_progress import follow
from deepbelief.cli.compare_text import comparison_text
from deepbelief.cli.errors import writing
from deepbelief.cli.network_options import network_options
from deepbelief.cli.options import Number, echo_json, json_option, seed_option
from deepbelief.cli.pictures import REMEDY, force_option
from deepbelief.cli.reading_options import reading_options


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
    help="Models to compare, separated by commas.  [default: all that predict such a target]",
)
@click.option(
    "--test-fraction",
    type=Number(min=0, max=1, min_open=True, max_open=True),
    metavar="SHARE",
    default=0.5,
    show_default=True,
    help="Share of the rows with a label or target, of every class alike, that is held out to measure on.",
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
    """Compare classifiers, or regressors, on DATA (by default digits).

    All models learn from the same half of the labelled rows and are measured on the other half: logistic regression,
    k nearest neighbours (knn, k = 5), a support vector machine (svm, RBF kernel), and the network with pretraining
    (dnn) and from random weights (dnn-random).

    The first three are given raw pixels in [0, 1] (0 to 255 divided by 255). Under the names logistic-scaled,
    knn-scaled and svm-scaled they stand behind a StandardScaler, which gives each pixel mean 0 and variance 1.

    If the target is a number, the models are ridge regression (ridge), k nearest neighbours (knn), a support vector
    machine (svr) and the network (dnn, dnn-random); the first three stand behind a StandardScaler.

    A test on the same rows says which differences are larger than chance: for classes McNemar's test, for numbers a
    paired t-test of squared errors. The table names the models that are level with the best. Rows labelled -1 are left
    out. Where cells are missing, all models but the network are given the mean of the column. If DATA is a folder with
    both pairs of MNIST's files, the training pair is used.

    -o writes a page with the table, a chart, the tests, and each classifier's report and confusion matrix. deepbelief
    report --comparison shows the same in the report of a model, from what --json printed.
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
            click.echo(comparison_text(result, details))
    finally:  # also where nobody takes the results
        if output is not None and result.models:
            from deepbelief.report import write_comparison

            with writing(output, REMEDY):
                write_comparison(output, result, force)
            click.echo(f"Wrote {output}", err=as_json)
    if not result.models:
        raise click.ClickException("no model could be measured; see above why")
