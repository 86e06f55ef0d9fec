"""How the scores of models that were compared are called and written: accuracies of classes, R² of numbers."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from deepbelief.report.wording import counted, interval, percent

Record = dict[str, Any]


@dataclass(frozen=True)
class Scoring:
    """Words and formats.

    Parameters
    ----------
    models : str
        What the models are.
    name, called : str
        Of the score by which they are ranked: in the record, and in words.
    written, between, line : callable
        Write a score, an interval, and a line of the chart, which is given in hundredths.
    spread, verdict : callable
        Write mean and standard deviation over the runs of a model; say what the best model does on so many rows.
    others : mapping of str to str
        The headings of other scores, and their names in the record.
    digits : str
        How these are written.
    question, edge : str
        Above and below the chart.
    explained, test, how_tested : str
        What the other scores mean; what the test is called, and what it looks at.
    """

    models: str
    name: str
    called: str
    written: Callable[[float], str]
    between: Callable[[Sequence[float]], str]
    line: Callable[[float], str]
    spread: Callable[[Record], str]
    verdict: Callable[[Record, int], str]
    others: Mapping[str, str]
    digits: str
    question: str
    edge: str
    explained: str
    test: str
    how_tested: str


CLASSES = Scoring(
    models="classifiers",
    name="accuracy",
    called="accuracy",
    written=lambda share: percent(share, 2),
    between=interval,
    line=lambda points: f"{points:g}\u202f%",
    spread=lambda model: f"{100 * model['mean_accuracy']:.2f} ± {100 * model['spread']:.2f}",
    verdict=lambda best, n_rows: (
        f"{best['model']} names {percent(best['accuracy'], 2)} of {counted(n_rows, 'row')} correctly."
    ),
    others={"precision": "precision", "recall": "recall", "F1": "f1"},
    digits=".4f",
    question="How accurate, and how surely",
    edge="",
    explained="Precision: how many of the rows given an answer are right. Recall: how many of a class are found. F1: "
    "their harmonic mean. All three are means over the classes.",
    test="McNemar's test",
    how_tested="McNemar's exact test looks at the rows that just one of two models names correctly.",
)
NUMBERS = Scoring(
    models="regressors",
    name="r2",
    called="R²",
    written=lambda score: f"{score:.3f}",
    between=lambda scores: f"{scores[0]:.3f} to {scores[1]:.3f}",
    line=lambda hundredths: f"{hundredths / 100:g}",
    spread=lambda model: f"{model['mean_r2']:.3f} ± {model['spread']:.3f}",
    verdict=lambda best, n_rows: (
        f"{best['model']} explains {percent(max(best['r2'], 0.0))} of the variance of the target in "
        f"{counted(n_rows, 'row')}."
    ),
    others={"RMSE": "rmse", "MAE": "mae"},
    digits=".4g",
    question="How much is explained, and how surely",
    edge=" A model at 0 is no better than always saying the mean; what is below 0 is drawn there.",
    explained="R²: the share of the variance of the target that is explained. RMSE and MAE: root mean squared error "
    "and mean absolute error, in the unit of the target.",
    test="A paired t-test of squared errors",
    how_tested="A paired t-test looks at the squared errors of two models on the same rows.",
)


def scoring_of(record: Record) -> Scoring:
    """Return how the scores of a comparison are written; records of earlier versions do not say, and are of classes."""
    return NUMBERS if record.get("task") == "regress" else CLASSES
