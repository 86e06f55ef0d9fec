"""The errors that deepbelief raises: for data and models that cannot be used, and for training that broke down."""


class DataError(ValueError):
    """The data cannot be used. The message is one sentence that says what is wrong, where, and what to do."""


class ModelError(ValueError):
    """A model file cannot be used, or a model does not fit the data. The message is one sentence."""


class DivergedError(ArithmeticError):
    """Training stopped because parameters became infinite or not a number.

    Parameters
    ----------
    finding : core.diagnosis.Finding
        Says where, and what to change; so does the message.
    """

    def __init__(self, finding: object) -> None:
        super().__init__(finding)
        self.finding = finding

    def __str__(self) -> str:
        return str(self.finding)


class TooLargeError(MemoryError):
    """Memory has no room for a machine. This is found out before training. The message is one sentence."""


class ParallelError(RuntimeError):
    """Several processes cannot train together, or one of them has ended. The message is one sentence."""
