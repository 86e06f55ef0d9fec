"""Files of results, none of which is replaced by accident or left half written."""

import json
import math
import os
import secrets
from contextlib import suppress
from pathlib import Path

MODEL_FILE = "model.safetensors"
METRICS_FILE = "metrics.jsonl"
RESULT_FILE = "result.json"
REPORT_FILE = "report.html"
PAGE_FILE = "net.html"
TABLE_FILE = "table.toml"
FIGURES_FOLDER = "figures"
CHECKPOINT_FOLDER = "checkpoint"


def check_output_file(path: Path, force: bool) -> None:
    """Refuse a file that cannot be written, or may not be, without touching it.

    Parameters
    ----------
    path : Path
    force : bool
        Whether an existing file may be replaced.

    Raises
    ------
    OSError
        If `path` is a folder or a device, a link to nothing, exists and `force` is not set, or would lie in a folder
        that does not exist.
    """
    if path.is_symlink() and not path.exists():
        # To write through it would make a file in a place that nobody named.
        raise FileNotFoundError(f"{path}: this is a link that leads nowhere; remove it or name another file")
    if not path.exists():
        check_parent(path)
    elif not path.is_file():
        # A device above all: replacing /dev/null by a file breaks the machine.
        raise IsADirectoryError(f"{path}: this is a folder or a device; name a file")
    elif not force:
        raise FileExistsError(f"{path}: the file exists; name another, or replace it with --force")


def write_text(path: Path, text: str, force: bool) -> None:
    """Write a whole file of text, or nothing; see :func:`write_bytes`.

    Parameters
    ----------
    path : Path
    text : str
    force : bool
        Whether an existing file may be replaced.
    """
    write_bytes(path, text.encode(), force)


def write_bytes(path: Path, content: bytes, force: bool) -> None:
    """Write a whole file or nothing.

    Parameters
    ----------
    path : Path
    content : bytes
    force : bool
        Whether an existing file may be replaced.

    Raises
    ------
    OSError
        As in :func:`check_output_file`, or if the disk refuses.
    """
    check_output_file(path, force)
    target = path.resolve()  # a link stays a link
    # Beside the target, since only a rename within one file system is atomic; the usual permissions apply.
    partial = target.with_name(f".deepbelief-{secrets.token_hex(8)}.partial")
    try:
        with partial.open("xb") as file:  # a name that nobody can guess, and no link that somebody has put there
            file.write(content)
        os.replace(partial, target)
    except OSError as error:
        error.filename, error.filename2 = str(path), None  # what the user asked for
        raise
    finally:
        with suppress(OSError):
            partial.unlink(missing_ok=True)


def to_json(value: object) -> str:
    """Return one line of JSON that every reader takes: numbers that are not finite, unknown to JSON, become null.

    Parameters
    ----------
    value : object
        A record of plain values.

    Returns
    -------
    str
    """
    return json.dumps(_finite(value), allow_nan=False)


def _finite(value: object) -> object:
    if isinstance(value, dict):
        return {name: _finite(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def check_parent(path: Path) -> None:
    """Refuse a path in a folder that does not exist.

    Parameters
    ----------
    path : Path

    Raises
    ------
    FileNotFoundError
        If the folder does not exist.
    """
    parent = path.absolute().parent
    if not parent.is_dir():
        raise FileNotFoundError(f"{path}: there is no folder {parent}; create it first")
