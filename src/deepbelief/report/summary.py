"""A subject becomes a plain dict: what a page says, in its order, ready to be placed."""

from collections.abc import Iterator, Sequence

from deepbelief.annotations import JsonObject
from deepbelief.command_line import in_options
from deepbelief.core.diagnosis import Finding
from deepbelief.report.architecture import architecture, layer_sizes, n_parameters
from deepbelief.report.blocks import Block, Summary, any_script, figure, number, section
from deepbelief.report.comparison import comparison_blocks
from deepbelief.report.overlap import overlap_number, overlap_sentence, verb
from deepbelief.report.picture import Picture
from deepbelief.report.pictures import image_shape, pictures
from deepbelief.report.scoring import Record
from deepbelief.report.subject import Subject
from deepbelief.report.tables import (
    accuracy,
    choice_table,
    classification_table,
    column_table,
    data_facts,
    majority,
    model_facts,
    phase_table,
    reconstruction_table,
    regression_facts,
    setting_facts,
    step_facts,
    unlikely_table,
    version_facts,
)
from deepbelief.report.wording import chain, count, counted, duration, percent, sentence, spoken

UNTRAINED = (
    "The layers were neither pretrained nor fine-tuned: these are the random weights that the network began with, and "
    "only the layer on top of them has learned."
)
NOT_PRETRAINED = (
    "The layers were not pretrained: the network began with random weights. So there are no machines that can draw, "
    "and the pictures show the units of the network itself, as the labels or the target have formed them."
)


@any_script()
def summarise(subject: Subject) -> Summary:
    """Return everything that the page says.

    Parameters
    ----------
    subject : Subject

    Returns
    -------
    dict
        Strings, numbers, lists and dicts of these. A dict with the key ``svg`` holds a drawing that has been escaped;
        every other string is plain text.
    """
    shown = list(pictures(subject))
    return {
        "title": f"{subject.dataset.name}: what a deep belief net learned",
        "heading": f"What a deep belief net {verb(subject)}",
        "name": subject.dataset.name,
        "lead": _lead(subject),
        "invitation": _invitation(subject),
        "numbers": list(_numbers(subject)),
        "findings": [_finding(finding) for finding in subject.findings],
        "findings_title": f"The diagnosis has {counted(len(subject.findings), 'finding')}",
        "sections": [part for part in _sections(subject, shown) if part["blocks"]],
    }


def _invitation(subject: Subject) -> str:
    """Say what can be done on the page of the net."""
    begins = "Draw" if image_shape(subject) else "Set values"
    dreams = subject.pretrained and subject.n_networks == 1
    return f"{begins}, look inside, and let it dream." if dreams else f"{begins}, and look inside."


def _lead(subject: Subject) -> str:
    hidden = [rbm.components_.shape[0] for rbm in subject.rbms]
    layers = "one layer" if len(hidden) == 1 else f"{len(hidden)} layers"
    if not (subject.is_classifier or subject.is_regressor):
        how = "learned features of the data; there was no target to be predicted"
    elif subject.is_regressor:
        how = "learned features without looking at the target; then the target turned them into a predictor"
        how = (
            how if subject.pretrained else "were not pretrained: all that the network knows it learned from the target"
        )
    elif subject.pretrained:
        how = "learned features without looking at labels; then labels turned them into a classifier"
    else:
        how = "were not pretrained: all that the classifier knows it learned from labels"
    sentences = [f"{layers} of hidden units ({chain(hidden)}) {how}."]
    share = accuracy(subject)
    if share is not None:
        sentences.append(f"It names {percent(share)} of {count(len(subject.rows))} {subject.measured_on} correctly.")
        sentences.append(overlap_sentence(subject.overlap))
    if subject.regression is not None:
        explained = f"{percent(max(subject.regression.r2, 0.0))} of the variance of the target"
        sentences.append(f"It explains {explained} in {count(len(subject.rows))} {subject.measured_on}.")
    if not subject.findings:
        sentences.append("The diagnosis found nothing wrong.")
    return " ".join(map(sentence, filter(None, sentences)))


def _finding(finding: Finding) -> JsonObject:
    return {
        "name": spoken(finding.name),
        "where": finding.where,
        "advice": sentence(in_options(finding.advice)),
        "evidence": sentence(finding.evidence),
        "source": finding.source,
    }


def _numbers(subject: Subject) -> Iterator[dict[str, str]]:
    share, run = accuracy(subject), subject.run or {}
    if share is not None:
        guessing = f"always the most frequent class: {percent(majority(subject))}"
        yield number(percent(share), f"accuracy on {counted(len(subject.rows), 'row')}", guessing)
        yield from overlap_number(subject.overlap)
    if subject.regression is not None:
        scores = subject.regression
        yield number(f"{scores.r2:.3f}", f"R² on {counted(scores.n_rows, 'row')}", "always the mean: 0")
        error = f"always the mean: {scores.baseline_rmse:.4g}"
        yield number(f"{scores.rmse:.4g}", "root mean squared error", error)
    if "n_train" in run:
        yield number(count(run["n_train"]), "rows learned from", _labelled(run))
    several = f"{subject.n_networks} networks, " if subject.n_networks > 1 else ""
    parameters = f"{several}{count(n_parameters(subject))} weights and biases"
    yield number(chain(layer_sizes(subject)), "units", parameters)
    if "seconds" in run:
        yield number(duration(run["seconds"]), "training time", counted(len(run.get("phases", ())), "phase"))


def _labelled(run: Record) -> str:
    if run.get("task") == "features":
        return "without labels"
    n_labelled = run["n_labelled"] if "n_labelled" in run else run["n_train"]
    if run.get("task") == "regress":
        return "all with a target"
    return "all with a label" if n_labelled == run["n_train"] else f"{count(n_labelled)} with a label"


def _sections(subject: Subject, shown: Sequence[Picture]) -> Iterator[Block]:
    def figures(name: str) -> list[Block]:
        return [figure(picture) for picture in shown if picture.section == name]

    yield section("data", "Data", [*figures("data"), *column_table(subject)])
    yield section("network", "Network", [{"kind": "architecture", **architecture(subject)}])
    yield section("training", "Training", figures("training"))
    if subject.pretrained:
        yield section("reconstructions", "Reconstructions", [*figures("reconstruct"), *reconstruction_table(subject)])
    is_random = not (subject.pretrained or subject.finetuned)
    how = UNTRAINED if is_random else "" if subject.pretrained else NOT_PRETRAINED
    title = "The units, which did not learn" if is_random else "What the units have learned"
    yield section("units", title, figures("probe"), how)
    yield section("activity", "Activity", figures("activations"))
    yield section("samples", "What the net draws", figures("samples"))
    if subject.is_classifier and len(subject.rows):
        blocks = [*figures("classification"), classification_table(subject)]
        yield section("classification", "Classification", blocks)
    yield section("mistakes", "Mistakes", figures("mistakes"))
    if subject.regression is not None:
        yield section("regression", "Prediction", [*figures("regression"), regression_facts(subject.regression)])
    if subject.unlikely is not None:
        yield section(
            "unlikely", "Least likely rows", [*figures("unlikely"), unlikely_table(subject, subject.unlikely)]
        )
    if subject.comparison:
        yield section("comparison", "Beside other models", comparison_blocks(subject.comparison))
    yield section("making", "How this was made", _making(subject))


def _making(subject: Subject) -> Iterator[Block]:
    run = subject.run or {}
    if run.get("command"):
        yield {"kind": "command", "title": "The command that repeats this training", "text": run["command"]}
    if run.get("choice"):
        yield choice_table(run["choice"])
    if run.get("phases"):
        yield phase_table(run)
        if all(phase.get("steps") for phase in run["phases"]):  # runs of earlier versions do not say
            yield step_facts(run)
    yield setting_facts(run) if run.get("settings") else model_facts(subject)
    yield data_facts(subject)
    if run.get("versions"):
        yield version_facts(run)
