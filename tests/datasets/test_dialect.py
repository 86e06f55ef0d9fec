"""Where a table begins: what stands above it is left out, and said to be; a header is never lost."""

import numpy as np
import pytest

from deepbelief.datasets import load
from deepbelief.datasets.delimiting import table_in
from deepbelief.datasets.dialect import dialect_of

ROWS = "".join(f"{i}.5,{i * i % 7}.25,{'cat' if i % 2 else 'dog'}\n" for i in range(30))
NAMES = ("length", "weight", "kind")
SPACED = ROWS.replace(",", " ")


@pytest.mark.parametrize(
    "above, rows, n_left_out, n_before",
    [
        ("length,weight,kind\n", ROWS, 0, 1),
        ("# length,weight,kind\n", ROWS, 0, 1),
        ("# exported by the lab\n# units: cm, kg\nlength,weight,kind\n", ROWS, 2, 3),
        ("# a, b, c\nlength,weight,kind\n", ROWS, 1, 2),
        ("# length weight kind\n", SPACED, 0, 1),
        ("# by numpy\n# length weight kind\n", SPACED, 1, 2),
        ("Report of the lab\n\nlength,weight,kind\n", ROWS, 1, 3),
        ("Report of the lab\nby hand, twice\nlength;weight;kind\n", ROWS.replace(",", ";"), 2, 3),
    ],
)
def test_what_stands_above_a_table_is_left_out(tmp_path, above, rows, n_left_out, n_before):
    path = tmp_path / "t.csv"
    path.write_text(above + rows)
    dialect = dialect_of(path, path.read_bytes())
    assert dialect.names == NAMES
    assert (dialect.n_left_out, dialect.n_before) == (n_left_out, n_before)
    assert len(dialect.first) == 30
    data = load(path)
    assert len(data.images) == 30
    np.testing.assert_allclose(data.images[:, 0], np.arange(30) + 0.5)
    assert ("above it left out" in data.source) == (n_left_out > 0)


def test_a_column_called_number_sign_is_a_column():
    lines = ["#,name,value", *(f"{i},n{i},{i}.5" for i in range(9))]
    assert table_in(lines) == (0, ",")


def test_a_header_with_fewer_names_than_there_are_columns_is_no_title(tmp_path):
    """As R writes row names: the rows are refused, instead of losing their header in silence."""
    lines = ["length,weight", *(f"{i},{i}.5,{i}.25" for i in range(9))]
    assert table_in(lines) == (0, ",")


def test_numbers_without_names_have_no_title():
    assert table_in(["1,2,3", "4,5,6", "7,8,9"]) == (0, ",")
    assert table_in(["kind", "cat", "dog"]) == (0, None)
    assert table_in(["a;b", "1,5;2,5", "2,5;3,5"]) == (0, ";")


def test_comments_alone_are_rows():
    assert table_in(["# one", "# two"])[0] == 0
