"""The page in a notebook: in a frame, and as a widget that shares with Python what is drawn and what is answered."""

import sys

import numpy as np
import pytest

from deepbelief.page.inlining import WEB
from page.digit_net import digit_net, some_digits

ROUNDING = 1e-5

# What anywidget gives a view of a widget, as far as ours uses it: here, Python's side is a list of what was saved.
HOST = """({ code, state }) => new Promise((done) => {
    const listeners = {};
    window.saved = [];
    window.model = {
        get: (name) => state[name],
        set: (name, value) => {
            state[name] = value;
            for (const listener of listeners[`change:${name}`] ?? []) listener();
        },
        save_changes: () => window.saved.push({ ...state, html: null }),
        on: (event, listener) => (listeners[event] ??= []).push(listener),
        off: (event, listener) => (listeners[event] = listeners[event].filter((one) => one !== listener)),
    };
    window.view = () => new Promise((done) => {
        const el = document.createElement("div");
        document.body.append(el);
        window.leave = window.widget.render({ model: window.model, el });
        el.firstChild.addEventListener("load", () => done());
    });
    import(URL.createObjectURL(new Blob([code], { type: "text/javascript" }))).then((found) => {
        window.widget = found.default;
        window.view().then(done);
    });
})"""


@pytest.fixture(scope="module")
def data():
    return some_digits()


@pytest.fixture(scope="module")
def net():
    return digit_net(12)


@pytest.fixture(scope="module")
def made(net, data):
    return net.explore(*data)


@pytest.fixture
def notebook(browser, tmp_path):
    """An empty page of something else, which finds in the end that nothing was complained of."""
    said = []
    (tmp_path / "notebook.html").write_text('<!doctype html><meta charset="utf-8"><title>Notebook</title>')
    page = browser.new_page()
    page.set_default_timeout(10_000)
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.goto((tmp_path / "notebook.html").as_uri())
    yield page
    page.close()
    assert said == []


@pytest.fixture
def widget_in(notebook, made):
    """Show the widget in a notebook, with a row that Python has set or none."""

    def show(row=()):
        state = {"html": made.html, "row": np.asarray(row, float).tolist(), "answer": []}
        notebook.evaluate(HOST, {"code": (WEB / "widget.mjs").read_text(encoding="utf-8"), "state": state})
        return notebook

    return show


def settled(page, condition):
    page.wait_for_function(f"() => {condition}", polling="raf")


EXPLORED = "document.querySelector('iframe').contentWindow.explored"


def test_a_page_in_a_frame_works_without_an_address(notebook, made):
    notebook.evaluate("frame => { document.body.innerHTML = frame }", made._repr_html_())
    settled(notebook, f"{EXPLORED}?.seen")
    notebook.evaluate(f"{EXPLORED}.onRest = () => {{ window.hasRested = true }}")
    frame = notebook.frame_locator("iframe")
    frame.get_by_role("button", name="Any row").click()
    settled(notebook, "window.hasRested")
    assert frame.get_by_role("button", name="Copy link").count() == 0


def test_what_is_drawn_is_told_with_its_answer(widget_in, net):
    page = widget_in()
    settled(page, "saved.length")
    assert page.evaluate("saved.at(-1).row") == [0] * 64
    frame = page.frame_locator("iframe")
    box = frame.locator("#pad").bounding_box()
    page.mouse.move(box["x"] + 80, box["y"] + 60)
    page.mouse.down()
    page.mouse.move(box["x"] + 200, box["y"] + 200, steps=3)
    page.mouse.up()
    settled(page, "Math.max(...saved.at(-1).row) > 0.5")
    row, answer = page.evaluate("[saved.at(-1).row, saved.at(-1).answer]")
    assert np.abs(net.predict_proba(np.array([row]))[0] - answer).max() < ROUNDING


def test_a_row_that_python_sets_is_shown_and_answered(widget_in, net, data):
    page = widget_in(data[0][3])
    for row in data[0][3:5]:
        page.evaluate("row => model.set('row', row)", row.tolist())
        answer = net.predict_proba(row[None])[0]
        k = int(answer.argmax())
        settled(page, f"Math.abs(saved.at(-1)?.answer[{k}] - {answer[k]}) < {ROUNDING}")
        assert np.abs(np.array(page.evaluate(f"Array.from({EXPLORED}.seen.x)")) - row).max() < ROUNDING
    page.evaluate("leave()")
    page.evaluate("model.set('row', Array(64).fill(0))")
    assert page.evaluate(f"Math.max(...{EXPLORED}.seen.x)") > 0


def test_what_is_drawn_in_one_view_is_shown_in_the_other(widget_in, data):
    page = widget_in()
    page.evaluate("view()")
    page.evaluate("row => frames[0].explored.give(row)", data[0][3].tolist())
    settled(page, "[0, 1].every((k) => Math.max(...frames[k].explored.seen.x) > 0.5)")
    assert np.abs(np.array(page.evaluate("Array.from(frames[1].explored.seen.x)")) - data[0][3]).max() < ROUNDING
    page.evaluate("frames[0].explored.onRest()")
    page.evaluate("frames[1].explored.onRest()")
    assert page.evaluate("saved.at(-1).row") == pytest.approx(data[0][3], abs=ROUNDING)


def test_python_gives_a_widget_rows_of_the_right_width(made, data):
    pytest.importorskip("anywidget", reason="the widget needs anywidget, which is not installed")
    widget = made.widget()
    assert (widget.html, widget.row, widget.answer) == (made.html, [], [])
    widget.row = data[0][3]
    assert widget.row == data[0][3].tolist()
    for row, says in (([1, 2], r"row holds 2 numbers, but the model has 64 features"), ([np.nan] * 64, "not finite")):
        with pytest.raises(ValueError, match=says):
            widget.row = row
    assert widget.row == data[0][3].tolist()


def test_without_anywidget_a_sentence_says_what_to_install(made, monkeypatch):
    monkeypatch.setitem(sys.modules, "anywidget", None)
    monkeypatch.delitem(sys.modules, "deepbelief.page.widget", raising=False)
    with pytest.raises(ImportError, match=r"a widget needs anywidget, .* pip install 'deepbelief\[notebook\]'"):
        made.widget()
