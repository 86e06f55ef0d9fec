"""Results as lines of JSON, of which each benchmark replaces its own, and as one page of Markdown made from them."""

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

Line = dict[str, Any]

DASH = "–"


def read(path: Path) -> list[Line]:
    """Return all lines of a results file, none if there is no file."""
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def replace(path: Path, benchmark: str, lines: list[Line]) -> None:
    """Write the lines of one benchmark in place of its earlier ones; those of the others stay."""
    kept = [line for line in read(path) if line["benchmark"] != benchmark]
    new = [{"benchmark": benchmark, **line} for line in lines]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in kept + new))


def page(lines: list[Line], writers: dict[str, Callable[[list[Line]], str]]) -> str:
    """Return a page with a section for each benchmark that has lines."""
    parts = ["# Speed", "Made by `make bench`; `benchmarks/README.md` says how to read it."]
    for name, writer in writers.items():
        own = [line for line in lines if line["benchmark"] == name]
        if own:
            parts += [f"## {name}", _circumstances(own), writer(own)]
            parts += [f"Not measured: {line['what']}, {line['why']}." for line in own if line["kind"] == "not measured"]
    return "\n\n".join(parts) + "\n"


def _circumstances(lines: list[Line]) -> str:
    machine = next(line for line in lines if line["kind"] == "machine")
    versions = ", ".join(f"{name} {version}" for name, version in machine["versions"].items())
    shapes = " **Quick run with small shapes: these numbers mean nothing.**" if machine["quick"] else ""
    return (
        f"{machine['processor']}, {machine['cores']} cores, {machine['memory_GiB']} GiB, {machine['system']}; Python "
        f"{machine['python']}, {versions}; deepbelief's loops for {machine['kernels']}, "
        f"{', '.join(machine['blas'])}. Threads: {machine['threads']}; rounds: {machine['repeats']}; load before: "
        f"{machine['load_before']}.{shapes}"
    )


def table(headings: list[str], rows: Iterable[list[str]]) -> str:
    """Return a Markdown table, the first column left, the others right."""
    lines = [headings, ["---", *(["---:"] * (len(headings) - 1))], *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def percent(share: Line) -> str:
    """Return the spread of a share as "85 % (83–86)"."""
    median, lower, upper = (100 * share[name] for name in ("median", "quartile_1", "quartile_3"))
    return f"{median:.0f} % ({lower:.0f}–{upper:.0f})"


def times(ratio: Line | None) -> str:
    """Return the spread of a ratio as "2.1 (2.0–2.2)", a dash where there is none."""
    if ratio is None:
        return DASH
    return f"{ratio['median']:.2f} ({ratio['quartile_1']:.2f}–{ratio['quartile_3']:.2f})"


def mebibytes(count: float | None) -> str:
    """Return bytes in MiB, a dash where they are not known."""
    return DASH if count is None else f"{count / 2**20:,.0f}"
