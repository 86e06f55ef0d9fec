"""``make hostile``: write ``docs/hostile-files.md``, which says what becomes of every hostile case."""

import re
from collections import Counter
from pathlib import Path

from hostile.corpus import Outcome, outcomes

PAGE = Path(__file__).parents[2] / "docs" / "hostile-files.md"


def page(found: list[Outcome]) -> str:
    """Return the page as Markdown. What a machine or a library may change is left out of it."""
    # How many bits a model file has depends a little on the processor, so the number is a round one.
    n_files = round(sum(len(outcome.sizes) for outcome in found), -2)
    return f"""# Hostile files

This page lists {len(found)} ways in which a file can be damaged, or made to do harm. `tests/hostile/` writes some
{n_files:,} such files, and every test run reads each of them in a process of its own. deepbelief promises:

- A file is read, or it is refused with a message of one sentence (`DataError` or `ModelError`). No other error occurs.
- Nothing is written, and no code in the file is run.
- Reading takes less than 64 MB of memory plus twice the size of the file, and less than a second plus one second for
  each megabyte.

Some details:

- **Memory.** The limit is for finding out that a file is bad. The pictures of a good file are returned as float32, four
  bytes for each pixel, and a small compressed file may hold many of them.
- **Compressed files.** What a file decompresses to may be two hundred times as large as the file, or 16 MiB. The limits
  above then count the decompressed size. Files that would become larger are refused before they are decompressed, and
  the message says how to read such a file if you trust it.
- **Libraries.** pandas, SciPy, scikit-learn, pyarrow and pillow read tables, MAT files, libsvm's format, Parquet,
  Feather and pictures. deepbelief looks for what crashes them, or makes them take memory without bound, before it calls
  them. For example, SciPy ended the process on a MAT file with an unknown type of values. pyarrow did so on damaged
  statistics in Parquet files, so these are not read.
- **Model files.** Their header may be 1.25 MiB long, which takes at most 45 MB when it is parsed.
- **Outputs.** Some cases are about writing results to a place where somebody has put a link. There Python raises an
  `OSError`, and the command line prints one sentence.

`make hostile` writes this page, and a test compares it with what happens. `make fuzz` reads 25,000 more files for each
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
