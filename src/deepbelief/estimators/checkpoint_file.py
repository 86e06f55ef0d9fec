"""Checkpoints in a folder: the whole state of a training, in files that an interruption cannot damage.

* A checkpoint is written beside the others, flushed, read again, and only then given its name; a file that has its name
  is whole. It is never written to again.
* The one before it stays until then, and after that too: two are kept.
* Reading takes the newest that can be read, as if an enemy had written it, see :mod:`.tensor_file`.
"""

import hashlib
import json
import os
import re
import warnings
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np

from deepbelief.annotations import JsonObject
from deepbelief.core.checkpoint import Arrays
from deepbelief.core.phases import PHASES, Place
from deepbelief.core.progress import Entry
from deepbelief.errors import ModelError
from deepbelief.estimators.tensor_file import CHUNK, TensorReader, opened
from deepbelief.estimators.tensor_writing import pieces
from deepbelief.estimators.untrusted_json import Refused, entries, is_count, is_text, quoted, require, strict_json

FORMAT_VERSION = 1
KEY, DIGEST = "deepbelief-checkpoint", "sha256"  # the entries of the container's metadata
STATES = (*PHASES, "best")  # of what a state can be
_NAME = re.compile(r"checkpoint-(\d{1,18})\.safetensors")
PARTIAL = "checkpoint.partial"
_ANEW = "use a checkpoint written by deepbelief, or train from the beginning"


@dataclass(frozen=True)
class Checkpoint:
    """A training as it stood.

    Parameters
    ----------
    settings : dict
        The settings that the model depends on.
    data : dict of str
        A fingerprint of each thing that was learned from, by name.
    versions : dict of str
        Of the libraries.
    history : list of dict
        What was measured after each epoch.
    seconds : list of float
        What each of them took; and, as the last, the one that is not over.
    states : dict of Place to dict
        The state of everything trained so far, see :func:`deepbelief.core.checkpoint.taken_apart`.
    arrays : dict of ndarray
        Of all states.
    """

    settings: JsonObject
    data: dict[str, str]
    versions: dict[str, str]
    history: list[Entry] = field(default_factory=list)
    seconds: list[float] = field(default_factory=lambda: [0.0])
    states: dict[Place, JsonObject] = field(default_factory=dict)
    arrays: Arrays = field(default_factory=dict)


def newest(folder: Path) -> Checkpoint | None:
    """Return the newest checkpoint in a folder that can be read; None if the folder holds no checkpoint.

    Parameters
    ----------
    folder : Path
        Where checkpoints are kept.

    Returns
    -------
    Checkpoint or None

    Raises
    ------
    ModelError
        If there are files, but none that can be read.
    """
    problems = []
    for path in reversed(_paths(folder)):
        try:
            with opened(path) as reader:
                checkpoint = _read(reader)
        except Refused as refused:
            problems.append(f"{path} {refused}; {refused.remedy or _ANEW}.")
            continue
        for problem in problems:
            warnings.warn(f"{problem} Training goes on from the one before it.", UserWarning, stacklevel=2)
        return checkpoint
    if problems:
        raise ModelError(problems[0])
    return None


def add(folder: Path, checkpoint: Checkpoint) -> None:
    """Write a checkpoint, then remove all but this one and the one before it.

    Parameters
    ----------
    folder : Path
        Where checkpoints are kept.
    checkpoint : Checkpoint

    Raises
    ------
    Refused
        If the operating system did not let it; the checkpoints that were there are still there.
    """
    paths = _paths(folder)
    number = _number(paths[-1]) + 1 if paths else 1
    try:
        _write(folder, f"checkpoint-{number:06}.safetensors", _packed(checkpoint))
    except OSError as error:
        raise Refused(f"could not be written ({error.strerror or error})") from None
    for path in paths[:-1]:
        with suppress(OSError):  # too many do no harm
            path.unlink()


def clear(folder: Path) -> None:
    """Remove all checkpoints.

    Parameters
    ----------
    folder : Path
        Where checkpoints are kept.
    """
    for path in (*_paths(folder), folder / PARTIAL):
        path.unlink(missing_ok=True)


def _paths(folder: Path) -> list[Path]:
    """Return the files that are named as checkpoints, the newest last."""
    try:
        names = os.listdir(folder)
    except OSError:
        return []
    return sorted((folder / name for name in names if _NAME.fullmatch(name)), key=_number)


def _number(path: Path) -> int:
    return int(path.stem.removeprefix("checkpoint-"))


def _write(folder: Path, name: str, payload: list[np.ndarray]) -> None:
    partial = folder / PARTIAL
    partial.unlink(missing_ok=True)  # of a process that was killed here
    try:
        file = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
        try:
            for left in payload:
                while len(left):
                    left = left[os.write(file, left.data) :]
            os.fsync(file)
        finally:
            os.close(file)
        if not _holds(partial, payload):
            raise OSError("the file does not hold what was written to it")
        os.rename(partial, folder / name)
    except BaseException:  # an interrupt, too, leaves nothing behind
        with suppress(OSError):
            partial.unlink()
        raise
    if hasattr(os, "O_DIRECTORY"):  # else a crash soon after could forget the new name
        directory = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(directory)
        finally:
            os.close(directory)


def _holds(path: Path, payload: list[np.ndarray]) -> bool:
    with path.open("rb") as file:
        for piece in payload:
            for start in range(0, len(piece), CHUNK):
                part = piece[start : start + CHUNK]
                if not np.array_equal(np.frombuffer(file.read(len(part)), np.uint8), part):
                    return False
        return not file.read(1)


def _packed(checkpoint: Checkpoint) -> list[np.ndarray]:
    described = {
        "format_version": FORMAT_VERSION,
        "recipe": checkpoint.settings,  # the word of the first files, which still go on
        "data": checkpoint.data,
        "versions": checkpoint.versions,
        "history": checkpoint.history,
        "seconds": checkpoint.seconds,
        "states": [asdict(place) | state for place, state in checkpoint.states.items()],
    }
    text = json.dumps(described, allow_nan=False)
    return pieces(checkpoint.arrays, {KEY: text, DIGEST: _digest(text, checkpoint.arrays)})


def _digest(text: str, arrays: Arrays) -> str:
    found = hashlib.sha256(text.encode())
    for name in sorted(arrays):
        found.update(name.encode())
        found.update(arrays[name].data)
    return found.hexdigest()


def _read(reader: TensorReader) -> Checkpoint:
    if set(reader.metadata) != {KEY, DIGEST}:
        raise Refused("holds no checkpoint")
    text = reader.metadata[KEY]
    described = strict_json(text)
    version = described.get("format_version") if isinstance(described, dict) else None
    if type(version) is int and version > FORMAT_VERSION:
        raise Refused(f"has format {quoted(version)}, and this deepbelief knows {FORMAT_VERSION}", "update deepbelief")
    keys = "format_version", "recipe", "data", "versions", "history", "seconds", "states"
    version, settings, data, versions, history, seconds, states = entries(described, "a checkpoint", *keys)
    require(version == FORMAT_VERSION and type(version) is int, "format_version")
    require(isinstance(settings, dict), "recipe")
    for name, texts in ("data", data), ("versions", versions):
        require(isinstance(texts, dict) and all(map(is_text, texts.values())), name)
    require(isinstance(history, list) and all(map(_is_pass, history)), "history")
    require(isinstance(seconds, list) and all(type(number) is float for number in seconds), "seconds")
    require(len(seconds) == len(history) + 1, "seconds")
    require(isinstance(states, list), "states")
    places = dict(map(_placed, states))
    require(len(places) == len(states), "states")
    arrays = reader.take_all()
    if _digest(text, arrays) != reader.metadata[DIGEST]:
        raise Refused("was altered or damaged: it does not hold what was saved")
    return Checkpoint(settings, data, versions, history, seconds, places, arrays)


def _is_pass(entry: object) -> bool:
    if not isinstance(entry, dict) or not all(isinstance(value, str | int | float) for value in entry.values()):
        return False
    counted = all(is_count(({"network": 0} | entry).get(key), 0) for key in ("layer", "network", "epoch", "n_epochs"))
    return counted and is_text(entry.get("phase"))


def _placed(described: object) -> tuple[Place, JsonObject]:
    if isinstance(described, dict):
        described = {"network": 0} | described  # earlier versions trained one
    keys = "phase", "layer", "network", "epoch", "within"
    phase, layer, network, epoch, within = entries(described, "a state", *keys)
    require(isinstance(phase, str) and phase in STATES, "phase")
    require(is_count(layer, 0), "layer")
    require(is_count(network, 0), "network")
    require(is_count(epoch, 0), "epoch")
    if within is not None:
        step, streams = entries(within, "an epoch", "step", "streams")
        require(is_count(step, 1), "step")
        require(isinstance(streams, list) and all(map(_is_stream, streams)), "streams")
    return Place(phase, layer, network), {"epoch": epoch, "within": within}


def _is_stream(described: object) -> bool:
    words, half, device_draws = entries(described, "a random stream", "words", "half", "device_draws")
    fits = isinstance(words, list) and len(words) == 4 and all(_has_bits(word, 64) for word in words)
    return fits and (half is None or _has_bits(half, 32)) and _has_bits(device_draws, 64)


def _has_bits(word: object, n_bits: int) -> bool:
    """Tell whether a JSON value is an unsigned number of so many bits: the words of a generator use all of them."""
    return type(word) is int and 0 <= word < 2**n_bits
