"""Numbers to be predicted, and data without any target: every command knows what to do with them, or says why not."""

import csv
import io
import json
from pathlib import Path

import numpy as np
import pytest
from sklearn.datasets import load_diabetes

from cli.conftest import done, refused
from cli.test_resume import interrupted, lines
from deepbelief import DBN, DBNRegressor, load

X, Y = load_diabetes(return_X_y=True)
COLUMNS = ["age", "bmi", "bp", "s5"]
X = X[:120, [0, 2, 3, 8]]
Y = Y[:120]
TINY = ("--layers", "6", "--pretrain-epochs", "2")
REGRESS = (*TINY, "--set", "output_epochs=2", "--finetune-epochs", "3")


def table(path, columns):
    """Write a CSV of columns by name."""
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        writer.writerows(zip(*columns.values(), strict=True))
    return path.name


@pytest.fixture
def patients(folder):
    """A table with an identifier and a number to be predicted; and the same without that number."""
    features = {name: X[:, column].round(5) for column, name in enumerate(COLUMNS)}
    named = {"patient_id": [f"p{row:03}" for row in range(len(Y))], **features}
    table(folder / "unknown.csv", named)
    return table(folder / "patients.csv", {**named, "progress": Y})


def test_a_number_is_regressed(folder, patients):
    """From training to predictions with intervals, which are those of the same estimator in Python."""
    result = done("train", patients, *REGRESS, "--target", "progress", "--out", "run", "--json").json
    assert (result["task"], result["accuracy"], result["n_labelled"]) == ("regress", None, 108)
    assert result["regression"]["n_rows"] == result["n_validation"] == 12
    assert [phase["phase"] for phase in result["phases"]] == ["pretrain", "output", "finetune"]
    assert result["settings"]["loss"] == "squared"
    assert "semi_supervised" not in result["settings"]
    model = load("run/model.safetensors")
    assert isinstance(model, DBNRegressor)
    evaluation = done("evaluate", "run", patients, "--json").json
    x = np.float32(X.round(5))
    assert evaluation["scores"]["r2"] == pytest.approx(model.score(x, Y), rel=1e-6)
    assert evaluation["scores_on_others"]["n_rows"] == 12
    assert evaluation["scores_on_others"]["r2"] == pytest.approx(result["regression"]["r2"])
    assert "R²: " in done("evaluate", "run", patients).stdout
    text = done("predict", "run", "unknown.csv", "-o", "-").stdout
    header, *rows = csv.reader(io.StringIO(text))
    assert header == ["patient_id", "prediction", "low", "high"]
    assert [row[0] for row in rows[:2]] == ["p000", "p001"]
    np.testing.assert_allclose([float(row[1]) for row in rows], model.predict(x))
    low, high = model.predict_interval(x)
    np.testing.assert_allclose([[float(row[2]), float(row[3])] for row in rows], np.column_stack([low, high]))
    assert done("diagnose", "run", patients, "--json").json["n_rows"] == 120


def test_the_loss_and_what_repeats_the_run(folder, patients):
    arguments = (patients, *REGRESS, "--target", "progress", "--set", "loss=gaussian")
    result = done("train", *arguments, "--out", "run", "--json").json
    assert "--set=loss=gaussian" in result["command"]
    assert "--target=progress" in result["command"]
    assert load("run/model.safetensors").loss == "gaussian"


def test_without_a_target_features_are_learned(folder, patients):
    """The least likely rows are named, those that score ranks first; a row that is far from all others is one."""
    strange = X.copy()
    strange[77] += 2.0
    table(folder / "plain.csv", {name: strange[:, column].round(5) for column, name in enumerate(COLUMNS)})
    result = done("train", "plain.csv", *TINY, "--layers", "6,5", "--out", "run", "--json").json
    assert (result["task"], result["accuracy"], result["regression"]) == ("features", None, None)
    assert [phase["layer"] for phase in result["phases"]] == [0, 1]
    assert isinstance(load("run/model.safetensors"), DBN)
    assert result["unlikely"]["rows"][0] == 78
    ranked = done("score", "run", "plain.csv").stdout.splitlines()[1:11]
    assert [int(line.split(",")[0]) for line in ranked] == result["unlikely"]["rows"]
    summary = done("train", patients, *TINY, "--task", "features", "--drop", "progress", "--out", "other").stdout
    assert "Least likely rows, the first row being 1: " in summary
    for command in ("evaluate", "predict"):
        refused(command, "run", "plain.csv", says=("of the kind DBN, which predicts nothing", "transform"))


def test_their_reports_show_what_there_is(folder, patients):
    done("train", patients, *REGRESS, "--target", "progress", "--out", "one")
    done("train", "unknown.csv", *TINY, "--out", "two")
    done("report", "one", patients, "-o", "one.html")
    done("report", "two", "unknown.csv", "-o", "two.html")
    one, two = (Path(f"{run}.html").read_text() for run in ("one", "two"))
    for there in ("How well numbers are predicted", "figure-predictions", "of the variance of the target"):
        assert there in one
        assert there not in two
    assert "figure-samples" in one
    assert "figure-samples" in two
    for there in ("figure-unlikely", "there was no target"):
        assert there in two
        assert there not in one
    assert "patient_id" in two
    assert "softmax" not in one + two


@pytest.mark.parametrize("arguments", [("patients.csv", "--target", "progress", *REGRESS), ("unknown.csv", *TINY)])
def test_runs_go_on(folder, patients, monkeypatch, arguments):
    """Interrupted in the middle of a pass and resumed, the model is the same to the byte."""
    more = (*arguments, "--checkpoint-interval", "1e-9")
    done("train", *more, "--out", "whole")
    assert interrupted(monkeypatch, 9, "train", *more, "--out", "run").code == 130
    done("train", "--resume", "run")
    assert Path("run/model.safetensors").read_bytes() == Path("whole/model.safetensors").read_bytes()
    assert lines(folder / "run") == lines(folder / "whole")


def test_features_of_any_depth_go_to_any_file(folder, patients):
    """With the identifier of each row; the numbers are the estimator's own."""
    done("train", "unknown.csv", *TINY, "--layers", "6,5", "--out", "run")
    net, x = load("run/model.safetensors"), np.float32(X.round(5))
    done("transform", "run", "unknown.csv", "-o", "top.csv")
    header, *rows = csv.reader(Path("top.csv").read_text().splitlines())
    assert header == ["patient_id", *(f"layer2_unit{unit}" for unit in range(1, 6))]
    assert rows[3][0] == "p003"
    np.testing.assert_allclose(np.array(rows)[:, 1:].astype(float), net.transform(x), rtol=1e-6)
    done("transform", "run", "unknown.csv", "--depth", 1, "-o", "low.npz")
    with np.load("low.npz") as found:
        np.testing.assert_allclose(found["X"], net.transform(x, depth=1), rtol=1e-6)
        assert found["patient_id"][5] == "p005"
        assert found["names"][0] == "layer1_unit1"
    done("transform", "run", "unknown.csv", "-o", "top.npy")
    np.testing.assert_allclose(np.load("top.npy"), net.transform(x), rtol=1e-6)
    refused("transform", "run", "unknown.csv", "-o", "top.npy", says=("top.npy: the file exists", "--force"))
    done("transform", "run", "unknown.csv", "-o", "top.npy", "--force")
    refused("transform", "run", "unknown.csv", "-o", "top.txt", says=(".npz, .npy, .csv or .parquet",))
    refused("transform", "run", "unknown.csv", "--depth", 3, "-o", "x.csv", says=("no layer 3", "2 layers"))
    assert not Path("x.csv").exists()


def test_parquet_holds_the_same(folder, patients):
    pytest.importorskip("pyarrow", reason="Parquet and Feather need pyarrow, which is not installed")
    import pandas as pd

    done("train", "unknown.csv", *TINY, "--out", "run")
    for name in ("features.parquet", "features.csv"):
        done("transform", "run", "unknown.csv", "-o", name)
    one, other = pd.read_parquet("features.parquet"), pd.read_csv("features.csv")
    pd.testing.assert_frame_equal(one, other, check_dtype=False, rtol=1e-6)


def test_rows_without_an_identifier_are_numbered(folder, data):
    done("train", data, "--task", "features", *TINY, "--out", "run")
    done("transform", "run", data, "-o", "features.csv")
    header, *rows = csv.reader(Path("features.csv").read_text().splitlines())
    assert header[0] == "row"
    assert [row[0] for row in rows] == [str(number) for number in range(1, 61)]


def test_what_is_asked_of_the_wrong_data_is_refused(folder, patients):
    """One sentence each, of which the advice works."""
    says = ("--target 'progres' is no column; did you mean 'progress'?",)
    refused("train", patients, "--target", "progres", says=says)
    refused("train", "unknown.csv", "--task", "regress", says=("no target is known", "name its column with --target"))
    refused(
        "train", patients, "--target", "progress", "--set", "class_weight=balanced", says=("DBNRegressor", "--target")
    )
    refused("train", "unknown.csv", "--set", "loss=absolute", says=("loss is no setting of a DBN", "--target"))
    # What a classifier would do by default is refused as well: nothing that is given is left out in silence.
    schedule = "learning_rate_schedule=linear"
    refused("train", "unknown.csv", "--set", schedule, says=("learning_rate_schedule is no setting of a DBN",))
    refused(
        "train", "digits", "--task", "regress", says=("digits: what is to be predicted are classes", "leave out --task")
    )
    refused("compare", "unknown.csv", says=("nothing to be predicted, which compare needs", "name their column"))
    refused("compare", patients, "--target", "progress", "--models", "svm", says=("no model 'svm' predicts numbers",))
    refused("compare", "digits", "--models", "ridge", says=("no model 'ridge' names classes", "logistic"))
    assert not Path("runs").exists()


def test_regressors_are_compared(folder, patients):
    """In a table, on a page, and in the report of a model; what is there twice is pointed out."""
    asked = ("compare", patients, "--target", "progress", *REGRESS, "--seeds", 2)
    outcome = done(*asked, "-o", "page.html")
    rows = [line.split() for line in outcome.stdout.splitlines()[2:8]]
    assert rows[0][:2] == ["model", "R²"]
    assert {row[0] for row in rows[1:]} == {"ridge", "knn", "svr", "dnn", "dnn-random"}
    assert [float(row[1]) for row in rows[1:]] == sorted((float(row[1]) for row in rows[1:]), reverse=True)
    assert "p-values of a paired t-test of squared errors" in outcome.stdout
    assert "ridge: R² " in outcome.stderr
    page = Path("page.html").read_text()
    assert "a comparison of regressors" in page
    assert "McNemar" not in page
    (folder / "comparison.json").write_text(done(*asked, "--json").stdout)
    done("train", patients, *REGRESS, "--target", "progress", "--out", "run")
    done("report", "run", patients, "--comparison", "comparison.json", "-o", "report.html")
    assert "Beside other models" in Path("report.html").read_text()
    (folder / "few.csv").write_text("a,target\n1,0.5\n2,0.25\n3,0.75\n")
    refused("compare", "few.csv", "--task", "regress", says=("3 rows are too few", "--test-fraction 0.5"))


def test_targets_with_holes(folder, patients):
    """Refused for numbers, with the row; unlabelled for classes; of no concern to predict."""
    some = Y.astype(object)
    some[[4, 9]] = ""
    features = {name: X[:, column].round(5) for column, name in enumerate(COLUMNS)}
    table(folder / "holes.csv", {**features, "progress": some})
    refused(
        "train",
        "holes.csv",
        "--target",
        "progress",
        "--task",
        "regress",
        says=("holes.csv, row 6, column 5", "missing"),
    )
    classes = np.where(Y > 140, "high", "low").astype(object)
    classes[[4, 9]] = ""
    table(folder / "classes.csv", {**features, "label": classes})
    result = done("train", "classes.csv", *TINY, "--finetune-epochs", 1, "--out", "run", "--json").json
    assert (result["task"], result["n_train"] - result["n_labelled"]) == ("classify", 2)
    done("train", patients, *REGRESS, "--target", "progress", "--drop", "patient_id", "--out", "numbers")
    assert done("predict", "numbers", "holes.csv", "-o", "-").stdout.count("\n") == 121


def test_tables_that_do_not_fit(folder, patients):
    """Two columns of one name, one row, a category that nobody knows, a column of another type, one that is missing."""
    (folder / "twice.csv").write_text("a,b,a\n1,2,3\n4,5,6\n")
    refused("train", "twice.csv", says=("twice.csv, row 1, column 3", "the name is taken by column 1"))
    (folder / "one.csv").write_text("a,b\n1,2\n")
    refused("train", "one.csv", says=("one.csv: there is one row only", "add rows"))
    features = {name: X[:, column].round(5) for column, name in enumerate(COLUMNS)}
    colours = np.array(["red", "green", "blue"])[np.arange(len(Y)) % 3]
    table(folder / "colours.csv", {**features, "colour": colours, "progress": Y})
    done("train", "colours.csv", *REGRESS, "--target", "progress", "--out", "run")
    table(folder / "new.csv", {**features, "colour": np.where(colours == "red", "pink", colours)})
    outcome = done("predict", "run", "new.csv", "-o", "-")
    assert "pink" in outcome.stderr
    assert outcome.stdout.count("\n") == 121
    table(folder / "words.csv", {**features, "bmi": colours, "colour": colours})
    refused("predict", "run", "words.csv", "-o", "-", says=("words.csv", "bmi"))
    table(folder / "fewer.csv", {"age": X[:, 0], "colour": colours})
    refused("predict", "run", "fewer.csv", "-o", "-", says=("fewer.csv", "bmi"))


def test_json_of_a_run_without_rows_held_out(folder, patients):
    arguments = (patients, *REGRESS, "--target", "progress", "--validation-fraction", 0)
    assert "Held-out R²: not measured" in done("train", *arguments, "--out", "run").stdout
    assert json.loads(Path("run/result.json").read_text())["regression"] is None


@pytest.mark.parametrize("loss", ["squared", "absolute"])
def test_the_squared_error_is_a_share_of_the_variance_whatever_the_loss(folder, loss):
    """Targets with heavy tails, whose standard deviation is several times the scale that the absolute loss takes."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(300, 3)).round(4)
    y = np.sinh(3 * x[:, 0])
    table(folder / "tails.csv", {"a": x[:, 0], "b": x[:, 1], "c": x[:, 2], "value": y})
    given = ("--target", "value", "--set", f"loss={loss}", "--set", "calibration_fraction=0")
    result = done(
        "train", "tails.csv", *given, "--layers", 20, "--validation-fraction", 0, "--out", "run", "--json"
    ).json
    predicted = load("run/model.safetensors").predict(x)
    share = ((y - predicted) ** 2).mean() / y.var()
    assert result["training_squared_error"] == pytest.approx(share, rel=0.25)
    assert (y.std() / 1.4826 / np.median(abs(y - np.median(y)))) ** 2 > 5


def test_one_row_has_no_share_of_a_variance(folder):
    rows = np.random.default_rng(0).normal(size=(60, 2))
    lines = [f"{a:.3f},{a + b:.3f}" for a, b in rows]
    Path("numbers.csv").write_text("\n".join(["size,price", *lines]) + "\n")
    Path("one.csv").write_text("\n".join(["size,price", lines[0]]) + "\n")
    quick = ("--layers", "4", "--pretrain-epochs", 1, "--finetune-epochs", 1, "--set", "output_epochs=1")
    done("train", "numbers.csv", "--target", "price", *quick, "--out", "run")
    said = done("evaluate", "run", "one.csv").stdout
    assert said.startswith("R²: none, because all targets are equal (1 row)\n")
