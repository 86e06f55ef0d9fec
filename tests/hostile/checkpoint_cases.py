"""Checkpoints, taken apart and put together with another content."""

import hashlib
import json
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import load, save

from deepbelief import DBNClassifier
from deepbelief.estimators.checkpoint_file import DIGEST, KEY

X = np.random.default_rng(0).random((20, 2))


@cache
def checkpoint() -> bytes:
    """Return the bytes of a small checkpoint, of a classifier that has been through all phases."""
    with tempfile.TemporaryDirectory() as folder:
        settings = {"pretrain_epochs": 1, "softmax_epochs": 1, "finetune_epochs": 1, "random_state": 0}
        DBNClassifier((2,), checkpoint=folder, **settings).fit(X, np.arange(20) % 3)
        return max(Path(folder).glob("*.safetensors")).read_bytes()


def described() -> dict[str, Any]:
    """Return what the checkpoint says besides its arrays."""
    end = 8 + int.from_bytes(checkpoint()[:8], "little")
    return json.loads(json.loads(checkpoint()[8:end])["__metadata__"][KEY])


def with_description(about: Any) -> bytes:
    """Return a checkpoint that says something else, with the digest that belongs to it."""
    text = about if isinstance(about, str) else json.dumps(about)
    arrays = load(checkpoint())
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass"))
    for name in sorted(arrays):
        digest.update(name.encode())
        digest.update(arrays[name].data)
    return save(arrays, {KEY: text.encode("utf-8", "replace").decode(), DIGEST: digest.hexdigest()})
