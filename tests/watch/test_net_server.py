"""The page of a net that is too large for a file: its server, and the page in a browser."""

import json

import numpy as np
import pytest

from deepbelief.estimators.exploring import page_for
from deepbelief.watch import bound
from page.digit_net import digit_net, some_digits
from watch.running import OWN, PORT, TOKEN, answer

ADDRESS = "http://127.0.0.1:1"  # where nobody listens: the test answers in the place of a server


@pytest.fixture(scope="module")
def data():
    return some_digits()


@pytest.fixture(scope="module")
def net():
    return digit_net(12)


@pytest.fixture(scope="module")
def page(net, data):
    return page_for(net, *data, title="served", served=True)


@pytest.fixture
def installed():
    for name in ("starlette", "uvicorn"):
        pytest.importorskip(name, reason=f"the live page needs {name}, which is not installed")


def test_the_page_holds_no_net_and_asks_its_server_only(page):
    assert len(page.html) < 200_000
    assert "connect-src 'self'" in page.html
    assert json.loads(page.net)["title"] == "served"


def test_page_and_net_come_to_who_has_the_token(installed, page):
    from deepbelief.watch.net_server import net_application

    app = net_application(page, TOKEN, PORT)
    assert answer(app)[:2] == (200, page.html)
    assert answer(app, "/net")[:2] == (200, page.net)
    for path in ("/", "/net"):
        assert answer(app, path, token="other")[0] == 403
        assert answer(app, path, headers=OWN | {"origin": "http://evil.example"})[0] == 403


def test_a_server_can_be_waited_for_and_ended(installed, page):
    from deepbelief.watch.net_server import NetServer

    server = NetServer(page, bound(0, "--serve"))
    assert "/?token=" in server.url
    server.end()
    server.wait()


@pytest.fixture
def opened(browser, page):
    """Open the page, whose question for the net is answered or not, and return it with what it said."""
    context = browser.new_context()

    def open_with(net):
        shown, said = context.new_page(), []
        shown.set_default_timeout(10_000)
        shown.on("console", lambda message: said.append(message.text))
        shown.on("pageerror", lambda error: said.append(str(error)))
        shown.route(f"{ADDRESS}/?token=secret", lambda route: route.fulfill(body=page.html, content_type="text/html"))
        shown.route(
            f"{ADDRESS}/net?token=secret",
            lambda route: route.abort() if net is None else route.fulfill(body=net, content_type="application/json"),
        )
        shown.goto(f"{ADDRESS}/?token=secret#row=3")
        return shown, said

    yield open_with
    context.close()


def test_the_page_asks_for_its_net_and_computes_with_it(opened, page, net, data):
    shown, said = opened(page.net)
    shown.get_by_text("it asks its server for the net, and for nothing else").wait_for()
    answered = shown.evaluate("[Array.from(explored.seen.x), Array.from(explored.seen.answer)]")
    assert np.abs(np.array(answered[0]) - data[0][2]).max() <= 0.5 / 255 + 1e-6
    assert np.abs(net.predict_proba(np.array(answered[:1], np.float32))[0] - answered[1]).max() < 1e-5
    assert said == []


def test_a_server_that_has_ended_is_said(opened):
    shown, _ = opened(None)
    shown.get_by_text("The server of this page has ended: begin it again with deepbelief explore --serve.").wait_for()
