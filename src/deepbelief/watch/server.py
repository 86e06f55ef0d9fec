"""The server of the live page: a page, a stream of events, and three buttons."""

import json
import socket
from collections.abc import Callable

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response, StreamingResponse

from deepbelief.annotations import JsonObject
from deepbelief.watch.board import Board
from deepbelief.watch.guarding import Serving, guarded

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

    async def page(_: Request) -> Response:
        return HTMLResponse(html)

    async def events(_: Request) -> Response:
        stream = (f"data: {text}\n\n" if text else ": still here\n\n" async for text in board.texts())
        return StreamingResponse(stream, media_type="text/event-stream")

    async def button(request: Request) -> Response:
        ask(request.path_params["what"])
        return JSONResponse({})

    return guarded([("GET", "/", page), ("GET", "/events", events), ("POST", "/{what:path}", button)], token, port)


class Server(Serving):
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
        self._board = board
        super().__init__(lambda token, port: application(html, board, ask, token, port), listening)

    def close(self, last: JsonObject) -> None:
        """Send a last state, and end."""
        self._board.put(json.dumps(last), last=True)
        self.end()
