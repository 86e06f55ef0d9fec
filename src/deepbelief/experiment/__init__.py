"""The use cases, from train and evaluate to transform, explore and compare: whatever a command does.

Rules of this room:

* A use case takes paths and settings and returns a plain record of what came out; it prints nothing, and knows neither
  a terminal nor an option.
* Whatever can be refused is refused before the first second of training.
* Nothing that exists is replaced unless `force` says so, and a file is complete or absent, never half.
"""

from deepbelief.experiment.comparison import Comparison, ComparisonResult, ComparisonSettings, Failure, Progress
from deepbelief.experiment.diagnosing import Diagnosis, diagnose, diagnose_loaded
from deepbelief.experiment.drawing import check_table, completed, completed_name, drawn, table_bytes
from deepbelief.experiment.exploring import explored, explored_run
from deepbelief.experiment.exporting import exported
from deepbelief.experiment.likelihood import Likelihood, Scores, least_likely, likelihood, score
from deepbelief.experiment.measures import Measured, Pair
from deepbelief.experiment.opening import open_data_for, open_model, open_network
from deepbelief.experiment.outputs import (
    FIGURES_FOLDER,
    METRICS_FILE,
    MODEL_FILE,
    PAGE_FILE,
    REPORT_FILE,
    RESULT_FILE,
    check_output_file,
    to_json,
    write_bytes,
    write_text,
)
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
from deepbelief.experiment.regression import RegressionScores, interval_of, regression_scores
from deepbelief.experiment.resuming import settings_of
from deepbelief.experiment.training import Training
from deepbelief.experiment.training_data import train_along
from deepbelief.experiment.transforming import Features, check_features_file, features, features_bytes
from deepbelief.run_settings import TrainingSettings

__all__ = [
    "FIGURES_FOLDER",
    "METRICS_FILE",
    "MODEL_FILE",
    "PAGE_FILE",
    "REPORT_FILE",
    "RESULT_FILE",
    "Comparison",
    "ComparisonResult",
    "ComparisonSettings",
    "Diagnosis",
    "Evaluation",
    "Failure",
    "Features",
    "Likelihood",
    "Measured",
    "Overlap",
    "Pair",
    "PhaseSummary",
    "Predictions",
    "Progress",
    "RegressionEvaluation",
    "RegressionScores",
    "Scores",
    "TrainResult",
    "Training",
    "TrainingSettings",
    "UpcomingPhase",
    "check_features_file",
    "check_output_file",
    "check_table",
    "completed",
    "completed_name",
    "diagnose",
    "diagnose_loaded",
    "drawn",
    "evaluate",
    "explored",
    "explored_run",
    "exported",
    "features",
    "features_bytes",
    "interval_of",
    "least_likely",
    "likelihood",
    "open_data_for",
    "open_model",
    "open_network",
    "overlap_with",
    "predict",
    "regression_scores",
    "score",
    "settings_of",
    "submission",
    "table_bytes",
    "to_json",
    "train_along",
    "write_bytes",
    "write_text",
]
