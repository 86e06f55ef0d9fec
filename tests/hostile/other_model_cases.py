"""Model files of the other kinds: of numbers, of several labels, of tables, of counts and of documents."""

import tempfile
import warnings
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from deepbelief import DBN, RBM, DBNClassifier, DBNRegressor, save
from deepbelief.table_schema import Column, TableSchema
from hostile.case import Case, files, with_flipped_bits
from hostile.model_cases import X, boundaries, joined, parts

COUNTS = [0, -1, True, 3, 2**31, 2**63, 10**400, 1.5, "2", []]  # n units, rows or targets are none of these
ARRAYS = {"F64": "<f8", "F32": "<f4"}


@cache
def models() -> dict[str, bytes]:
    """Return a small file of each kind."""
    quick: dict[str, Any] = {"pretrain_epochs": 1, "finetune_epochs": 1, "random_state": 0}
    alone: dict[str, Any] = {"n_iter": 1, "random_state": 0}
    y, counts = np.arange(20.0) % 7, np.arange(40.0).reshape(20, 2) % 5
    words = np.array([[f"w{row % 3}", row % 2, row] for row in range(20)], object)
    schema = TableSchema((Column("a", "number"), Column("b", "bit", ("n", "y"))), "features")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that they learn next to nothing
        kinds: dict[str, Any] = {
            "a regressor with variances": DBNRegressor((2,), output_epochs=1, loss="gaussian", **quick).fit(X, y),
            "a regressor": DBNRegressor((2,), output_epochs=1, calibration_fraction=0.5, **quick).fit(
                X, np.column_stack([y, -y])
            ),
            "several labels": DBNClassifier((2,), softmax_epochs=1, **quick).fit(
                X, np.column_stack([y > 2, y > 4]).astype(int)
            ),
            "a net of a table": DBN((3, 2), **alone).fit(X),
            "a mixed machine": RBM(2, visible="mixed", **alone).fit(words),
            "categories": RBM(2, visible="categorical", **alone).fit(words[:, :2]),
            "counts with an end": RBM(2, visible="binomial", **alone).fit(counts),
            "counts": RBM(2, visible="poisson", **alone).fit(counts),
            "documents": RBM(2, visible="replicated-softmax", **alone).fit(counts + 1),
            "amounts": RBM(2, visible="relu", **alone).fit(counts),
            "learned variances": RBM(2, visible="gaussian-learned-variance", **alone).fit(X),
        }
        kinds["a regressor of a net"] = DBNRegressor.from_dbn(
            DBN((2,), visible="binomial", **alone).fit(counts), output_epochs=1, finetune_epochs=1, random_state=0
        ).fit(counts, y)
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model"
        for name, estimator in kinds.items():
            save(estimator, path, table=schema if name == "a net of a table" else None, overwrite=True)
            found[name] = path.read_bytes()
    return found


def lying(kind: str, *keys: str | int, values: Any, of: str = "estimator") -> Iterator[bytes]:
    """Yield the file of a kind with each of the values at one place of its description."""
    for value in values:
        header, about, data = parts(models()[kind])
        node: Any = about[of]
        for key in keys[:-1]:
            node = node[key]
        node[keys[-1]] = value
        yield joined(header, about, data)


def with_array(kind: str, name: str, *numbers: float) -> Iterator[bytes]:
    """Yield the file of a kind with each of the numbers as the last of one array."""
    for number in numbers:
        header, about, data = parts(models()[kind])
        end = header[name]["data_offsets"][1]
        last = np.array(number, ARRAYS[header[name]["dtype"]]).tobytes()
        yield joined(header, about, data[: end - len(last)] + last + data[end:])


def without_array(kind: str) -> Iterator[bytes]:
    """Yield the file of a kind without each of its arrays, whose numbers stay, and then with two names exchanged."""
    header, about, data = parts(models()[kind])
    for name in header:
        yield joined({other: entry for other, entry in header.items() if other != name}, about, data)
    first, *_, last = header
    yield joined(header | {first: header[last], last: header[first]}, about, data)


def other_model_cases() -> Iterator[Case]:
    """Yield cases for the reader of model files."""

    def case(what: str, *contents: Any, says: str = "; ") -> Case:
        return Case("model", what, files(*contents), says)

    for kind, content in models().items():
        yield case(f"{kind}: cut short at the end of every part", boundaries(content))
        yield case(f"{kind}: one bit of every eighth byte flipped", with_flipped_bits(content, 8), says="")
        yield case(f"{kind}: an array that is missing, two that are exchanged", without_array(kind))

    number = "a regressor"
    yield case("a regressor: targets that are not there", lying(number, "n_targets", values=[None, *COUNTS]))
    yield case("a regressor: rows held out that are not there", lying(number, "n_calibration", values=[None, *COUNTS]))
    losses = ["gaussian", "cubic", "", None, 1, ["squared"], "x" * 1000]
    yield case("a regressor: a loss of another top layer", lying(number, "parameters", "loss", values=losses))
    yield case(
        "a regressor with variances: the same",
        lying("a regressor with variances", "parameters", "loss", values=["squared", "absolute"]),
    )
    yield case("a regressor: targets without a scale", with_array(number, "target.scale", 0, -1, np.nan, np.inf))
    yield case("a regressor: targets around no number", with_array(number, "target.mean", np.nan, -np.inf))
    yield case("a regressor: errors below zero or without end", with_array(number, "calibration.scores", -1, np.inf))
    yield case("a regressor: rows without a weight", with_array(number, "calibration.weights", 0, -1, np.nan, np.inf))
    nets = [parts(models()[kind])[1]["estimator"] for kind in ("a regressor of a net", "a net of a table", "counts")]
    yield case(
        "a regressor: the net of another model", lying(number, "dbn", values=[net.get("dbn", net) for net in nets])
    )
    yield case("a regressor: no net", lying(number, "dbn", values=[None, {}, [], 7, "dbn"]))

    labels = "several labels"
    yield case("several labels: said otherwise", lying(labels, "multilabel", values=[None, 1, "yes", [True], {}]))
    values = [[], [0], [0, 0], [1, 0], [0, 1, 2], [0, "1"], [True, False], [0, 2**70], list(range(10**5)), None, 2]
    yield case("several labels: labels that are none", lying(labels, "classes", "values", values=values))

    mixed = "a mixed machine"
    values = [None, [], [{}], [None] * 3, 3, {"0": {}}, "abc"]
    yield case("a mixed machine: columns that are none", lying(mixed, "features", values=values))
    values = ["gaussian", "poisson", "replicated-softmax", "binomial", "", None, 1, "categorical(3)", "os.system"]
    yield case("a mixed machine: a column of another type", lying(mixed, "features", 0, "type", values=values))
    values = [None, [], ["w0"], ["w0", "w0", "w1"], ["w2", "w1", "w0"], ["w0", "w1", 2], [0, 1, float("nan")]]
    values += [["w0", "w1", "\0"], ["w0", "w1", "\x1b[2J"], ["w0", "w1", "\ud800"], [str(i) for i in range(10**5)], 3]
    yield case("a mixed machine: categories that are none", lying(mixed, "features", 0, "categories", values=values))
    values = [None, "1", True, float("nan"), float("inf"), -1.0, 10**400, [1.0]]
    yield case("a mixed machine: scales that are none", lying(mixed, "features", 2, "scale", values=values))
    values = [1.0, -1.0, float("inf"), 10**400, "2", []]
    yield case("a mixed machine: numbers of a type without one", lying(mixed, "features", 2, "number", values=values))
    values = ["gaussian", "bernoulli", "spin", "poisson", "binomial", "", None, "Mixed"]
    yield case("a mixed machine: units that columns are not", lying(mixed, "visible", values=values))
    yield case("categories: the same", lying("categories", "visible", values=values))

    table = "a net of a table"
    column = {"name": "a", "kind": "number"}
    values = [None, [], [column], [column, column], [column] * 3, [column] * 10**5, {"a": column}, [None, column]]
    yield case("a net of a table: columns that are none", lying(table, "columns", values=values, of="table"))
    values = ["target", "pixel", "", None, 1, ["number"]]
    yield case("a net of a table: kinds that are none", lying(table, "columns", 0, "kind", values=values, of="table"))
    values = ["b", "\0", "\x1b[2J", "\ud800", "x" * 10**5, None, 1, ["a"], "../../etc/passwd\n"]
    yield case("a net of a table: names that are none", lying(table, "columns", 0, "name", values=values, of="table"))
    values = [["n"], ["n", "n"], ["n", "y", "z"], ["n", 1], ["n", "\0"], "ny", 2, {"n": "y"}]
    yield case(
        "a net of a table: bits that are none", lying(table, "columns", 1, "categories", values=values, of="table")
    )

    numbers = [None, -1.0, 1e300, 1, True, "4", float("nan"), float("inf"), 10**400, [4.0]]
    for kind, name in ("counts with an end", "data_max_"), ("documents", "data_length_"):
        at = ("layers", 0, "chosen")
        yield case(f"{kind}: a {name} that is none", lying(kind, *at, name, values=numbers))
        chosen = [{}, {"learning_rate_": 0.1, "n_iter_": 1}, {"data_max_": 4.0, "data_length_": 4.0}]
        yield case(f"{kind}: no {name}, or two numbers", lying(kind, *at, values=chosen))
    for kind in ("counts", "amounts", "learned variances"):
        values = [{"data_max_": 4.0}, {"data_length_": 4.0}]
        yield case(f"{kind}: a number of units without one", lying(kind, "layers", 0, "chosen", values=values))
        values = ["binomial", "replicated-softmax", "mixed", "categorical", "", None, 7, ["poisson"]]
        yield case(f"{kind}: units of a type with one", lying(kind, "visible", values=values))
    values = ["bernoulli", "relu", "gaussian-learned-variance", "poisson(3)", "\0", "x" * 1000]
    yield case("counts: units with other parameters", lying("counts", "visible", values=values), says="")
    yield case(
        "amounts: NaN and infinity for precisions",
        with_array("amounts", _precision("amounts"), np.nan, np.inf, -np.inf),
        says="NaN or infinity",
    )


def _precision(kind: str) -> str:
    """Return the name of the array of the visible units that is neither weights nor bias."""
    header = parts(models()[kind])[0]
    return next(name for name in header if ".visible." in name and not name.endswith("bias"))
