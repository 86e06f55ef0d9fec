"""``make hostile``: write ``docs/hostile-files.md``, which says what becomes of every hostile case."""

import re
from collections import Counter
from pathlib import Path

from hostile.corpus import Outcome, outcomes

PAGE = Path(__file__).parents[2] / "docs" / "hostile-files.md"


def page(found: list[Outcome]) -> str:
    """Return the page as Markdown. What a machine or a library may change is left out of it."""
    n_files = sum(len(outcome.sizes) for outcome in found)
    return f"""# Hostile files

{len(found)} ways in which a file can be broken or made to harm, {n_files} files in all, written by `tests/hostile/` and
read in processes of their own in every test run. Whatever is in a file, it is read, or it is refused in one sentence, a
`DataError` or a `ModelError`. Nothing else comes out, nothing is written, no code in it is run; a file takes less than
64 MB and twice its size in memory, and less than a second and another one for each megabyte.

- *Beside what it returns.* The memory is what it takes to find out that a file is bad. Images that are good leave as
  float32, four bytes for each pixel, and a small compressed file may hold many of them.
- *Bombs.* What is compressed may grow two hundredfold, or to 16 MiB; such a file counts with what it holds. More is
  refused before it is decompressed, in a sentence that says how to go on if it is meant.
- *Libraries.* pandas, SciPy, scikit-learn, pyarrow and pillow read tables, MAT files, libsvm's format, Parquet, Feather
  and pictures. What crashes them or makes them take memory without bound is looked for before they are called: SciPy
  ended the process on a MAT file with an unknown type of values, and pyarrow on Parquet statistics, which are not read.
- *Model files.* Their text may be 1.25 MiB long; parsed, that is 45 MB at most.

- *Outputs.* Results that are to be written where somebody has put a link; the command line makes the same sentence of
  the `OSError`.

`make hostile` writes this page, and a test compares it with what happens. `make fuzz` reads 25,000 files more for each
reader, made at random ([counts](../benchmarks/results/fuzz.json)).

{table(found)}"""


def table(found: list[Outcome]) -> str:
    """Return a line for each case."""
    lines = [f"| {one.reader} | {one.what} | {_happened(one)} |\n" for one in found]
    return "".join(["| reader or writer | what is wrong | what happens |\n", "|---|---|---|\n", *lines])


def _happened(outcome: Outcome) -> str:
    refused = [message for message in outcome.messages if message]
    if not refused:
        return "read"
    counts = Counter(map(_plain, refused))
    said = min(counts, key=lambda message: (-counts[message], message))  # a folder lists its files in any order
    if len(outcome.messages) == 1:
        return f"“{said}”"
    some = (
        "refused"
        if len(refused) == len(outcome.messages)
        else "read where it is well formed all the same, else refused"
    )
    return f"{some}, such as “{said}”"


def _plain(message: str) -> str:
    message = re.sub(r"\bfile-\d{5}\b", "FILE", message)
    message = re.sub(r"(?<![\w.])\d{4,}\b", "N", message)  # sizes that depend on the version of a library
    return re.sub(r"([|<*`])", r"\\\1", message)


if __name__ == "__main__":
    PAGE.write_text(page(outcomes()))
