"""``deepbelief train --resume``: what goes on, what is said, and what is refused."""

import itertools
import json
import os
import signal
import time

import numpy as np
import pytest

from cli.conftest import TINY, done, refused, run, tiny_images
from deepbelief import DBNClassifier
from deepbelief.cli import progress
from deepbelief.estimators import checkpoint_file
from deepbelief.estimators.declared import DEFAULTS

LONGER = (*TINY, "--layers", "8,6", "--pretrain-epochs", "2", "--finetune-epochs", "2", "--checkpoint-interval", "1e-9")


def interrupted(monkeypatch, after, *arguments, how=lambda: os.kill(os.getpid(), signal.SIGINT)):
    """Run a command that is interrupted once it has written this many checkpoints."""
    left, add = after, checkpoint_file.add

    def add_then_interrupt(*checkpoint):
        nonlocal left
        add(*checkpoint)
        left -= 1
        if left == 0:
            how()

    with monkeypatch.context() as patch:
        patch.setattr(checkpoint_file, "add", add_then_interrupt)
        return run(*arguments)


def lines(path):
    """The metrics of a run, without the times."""
    found = [json.loads(line) for line in (path / "metrics.jsonl").read_text().splitlines()]
    return [{name: value for name, value in line.items() if name != "seconds"} for line in found]


def test_any_number_of_interruptions_gives_the_same_run(folder, data, monkeypatch):
    done("train", data, *LONGER, "--out", "whole")
    outcome = interrupted(monkeypatch, 9, "train", data, *LONGER, "--out", "run")
    n_interruptions = 1
    while outcome.code == 130:
        assert outcome.stderr.splitlines()[-1] == "Interrupted. To go on: deepbelief train --resume run"
        outcome = interrupted(monkeypatch, 9, "train", "--resume", "run", "--json")
        n_interruptions += 1
    assert n_interruptions >= 4
    assert outcome.code == 0
    assert outcome.json["epochs"] == 8
    assert sorted(path.name for path in (folder / "run").iterdir()) == [
        "metrics.jsonl",
        "model.safetensors",
        "result.json",
    ]
    one, other = folder / "run", folder / "whole"
    assert (one / "model.safetensors").read_bytes() == (other / "model.safetensors").read_bytes()
    assert lines(one) == lines(other)


def test_a_net_of_one_layer_goes_on(folder, data, monkeypatch):
    one = (data, *LONGER, "--layers", 8)
    done("train", *one, "--out", "whole")
    interrupted(monkeypatch, 5, "train", *one, "--out", "run")
    done("train", "--resume", "run", "--layers", 8)
    assert (folder / "run/model.safetensors").read_bytes() == (folder / "whole/model.safetensors").read_bytes()


def test_sigterm_is_an_interruption_too(data, monkeypatch):
    def terminate():
        os.kill(os.getpid(), signal.SIGTERM)

    before = signal.getsignal(signal.SIGTERM)
    outcome = interrupted(monkeypatch, 3, "train", data, *LONGER, "--out", "run", how=terminate)
    assert outcome.code == 143
    assert "To go on: deepbelief train --resume run" in outcome.stderr
    assert signal.getsignal(signal.SIGTERM) is before
    done("train", "--resume", "run")


def test_lines_that_were_lost_or_torn_are_written_again(folder, data, monkeypatch):
    done("train", data, *LONGER, "--out", "whole")
    interrupted(monkeypatch, 12, "train", data, *LONGER, "--out", "run")
    partial = folder / "run" / "metrics.jsonl.partial"
    partial.write_text(partial.read_text()[:-30])
    done("train", "--resume", "run")
    assert lines(folder / "run") == lines(folder / "whole")


def test_a_run_that_was_cut_off_while_it_ended_is_ended(folder, data, monkeypatch):
    done("train", data, *LONGER, "--out", "whole")

    def fail(training, with_page):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("deepbelief.report.write_run_report", fail)
        refused_report = run("train", data, *LONGER, "--out", "run")
    assert refused_report.code == 1
    done("train", "--resume", "run")
    assert (folder / "run/model.safetensors").read_bytes() == (folder / "whole/model.safetensors").read_bytes()


def test_what_changed_is_named(folder, data, monkeypatch):
    interrupted(monkeypatch, 5, "train", data, *LONGER, "--out", "run")
    refused("train", "--resume", "run", "--seed", 1, says=("run was started with --seed=0, not 1",))
    refused("train", "--resume", "run", "--layers", "9,6", says=("started with --layers=8,6, not 9,6; leave that out",))
    refused("train", "--resume", "run", "--set", "momentum=0.5", says=("started with --set=momentum=0.9, not 0.5",))
    refused("train", "--resume", "run", "--visible", "gaussian", says=("--visible=", "not gaussian; leave that out"))
    refused("train", "digits", "--resume", "run", says=("data.npz, not digits",))
    images, labels = tiny_images(seed=1)
    np.savez(data, X=images / np.float32(255), y=labels)
    refused("train", "--resume", "run", says=("made with other data: X has changed",))


def test_what_did_not_change_may_be_said_again(data, monkeypatch):
    interrupted(monkeypatch, 5, "train", data, *LONGER, "--out", "run")
    again = ("--layers", "8,6", "--seed", 0, "--checkpoint-interval", 5, "--set", "momentum=0.9")
    done("train", data, "--resume", "run", *again)


def test_rows_without_labels_from_another_file_are_known_again(folder, data, monkeypatch):
    images, _ = tiny_images(seed=2)
    np.savez("more.npz", X=images / np.float32(255))
    more = ("--unlabelled-data", "more.npz")
    done("train", data, *more, *LONGER, "--out", "whole")
    assert interrupted(monkeypatch, 5, "train", data, *more, *LONGER, "--out", "run").code == 130
    refused("train", "--resume", "run", "--unlabelled-data", data, says=("with --unlabelled-data=more.npz, not",))
    np.savez("more.npz", X=(255 - images) / np.float32(255))
    refused("train", "--resume", "run", says=("made with other data: X has changed",))
    np.savez("more.npz", X=images / np.float32(255))
    done("train", "--resume", "run")
    assert (folder / "run/model.safetensors").read_bytes() == (folder / "whole/model.safetensors").read_bytes()


def test_a_run_goes_on_with_what_was_set(folder, data, monkeypatch):
    other = (*LONGER, "--set", "momentum=0.7", "--set", "semi_supervised=false", "--batch-size", 20)
    whole = done("train", data, *other, "--out", "whole", "--json").json
    assert interrupted(monkeypatch, 5, "train", data, *other, "--out", "run").code == 130
    resumed = done("train", "--resume", "run", "--json").json
    assert resumed["command"] == whole["command"]
    assert {**resumed["settings"], "out": "whole"} == whole["settings"]
    assert (folder / "run/model.safetensors").read_bytes() == (folder / "whole/model.safetensors").read_bytes()


def test_a_run_goes_on_with_the_defaults_that_it_began_with(folder, data, monkeypatch):
    """Another version may have others."""
    done("train", data, *LONGER, "--out", "whole")
    interrupted(monkeypatch, 5, "train", data, *LONGER, "--out", "run")
    monkeypatch.setattr(
        DBNClassifier.__init__, "__kwdefaults__", {**DBNClassifier.__init__.__kwdefaults__, "momentum": 0}
    )
    monkeypatch.setitem(DEFAULTS, "momentum", 0)
    assert DBNClassifier().momentum == 0
    resumed = done("train", "--resume", "run", "--json").json
    assert "--set=momentum=0.9" in resumed["command"].split()
    assert (folder / "run/model.safetensors").read_bytes() == (folder / "whole/model.safetensors").read_bytes()


HOSTILE = {
    "no network": lambda settings: settings.pop("network"),
    "one thing more": lambda settings: settings.update(verbose=1),
    "a network that is no object": lambda settings: settings.update(network=[]),
    "a setting that does not exist": lambda settings: settings["network"].update(momentm=0.5),
    "a setting of a run": lambda settings: settings["network"].update(random_state=1),
    "a checkpoint elsewhere": lambda settings: settings["network"].update(checkpoint="/tmp"),
    "another net": lambda settings: settings["network"].update(dbn={}),
    "a number out of bounds": lambda settings: settings["network"].update(momentum=7),
    "a truth value for a number": lambda settings: settings["network"].update(pretrain_epochs=True),
    "a number for a truth value": lambda settings: settings["network"].update(early_stopping=1),
    "a number as text": lambda settings: settings["network"].update(batch_size="100"),
    "no layers": lambda settings: settings["network"].update(hidden_layer_sizes=[]),
    "layers of layers": lambda settings: settings["network"].update(hidden_layer_sizes=[[8]]),
    "layers of nothing": lambda settings: settings["network"].update(hidden_layer_sizes=[None, 0]),
    "half a letter": lambda settings: settings["network"].update(device="\ud800"),
    "a list for a name": lambda settings: settings["network"].update(device=["numpy"]),
    "an object": lambda settings: settings["network"].update(visible={"a": 1}),
    "a seed below zero": lambda settings: settings.update(seed=-1),
    "nothing for a share": lambda settings: settings.update(validation_fraction=None),
    "no time": lambda settings: settings.update(checkpoint_interval=0),
    "a text for several names": lambda settings: settings.update(unlabelled_data="more.npz"),
    "a number for a name": lambda settings: settings.update(unlabelled_data=[1]),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_settings_that_nobody_wrote_are_refused(folder, data, monkeypatch, name):
    interrupted(monkeypatch, 5, "train", data, *LONGER, "--out", "run")
    path = folder / "run/checkpoint/settings.json"
    settings = json.loads(path.read_text())
    HOSTILE[name](settings)
    path.write_text(json.dumps(settings))
    before = sorted(folder.rglob("*"))
    refused("train", "--resume", "run", says=("settings.json: these are not the settings of a run; train again",))
    assert sorted(folder.rglob("*")) == before


def test_settings_hidden_in_lists_in_lists_are_refused(folder, data, monkeypatch):
    interrupted(monkeypatch, 5, "train", data, *LONGER, "--out", "run")
    path = folder / "run/checkpoint/settings.json"
    for depth in (900, 20_000):
        text = json.dumps({**json.loads(path.read_text()), "network": {"hidden_layer_sizes": "HERE"}})
        path.write_text(text.replace('"HERE"', "[" * depth + "]" * depth))
        refused("train", "--resume", "run", says=("these are not the settings of a run",))
        path.write_text(text.replace('"HERE"', "[8, 6]"))


def test_a_setting_that_a_later_version_added_may_be_missing(folder, data, monkeypatch):
    interrupted(monkeypatch, 5, "train", data, *LONGER, "--out", "run")
    path = folder / "run/checkpoint/settings.json"
    settings = json.loads(path.read_text())
    del settings["network"]["dropout"]
    path.write_text(json.dumps(settings))
    done("train", "--resume", "run")


def test_where_there_is_nothing_to_resume(folder, data):
    refused("train", "--resume", "nowhere", says=("nowhere: there is no unfinished run here",))
    done("train", data, *TINY, "--out", "run")
    refused("train", "--resume", "run", says=("run: this run is finished",))
    assert run("train", "--resume", "run", "--force").code == 2
    (folder / "run" / "checkpoint").mkdir()
    for text in ("", "{}", "[]", '{"data": NaN}', "\udcff"):
        (folder / "run/checkpoint/settings.json").write_bytes(text.encode(errors="surrogateescape"))
        refused("train", "--resume", "run", says=("these are not the settings of a run",))


def test_a_folder_without_permission_is_a_sentence(data, monkeypatch):
    def locked(*_, **__):
        raise PermissionError(13, "Permission denied", "somewhere")

    interrupted(monkeypatch, 5, "train", data, *LONGER, "--out", "run")
    with monkeypatch.context() as patch:
        patch.setattr("deepbelief.experiment.folder_lock._locked", locked)
        refused(
            "train", "--resume", "run", says=("run cannot be written: permission denied; a run goes on in its own",)
        )
    with monkeypatch.context() as patch:
        patch.setattr("pathlib.Path.is_file", locked)
        refused("train", "--resume", "run", says=("run: the run cannot be read (Permission denied); check its perm",))
    done("train", "--resume", "run")


def test_one_more_ctrl_c_does_not_disturb_how_a_run_is_left(folder, data, monkeypatch):
    """Not the terminal, which is put in order, and not the last line; afterwards signals are heard as before."""
    put_in_order, handlers = [], [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]

    def impatient(training, records):
        try:
            progress.follow(training, records)
        finally:
            os.kill(os.getpid(), signal.SIGINT)
            put_in_order.append(True)

    monkeypatch.setattr("deepbelief.cli.train.follow", impatient)
    outcome = interrupted(monkeypatch, 5, "train", data, *LONGER, "--out", "run")
    assert (outcome.code, outcome.stderr.splitlines()[-1]) == (
        130,
        "Interrupted. To go on: deepbelief train --resume run",
    )
    assert put_in_order == [True]
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == handlers


@pytest.mark.parametrize("error", [MemoryError(), ImportError("drawing.so: failed to map segment")])
def test_a_report_that_memory_has_no_room_for_can_be_drawn_later(error, folder, data, monkeypatch):
    def fails(*_):
        raise error

    with monkeypatch.context() as patch:
        patch.setattr("deepbelief.report.write_run_report", fails)
        outcome = run("train", data, *LONGER, "--out", "run")
    cause = str(error) or "the memory is full"
    assert (outcome.code, outcome.stderr.splitlines()[-1]) == (
        1,
        f"Error: run: the report cannot be drawn ({cause}); the model is there; when that is mended, go on with "
        "deepbelief train --resume run",
    )
    done("train", "--resume", "run")
    assert sorted(os.listdir("run")) == ["metrics.jsonl", "model.safetensors", "result.json"]


def test_clocks_that_go_backwards_change_nothing_but_the_times(folder, data, monkeypatch):
    done("train", data, *LONGER, "--out", "whole")
    backwards = itertools.count(2e9, -3600)
    with monkeypatch.context() as patch:
        for name in ("time", "monotonic", "perf_counter"):
            patch.setattr(time, name, lambda: next(backwards))
        interrupted(monkeypatch, 5, "train", data, *LONGER, "--out", "run")
        done("train", "--resume", "run")
    assert (folder / "run/model.safetensors").read_bytes() == (folder / "whole/model.safetensors").read_bytes()
    assert lines(folder / "run") == lines(folder / "whole")


def test_an_unfinished_run_is_not_replaced_by_accident(data, monkeypatch):
    interrupted(monkeypatch, 5, "train", data, *LONGER, "--out", "run")
    refused("train", data, *LONGER, "--out", "run", says=("--resume", "--force"))
    done("train", data, *LONGER, "--out", "run", "--force")
