"""Say what is wrong with a trained model."""

from dataclasses import dataclass
from pathlib import Path

from deepbelief.core.finding import Finding
from deepbelief.estimators.diagnosing import diagnose as findings_of
from deepbelief.experiment.opening import open_data_for, open_model
from deepbelief.experiment.sources import naming


@dataclass(frozen=True)
class Diagnosis:
    """What is wrong with a model.

    Parameters
    ----------
    healthy : bool
        There is no finding.
    findings : tuple of Finding
    n_rows : int
        Rows of data looked at.
    """

    healthy: bool
    findings: tuple[Finding, ...]
    n_rows: int


def diagnose(model: Path, data: str) -> Diagnosis:
    """Diagnose a model by data of the kind that it was trained on.

    Parameters
    ----------
    model : Path
        A model file, or the directory of a run.
    data : str
        See :func:`deepbelief.datasets.load`.

    Raises
    ------
    DataError, ModelError
        If either cannot be used, or they do not fit together.
    """
    estimator = open_model(model)
    dataset = open_data_for(estimator, model, data)
    with naming(data):
        findings = findings_of(estimator, dataset.images, dataset.labels)
    return Diagnosis(not findings, tuple(findings), len(dataset.images))
