"""All hostile cases, and what happens when each is read: in a child process of its own, measured.

``python -m hostile.corpus`` prints that as JSON; :func:`outcomes` runs it, so that a reader that breaks down takes
nothing with it. Memory is the highest resident set while reading, above what the process held before.
"""

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
import traceback
import warnings
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

from deepbelief import DataError, ModelError, datasets, load
from deepbelief.experiment.outputs import write_text
from hostile.array_cases import mat_cases, npy_cases
from hostile.arrow_cases import HAS_PYARROW, arrow_cases
from hostile.case import Case
from hostile.csv_cases import csv_cases
from hostile.idx_cases import gzip_cases, idx_cases
from hostile.model_cases import model_cases
from hostile.npz_cases import npz_cases
from hostile.other_model_cases import other_model_cases
from hostile.output_cases import output_cases
from hostile.picture_cases import picture_cases
from hostile.table_cases import libsvm_cases, table_cases

TOO_MUCH = (
    2**30
)  # bytes of address space for one case: a reader that breaks its promise is stopped here, not the machine
SPARE = 64 * 10**6
READERS: dict[str, tuple[Callable[[Path], Any], type[Exception]]] = {  # and for the others, that of data
    "model": (load, ModelError),
    "output": (lambda path: write_text(path, "new", force=False), OSError),
    "output with --force": (lambda path: write_text(path, "new", force=True), OSError),
}
FORBIDDEN = ("pickle.find_class", "subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.fork", "socket.")


# What the readers import when they need it: before memory is measured and limited.
os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")  # the others reserve more addresses than a case may have
for library in ("pandas", "PIL.Image", "PIL.ImageOps", "scipy.io", "sklearn.datasets", "pyarrow.parquet"):
    if HAS_PYARROW or not library.startswith("pyarrow"):
        import_module(library)


@dataclass(frozen=True)
class Outcome:
    """What became of one case.

    Parameters
    ----------
    reader, what, says : str
        As in the case.
    sizes : list of int
        Bytes of the files.
    messages : list of str
        The sentence with which each was refused; "" for one that was read.
    strays : list of str
        Exceptions other than the two that are allowed, and files that reading left behind.
    seconds : float
        Processor time of the slowest file.
    memory : int
        Bytes that reading took at most.
    """

    reader: str
    what: str
    says: str
    sizes: list[int]
    messages: list[str]
    strays: list[str]
    seconds: float
    memory: int


def cases() -> Iterator[Case]:
    """Yield every case."""
    for some in (
        idx_cases,
        gzip_cases,
        csv_cases,
        table_cases,
        libsvm_cases,
        npz_cases,
        npy_cases,
        mat_cases,
        arrow_cases,
        picture_cases,
        model_cases,
        other_model_cases,
        output_cases,
    ):
        yield from some()


@cache
def outcomes() -> list[Outcome]:
    """Run all cases in a process of its own and return what became of them."""
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path), "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-m", "hostile.corpus"]
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, check=True)
    return [Outcome(**line) for line in json.loads(done.stdout)]


def run(case: Case) -> Outcome:
    """Build a case in one child process, read it in another."""
    with tempfile.TemporaryDirectory() as name:
        folder, elsewhere = Path(name) / "files", Path(name) / "elsewhere"
        folder.mkdir()
        elsewhere.mkdir()
        in_child(lambda: case.build(folder))
        before = sorted(Path(name).rglob("*"))
        found = in_child(lambda: _read_all(case, folder, elsewhere))
        strays = found["strays"] + [f"left {path}" for path in sorted(Path(name).rglob("*")) if path not in before]
    return Outcome(case.reader, case.what, case.says, **(found | {"strays": strays}))


def in_child(function: Callable[[], Any]) -> Any:
    """Return what a function returns, JSON at most, from a fork of this process."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        status = 1
        try:
            with os.fdopen(writing, "w") as pipe:
                json.dump(function(), pipe)
            status = 0
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(status)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        text = pipe.read()
    if os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) != 0:
        raise RuntimeError("a case could not be built, or killed its reader; its traceback is above")
    return json.loads(text)


def _read_all(case: Case, folder: Path, elsewhere: Path) -> dict[str, Any]:
    os.chdir(elsewhere)
    sys.addaudithook(_forbid)
    reader, allowed = READERS.get(case.reader, (datasets.load, DataError))
    warnings.filterwarnings("ignore", message=".*rescaled from")
    page = resource.getpagesize()
    limit = int(Path("/proc/self/statm").read_text().split()[0]) * page + TOO_MUCH
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    messages, sizes, strays, slowest = [], [], [], 0.0
    for path in sorted(folder.iterdir()):
        begin = time.process_time()
        try:
            reader(path)
            messages.append("")
        except allowed as error:
            messages.append(str(error).replace(str(path), path.name))
        except BaseException as error:
            strays.append(f"{path.name}: {error!r}"[:400])
        slowest = max(slowest, time.process_time() - begin)
        sizes.append(sum(entry.lstat().st_size for entry in [path, *path.glob("*")]))
    memory = 1024 * (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
    return {"messages": messages, "sizes": sizes, "strays": strays, "seconds": slowest, "memory": memory}


def _forbid(event: str, _: Any) -> None:
    if event.startswith(FORBIDDEN):
        raise AssertionError(f"reading a file led to {event}")


if __name__ == "__main__":
    json.dump([asdict(run(case)) for case in cases()], sys.stdout)
