"""The page of networks from which nothing comes down: of rectified units, or never pretrained."""

import re

import numpy as np
import pytest
from matplotlib.image import imread

from deepbelief.page import packing
from deepbelief.page.rows import TOP_ROWS
from page.digit_net import digit_net, some_digits
from page.opening import DRAWN, ROUNDING, SCREENS, draw, drawn_anew, reach, seen, settle, wait

RECTIFIED = {"activation": "relu", "batch_normalization": True}
NOT_PRETRAINED = "This network was not pretrained"
PLUS, MINUS, PAPER = (np.array(colour) for colour in ((0, 0x72, 0xB2), (0xC6, 0x53, 0), (0xF4, 0xF3, 0xF0)))

# The pixels of a canvas, read from a copy, as browsers complain of a canvas that is painted and read again and again.
COPIED = """canvas => {
    const copy = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
    copy.drawImage(canvas, 0, 0);
    return Array.from(copy.getImageData(0, 0, 8, 8).data);
}"""


@pytest.fixture(scope="module")
def data():
    return some_digits()


@pytest.fixture(scope="module")
def nets():
    """Networks of three layers, by what is said of them below."""
    return {
        "rectified": digit_net(20, 12, 8, pretrain_epochs=0, **RECTIFIED),
        "logistic": digit_net(20, 12, 8, pretrain_epochs=0),
        "both": digit_net(20, 12, 8, **RECTIFIED),
        "several": digit_net(20, 12, 8, n_networks=3, **RECTIFIED),
    }


@pytest.fixture(scope="module")
def pages(nets, data):
    return {name: net.explore(*data) for name, net in nets.items()}


def layers_of(net, x):
    """Return the inputs of the hidden units of each layer for some rows, and what the units do."""
    inputs, values, x = [], [], np.asarray(x, float)
    for weights, bias in zip(net.coefs_[:-1], net.intercepts_[:-1], strict=True):
        inputs.append(x @ weights.astype(float) + bias)
        x = np.maximum(inputs[-1], 0) if net.activation_ == "relu" else 1 / (1 + np.exp(-inputs[-1]))
        values.append(x)
    return inputs, values


def answer_to(net, top):
    logits = top @ net.coefs_[-1] + net.intercepts_[-1]
    shares = np.exp(logits - logits.max())
    return shares / shares.sum()


def gradient_of(net, x, layer, unit, step=1e-5):
    """Return by finite differences how fast the input of a unit rises with each pixel; layers count from 0."""
    moved = np.vstack([x + step * np.eye(len(x)), x - step * np.eye(len(x))])
    ahead, behind = np.split(layers_of(net, moved)[0][layer][:, unit], 2)
    return (ahead - behind) / (2 * step)


def require_painted(page, selector, gradient):
    """Compare a picture on the light screen with the colours of a gradient, the largest in its full colour."""
    found = np.reshape(page.locator(selector).first.evaluate(COPIED), (64, 4))[:, :3]
    shares = gradient[:, None] / np.abs(gradient).max()
    wanted = PAPER + np.abs(shares) * (np.where(shares > 0, PLUS, MINUS) - PAPER)
    assert np.abs(found - wanted).max() <= 2


@pytest.mark.parametrize("name", ["rectified", "logistic", "both", "several"])
def test_all_layers_do_what_they_do_in_python(opened, nets, pages, name):
    net, page = nets[name], opened(pages[name].html)
    draw(page)
    x = seen(page, "x").astype(np.float32)
    assert x.max() > 0.9
    _, values = layers_of(net, x[None])
    for k, found in enumerate(values):
        assert np.abs(seen(page, f"activities[{k}]") - found[0]).max() < ROUNDING
    assert np.abs(seen(page, "answer") - net.predict_proba(x[None])[0]).max() < ROUNDING
    assert page.evaluate("[explored.state.net, explored.seen.backs]") == ["finetuned", None]
    assert page.get_by_text("comes down from layer").locator("visible=true").count() == 0
    assert page.locator(".layers canvas.field").count() == 3


@pytest.mark.parametrize("name", ["rectified", "logistic", "both", "several"])
def test_the_rows_that_turn_a_unit_on_are_those_of_the_network(opened, nets, pages, data, name):
    page = opened(pages[name].html)
    _, values = layers_of(nets[name], data[0])
    for k, of_all in enumerate(values):
        for unit, on in enumerate(of_all.T):
            found = page.evaluate(f"explored.model.rows.topOf('finetuned', {k}, {unit})")
            highest = np.sort(on)[::-1][:TOP_ROWS]
            assert on[found] == pytest.approx(highest[highest > 0], abs=ROUNDING)


@pytest.mark.parametrize("name", ["rectified", "logistic", "both", "several"])
def test_the_picture_of_a_unit_is_what_raises_it(opened, nets, pages, name):
    page = opened(pages[name].html, "light", fragment=f"#{DRAWN}&layer=3&unit=2")
    x = seen(page, "x")
    require_painted(page, "canvas.large", gradient_of(nets[name], x, 2, 1))
    assert page.get_by_text("What raises this unit, with the drawing as it is now").count() == 1
    number = int(page.locator(".wiring .group").nth(1).locator(".tile span").first.inner_text().split()[0])
    tile = ".wiring .group:nth-child(2) .tile canvas"
    require_painted(page, tile, gradient_of(nets[name], x, 1, number - 1))
    draw(page, [(0.5, 0.1), (0.5, 0.9)])
    moved = seen(page, "x")
    require_painted(page, "canvas.large", gradient_of(nets[name], moved, 2, 1))
    page.wait_for_timeout(300)  # small pictures follow when the row has come to rest
    require_painted(page, tile, gradient_of(nets[name], moved, 1, number - 1))
    with drawn_anew(page):
        page.get_by_label("Layer", exact=True).select_option("0")
    require_painted(page, "canvas.large", nets[name].coefs_[0][:, 0])
    assert page.get_by_text("These are its weights, the same for every drawing.").count() == 1
    assert not page.get_by_text("Wired to below").is_visible()


def test_units_that_are_held_or_switched_pass_nothing_on(opened, nets, pages):
    page = opened(pages["rectified"].html, "light", fragment=f"#{DRAWN}&layer=2&unit=2&on=1.3")
    net, x = nets["rectified"], seen(page, "x")
    passing = (layers_of(net, x[None])[1][0][0] > 0) & (np.arange(20) != 2)
    require_painted(page, "canvas.large", net.coefs_[0] @ (passing * net.coefs_[1][:, 1]))
    with drawn_anew(page):
        page.get_by_role("button", name="Hold layer").first.click()
    assert page.get_by_text("No pixel changes this unit now").count() == 1


@pytest.mark.parametrize("name", ["rectified", "logistic"])
def test_without_pretraining_there_is_nothing_to_dream_with(opened, pages, name):
    page = opened(pages[name].html, fragment=f"#tab=dream&net=pretrained&{DRAWN}")
    assert page.evaluate("[explored.state.tab, explored.state.net]") == ["unit", "finetuned"]
    assert page.locator("#panel-unit").is_visible()
    assert page.get_by_role("tab").count() == page.get_by_role("radio", name="as pretrained").count() == 0
    text = page.locator("body").inner_text()
    assert text.count(NOT_PRETRAINED) == 1
    for word in ("Free energy", "What comes down", "How it learns", "Complete", "Dream"):
        assert word not in text
    with drawn_anew(page):
        page.evaluate("location.hash = 'tab=learn&layer=2&unit=4'")
    assert page.evaluate("[explored.state.tab, explored.state.layer]") == ["unit", 1]


def test_of_several_networks_all_units_are_seen_and_the_mean_is_said(opened, nets, pages):
    """Their pretrained net is narrower, and stays out of the page."""
    page = opened(pages["several"].html, fragment="#tab=dream&net=pretrained&layer=2&unit=36")
    assert page.evaluate("explored.model.widths") == [60, 36, 24]
    assert page.evaluate("[explored.state.tab, explored.state.net, explored.state.unit]") == ["unit", "finetuned", 35]
    text = page.locator("body").inner_text()
    assert "These are 3 networks side by side, and the answer is their mean." in text
    assert NOT_PRETRAINED not in text


@pytest.mark.parametrize("name", ["rectified", "logistic", "both", "several"])
def test_a_unit_is_switched_and_the_answer_follows(opened, nets, pages, data, name):
    net, page = nets[name], opened(pages[name].html, fragment=f"#{DRAWN}&layer=3&unit=3")
    _, on = layers_of(net, data[0])
    highest = on[2][:, 2].max() if net.activation_ == "relu" and on[2][:, 2].max() > 0 else 1
    for to, value in (("off", 0), ("on", highest)):
        with drawn_anew(page):
            page.locator(".unit").get_by_role("radio", name=to, exact=True).check()
        top = seen(page, "activities[2]")
        assert top[2] == pytest.approx(value, rel=1e-2)  # rows in the page have 8 bits
        assert np.abs(seen(page, "answer") - answer_to(net, top)).max() < ROUNDING
        said = page.locator(".effect").inner_text()
        assert re.fullmatch(r"Switched, it changes the answer \d from [\d.]+ % to [\d.]+ %\.", said)
    wait(page, "location.hash.includes('on=3.3')")
    again = opened(pages[name].html, fragment=page.evaluate("location.hash"))
    assert seen(again, "activities[2]")[2] == pytest.approx(value, rel=1e-2)


def test_a_unit_that_no_row_turns_on_is_said_to_be_off(opened, data):
    net = digit_net(6, pretrain_epochs=0, **RECTIFIED)
    net.intercepts_[0][1] = -1000
    page = opened(net.explore(*data).html, fragment="#layer=1&unit=2")
    assert page.get_by_text("None of them: it is at 0 in every row.").count() == 1
    assert page.evaluate("explored.model.endsOf('finetuned', 0, 1)") == [0, 1]


def test_a_held_layer_holds_the_answer(opened, pages):
    page = opened(pages["rectified"].html, fragment=f"#{DRAWN}")
    held, answer = seen(page, "activities[1]"), seen(page, "answer")
    page.get_by_role("button", name="Hold layer").nth(1).click()
    with drawn_anew(page):
        page.get_by_role("button", name="Clear").click()
    assert np.array_equal(seen(page, "activities[1]"), held)
    assert np.array_equal(seen(page, "answer"), answer)


def test_a_pretrained_net_of_rectified_units_is_looked_at_both_ways(opened, nets, pages, tmp_path):
    net, page = nets["both"], opened(pages["both"].html, "light", fragment=f"#{DRAWN}&on=1.1")
    assert page.get_by_text("rectified units only compute upwards").is_visible()
    widths = [saved_width(page, tmp_path)]
    answer = seen(page, "answer")
    page.get_by_role("button", name="Hold layer").first.click()
    with drawn_anew(page):
        page.get_by_role("radio", name="as pretrained").check()
    widths.append(saved_width(page, tmp_path))
    x = seen(page, "x").astype(np.float32)
    hidden = net.dbn_.rbms_[0].transform(x[None])
    hidden[0, 0] = 1  # switched on, but not held: what was held is what rectified units do
    above = net.dbn_.rbms_[1].transform(hidden)
    assert np.abs(seen(page, "activities[0]") - hidden[0]).max() < ROUNDING
    assert np.abs(seen(page, "activities[1]") - above[0]).max() < ROUNDING
    assert np.abs(seen(page, "answer") - answer).max() < ROUNDING
    assert page.get_by_text("comes down from layer").locator("visible=true").count() == 3
    assert page.get_by_text("What it adds to the drawing when it alone is on").count() == 1
    assert not page.get_by_text("rectified units only compute upwards").is_visible()
    assert widths[1] > widths[0] + 3 * 280  # pictures of what comes down are in the saved one as well
    wait(page, "location.hash.includes('net=pretrained')")
    again = opened(pages["both"].html, fragment=page.evaluate("location.hash"))
    assert np.abs(seen(again, "activities[1]") - above[0]).max() < 0.1  # points are kept in 255 steps


def saved_width(page, tmp_path):
    with page.expect_download() as saving:
        page.get_by_role("button", name="Save picture").click()
    saving.value.save_as(tmp_path / "saved.png")
    return imread(tmp_path / "saved.png").shape[1]


def test_the_machines_below_rectified_units_dream_complete_and_learn(opened, pages):
    page = opened(pages["both"].html, fragment=f"#tab=dream&{DRAWN}")
    page.locator(".dream").get_by_role("radio", name="the drawing").check()
    page.click("#dream")
    wait(page, "Number.parseInt(document.getElementById('swept').textContent) > 3")
    page.click("#tab-complete")
    page.get_by_role("button", name="Lower half").click()
    wait(page, "explored.state.holes[63] === 1")
    page.click("#fill")
    wait(page, "document.getElementById('completed').textContent.startsWith('120 of 120')")
    page.click("#tab-learn")
    before = page.evaluate("explored.seen.freeEnergy")
    page.click("#apply")
    wait(page, f"explored.seen.freeEnergy < {before}")


@pytest.mark.parametrize("name", ["rectified", "logistic", "both", "several"])
@pytest.mark.parametrize("screen", ["light", "dark", "phone"])
def test_the_page_fits_the_screen(opened, pages, name, screen):
    page = opened(pages[name].html, screen, fragment=f"#{DRAWN}&layer=2")
    settle(page)
    assert page.evaluate("document.documentElement.scrollWidth") == SCREENS[screen]["viewport"]["width"]
    card = page.locator(".layers").bounding_box()
    for k in range(3):
        box = page.locator("canvas.field").nth(k).bounding_box()
        assert box["width"] > 150
        assert box["x"] + box["width"] < card["x"] + card["width"]
    assert page.locator(".unit canvas.large").is_visible()


def test_it_can_be_used_with_the_keyboard_alone(opened, nets, pages):
    page = opened(pages["rectified"].html)
    reach(page, "#pad")
    page.keyboard.press("Space")
    for key in ["ArrowDown"] * 3 + ["ArrowRight"] * 2:
        page.keyboard.press(key)
    page.keyboard.press("Space")
    wait(page, "Math.max(...explored.seen.x) > 0.5 && explored.state.strokes[0].points.length === 6")
    reach(page, "canvas.field")
    page.keyboard.press("ArrowRight")
    wait(page, "explored.state.unit === 1")
    reach(page, ".wiring .tile")
    with drawn_anew(page):
        page.keyboard.press("Enter")
    assert page.evaluate("explored.state.row") == page.evaluate("explored.model.rows.topOf('finetuned', 0, 1)[0]")
    reach(page, ".choice input[name=switch]")
    page.keyboard.press("ArrowRight")
    wait(page, "explored.state.switches[0][1] === 0")
    assert seen(page, "activities[0]")[1] == 0


def test_only_the_network_is_packed_and_the_foot_says_how_exactly(opened, nets, pages, data, monkeypatch):
    assert [pages[name].reconstruction_deviation for name in ("rectified", "logistic")] == [None, None]
    assert pages["both"].reconstruction_deviation is not None
    assert len(pages["rectified"].html) < len(pages["both"].html) - 4 * 64 * 20
    monkeypatch.setattr(packing, "WANTED_BYTES", 0)
    for rows, words in ((data, "200 rows of the data"), ((None, None), "200 rows of random numbers")):
        found = nets["rectified"].explore(*rows)
        assert found.encoding == "8-bit steps with a scale for each unit"
        assert 0 < found.deviation < 0.05
        page = opened(found.html)
        foot = page.locator("footer").inner_text()
        assert f"On {words}" in foot
        assert "comes down" not in foot
    rows = data[0][np.unique(np.linspace(0, 299, packing.MEASURED_ROWS).astype(int))]
    shown = np.array(page.evaluate("rows => rows.map(row => explored.answerTo(row))", rows.tolist()))
    assert np.abs(shown - nets["rectified"].predict_proba(rows)).max() < 0.05
