"""The live page in a browser: every stage of a training on a desk and on a phone, its buttons, and its end."""

import json

import numpy as np
import pandas as pd
import pytest

from deepbelief.experiment import Training, TrainingSettings
from deepbelief.watch import Watch, bound

# With so small steps nothing is learned, and the diagnosis says so.
NETWORK = {
    "hidden_layer_sizes": (12, 8), "pretrain_epochs": 2, "softmax_epochs": 1, "finetune_epochs": 1,
    "batch_size": 100, "pretrain_learning_rate": 1e-7,
}  # fmt: skip
SCREENS = {
    "desk": {"viewport": {"width": 1440, "height": 900}},
    "phone": {"viewport": {"width": 390, "height": 844}, "color_scheme": "dark", "is_mobile": True},
}
ADDRESS = "http://127.0.0.1:1"  # where nobody listens: the test answers in the place of a server
EVENTS = (
    "window.EventSource = class extends EventTarget { constructor() { super(); window.events = this; } close() {} }"
)
# What is wider than the place that it has: an element with more in it, or a word of a picture beyond its edge.
CUT = """[...document.querySelectorAll(".card *")].filter((e) => {
    if (e instanceof HTMLElement) return e.clientWidth && e.scrollWidth > e.clientWidth + 1;
    const [word, picture] = [e, e.ownerSVGElement ?? e].map((one) => one.getBoundingClientRect());
    return e.tagName === "text" && (word.left < picture.left - 1 || word.right > picture.right + 1);
}).map((e) => e.outerHTML)"""


@pytest.fixture
def stages(server, tmp_path):
    """Train a net, and return its live page with all that was sent to it."""

    def run(data="digits", network=NETWORK, **settings):
        sent = []
        settings = TrainingSettings(data, out=tmp_path / "run", network=network, **settings)
        with Training(settings) as training, Watch(training, bound(0)) as watch:
            put = server[0].board.put
            server[0].board.put = lambda text, last=False: (sent.append(json.loads(text)), put(text, last))
            list(watch.along())
        return server[0].html, [*sent, server[0].last]

    return run


@pytest.fixture
def opened(browser):
    """Open a live page, and find in the end that it complained of nothing and asked for nothing but its buttons."""
    said, asked, contexts = [], [], []

    def open_on(html, screen="desk"):
        context = browser.new_context(**SCREENS[screen])
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(10_000)
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.add_init_script(EVENTS)

        def answer(route):
            asked.append(f"{route.request.method} {route.request.url.removeprefix(ADDRESS)}")
            route.fulfill(body=html, content_type="text/html")

        page.route(f"{ADDRESS}/**", answer)
        page.goto(f"{ADDRESS}/?token=secret")
        return page

    open_on.asked = asked
    yield open_on
    for context in contexts:
        context.close()
    assert said == []
    assert set(asked) <= {f"{what}?token=secret" for what in ("GET /", "POST /pause", "POST /resume", "POST /stop")}


def send(page, state):
    page.evaluate("data => events.dispatchEvent(new MessageEvent('message', { data }))", json.dumps(state))


@pytest.mark.parametrize("screen", SCREENS)
def test_every_stage_is_shown_whole(opened, stages, screen):
    html, sent = stages()
    page = opened(html, screen)
    for stage in sent:
        send(page, stage)
        last, view = stage["epochs"][-1], stage["view"]
        assert f"{last['place']}: epoch {last['epoch']} of {last['of']}" in page.locator("header").inner_text()
        pictures = page.locator(".units canvas").count()
        if view.get("network"):
            assert pictures == (24 if view["moved"] else 12)
            assert page.locator(".judgement").count() == 12
            table = page.locator(".confusion tr").all_inner_texts()
            assert [line.split()[0] for line in table[1:]] == view["names"]
        else:
            assert pictures == (12, 8)[view["layer"] - 1]
            assert page.locator(".pairs canvas").count() == 2 * page.locator(".samples canvas").count() == 24
            assert "identical reconstructions" in page.locator(".findings").inner_text()
        assert page.locator(".curves svg").count() == len({"loss"} & set(last)) * 2 + 2
        assert page.evaluate("document.documentElement.scrollWidth") == SCREENS[screen]["viewport"]["width"]
        assert page.evaluate(CUT) == []
    assert "Learned. The report and the page of the net are in" in page.locator("header").inner_text()
    assert page.get_by_role("button", name="Pause").is_disabled()


def test_its_buttons_ask(opened, stages):
    html, sent = stages()
    page = opened(html)
    for state, name in (("training", "Pause"), ("paused", "Go on"), ("training", "Stop and keep")):
        send(page, sent[0] | {"state": state})
        with page.expect_response(f"{ADDRESS}/**"):
            page.get_by_role("button", name=name).click()
    assert [one.split("?")[0] for one in opened.asked[1:]] == ["POST /pause", "POST /resume", "POST /stop"]
    send(page, sent[0] | {"state": "stopped"})
    assert "To go on: deepbelief train --resume" in page.locator("header").inner_text()


def test_a_lost_connection_is_said_until_it_is_back(opened, stages):
    html, sent = stages()
    page = opened(html)
    send(page, sent[0])
    page.evaluate("events.dispatchEvent(new Event('error'))")
    assert "The connection is lost. Training goes on without this page." in page.locator("header").inner_text()
    send(page, sent[1])
    assert "Learning." in page.locator("header").inner_text()
    assert page.get_by_role("button", name="Pause").is_enabled()


@pytest.mark.parametrize("screen", SCREENS)
def test_a_table_is_shown_as_bars_and_its_predictions_as_dots(opened, stages, tmp_path, screen):
    X = np.random.default_rng(0).normal(size=(80, 3))
    table = pd.DataFrame(X, columns=["a", "b", "c"]).assign(price=100 + X @ [5, 1, 0])
    table.to_csv(tmp_path / "prices.csv", index=False)
    network = {name.replace("softmax", "output"): value for name, value in NETWORK.items()}
    html, sent = stages(str(tmp_path / "prices.csv"), network, reading={"target": "price", "task": "regress"})
    page = opened(html, screen)
    for stage in sent:
        send(page, stage)
        assert page.get_by_text("columns from top to bottom").count() > 0
        assert page.evaluate(CUT) == []
    assert page.locator(".samples circle").count() == len(sent[-1]["view"]["points"])
