"""The server of a net that is too large for a page: the page, and the net, which it asks for."""

import socket

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from deepbelief.page import Page
from deepbelief.watch.guarding import Serving, guarded


def net_application(page: Page, token: str, port: int) -> Starlette:
    """Return the application; see :func:`~deepbelief.watch.guarding.guarded`."""
    net = page.net.encode()

    async def shown(_: Request) -> Response:
        return HTMLResponse(page.html)

    async def asked(_: Request) -> Response:
        return Response(net, media_type="application/json")

    return guarded([("GET", "/", shown), ("GET", "/net", asked)], token, port)


class NetServer(Serving):
    """The application in a thread of its own, until ``end()``.

    Parameters
    ----------
    page : Page
        Of a net that it does not hold itself.
    listening : socket
        Bound to an address of this computer.
    """

    def __init__(self, page: Page, listening: socket.socket) -> None:
        super().__init__(lambda token, port: net_application(page, token, port), listening)
