"""NumPy's npz: a zip of arrays, here `X` (images), and if they are there `y` (labels) and `image_shape`.

Rules: objects are never unpickled; a member is read only as far as both the zip and its own header declare, and the
two have to agree; no name comes twice, no directory is endless, nothing is a bomb. `X` is (n_rows, n_features) or
(n_rows, height, width). Integers in 0..255 are divided by 255; all other numbers stay as they are.
"""

import io
import math
import os
import tokenize
import zipfile
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from deepbelief.datasets.dataset import Dataset, Images, Labels, images_from_bytes, square_shape
from deepbelief.datasets.places import excerpt, place, short_name
from deepbelief.datasets.streams import MOST_GROWTH, PIECE, is_bomb, read_at_most
from deepbelief.errors import DataError

_Array = npt.NDArray[Any]
_LONGEST_NPY_HEADER = 10_000  # NumPy's own limit for headers from strangers
_NPY_VERSIONS = {
    b"\x93NUMPY\x01\x00": (2, np.lib.format.read_array_header_1_0),
    b"\x93NUMPY\x02\x00": (4, np.lib.format.read_array_header_2_0),
}
_BAD_ZIP = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError, OverflowError)


class _File(io.FileIO):
    """A file that hands over one piece at a time: zipfile asks for its whole directory at once, however long it is."""

    def read(self, size: int | None = -1) -> bytes:
        if size is None or size < 0:
            size = max(0, os.fstat(self.fileno()).st_size - self.tell())
        if size > PIECE:
            raise DataError(
                f"{place(Path(str(self.name)))}: a zip whose directory takes {size} bytes; save the images with "
                "numpy.savez(X=…)"
            )
        return super().read(size)

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        if whence == os.SEEK_SET and offset < 0:  # else the operating system complains, and not about the zip
            raise zipfile.BadZipFile("a place before the beginning of the file")
        return super().seek(offset, whence)


def read_npz(path: Path, *, holes: bool = False) -> Dataset:
    """Read an npz; with `holes`, floats may be NaN where a value is not known.

    Raises
    ------
    DataError
        If the zip is damaged, there is no `X`, or an array breaks one of this module's rules.
    """
    try:
        with _File(path) as file, zipfile.ZipFile(file) as archive:
            members: dict[str, zipfile.ZipInfo] = {}
            for info in archive.infolist():
                name = info.filename.removesuffix(".npy")
                if members.setdefault(name, info) is not info:
                    raise DataError(f"{place(path)}: {excerpt(name.encode())} is there twice; save the npz again")
            if "X" not in members:
                held = ", ".join(excerpt(name.encode()) for name in list(members)[:4]) or "nothing"
                raise DataError(
                    f"{place(path)}: a zip without X (it holds {held}); save the images with numpy.savez(X=…)"
                )
            # X last: it is large, and bad labels are found before it is read.
            arrays = {
                name: _read_member(path, archive, members[name], name)
                for name in ("y", "image_shape", "X")
                if name in members
            }
    except DataError:
        raise
    except _BAD_ZIP as error:
        raise DataError(f"{place(path)}: the npz is truncated or damaged; save or copy it again") from error
    x, y, said = arrays["X"], arrays.get("y"), arrays.get("image_shape")
    if x.dtype.kind in "US" and x.ndim == 2 and x.size:
        raise _text_among_numbers(path, x)
    if x.ndim not in (2, 3) or x.size == 0 or x.dtype.kind not in "biuf" or x.dtype.itemsize > 8:
        raise DataError(
            f"{place(path)}, X: {x.dtype.name} of shape {x.shape} cannot be images; save a non-empty array of numbers, "
            "(rows, features) or (rows, height, width)"
        )
    labels = None if y is None else _labels(path, y, len(x))
    image_shape = _image_shape(path, x.shape, said)
    images, scaling = _images(path, x.reshape(len(x), -1), holes)
    described = f"npz {'without' if labels is None else 'with'} labels, {scaling}"
    return Dataset(images, labels, image_shape, f"{path} ({described})", short_name(path))


def _read_member(path: Path, archive: zipfile.ZipFile, info: zipfile.ZipInfo, name: str) -> _Array:
    where = f"{place(path)}, {name}"
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise DataError(f"{where}: a compression that NumPy does not write; save the npz with numpy.savez")
    with archive.open(info) as stream:
        magic = stream.read(8)
        if magic not in _NPY_VERSIONS:
            raise DataError(f"{where}: no NumPy array (it starts with {excerpt(magic)}); save the npz with numpy.savez")
        n_length, read_header = _NPY_VERSIONS[magic]
        length = stream.read(n_length)
        n_header = int.from_bytes(length, "little")
        if n_header > _LONGEST_NPY_HEADER:
            raise DataError(f"{where}: the array's header claims {n_header} bytes; save the npz with numpy.savez")
        try:
            shape, fortran_order, dtype = read_header(io.BytesIO(length + stream.read(n_header)))
        except (ValueError, TypeError, SyntaxError, tokenize.TokenError, RecursionError, MemoryError) as error:
            raise DataError(f"{where}: the array's header is damaged; save the npz again") from error
        if dtype.kind not in "biufUS":
            # Pickled objects above all: unpickling runs whatever code the file brings.
            raise DataError(f"{where}: values of type {dtype.name} are not read; save numbers, or strings for labels")
        if any(not isinstance(size, int) or size < 0 for size in shape):
            raise DataError(f"{where}: the array's header is damaged; save the npz again")
        if dtype.itemsize == 0:  # strings of no length: any number of them takes no bytes, until NumPy makes room
            raise DataError(f"{where}: strings of length 0 are no labels; save one label per row")
        declared = math.prod(shape) * dtype.itemsize
        held = info.file_size - len(magic) - n_length - n_header
        compressed = min(info.compress_size, path.stat().st_size)
        if declared == held and is_bomb(declared, compressed):
            raise DataError(
                f"{where}: {declared} bytes are more than {MOST_GROWTH} times the {compressed} that they take in the "
                "npz; save it with numpy.savez, which does not compress"
            )
        content = read_at_most(stream, declared) if declared == held else b""
        if len(content) != declared or declared != held:
            raise DataError(
                f"{where}: the array's header promises {declared} bytes but the npz holds {held}; save it again"
            )
    array = np.frombuffer(content, dtype) if declared else np.empty(0, dtype)
    if dtype.kind == "b":  # a byte that is neither 0 nor 1 counts as True, not as a brighter pixel
        array = array.view(np.uint8) != 0
    return array.reshape(shape, order="F" if fortran_order else "C")


def _text_among_numbers(path: Path, x: _Array) -> DataError:
    """Say where text stands that is no number: in which row of the first such column."""
    if x.dtype.kind == "U" and not _is_text(x):
        return DataError(f"{place(path)}, X: strings of characters that do not exist; save the npz again")
    for column, cells in enumerate(x.T, 1):
        try:
            cells.astype(np.float64)
        except ValueError:
            row = next(row for row, cell in enumerate(cells) if not _is_number(cell))
            found = excerpt(cells[row] if isinstance(cells[row], bytes) else cells[row].encode("utf-8", "replace"))
            return DataError(
                f"{place(path)}, X, row {row + 1}, column {column}: {found} is no number; write numbers in this "
                "column, or leave it out"
            )
    return DataError(f"{place(path)}, X: the numbers are written as text; save X.astype(float)")


def _is_number(cell: str | bytes) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def _labels(path: Path, y: _Array, n_rows: int) -> Labels:
    if y.ndim != 1:
        raise DataError(f"{place(path)}, y: labels of shape {y.shape}; save one label per row, of shape ({n_rows},)")
    if len(y) != n_rows:
        raise DataError(f"{place(path)}, y: {len(y)} labels for the {n_rows} rows of X; save one label per row")
    if y.dtype.kind == "f" and np.isinf(y).any():
        row = int(np.isinf(y).argmax())
        raise DataError(
            f"{place(path)}, y, row {row + 1}: {y[row]} is no label; remove the row, or write nan for no label"
        )
    if y.dtype.kind == "U" and not _is_text(y):
        raise DataError(f"{place(path)}, y: strings of characters that do not exist; save the npz again")
    return y.astype(np.int64) if y.dtype.kind in "iu" and np.can_cast(y.dtype, np.int64) else y


def _is_text(y: _Array) -> bool:
    """Whether strings hold whole characters; Python cannot even show others."""
    codes = y.view(np.dtype(np.uint32).newbyteorder(y.dtype.byteorder))
    return bool(((codes < 0xD800) | ((codes > 0xDFFF) & (codes <= 0x10FFFF))).all())


def _image_shape(path: Path, shape: tuple[int, ...], said: _Array | None) -> tuple[int, int] | None:
    if said is None:
        return (shape[1], shape[2]) if len(shape) == 3 else square_shape(shape[1])
    if said.shape != (2,) or said.dtype.kind not in "iu":
        raise DataError(f"{place(path)}, image_shape: two whole numbers are needed; save (height, width)")
    height, width = (int(size) for size in said)
    if height < 1 or width < 1 or shape[1:] not in ((height, width), (height * width,)):
        raise DataError(
            f"{place(path)}, image_shape: {height} × {width} does not fit X of shape {shape}; "
            "save the (height, width) of its images"
        )
    return height, width


def _images(path: Path, x: _Array, holes: bool) -> tuple[Images, str]:
    """Return `x` (n_rows, n_features) as float32; also say what was done to it.

    Only known ranges are divided. Anything else is for the model to scale, the same way for every file: a scale taken
    from the file at hand would show the model the same image differently from one file to the next.
    """
    if x.dtype.kind == "b":
        return x.astype(np.float32, order="C"), "values as they are"
    known = x[~np.isnan(x)] if holes and x.dtype.kind == "f" else x
    if not known.size:
        raise DataError(f"{place(path)}, X: every value is nan; save some that are known")
    low, high = known.min().item(), known.max().item()
    if not (math.isfinite(low) and math.isfinite(high)):
        is_fine = np.isfinite(x) | (np.isnan(x) & holes)
        row = int(np.argmin(is_fine.all(axis=1)))
        column = int(np.argmin(is_fine[row]))
        if np.isnan(x[:, column]).all():
            raise DataError(f"{place(path)}, X, column {column + 1}: every value is nan; leave this column out")
        raise DataError(
            f"{place(path)}, X, row {row + 1}, column {column + 1}: {x[row, column]} is no pixel; remove or replace it"
        )
    if x.dtype.kind in "iu" and low >= 0 and 1 < high <= 255:  # integers 0 and 1 are binary pixels, not dark greys
        return images_from_bytes(x), "integers divided by 255"
    if high - low > float(np.finfo(np.float32).max) / 2 or max(-low, high) > float(np.finfo(np.float32).max):
        raise DataError(f"{place(path)}, X: values from {low} to {high} do not fit into float32; rescale them first")
    return x.astype(np.float32, order="C"), "values as they are"
