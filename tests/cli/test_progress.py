"""Training as it goes on a terminal, where the number of epochs is known from the start and where it is not."""

import io
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import rich.progress
from rich.console import Console

from cli.conftest import TINY, done, tiny_images
from deepbelief.cli import progress
from deepbelief.core.phases import Place
from deepbelief.core.progress import EpochRecord
from deepbelief.experiment import Training, TrainingSettings, UpcomingPhase


class Bars(rich.progress.Progress):
    """What is on the terminal, with the drawing left out."""

    def __init__(self, *columns, **_):
        super().__init__(*columns, console=Console(file=io.StringIO(), width=120), auto_refresh=False)

    def now(self):
        column = rich.progress.MofNCompleteColumn()
        return [(task.description, str(column.render(task)).strip()) for task in self.tasks]


def followed(monkeypatch, phases, records, compared=()):
    """Follow a training on a terminal; return what the bars were before each epoch and in the end, and the bars."""
    made, seen = [], []

    def bars(*arguments, **settings):
        made.append(Bars(*arguments, **settings))
        return made[0]

    def epochs():
        for record in records:
            seen.append(made[0].now())
            yield record
        for told in compared:
            training.compared(*told)
            seen.append(made[0].now())

    class Training:
        def __init__(self):
            self.phases, self.seconds_left = phases, 2.0

        def __iter__(self):
            return epochs()

    monkeypatch.setattr(rich.progress, "Progress", bars)
    monkeypatch.setattr(progress, "sys", SimpleNamespace(stderr=SimpleNamespace(isatty=lambda: True)))
    training = Training()
    progress.follow(training, training)
    return [*seen, made[0].now()], made[0]


def record(phase, layer, epoch, n_epochs):
    return EpochRecord(phase, layer, epoch, n_epochs, {"loss": 0.5}, "kernel", 1.0)


def test_the_number_of_epochs_comes_with_the_first_of_a_phase(monkeypatch):
    places = {Place("pretrain", 0): None, Place("pretrain", 1): 2, Place("finetune"): None}
    phases = tuple(UpcomingPhase(place, n_epochs) for place, n_epochs in places.items())
    records = [
        record("pretrain", 0, 1, 40),
        record("pretrain", 0, 40, 40),
        record("pretrain", 1, 2, 2),
        record("finetune", 0, 1, 3),
    ]
    seen, bars = followed(monkeypatch, phases, records)
    assert seen[0] == [("layer 1", "0/?"), ("layer 2", "0/2"), ("fine-tuning", "0/?")]
    assert [counted for _, counted in seen[1]] == ["1/40", "0/2", "0/?"]
    assert [counted for _, counted in seen[-1]] == ["40/40", "2/2", "1/3"]
    assert [task.fields["left"] for task in bars.tasks] == ["done", "done", "0:00:02 left"]


def test_a_bar_of_unknown_length_is_drawn_empty_and_stands_still(monkeypatch):
    """A bar that pulses would say that a phase is at work which may not have begun."""
    _, bars = followed(monkeypatch, (UpcomingPhase(Place("finetune", 0), None),), [])
    bar = next(column for column in bars.columns if isinstance(column, rich.progress.BarColumn))
    assert bar.pulse_style == "bar.back"
    bars.refresh()
    assert "fine-tuning" in bars.console.file.getvalue()


@pytest.mark.parametrize("semi_supervised, says", [("auto", True), ("true", True), ("false", False)])
def test_that_rows_are_compared_is_said_where_they_are(folder, semi_supervised, says):
    images, labels = tiny_images(1200)
    labels[60:] = -1
    np.savez("some.npz", X=images, y=labels)
    lines = done("train", "some.npz", *TINY, "--set", f"semi_supervised={semi_supervised}").stderr.splitlines()
    assert (progress._COMPARING in lines) == says
    if says:
        place = lines.index(progress._COMPARING)
        assert lines[place - 1].startswith("softmax, epoch 2/2: ")
        assert lines[place + 1] == "compared 1194 of 1194 rows"


def test_rows_that_are_compared_have_a_bar(monkeypatch):
    seen, bars = followed(monkeypatch, (), [], [(0, 5000), (2048, 5000), (5000, 5000)])
    assert [counted[-1] for counted in seen] == [("neighbours", f"{n}/5000") for n in (0, 2048, 5000, 5000)]
    assert progress._COMPARING in bars.console.file.getvalue()


def test_lines_tell_each_tenth_of_the_rows(capsys):
    tell = progress._lines_of_rows()
    for n_known in range(0, 61_000, 1000):
        tell(n_known, 60_000)
    first, *others = capsys.readouterr().err.splitlines()
    assert first == progress._COMPARING
    assert others == [f"compared {6000 * n} of 60000 rows" for n in range(1, 11)]


def test_a_run_stops_between_rows_that_are_compared_and_goes_on(folder):
    images, labels = tiny_images(1200)
    labels[60:] = -1
    np.savez("some.npz", X=images, y=labels)
    network = {"hidden_layer_sizes": (16,), "pretrain_epochs": 1, "softmax_epochs": 2, "finetune_epochs": 1}
    with Training(TrainingSettings(data="some.npz", network=network, out=Path("run"))) as training:
        training.compared = lambda *_: setattr(training, "stopping", True)
        with pytest.raises(KeyboardInterrupt):
            list(training)
    stopped = done("train", "--resume", "run", "--json").json
    whole = done("train", "some.npz", *TINY, "--json").json
    assert [phase["metrics"] for phase in stopped["phases"]] == [phase["metrics"] for phase in whole["phases"]]
