"""``preview``, ``reconstruct`` and ``probe``: pictures of what they should show, and one sentence where they cannot."""

from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

from cli.conftest import done, refused, run, tiny_images
from deepbelief.datasets import load
from deepbelief.estimators import DBN, DBNClassifier, model_file

COMMANDS = {
    "preview": ("preview", "digits"),
    "reconstruct": ("reconstruct", "two", "digits"),
    "probe": ("probe", "two", "digits"),
}


@pytest.fixture(scope="session")
def two_layers(tmp_path_factory) -> Path:
    digits = load("digits")
    classifier = DBNClassifier((16, 9), pretrain_epochs=1, softmax_epochs=1, finetune_epochs=1, random_state=0)
    path = tmp_path_factory.mktemp("two") / "two"
    model_file.save(classifier.fit(digits.images[:400], digits.labels[:400]), path, image_shape=(8, 8))
    return path


@pytest.fixture(autouse=True)
def model(two_layers, folder):
    """A net of two layers, as the file ``two``."""
    (folder / "two").write_bytes(two_layers.read_bytes())


@pytest.fixture
def table(folder):
    """A net trained on rows of 6 features, which are no square image, as ``table``, and its data as ``table.npz``."""
    generator = np.random.default_rng(0)
    x, y = generator.random((60, 6), np.float32), np.arange(60) % 3
    classifier = DBNClassifier((5,), pretrain_epochs=1, softmax_epochs=1, finetune_epochs=1, random_state=0).fit(x, y)
    model_file.save(classifier, folder / "table")
    np.savez(folder / "table.npz", X=x, y=y)


def words(path) -> list[str]:
    """Every text in an SVG."""
    root = ElementTree.parse(path).getroot()
    return ["".join(text.itertext()).strip() for text in root.iter("{http://www.w3.org/2000/svg}text")]


@pytest.mark.parametrize("name", COMMANDS)
def test_the_default_is_a_png_of_that_name(folder, name):
    outcome = done(*COMMANDS[name])
    assert (folder / f"{name}.png").read_bytes().startswith(b"\x89PNG")
    assert outcome.stdout.startswith(f"Wrote {name}.png\n")
    assert outcome.stderr == ""


@pytest.mark.parametrize("name", COMMANDS)
@pytest.mark.parametrize("file, start", [("x.pdf", b"%PDF"), ("x.SVG", b"<svg")])
def test_the_extension_chooses_the_format(folder, name, file, start):
    done(*COMMANDS[name], "-o", file)
    assert (folder / file).read_bytes().startswith(start)


@pytest.mark.parametrize("name", COMMANDS)
def test_another_extension_is_refused_before_the_work(name):
    refused(*COMMANDS[name][:-1], "no such data", "-o", "x.gif", says=("x.gif", ".png, .svg, .pdf", "-o"))


@pytest.mark.parametrize("name", COMMANDS)
def test_nothing_is_overwritten_without_force(name):
    Path("mine.png").write_text("mine")
    refused(*COMMANDS[name][:-1], "no such data", "-o", "mine.png", says=("mine.png", "--force"))
    assert Path("mine.png").read_text() == "mine"
    done(*COMMANDS[name], "-o", "mine.png", "--force")
    assert Path("mine.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize("name", COMMANDS)
def test_a_place_that_cannot_be_written_is_one_sentence(name, folder, monkeypatch):
    refused(*COMMANDS[name], "-o", "no/x.png", says=("there is no folder", "create it first"))
    (folder / "x.png").mkdir()
    refused(*COMMANDS[name], "-o", "x.png", "--force", says=("folder or a device",))

    def locked(*_, **__):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("os.replace", locked)
    said = refused(*COMMANDS[name], "-o", "y.png")
    assert said == "Error: y.png cannot be written: permission denied; choose another place with -o\n"
    assert sorted(path.name for path in folder.iterdir()) == ["two", "x.png"]


def test_preview_shows_as_many_images_as_asked_each_with_its_label(folder):
    done("preview", "-o", "a.svg", "--n", 20)
    assert sorted(words("a.svg")) == sorted(str(label) for label in range(10) for _ in range(2))
    done("preview", "-o", "b.svg", "--n", 20)
    assert Path("a.svg").read_bytes() == Path("b.svg").read_bytes()
    done("preview", "-o", "c.svg", "--n", 20, "--seed", 1)
    assert Path("a.svg").read_bytes() != Path("c.svg").read_bytes()


def test_reconstruct_has_a_column_for_each_depth(folder):
    done(*COMMANDS["reconstruct"], "-o", "a.svg", "--n", 1)
    text = " ".join(words("a.svg"))
    assert "original" in text
    assert text.count("layer 1") == text.count("layer 2") == 1
    assert "untrained" not in text
    done(*COMMANDS["reconstruct"], "-o", "b.svg", "--n", 1, "--untrained")
    assert " ".join(words("b.svg")).count("untrained") == 2


def test_reconstruct_shows_what_the_model_reconstructs(folder):
    images, classifier = load("digits").images, model_file.load("two")
    error = ((classifier.dbn_.reconstruct(images[:1], depth=2) - images[:1]) ** 2).mean()
    np.savez("one.npz", X=images[:1])
    done("reconstruct", "two", "one.npz", "-o", "a.svg")
    assert f"{error:.3g}" in words("a.svg")


def test_probe_shows_the_biases_above_and_the_units_below(folder):
    done("probe", "two", "-o", "a.svg")
    said = words("a.svg")
    assert "mean image" not in said
    assert [f"{unit}" in said for unit in (0, 15, 16)] == [True, True, False]
    assert sum(word.startswith("bias, layer") for word in said) == 2
    done("probe", "two", "digits", "-o", "b.svg", "--layer", 2, "--n", 4)
    said = words("b.svg")
    assert "mean image" in said
    assert [f"{unit}" in said for unit in (0, 3, 4)] == [True, True, False]
    assert said.index("mean image") < said.index("0")


def test_probe_chooses_units(folder):
    done("probe", "two", "digits", "-o", "a.svg", "--order", "activity", "--n", 1)
    most = int(model_file.load("two").dbn_.transform(load("digits").images, depth=1).mean(axis=0).argmax())
    assert str(most) in words("a.svg")
    done("probe", "two", "-o", "b.svg", "--order", "distinct")


def test_probe_by_class(folder):
    done("probe", "two", "digits", "-o", "a.svg", "--by-class", "--layer", 2)
    said = words("a.svg")
    assert sum(word.startswith("+") for word in said) > 10  # how much more active a unit is for its class
    np.savez("bare.npz", X=load("digits").images[:9])
    refused("probe", "two", "bare.npz", "-o", "b.png", "--by-class", says=("bare.npz", "no labels", "--by-class"))


def test_a_net_without_a_classifier_can_be_looked_at(folder):
    net = DBN((9,), n_iter=1, random_state=0).fit(load("digits").images[:200])
    model_file.save(net, folder / "net")
    done("probe", "net", "digits")
    done("reconstruct", "net", "digits", "--n", 2)
    done("report", "net", "digits")


def test_a_layer_beyond_the_stack(folder):
    refused("probe", "two", "--layer", 3, says=("layer=3", "between 1 and 2", "number of layers"))
    refused("probe", "two", "digits", "--layer", 3, "--by-class", says=("layer=3", "between 1 and 2"))
    assert not (folder / "probe.png").exists()


@pytest.mark.parametrize(
    "command", [("preview", "table.npz"), ("reconstruct", "table", "table.npz"), ("probe", "table")]
)
def test_features_that_are_no_square(table, command):
    """They are drawn as bars with numbers, or as a picture of the shape that is said."""
    refused(*command, "--image-shape", "2x2", says=("2 × 2", "6 features", "--image-shape"))
    done(*command)
    done(*command, "--image-shape", "2x3", "--force")


@pytest.mark.parametrize("command", ["reconstruct", "probe"])
def test_data_of_another_width(command):
    images, labels = tiny_images()
    np.savez("small.npz", X=images, y=labels)
    refused(command, "two", "small.npz", says=("64 pixels", "have 16", "same size"))


@pytest.mark.parametrize("command", ["reconstruct", "probe"])
def test_no_model_and_no_data(command):
    refused(command, "missing", "digits", says=("missing", "no such model"))
    refused(command, "two", "missing.npz", says=("missing.npz", "no such file"))


@pytest.mark.parametrize(
    "arguments",
    [
        ("preview", "--n", 0),
        ("preview", "--image-shape", "28"),
        ("preview", "--image-shape", "0x4"),
        ("reconstruct", "two"),
        ("probe",),
        ("probe", "two", "--layer", 0),
        ("probe", "two", "--order", "beauty"),
        ("probe", "two", "--by-class"),
        ("probe", "two", "--order", "activity"),
    ],
)
def test_wrong_usage_is_2(folder, arguments):
    outcome = run(*arguments)
    assert outcome.code == 2
    assert outcome.stdout == ""
    assert "Usage: " in outcome.stderr
    assert [path.name for path in folder.iterdir()] == ["two"]


def test_no_screen_is_needed(folder, monkeypatch):
    monkeypatch.setenv("MPLBACKEND", "TkAgg")
    monkeypatch.setattr("matplotlib.pyplot.figure", None)
    done(*COMMANDS["probe"])


# --- networks that were not pretrained --------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def without_pretraining(tmp_path_factory) -> Path:
    digits = load("digits")
    settings = {"activation": "relu", "pretrain_epochs": 0, "softmax_epochs": 0, "finetune_epochs": 1}
    path = tmp_path_factory.mktemp("plain") / "plain"
    network = DBNClassifier((16, 9), **settings, random_state=0).fit(digits.images[:400], digits.labels[:400])
    model_file.save(network, path, image_shape=(8, 8))
    return path


@pytest.fixture
def plain(without_pretraining, folder):
    """A network from random weights, as the file ``plain``."""
    (folder / "plain").write_bytes(without_pretraining.read_bytes())


@pytest.mark.parametrize(
    "command",
    [
        ("reconstruct", "plain", "digits"),
        ("probe", "plain", "digits"),
        ("sample", "plain"),
        ("impute", "plain", "holes.npy"),
        ("score", "plain", "digits"),
        ("score", "plain", "digits", "--by", "reconstruction"),
        ("likelihood", "plain", "digits"),
        ("transform", "plain", "digits"),
    ],
    ids=" ".join,
)
def test_random_machines_are_asked_for_nothing(folder, plain, command):
    np.save("holes.npy", np.where(np.arange(64) == 3, np.nan, np.ones((2, 64))))
    refused(*command, says=("plain", "was not pretrained", "--preset posts", "probe --finetuned"))


@pytest.mark.parametrize("options", [(), ("--layer", 2), ("--by-class",), ("--order", "activity", "--n", 4)])
def test_the_units_of_a_network_are_drawn_without_biases(folder, plain, options):
    done("probe", "plain", "digits", "--finetuned", "-o", "units.svg", *options)
    said = " ".join(words("units.svg"))
    assert "of the network" in said
    assert "bias" not in said


def test_of_a_pretrained_network_both_can_be_drawn(folder):
    done("probe", "two", "digits", "-o", "before.svg")
    done("probe", "two", "digits", "--finetuned", "-o", "after.svg")
    assert ["of the network" in " ".join(words(name)) for name in ("before.svg", "after.svg")] == [
        False,
        True,
    ]


def test_a_network_cannot_be_probed_without_data_or_downwards(folder, plain):
    for command, words in {
        ("probe", "plain", "--finetuned"): "--finetuned needs DATA",
        ("probe", "plain", "digits", "--finetuned", "--view", "alone"): "no way down",
    }.items():
        outcome = run(*command)
        assert outcome.code == 2
        assert words in outcome.stderr
    model_file.save(DBN((5,), n_iter=1).fit(load("digits").images[:100]), folder / "net")
    refused("probe", "net", "digits", "--finetuned", says=("DBN", "predicts nothing"))
