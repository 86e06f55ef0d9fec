"""What comes out of a training run: plain records."""

from dataclasses import dataclass

from deepbelief.annotations import JsonObject
from deepbelief.core.finding import Finding
from deepbelief.core.phases import Place
from deepbelief.experiment.choosing import Choice
from deepbelief.experiment.likelihood import Scores
from deepbelief.experiment.overlap import Overlap
from deepbelief.experiment.regression import RegressionScores


@dataclass(frozen=True)
class UpcomingPhase:
    """A phase of training to come: the pretraining of one layer, of the top layer, or fine-tuning.

    Parameters
    ----------
    place : Place
        What is trained.
    n_epochs : int or None
        None as long as only the estimator will know; each :class:`EpochRecord` says it.
    """

    place: Place
    n_epochs: int | None


@dataclass(frozen=True)
class PhaseSummary:
    """What one phase of training took and led to.

    Parameters
    ----------
    phase : str
    layer : int
        Index of the layer in pretraining; 0 in the other phases.
    epochs : int
    seconds : float
    metrics : dict of float
        What was measured after the last epoch, by name.
    steps : str
        The steps that were taken: those of a kernel, or plain ones with the reason.
    network : int
        Index of the network, where several are trained one after another.
    """

    phase: str
    layer: int
    epochs: int
    seconds: float
    metrics: dict[str, float]
    steps: str
    network: int = 0

    @property
    def place(self) -> Place:
        """What was trained."""
        return Place(self.phase, self.layer, self.network)


@dataclass(frozen=True)
class TrainResult:
    """What training came to.

    Parameters
    ----------
    task : {"classify", "regress", "features"}
        What the data were used for.
    accuracy : float or None
        On the held-out rows; None if there are none, or nothing is classified.
    interval : tuple of float or None
        Wilson's 95 % interval of the accuracy, for the choice of the rows.
    regression : RegressionScores or None
        On the held-out rows, where numbers are predicted.
    unlikely : Scores or None
        The rows that the net finds least likely, where features are all that is learned.
    overlap : Overlap or None
        How many of the held-out rows are the same as rows learned from; None if none are held out.
    training_loss, training_accuracy, training_squared_error : float or None
        As measured in the last epoch on the rows that were learned from, the squared error as a share of the variance
        of their targets; None without such an epoch.
    n_train, n_labelled, n_validation : int
        Rows learned from, those among them with a label, and rows held out.
    phases : tuple of PhaseSummary
    epochs : int
    seconds : float
        Of training, without loading and saving.
    out, model : str
        The run directory and the model file in it.
    seed : int
    settings : dict
        Of the run and of its network, all of them, by name.
    versions : dict of str
    command : str
        What to type to repeat the run.
    choice : Choice or None
        The networks that the preset compared, if it did.
    findings : tuple of Finding
        What is wrong with the model; empty if nothing is.
    """

    task: str
    accuracy: float | None
    interval: tuple[float, float] | None
    regression: RegressionScores | None
    unlikely: Scores | None
    overlap: Overlap | None
    training_loss: float | None
    training_accuracy: float | None
    training_squared_error: float | None
    n_train: int
    n_labelled: int
    n_validation: int
    phases: tuple[PhaseSummary, ...]
    epochs: int
    seconds: float
    out: str
    model: str
    seed: int
    settings: JsonObject
    versions: dict[str, str]
    command: str
    choice: Choice | None
    findings: tuple[Finding, ...]
