"""Model files: nothing is lost in writing, and nothing is written that could not be loaded."""

import errno
import os

import numpy as np
import pytest
from sklearn.exceptions import NotFittedError

from deepbelief import RBM, ModelError
from deepbelief.estimators.model_file import load, save
from estimators.saved_models import X, assert_same


def test_an_existing_file_is_kept_unless_told_otherwise(tmp_path):
    path = tmp_path / "model"
    path.write_bytes(b"mine")
    rbm = RBM(2).fit(X)
    with pytest.raises(ModelError, match="already exists"):
        save(rbm, path)
    assert path.read_bytes() == b"mine"
    save(rbm, path, overwrite=True)
    assert_same(rbm.set_params(random_state=0), load(path).set_params(random_state=0))


@pytest.mark.parametrize("step", ["replace", "fsync"])
def test_a_full_disk_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch, step):
    path = tmp_path / "model"
    path.write_bytes(b"old")

    def full(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    rbm = RBM(2).fit(X)
    monkeypatch.setattr(os, step, full)
    with pytest.raises(ModelError, match=r"No space left.*\.$") as caught:
        save(rbm, path, overwrite=True)
    assert str(path) in str(caught.value)
    assert path.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["model"]


def test_an_interrupt_while_writing_leaves_nothing(tmp_path, monkeypatch):
    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", interrupt)
    with pytest.raises(KeyboardInterrupt):
        save(RBM(2).fit(X), tmp_path / "model")
    assert os.listdir(tmp_path) == []


def test_a_symbolic_link_stays_one(tmp_path):
    (tmp_path / "link").symlink_to(tmp_path / "model")
    save(RBM(2).fit(X), tmp_path / "link", overwrite=True)
    assert (tmp_path / "link").is_symlink()
    assert isinstance(load(tmp_path / "model"), RBM)


def test_places_that_cannot_be_written_are_named(tmp_path):
    rbm = RBM(2).fit(X)
    with pytest.raises(ModelError, match="directory does not exist"):
        save(rbm, tmp_path / "no" / "model")
    with pytest.raises(ModelError, match="cannot be written"):
        save(rbm, tmp_path, overwrite=True)
    assert os.listdir(tmp_path) == []


def test_what_could_not_be_loaded_is_not_saved(tmp_path):
    with pytest.raises(NotFittedError):
        save(RBM(2), tmp_path / "m")
    with pytest.raises(TypeError, match="list"):
        save([], tmp_path / "m")
    broken = RBM(2).fit(X)
    broken.components_[0, 0] = np.nan
    with pytest.raises(ModelError, match="NaN"):
        save(broken, tmp_path / "m")
    with pytest.raises(ModelError, match="log_precision"):
        save(RBM(2).fit(X).set_params(hidden="gaussian-learned-variance"), tmp_path / "m")
    with pytest.raises(ModelError, match="image_shape"):
        save(RBM(2).fit(X), tmp_path / "m", image_shape=(5, 5))
    assert os.listdir(tmp_path) == []


def test_a_long_history_is_saved_and_an_endless_one_is_refused_with_a_remedy(tmp_path):
    rbm = RBM(2, n_iter=10, random_state=0).fit(X)
    passes = rbm.history_
    rbm.history_ = passes * 500
    save(rbm, tmp_path / "long")
    assert load(tmp_path / "long").history_ == rbm.history_
    rbm.history_ = passes * 10_000
    with pytest.raises(ModelError, match=r"would have a header of .*; shorten its history_, then save it\.$"):
        save(rbm, tmp_path / "endless")
    assert os.listdir(tmp_path) == ["long"]
