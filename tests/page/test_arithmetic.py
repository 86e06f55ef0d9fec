"""The page computes what the core computes: golden vectors, under node and in a browser."""

import json
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from deepbelief.page.encoding import ENCODINGS, encoded
from deepbelief.page.inlining import WEB, joined
from page.golden import golden

HERE = Path(__file__).parent
BOUND = 1e-5  # of float32, relative where a number is above 1
ASKED = {"forward", "reverse", "free energy", "softmax", "sweep h", "sweep v"}
STEP = {"float32": 0.0, "float16": 2**-11, "int8": 0.5 / 127}  # the largest error of a weight, by the column's largest


@pytest.fixture(scope="module")
def node():
    found = shutil.which("node")
    if found is None:
        pytest.skip("the page's arithmetic needs node, which is not installed")
    return found


def run(node: str, script: str, given: object) -> object:
    """Run a script under node, with `given` as its standard input, and return what it prints, both as JSON."""
    command = [node, "--input-type=module", "-e", script]
    done = subprocess.run(command, input=json.dumps(given), capture_output=True, text=True, timeout=60, check=True)
    return json.loads(done.stdout)


def module(path: Path) -> str:
    return json.dumps(path.as_uri())


READ = 'import { readFileSync } from "node:fs"; const given = JSON.parse(readFileSync(0, "utf-8"));'


def test_under_node(node):
    net, decode, compare = module(WEB / "net.mjs"), module(WEB / "decode.mjs"), module(HERE / "compare.mjs")
    script = f"""{READ}
        const modules = [{net}, {decode}, {compare}].map((name) => import(name));
        const [net, decode, {{ compare }}] = await Promise.all(modules);
        console.log(JSON.stringify(compare(given, {{ ...net, ...decode }})));"""
    worst = run(node, script, golden())
    assert set(worst) == ASKED
    assert {name: by for name, by in worst.items() if not by <= BOUND} == {}


def test_in_a_browser(browser):
    page = browser.new_page()
    compare = (HERE / "compare.mjs").read_text().replace("export ", "")
    names = "decodedLayer, decoded, forward, reverse, freeEnergy, softmax, sweep"
    arithmetic = joined("decode.mjs") + joined("net.mjs")
    worst = page.evaluate(f"(given) => {{ {arithmetic}\n{compare}\nreturn compare(given, {{ {names} }}); }}", golden())
    assert set(worst) == ASKED
    assert {name: by for name, by in worst.items() if not by <= BOUND} == {}


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_what_is_encoded_is_decoded_to_the_same_numbers(node, encoding):
    matrix = np.random.default_rng(0).normal(scale=[[1e-6, 0.01, 3.0, 0.0]], size=(50, 4))
    text = encoded(matrix, encoding)
    script = f"{READ} const {{ decoded }} = await import({module(WEB / 'decode.mjs')});"
    found = run(node, script + "console.log(JSON.stringify([...decoded(given)]))", text.text)
    assert np.array_equal(np.array(found, np.float32).reshape(50, 4), text.values)
    errors = np.abs(text.values - matrix.astype(np.float32)).max(axis=0)
    assert (errors <= np.abs(matrix).max(axis=0) * STEP[encoding] * 1.001 + 2**-25).all()
    assert (errors > 0).any() == (encoding != "float32")


def test_two_names_at_the_top_of_modules_are_refused(tmp_path, monkeypatch):
    (tmp_path / "a.mjs").write_text('import { b } from "./b.mjs";\nconst same = 1;\n')
    (tmp_path / "b.mjs").write_text("export const b = 2;\nfunction same() {}\n")
    monkeypatch.setattr("deepbelief.page.inlining.WEB", tmp_path)
    joined.cache_clear()
    with pytest.raises(ValueError, match=r"declare same twice"):
        joined("a.mjs")
    joined.cache_clear()
