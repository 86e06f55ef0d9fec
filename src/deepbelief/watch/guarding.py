"""What the servers of this room have in common: whom they answer, how many connections there are, and a thread."""

import secrets
import socket
import threading
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from uvicorn.protocols.http.h11_impl import H11Protocol

MOST_CONNECTIONS = 100  # a file is open for each, and the training needs some as well
_HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Resource-Policy": "same-origin",
}

Answer = Callable[[Request], Awaitable[Response]]


def guarded(answers: Sequence[tuple[str, str, Answer]], token: str, port: int) -> Starlette:
    """Return an application that answers its own page only.

    Parameters
    ----------
    answers : sequence of (str, str, callable)
        A method, a path, and what is answered.
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

    def asked(answer: Answer) -> Answer:
        async def answered(request: Request) -> Response:
            why = refusal(request)
            response = PlainTextResponse(why, 403) if why else await answer(request)
            response.headers.update(_HEADERS)
            return response

        return answered

    return Starlette(routes=[Route(path, asked(answer), methods=[method]) for method, path, answer in answers])


class Serving:
    """An application in a thread of its own.

    Parameters
    ----------
    application : callable
        Makes it of its token and its port.
    listening : socket
        Bound to an address of this computer.

    Attributes
    ----------
    url : str
        Where its page is.
    """

    def __init__(self, application: Callable[[str, int], Starlette], listening: socket.socket) -> None:
        token, port = secrets.token_urlsafe(32), listening.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}/?token={token}"
        config = uvicorn.Config(
            application(token, port),
            http=_Bounded,
            lifespan="off",
            log_config=None,
            access_log=False,
            timeout_keep_alive=5,
            timeout_graceful_shutdown=1,
        )
        self._socket = listening
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, args=([listening],), daemon=True, name="watch")
        self._thread.start()

    def wait(self) -> None:
        """Wait until the server ends, or Ctrl-C."""
        while self._thread.is_alive():
            self._thread.join(0.5)  # forever could not be interrupted on every system

    def end(self) -> None:
        """Answer no more: pages that still read are left within a second or two."""
        self._server.should_exit = True
        self._thread.join(5)
        self._socket.close()


class _Bounded(H11Protocol):
    """Connections, of which those beyond a bound are closed at once."""

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        if len(self.connections) > MOST_CONNECTIONS:
            transport.abort()
