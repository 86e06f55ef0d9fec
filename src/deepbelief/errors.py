"""The two things that can be wrong with what a user hands in: the data, or the model."""


class DataError(ValueError):
    """Data that cannot be used; the message is one sentence that says what, where and what to do."""


class ModelError(ValueError):
    """A model file that cannot be used, or a model that does not fit the data; one sentence likewise."""


class DivergedError(ArithmeticError):
    """Training whose parameters stopped being finite numbers; the message says where and what to change."""
