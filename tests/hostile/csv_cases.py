"""CSV files that lie about themselves."""

from collections.abc import Iterator

from hostile.case import Case, cut_short, files, with_flipped_bits

CSV = b"label,pixel0,pixel1\n5,0,255\n-1,17,3\r\n0,99,100\n"
MEGABYTE = 10**6


def cells(*found: str) -> list[bytes]:
    """Return a file for each of these, as the last cell of its third row."""
    return [f"label,pixel0,pixel1\n1,2,3\n4,5,{cell}\n6,7,8\n".encode() for cell in found]


def headers(*names: bytes) -> list[bytes]:
    """Return a file for each of these, as the name of its last column."""
    return [b"label,pixel0," + name + b"\n1,2,3\n" for name in names]


def csv_cases() -> Iterator[Case]:
    """Yield cases for the reader of CSV files."""
    yield Case("CSV", "cut short at every byte", files(cut_short(CSV)), "")
    yield Case("CSV", "one bit of every byte flipped", files(with_flipped_bits(CSV)), "")
    yield Case("CSV", "labels without images", files(b"label\n1\n2\n", b'"Label"\r\n1\r\n'), "labels without images")
    yield Case("CSV", "a header alone", files(b"label,pixel0", b"label,pixel0\n\n\r\n"), "ends after its header")
    yield Case("CSV", "NUL in a cell", files(cells("\0", "1\0", "\0" * 9)), "row 3, column 3 (pixel1)")
    yield Case("CSV", "NUL in the header", files(headers(b"pixel\0001", b"\0")), "not recognised")
    yield Case("CSV", "NUL from the start", files(b"\0label,pixel0\n1,2\n"), "not recognised")
    yield Case("CSV", "control bytes in the header", files(headers(b"p\x1b[2J1", b"p\x7f1", b"p\x081")), "; ")
    yield Case("CSV", "control bytes in a cell", files(cells("\x1b[31m1", "\x07", "\x0b1", "\x851")), "")
    yield Case("CSV", "letters written from right to left", files(headers("pixel\u202e1".encode())), "is no name")
    yield Case("CSV", "lines that end in CR alone", files(CSV.replace(b"\r\n", b"\n").replace(b"\n", b"\r")), "")
    yield Case("CSV", "UTF-16, with and without a mark", files("label,p0\n".encode("utf-16-le"), b"\xff\xfel\0"), "; ")
    yield Case("CSV", "bytes that are no UTF-8", files(headers(b"\xff1", b"\xed\xa0\x801", b"\xc0\xaf1")), "not UTF-8")
    yield Case("CSV", "one endless line", files(b"label," * (2 * MEGABYTE // 6)), "the row is longer than")
    yield Case("CSV", "one endless line without a comma", files(b"1" * 2 * MEGABYTE), "not recognised")
    yield Case("CSV", "an endless row", files(b"label,pixel0\n" + b"1" * MEGABYTE), "; ")
    yield Case("CSV", "an endless row of commas", files(b"label,pixel0\n" + b"," * MEGABYTE), "row 2: 1000001 values")
    yield Case("CSV", "an endless cell", files(cells("9" * MEGABYTE)), "row 3, column 3 (pixel1)")
    yield Case("CSV", "a megabyte of line ends", files(b"label,pixel0\n" + b"\n" * MEGABYTE), "row 2")
    yield Case("CSV", "line ends between rows", files(b"label,pixel0\n1,2" + b"\n" * 1000 + b"1,2\n"), "")
    yield Case("CSV", "100,000 columns and no row", files(_names(100_000)), "a table may have 10000")
    yield Case(
        "CSV", "100,000 columns and a row of one cell", files(_names(100_000) + b"1\n"), "a table may have 10000"
    )
    yield Case("CSV", "a name of a million letters", files(headers(b"p1" + b"a" * MEGABYTE)), "")
    yield Case("CSV", "a name twice", files(headers(b"label", b"pixel0")), "the name is taken by column")
    yield Case("CSV", "names that are paths", files(headers(b"../../etc/passwd", b"/dev/sda")), "")
    yield Case("CSV", "numbers that are no pixels", files(cells("-1", "256", "1e2", "0x1", "٣", "1_0", "+1", "")), "")
    yield Case("CSV", "cells that a spreadsheet runs", files(cells("=cmd|' /C calc'!A0", "@SUM(1)")), "row 3, column 3")
    yield Case("CSV", "quotes that never end", files(cells('"1', '"')), "row 3: a quotation")
    yield Case("CSV", "a label beyond 64 bits", files(b"label,p0\n" + b"9" * 19 + b",1\n"), "")
    bad_end = b"label,p0\n" + b"999999,7\n" * (2 * MEGABYTE) + b"x,1\n"
    yield Case("CSV", "18 MB, the last row of which is bad", files(bad_end), "row 2000002, column 1 (label): 'x'")


def _names(n_columns: int) -> bytes:
    return ",".join(f"p{i}" for i in range(n_columns)).encode() + b"\n"
