"""An npz or npy with its holes filled: every other number, and every other array, stays bit for bit."""

import io
import zipfile
from pathlib import Path

import numpy as np

from deepbelief.datasets.arrays import pixel_positions
from deepbelief.datasets.npz import images_member


def filled_npz(path: Path, split: str, is_hole: np.ndarray, completed: np.ndarray) -> bytes:
    """Return the content of an npz whose images are filled; other members are copied as they are.

    Parameters
    ----------
    path : Path
        An npz that has been read without an error.
    split : {"train", "test"}
        Which of its images were read.
    is_hole, completed : ndarray, shape (n_rows, n_features)
        Where values are missing, and what they are filled with.

    Returns
    -------
    bytes
    """
    content = io.BytesIO()
    with zipfile.ZipFile(path) as archive, zipfile.ZipFile(content, "w") as copy:
        images = images_member(path, archive, split)
        for member in archive.infolist():
            held = archive.read(member)
            if member.filename == images:
                held = _filled(held, is_hole, completed)
            copy.writestr(member, held, member.compress_type)
    return content.getvalue()


def filled_npy(path: Path, is_hole: np.ndarray, completed: np.ndarray) -> bytes:
    """Return the content of an npy whose holes are filled.

    Parameters
    ----------
    path : Path
        An npy that has been read without an error.
    is_hole : ndarray of bool, shape (n_rows, n_features)
        Where values are missing.
    completed : ndarray, shape (n_rows, n_features)
        What they are filled with.

    Returns
    -------
    bytes
    """
    return _filled(path.read_bytes(), is_hole, completed)


def _filled(held: bytes, is_hole: np.ndarray, completed: np.ndarray) -> bytes:
    array = np.lib.format.read_array(io.BytesIO(held), allow_pickle=False)
    positions = pixel_positions(array)
    flat = array.ravel()  # a copy where the array lies column by column
    flat[positions[is_hole]] = completed[is_hole]
    filled = flat.reshape(array.shape)
    content = io.BytesIO()
    is_by_columns = array.flags.f_contiguous and not array.flags.c_contiguous
    np.lib.format.write_array(content, np.asfortranarray(filled) if is_by_columns else filled, allow_pickle=False)
    return content.getvalue()
