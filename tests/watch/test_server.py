"""The server answers its own page with its own token, and stays up whoever connects."""

import http.client
import json
import socket
from contextlib import ExitStack, suppress

import pytest

from deepbelief.watch import bound
from deepbelief.watch.board import Board
from watch.running import BUTTON, OWN, PORT, TOKEN, answer


@pytest.fixture(autouse=True)
def _server_is_installed():
    for name in ("starlette", "uvicorn"):
        pytest.importorskip(name, reason=f"the live page needs {name}, which is not installed")


@pytest.fixture
def asked():
    return []


@pytest.fixture
def app(asked):
    from deepbelief.watch.server import application

    return application("<p>the page</p>", Board(), asked.append, TOKEN, PORT)


def test_the_page_comes_to_who_has_the_token(app):
    status, body, headers = answer(app)
    assert (status, body) == (200, "<p>the page</p>")
    assert (b"x-frame-options", b"DENY") in headers
    assert (b"cache-control", b"no-store") in headers


@pytest.mark.parametrize("path,method", [("/", "GET"), ("/events", "GET"), ("/stop", "POST")])
@pytest.mark.parametrize(
    "headers,token,words",
    [
        (BUTTON, None, "token"),
        (BUTTON, "secre", "token"),
        (BUTTON, "ü", "token"),
        (BUTTON | {"host": "evil.example"}, TOKEN, "own address"),
        (BUTTON | {"host": "127.0.0.1:80"}, TOKEN, "own address"),
        ({}, TOKEN, "own address"),
        (OWN | {"origin": "http://evil.example"}, TOKEN, "own page"),
        (OWN | {"origin": "null"}, TOKEN, "own page"),
    ],
)
def test_others_are_refused(app, asked, path, method, headers, token, words):
    status, body, _ = answer(app, path, method, headers, token)
    assert status == 403
    assert words in body
    assert asked == []


def test_buttons_are_pressed_from_the_page_only(app, asked):
    assert answer(app, "/pause", "POST", BUTTON)[0] == 200
    assert answer(app, "/pause", "POST", OWN)[0] == 403
    assert answer(app, "/pause", "GET", BUTTON)[0] == 405
    assert asked == ["pause"]


@pytest.fixture
def room_for_sockets():
    """A process may often have a thousand files open, both ends of connections among them."""
    resource = pytest.importorskip("resource", reason="locks differ on Windows")
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(hard, 4096)), hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_a_thousand_connections_and_one_that_reads_nothing(asked, room_for_sockets):
    from deepbelief.watch.server import Server

    board = Board()
    server = Server("<p>the page</p>", board, asked.append, bound(0))
    host, query = server.url.removeprefix("http://").split("/")
    port = int(host.split(":")[1])

    def page():
        connection = http.client.HTTPConnection(host, timeout=60)
        with suppress(OSError, http.client.HTTPException):
            connection.request("GET", f"/{query}")
            return connection.getresponse().read()

    try:
        board.put("begin")
        reader = http.client.HTTPConnection(host, timeout=60)
        reader.request("GET", f"/events{query}")
        events = reader.getresponse()
        assert events.readline() == b"data: begin\n"
        with ExitStack() as stack:
            deaf = stack.enter_context(socket.create_connection(("127.0.0.1", port)))
            deaf.sendall(f"GET /events{query} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
            for _ in range(1000):
                stack.enter_context(socket.create_connection(("127.0.0.1", port)))
            for number in range(20):
                board.put(f"{number} {'x' * 100_000}")  # more than the buffers of a connection hold
            lines = iter(events.readline, b"")
            assert any(line.startswith(b"data: 19 x") for line in lines)
        assert any(page() == b"<p>the page</p>" for _ in range(1000))  # as soon as the crowd has left
    finally:
        server.close({"state": "over"})
    assert page() is None
    assert json.loads(next(line for line in events if line.startswith(b"data: {"))[6:]) == {"state": "over"}


def test_a_port_in_use_is_refused_in_a_sentence():
    with bound(0) as other:
        port = other.getsockname()[1]
        with pytest.raises(ValueError, match=rf"port {port} cannot be used by --watch \(address already in use\); say"):
            bound(port)
