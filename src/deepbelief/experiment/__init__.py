"""The use cases: train, evaluate, predict, compare.

Rules of this room:

* A use case takes paths and settings and returns a plain record of what came out; it prints nothing, and knows neither
  a terminal nor an option.
* Whatever can be refused is refused before the first second of training.
* Nothing that exists is replaced unless `force` says so, and a file is complete or absent, never half.
"""

from deepbelief.experiment.comparison import Comparison, ComparisonResult, ComparisonSettings, Failure, Progress
from deepbelief.experiment.measures import Measured, Pair
from deepbelief.experiment.outputs import METRICS_FILE, MODEL_FILE, check_output_file, to_json, write_text
from deepbelief.experiment.prediction import Evaluation, Predictions, evaluate, predict, submission
from deepbelief.experiment.training import EpochRecord, Phase, PhaseSummary, Training, TrainingSettings, TrainResult

__all__ = [
    "METRICS_FILE",
    "MODEL_FILE",
    "Comparison",
    "ComparisonResult",
    "ComparisonSettings",
    "EpochRecord",
    "Evaluation",
    "Failure",
    "Measured",
    "Pair",
    "Phase",
    "PhaseSummary",
    "Predictions",
    "Progress",
    "TrainResult",
    "Training",
    "TrainingSettings",
    "check_output_file",
    "evaluate",
    "predict",
    "submission",
    "to_json",
    "write_text",
]
