"""Tables with numbers, words and holes: what is said of each column, and what is drawn from a net of them."""

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from cli.conftest import done
from deepbelief import datasets, load
from deepbelief.experiment.columns import reconstructed_columns

N = 90
generator = np.random.default_rng(0)
HUE = generator.choice(["red", "green", "blue"], N)
TABLE = pd.DataFrame(
    {
        "name": [f"p{row:03}" for row in range(N)],
        "size": np.round(generator.normal(1000, 200, N) + 300 * (HUE == "red"), 1),
        "hue": HUE,
        "smokes": generator.choice(["no", "yes"], N),
        "answer": np.where(HUE == "red", "buys", "leaves"),
    }
)
HOLES = TABLE.mask((generator.random((N, 5)) < 0.2) & np.array([name != "name" for name in TABLE]))
QUICK = ("--layers", "6,5", "--pretrain-epochs", 3, "--softmax-epochs", 1, "--finetune-epochs", 1)


@pytest.fixture
def trained(folder):
    HOLES.to_csv("people.csv", index=False)
    done("train", "people.csv", *QUICK, "--target", "answer", "--out", "run")
    return "run"


def test_how_well_each_column_comes_back(trained):
    """In its own unit, from each depth, on the cells that are there; computed from what the net reconstructs."""
    net = load("run/model.safetensors")
    dataset = datasets.load("people.csv", target="answer")
    size, hue, smokes = reconstructed_columns(net, dataset, dataset.images)
    x, back = dataset.images, net.dbn_.reconstruct(dataset.images, depth=1)
    known = ~np.isnan(x[:, 0])
    assert (size.name, size.is_number, len(size.by_depth)) == ("size", True, 2)
    assert size.by_depth[0] == pytest.approx(np.sqrt(((back - x)[known, 0] ** 2).mean()), rel=1e-4)
    assert size.baseline == pytest.approx(np.nanstd(x[:, 0]), rel=1e-4)
    known = ~np.isnan(x[:, 1])
    truth = x[known, 1:4].argmax(axis=1)
    assert hue.by_depth[0] == pytest.approx((back[known, 1:4].argmax(axis=1) == truth).mean())
    assert hue.baseline == pytest.approx(np.bincount(truth).max() / len(truth))
    known = ~np.isnan(x[:, 4])
    assert smokes.by_depth[0] == pytest.approx(((back > 0.5) == (x > 0.5))[known, 4].mean())
    assert smokes.baseline >= 0.5


def test_a_report_says_what_each_column_was_taken_for(trained):
    done("report", "run", "people.csv", "-o", "report.html")
    text = re.sub(r"<[^>]*>|\s+", " ", Path("report.html").read_text())
    text = re.sub(" +", " ", text)
    missing = {name: HOLES[name].isna().sum() for name in HOLES}
    assert f"hue category blue, green, red {missing['hue']}" in text
    assert f"smokes bit no, yes {missing['smokes']}" in text
    assert "Left out: &#39;name&#39;, which is different in every row." in text
    assert re.search(
        r"column from layer 1 from layer 2 without a model size ± [\d.]+ ± [\d.]+ ± [\d.]+ hue [\d.]+ %", text
    )


def test_samples_of_a_table_are_a_table(trained):
    """With the names and words of the columns, so that every command reads them as it read the first."""
    done("sample", "run", "-n", 8, "--steps", 200, "-o", "drawn.csv")
    drawn = pd.read_csv("drawn.csv")
    assert drawn.columns.tolist() == ["size", "hue", "smokes"]
    assert set(drawn.hue) <= set(HUE)
    assert set(drawn.smokes) <= {"no", "yes"}
    assert drawn["size"].between(0, 2500).all()
    assert done("predict", "run", "drawn.csv", "-o", "-").stdout.count("\n") == 9
    done("sample", "run", "-n", 8, "--steps", 200, "-o", "drawn.png")


def test_far_values_are_named_by_their_column_once(folder):
    """In the rows to learn from, and in later rows: the command predicts twice for its file, and warns once."""
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(60, 2)).round(2)
    labels = np.where(rows[:, 0] > 0, "yes", "no")

    def written(name, rows):
        lines = [f"{a},{b},{label}" for (a, b), label in zip(rows, labels, strict=True)]
        Path(name).write_text("\n".join(["dose,width,label", *lines]) + "\n")

    wrong = rows.copy()
    wrong[7, 0] = 1e5
    written("good.csv", rows)
    written("wrong.csv", wrong)
    said = done("train", "wrong.csv", *QUICK, "--validation-fraction", "0", "--out", "limited").stderr
    assert said.count("Warning: dose: 1 of 60 values, 100000, lies far from the others") == 1
    done("train", "good.csv", *QUICK, "--out", "run")
    assert done("predict", "run", "wrong.csv").stderr.count("Warning: dose: 100000 lies") == 1
    assert "lies" not in done("predict", "limited", "wrong.csv", "--force").stderr


def test_categories_that_differ_in_case_only_are_named(folder):
    """Those of a column in a note, and the classes in a warning."""
    hue = generator.choice(["red", "Red", "blue"], N)
    TABLE.assign(hue=hue, answer=np.where(hue == "Red", "Buys", TABLE.answer)).to_csv("people.csv", index=False)
    said = done("train", "people.csv", *QUICK, "--target", "answer").stderr
    assert re.search(r"Note: .*'hue': '(red|Red)', '(red|Red)' differ in upper and lower case or in spaces only", said)
    assert "Warning: The classes 'Buys' and 'buys' differ in upper and lower case" in said
