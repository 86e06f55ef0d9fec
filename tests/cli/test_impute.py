"""Holes filled in files: everything else stays byte for byte, in whatever dialect the file is written."""

import gzip
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from cli.conftest import TINY, done, refused, run
from deepbelief import DBN, load, report, save

COLOURS = ["red", "deep blue", 'a "b", c']


def table(n=120, seed=0):
    """A table of which every column follows from the first."""
    rng = np.random.default_rng(seed)
    side = rng.integers(0, 2, n)
    return pd.DataFrame(
        {
            "size": np.round(rng.normal(10 + 20 * side, 1), 3),
            "colour": np.array(COLOURS)[np.where(side, 2, rng.integers(0, 2, n))],
            "is_round": side == 1,
            "count": 3 + 4 * side,
            "label": np.where(side, "yes", "no"),
        }
    )


@pytest.fixture(scope="module")
def once(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tables")
    table().to_csv(folder / "train.csv", index=False)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(report, "write_run_report", lambda *arguments, **options: None)
        done("train", folder / "train.csv", *TINY[:2], "--pretrain-epochs", 60, *TINY[4:], "--out", folder / "run")
    return folder / "run"


def written(path, rows):
    Path(path).write_bytes(rows.encode() if isinstance(rows, str) else rows)


def test_a_csv_is_the_same_but_for_its_holes(once):
    """Quotes, spaces, line ends, empty lines, an unknown column and an unknown category: all as they were."""
    rows = (
        'label,size,"colour",is_round,count,note\r\n'
        'yes,30.10000,"a ""b"", c",True,7,x\r\n'
        ' yes , ,"",,,"two\r\nlines"\r\n'
        "no,1e1, red ,False,3,\r\n"
        "\r\n"
        "no,NA,purple,?,+3.0,y\n"
        'no,9.5,red,false,"",z'
    )
    written("holes.csv", rows)
    outcome = done("impute", once, "holes.csv")
    assert outcome.stdout == "Wrote 5 rows to completed.csv\n"
    filled = Path("completed.csv").read_bytes().decode()
    expected = re.compile(
        r'label,size,"colour",is_round,count,note\r\n'
        r'yes,30.10000,"a ""b"", c",True,7,x\r\n'
        r' yes , (?P<size>[\d.]+),"(?P<colour>[^\r]+)",(?P<round>[Tt]rue|[Ff]alse),(?P<count>[\d.]+),"two\r\nlines"\r\n'
        r"no,1e1, red ,False,3,\r\n"
        r"\r\n"
        r"no,(?P<other>[\d.]+),purple,(?P<flat>[Tt]rue|[Ff]alse),\+3.0,y\n"
        r'no,9.5,red,false,"(?P<last>[\d.]+)",z'
    ).fullmatch(filled)
    assert expected is not None, filled
    frame = pd.read_csv("completed.csv")
    assert frame["colour"][1] in COLOURS
    assert abs(frame["size"][3] - 10) < abs(frame["size"][3] - 30)  # the machine has learned what goes together
    assert float(expected["last"]) < 5
    assert "purple" in outcome.stderr


@pytest.mark.parametrize("dialect", ["tsv", "semicolons", "utf-16", "bom", "gzip", "bars"])
def test_every_dialect_stays(once, dialect):
    frame = table(40, 1)
    frame.loc[5, "size"] = frame.loc[7, "count"] = None
    separator = {"tsv": "\t", "semicolons": ";", "bars": "|"}.get(dialect, ",")
    text = frame.to_csv(index=False, sep=separator, decimal="," if dialect == "semicolons" else ".")
    name, encoding = {
        "tsv": ("t.tsv", "utf-8"),
        "utf-16": ("t.csv", "utf-16"),
        "bom": ("t.csv", "utf-8-sig"),
        "gzip": ("t.csv.gz", "utf-8"),
    }.get(dialect, ("t.csv", "utf-8"))
    content = text.encode(encoding)
    written(name, gzip.compress(content) if dialect == "gzip" else content)
    done("impute", once, name)
    raw = Path(name.replace("t.", "completed.")).read_bytes()
    after = (gzip.decompress(raw) if dialect == "gzip" else raw).decode(encoding)
    before, after = text.splitlines(), after.splitlines()
    changed = [index for index, pair in enumerate(zip(before, after, strict=True)) if pair[0] != pair[1]]
    assert changed == [6, 8]
    number = r"\d+,\d+" if dialect == "semicolons" else r"\d+\.\d+"
    assert re.fullmatch(number, after[6].split(separator)[0])
    assert after[6].split(separator)[1:] == before[6].split(separator)[1:]


def test_spaces_and_no_header(folder):
    rng = np.random.default_rng(0)
    save(DBN((6, 3), n_iter=3, random_state=0).fit(rng.normal(size=(60, 3))), "net")
    written("t.txt", "  0.25   ? 1.50\n-1   2.0    NaN \n\n 1 2 3\n")
    done("impute", "net", "t.txt")
    filled = Path("completed.txt").read_text()
    assert re.fullmatch(r"  0.25   -?[\d.e-]+ 1.50\n-1   2.0    -?[\d.e-]+ \n\n 1 2 3\n", filled), filled


def test_what_stands_above_a_table_is_kept(folder):
    rng = np.random.default_rng(0)
    save(DBN((6, 3), n_iter=3, random_state=0).fit(rng.normal(size=(60, 3))), "net")
    above = "Report of the lab\n# by hand\n\na,b,c\n"
    written("t.csv", above + "0.25,,1.50\n1,2,3\n4,5.5,6\n")
    done("impute", "net", "t.csv")
    filled = Path("completed.csv").read_text()
    assert re.fullmatch(re.escape(above) + r"0.25,-?[\d.e-]+,1.50\n1,2,3\n4,5.5,6\n", filled), filled


@pytest.mark.parametrize("kind", ["parquet", "feather"])
def test_arrow_keeps_types_and_order(once, kind):
    pa = pytest.importorskip("pyarrow")
    frame = table(30, 2)
    frame["colour"] = frame["colour"].astype("category")
    frame["count"] = frame["count"].astype("Int32")
    frame["is_round"] = frame["is_round"].astype("boolean")
    frame["day"] = pd.Timestamp("2024-02-03")
    frame.loc[3, ["size", "colour", "is_round", "count"]] = None
    frame.loc[4, "size"] = np.nan
    write, read = getattr(frame, f"to_{kind}"), getattr(pd, f"read_{kind}")
    write(f"t.{kind}")
    done("impute", once, f"t.{kind}", "-o", f"filled.{kind}")
    filled = read(f"filled.{kind}")
    assert list(filled.dtypes) == list(frame.dtypes)
    known = frame.notna()
    pd.testing.assert_frame_equal(filled.where(known), frame.where(known), check_dtype=False)
    assert filled.notna().all(axis=None)
    assert filled["colour"][3] in COLOURS
    assert pa.__version__


def test_pixels_of_a_csv_stay_whole(folder):
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (40, 16))
    images[:, 0] = 255
    save(DBN((6,), n_iter=3, random_state=0).fit((images / 255).astype(np.float32)), "net")
    lines = [",".join(["label", *(f"pixel{i}" for i in range(16))])]
    lines += [",".join(map(str, [index % 3, *row])) for index, row in enumerate(images)]
    cells = lines[4].split(",")
    lines[4] = ",".join([*cells[:5], "", *cells[6:]])
    written("t.csv", "\n".join(lines) + "\n")
    done("impute", "net", "t.csv")
    after = Path("completed.csv").read_text().split("\n")
    assert [index for index in range(41) if after[index] != lines[index]] == [4]
    assert 0 <= int(after[4].split(",")[5]) <= 255


def test_channels_first_and_columns_first(folder):
    """Pictures with their channels first are filled where their holes are."""
    rng = np.random.default_rng(0)
    images = rng.random((30, 3, 2, 2)).astype(np.float32)
    rows = np.moveaxis(images, 1, 3).reshape(30, 12)
    save(DBN((5,), n_iter=3, random_state=0).fit(rows), "net")
    images[2, 1, 0, 1] = np.nan
    np.save("t.npy", np.asfortranarray(images))
    np.savez_compressed("t.npz", data=images, more=np.arange(3))
    rows[2, 4] = np.nan
    expected = load("net").impute(rows)[2, 4]
    for name in ("t.npy", "t.npz"):
        done("impute", "net", name)
        held = np.load(name.replace("t.", "completed."))
        filled = held if name == "t.npy" else held["data"]
        assert filled[2, 1, 0, 1] == expected
        assert np.array_equal(np.isnan(images), filled != np.where(np.isnan(images), -1, images))


def test_what_cannot_be_filled_is_one_line(once):
    table(20).to_csv("whole.csv", index=False)
    refused("impute", once, "whole.csv", says=("whole.csv", "no value is missing, so there is nothing to fill"))
    frame = table(20)
    frame.loc[2, "size"] = np.nan
    frame.to_csv("holes.csv", index=False)
    for name in ("x.npz", "x.parquet", "x.png"):
        refused("impute", once, "holes.csv", "-o", name, says=(name, "holes.csv", "end its name in .csv"))
    refused("impute", once, "absent.csv", says=("absent.csv", "no such file"))
    refused("impute", once, "digits", says=("features",))
    Path("completed.csv").write_text("mine")
    refused("impute", once, "holes.csv", says=("completed.csv", "--force"))
    assert Path("completed.csv").read_text() == "mine"
    frame.drop(columns="size").to_csv("less.csv", index=False)
    refused("impute", once, "less.csv", "--force", says=("size", "is missing"))
    frame.assign(size=frame["size"].astype(object).where(frame.index != 4, "big")).to_csv("word.csv", index=False)
    refused("impute", once, "word.csv", "--force", says=("word.csv, row 6, column 1 (size)", "'big' is no number"))
    written("ragged.csv", "size,colour,is_round,count,label\n1,red,True,3,no\n,red,True,3\n")
    refused("impute", once, "ragged.csv", "--force", says=("ragged.csv, row 3", "4 values"))
    written("open.csv", 'size,colour,is_round,count,label\n1,red,True,3,no\n,"red,True,3,no\n')
    refused("impute", once, "open.csv", "--force", says=("open.csv, row 3", "quotation"))
    assert Path("completed.csv").read_text() == "mine"
    assert run("impute", once, "holes.csv", "--force").code == 0
    assert Path("completed.csv").read_text() != "mine"
