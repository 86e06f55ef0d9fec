"""Rows without labels from other files: ``train --unlabelled-data``."""

import shlex
from pathlib import Path

import numpy as np
import pytest

from cli.conftest import TINY, done, refused, tiny_images
from deepbelief import DBNClassifier, load
from deepbelief.datasets import row_hashes

NETWORK = {"hidden_layer_sizes": (16,), "pretrain_epochs": 1, "softmax_epochs": 2, "finetune_epochs": 1}
ALL = ("--validation-fraction", 0)
FEW = ("--layers", 6, "--pretrain-epochs", 1)


@pytest.fixture
def more(folder):
    """More images of the kind of those in `data`, with labels of other classes."""
    images, _ = tiny_images(seed=1)
    np.savez(folder / "more.npz", X=images / np.float32(255), y=np.arange(60) % 7 + 10)
    return folder / "more.npz"


def rows_of(path):
    with np.load(path) as file:
        return file["X"], file["y"]


def test_they_are_learned_from_without_their_labels(data, more):
    """The network is the one that learns from all rows, those of the other file being unlabelled."""
    result = done("train", data, "--unlabelled-data", more, *TINY, *ALL, "--out", "run", "--json").json
    assert (result["n_train"], result["n_labelled"]) == (120, 60)
    (x, y), (other, _) = rows_of(data), rows_of(more)
    expected = DBNClassifier(**NETWORK, random_state=0)
    expected.fit(np.concatenate([x, other]), np.concatenate([y, np.full(60, -1)]))
    net = load("run/model.safetensors")
    assert net.classes_.tolist() == [0, 1, 2]
    for ours, theirs in zip(net.coefs_, expected.coefs_, strict=True):
        np.testing.assert_array_equal(ours, theirs)
    alone = DBNClassifier(**NETWORK, random_state=0).fit(x, y)
    learned, from_all, from_some = (one.dbn_.rbms_[0].components_ for one in (net, expected, alone))
    np.testing.assert_array_equal(learned, from_all)
    assert not np.array_equal(learned, from_some)


def test_held_out_rows_are_those_of_the_data(data, more):
    result = done("train", data, "--unlabelled-data", more, *TINY, "--out", "run", "--json").json
    assert (result["n_train"], result["n_labelled"], result["n_validation"]) == (114, 54, 6)


def test_minus_one_stays_a_class(folder, data, more):
    """Where −1 and 1 are the classes, rows of the other file are not taken for rows of class −1."""
    x, y = rows_of(data)
    np.savez(folder / "signs.npz", X=x, y=np.where(y == 0, -1, 1))
    result = done("train", "signs.npz", "--unlabelled-data", more, *TINY, *ALL, "--out", "run", "--json").json
    assert result["n_labelled"] == 60
    assert load("run/model.safetensors").classes_.tolist() == [-1, 1]


def test_a_model_knows_that_it_learned_from_them(data, more):
    done("train", data, "--unlabelled-data", more, *TINY, "--out", "run")
    learned_from = load("run/model.safetensors").metadata_["learned_from"]
    learned, _ = learned_from.told_apart(row_hashes(rows_of(more)[0]))
    assert learned.all()


def test_features_are_learned_from_both(data, more):
    arguments = ("--task", "features", "--layers", 16, "--pretrain-epochs", 1, "--json")
    result = done("train", data, "--unlabelled-data", more, "--unlabelled-data", data, *arguments).json
    assert result["n_train"] + result["n_validation"] == 180


def test_a_table_is_read_as_the_other_one(folder):
    """Columns are found by their names, and categories keep their places: the rows of a table, twice."""
    rows = [(colour, size, word) for colour, size, word in zip("rgb" * 20, range(60), ["no", "yes"] * 30, strict=True)]
    Path("table.csv").write_text("colour,size,label\n" + "".join(f"{c},{s},{w}\n" for c, s, w in rows))
    Path("more.csv").write_text("size,colour\n" + "".join(f"{s},{c}\n" for c, s, _ in rows))
    for name, other in (("one", "more.csv"), ("two", "table.csv")):
        result = done("train", "table.csv", "--unlabelled-data", other, *TINY, "--out", name, "--json").json
        assert (result["n_train"], result["n_labelled"]) == (114, 54)
    one, two = (load(f"{name}/model.safetensors").dbn_.rbms_[0].components_ for name in ("one", "two"))
    np.testing.assert_array_equal(one, two)
    Path("without.csv").write_text("size,weight\n1,2\n2,3\n")
    refused("train", "table.csv", "--unlabelled-data", "without.csv", *TINY, says=("without.csv", "'colour'"))


def test_what_cannot_be_learned_from_is_one_sentence(folder, data, more):
    images, labels = rows_of(data)
    np.savez("other.npz", X=np.random.default_rng(0).random((5, 12), np.float32))
    np.savez("wide.npz", X=images.reshape(-1, 2, 8))
    np.savez("numbers.npz", X=images, y=np.random.default_rng(0).random(60))
    np.savez("counts.npz", X=np.random.default_rng(0).integers(0, 9, (60, 16)), y=labels)
    np.savez("halves.npz", X=np.full((5, 16), 0.5, np.float32))
    for sources, options, says in [
        (("data.npz", "other.npz"), (), "other.npz: these rows are of 12 features, and those of data.npz are pictures"),
        (("data.npz", "wide.npz"), (), "wide.npz: these rows are pictures of 2 x 8 pixels, and those of data.npz are"),
        (("data.npz", "nowhere.npz"), (), "nowhere.npz: no such file or folder"),
        (("data.npz", "more.npz"), ("--set", "unlabelled=none"), "leave one of both out"),
        (("numbers.npz", "more.npz"), (), "rows without a number cannot be learned from"),
        (("counts.npz", "halves.npz"), ("--visible", "poisson"), "halves.npz, row 1 of the data, column 1: "),
    ]:
        labelled, unlabelled = sources
        given = ("--layers", 16, "--pretrain-epochs", 1, "--unlabelled-data", unlabelled, *options)
        refused("train", labelled, *given, "--out", "run", says=(says,))
        assert not Path("run").exists()


def test_rows_that_are_there_already_and_other_units_are_said(folder, data, more):
    """And nothing is said where rows are few different ones, which are the same by chance."""
    said = done("train", data, "--unlabelled-data", data, *TINY, "--out", "twice").stderr
    assert f"Warning: {data}: 60 of its 60 rows are in {data} too" in said
    assert "Warning" not in done("train", data, "--unlabelled-data", more, *TINY, "--out", "run").stderr
    np.savez("large.npz", X=rows_of(more)[0] * 1000)
    said = done("train", data, "--unlabelled-data", "large.npz", *TINY, "--out", "large").stderr
    assert "large.npz: its largest value is " in said
    celsius, year = np.random.default_rng(0).normal(10, 4, 40).round(1), 2000 + np.arange(40) % 7
    for name, temperature in (("here", celsius), ("there", celsius[::-1]), ("abroad", 32 + 1.8 * celsius)):
        known = [",state", *(f",{'ab'[row % 2]}" for row in range(40))] if name == "here" else [""] * 41
        rows = [f"{first},{second}" for first, second in zip(temperature, year, strict=True)]
        lines = [row + label for row, label in zip(["temp,year", *rows], known, strict=True)]
        Path(f"{name}.csv").write_text("\n".join(lines) + "\n")
    given = ("here.csv", "--target", "state", *TINY)
    assert "different units" not in done("train", *given, "--unlabelled-data", "there.csv", "--out", "near").stderr
    said = done("train", *given, "--unlabelled-data", "abroad.csv", "--out", "far").stderr
    assert "abroad.csv: in temp, half of the values lie more than 5 standard deviations from the mean" in said
    bits = np.random.default_rng(0).integers(0, 2, (60, 4)).astype(np.float32)
    np.savez("bits.npz", X=bits, y=np.arange(60) % 2)
    assert "too, so" not in done("train", "bits.npz", "--unlabelled-data", "bits.npz", *TINY, "--out", "bits").stderr


def test_pictures_of_another_size_are_scaled_where_that_is_said(folder):
    from PIL import Image

    for name, size in (("small", 4), ("large", 8)):
        Path(name).mkdir()
        for row in range(12):
            pixels = np.random.default_rng(row).integers(0, 256, (size, size), dtype=np.uint8)
            Image.fromarray(pixels).save(Path(name) / f"{row}.png")
    given = ("--layers", 6, "--pretrain-epochs", 1, "--unlabelled-data", "large")
    refused("train", "small", *given, says=("pictures of 8 x 8 pixels, and those of small are pictures of 4 x 4",))
    assert done("train", "small", *given, "--image-size", "4x4", "--json").json["n_train"] > 20


def test_a_target_that_was_not_recognised_is_named(folder):
    lines = [f"{i % 7}.5,{'xyz'[i % 3]},{['no', 'yes'][i % 2]}" for i in range(40)]
    Path("table.csv").write_text("size,site,kind\n" + "\n".join(lines) + "\n")
    Path("more.csv").write_text("size,site\n" + "\n".join(line.rsplit(",", 1)[0] for line in lines) + "\n")
    assert "Note: no column was taken for a target; name one with --target" in done("train", "table.csv", *FEW).stderr
    refused("train", "table.csv", *FEW, "--unlabelled-data", "more.csv", says=("'kind' is missing", "with --target"))
    done("train", "table.csv", "--target", "kind", *TINY, "--unlabelled-data", "more.csv")


def test_the_command_in_the_result_repeats_the_run(data, more):
    first = done("train", data, "--unlabelled-data", more, *TINY, "--out", "run", "--json").json
    command = shlex.split(first["command"])
    assert f"--unlabelled-data={more}" in command
    done(*command[1:], "--out", "again")
    assert Path("again/model.safetensors").read_bytes() == Path("run/model.safetensors").read_bytes()
