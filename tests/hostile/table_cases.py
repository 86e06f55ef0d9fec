"""Tables of text other than Kaggle's, and libsvm's format, that lie about themselves."""

import gzip
from collections.abc import Iterator

from hostile.case import Case, cut_short, files, with_flipped_bits
from hostile.idx_cases import zeros

MEGABYTE = 10**6
TABLE = (
    b"id;age;colour;price;when\r\n" + b'1;"2,5";red;10;a\r\n2;?;"dark ""blue""";11;b\r\n3;1,5;red;12,5;a\r\n4;;;9;b\r\n'
)
SVM = b"1 1:0.5 3:-2e1 # a note\n-1 qid:3 2:1\n0\n2 1:7 2:8 3:9\n"
LARGE = 1 << 26


def words(n_rows: int, form: str) -> bytes:
    """Return a table with a column of words made from the number of the row."""
    return b"a,word\n" + b"".join(b"%d,%s\n" % (row % 7, (form % row).encode()) for row in range(n_rows))


def table_cases() -> Iterator[Case]:
    """Yield cases for the reader of tables."""
    yield Case("table", "cut short at every byte", files(cut_short(TABLE)), "")
    yield Case("table", "one bit of every byte flipped", files(with_flipped_bits(TABLE)), "")
    yield Case(
        "table",
        "encodings that are announced and not kept",
        files(b"\xff\xfea,b\n1,2\n", b"\xef\xbb\xbfa,b\n1,\xff\n", "a,b\n1,é\n".encode("latin-1")),
        "; ",
    )
    yield Case("table", "a quotation that never ends", files(b'a,b\n1,"2\n' + b"3,4\n" * 250_000), "never ends")
    yield Case("table", "a cell of a million letters", files(b"a,b\n1,x\n2," + b"x" * MEGABYTE + b"\n1,x\n"), "")
    yield Case("table", "100,000 words, all different", files(words(100_001, "w w%d")), "hardly any two cells")
    yield Case("table", "words that are nearly numbers", files(words(9, "0x%d"), words(9, "1_%d"), words(9, "%d٣")), "")
    yield Case("table", "numbers beyond float32", files(b"a,b\n1,2\n1,1e39\n", b"a,b\n1,2\n-inf,1\n"), "row 3, column")
    yield Case(
        "table", "rows of all lengths", files(b"a,b,c\n" + b"1," * n + b"1\n1,2,3\n" for n in (1, 3, 9)), "row 2: "
    )
    yield Case("table", "a row of a million cells", files(b"a,b\n1,2\n" + b"," * MEGABYTE), "row 3: 1000001 values")
    yield Case("table", "no rows", files(b"a,b\n", b"a;b\n\n\n", b"a\tb"), "add at least one")
    yield Case("table", "names that come twice", files(b"a,b,a\n1,2,3\n"), "the name is taken by column 1")
    yield Case("table", "100,000 columns", files(b"x1," * 100_000 + b"y\n" + b"1," * 100_000 + b"1\n"), "; save")
    yield Case("table", "dates", files(b"a,when\n1,2020-01-01\n2,2020-01-02\n"), "leave out with --drop when")
    yield Case("table", "spreadsheet formulas", files(b"a,b\n1,=cmd|' /C calc'!A0\n2,@SUM(1)\n"), "")
    bomb = zeros(LARGE, b"a,b\n1,2\n")
    yield Case("table", "a bomb: 64 MB in 64 kB", files(bomb), "if you trust it, decompress it first")
    lines = gzip.compress(b"a,b\n" + b"1,2\n" * (LARGE // 4), 9)
    yield Case("table", "a bomb of good rows", files(lines), "if you trust it, decompress it first")


def libsvm_cases() -> Iterator[Case]:
    """Yield cases for the reader of libsvm's format."""
    yield Case("libsvm", "cut short at every byte", files(cut_short(SVM)), "")
    yield Case("libsvm", "one bit of every byte flipped", files(with_flipped_bits(SVM)), "")
    yield Case("libsvm", "an index of two milliards", files(b"1 2000000000:1\n" * 9), "; choose fewer features")
    yield Case("libsvm", "an index beyond 64 bits", files(b"1 1:1\n1 %d:1\n" % 2**70), "row 2: index")
    yield Case("libsvm", "indices that fall", files(b"1 3:1 2:1\n", b"1 3:1\n0 3:1 3:2\n"), "sort the pairs")
    yield Case(
        "libsvm", "values that are none", files(b"1 1:1\n1 1:x\n", b"1 1:1\n1 1:\n", b"1 1:1\n1 :1\n"), "row 2, "
    )
    yield Case("libsvm", "a row of a million pairs", files(b"1 1:1\n1 " + b"1:1 " * 250_000), "row 2: indices")
    yield Case("libsvm", "a number without an end", files(b"1 1:1\n1 1:" + b"1" * MEGABYTE), "; ")
    yield Case("libsvm", "infinity", files(b"1 1:1e999\n0 1:1\n"), "; ")
