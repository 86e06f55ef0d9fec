"""A folder of pictures, PNG or JPEG, read by pillow (extra ``[images]``).

The pictures lie in folders that are called like their classes; or all in one folder, with a CSV that gives each file
its label, or without labels. A folder may hold one of these for training and one for testing: ``train/``, ``test/``.

Rules: all pictures have one size, or are scaled to ``image_size``; they are grey if none of them shows a colour. No
picture may be larger in memory than its file allows, see :mod:`~deepbelief.datasets.streams`.
"""

import csv
import warnings
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from deepbelief.datasets.dataset import Dataset, images_from_bytes
from deepbelief.datasets.options import ReadOptions
from deepbelief.datasets.places import excerpt, place, short_name
from deepbelief.datasets.streams import MOST_GROWTH, SMALL, is_bomb
from deepbelief.datasets.targets import labels_or_targets
from deepbelief.errors import DataError

_MAGICS = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff")
_SUFFIXES = (".png", ".jpg", ".jpeg")
_FORMATS = ("PNG", "JPEG")
_GREY = ("1", "L", "LA", "I;16", "I;16B", "I", "F")
_SPLITS = {"train": ("train", "training"), "test": ("test", "testing", "val", "valid", "validation")}
_LONGEST_CSV = 1 << 26
_SHOWN = 3


def recognises(path: Path, head: bytes) -> bool:
    """Tell whether a file is a single picture, which is not a data set.

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
    """Refuse a single picture, and advise to name its folder.

    Parameters
    ----------
    path : Path
        The file.
    options : ReadOptions
        What the user said of the data.

    Returns
    -------
    Dataset
        Never: it raises.

    Raises
    ------
    DataError
        Always.
    """
    raise DataError(f"{place(path)}: a single picture; name the folder that it lies in")


def read_folder(folder: Path, options: ReadOptions) -> Dataset | None:
    """Read the pictures of a folder; None if there are none.

    Parameters
    ----------
    folder : Path
    options : ReadOptions
        What the user said of the data.

    Returns
    -------
    Dataset or None

    Raises
    ------
    DataError
        If pictures cannot be read, differ in size, or are not those that the CSV names.
    """
    top = _split_below(folder, options.split)
    files = _pictures(top)
    labels: list[str] | None = None
    if files:
        files, labels, how = _labelled(top, files)
    else:
        classes = [entry for entry in sorted(top.iterdir()) if entry.is_dir() and not entry.name.startswith(".")]
        by_class = {entry.name: _pictures(entry) for entry in classes}
        files = [file for pictures in by_class.values() for file in pictures]
        labels = [name for name, pictures in by_class.items() for _ in pictures]
        how = f"{sum(map(bool, by_class.values()))} classes, one folder each"
    if not files:
        return None
    try:
        import PIL.Image  # noqa: F401
    except ImportError as error:
        raise DataError(f"{place(folder)}: pictures need pillow; pip install 'deepbelief[images]'") from error
    is_kept, pixels = _decoded(folder, files, options)
    labels = None if labels is None else [label for label, kept in zip(labels, is_kept, strict=True) if kept]
    values = None if labels is None else _values(labels)
    found, targets = (None, None) if values is None else labels_or_targets(place(folder), values, options.task)
    shape = pixels.shape[1:]
    kind = "colour" if len(shape) == 3 else "grey"
    scaled = f", scaled to {shape[0]} × {shape[1]}" if options.image_size else ""
    source = f"{folder} ({len(pixels)} {kind} pictures of {shape[0]} × {shape[1]} pixels{scaled}, {how})"
    n_bad = len(is_kept) - sum(is_kept)
    notes = (f"left out: {n_bad} picture{'s' * (n_bad != 1)} that cannot be read",) if n_bad else ()
    images = images_from_bytes(pixels.reshape(len(pixels), -1))
    names = tuple(file.relative_to(top).as_posix() for file, kept in zip(files, is_kept, strict=True) if kept)
    name = short_name(folder.resolve())
    return Dataset(images, found, shape, source, name, targets, None, notes, ("file", names))


def _split_below(folder: Path, split: str) -> Path:
    """Return the folder of the wanted split, if the folder holds both, or the one that there is of them."""
    below = {entry.name.lower(): entry for entry in folder.iterdir() if entry.is_dir()}
    of_split = {part: next((below[name] for name in names if name in below), None) for part, names in _SPLITS.items()}
    others = set(below) - {name for names in _SPLITS.values() for name in names}
    if of_split["train"] is None or any(not name.startswith(".") for name in others):
        return folder
    return of_split[split] or of_split["train"]


def _pictures(folder: Path) -> list[Path]:
    """Return the files in a folder that are called like pictures."""
    return sorted(
        entry
        for entry in folder.iterdir()
        if entry.suffix.lower() in _SUFFIXES and not entry.name.startswith(".") and entry.is_file()
    )


def _labelled(folder: Path, files: list[Path]) -> tuple[list[Path], list[str] | None, str]:
    """Return the pictures that a CSV beside them names, with their labels; all of them if there is no CSV."""
    tables = sorted(entry for entry in folder.iterdir() if entry.suffix.lower() == ".csv" and entry.is_file())
    if not tables:
        return files, None, "without labels"
    if len(tables) > 1:
        names = " and ".join(excerpt(entry.name.encode()) for entry in tables[:_SHOWN])
        raise DataError(
            f"{place(folder)}: {names} lie beside the pictures; leave the one there that holds their labels"
        )
    table = tables[0]
    if table.stat().st_size > _LONGEST_CSV:
        raise DataError(f"{place(table)}: too long for a table of labels; write a file name and a label in each row")
    named = {name: file for file in files for name in (file.name, file.stem)}
    try:
        with table.open(newline="", encoding="utf-8-sig") as stream:
            reader = csv.reader(stream)
            rows = [(reader.line_num, row) for row in reader if row]
    except (csv.Error, UnicodeDecodeError) as error:
        raise DataError(f"{place(table)}: no table of file names and labels; save it as CSV in UTF-8") from error
    if rows and Path(rows[0][1][0].strip()).name not in named:
        rows = rows[1:]  # the names of the columns
    labels: dict[Path, str] = {}
    for number, row in rows:
        if len(row) != 2:
            raise DataError(
                f"{place(table, number)}: {len(row)} values instead of a file name and a label; correct or "
                "remove the row"
            )
        file = named.get(Path(row[0].strip()).name)
        if file is None:
            raise DataError(
                f"{place(table, number, 1)}: there is no picture {excerpt(row[0].encode())}; put it into the folder, "
                "or remove the row"
            )
        labels[file] = row[1].strip()
    missing = [file for file in files if file not in labels]
    if missing:
        raise DataError(
            f"{place(table)}: {len(missing)} of {len(files)} pictures have no row, {excerpt(missing[0].name.encode())} "
            "first; add them with an empty label, or remove the pictures"
        )
    return files, [labels[file] for file in files], f"labels from {table.name}"


def _values(labels: list[str]) -> np.ndarray:
    """Return labels as whole numbers if all of them are, with None for one that is empty."""
    try:
        numbers = [int(label) if label else None for label in labels]
    except ValueError:
        words = np.array([label or None for label in labels], object)
        return words if None in labels or "" in labels else words.astype(str)
    is_whole = all(number is not None and abs(number) < 2**62 for number in numbers)
    return np.array(numbers, np.int64 if is_whole else object)


def _decoded(folder: Path, files: list[Path], options: ReadOptions) -> tuple[list[bool], np.ndarray]:
    """Return which pictures could be read, and their pixels: (n, height, width) or (n, height, width, 3) of bytes."""
    about = _each(folder, files, options, _described)
    known = [found for found in about if found is not None]
    sizes = Counter(size for size, _ in known)
    size = options.image_size or sizes.most_common(1)[0][0]
    if len(sizes) > 1 and options.image_size is None:
        other = next(file for file, found in zip(files, about, strict=True) if found and found[0] != size)
        sizes_shown = ", ".join(f"{height} × {width} ({n})" for (height, width), n in sizes.most_common(_SHOWN))
        raise DataError(
            f"{place(folder)}: pictures of {len(sizes)} sizes: {sizes_shown}, {excerpt(other.name.encode())} for one; "
            f"scale all with --image-size {size[0]}x{size[1]}"
        )
    in_colour = options.n_features == 3 * size[0] * size[1]  # as a model was trained, whatever these pictures show
    is_grey = all(mode for _, mode in known) and not in_colour
    n_bytes = size[0] * size[1] * (1 if is_grey else 3)
    if is_bomb(n_bytes * len(files), sum(file.stat().st_size for file in files)):
        raise _bomb(folder, n_bytes * len(files))
    shape = size if is_grey else (*size, 3)
    pixels = np.empty((len(known), *shape), np.uint8)
    kept: list[bool] = []

    def decode(file: Path) -> bool:
        pixels[sum(kept)] = _pixels(file, size, is_grey)
        kept.append(True)
        return True

    good = [file for file, found in zip(files, about, strict=True) if found is not None]
    decoded = iter(_each(folder, good, options, decode, kept))
    is_kept = [found is not None and bool(next(decoded)) for found in about]
    pixels = pixels[: sum(is_kept)]
    if not is_grey and not in_colour:
        red, green, blue = np.moveaxis(pixels, -1, 0)
        if (red == green).all() and (red == blue).all():  # grey, but saved in colour
            pixels = np.ascontiguousarray(red)
    return is_kept, pixels


def _each(
    folder: Path,
    files: list[Path],
    options: ReadOptions,
    function: Callable[[Path], Any],
    kept: list[bool] | None = None,
) -> list[Any]:
    """Apply a function to each file; None where it cannot be read, if those are to be skipped.

    Raises
    ------
    DataError
        That names and counts the pictures that cannot be read.
    """
    found: list[Any] = []
    bad: list[Path] = []
    for file in files:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # about what is odd in a picture that can be read
                found.append(function(file))
        except DataError:
            raise
        # What a damaged picture makes of pillow, which promises no particular error.
        except Exception:
            found.append(None)
            bad.append(file)
    if len(bad) == len(files):
        raise DataError(
            f"{place(folder)}: none of its {len(files)} pictures can be read, {excerpt(bad[0].name.encode())} first; "
            "copy them again"
        )
    if bad and not options.skip_bad:
        names = ", ".join(excerpt(file.name.encode()) for file in bad[:_SHOWN]) + (", …" if len(bad) > _SHOWN else "")
        raise DataError(
            f"{place(folder)}: {len(bad)} of {len(files)} pictures cannot be read ({names}); copy them again or remove "
            "them (train, compare and preview leave them out with --skip-bad)"
        )
    return found


def _described(file: Path) -> tuple[tuple[int, int], bool]:
    """Return height and width of a picture, and whether it is grey, without decoding it."""
    from PIL import Image

    with Image.open(file, formats=_FORMATS) as picture:
        width, height = picture.size
        n_bytes = 4 * width * height
        if is_bomb(n_bytes, file.stat().st_size):
            raise _bomb(file, n_bytes)
        is_turned = picture.getexif().get(0x0112) in (5, 6, 7, 8)
        return (width, height) if is_turned else (height, width), picture.mode in _GREY


def _pixels(file: Path, size: tuple[int, int], is_grey: bool) -> np.ndarray:
    from PIL import Image, ImageOps

    with Image.open(file, formats=_FORMATS) as picture:
        upright = ImageOps.exif_transpose(picture)
        if upright.mode.startswith(("I", "F")):  # 16 bits
            upright = Image.fromarray((np.asarray(upright, np.float64) / 257).clip(0, 255).astype(np.uint8))
        if upright.has_transparency_data:  # what is shown is what a viewer shows: colours that nobody sees do not count
            seen = upright.convert("RGBA")
            upright = Image.alpha_composite(Image.new("RGBA", seen.size, "white"), seen)
        flat = upright.convert("L" if is_grey else "RGB")
        if flat.size != size[::-1]:
            flat = flat.resize(size[::-1], Image.Resampling.BILINEAR)
        return np.asarray(flat, np.uint8)


def _bomb(path: Path, n_bytes: int) -> DataError:
    return DataError(
        f"{place(path)}: {n_bytes} bytes of pixels are more than {SMALL} and more than {MOST_GROWTH} times the size of "
        "the file; use smaller pictures"
    )
