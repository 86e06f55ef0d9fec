"""NumPy's npz, a zip of arrays: ours (X, y, image_shape), Keras's (x_train, …) or scikit-learn's (data, target).

Rules: those of :mod:`~deepbelief.datasets.npy` for each array; no name comes twice, no directory is endless, nothing is
a bomb; no member is read that is not needed.
"""

import io
import os
import re
import zipfile
import zlib
from pathlib import Path

from deepbelief.datasets.arrays import Found, dataset_of
from deepbelief.datasets.dataset import Dataset
from deepbelief.datasets.npy import read_array
from deepbelief.datasets.options import ReadOptions
from deepbelief.datasets.places import excerpt, place
from deepbelief.datasets.streams import MOST_GROWTH, PIECE, is_bomb
from deepbelief.errors import DataError

_MAGICS = (b"PK\x03\x04", b"PK\x05\x06")  # with members, and empty
_BAD_ZIP = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError, OverflowError)
_IMAGES = ("x", "images", "imgs", "data", "features", "arr_0")
_LABELS = ("y", "labels", "label", "target", "targets", "arr_1")
_SPLIT = re.compile(r"(?:(train|test)[_-]?(.+)|(.+?)[_-]?(train|test))")
_ADVICE = "save it with numpy.savez"


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


def recognises(path: Path, head: bytes) -> bool:
    """Tell whether a file begins like a zip.

    Parameters
    ----------
    path : Path
        The file.
    head : bytes
        The first bytes of the file, decompressed if it is gzip.

    Returns
    -------
    bool
    """
    return head.startswith(_MAGICS)


def read(path: Path, options: ReadOptions) -> Dataset:
    """Read an npz.

    Parameters
    ----------
    path : Path
        The file.
    options : ReadOptions
        What the user said of the data.

    Returns
    -------
    Dataset

    Raises
    ------
    DataError
        If the zip is damaged, holds no images under a known name, or an array breaks a rule.
    """
    try:
        with _File(path) as file, zipfile.ZipFile(file) as archive:
            members = _members(path, archive)
            images, labels = _roles(path, members, options.split)
            # Images last: they are large, and bad labels are found before they are read.
            y = None if labels is None else _read_member(path, archive, members, labels)
            said = _read_member(path, archive, members, "image_shape") if "image_shape" in members else None
            x = _read_member(path, archive, members, images)
    except DataError:
        raise
    except _BAD_ZIP as error:
        raise DataError(f"{place(path)}: the npz is truncated or damaged; save or copy it again") from error
    described = (
        "npz"
        if (images, labels) in (("X", "y"), ("X", None))
        else f"npz, images from {images}" + ("" if labels is None else f", labels from {labels}")
    )
    return dataset_of(path, described, x, y, options, said)


def images_member(path: Path, archive: zipfile.ZipFile, split: str) -> str:
    """Return the file name, in the zip, of the images of a split.

    Parameters
    ----------
    path : Path
        The file.
    archive : ZipFile
    split : {"train", "test"}

    Returns
    -------
    str
    """
    members = _members(path, archive)
    return members[_roles(path, members, split)[0]].filename


def _members(path: Path, archive: zipfile.ZipFile) -> dict[str, zipfile.ZipInfo]:
    members: dict[str, zipfile.ZipInfo] = {}
    for info in archive.infolist():
        name = info.filename.removesuffix(".npy")
        if members.setdefault(name, info) is not info:
            raise DataError(f"{place(path)}: {excerpt(name.encode())} is there twice; save the npz again")
    return members


def _roles(path: Path, members: dict[str, zipfile.ZipInfo], split: str) -> tuple[str, str | None]:
    """Return the names of the members that hold images and labels, those of the wanted split if there are several."""
    images = _named(members, _IMAGES, split)
    if images is None:
        if "[Content_Types].xml" in members:
            raise DataError(f"{place(path)}: a workbook of Excel or another document; save its sheet as CSV UTF-8")
        held = ", ".join(excerpt(name.encode()) for name in list(members)[:4]) or "nothing"
        raise DataError(
            f"{place(path)}: a zip without X (it holds {held}); save the images with numpy.savez(X=…), or extract the "
            "file that you mean and name it"
        )
    part = _parts(images)[1]
    labels = _named({name: info for name, info in members.items() if _parts(name)[1] == part}, _LABELS, part)
    return images, labels


def _named(members: dict[str, zipfile.ZipInfo], wanted: tuple[str, ...], split: str | None) -> str | None:
    """Return the first member with one of these names: without a split, of this one, of the other one."""
    other = "test" if split == "train" else "train"
    for part in (None, split, other):
        for word in wanted:
            for name in members:
                if _parts(name) == (word, part):
                    return name
    return None


def _parts(name: str) -> tuple[str, str | None]:
    """Return what a name says without its split, and its split: ``("x", "train")`` of ``x_train``."""
    found = _SPLIT.fullmatch(name.lower())
    if found is None:
        return name.lower(), None
    return (found[2], found[1]) if found[1] else (found[3], found[4])


def _read_member(path: Path, archive: zipfile.ZipFile, members: dict[str, zipfile.ZipInfo], name: str) -> Found:
    info, where = members[name], f"{place(path)}, {name}"
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise DataError(f"{where}: a compression that NumPy does not write; {_ADVICE}")
    compressed = min(info.compress_size, path.stat().st_size)
    if is_bomb(info.file_size, compressed):
        raise DataError(
            f"{where}: {info.file_size} bytes are more than {MOST_GROWTH} times the {compressed} that they take in the "
            "npz; save it with numpy.savez, which does not compress"
        )
    with archive.open(info) as stream:
        return Found(read_array(where, stream, info.file_size, _ADVICE), where)
