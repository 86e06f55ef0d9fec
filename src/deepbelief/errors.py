"""What can be wrong with what a user hands in, the data or the model, and training that broke down."""

from typing import Any


class DataError(ValueError):
    """Data that cannot be used; the message is one sentence that says what, where and what to do."""


class ModelError(ValueError):
    """A model file that cannot be used, or a model that does not fit the data; one sentence likewise."""


class DivergedError(ArithmeticError):
    """Training whose parameters stopped being finite numbers.

    Parameters
    ----------
    finding : core.diagnosis.Finding
        Says where, and what to change; so does the message.
    """

    def __init__(self, finding: Any) -> None:
        super().__init__(finding)
        self.finding = finding

    def __str__(self) -> str:
        return str(self.finding)


class TooLargeError(MemoryError):
    """A machine that memory has no room for, found out beforehand; one sentence likewise."""


class ParallelError(RuntimeError):
    """Several processes that cannot train together, or no longer; one sentence likewise."""
