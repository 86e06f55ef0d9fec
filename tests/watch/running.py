"""Coroutines, run in a thread of their own: the browser of other tests keeps a loop running in the main one.

And applications, which are asked without a network.
"""

import asyncio
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any

TOKEN, PORT = "secret", 4321
OWN = {"host": f"127.0.0.1:{PORT}"}
BUTTON = OWN | {"origin": f"http://127.0.0.1:{PORT}"}


def completed(coroutine: Coroutine) -> Any:
    """Return what a coroutine returns."""
    with ThreadPoolExecutor(1) as threads:
        return threads.submit(asyncio.run, coroutine).result()


def answer(app, path="/", method="GET", headers=OWN, token=TOKEN):
    """Ask an application, and return its status, its body and its headers."""
    sent = []

    async def receive():
        return {"type": "http.request"}

    async def send(message):
        sent.append(message)

    scope = {
        "type": "http", "method": method, "path": path, "raw_path": path.encode(), "root_path": "",
        "query_string": b"" if token is None else f"token={token}".encode(), "http_version": "1.1", "scheme": "http",
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
    }  # fmt: skip
    completed(app(scope, receive, send))
    return sent[0]["status"], b"".join(message.get("body", b"") for message in sent[1:]).decode(), sent[0]["headers"]
