"""The use cases, from train and evaluate to transform, explore and compare: whatever a command does.

Rules of this room:

* A use case takes paths and settings and returns a plain record of what came out; it prints nothing, and knows neither
  a terminal nor an option.
* Whatever can be refused is refused before the first second of training.
* Nothing that exists is replaced unless `force` says so, and a file is complete or absent, never half.

This package exports the use cases and the records they return. What they share, such as the writing of files
(``outputs``), is imported from its module.
"""

from deepbelief.experiment.comparison import Comparison, ComparisonResult, ComparisonSettings, Failure, Progress
from deepbelief.experiment.deviation import Deviations, deviations
from deepbelief.experiment.diagnosing import Diagnosis, diagnose
from deepbelief.experiment.drawing import completed, drawn
from deepbelief.experiment.exploring import explored
from deepbelief.experiment.exporting import exported
from deepbelief.experiment.likelihood import Likelihood, Scores, likelihood, score
from deepbelief.experiment.measures import Measured, Pair
from deepbelief.experiment.opening import open_data_for, open_machines, open_model, open_network
from deepbelief.experiment.overlap import Overlap, overlap_with
from deepbelief.experiment.prediction import (
    Evaluation,
    Predictions,
    RegressionEvaluation,
    evaluate,
    predict,
    submission,
)
from deepbelief.experiment.records import PhaseSummary, TrainResult, UpcomingPhase
from deepbelief.experiment.regression import RegressionScores
from deepbelief.experiment.regression_measures import MeasuredRegression, RegressionPair
from deepbelief.experiment.resuming import settings_of
from deepbelief.experiment.training import Training
from deepbelief.experiment.transforming import Features, features
from deepbelief.run_settings import TrainingSettings

__all__ = [
    "Comparison",
    "ComparisonResult",
    "ComparisonSettings",
    "Deviations",
    "Diagnosis",
    "Evaluation",
    "Failure",
    "Features",
    "Likelihood",
    "Measured",
    "MeasuredRegression",
    "Overlap",
    "Pair",
    "PhaseSummary",
    "Predictions",
    "Progress",
    "RegressionEvaluation",
    "RegressionPair",
    "RegressionScores",
    "Scores",
    "TrainResult",
    "Training",
    "TrainingSettings",
    "UpcomingPhase",
    "completed",
    "deviations",
    "diagnose",
    "drawn",
    "evaluate",
    "explored",
    "exported",
    "features",
    "likelihood",
    "open_data_for",
    "open_machines",
    "open_model",
    "open_network",
    "overlap_with",
    "predict",
    "score",
    "settings_of",
    "submission",
]
