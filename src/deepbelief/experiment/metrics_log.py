"""The metrics of a run: a line for each epoch, which others may follow while training goes on."""

import warnings
from pathlib import Path

from deepbelief.core.progress import EpochRecord
from deepbelief.experiment.outputs import to_json


class MetricsLog:
    """A log that is written as training goes on; what the disk has no room for is written later.

    Until it is finished it lies beside its path, as ``.partial``: an earlier run's metrics stay until there is a model
    to go with the new ones.

    Parameters
    ----------
    path : Path
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._partial = path.with_name(f"{path.name}.partial")
        self._lines = b""
        self._n_written = 0  # bytes of the lines that are known to be in the file

    def add(self, *records: EpochRecord) -> None:
        """Write lines for epochs; what was in the file before the first of them goes.

        Parameters
        ----------
        *records : EpochRecord
        """
        self._lines += "".join(map(_line, records)).encode()
        try:
            self._write()
        except OSError as error:
            problem = f"The metrics in {self._partial} could not be written ({error.strerror or error}); training goes"
            warnings.warn(f"{problem} on, and they are written as soon as possible.", UserWarning, stacklevel=2)

    def finish(self) -> None:
        """Give the log its name.

        Raises
        ------
        OSError
            If a line is missing and cannot be written.
        """
        self._write()
        self._partial.replace(self._path)

    def _write(self) -> None:
        with self._partial.open("ab") as file:
            whole = min(self._n_written, file.tell())  # a line may be torn, or the file be gone
            file.truncate(whole)
            file.write(self._lines[whole:])
        self._n_written = len(self._lines)


def _line(record: EpochRecord) -> str:
    return to_json(vars(record)) + "\n"
