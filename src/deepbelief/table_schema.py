"""How the columns of a table were understood, so that another table can be read the same way.

A schema is plain text: it is written as TOML beside a run, and kept in the model file.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal, get_args

from deepbelief.annotations import JsonObject
from deepbelief.errors import DataError

Kind = Literal["number", "bit", "category", "target", "index", "identifier", "empty", "dropped"]
LEARNED_FROM = ("number", "bit", "category")
MOST_CATEGORIES = 1000
MOST_COLUMNS = 10_000  # pandas takes time with the square of their number
LONGEST_NAME = 1000


@dataclass(frozen=True)
class Column:
    """A column of a table.

    Parameters
    ----------
    name : str
    kind : {"number", "bit", "category", "target", "index", "identifier", "empty", "dropped"}
        The last four are left out.
    categories : tuple of str
        The values of a category; of a bit, if it is text, the value that is 0 and the value that is 1.
    """

    name: str
    kind: Kind
    categories: tuple[str, ...] = ()

    @property
    def n_features(self) -> int:
        """The number of features that the column becomes: one for each category, one for a number or a bit."""
        if self.kind not in LEARNED_FROM:
            return 0
        return len(self.categories) if self.kind == "category" else 1

    @property
    def feature_names(self) -> tuple[str, ...]:
        """The names of these features: ``colour=red``, ``colour=blue``, or the column's own name."""
        if self.kind == "category":
            return tuple(f"{self.name}={category}" for category in self.categories)
        if self.kind == "bit" and self.categories:
            return (f"{self.name}={self.categories[1]}",)
        return (self.name,) * self.n_features


@dataclass(frozen=True)
class TableSchema:
    """All columns of a table, in their order.

    Parameters
    ----------
    columns : tuple of Column
    task : {"classify", "regress", "features"}
        What the target is for.
    """

    columns: tuple[Column, ...]
    task: Literal["classify", "regress", "features"]
    by_name: dict[str, Column] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "by_name", {column.name: column for column in self.columns})

    @property
    def target(self) -> str | None:
        """The name of the column to be predicted."""
        return next((column.name for column in self.columns if column.kind == "target"), None)

    @property
    def features(self) -> tuple[Column, ...]:
        """The columns that are learned from."""
        return tuple(column for column in self.columns if column.kind in LEARNED_FROM)

    @property
    def feature_names(self) -> tuple[str, ...]:
        """The names of the features in the order of the data set's columns."""
        return tuple(name for column in self.features for name in column.feature_names)

    @property
    def slices(self) -> Iterator[tuple[Column, slice]]:
        """Each column that is learned from, and the features that it became."""
        start = 0
        for column in self.features:
            yield column, slice(start, start + column.n_features)
            start += column.n_features

    def to_dict(self) -> JsonObject:
        """Return the schema as JSON can hold it."""
        columns = [
            {"name": column.name, "kind": column.kind}
            | ({"categories": list(column.categories)} if column.categories else {})
            for column in self.columns
        ]
        return {"task": self.task, "columns": columns}

    @classmethod
    def from_dict(cls, described: object) -> "TableSchema":
        """Return the schema that was described.

        Raises
        ------
        DataError
            If it describes none.
        """
        if not isinstance(described, dict) or set(described) != {"task", "columns"}:
            raise _no_schema("it has other parts than task and columns")
        task, columns = described["task"], described["columns"]
        if task not in ("classify", "regress", "features") or not isinstance(columns, list):
            raise _no_schema("task or columns is something else")
        if len(columns) > MOST_COLUMNS:
            raise _no_schema("it has too many columns")
        schema = cls(tuple(map(_column, columns)), task)
        if len(schema.by_name) != len(columns) or sum(column.kind == "target" for column in schema.columns) > 1:
            raise _no_schema("a name comes twice, or there are two targets")
        return schema

    def to_toml(self) -> str:
        """Return the schema as a TOML document that people read."""
        lines = [
            "# How the columns of the table were understood; the model file holds the same.",
            f'task = "{self.task}"',
        ]
        for column in self.columns:
            lines += ["", "[[columns]]", f"name = {_toml(column.name)}", f'kind = "{column.kind}"']
            if column.categories:
                lines.append(f"categories = [{', '.join(map(_toml, column.categories))}]")
        return "\n".join(lines) + "\n"


def _column(described: object) -> Column:
    if not isinstance(described, dict) or not {"name", "kind"} <= set(described) <= {"name", "kind", "categories"}:
        raise _no_schema("a column has other parts than name, kind and categories")
    name, kind, categories = described["name"], described["kind"], described.get("categories", [])
    if not _is_name(name) or not isinstance(kind, str) or kind not in get_args(Kind):
        raise _no_schema("a column's name or kind is something else")
    if not isinstance(categories, list) or not all(map(_is_name, categories)):
        raise _no_schema("categories are no text")
    fits = {"category": 1 <= len(categories) <= MOST_CATEGORIES, "bit": len(categories) in (0, 2)}
    if not fits.get(kind, not categories) or len(set(categories)) != len(categories):
        raise _no_schema("the categories of a column do not fit its kind")
    return Column(name, kind, tuple(categories))  # type: ignore[arg-type]  # it is one of Kind


def _is_name(text: object) -> bool:
    return isinstance(text, str) and len(text) <= LONGEST_NAME and text.isprintable()


def _no_schema(cause: str) -> DataError:
    return DataError(f"This describes no table: {cause}; train the model again")


def _toml(text: str) -> str:
    # What JSON writes between quotes is what TOML reads there, as long as the text is printable.
    return json.dumps(text, ensure_ascii=False)
