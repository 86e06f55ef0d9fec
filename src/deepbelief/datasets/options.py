"""Options of reading: what a caller says about data besides their path."""

from dataclasses import dataclass
from typing import Literal, get_args

from deepbelief.table_schema import TableSchema

Split = Literal["train", "test"]
Task = Literal["auto", "classify", "regress", "features"]


@dataclass(frozen=True)
class ReadOptions:
    """How data are to be read, where they do not say it themselves or say it wrongly.

    Parameters
    ----------
    split : {"train", "test"}
        Which part to read of a source that holds both; other sources ignore it.
    target : str or None
        The column of a table that is to be predicted; None to infer it.
    drop : tuple of str
        Columns of a table to leave out.
    categorical : tuple of str
        Columns of a table whose values are categories, also if they are numbers.
    task : {"auto", "classify", "regress", "features"}
        What the target is for. "auto" classifies text and few different values and regresses other numbers;
        "features" leaves the target out.
    image_size : tuple of (height, width) or None
        The size to which pictures in a folder are scaled; None if they all have one size.
    skip_bad : bool
        Leave out pictures in a folder that cannot be read.
    schema : TableSchema or None
        How an earlier table was read, which this one is to be read like.
    n_features : int or None
        The number of features that sparse rows have, where the file does not say; None to infer it.
    keep_integers : bool
        Leave integers in arrays as they are, as counts and categories need it; otherwise those in 0..255 are pixels.
    """

    split: Split = "train"
    target: str | None = None
    drop: tuple[str, ...] = ()
    categorical: tuple[str, ...] = ()
    task: Task = "auto"
    image_size: tuple[int, int] | None = None
    skip_bad: bool = False
    schema: TableSchema | None = None
    n_features: int | None = None
    keep_integers: bool = False

    def __post_init__(self) -> None:
        for name, kind in (("split", Split), ("task", Task)):
            if getattr(self, name) not in get_args(kind):
                raise ValueError(f"{name} must be one of {', '.join(get_args(kind))}, not {getattr(self, name)!r}")

    @property
    def about_columns(self) -> tuple[str, ...]:
        """The options that were given and make sense only where columns have names."""
        return tuple(name for name in ("target", "drop", "categorical") if getattr(self, name))
