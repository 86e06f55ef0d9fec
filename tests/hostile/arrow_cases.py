"""Parquet and Feather files that lie about themselves; none where pyarrow is not installed."""

import io
from collections.abc import Iterator
from functools import cache
from importlib.util import find_spec

from hostile.case import Case, cut_short, files, with_flipped_bits

HAS_PYARROW = find_spec("pyarrow") is not None


@cache
def arrow_file(kind: str, n_rows: int = 4, compression: str | None = None) -> bytes:
    """Return a small table as Parquet or Feather."""
    import pyarrow
    from pyarrow import feather, parquet

    table = pyarrow.table(
        {
            "a": pyarrow.array([0.5, None, 2.0, 3.5] * (n_rows // 4)),
            "b": pyarrow.array([1, 2, 3, 4] * (n_rows // 4)),
            "colour": pyarrow.array(["red", "blue", None, "red"] * (n_rows // 4)),
            "kind": pyarrow.array(["x", "y", "x", "y"] * (n_rows // 4)).dictionary_encode(),
        }
    )
    stream = io.BytesIO()
    if kind == "Parquet":
        parquet.write_table(table, stream, compression=compression or "none")
    else:
        feather.write_feather(table, stream, compression=compression or "uncompressed")
    return stream.getvalue()


def _bomb() -> bytes:
    import pyarrow
    from pyarrow import parquet

    stream = io.BytesIO()
    column = pyarrow.repeat(1.0, 1 << 23)
    parquet.write_table(pyarrow.table({"a": column, "b": column}), stream, compression="zstd")
    return stream.getvalue()


def arrow_cases() -> Iterator[Case]:
    """Yield cases for the reader of Parquet and Feather files."""
    if not HAS_PYARROW:
        return
    for kind in ("Parquet", "Feather"):
        good = arrow_file(kind)
        yield Case(kind, "cut short at every tenth byte", files(cut_short(good, 10)), "; ")
        yield Case(kind, "a bit of every third byte flipped", files(with_flipped_bits(good, 3)), "")
        yield Case(kind, "a beginning and rubbish", files(good[:8] + bytes(range(256)) * 9), "damaged")
    yield Case("Feather", "the first version", files(b"FEA1" + bytes(100)), "save it again with pandas")
    yield Case("Parquet", "a bomb: 128 MB", lambda folder: files(_bomb())(folder), "if you trust it")
