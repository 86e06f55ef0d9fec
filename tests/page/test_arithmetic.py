"""The page computes what the core computes: golden vectors, under node and in a browser."""

import itertools
import json
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from scipy.special import gammaln

from deepbelief.page.encoding import ENCODINGS, encoded
from deepbelief.page.inlining import WEB, joined
from page.golden import MACHINES, golden

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
    require_the_same(worst)


def test_in_a_browser(browser):
    page = browser.new_page()
    compare = (HERE / "compare.mjs").read_text().replace("export ", "")
    names = "decodedLayer, decoded, forward, reverse, freeEnergy, softmax, sweep"
    arithmetic = joined("decode.mjs") + joined("net.mjs")
    worst = page.evaluate(f"(cases) => {{ {arithmetic}\n{compare}\nreturn compare(cases, {{ {names} }}); }}", golden())
    require_the_same(worst)


def require_the_same(worst: dict[str, dict[str, float]]) -> None:
    assert set(worst) == set(MACHINES)
    for name, of in worst.items():
        assert set(of) == ASKED, name
        assert {function: by for function, by in of.items() if not by <= BOUND} == {}, name


@pytest.mark.parametrize("kind", ["rectified", "bernoulli"])
def test_what_raises_a_unit_is_the_gradient_of_its_input(node, kind):
    generator, sizes = np.random.default_rng(0), (9, 7, 6, 5)
    weights = [generator.normal(size=shape) for shape in itertools.pairwise(sizes)]
    biases = [generator.normal(size=size) for size in sizes[1:]]
    x = generator.normal(size=9)
    kept_unit = 3  # of the second layer, which does not follow its input

    def inputs_of(x, is_kept):
        for k, (weight, bias) in enumerate(zip(weights, biases, strict=True)):
            field = x @ weight + bias
            x = np.maximum(field, 0) if kind == "rectified" else 1 / (1 + np.exp(-field))
            if is_kept and k == 1:
                x[:, kept_unit] = 1
        return field

    layers = [
        {"weights": weight.ravel().tolist(), "bias": bias.tolist(), "nVisible": len(weight), "nHidden": len(bias)}
        for weight, bias in zip(weights, biases, strict=True)
    ]
    script = f"""{READ} const {{ raises, up }} = await import({module(WEB / "net.mjs")});
        const layers = given.layers.map((one) => {{
            const blocks = [{{ type: "{kind}", size: one.nHidden }}];
            return {{ ...one, hidden: {{ blocks, bias: Float64Array.from(one.bias) }} }};
        }});
        const keep = (h) => h.map((value, j) => (j === {kept_unit} ? 1 : value));
        const isKept = (k, j) => k === 1 && j === {kept_unit};
        const of = (activities, isFixed) =>
            [0, 1, 2, 3, 4].map((unit) => Array.from(raises(layers, activities, unit, isFixed)));
        console.log(JSON.stringify([of(up(layers, given.x)), of(up(layers, given.x, [null, keep]), isKept)]));"""
    steps = 1e-5 * np.eye(9)
    for found, is_kept in zip(run(node, script, {"layers": layers, "x": x.tolist()}), (False, True), strict=True):
        ahead, behind = inputs_of(x + steps, is_kept), inputs_of(x - steps, is_kept)
        assert np.array(found) == pytest.approx((ahead - behind).T / 2e-5, abs=10 * BOUND)


# Of each type: values, the logarithm of what weighs each of them beside the field, and the number of the type.
VALUES = np.arange(200.0)
COUNTED = {
    "poisson": (VALUES, -gammaln(VALUES + 1), None),
    "binomial": (VALUES[:13], -gammaln(VALUES[:13] + 1) - gammaln(13 - VALUES[:13]), 12),
    "spin": (np.array([-1.0, 1.0]), np.zeros(2), None),
    "relu": ((np.arange(40_000) + 0.5) / 1000, -0.5 * ((np.arange(40_000) + 0.5) / 1000) ** 2, None),
}


@pytest.mark.parametrize("temperature", [0.5, 1, 3])
@pytest.mark.parametrize("field", [-1.5, 2.0])
@pytest.mark.parametrize("kind", COUNTED)
def test_a_temperature_takes_the_root_of_the_distribution(node, kind, field, temperature):
    values, log_weights, number = COUNTED[kind]
    exponents = (field * values + log_weights) / temperature
    weights = np.exp(exponents - exponents.max())
    n = 1000  # numbers evenly between 0 and 1, whose draws have the shares that the distribution has
    script = f"""{READ} const {{ draw }} = await import({module(WEB / "units.mjs")});
        let drawn = 0;
        const random = {{ uniform: () => (drawn++ + 0.5) / {n} }};
        const [block, precision] = [{{ ...given, size: {n} }}, new Float32Array({n}).fill(1)];
        const field = new Float64Array({n}).fill({field});
        console.log(JSON.stringify([...draw({{ blocks: [block], precision }}, field, random, {temperature})]));"""
    found = np.array(run(node, script, {"type": kind, "number": number}))
    mean = (weights * values).sum() / weights.sum()
    variance = (weights * (values - mean) ** 2).sum() / weights.sum()
    coarse = 4 / n  # as no share is finer than 1 / n
    assert found.mean() == pytest.approx(mean, abs=0.01 * variance**0.5 + coarse)
    assert found.var() == pytest.approx(variance, abs=0.04 * variance + coarse)


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
