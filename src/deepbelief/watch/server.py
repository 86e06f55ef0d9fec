"""The server: a page, a stream of events, and three buttons, for browsers that know the token."""

import json
import secrets
import socket
import threading
from collections.abc import Awaitable, Callable
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route
from uvicorn.protocols.http.h11_impl import H11Protocol

from deepbelief.annotations import JsonObject
from deepbelief.watch.board import Board

MOST_CONNECTIONS = 100  # a file is open for each, and the training needs some as well
_HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Resource-Policy": "same-origin",
}

Ask = Callable[[str], None]


def application(html: str, board: Board, ask: Ask, token: str, port: int) -> Starlette:
    """Return the application.

    Parameters
    ----------
    html : str
        The page.
    board : Board
        What is sent to it.
    ask : callable
        Told "pause", "resume" or "stop" when a button is pressed.
    token : str
        Who does not name it in the query is refused.
    port : int
        Of the server, which other hosts and origins than its own are compared with.
    """
    hosts = {f"127.0.0.1:{port}", f"localhost:{port}"}
    origins = {f"http://{host}" for host in hosts}

    def refusal(request: Request) -> str:
        if request.headers.get("host") not in hosts:
            return "This server answers to its own address only."
        origin = request.headers.get("origin")
        if origin not in origins and (origin is not None or request.method == "POST"):
            return "This server answers to its own page only."
        if not secrets.compare_digest(request.query_params.get("token", "").encode(), token.encode()):
            return "The address lacks the token that deepbelief has printed."
        return ""

    def guarded(answer: Callable[[Request], Awaitable[Response]]) -> Callable[[Request], Awaitable[Response]]:
        async def answered(request: Request) -> Response:
            why = refusal(request)
            response = PlainTextResponse(why, 403) if why else await answer(request)
            response.headers.update(_HEADERS)
            return response

        return answered

    async def page(_: Request) -> Response:
        return HTMLResponse(html)

    async def events(_: Request) -> Response:
        stream = (f"data: {text}\n\n" if text else ": still here\n\n" async for text in board.texts())
        return StreamingResponse(stream, media_type="text/event-stream")

    async def button(request: Request) -> Response:
        ask(request.path_params["what"])
        return JSONResponse({})

    return Starlette(
        routes=[
            Route("/", guarded(page)),
            Route("/events", guarded(events)),
            Route("/{what:path}", guarded(button), methods=["POST"]),
        ]
    )


class Server:
    """The application in a thread of its own.

    Parameters
    ----------
    html : str
    board : Board
    ask : callable
    listening : socket
        Bound to an address of this computer.
    """

    def __init__(self, html: str, board: Board, ask: Ask, listening: socket.socket) -> None:
        self._board, self._socket = board, listening
        token, port = secrets.token_urlsafe(32), listening.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}/?token={token}"
        config = uvicorn.Config(
            application(html, board, ask, token, port),
            http=_Bounded,
            lifespan="off",
            log_config=None,
            access_log=False,
            timeout_keep_alive=5,
            timeout_graceful_shutdown=1,
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, args=([listening],), daemon=True, name="watch")
        self._thread.start()

    def close(self, last: JsonObject) -> None:
        """Send a last state, and end: pages that do not read it are left within a second or two."""
        self._board.put(json.dumps(last), last=True)
        self._server.should_exit = True
        self._thread.join(5)
        self._socket.close()


class _Bounded(H11Protocol):
    """Connections, of which those beyond a bound are closed at once."""

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        if len(self.connections) > MOST_CONNECTIONS:
            transport.abort()
