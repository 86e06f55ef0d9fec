"""The container of a model, written: whole or not at all, and only if it can be read again."""

import hashlib
import json
import os
import secrets
from contextlib import suppress

import numpy as np
import safetensors.numpy

from deepbelief.annotations import JsonObject
from deepbelief.estimators.tensor_file import DTYPES, HEADER_LIMIT
from deepbelief.estimators.untrusted_json import Refused


def data_digest(tensors: dict[str, np.ndarray]) -> str:
    """Return the SHA-256, in hex, of the data section that a container of these tensors will have.

    Parameters
    ----------
    tensors : dict of ndarray

    Returns
    -------
    str
    """
    payload = safetensors.numpy.save(tensors)
    return hashlib.sha256(memoryview(payload)[8 + int.from_bytes(payload[:8], "little") :]).hexdigest()


def packed(tensors: dict[str, np.ndarray], metadata: dict[str, str]) -> bytes:
    """Return the bytes of a container; one whose header could not be read again is Refused.

    Parameters
    ----------
    tensors : dict of ndarray
    metadata : dict of str

    Returns
    -------
    bytes
    """
    payload = safetensors.numpy.save(tensors, metadata)
    _require_short(int.from_bytes(payload[:8], "little"))
    return payload


def pieces(tensors: dict[str, np.ndarray], metadata: dict[str, str]) -> list[np.ndarray]:
    """Return the bytes of a container like those of `packed`, without copying a tensor: for what is written often.

    Parameters
    ----------
    tensors : dict of ndarray
        C-contiguous.
    metadata : dict of str

    Returns
    -------
    list of ndarray of uint8
        To be written one after the other.
    """
    header: JsonObject = {"__metadata__": metadata}
    found, end = [], 0
    for name, tensor in tensors.items():
        kind = next(kind for kind, dtype in DTYPES.items() if dtype == tensor.dtype.newbyteorder("<"))
        begin, end = end, end + tensor.nbytes
        header[name] = {"dtype": kind, "shape": list(tensor.shape), "data_offsets": [begin, end]}
        found.append(tensor.astype(DTYPES[kind], copy=False).reshape(-1).view(np.uint8))
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)  # so that the tensors are aligned
    _require_short(len(text))
    return [np.frombuffer(len(text).to_bytes(8, "little") + text, np.uint8), *found]


def write_whole(path: str | os.PathLike[str], payload: bytes) -> None:
    """Write a file so that at every moment its path holds all of the old bytes or all of the new ones.

    Parameters
    ----------
    path : str or Path
    payload : bytes

    Raises
    ------
    Refused
        If the operating system did not let it; no other file is left behind.
    """
    target = os.path.realpath(path)  # through a symbolic link, not over it
    beside = os.path.join(os.path.dirname(target), f".deepbelief-{secrets.token_hex(8)}.tmp")
    try:
        try:
            with open(beside, "xb") as file:
                file.write(payload)
                file.flush()
                os.fsync(file.fileno())  # else a crash soon after could leave the new name on no bytes
            os.replace(beside, target)
        except BaseException:  # an interrupt, too, leaves nothing behind
            with suppress(OSError):
                os.unlink(beside)
            raise
    except FileNotFoundError:
        raise Refused("cannot be written, as its directory does not exist", "make the directory first") from None
    except OSError as error:
        problem = f"cannot be written ({error.strerror or error})"
        raise Refused(problem, "write to a place with space and permission") from None


def _require_short(length: int) -> None:
    if length > HEADER_LIMIT:
        problem = f"would have a header of {length} bytes, more than the {HEADER_LIMIT} that are allowed"
        raise Refused(problem, "shorten its history_, then save it")
