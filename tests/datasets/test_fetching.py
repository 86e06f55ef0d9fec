"""MNIST is fetched from mirrors, here folders on the disk; each file is checked, and nothing is left half written."""

import gzip
import hashlib

import pytest
from click.testing import CliRunner

from deepbelief.cli.main import deepbelief
from deepbelief.datasets import fetch_mnist, fetching
from deepbelief.errors import DataError

CONTENTS = {name: name.encode() * 50 for name in fetching.FILES}


@pytest.fixture
def mirror(tmp_path, monkeypatch):
    """A mirror that holds small files, and the address of it."""
    folder = tmp_path / "mirror"
    folder.mkdir()
    for name, content in CONTENTS.items():
        (folder / f"{name}.gz").write_bytes(gzip.compress(content))
    checksums = {name: hashlib.sha256(content).hexdigest() for name, content in CONTENTS.items()}
    monkeypatch.setattr(fetching, "FILES", checksums)
    return folder


def address(folder):
    return folder.as_uri() + "/"


def held(folder):
    return {path.name.removesuffix(".gz"): gzip.decompress(path.read_bytes()) for path in folder.iterdir()}


def test_all_files_arrive(mirror, tmp_path):
    assert fetch_mnist(tmp_path / "a" / "mnist", mirrors=[address(mirror)]) == tmp_path / "a" / "mnist"
    assert held(tmp_path / "a" / "mnist") == CONTENTS


def test_the_second_mirror_has_what_the_first_has_not(mirror, tmp_path):
    (tmp_path / "empty").mkdir()
    fetch_mnist(tmp_path / "mnist", mirrors=[address(tmp_path / "empty"), address(mirror)])
    assert held(tmp_path / "mnist") == CONTENTS


def test_what_is_there_is_kept_and_not_fetched(mirror, tmp_path):
    folder = tmp_path / "mnist"
    folder.mkdir()
    for name, content in CONTENTS.items():
        (folder / name).write_bytes(content)  # plain files will do
    fetch_mnist(folder, mirrors=["file:///nowhere/"])
    assert sorted(path.name for path in folder.iterdir()) == sorted(CONTENTS)


def test_a_file_of_that_name_that_is_another_is_left_alone(mirror, tmp_path):
    folder = tmp_path / "mnist"
    folder.mkdir()
    (folder / "t10k-labels-idx1-ubyte").write_text("mine")
    with pytest.raises(DataError, match=r"t10k-labels-idx1-ubyte: this is not MNIST's file of that name; move it away"):
        fetch_mnist(folder, mirrors=[address(mirror)])
    assert (folder / "t10k-labels-idx1-ubyte").read_text() == "mine"


@pytest.mark.parametrize("content", [gzip.compress(b"something else", mtime=0), b"\x1f\x8brubbish", b"<html>", b""])
def test_a_wrong_file_is_refused_and_not_written(mirror, tmp_path, content):
    (mirror / "train-images-idx3-ubyte.gz").write_bytes(content)
    with pytest.raises(DataError, match=r"could not be fetched \(it is not what it should be\); check the network"):
        fetch_mnist(tmp_path / "mnist", mirrors=[address(mirror)])
    assert list((tmp_path / "mnist").iterdir()) == []


def test_without_a_network_there_is_one_sentence(mirror, tmp_path, monkeypatch):
    monkeypatch.setattr(fetching.fetch_mnist, "__kwdefaults__", {"mirrors": ["file:///nowhere/"]})
    result = CliRunner().invoke(deepbelief, ["fetch", "mnist", "-o", str(tmp_path / "mnist")])
    assert result.exit_code == 1
    assert result.output.startswith("Error: train-images-idx3-ubyte.gz could not be fetched (")
    assert result.output.count("\n") == 1


def test_the_command_fetches(mirror, tmp_path, monkeypatch):
    monkeypatch.setattr(fetching.fetch_mnist, "__kwdefaults__", {"mirrors": [address(mirror)]})
    result = CliRunner().invoke(deepbelief, ["fetch", "mnist", "-o", str(tmp_path / "mnist")])
    assert result.exit_code == 0
    assert held(tmp_path / "mnist") == CONTENTS


def test_a_folder_that_cannot_be_made(mirror, tmp_path):
    (tmp_path / "file").write_text("")
    result = CliRunner().invoke(deepbelief, ["fetch", "mnist", "-o", str(tmp_path / "file" / "mnist")])
    assert result.exit_code == 1
    assert "cannot be written: not a directory" in result.output
