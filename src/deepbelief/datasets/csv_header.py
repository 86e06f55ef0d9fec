"""The header of a Kaggle CSV: which column holds labels, which hold pixels.

Rules: UTF-8 without byte-order mark; every name printable, and once; `label` in any letter case and at any place, or
nowhere. A pixel's name has a number in it, so that an `ImageId` or an index is not taken for a pixel; pixels keep their
order.
"""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from deepbelief.datasets.places import excerpt, place
from deepbelief.errors import DataError

BYTE_ORDER_MARKS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")
_LONGEST_HEADER = 1 << 20
_NUMBER = re.compile(r"\s*[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?\s*|nan|")


@dataclass(frozen=True)
class Columns:
    """Names of all columns, and the index of the one that holds labels, if any."""

    names: list[str]
    label: int | None

    @property
    def longest_row(self) -> int:
        """The most characters a row can take: three digits and a comma per pixel, 18 digits for a label."""
        return 4 * len(self.names) + 18


def read_header(path: Path, stream: IO[bytes]) -> Columns:
    """Read the first line of `stream`.

    Raises
    ------
    DataError
        If it breaks one of this module's rules; the message names the column.
    """
    line = stream.readline(_LONGEST_HEADER)
    if line.startswith(BYTE_ORDER_MARKS):
        raise DataError(
            f"{place(path, 1, 1)}: the file starts with a byte-order mark; save it as UTF-8 without byte-order mark"
        )
    if len(line) == _LONGEST_HEADER:
        raise DataError(f"{place(path, 1)}: the header is longer than {_LONGEST_HEADER} bytes; use a CSV of images")
    try:
        names = [field.strip().strip('"') for field in line.decode("utf-8").split(",")]
    except UnicodeDecodeError as error:
        column = line[: error.start].count(b",") + 1
        raise DataError(f"{place(path, 1, column)}: the header is not UTF-8; save the file as UTF-8") from error
    control = next((name for name in names if not name.isprintable()), None)
    if control is not None:
        where = place(path, 1, names.index(control) + 1)
        raise DataError(f"{where}: {excerpt(control.encode())} is no name; save the file as plain text")
    if all(_NUMBER.fullmatch(name.lower()) for name in names):
        raise DataError(
            f"{place(path, 1)}: a header line is needed but the row holds numbers; begin the file with "
            "label,pixel0,pixel1,…"
        )
    seen: dict[str, int] = {}
    for column, name in enumerate(names, 1):
        first = seen.setdefault(name.lower(), column)
        if not any(character.isdigit() for character in name) and name.lower() != "label":
            raise DataError(
                f"{place(path, 1, column, name)}: neither label nor a pixel with its number; remove the column or "
                "name it like pixel0"
            )
        if first != column:
            raise DataError(
                f"{place(path, 1, column, name)}: the name is taken by column {first}; give every column its own name"
            )
    label = seen.get("label")
    if label is not None and len(names) == 1:
        raise DataError(f"{place(path, 1)}: labels without images; add the columns of pixels: label,pixel0,pixel1,…")
    return Columns(names, None if label is None else label - 1)
