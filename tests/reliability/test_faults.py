"""Whatever the operating system refuses while a checkpoint is written, the last good one stays."""

import errno
import os

import numpy as np
import pytest
import safetensors.numpy

from deepbelief.core.phases import Place
from deepbelief.errors import ModelError
from deepbelief.estimators import checkpoint_file
from deepbelief.estimators.checkpoint_file import Checkpoint, add, newest
from deepbelief.estimators.untrusted_json import Refused
from reliability.training import DIGITS, assert_same, rbm

CALLS = ("open", "write", "fsync", "rename")  # os.* that writing a checkpoint makes; fsync of the file and its folder
PLACE = Place("pretrain")


def checkpoint(number: int) -> Checkpoint:
    entry = {"phase": "pretrain", "layer": 0, "epoch": number, "n_epochs": 9, "loss": 0.1}
    states = {PLACE: {"epoch": number, "within": None}}
    arrays = {"pretrain.0.parameters.weights": np.full((50, 40), number, dtype=np.float32)}
    return Checkpoint({"seed": 0}, {"X": "0"}, {"numpy": "2"}, [entry], [0.5, 0.0], states, arrays)


def number_of(saved: Checkpoint) -> int:
    assert (saved.arrays["pretrain.0.parameters.weights"] == saved.states[PLACE]["epoch"]).all()
    return saved.states[PLACE]["epoch"]


def calls_made(folder, monkeypatch) -> list[str]:
    """Return the calls that writing one checkpoint makes, in order."""
    made: list[str] = []
    with monkeypatch.context() as patch:
        for name in CALLS:
            patch.setattr(os, name, spy(made, name, getattr(os, name)))
        add(folder, checkpoint(1))
    return made


def spy(made, name, call):
    def recorded(*arguments, **settings):
        made.append(name)
        return call(*arguments, **settings)

    return recorded


def failing_at(step: int, code: int, monkeypatch) -> None:
    """Let the call with this index fail, among all of `CALLS`."""
    made: list[str] = []

    def guarded(name, call):
        def sometimes(*arguments, **settings):
            made.append(name)
            if len(made) == step + 1:
                raise OSError(code, os.strerror(code))
            return call(*arguments, **settings)

        return sometimes

    for name in CALLS:
        monkeypatch.setattr(os, name, guarded(name, getattr(os, name)))


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EIO, errno.EPERM], ids=errno.errorcode.get)
def test_after_every_call_that_can_fail_the_previous_checkpoint_loads(code, tmp_path, monkeypatch):
    made = calls_made(tmp_path / "", monkeypatch)
    assert made == ["open", "write", "write", "fsync", "rename", "open", "fsync"]
    for step in range(len(made)):
        before = number_of(newest(tmp_path))
        with monkeypatch.context() as patch:
            failing_at(step, code, patch)
            with pytest.raises(Refused, match="could not be written"):
                add(tmp_path, checkpoint(before + 1))
        after = number_of(newest(tmp_path))
        # Once it has its name the new one is whole; only whether the folder is on the disk is unknown.
        assert after == (before if step <= made.index("rename") else before + 1)
        assert not (tmp_path / checkpoint_file.PARTIAL).exists()
        add(tmp_path, checkpoint(after + 1))  # the next one succeeds
        assert number_of(newest(tmp_path)) == after + 1
        assert len(list(tmp_path.iterdir())) == 2


def test_a_checkpoint_is_a_file_of_safetensors(tmp_path):
    add(tmp_path, checkpoint(7))
    (path,) = tmp_path.iterdir()
    (name,), (array,) = zip(*safetensors.numpy.load_file(path).items(), strict=True)
    np.testing.assert_array_equal(array, checkpoint(7).arrays[name])


def test_a_short_write_is_completed(tmp_path, monkeypatch):
    write = os.write
    monkeypatch.setattr(os, "write", lambda file, data: write(file, bytes(data[:1000])))
    add(tmp_path, checkpoint(1))
    assert number_of(newest(tmp_path)) == 1


def test_a_write_that_claims_more_than_it_wrote_is_noticed(tmp_path, monkeypatch):
    add(tmp_path, checkpoint(1))
    write = os.write

    def lying(file, data):
        write(file, bytes(data[: len(data) // 2]))
        return len(data)

    monkeypatch.setattr(os, "write", lying)
    with pytest.raises(Refused, match="does not hold what was written"):
        add(tmp_path, checkpoint(2))
    assert number_of(newest(tmp_path)) == 1


def test_two_are_kept_and_a_damaged_one_is_passed_over(tmp_path):
    for number in range(1, 5):
        add(tmp_path, checkpoint(number))
    older, newer = sorted(tmp_path.iterdir())
    damaged = bytearray(newer.read_bytes())
    damaged[-1] ^= 1
    newer.write_bytes(damaged)
    with pytest.warns(UserWarning, match="was altered or damaged"):
        assert number_of(newest(tmp_path)) == 3
    older.write_bytes(b"")
    with pytest.raises(ModelError, match="train from the beginning"):
        newest(tmp_path)


@pytest.mark.filterwarnings("ignore:.*was altered or damaged")
def test_a_good_one_stays_until_there_is_a_better_one(tmp_path, monkeypatch):
    for number in (1, 2):
        add(tmp_path, checkpoint(number))
    _, bad = sorted(tmp_path.iterdir())
    bad.write_bytes(bad.read_bytes()[:-1] + b"!")
    for step in range(5):
        with monkeypatch.context() as patch:
            failing_at(step, errno.EIO, patch)
            with pytest.raises(Refused):
                add(tmp_path, checkpoint(3))
        assert number_of(newest(tmp_path)) == 1
    add(tmp_path, checkpoint(3))
    assert number_of(newest(tmp_path)) == 3


def test_a_text_that_was_changed_is_noticed(tmp_path):
    add(tmp_path, checkpoint(1))
    (path,) = tmp_path.iterdir()
    path.write_bytes(path.read_bytes().replace(b'\\"loss\\": 0.1', b'\\"loss\\": 0.2'))
    with pytest.raises(ModelError, match="was altered or damaged"):
        newest(tmp_path)


def test_training_goes_on_when_the_disk_is_full(tmp_path, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    whole = rbm().fit(DIGITS)
    epochs = rbm(checkpoint=tmp_path).fit_epochs(DIGITS)
    next(epochs)
    with monkeypatch.context() as patch:
        patch.setattr(os, "write", full)
        with pytest.warns(UserWarning, match="No space left on device.*; training goes on, and the last one stays"):
            list(epochs)
    assert len(newest(tmp_path).history) == 1
    assert_same(rbm(checkpoint=tmp_path).fit(DIGITS), whole)
