"""What a comparison of networks has measured so far: a file by which it goes on after an interruption."""

import hashlib
from pathlib import Path

import numpy as np

from deepbelief.errors import ModelError
from deepbelief.estimators.untrusted_json import Refused, strict_json
from deepbelief.experiment.outputs import to_json, write_text

_LONGEST = 2**20  # bytes; three networks that are each measured on 3,000 rows have 200 kB
_ANEW = "train without --resume, with --force or in another folder"


class ChoiceFile:
    """The errors that were measured, in the order in which networks are trained.

    Parameters
    ----------
    path : Path
        Nothing is read or written before a method is called.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def recall(self, subject: str, lengths: list[int]) -> list[np.ndarray]:
        """Return what was measured.

        Parameters
        ----------
        subject : str
            All that the errors depend on: rows, answers, networks and seed.
        lengths : list of int
            How many errors each training of the comparison has.

        Returns
        -------
        list of ndarray of float
            The errors of the first trainings, infinite where a network cannot be trained. Empty without a file.

        Raises
        ------
        ModelError
            If the file cannot be read, is no such file, or belongs to something else.
        """
        try:
            with self.path.open("rb") as file:
                content = strict_json(file.read(_LONGEST).decode())
        except FileNotFoundError:
            return []
        except OSError as error:
            raise ModelError(f"{self.path} cannot be read ({error.strerror or error}); {_ANEW}") from None
        except (Refused, UnicodeDecodeError):
            content = None
        if not (isinstance(content, dict) and set(content) == {"subject", "errors"}):
            raise self._damaged()
        if content["subject"] != _digest(subject):
            raise ModelError(f"{self.path} was made with other data or settings; take the same to go on, or {_ANEW}")
        if not _fit(content["errors"], lengths):
            raise self._damaged()
        return [
            np.full(length, np.inf) if one is None else np.array(one, float)
            for one, length in zip(content["errors"], lengths, strict=False)
        ]

    def _damaged(self) -> ModelError:
        return ModelError(f"{self.path}: this is not what a comparison of networks has measured; {_ANEW}")

    def keep(self, subject: str, errors: list[np.ndarray]) -> None:
        """Write what was measured, the whole file or nothing of it.

        Parameters
        ----------
        subject : str
        errors : list of ndarray of float

        Raises
        ------
        OSError
            If the disk refuses.
        """
        known = [one.tolist() if np.isfinite(one).all() else None for one in errors]
        write_text(self.path, to_json({"subject": _digest(subject), "errors": known}) + "\n", force=True)


def _digest(subject: str) -> str:
    return hashlib.sha256(subject.encode()).hexdigest()


def _fit(errors: object, lengths: list[int]) -> bool:
    """Tell whether these can be errors of the first trainings."""
    if not isinstance(errors, list) or len(errors) > len(lengths):
        return False
    for one, length in zip(errors, lengths, strict=False):
        if one is not None and not (isinstance(one, list) and len(one) == length):
            return False
        if one is not None and not all(type(error) is float and error >= 0 for error in one):
            return False
    return True
