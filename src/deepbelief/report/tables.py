"""The tables and lists of a report: how well each class is named, what was trained and on what."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from sklearn.metrics import accuracy_score, precision_recall_fscore_support

from deepbelief.annotations import JsonObject
from deepbelief.command_line import difference, note_on_several
from deepbelief.core.phases import Place
from deepbelief.datasets.description import described_columns
from deepbelief.estimators.labels import many_classes_allowed
from deepbelief.experiment import RegressionScores, Scores
from deepbelief.experiment.columns import ColumnReconstruction, reconstructed_columns
from deepbelief.report.blocks import Block, facts, table
from deepbelief.report.overlap import overlap_fact
from deepbelief.report.pictures import image_shape
from deepbelief.report.scoring import Record
from deepbelief.report.subject import Subject
from deepbelief.report.wording import count, counted, duration, percent, plain, sentence, spoken

_SHOWN_BY_COMMAND = ("data", "out", "force")  # settings that say where, not what
MOST_COLUMNS = 100  # of a table, before nobody reads on


def accuracy(subject: Subject) -> float | None:
    """Return the share of the measured rows that are named right; None if none are, or nothing is classified."""
    if not subject.is_classifier or not len(subject.rows):
        return None
    with many_classes_allowed():
        return float(accuracy_score(subject.truth, subject.predicted))


def majority(subject: Subject) -> float:
    """Return the accuracy of always answering with the most frequent class of the measured rows."""
    _, counts = np.unique(subject.truth, return_counts=True)
    return float(counts.max() / counts.sum())


def classification_table(subject: Subject) -> Block:
    """Return scikit-learn's classification report as a table."""
    classes = sorted({*subject.estimator.classes_.tolist(), *subject.truth.tolist()})
    text = (
        "Precision: how many of the rows given this answer are right. Recall: how many of the class are found. "
        "F1: their harmonic mean."
    )
    rows = {"y_true": subject.truth, "y_pred": subject.predicted, "labels": classes}
    return _class_table("How well each class is named", text, classes, rows)


def regression_facts(scores: RegressionScores) -> Block:
    """Return how well numbers are predicted."""
    known = [
        ["R², the share of the variance that is explained", f"{scores.r2:.3f}"],
        ["Root mean squared error", f"{scores.rmse:.4g}"],
        ["The same, always saying the mean", f"{scores.baseline_rmse:.4g}"],
        ["Mean absolute error", f"{scores.mae:.4g}"],
    ]
    if scores.coverage is not None:
        known.append(["In their 90 % intervals", percent(scores.coverage)])
        known.append(["Median width of an interval", f"{scores.width:.4g}"])
    return facts("How well numbers are predicted", known)


def unlikely_table(subject: Subject, unlikely: Scores) -> Block:
    """Return the least likely rows with their names."""
    measure = "log-likelihood (nats)" if unlikely.measure == "log_likelihood" else "−free energy (nats)"
    called, names = subject.dataset.identifiers or ("", ())
    rows = [
        [f"row {row}", *([names[row - 1]] if names else []), f"{score:.2f}"]
        for row, score in zip(unlikely.rows, unlikely.scores, strict=True)
    ]
    text = "The first row of the data is row 1. A free energy is a log-likelihood up to the sign and a constant."
    return table("The least likely rows", ["row", *([called] if names else []), measure], rows, text=text)


def column_table(subject: Subject) -> Iterator[Block]:
    """Yield what each column of a table was taken for, and what was left out; nothing for images."""
    columns = list(described_columns(subject.dataset))
    if not columns:
        return
    rows = [[column.name, column.kind, column.values, str(column.n_missing or "")] for column in columns]
    said = [sentence(note[:1].upper() + note[1:]) for note in subject.dataset.notes]
    text = " ".join([*said, *_more(columns)])
    yield table(
        "What the columns were taken for",
        ["column", "taken for", "values", "missing"],
        rows[:MOST_COLUMNS],
        text=text,
        beside=False,
    )


def reconstruction_table(subject: Subject) -> Iterator[Block]:
    """Yield how well each column of a table comes back from each layer; nothing for images."""
    columns = list(reconstructed_columns(subject.estimator, subject.dataset, subject.images))
    if not columns:
        return
    rows = [
        [column.name, *(_back(column, value) for value in column.by_depth), _back(column, column.baseline)]
        for column in columns
    ]
    depths = [f"from layer {depth}" for depth in range(1, len(subject.rbms) + 1)]
    text = (
        "Numbers: how far off what comes back is, as root mean squared error in the unit of the column. Bits and "
        "categories: how many come back as they were. Last, the same without a model: always the mean, or the most "
        "frequent value."
    )
    yield table(
        "How well each column comes back",
        ["column", *depths, "without a model"],
        rows[:MOST_COLUMNS],
        text=" ".join([text, *_more(columns)]),
        beside=False,
    )


def _back(column: ColumnReconstruction, value: float) -> str:
    return f"± {value:.3g}" if column.is_number else percent(value)


def _more(columns: Sequence[object]) -> list[str]:
    n_more = len(columns) - MOST_COLUMNS
    return [f"{counted(n_more, 'more column')} of this table {'is' if n_more == 1 else 'are'} not shown."] * (
        n_more > 0
    )


def counted_table(title: str, text: str, names: list[str], matrix: np.ndarray) -> Block:
    """Return the same of a confusion matrix."""
    truth, predicted = np.nonzero(matrix)
    cells = {"y_true": truth, "y_pred": predicted, "sample_weight": matrix[truth, predicted]}
    return _class_table(title, text, names, {**cells, "labels": range(len(names))})


def _class_table(title: str, text: str, names: Sequence[object], rows: dict[str, Any]) -> Block:
    with many_classes_allowed():
        *shares, n_rows = precision_recall_fscore_support(**rows, zero_division=0.0)
    means = {"mean of the classes": None, "mean of the rows": n_rows if n_rows.any() else None}
    return table(
        title,
        ["class", "precision", "recall", "F1", "rows"],
        [_scores(*line) for line in zip(names, *shares, n_rows, strict=True)],
        [
            _scores(name, *(np.average(share, weights=weights) for share in shares), n_rows.sum())
            for name, weights in means.items()
        ],
        text,
    )


def _scores(name: object, *scores: float) -> list[str]:
    *shares, n_rows = scores
    return [str(name), *(f"{share:.3f}" for share in shares), count(int(n_rows))]


def phase_table(run: Record) -> Block:
    """Return the phases of training with their times."""
    phases = run["phases"]
    rows = [[_place(phase).title, count(phase["epochs"]), duration(phase["seconds"])] for phase in phases]
    total = [
        "together",
        count(sum(phase["epochs"] for phase in phases)),
        duration(sum(phase["seconds"] for phase in phases)),
    ]
    return table("Time for each phase", ["phase", "epochs", "time"], rows, [total])


def _place(phase: Record) -> Place:
    """Return where a phase belongs; records of earlier versions know of one network."""
    return Place(phase["phase"], phase["layer"], phase.get("network") or 0)


def step_facts(run: Record) -> Block:
    """Return which steps each phase took: the fast ones of a kernel, or plain ones with the reason."""
    return facts(
        "Steps that were taken",
        [[_place(phase).title, phase["steps"]] for phase in run["phases"]],
    )


def data_facts(subject: Subject) -> Block:
    """Return what is known of the data."""
    data, shape = subject.dataset, image_shape(subject)
    n_rows, n_features = data.images.shape
    size = f" (images of {shape[0]} × {shape[1]} pixels)" if shape else ""
    known = [
        ["Source", data.source],
        ["Rows", count(n_rows)],
        ["Features", f"{count(n_features)}{size}"],
        [
            "Measured on",
            counted(len(subject.rows), "row")
            if len(subject.rows)
            else "nothing: there are no rows with a label or target",
        ],
        ["Learned from", overlap_fact(subject.overlap_of_all)],
        ["Fingerprint", data.fingerprint],
    ]
    if subject.labels is not None and subject.labels.n_unlabelled:
        known.insert(2, ["Without a label", counted(subject.labels.n_unlabelled, "row")])
    return facts("Data", known)


def model_facts(subject: Subject) -> Block:
    """Return the settings that an estimator was trained with, as it carries them itself."""
    settings = subject.estimator.get_params(deep=False)
    kept = [[spoken(name), plain(value)] for name, value in sorted(settings.items()) if name not in ("dbn", "verbose")]
    return facts("Settings of the estimator", kept)


def version_facts(run: Record) -> Block:
    """Return what a run was made with."""
    return facts("Versions", [[name, plain(version)] for name, version in run["versions"].items()])


def choice_table(choice: JsonObject) -> Block:
    """Return the networks that a preset compared."""
    first = choice["networks"][0]
    rows = []
    for index, (network, measured) in enumerate(zip(choice["networks"], choice["measured"], strict=True)):
        name = difference(network, first) if index else "as --preset posts"
        taken = "yes" if index == choice["taken"] else ""
        rows.append([name, "cannot be trained" if measured is None else f"{measured:.4f}", taken])
    is_classified = choice["measure"] == "accuracy"
    if "simplest" in choice:  # not in runs of earlier versions
        always = "always the most frequent class" if is_classified else "always the mean"
        rows.append([always, f"{choice['simplest']:.4f}", ""])
    text = (
        f"Each network was measured on {count(choice['n_rows'])} rows that it had not learned from, before this "
        "training began. Another one than the first is taken if it is better by more than the standard error of the "
        "difference."
    )
    text = f"{text} {note_on_several(choice['networks'])}".rstrip()
    measure = "accuracy" if is_classified else "squared error"
    return table("Networks that were compared", ["network", measure, "taken"], rows, text=text, beside=False)


def setting_facts(run: Record) -> Block:
    """Return the settings of a run."""
    settings = run["settings"].items()
    return facts(
        "Settings", [[spoken(name), plain(value)] for name, value in settings if name not in _SHOWN_BY_COMMAND]
    )
