"""The page in a browser, opened from a file: drawing, looking inside, dreaming, completing, learning; hostile names."""

import re

import numpy as np
import pandas as pd
import pytest
from matplotlib.image import imread, imsave

from deepbelief import RBM, DBNClassifier, DBNRegressor
from deepbelief.page import packing
from deepbelief.page.rows import TOP_ROWS
from deepbelief.table_schema import Column, TableSchema
from page.digit_net import TINY, digit_net, some_digits
from page.opening import DRAWN, PATH, ROUNDING, SCREENS, draw, drawn_anew, reach, seen, wait

HOSTILE = '<img src=x onerror="console.log(1)">'


@pytest.fixture(scope="module")
def data():
    return some_digits()


@pytest.fixture(scope="module")
def net():
    return digit_net(20, 12)


@pytest.fixture(scope="module")
def html(net, data):
    return net.explore(*data).html


def test_a_stroke_is_answered_as_python_answers_the_same_pixels(opened, net, html):
    page = opened(html)
    draw(page)
    x = seen(page, "x").astype(np.float32)
    assert x.max() > 0.9
    assert np.abs(seen(page, "answer") - net.predict_proba(x[None])[0]).max() < ROUNDING
    assert np.abs(seen(page, "activities[1]") - _finetuned(net, x)).max() < ROUNDING
    best = net.classes_[net.predict_proba(x[None])[0].argmax()]
    assert page.locator(".spoken").inner_text().startswith(f"{best}, with")
    with drawn_anew(page):
        page.get_by_role("radio", name="as pretrained").check()
    assert np.abs(seen(page, "activities[1]") - net.dbn_.transform(x[None])[0]).max() < ROUNDING
    for depth in (1, 2):
        assert np.abs(seen(page, f"backs[{depth - 1}]") - net.dbn_.reconstruct(x[None], depth)[0]).max() < ROUNDING
    assert page.evaluate("explored.seen.freeEnergy") == pytest.approx(_free_energy(net, x), rel=1e-5)


def _finetuned(net, x):
    for weights, bias in zip(net.coefs_[:-1], net.intercepts_[:-1], strict=True):
        x = 1 / (1 + np.exp(-(x @ weights + bias)))
    return x


def _free_energy(net, x):
    rbm = net.dbn_.rbms_[0]
    inputs = rbm.components_ @ x + rbm.intercept_hidden_
    return float(-x @ rbm.intercept_visible_ - np.logaddexp(0, inputs).sum())


def test_a_finger_draws_and_does_not_scroll(opened, html):
    page = opened(html, "phone")
    box = page.locator("#pad").bounding_box()
    screen = page.context.new_cdp_session(page)
    with drawn_anew(page):
        for kind, path in (("touchStart", PATH[:1]), *(("touchMove", [point]) for point in PATH[1:]), ("touchEnd", [])):
            points = [{"x": box["x"] + x * box["width"], "y": box["y"] + y * box["height"]} for x, y in path]
            screen.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
    assert page.evaluate("[explored.state.strokes.length, scrollY]") == [1, 0]
    assert page.evaluate("explored.state.strokes[0].points.length") >= len(PATH)
    assert seen(page, "x").max() > 0.9


def test_a_picture_of_it_is_saved(opened, html, tmp_path):
    page = opened(html, fragment=f"#{DRAWN}")
    with page.expect_download() as saving:
        page.get_by_role("button", name="Save picture").click()
    assert saving.value.suggested_filename == "deepbelief.png"
    saving.value.save_as(tmp_path / "saved.png")
    height, width, _ = imread(tmp_path / "saved.png").shape
    assert width > 3 * height > 900


def test_a_drawing_is_brought_into_the_frame_of_the_data_unless_that_is_switched_off(opened, html):
    page = opened(html)
    draw(page, [(x / 4, y / 4) for x, y in PATH])
    framed = seen(page, "x").reshape(8, 8)
    with drawn_anew(page):
        page.get_by_label("Fit into").uncheck()
    small = seen(page, "x").reshape(8, 8)
    assert small[3:].max() == small[:, 3:].max() == 0
    assert framed.sum() > 3 * small.sum()
    places = np.arange(8) + 0.5
    assert [(framed.sum(axis=axis) @ places) / framed.sum() for axis in (0, 1)] == pytest.approx([4, 4], abs=0.15)
    with drawn_anew(page):
        page.get_by_role("button", name="Undo").click()
    assert seen(page, "x").max() == 0


def test_the_eraser_takes_ink_away(opened, html):
    page = opened(html)
    page.get_by_label("Fit into").uncheck()
    draw(page)
    before = seen(page, "x")
    page.get_by_role("radio", name="Eraser").check()
    draw(page, [(0.6, 0.75), (0.2, 0.85)])
    after = seen(page, "x")
    assert (after <= before).all()
    assert after.sum() < 0.9 * before.sum()


def test_a_unit_is_looked_at_and_switched(opened, net, html):
    page = opened(html, fragment=f"#{DRAWN}")
    with drawn_anew(page):
        page.locator("canvas.field").nth(1).click(position={"x": 3, "y": 3})
    assert page.locator("#panel-unit h3").first.inner_text() == "Unit 1 of layer 2"
    free = seen(page, "answer")
    for to, value in (("off", 0), ("on", 1)):
        with drawn_anew(page):
            page.locator(".unit").get_by_role("radio", name=to, exact=True).check()
        assert seen(page, "activities[1]")[0] == value
    hidden = seen(page, "activities[1]")
    logits = hidden @ net.coefs_[-1] + net.intercepts_[-1]
    changed = np.exp(logits - logits.max()) / np.exp(logits - logits.max()).sum()
    assert np.abs(seen(page, "answer") - changed).max() < ROUNDING
    assert np.abs(changed - free).max() > 1e-4
    assert re.search(r"from [\d.]+ % to [\d.]+ %", page.locator(".effect").inner_text())
    assert page.locator(".wiring .tile").count() >= 12


def test_the_rows_that_turn_a_unit_on_are_those_of_the_data(opened, net, data, html):
    page = opened(html, fragment="#layer=2&unit=5")
    found = page.evaluate("explored.model.rows.topOf('finetuned', 1, 4)")
    on = _finetuned(net, data[0])[:, 4]
    assert on[found] == pytest.approx(np.sort(on)[::-1][:TOP_ROWS])
    before = page.evaluate("explored.model.rows.topOf('pretrained', 1, 4)")
    assert net.dbn_.transform(data[0])[before, 4] == pytest.approx(
        np.sort(net.dbn_.transform(data[0])[:, 4])[::-1][:TOP_ROWS]
    )
    with drawn_anew(page):
        page.locator(".wiring .tile").first.click()
    assert np.abs(seen(page, "x") - data[0][found[0]]).max() <= 0.5 / 255 + 1e-6


@pytest.mark.parametrize("ink", ["dark", "bright"])
def test_a_picture_is_opened_and_brought_into_the_frame(opened, data, tmp_path, ink):
    digit = np.kron(data[0][0].reshape(8, 8), np.ones((20, 20)))
    sheet = np.zeros((300, 400))
    sheet[90:250, 30:190] = digit
    imsave(tmp_path / "digit.png", sheet, cmap="gray_r" if ink == "dark" else "gray")
    page = opened(RBM(9, n_iter=40, random_state=0).fit(data[0]).explore(data[0]).html)
    with drawn_anew(page):
        page.set_input_files("input[type=file]", tmp_path / "digit.png")
    assert np.corrcoef(seen(page, "x"), data[0][0])[0, 1] > 0.9
    (tmp_path / "digit.png").write_text("no picture")
    page.set_input_files("input[type=file]", tmp_path / "digit.png")
    page.get_by_text("This file is no picture that a browser can read").wait_for()


def test_colours_are_shown_as_they_are(opened, data):
    page = opened(
        RBM(9, n_iter=40, random_state=0).fit(data[0][:, :60]).explore(data[0][:, :60], image_shape=(4, 5, 3)).html
    )
    with drawn_anew(page):
        page.locator("input.row").fill("2")
        page.keyboard.press("Enter")
    shown = page.locator(".sees canvas").evaluate("c => Array.from(c.getContext('2d').getImageData(0, 0, 5, 4).data)")
    assert np.abs(np.reshape(shown, (20, 4))[:, :3].ravel() / 255 - data[0][1, :60]).max() < 0.01


def test_a_layer_is_held(opened, html):
    page = opened(html, fragment=f"#{DRAWN}")
    held = seen(page, "activities[0]")
    page.get_by_role("button", name="Hold").first.click()
    with drawn_anew(page):
        page.get_by_role("button", name="Clear").click()
    assert seen(page, "x").max() == 0
    assert np.array_equal(seen(page, "activities[0]"), held)


def test_it_dreams(opened, html):
    page = opened(html, fragment=f"#tab=dream&{DRAWN}")
    page.locator(".dreams canvas").nth(9).wait_for()
    first = page.locator(".dreams canvas").first.evaluate("canvas => canvas.toDataURL()")
    page.get_by_label("Hold a class fast").select_option("3")
    page.click("#dream")
    wait(page, "Number.parseInt(document.getElementById('swept').textContent) > 5")
    page.click("#dream")
    assert page.locator(".dreams canvas").first.evaluate("canvas => canvas.toDataURL()") != first
    page.locator(".dream").get_by_role("radio", name="1", exact=True).check()
    wait(page, "document.querySelectorAll('.dreams canvas').length === 1")
    assert page.locator("#swept").inner_text() == "0 sweeps"


def test_it_completes_what_is_rubbed_out(opened, html):
    page = opened(html, fragment=f"#tab=complete&{DRAWN}")
    page.click("#fill")
    assert page.locator("#completed").inner_text() == "Nothing is rubbed out yet."
    page.get_by_role("button", name="Lower half").click()
    wait(page, "explored.state.holes[63] === 1")
    page.click("#fill")
    wait(page, "document.getElementById('completed').textContent.startsWith('120 of 120')")
    known = "(canvas) => Array.from(canvas.getContext('2d').getImageData(0, 0, 8, 4).data)"
    rubbed, filled = (page.locator(f"#panel-complete canvas{name}").evaluate(known) for name in (".rub", ".large"))
    assert rubbed == filled


def test_a_step_of_contrastive_divergence_is_applied_and_taken_back(opened, html):
    page = opened(html, fragment=f"#tab=learn&net=pretrained&{DRAWN}")
    before, activities = page.evaluate("explored.seen.freeEnergy"), seen(page, "activities[1]")
    with drawn_anew(page):
        page.click("#apply")
    assert page.evaluate("explored.seen.freeEnergy") < before
    assert not np.array_equal(seen(page, "activities[1]"), activities)
    with drawn_anew(page):
        page.click("#take-back")
    assert page.evaluate("explored.seen.freeEnergy") == before
    assert np.array_equal(seen(page, "activities[1]"), activities)
    hint = page.get_by_text("The pretrained net takes the steps")
    assert hint.count() == 0
    with drawn_anew(page):
        page.get_by_role("radio", name="fine-tuned").check()
    assert hint.is_visible()


def test_it_can_be_used_with_the_keyboard_alone(opened, net, html):
    page = opened(html)
    reach(page, "#pad")
    page.keyboard.press("Space")
    for key in ["ArrowDown"] * 3 + ["ArrowRight"] * 2:
        page.keyboard.press(key)
    page.keyboard.press("Space")
    wait(page, "Math.max(...explored.seen.x) > 0.5 && explored.state.strokes[0].points.length === 6")
    x = seen(page, "x").astype(np.float32)
    assert np.abs(seen(page, "answer") - net.predict_proba(x[None])[0]).max() < ROUNDING
    reach(page, "canvas.field")
    page.keyboard.press("ArrowRight")
    wait(page, "explored.state.unit === 1")
    reach(page, "[role=tab][aria-selected=true]")
    for name in ("dream", "complete", "learn"):
        page.keyboard.press("ArrowRight")
        page.wait_for_selector(f"#panel-{name}:not([hidden])")
    reach(page, "#apply")
    page.keyboard.press("Enter")
    wait(page, "explored.state.steps === 1")


def test_an_address_shows_the_same_again(opened, html):
    page = opened(html)
    draw(page)
    page.locator(".unit").get_by_role("radio", name="on", exact=True).check()
    page.click("#tab-learn")
    wait(page, "location.hash.includes('tab=learn') && location.hash.includes('on=1.1')")
    again = opened(html, fragment=page.evaluate("location.hash"))
    assert np.abs(seen(again, "x") - seen(page, "x")).max() < 0.1  # points are kept in 255 steps
    assert again.evaluate("explored.state.switches") == {"0": {"0": 1}}
    assert again.locator("#panel-learn").is_visible()


@pytest.mark.parametrize("screen", ["light", "dark", "phone"])
def test_every_view_fits_the_screen(opened, html, screen):
    page = opened(html, screen, fragment=f"#{DRAWN}")
    for tab in ("unit", "dream", "complete", "learn"):
        page.click(f"#tab-{tab}")
        page.wait_for_selector(f"#panel-{tab}:not([hidden])")
        assert page.evaluate("document.documentElement.scrollWidth") == SCREENS[screen]["viewport"]["width"]
        assert page.locator(f"#panel-{tab} canvas:visible").count() > 0
    background = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (sum(map(int, re.findall(r"\d+", background)[:3])) < 180) == (screen == "dark")


def test_a_phone_shows_the_answer_beside_the_drawing(opened, html):
    page = opened(html, "phone")
    assert page.locator(".echo").inner_text() == ""
    draw(page)
    assert page.locator(".echo").inner_text() == page.locator(".spoken").inner_text()
    assert page.locator(".echo").bounding_box()["y"] < page.locator("#pad").bounding_box()["y"]
    assert not opened(html, "light", fragment=f"#{DRAWN}").locator(".echo").is_visible()


@pytest.mark.parametrize("screen", ["light", "phone"])
def test_what_comes_down_from_the_layers_stands_in_one_column(opened, html, screen):
    page = opened(html, screen, fragment=f"#{DRAWN}")
    first, second = (page.locator(".both .picture").nth(k).bounding_box() for k in (0, 1))
    assert (first["x"], first["width"]) == (second["x"], second["width"])
    for k in (0, 1):
        assert page.locator("canvas.field").nth(k).bounding_box()["width"] > 100


def test_eight_bits_keep_to_the_bound_that_the_page_states(opened, net, data, monkeypatch):
    monkeypatch.setattr(packing, "WANTED_BYTES", 0)
    found = net.explore(*data)
    assert found.encoding == "8-bit steps with a scale for each unit"
    assert 0 < found.deviation < 0.02
    page = opened(found.html)
    answers = "rows => rows.map(row => explored.answerTo(row))"
    rows = data[0][np.unique(np.linspace(0, 299, packing.MEASURED_ROWS).astype(int))]
    errors = np.abs(np.array(page.evaluate(answers, rows.tolist())) - net.predict_proba(rows))
    assert errors.max() == pytest.approx(found.deviation, abs=ROUNDING)
    assert f"at most {found.deviation:.2g}"[:12] in page.locator("footer").inner_text()


def test_hostile_names_are_text(opened):
    generator = np.random.default_rng(0)
    table = pd.DataFrame(generator.normal(size=(60, 3)), columns=[HOSTILE, "</script><b>", "ok"])
    net = DBNClassifier((6,), **TINY).fit(table, np.where(table["ok"] > 0, f"yes {HOSTILE}", "no"))
    page = opened(net.explore(table, title=f"</script>{HOSTILE}").html, "phone")
    assert page.locator("img").count() == page.locator("main b").filter(has_text="ok").count() == 0
    assert f"</script>{HOSTILE}" in page.locator("h1").inner_text()
    assert HOSTILE in page.locator(".sliders").first.inner_text()
    assert f"yes {HOSTILE}" in page.locator(".bars").inner_text()
    assert page.evaluate("document.documentElement.scrollWidth") == 390


def test_a_page_cannot_connect_or_run_anything_else(browser, tmp_path, html):
    (tmp_path / "net.html").write_text(html, encoding="utf-8")
    context = browser.new_context()
    page = context.new_page()
    page.goto((tmp_path / "net.html").as_uri())
    said = page.evaluate(
        """async () => {
            const said = [];
            document.addEventListener("securitypolicyviolation", (event) => said.push(event.effectiveDirective));
            await fetch("http://127.0.0.1:1/").catch(() => {});
            const script = document.createElement("script");
            script.textContent = "window.ran = true";
            document.body.append(script);
            await new Promise((done) => setTimeout(done));
            return [...said, window.ran ?? "nothing ran"];
        }"""
    )
    context.close()
    assert {"connect-src", "script-src-elem", "nothing ran"} == set(said)


def test_a_page_is_not_overwritten_by_accident(net, tmp_path):
    path = net.explore().save(tmp_path / "net.html")
    before = path.read_text(encoding="utf-8")
    with pytest.raises(FileExistsError, match=r"net\.html: the file exists; .* overwrite=True"):
        net.explore(title="another").save(path)
    assert path.read_text(encoding="utf-8") == before
    assert "another" in net.explore(title="another").save(path, overwrite=True).read_text(encoding="utf-8")


def test_a_table_has_sliders_and_answers_as_python_does(opened):
    generator = np.random.default_rng(0)
    table = pd.DataFrame({"height": generator.normal(170, 9, 80), "weight": generator.normal(70, 9, 80)})
    net = DBNClassifier((6, 4), **TINY).fit(table, (table["height"] > 2 * table["weight"] + 30).astype(int))
    page = opened(net.explore(table).html)
    with drawn_anew(page):
        page.get_by_role("slider", name="height").fill("180.5")
    values = seen(page, "x")
    assert values[0] == pytest.approx(180.5, abs=0.2)
    expected = net.predict_proba(pd.DataFrame([values], columns=table.columns))
    assert np.abs(seen(page, "answer") - expected).max() < ROUNDING
    page.click("#tab-complete")
    page.locator(".checks input").first.check()
    page.click("#fill")
    wait(page, "document.getElementById('completed').textContent.startsWith('120 of 120')")


def patients():
    """A table with a bit, a number, a category, a count and trials, and what is to be said of each row."""
    generator = np.random.default_rng(0)
    smoker = generator.random(80) < 0.4
    table = pd.DataFrame(
        {
            "smoker": np.where(smoker, "yes", "no"),
            "age": generator.normal(45, 12, 80),
            "job": generator.choice(["office", "school", "workshop"], 80),
            "visits": generator.poisson(1 + 3 * smoker),
            "pain": generator.binomial(10, 0.2 + 0.4 * smoker),
        }
    )
    return table, np.where(smoker & (table["visits"] > 2), "ill", "well")


def test_a_mixed_table_has_a_control_for_each_kind_of_column(opened):
    table, said = patients()
    net = DBNClassifier((6, 4), visible="bernoulli,gaussian,categorical,poisson,binomial", **TINY).fit(table, said)
    page = opened(net.explore(table, said).html, "phone", fragment="#row=1")
    with drawn_anew(page):
        page.get_by_role("switch", name="smoker=yes").check()
    with drawn_anew(page):
        page.get_by_label("job").first.select_option("school")
    with drawn_anew(page):
        page.get_by_role("spinbutton", name="visits").fill("7")
        page.keyboard.press("Enter")
    with drawn_anew(page):
        page.get_by_role("button", name="One less of visits").click()
    trials = int(table["pain"].max())
    for _ in range(trials - int(table["pain"][0]) + 2):
        page.get_by_role("button", name="One more of pain").click()
    wait(page, f"explored.seen.x.at(-1) === {trials}")
    age = table["age"][0]
    assert seen(page, "x") == pytest.approx([1, age, 0, 1, 0, 6, trials], rel=1e-5)
    row = pd.DataFrame([["yes", age, "school", 6, trials]], columns=table.columns)
    assert np.abs(seen(page, "answer") - net.predict_proba(row)).max() < ROUNDING
    assert page.evaluate("explored.seen.freeEnergy") == pytest.approx(net.dbn_.free_energy(row)[0], rel=1e-5)
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    page.click("#tab-complete")
    for name in ("job", "visits"):
        page.locator(".checks").get_by_label(name).check()
    wait(page, "explored.state.holes.join('') === '0011110'")
    page.click("#fill")
    wait(page, "document.getElementById('completed').textContent.startsWith('120 of 120')")
    found = page.locator(".facts:visible").inner_text()
    assert re.search(r"job\s+(office|school|workshop), with [\d.]+ %\s+visits\s+[\d.]+", found)


def test_a_typical_row_is_one_that_the_columns_can_have(opened):
    table, _ = patients()
    net = RBM(4, visible="bernoulli,gaussian,categorical,poisson,binomial", n_iter=5, random_state=0).fit(table)
    for html in (net.explore(table).html, net.explore().html):
        values = np.array(opened(html).evaluate("explored.model.start"))
        assert values[0] in (0, 1)
        assert sorted(values[2:5]) == [0, 0, 1]
        assert (values[5:] == values[5:].round()).all()
        assert 30 < values[1] < 60


def test_categories_that_became_columns_of_bits_are_chosen(opened):
    generator = np.random.default_rng(0)
    codes = generator.integers(0, 3, 60)
    X = np.column_stack([np.eye(3)[codes], generator.normal(size=60)])
    net = RBM(4, n_iter=40, random_state=0).fit(X)
    columns = (Column("colour", "category", ("red", "green", "blue")), Column("size", "number"))
    net.metadata_ = {"image_shape": None, "table": TableSchema(columns, "features")}
    page = opened(net.explore(X, title="stones").html)
    with drawn_anew(page):
        page.get_by_label("colour").first.select_option("blue")
    assert seen(page, "x")[:3] == pytest.approx([0, 0, 1], abs=1e-6)
    assert page.get_by_role("slider", name="size").count() == 1


def documents():
    generator = np.random.default_rng(0)
    kind = generator.integers(0, 2, 60)
    shares = np.array([[4, 4, 4, 1, 1, 1], [1, 1, 1, 4, 4, 4]]) / 15
    counts = [generator.multinomial(generator.integers(5, 30), shares[one]) for one in kind]
    table = pd.DataFrame(counts, columns=["goal", "match", "team", "vote", "party", HOSTILE])
    return table, np.array(["sport", "politics"])[kind]


def test_a_document_is_written_word_by_word(opened):
    table, said = documents()
    net = DBNClassifier((6,), visible="replicated-softmax", **TINY).fit(table, said)
    page = opened(net.explore(table, said).html, fragment="#net=pretrained")
    with drawn_anew(page):
        page.get_by_role("button", name="No words").click()
    for word in ("vote", "vote", "team", HOSTILE):
        with drawn_anew(page):
            page.get_by_label("A word to add").fill(word)
            page.keyboard.press("Enter")
    with drawn_anew(page):
        page.get_by_role("button", name="One more of vote").click()
    page.get_by_label("A word to add").fill("penalty")
    page.keyboard.press("Enter")
    assert page.get_by_text("The model does not know the word “penalty”.").is_visible()
    row = pd.DataFrame([[0, 0, 1, 3, 0, 1]], columns=table.columns)
    assert seen(page, "x").tolist() == row.to_numpy()[0].tolist()
    assert page.get_by_text("5 words, 3 different.").is_visible()
    assert np.abs(seen(page, "answer") - net.predict_proba(row)).max() < ROUNDING
    assert np.abs(seen(page, "activities[0]") - net.dbn_.transform(row)[0]).max() < ROUNDING
    assert page.evaluate("explored.seen.freeEnergy") == pytest.approx(net.dbn_.free_energy(row)[0], rel=1e-5)
    # What comes down is a document of as many words; Python's is one of as many as documents have typically.
    back = net.dbn_.reconstruct(row, 1)[0]
    assert seen(page, "backs[0]") == pytest.approx(back / back.sum() * 5, abs=ROUNDING)
    page.click("#tab-complete")
    assert "Documents are not completed" in page.locator("#panel-complete").inner_text()


def test_documents_dream_of_as_many_words_and_learn_a_step(opened):
    table, _ = documents()
    page = opened(RBM(5, visible="replicated-softmax", n_iter=5, random_state=0).fit(table).explore(table).html)
    page.click("#tab-dream")
    page.click("#dream")
    wait(page, "Number.parseInt(document.getElementById('swept').textContent) > 5")
    page.click("#dream")
    page.click("#tab-learn")
    before = page.evaluate("explored.seen.freeEnergy")
    page.click("#apply")
    wait(page, f"explored.seen.freeEnergy < {before}")


@pytest.mark.parametrize(
    "visible, hidden, ends",
    [
        ("poisson", "bernoulli", [0, 1]),
        ("bernoulli", "relu", None),
        ("binomial", "binomial(4)", [0, 4]),
        ("spin", "spin", [-1, 1]),
    ],
)
def test_pictures_of_every_type_are_drawn_switched_dreamt_and_completed(opened, data, visible, hidden, ends):
    X = np.round(data[0][:, :36] * 16)
    X = {"bernoulli": X / 16, "spin": np.where(X > 8, 1.0, -1.0)}.get(visible, X)
    machine = RBM(7, visible=visible, hidden=hidden, n_iter=15, random_state=0).fit(X)
    page = opened(machine.explore(X, image_shape=(6, 6)).html)
    draw(page)
    x = seen(page, "x").astype(np.float32)
    assert np.abs(seen(page, "activities[0]") / machine.transform(x[None])[0] - 1).max() < 10 * ROUNDING
    assert page.evaluate("explored.seen.freeEnergy") == pytest.approx(machine.free_energy(x[None])[0], rel=1e-5)
    for to, end in (("off", 0), ("on", 1)):
        with drawn_anew(page):
            page.locator(".unit").get_by_role("radio", name=to, exact=True).check()
        expected = ends[end] if ends else [0, machine.transform(X)[:, 0].max()][end]
        assert seen(page, "activities[0]")[0] == pytest.approx(expected, rel=1e-3)
    page.click("#tab-dream")
    page.click("#dream")
    wait(page, "Number.parseInt(document.getElementById('swept').textContent) > 3")
    page.click("#tab-complete")
    page.get_by_role("button", name="Lower half").click()
    wait(page, "explored.state.holes[35] === 1")
    page.click("#fill")
    wait(page, "/^[1-9]\\d* of 120/.test(document.getElementById('completed').textContent)")


def test_a_single_machine_without_classes_and_data_opens_too(opened, data):
    page = opened(RBM(9, n_iter=40, random_state=0).fit(data[0]).explore(image_shape=(4, 16)).html)
    assert page.locator(".bars").count() == page.get_by_text("as pretrained").count() == 0
    assert page.evaluate("[explored.model.shape, explored.model.rows]") == [[4, 16], None]


def test_a_regressor_answers_with_its_number(opened):
    generator = np.random.default_rng(0)
    X = generator.normal(size=(80, 4))
    settings = TINY | {"loss": "gaussian", "calibration_fraction": 0, "output_epochs": 5}
    net = DBNRegressor((6,), **{name: value for name, value in settings.items() if name != "softmax_epochs"})
    y = 100 + 5 * X[:, 0]
    table = TableSchema((*(Column(name, "number") for name in "abcd"), Column(HOSTILE, "target")), "regress")
    assert opened(net.fit(X, y).explore(X, y).html).locator(".spoken").inner_text().startswith("answer: ")
    net.metadata_ = {"image_shape": None, "table": table}
    page = opened(net.explore(X, y).html, fragment="#row=3")
    assert page.evaluate("explored.seen.answer[0]") == pytest.approx(net.predict(X[2:3])[0], rel=1e-5)
    assert re.fullmatch(rf"{re.escape(HOSTILE)}: \d+(\.\d)?", page.locator(".spoken").inner_text())
    assert page.get_by_label("Hold a class fast").count() == 0


def test_several_labels_are_answered_each_by_itself(opened):
    generator = np.random.default_rng(0)
    X = generator.normal(size=(80, 4))
    Y = (X[:, :3] > 0).astype(int)
    net = DBNClassifier((6,), **TINY).fit(X, Y)
    page = opened(net.explore(X, Y).html, fragment="#row=3")
    assert np.abs(seen(page, "answer") - net.predict_proba(X[2:3])[0]).max() < ROUNDING
    right = ", ".join(str(label) for label, is_on in zip(net.classes_, net.predict(X[2:3])[0], strict=True) if is_on)
    assert page.locator(".spoken").inner_text() == (right or "none of the labels")
    assert page.locator(".bars li").count() == 3
