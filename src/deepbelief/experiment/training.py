"""Train a network: data in, a run directory out."""

import dataclasses
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Self

from deepbelief.annotations import Settings
from deepbelief.core.devices import check_device, check_precision
from deepbelief.core.finding import Finding
from deepbelief.core.parallel import current_group
from deepbelief.core.phases import FINETUNE, OUTPUT, PRETRAIN, SOFTMAX, Place
from deepbelief.core.progress import Epoch, EpochRecord
from deepbelief.errors import ModelError
from deepbelief.estimators import DBNClassifier, DBNRegressor, declared
from deepbelief.estimators.diagnosing import diagnose
from deepbelief.estimators.learned_rows import LearnedRows
from deepbelief.estimators.settings import layer_sizes
from deepbelief.estimators.untrusted_json import Refused
from deepbelief.experiment import resuming
from deepbelief.experiment.choosing import Choice, Told, chosen, possible
from deepbelief.experiment.likelihood import least_likely
from deepbelief.experiment.metrics_log import MetricsLog
from deepbelief.experiment.outputs import (
    CHECKPOINT_FOLDER,
    METRICS_FILE,
    MODEL_FILE,
    RESULT_FILE,
    TABLE_FILE,
    to_json,
    write_text,
)
from deepbelief.experiment.overlap import overlap_with
from deepbelief.experiment.provenance import plain_settings, repeating_command, versions
from deepbelief.experiment.records import PhaseSummary, TrainResult, UpcomingPhase
from deepbelief.experiment.regression import regression_scores
from deepbelief.experiment.run_folder import RunFolder, first_free_run, new_run, unfinished_run
from deepbelief.experiment.statistics import wilson_interval
from deepbelief.experiment.training_data import Trained, TrainingData, estimator_for, require_trainable, with_pictures
from deepbelief.run_settings import TrainingSettings


class Training:
    """One training run: refuses bad input when it is made, trains while it is iterated, then holds its `result`.

    Its directory belongs to this process until the ``with`` block around it ends.

    Parameters
    ----------
    settings : TrainingSettings
    resume : bool, default=False
        Go on with the unfinished run in ``settings.out``, see :func:`~deepbelief.experiment.settings_of`.
    told : callable
        Where networks are compared first, it is told how many of how many trainings are done, and for how many seconds
        the others will go on (not a number before the first one here is done).

    Attributes
    ----------
    settings : TrainingSettings
        With those of the network that is trained.
    choice : Choice or None
        How this network was chosen; None if there was no choice.
    stopping : bool
        Set it, and training stops after the next step: with a checkpoint, and KeyboardInterrupt.
    compared : callable
        Set it, and it is told, while rows are compared with each other before fine-tuning with few labels, of how many
        rows the nearest ones are known, and of how many they are sought.
    between_steps : callable
        Called after each step; training waits until it returns.
    newest : Epoch or None
        The last epoch with its state, for those who watch: not to be changed.
    phases : tuple of UpcomingPhase
        The phases to come.
    seconds_left : float
        What the phase of the last epoch will still take, as estimated after it.
    out : Path
        The run directory, already created.
    dataset : Dataset
    held_out : ndarray of int
        The rows of the data that are not learned from.
    task : {"classify", "regress", "features"}
        What the data are used for.
    estimator : DBNClassifier, DBNRegressor or DBN
        Fitted once iteration is over.
    learned_from : LearnedRows
        What it learned from, once iteration is over.
    result : TrainResult
        Once iteration is over.

    Raises
    ------
    DataError
        If the data cannot be read or learned from.
    ValueError
        If the device is not there, or no network can have these settings.
    TooLargeError
        If memory has no room for the layers.
    ModelError
        If another process trains in the run directory.
    ParallelError
        If several processes cannot have equal shares of a batch.
    OSError
        If the run directory may not or cannot be written.
    KeyboardInterrupt
        If it is interrupted while networks are compared; it says how to go on.
    """

    estimator: Trained
    learned_from: LearnedRows
    result: TrainResult
    seconds_left: float

    def __init__(
        self, settings: TrainingSettings, *, resume: bool = False, told: Told = lambda done, total, left: None
    ) -> None:
        self.settings = settings
        self.choice: Choice | None = None
        self.stopping = False
        self.compared: Callable[[int, int], None] = lambda done, total: None
        self.between_steps: Callable[[], None] = lambda: None
        self.newest: Epoch | None = None
        self._resume = resume
        declared.require(settings.network)
        network = declared.used(settings.network)
        check_device(network["device"])
        check_precision(network["precision"], network["device"])
        # Before the data are read, which takes its time: who finds another process there shall know at once.
        self._folder = _named_folder(settings, resume)
        try:
            self._prepare(told)
        except BaseException:  # a Ctrl-C, too, leaves the folder to others
            self.__exit__()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Leave the run directory to others."""
        if self._folder is not None:
            self._folder.release()

    def _prepare(self, told: Told) -> None:
        self._data = TrainingData(self.settings)
        self.dataset, self.held_out, self.task = self._data.dataset, self._data.held_out, self._data.task
        is_chosen = self._folder is not None and self._resume and not resuming.is_comparing(self._folder.path)
        if is_chosen:  # with all settings that it had, also those of other tasks, at their defaults
            require_trainable(self.settings, self._data)
        else:
            declared.require_of_task(self.settings.network, self.task)
            found = possible(self.settings, self._data)
        self._folder = self._folder or first_free_run(self.dataset.name)
        self.out = self._folder.path
        self._log = MetricsLog(self.out / METRICS_FILE)
        if is_chosen:
            self.choice = resuming.choice_of(self.out)
        else:
            self._choose(found, told)
            self._log.add()
        self.network = declared.used(self.settings.network, self.task)
        layers = layer_sizes(self.network["hidden_layer_sizes"])
        self.phases = tuple(_phases(self.network, self.task, len(layers)))

    def _choose(self, found: list[dict[str, Any]], told: Told) -> None:
        """Settle on one of several networks, in a way that can be interrupted."""
        if len(found) > 1 and not self._resume:
            resuming.begin_comparing(self.out, self.settings)
        try:
            self.choice, self.settings = chosen(self.settings, found, self._data, told, resuming.choice_file(self.out))
        except KeyboardInterrupt:
            if not resuming.is_unfinished(self.out):  # nothing had to be compared
                raise
            raise KeyboardInterrupt(f"Interrupted. To go on: {self.resume_command}") from None
        resuming.begin(self.out, self.settings, self.choice)

    def __iter__(self) -> Iterator[EpochRecord]:
        estimator = estimator_for(self.settings, self.task, self.out / CHECKPOINT_FOLDER)
        self.estimator = with_pictures(estimator, self.dataset, self.settings.data)
        self.estimator.called = self.dataset.feature_names
        summaries: dict[Place, PhaseSummary] = {}
        past = resuming.past_epochs(self.out)
        for record in past:
            _add(summaries, record)
        # The log may lack the last epochs that the checkpoint has, never the other way round.
        self._log.add(*past)
        for record in self._records(summaries):
            self._log.add(record)
            yield record
        self.result = self._finish(tuple(summaries.values()))

    def _tell(self, done: int, total: int) -> None:
        self.compared(done, total)
        if self.stopping and current_group().size == 1:  # several processes stop together, after the next step
            raise KeyboardInterrupt  # what the last pass has led to is in its checkpoint

    def _records(self, summaries: dict[Place, PhaseSummary]) -> Iterator[EpochRecord]:
        validation, examples = self._data.validation, self._data.examples
        begin = time.perf_counter()
        told = {"compared": self._tell} if isinstance(self.estimator, DBNClassifier) else {}
        for epoch in self.estimator.fit_epochs(*examples, validation=validation, stop=self._is_to_stop, **told):
            self.newest = epoch
            record = EpochRecord.of_entry(epoch.entry, time.perf_counter() - begin)
            so_far = _add(summaries, record)
            self.seconds_left = so_far / record.epoch * (record.n_epochs - record.epoch)
            yield record
            begin = time.perf_counter()  # the time that the consumer takes is not training

    def _is_to_stop(self) -> bool:
        self.between_steps()
        return self.stopping

    def _finish(self, phases: tuple[PhaseSummary, ...]) -> TrainResult:
        from deepbelief.estimators import model_file

        model = self.out / MODEL_FILE
        hashes = self.dataset.row_hashes
        self.learned_from = LearnedRows.of(self._data.row_hashes)
        accuracy = interval = overlap = regression = None
        images, truth = self.dataset.images[self.held_out], self._data.truth
        right = None
        if len(images) and isinstance(self.estimator, DBNClassifier):
            right = truth == self.estimator.predict(images)
            accuracy, interval = float(right.mean()), wilson_interval(int(right.sum()), len(right))
        if len(images) and isinstance(self.estimator, DBNRegressor):
            regression = regression_scores(self.estimator, images, truth)
        if len(images):
            overlap = overlap_with(self.learned_from, hashes[self.held_out], right)
        try:
            model_file.save(
                self.estimator,
                model,
                image_shape=self.dataset.image_shape,
                table=self.dataset.schema,
                learned_from=self.learned_from,
                overwrite=self.settings.force or self._resume,
            )
        except ModelError as error:
            if not isinstance(error.__cause__, Refused):
                raise
            # Not to write it to another place, as others are advised to: the run would be lost.
            problem = f"{model} {error.__cause__}; when that is mended, go on with {self.resume_command}"
            raise OSError(problem) from error
        if self.dataset.schema is not None:
            write_text(self.out / TABLE_FILE, self.dataset.schema.to_toml(), force=True)
        self._log.finish()
        supervised = [phase.metrics for phase in phases if phase.phase != PRETRAIN.name]
        last = supervised[-1] if supervised else {}
        result = TrainResult(
            task=self.task,
            accuracy=accuracy,
            interval=interval,
            regression=regression,
            unlikely=least_likely(self.estimator, self.dataset.images) if self.task == "features" else None,
            overlap=overlap,
            training_loss=last.get("loss"),
            training_accuracy=last.get("accuracy"),
            training_squared_error=self._squared_error(last),
            n_train=self._data.n_rows,
            n_labelled=self._data.n_labelled,
            n_validation=len(self.held_out),
            phases=phases,
            epochs=sum(phase.epochs for phase in phases),
            seconds=sum(phase.seconds for phase in phases),
            out=str(self.out),
            model=str(model),
            seed=self.settings.seed,
            settings=plain_settings(self.settings, self.network),
            versions=versions(),
            command=repeating_command(self.settings, self.task),
            choice=self.choice,
            findings=tuple(self._diagnosis()),
        )
        write_text(self.out / RESULT_FILE, to_json(dataclasses.asdict(result)) + "\n", force=True)
        return result

    def _squared_error(self, measured: Mapping[str, float]) -> float | None:
        """Return the squared error on the rows learned from as a share of the variance of their targets."""
        targets = self.dataset.targets
        if not isinstance(self.estimator, DBNRegressor) or targets is None or "squared_error" not in measured:
            return None
        # The error is in units of the scale by which targets were standardised, which need not be their deviation.
        variance, unit = float(targets[self._data.kept].var()), float(self.estimator.target_scale_) ** 2
        return measured["squared_error"] * (unit / variance if variance > 0 else 1.0)

    @property
    def resume_command(self) -> str:
        """What to type to go on with the run if it is interrupted."""
        return resuming.command(self.out)

    def discard_checkpoints(self) -> None:
        """Remove what is needed to resume the run, when everything else of it is written."""
        resuming.end(self.out)

    def _diagnosis(self) -> list[Finding]:
        validation = None if self.task == "features" else self._data.validation
        if validation is not None or self.task == "features":
            return diagnose(self.estimator, self.dataset.images, validation=validation)
        return diagnose(self.estimator, *self._data.examples)


def _named_folder(settings: TrainingSettings, resume: bool) -> RunFolder | None:
    """Return the folder of a run, if the settings name one."""
    if settings.out is None:
        return None
    return unfinished_run(settings.out) if resume else new_run(settings.out, settings.force)


def _phases(network: Settings, task: str, n_layers: int) -> Iterator[UpcomingPhase]:
    """Yield the phases to come, without those that are known to have no epochs."""
    places = [Place(PRETRAIN.name, layer) for layer in range(n_layers)]
    if task != "features":
        own = (SOFTMAX if task == "classify" else OUTPUT, FINETUNE)
        places += [Place(phase.name, network=index) for index in range(network["n_networks"]) for phase in own]
    for place in places:
        setting = network[f"{place.phase}_epochs"]
        if setting != 0:
            yield UpcomingPhase(place, None if isinstance(setting, str) else setting)


def _add(summaries: dict[Place, PhaseSummary], record: EpochRecord) -> float:
    """Add an epoch to the summary of its phase, and return the seconds that the phase took so far."""
    earlier = summaries.get(record.place)
    seconds = record.seconds + (earlier.seconds if earlier else 0.0)
    steps = record.steps
    if earlier and not earlier.steps.endswith(steps):  # a run went on elsewhere, where other kernels are
        steps = f"{earlier.steps}, then {steps}"
    summary = PhaseSummary(
        record.phase, record.layer, record.epoch, seconds, record.metrics, steps, network=record.network
    )
    summaries[record.place] = summary
    return seconds
