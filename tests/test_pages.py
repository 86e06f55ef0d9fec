"""Every block of Python and every command of the README and of the pages in docs/ runs, as written, from top to bottom.

Each page runs by itself in an empty folder, in which only the files lie that its readers have: see `FILES`. They are
small stand-ins of the same kind, and settings that are left at "auto" make one pass, so that all pages together take
less than a minute. A block that cannot run here says why, in a comment above it: ``<!-- not run: needs a GPU -->``.
"""

import gzip
import re
import shlex
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner
from PIL import Image
from sklearn.datasets import load_digits

from deepbelief import report
from deepbelief.cli.main import deepbelief
from deepbelief.datasets import bundled
from deepbelief.estimators import classifier, dbn, feedforward, fine_tuning, rbm, regressor, settings

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
GENERATED = {"_build", "_generated", "gallery", "generated", "tutorial"}
ELSEWHERE = {"ecosystem"}  # tests/test_ecosystem.py runs each of its sections where there is the library for it
BLOCK = re.compile(
    r"(?:^<!-- not run: (?P<reason>[^>]+) -->\n)?^```(?P<language>[\w{}-]*)\n(?P<text>.*?)^```$", re.M | re.S
)
COMMENT = re.compile(r"\s+#(?: .*)?$")


@dataclass
class Block:
    """A block of code on a page."""

    line: int
    language: str
    text: str
    reason: str | None

    @property
    def commands(self) -> list[list[str]]:
        """The commands of deepbelief, one a line; a backslash joins lines."""
        lines = re.sub(r"\\\n\s*", "", self.text).splitlines()
        lines = [COMMENT.sub("", line.strip()) for line in lines]
        commands = [shlex.split(line) for line in lines if line.startswith("deepbelief ")]
        # Nothing interrupts the runs of a page, and nobody looks on: tests/reliability resumes runs, tests/watch looks.
        return [command for command in commands if not {"--resume", "--watch"} & set(command)]


def blocks(page):
    text = page.read_text()
    return [
        Block(text[: found.start("text")].count("\n"), found["language"], found["text"], found["reason"])
        for found in BLOCK.finditer(text)
    ]


def runnable(page):
    return [block for block in blocks(page) if not block.reason and (block.language == "python" or block.commands)]


def pages():
    found = [page for page in PAGES if not GENERATED & set(page.relative_to(ROOT).parts)]
    return [page for page in found if page.stem not in ELSEWHERE and runnable(page)]


# What the readers of a page have: stand-ins for files that no page can make.


def write_idx(path, array):
    header = bytes([0, 0, 8, array.ndim]) + b"".join(size.to_bytes(4, "big") for size in array.shape)
    path.write_bytes(gzip.compress(header + array.astype(np.uint8).tobytes()))


def mnist(path):
    """A folder of MNIST's files: digits of 8 × 8 pixels, doubled and with a border of 6 pixels."""
    path.mkdir()
    digits = load_digits()
    images = np.pad(np.kron(digits.images[:150] * 255 / 16, np.ones((2, 2))), ((0, 0), (6, 6), (6, 6)))
    for part, rows in (("train", slice(0, 100)), ("t10k", slice(100, 150))):
        write_idx(path / f"{part}-images-idx3-ubyte.gz", images[rows])
        write_idx(path / f"{part}-labels-idx1-ubyte.gz", digits.target[:150][rows])


def covered(path):
    """Digits whose lower halves are missing, as grey values of MNIST's size."""
    images = np.pad(np.kron(load_digits().images[:4] * 255 / 16, np.ones((2, 2))), ((0, 0), (6, 6), (6, 6)))
    images[:, 14:] = np.nan
    np.save(path, images)


def kaggle(path):
    digits = load_digits()
    names = ",".join(f"pixel{i}" for i in range(64))
    rows = np.round(digits.data[:120] * 255 / 16).astype(int)
    if path.name == "train.csv":
        rows, names = np.column_stack([digits.target[:120], rows]), "label," + names
    np.savetxt(path, rows, "%d", ",", header=names, comments="")


def table(path):
    rng = np.random.default_rng(0)
    lines = ["area,rooms,heating,price"]
    for _ in range(80):
        area, rooms, heating = rng.uniform(30, 200), rng.integers(1, 7), rng.choice(["gas", "wood"])
        lines.append(f"{area:.1f},{rooms},{heating},{1000 * area + 5000 * rooms + rng.normal(0, 9000):.2f}")
    path.write_text("\n".join(lines) + "\n")


def holes(path):
    whole = path.with_name("whole.tmp")
    table(whole)
    lines = whole.read_text().splitlines()
    whole.unlink()
    lines[3] = re.sub(r"^[^,]*", "", lines[3])
    path.write_text("\n".join(lines) + "\n")


def people(path):
    rng = np.random.default_rng(0)
    lines = ["name,postcode,age,answer"]
    names = ["Ada", "Bea", "Cem", "Dag"]
    lines += [
        f"{rng.choice(names)},{rng.integers(1, 5)},{rng.integers(18, 90)},{rng.choice(['yes', 'no'])}"
        for _ in range(60)
    ]
    path.write_text("\n".join(lines) + "\n")


def sensors(path):
    rows = np.random.default_rng(0).normal(size=(80, 6)).round(3)
    if path.suffix == ".npz":
        np.savez(path, X=rows)
    elif path.suffix == ".npy":
        np.save(path, (255 * load_digits().data[:80] / 16).astype(np.uint8))
    else:
        np.savetxt(path, rows, "%g", ",", header="a,b,c,d,e,f", comments="")


def few(path):
    digits = load_digits()
    y = np.where(np.arange(300) < 120, digits.target[:300], -1)
    np.savez(path, X=digits.data[:300] / 16, y=y)


def walks(path):
    """The files of the six walks, with few rows."""
    path.mkdir()
    rng = np.random.default_rng(0)
    n = 60

    def number():
        return rng.normal(size=n).round(3)

    bill = np.where(np.arange(n) == 3, np.nan, number())
    opinions = ("TVnews", "selfLR", "ClinLR", "DoleLR", "PID", "educ")
    tables = {
        "penguins": {
            "species": rng.choice(["Adelie", "Chinstrap", "Gentoo"], n),
            "island": rng.choice(["Biscoe", "Dream", "Torgersen"], n),
            "bill_length_mm": bill,
            "sex": rng.choice(["female", "male"], n),
        },
        "patients": {"age": number(), "bmi": number(), "progression": number()},
        "sensors": {"speed_rpm": number(), "torque_Nm": number(), "power_kW": number()},
        "words": {"label": rng.poisson(2, n), "array": rng.poisson(3, n), "module": rng.choice(["signal", "stats"], n)},
        "survey": {"vote": rng.choice(["Clinton", "Dole"], n), "age": number()}
        | {name: rng.integers(1, 8, n) for name in opinions},
    }
    for name, columns in tables.items():
        frame = pd.DataFrame(columns)
        frame.to_csv(path / f"{name}.csv", index=False)
        frame[: n // 2].to_csv(path / f"{name}-test.csv", index=False)
    for folder in ("train/china", "train/flower", "test/china", "test/flower"):
        (path / "pieces" / folder).mkdir(parents=True)
        for i in range(10):
            Image.fromarray(rng.integers(256, size=(12, 12, 3), dtype=np.uint8)).save(
                path / "pieces" / folder / f"{i}.png"
            )


FILES = {
    "mnist": mnist,
    "train.csv": kaggle,
    "test.csv": kaggle,
    "houses.csv": table,
    "holes.csv": holes,
    "people.csv": people,
    "sensors.npz": sensors,
    "sensors.csv": sensors,
    "images.npy": sensors,
    "covered.npy": covered,
    "mostly-unlabelled.npz": few,
    "walks": walks,
}


@pytest.fixture
def short(monkeypatch):
    """Everything that is left at "auto" makes one pass, over few digits; compare has one seed, and train no report."""

    def one_pass(estimator, setting, automatic, n_rows):
        return 1 if isinstance(setting, str) else setting

    for module in (settings, classifier, dbn, feedforward, fine_tuning, rbm, regressor):
        if hasattr(module, "n_passes"):
            monkeypatch.setattr(module, "n_passes", one_pass)
    seeds = next(option for option in deepbelief.commands["compare"].params if option.name == "seeds")
    monkeypatch.setattr(seeds, "default", 1)
    monkeypatch.setattr(report, "write_run_report", lambda training, with_page: None)
    digits = bundled.read_digits()
    few = replace(digits, images=digits.images[:300], labels=digits.labels[:300])
    monkeypatch.setattr("deepbelief.datasets.loading.read_digits", lambda **_: few)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("page", pages(), ids=lambda page: str(page.relative_to(ROOT)))
def test_everything_on_a_page_runs(page, short, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name, make in FILES.items():
        if re.search(rf"(?<![\w/.-]){re.escape(name)}\b", page.read_text()):
            make(tmp_path / name)
    names = {}
    for block in runnable(page):
        if block.language == "python":
            exec(compile("\n" * block.line + block.text, page, "exec"), names)
        for command in block.commands:
            result = CliRunner().invoke(deepbelief, command[1:])
            assert result.exit_code == 0, (block.line, command, result.output, result.exception)


def test_blocks_that_do_not_run_say_why():
    """Few are left out, each for a reason that a machine can lack."""
    reasons = {block.reason for page in PAGES for block in blocks(page) if block.reason}
    wanting = {"needs a network", "needs a GPU", "needs torch", "needs onnx", "needs anywidget", "needs two machines"}
    wanting |= {"takes half a minute, also on few rows"}  # tests/cli/test_compare.py has these commands
    assert {reason for reason in reasons if not reason.startswith("an excerpt of ")} <= wanting


def test_each_walk_previews_and_trains():
    """The six data sets of the walks' page, each from the first look to a model."""
    page = ROOT / "docs" / "guide" / "walks.md"
    commands = [command for block in blocks(page) for command in block.commands]
    for walk in ("penguins", "patients", "sensors", "pieces", "words", "survey"):
        assert {"preview", "train"} <= {command[1] for command in commands if any(walk in word for word in command)}
