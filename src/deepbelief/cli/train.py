"""``deepbelief train``."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from deepbelief.cli.choosing import choice_lines, say_choosing
from deepbelief.cli.diagnose import findings_text
from deepbelief.cli.errors import writing
from deepbelief.cli.evaluate import regression_lines
from deepbelief.cli.network_options import network_options
from deepbelief.cli.options import echo_json, json_option, run_options
from deepbelief.cli.overlap import echo_note, overlap_lines
from deepbelief.cli.progress import follow, measured
from deepbelief.cli.reading_options import reading_options
from deepbelief.cli.stopping import between_steps, saying_how_to_go_on, undisturbed
from deepbelief.cli.watching import place_for, watch_options, watched

if TYPE_CHECKING:
    from deepbelief.experiment import Training, TrainingSettings, TrainResult

_RUNS = Path("runs")
_ELSEWHERE = "choose another directory with --out"
_PERMIT = "a run goes on in its own folder: make room or get permission there, then resume it again"


@click.command()
@click.argument("data", default="digits")
@network_options(
    validation_fraction="use --validation-fraction; early stopping looks at the rows that it holds out",
    warm_start="go on with an interrupted run with --resume",
    checkpoint="checkpoints are always kept, in the folder of the run, which --out names",
    checkpoint_interval="use --checkpoint-interval",
)
@run_options
@click.option(
    "--out",
    type=click.Path(readable=False, path_type=Path),
    metavar="RUN",
    help="Directory for the model, its metrics and report.  [default: the first free one of runs/<data>-1, -2, ...]",
)
@click.option("--force", is_flag=True, help="Replace an earlier run in RUN.")
@click.option(
    "--resume",
    type=click.Path(readable=False, path_type=Path),
    metavar="RUN",
    help="Go on with the unfinished run in RUN, with its DATA and settings.  [default: begin a new run]",
)
@watch_options
@click.option(
    "--augment",
    "with_distortions",
    is_flag=True,
    help="Rows are pictures: fine-tuning shifts, rotates, slants and elastically distorts them anew each time.",
)
@click.option(
    "--page/--no-page", "with_page", default=True, help="Write net.html, the page in which the net is opened."
)
@reading_options
@json_option
@click.pass_context
def train(
    ctx: click.Context,
    resume: Path | None,
    with_distortions: bool,
    watch: bool,
    watch_port: int,
    as_json: bool,
    network: dict[str, Any],
    **of_the_run: Any,
) -> None:
    """Train a network on DATA (by default digits).

    First the layers are pretrained one after the other without looking at labels. Then a softmax layer is trained on
    top. Then the whole network is fine-tuned. Rows labelled -1 count as unlabelled. If the target is a number, the
    layer on top is a linear one. Without a target, or with --task features, only the layers are trained, and the rows
    that they find least likely are named. report.html shows what was learned. If something is wrong with it, that is
    printed.

    Checkpoints in RUN/checkpoint are written along the way. After an interruption, --resume RUN goes on.
    """
    from deepbelief.core.devices import check_device
    from deepbelief.core.parallel import joining
    from deepbelief.estimators.declared import DEFAULTS
    from deepbelief.experiment import Training
    from deepbelief.experiment.training_data import train_along

    if with_distortions:
        network = {"augment": "auto"} | network
    device = network.get("device", DEFAULTS["device"])
    check_device(device)
    with joining(device) as group:
        if group.rank > 0:
            with undisturbed():
                agreed = group.same(None)
                if agreed is not None:
                    train_along(agreed)
            return
        agreed = None
        try:
            wanted = _wanted(ctx, network, of_the_run, resume)
            listening = ctx.with_resource(place_for("--watch", watch, watch_port))
            with writing(wanted.out or _RUNS, _ELSEWHERE if resume is None else _PERMIT):
                training = ctx.with_resource(Training(wanted, resume=resume is not None, told=say_choosing))
            agreed = training.settings
        except KeyboardInterrupt as interrupted:
            how = str(interrupted) or "Interrupted before training began; type the same command again."
            raise KeyboardInterrupt(how) from None
        finally:
            group.same(agreed)  # None where the data or the settings were refused: the others leave without a word
        for note in training.dataset.notes:
            click.echo(f"Note: {note}", err=True)
        stopping = between_steps(training, insist=group.size > 1)
        with (
            writing(training.out, _later(training)),
            saying_how_to_go_on(training),
            stopping,
            watched(training, listening) as records,
        ):
            follow(training, records)
    _finish(training, as_json)


def _wanted(
    ctx: click.Context, network: dict[str, Any], of_the_run: dict[str, Any], resume: Path | None
) -> "TrainingSettings":
    from deepbelief.experiment import TrainingSettings, settings_of

    if resume is None:
        return TrainingSettings(network=network, **of_the_run)
    given = {name: value for name, value in of_the_run.items() if name != "reading" and _is_given(ctx, name)}
    if of_the_run["reading"]:
        given["reading"] = of_the_run["reading"]
    if {"out", "force"} & set(given):
        raise click.UsageError("--resume goes on in its own RUN; leave out --out and --force.")
    return settings_of(resume, given, network)


def _finish(training: "Training", as_json: bool) -> None:
    from deepbelief import report

    try:
        if as_json:
            echo_json(training.result)
        else:
            click.echo(_summary(training.result))
        echo_note(training.result.overlap)
    finally:  # also where nobody takes the results
        click.echo("Drawing the report", err=True)
        later = f"the model is there; {_later(training)}"
        try:
            with saying_how_to_go_on(training), writing(training.out, later):
                if why := report.write_run_report(training, training.settings.with_page):
                    click.echo(f"There is no net.html: {why}", err=True)
                training.discard_checkpoints()
        except (MemoryError, ImportError) as error:
            cause = str(error).rstrip(".") or "the memory is full"
            raise OSError(f"{training.out}: the report cannot be drawn ({cause}); {later}") from error


def _later(training: "Training") -> str:
    return f"when that is mended, go on with {training.resume_command}"


def _is_given(ctx: click.Context, name: str) -> bool:
    return ctx.get_parameter_source(name) is not ParameterSource.DEFAULT


def _labelled(result: "TrainResult") -> str:
    rest = result.n_train - result.n_labelled
    return f"{result.n_labelled} rows" + (f" with a label, {rest} without" if rest else "")


def _of_classes(result: "TrainResult") -> list[str]:
    if result.accuracy is None or result.interval is None:
        return ["Held-out accuracy: not measured (no rows held out)"]
    low, high = result.interval
    rows = f"{result.n_validation} rows; 95 % interval {low:.4f}-{high:.4f}"
    return [f"Held-out accuracy: {result.accuracy:.4f} ({rows})"]


def _of_numbers(result: "TrainResult") -> list[str]:
    if result.regression is None:
        lines = ["Held-out R²: not measured (no rows held out)"]
    else:
        first, *others = regression_lines(result.regression, "rows")
        lines = [f"Held-out {first}", *others]
    if result.training_squared_error is not None:
        explained = 1 - result.training_squared_error
        lines.append(f"Training rows, last epoch: R² {explained:.4f} ({result.n_train} rows)")
    return lines


def _of_features(result: "TrainResult") -> list[str]:
    learned = f"Learned features of {result.n_train} rows, without a target"
    if result.unlikely is None:
        return [learned]
    rows = ", ".join(map(str, result.unlikely.rows))
    return [f"{learned}; {result.n_validation} rows held out", f"Least likely rows, the first row being 1: {rows}"]


def _summary(result: "TrainResult") -> str:
    lines = {"classify": _of_classes, "regress": _of_numbers, "features": _of_features}[result.task](result)
    if result.overlap is not None and result.overlap.n_learned_from:
        lines += overlap_lines(result.overlap)
    if result.training_loss is not None and result.training_accuracy is not None:
        alone = "; the last network alone" if result.phases[-1].network else ""
        lines.append(
            f"Training rows, last epoch: accuracy {result.training_accuracy:.4f}, loss {result.training_loss:.4f} "
            f"({_labelled(result)}{alone})"
        )
    if result.choice is not None:
        lines += ["", *choice_lines(result.choice)]
    width = max([16, *(len(phase.place.label) + 1 for phase in result.phases)])
    lines += ["", f"{'phase':<{width}}{'epochs':>8}{'seconds':>10}   after the last epoch"]
    lines += [
        f"{phase.place.label:<{width}}{phase.epochs:>8}{phase.seconds:>10.1f}   {measured(phase.metrics)}"
        for phase in result.phases
    ]
    lines += [f"{'total':<{width}}{result.epochs:>8}{result.seconds:>10.1f}", ""]
    if result.findings:
        lines += [findings_text(result.findings), ""]
    lines.append(f"Saved in {result.out}. What was learned will be shown in {result.out}/report.html.")
    return "\n".join(lines)
