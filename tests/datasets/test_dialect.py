"""Where a table begins: what stands above it is left out, and said to be; a header is never lost."""

from pathlib import Path

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


def table_of_numbers(header, rows):
    return "\n".join([header, *(",".join(f"{value:.3f}" for value in row) + ",ripe" for row in rows)]) + "\n"


@pytest.mark.parametrize(
    "names",
    [
        "2001,2002,2003,2004,2005,2006,2007,2008,2009,2010",
        "1100,1098.5,1097,1095.5,1094,1092.5,1091,1089.5,1088,1086.5",
        "401.2,403.5,405.1,408,410,411.7,414,417.9,420,425",
    ],
)
def test_a_header_of_years_or_wavelengths(tmp_path, names):
    """It says so, because the row could be one of numbers."""
    path = tmp_path / "spectra.csv"
    path.write_text(table_of_numbers(f"{names},state", np.random.default_rng(0).normal(size=(20, 10))))
    dialect = dialect_of(path, path.read_bytes())
    assert dialect.has_header
    assert dialect.names == (*names.split(","), "state")
    assert "the first row taken for names" in load(path).source


@pytest.mark.parametrize(
    "rows",
    [
        np.random.default_rng(0).normal(size=(20, 10)),
        np.random.default_rng(0).normal(size=(20, 10)).cumsum(axis=1),
        np.abs(np.random.default_rng(0).normal(size=(20, 10))).cumsum(axis=1),
        np.vander(np.linspace(0.1, 0.9, 20), 10),
        np.arange(200).reshape(20, 10),
        np.sort(np.random.default_rng(0).normal(size=(20, 10)))[np.argsort(np.arange(20))],
    ],
    ids=["noise", "walks", "rising", "powers", "counted", "sorted"],
)
def test_a_first_row_like_the_others_is_no_header(tmp_path, rows):
    path = tmp_path / "numbers.csv"
    lines = table_of_numbers("x", rows).splitlines()[1:]
    path.write_text("\n".join(lines) + "\n")
    assert not dialect_of(path, path.read_bytes()).has_header


def test_the_first_of_few_columns_is_no_header():
    """Three numbers in a row rise in one row of six, and are evenly spaced in hardly any."""
    assert not dialect_of(Path("x"), b"1.5,2.5,2.7\n0.3,0.1,0.2\n0.1,0.9,0.3\n0.7,0.2,0.4\n").has_header
    assert dialect_of(Path("x"), b"10,20,30\n0.3,0.1,0.2\n0.1,0.9,0.3\n0.7,0.2,0.4\n").has_header


@pytest.mark.parametrize(
    "cells, is_said",
    [
        (["00042", "12345", "90210"], True),
        (["00042", "12345", ""], True),
        (["0", "1", "0"], False),
        (["10", "12", "20"], False),
        (["0.42", "1.23", "9.01"], False),
        (["042", "12", "7"], False),
    ],
)
def test_codes_that_begin_with_zeros_are_noted(tmp_path, cells, is_said):
    path = tmp_path / "people.csv"
    rows = [f"{cell},{index * index % 7}.5" for index, cell in enumerate(cells * 5)]
    path.write_text("\n".join(["post code,size", *rows]) + "\n")
    notes = [note for note in load(path).notes if "--categorical 'post code'" in note]
    assert len(notes) == is_said
    assert not is_said or notes[0].startswith(f"'post code': {cells[0]} and the like are learned from as numbers")
