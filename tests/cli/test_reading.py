"""Every kind of file that people have, by a command; and with one thing wrong, where following the advice works."""

import gzip
import re
import shlex
import struct
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import scipy.io

from cli.conftest import done, refused, run, tiny_images
from datasets.writers import csv_text, idx_bytes
from deepbelief import load as load_model
from deepbelief.datasets import load
from deepbelief.table_schema import TableSchema

QUICK = ("--layers", 4, "--pretrain-epochs", 1, "--softmax-epochs", 1, "--finetune-epochs", 0)
IMAGES, LABELS = tiny_images()
PICTURES = IMAGES.reshape(-1, 4, 4)
FLOWERS = pd.DataFrame(
    {
        "length": np.round(np.random.default_rng(0).normal(5, 1, 60) + LABELS, 2),
        "width": np.round(np.random.default_rng(1).normal(3, 1, 60) - LABELS, 2),
        "species": np.array(["ash", "beech", "cedar"])[LABELS],
    }
)


RAW = "root/MNIST/raw"


def pixels() -> pd.DataFrame:
    return pd.DataFrame(IMAGES, columns=[f"pixel{i}" for i in range(16)])


def pictures(folder: str, of=lambda row: PICTURES[row], name=lambda row: f"{'abc'[LABELS[row]]}/{row}.png") -> str:
    from PIL import Image

    for row in range(12):
        path = Path(folder) / name(row)
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(of(row)).save(path)
    return folder


def written(path: str, content: bytes) -> str:
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    Path(path).write_bytes(content)
    return path


def csv(path: str = "x.csv", frame: pd.DataFrame = FLOWERS, index: bool = False, **how) -> str:
    frame.to_csv(path, index=index, **how)
    return path


def mat(path: str = "x.mat", **variables) -> str:
    scipy.io.savemat(path, variables)
    return path


def npz(path: str = "x.npz", **arrays) -> str:
    np.savez(path, **arrays)
    return path


def libsvm(path: str = "x.svm", labels=LABELS) -> str:
    rows = [
        f"{label} " + " ".join(f"{i}:{v}" for i, v in enumerate(x, 1)) for label, x in zip(labels, IMAGES, strict=True)
    ]
    return written(path, "\n".join(rows).encode())


def torchvision(prefix: str = "train", folder: str = RAW) -> str:
    written(f"{folder}/{prefix}-images-idx3-ubyte", idx_bytes(PICTURES))
    written(f"{folder}/{prefix}-labels-idx1-ubyte", idx_bytes(LABELS.astype(np.uint8)))
    return folder.split("/")[0]


def qmnist() -> str:
    values = np.column_stack([LABELS, LABELS]).astype(">i4")
    written("q/qmnist-train-images-idx3-ubyte", idx_bytes(PICTURES))
    return written("q/qmnist-train-labels-idx2-int", b"\0\0\x0c\x02" + struct.pack(">2I", 60, 2) + values.tobytes())[:1]


def hinton() -> str:
    parts = {"inputs": IMAGES.T / 255, "targets": np.eye(3)[LABELS].T}
    return mat(data={"training": parts, "validation": parts, "test": parts})


def npy() -> str:
    np.save("y.npy", LABELS)
    np.save("X.npy", PICTURES)
    return "X.npy"


def labelled_pictures() -> str:
    pictures("p", name=lambda row: f"{row}.jpg")
    return written("p/labels.csv", b"file,label\n" + b"".join(b"%d.jpg,%d\n" % (row, row % 3) for row in range(12)))[:1]


GOOD = {
    "Keras's npz": lambda: npz(x_train=PICTURES, y_train=LABELS, x_test=PICTURES[:9], y_test=LABELS[:9]),
    "scikit-learn's npz": lambda: npz(data=IMAGES, target=LABELS),
    "colour npz": lambda: npz(X=np.stack([PICTURES] * 3, axis=3), y=LABELS[:, None]),
    "words as target": csv,
    "no header": lambda: csv(header=False),
    "no header, pixels": lambda: csv(frame=pd.DataFrame(np.column_stack([LABELS, IMAGES])), header=False),
    "label last, called class": lambda: csv(frame=pixels().assign(**{"class": LABELS})),
    "gzip": lambda: csv("x.csv.gz"),
    "TSV": lambda: csv(sep="\t"),
    "semicolons and decimal commas": lambda: csv(sep=";", decimal=","),
    "byte-order mark": lambda: csv(encoding="utf-8-sig"),
    "UTF-16": lambda: csv(encoding="utf-16"),
    "pandas' index": lambda: csv(index=True),
    "pixels written 0.0": lambda: csv(frame=pixels().astype(float).assign(label=LABELS)),
    "holes": lambda: csv(frame=FLOWERS.mask(np.random.default_rng(0).random((60, 3)) < 0.2)),
    "pictures by class": lambda: pictures("p"),
    "colour pictures": lambda: pictures("p", of=lambda row: np.stack([PICTURES[row]] * 3, axis=2)),
    "pictures with a CSV": labelled_pictures,
    "torchvision": torchvision,
    "EMNIST": lambda: torchvision("emnist-letters-train", "e"),
    "QMNIST": qmnist,
    "npy": npy,
    "mat": lambda: mat(X=IMAGES, y=LABELS[:, None]),
    "mat of the course": hinton,
    "libsvm": libsvm,
}


@pytest.mark.parametrize("name", GOOD)
def test_people_s_files_are_shown_and_learned_from(folder, name):
    data = GOOD[name]()
    shown = done("preview", data).stdout
    assert re.search(r"\n(60|12) rows from .*labels|pictures of", shown)
    done("train", data, *QUICK, "--validation-fraction", 0.2, "--out", "run")
    counted = done("predict", "run", data, "-o", "-").stdout.splitlines()
    assert len(counted) in (61, 13, 10)  # the test split of Keras's file has nine rows
    assert "nan" not in counted[1:]


@pytest.mark.parametrize("kind", ["parquet", "feather"])
def test_parquet_and_feather(folder, kind):
    pytest.importorskip("pyarrow", reason="Parquet and Feather need pyarrow, which is not installed")
    getattr(FLOWERS, f"to_{kind}")(f"x.{kind}")
    assert "target: 'species', taken for classes" in done("preview", f"x.{kind}").stdout
    done("train", f"x.{kind}", *QUICK, "--out", "run")
    csv()
    same = (done("predict", "run", data, "-o", "-").stdout for data in (f"x.{kind}", "x.csv"))
    assert len(set(same)) == 1


# --- one thing wrong: the command, and what its sentence says to do ---------------------------------------------------


def other_word() -> str:
    return csv(frame=FLOWERS.assign(length=FLOWERS.length.astype(object).where(FLOWERS.index != 7, "long")))


def texts() -> str:
    notes = [f"seen on day {row} by {row % 7}" for row in range(60)]
    return csv(frame=FLOWERS.assign(note=notes)[["note", "length", "width", "species"]])


def foreign() -> str:
    notes = [f"gefällt mir {row} Mal" for row in range(60)]
    return csv(frame=FLOWERS.assign(Rückmeldung=notes)[["Rückmeldung", "length", "width", "species"]])


def amounts() -> str:
    prices = [f"€{1000 + 37.5 * row:,.2f}" for row in range(60)]
    return csv(frame=FLOWERS.assign(price=prices)[["price", "length", "width", "species"]])


def dated() -> str:
    return csv(frame=FLOWERS.assign(when=pd.date_range("2020-01-01", periods=60).astype(str))[["when", *FLOWERS]])


def two_sizes() -> str:
    pictures("p")
    return pictures("p", of=lambda row: np.tile(PICTURES[row], (2, 1)), name=lambda row: "a/other.png")


def broken_picture() -> str:
    pictures("p")
    return written("p/a/broken.png", b"\x89PNG\r\n\x1a\nrubbish")[:1]


def workbook() -> str:
    with zipfile.ZipFile("x.xlsx", "w") as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("xl/workbook.xml", "<workbook/>")
    return "x.xlsx"


def continuous() -> str:
    return csv(frame=FLOWERS.rename(columns={"width": "target"}))


FOLLOWED = {
    "a word among numbers": (other_word, "row 9, column 1 (length): 'long' among numbers"),
    "text": (texts, "leave out with --drop note"),
    "text in another language": (foreign, "such as 'gefällt mir 0 Mal'; leave out with --drop 'Rückmeldung'"),
    "amounts": (amounts, "column 1 (price) holds amounts, such as '€1,000.00'; leave out with --drop price, or write"),
    "dates": (dated, "leave out with --drop when"),
    "pictures of two sizes": (two_sizes, "scale all with --image-size 4x4"),
    "a picture that cannot be read": (broken_picture, "leave them out with --skip-bad"),
    "a target that is a number": (
        continuous,
        "no setting of a DBNRegressor, which is trained because the target holds numbers",
    ),
    "no target": (lambda: csv(frame=FLOWERS.assign(species=LABELS)[["species", "length"]]), "column with --target"),
}


@pytest.mark.parametrize("name", FOLLOWED)
def test_following_the_advice_works(folder, name):
    build, says = FOLLOWED[name]
    data = build()
    sentence = refused("train", data, *QUICK, "--validation-fraction", 0, "--out", "run", says=(says,))
    assert not (folder / "run").exists()
    advice = re.findall(r"--(?:drop|categorical|image-size|task|target) (?:'[^']*'|\w+)|--skip-bad", sentence)
    typed = [word for option in advice for word in shlex.split(option)]
    if typed == []:
        typed = ["--target", "species"]
    done("train", data, *QUICK, "--validation-fraction", 0, *typed, "--out", "run")


def test_text_is_read_as_categories_when_that_is_said(folder):
    sentence = refused("preview", texts(), says=("or read as categories with --categorical note",))
    typed = shlex.split(re.findall(r"--categorical \w+", sentence)[0])
    assert re.search(r"note +category .*\(60\)", done("preview", "x.csv", *typed).stdout)


def test_a_name_in_another_language_can_be_copied_from_the_sentence(folder):
    data = csv(frame=FLOWERS.rename(columns={"length": "Länge"}))
    sentence = refused("preview", data, "--drop", "Lange", says=("did you mean 'Länge'?",))
    done("preview", data, "--drop", re.search(r"mean '(\w+)'", sentence)[1])


@pytest.mark.parametrize(
    "options, says",
    [
        (("--target", "spezies"), "--target 'spezies' is no column; did you mean 'species'?"),
        (("--drop", "lenght"), "--drop 'lenght' is no column; did you mean 'length'?"),
        (("--categorical", "Species"), "did you mean 'species'?"),
    ],
)
def test_a_column_that_is_not_there(folder, options, says):
    sentence = refused("preview", csv(), *options, says=(says,))
    done("preview", "x.csv", options[0], re.search(r"mean '(\w+)'", sentence)[1])


BAD = {
    "names that come twice": (lambda: written("x.csv", b"a,b,a\n1,2,3\n"), "row 1, column 3 (a): the name is taken by"),
    "a ragged row": (lambda: written("x.tsv", b"a\tb\n1\t2\n1\t2\t3\n"), "row 3: more values"),
    "a header alone": (lambda: written("x.csv", b"a,b,label\n"), "row 2: the file ends after its header"),
    "Latin letters": (lambda: written("x.csv", "a,b\n1,2\n1,é\n".encode("latin-1")), "row 3: the row is not UTF-8"),
    "a gzip cut short": (
        lambda: written("x.csv.gz", gzip.compress(csv_text(IMAGES, LABELS).encode())[:200]),
        "truncated",
    ),
    "a picture alone": (lambda: pictures("p") + "/a/0.png", "name the folder that it lies in"),
    "two data sets": (lambda: torchvision() and torchvision(folder="root/FashionMNIST/raw"), "FashionMNIST and MNIST"),
    "too few labels in IDX": (
        lambda: torchvision() and written(f"{RAW}/train-labels-idx1-ubyte", idx_bytes(LABELS[:9].astype("u1")))[:4],
        "9 labels for the 60 images",
    ),
    "MATLAB 7.3": (lambda: written("x.mat", b"MATLAB 7.3 MAT-file".ljust(600)), "save with -v7"),
    "a mat without X": (lambda: mat(a=IMAGES, b=IMAGES), "save them as X and y"),
    "pickles in .npy": (lambda: np.save("x.npy", np.array([{}], object)) or "x.npy", "are not read"),
    "several labels in libsvm": (lambda: written("x.svm", b"1,2 1:0.5\n"), "DBNClassifier"),
    "a libsvm row that is none": (lambda: written("x.svm", b"1 1:0.5\n1 2:x\n"), "row 2, column 2: '2:x'"),
    "several labels in npz": (lambda: npz(X=IMAGES, y=np.ones((60, 2))), "DBNClassifier"),
    "JSON": (lambda: written("x.json", FLOWERS.to_json(orient="records").encode()), "JSON, which is not read"),
    "lines of JSON": (lambda: written("x.jsonl", b'{"a":1,"b":2}\n{"a":3,"b":4}\n'), "JSON, which is not read"),
    "a web page": (lambda: written("x.csv", b"<!DOCTYPE html><html>,</html>"), "download the file itself"),
    "a workbook": (workbook, "a workbook of Excel"),
    "a damaged Parquet file": (lambda: written("x.parquet", b"PAR1" + bytes(90)), "x.parquet: "),
}


@pytest.mark.parametrize("name", BAD)
def test_what_is_wrong_is_said(folder, name):
    build, says = BAD[name]
    refused("preview", build(), says=(says, "; "))


def test_a_table_of_one_row_can_be_shown(folder):
    assert "1 rows from" in done("preview", csv(frame=FLOWERS[:1])).stdout
    refused("train", "x.csv", *QUICK, says=("x.csv",))


def test_options_about_columns_are_for_tables(folder):
    for data in ("digits", npz(X=IMAGES, y=LABELS)):
        refused("preview", data, "--drop", "a", says=("leave out --drop",))


# --- the schema of a table: shown, written beside the run, kept with the model ----------------------------------------


@pytest.fixture
def survey(folder) -> str:
    generator = np.random.default_rng(0)
    colours = np.array(["red", "green", "blue"])[generator.integers(3, size=60)]
    frame = pd.DataFrame(
        {
            "person_id": generator.permutation(60) + 1000,
            "age": generator.integers(20, 70, 60).astype(float),
            "colour": colours,
            "smokes": np.where(LABELS == 1, "yes", "no"),
            "town": generator.integers(1, 4, 60),
            "answer": np.array(["a", "b", "c"])[LABELS],
        }
    )
    frame.loc[[3, 5], "age"] = np.nan
    frame.loc[4, "colour"] = None
    return csv("survey.csv", frame)


READ = ("--target", "answer", "--categorical", "town")


def test_columns_are_understood_and_said(survey):
    shown = done("preview", survey, *READ).stdout
    assert "left out: 'person_id', which is different in every row" in shown
    assert re.search(r"age +number +\d+ to \d+ +2", shown)
    assert re.search(r"colour +category +blue, green, red +1", shown)
    assert re.search(r"smokes +bit +no, yes", shown)
    assert re.search(r"town +category +1, 2, 3", shown)
    assert "target: 'answer', taken for classes" in shown


def test_the_schema_is_kept_with_the_run_and_with_the_model(survey, folder):
    import tomllib

    done("train", survey, *READ, *QUICK, "--out", "run")
    kept = load_model(folder / "run" / "model.safetensors").metadata_["table"]
    assert kept.feature_names == (
        *("age", "colour=blue", "colour=green", "colour=red", "smokes=yes", "town=1", "town=2", "town=3"),
    )
    assert TableSchema.from_dict(tomllib.loads((folder / "run" / "table.toml").read_text())) == kept


def test_another_table_is_read_like_the_first(survey, folder):
    done("train", survey, *READ, *QUICK, "--out", "run")
    frame = pd.read_csv(survey)
    expected = done("predict", "run", survey, "-o", "-").stdout
    shuffled = csv(
        "other.csv", frame.drop(columns=["answer", "person_id"])[["town", "smokes", "colour", "age"]], sep="\t"
    )
    assert done("predict", "run", shuffled, "-o", "-").stdout == expected
    outcome = done("predict", "run", csv("new.csv", frame.assign(extra=1)), "-o", "-")
    assert "the model knows no column 'extra', which is left out" in outcome.stderr
    outcome = done("predict", "run", csv("mauve.csv", frame.assign(colour="mauve")), "-o", "-")
    assert "'mauve' is new to the model, and treated as missing" in outcome.stderr
    refused("predict", "run", csv("less.csv", frame.drop(columns="age")), "-o", "-", says=("'age' is missing",))
    words = csv("words.csv", frame.assign(age="old"))
    refused("evaluate", "run", words, says=("words.csv, row 2, column 2 (age): 'old' is no number",))


def test_the_command_of_a_run_repeats_how_the_data_were_read(survey, folder):
    result = done("train", survey, *READ, "--drop", "smokes", *QUICK, "--out", "run", "--json").json
    words = shlex.split(result["command"])[1:]
    again = done(*words, "--out", "again", "--json").json
    assert again["accuracy"] == result["accuracy"]
    assert "--drop=smokes" in words


def test_holes_in_the_target_are_unlabelled_rows(survey):
    frame = pd.read_csv(survey)
    frame.loc[::5, "answer"] = None
    outcome = done("train", csv("holes.csv", frame), *READ, *QUICK, "--validation-fraction", 0)
    assert "(48 rows with a label, 12 without)" in outcome.stdout


def test_a_number_to_be_predicted_must_be_there(survey):
    frame = pd.read_csv(survey)
    csv("holes.csv", frame)
    sentence = refused("preview", "holes.csv", "--target", "age", "--task", "regress", says=("row 5, column 2 (age)",))
    assert "the number to be predicted is missing; write it, or remove the row" in sentence
    frame["age"] += np.arange(60) / 60  # nobody has to say that these are no classes
    refused("preview", csv("holes.csv", frame), "--target", "age", says=("row 5, column 2 (age)", "remove the row"))
    frame.loc[7:9, "age"] = None
    several = csv("several.csv", frame)
    refused(
        "preview",
        several,
        "--target",
        "age",
        says=("row 5, column 2 (age)", "remove the row (4 other rows lack it, too)"),
    )
    csv("whole.csv", frame.dropna(subset="age"))
    shown = run("preview", "whole.csv", "--target", "age").stdout
    assert "target: 'age', taken for numbers to predict" in shown


@pytest.mark.parametrize("visible", ["poisson", "binomial", "categorical", "mixed", "replicated-softmax"])
def test_integers_are_counts_for_units_of_counts_and_not_pixels(folder, visible):
    """With 0.0118 in place of 3, such units would refuse the file, and the model would not know it again."""
    npz(X=IMAGES.astype(np.int64) % 4)
    outcome = done("train", "x.npz", "--visible", visible, "--layers", 4, "--pretrain-epochs", 1, "--out", "run")
    assert "Learned features of 54 rows" in outcome.stdout
    assert len(done("score", "run", "x.npz", "--by", "reconstruction").stdout.splitlines()) == 61
    if visible == "replicated-softmax":  # the documents have different lengths
        assert "Least likely" not in outcome.stdout
        refused("score", "run", "x.npz", says=("x.npz", "rank them with --by reconstruction"))
    else:
        assert len(done("score", "run", "x.npz").stdout.splitlines()) == 61


def test_marks_of_missing_numbers(folder):
    """A dash among numbers is a hole, which impute fills; among words it is a category like any other."""
    lines = [
        f"{'-' if i % 9 == 0 else i / 10},{'+-'[i % 2]},{'.' if i % 7 == 0 else i},{'ab'[i % 2]}" for i in range(60)
    ]
    Path("marks.csv").write_text("temp,strand,press,label\n" + "\n".join(lines) + "\n")
    shown = done("preview", "marks.csv").stdout
    assert "'-' among the numbers of 'temp' is taken for a missing value" in shown
    assert "'.' among the numbers of 'press' is taken for a missing value" in shown
    dataset = load("marks.csv")
    assert np.isnan(dataset.images).sum(axis=0).tolist() == [7, 0, 9]
    assert dataset.schema.by_name["strand"].categories == ("+", "-")
    outcome = done("train", "marks.csv", *QUICK, "--out", "run")
    assert "Note: '-' among the numbers of 'temp' is taken for a missing value" in outcome.stderr
    done("impute", "run", "marks.csv", "-o", "full.csv")
    before, after = (Path(name).read_text().splitlines() for name in ("marks.csv", "full.csv"))
    for old, new in zip(before[1:], after[1:], strict=True):
        for cell, filled in zip(old.split(",")[::2], new.split(",")[::2], strict=True):
            assert filled == cell if cell not in "-." else float(filled) == float(filled)
        assert old.split(",")[1::2] == new.split(",")[1::2]
    Path("word.csv").write_text(Path("marks.csv").read_text().replace("0.1,", "low,", 1))
    refused("train", "word.csv", *QUICK, says=("among numbers; correct or empty the cell",))


def test_transparent_pictures_are_seen_on_white(folder):
    """Colours that nobody sees do not count: the shape of an icon may be in its transparency alone."""
    from PIL import Image

    for row in range(12):
        path = Path("icons") / "ab"[row % 2] / f"{row}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        pixels = np.zeros((4, 4, 4), np.uint8)
        pixels[row % 4, :, 3] = 255  # a black line; black all around it is not seen
        Image.fromarray(pixels).save(path)
    images = load("icons").images.reshape(12, 4, 4)  # what is seen has no colours
    assert images.sum(axis=(1, 2)).tolist() == [12.0] * 12
    assert ((images.min(axis=2) == 0).sum(axis=1) == 1).all()
    for path in Path("icons").rglob("*.png"):
        Image.open(path).convert("LA").save(path)
    assert load("icons").images.reshape(12, 16).sum(axis=1).tolist() == [12.0] * 12


def test_grey_pictures_saved_in_colour_are_grey(folder):
    """But not for a model that was trained on colours, and not if one of them has a colour."""
    from PIL import Image

    pixels = np.random.default_rng(0).integers(0, 256, (6, 4, 4), dtype=np.uint8)
    Path("grey").mkdir()
    for row, one in enumerate(pixels):
        Image.fromarray(one).convert(["RGB", "RGBA", "L"][row % 3]).save(f"grey/{row}.png")
    assert load("grey").image_shape == (4, 4)
    np.testing.assert_array_equal(load("grey").images, pixels.reshape(6, 16) / np.float32(255))
    assert load("grey", n_features=48).image_shape == (4, 4, 3)
    Image.fromarray(np.stack([pixels[0], pixels[0], pixels[1]], axis=2)).save("grey/colour.png")
    assert load("grey").image_shape == (4, 4, 3)


def test_a_row_without_any_value_is_left_out(folder):
    """Of what is learned from; it is predicted like any other."""
    table = FLOWERS.assign(species=LABELS)
    table.loc[[3, 7], ["length", "width"]] = np.nan
    data = csv(frame=table)
    said = done("train", data, "--target", "species", *QUICK, "--json", "--out", "run")
    assert "Note: left out: 2 rows, row 4 first, without any value" in said.stderr
    assert said.json["n_train"] + said.json["n_validation"] == len(table) - 2
    assert len(done("predict", "run", data, "-o", "-").stdout.splitlines()) == 1 + len(table)


EITHER = ("--layers", 4, "--pretrain-epochs", 1, "--finetune-epochs", 1)  # for classes and for numbers


def test_few_different_fractions_are_numbers_and_classes_where_that_is_said(folder):
    table = FLOWERS.assign(stars=np.arange(len(FLOWERS)) % 5 / 2)
    data = csv(frame=table)
    assert done("train", data, "--target", "stars", *EITHER, "--json", "--out", "run").json["task"] == "regress"
    done("train", data, "--target", "stars", "--task", "classify", *EITHER, "--out", "classes")
    assert set(done("predict", "classes", data, "-o", "-").stdout.split()[1:]) <= {
        f"{row},{stars}" for row in range(1, len(table) + 1) for stars in (0.0, 0.5, 1.0, 1.5, 2.0)
    }


def test_counts_of_which_the_large_ones_are_rare_are_numbers(folder):
    counts = np.array([0] * 20 + [1] * 12 + [2] * 6 + [5, 9])
    table = FLOWERS.iloc[: len(counts)].assign(visits=counts)
    assert done("train", csv(frame=table), "--target", "visits", *EITHER, "--json").json["task"] == "regress"
    table["visits"] = np.minimum(counts, 2)
    assert done("train", csv(frame=table), "--target", "visits", *EITHER, "--json").json["task"] == "classify"


def test_a_first_column_that_counts_may_be_the_time(folder):
    """Following the advice keeps it; a column whose name says that it counts the rows is left out anywhere."""
    table = FLOWERS.assign(t=np.arange(len(FLOWERS)), row=np.arange(len(FLOWERS)))
    given = ("--target", "species", *EITHER, "--json")
    first = done("train", csv(frame=table[["t", "length", "row", "species"]]), *given)
    assert "Note: left out: 't', 'row', which count the rows\n" in first.stderr
    alone = done("train", csv(frame=table[["t", "length", "species"]]), *given)
    assert "Note: left out: 't', which counts the rows (to keep it, move it behind another column)\n" in alone.stderr
    moved = done("train", csv(frame=table[["length", "t", "row", "species"]]), *given)
    assert "Note: left out: 'row', which counts the rows\n" in moved.stderr


def test_rows_without_a_label_are_counted(folder):
    """Where a class is called None, this is all that tells that its rows are not learned from."""
    rows = "".join(f"{i}.5,{i * i % 7}.25,{('None', 'low', 'high')[i % 3]}\n" for i in range(60))
    Path("t.csv").write_text("a,b,damage\n" + rows)
    note = (
        "20 of 60 rows have no label: their cell of 'damage' is empty, or a mark of missing values such as NA or None"
    )
    assert note in done("preview", "t.csv", "--target", "damage").stdout
    assert note in done("train", "t.csv", "--target", "damage", *QUICK, "--out", "run").stderr
    assert "have no label" not in done("predict", "run", "t.csv", "-o", "-").stderr


def test_titles_may_stand_above_a_long_header(folder):
    """The first row with all columns ends after the first 4,096 bytes."""
    names = ",".join(f"wavelength {i}.25 nm" for i in range(700))
    rows = "".join(",".join(f"{(i * j) % 7}.5" for i in range(700)) + f",{'ab'[j % 2]}\n" for j in range(20))
    Path("long.csv").write_text(f"Spectra of two kinds of leaves\nmeasured in May\n{names},kind\n{rows}")
    assert "700 columns to learn from" in done("preview", "long.csv").stdout
