"""A server that listens to nobody, in the place of the one that needs starlette."""

import sys
from dataclasses import dataclass
from types import ModuleType

import pytest


@dataclass
class Reports:
    """Stands for the server: keeps what would be sent."""

    html: str
    board: object
    ask: object
    listening: object
    url: str = "http://127.0.0.1/"

    def close(self, last):
        self.last = last
        self.listening.close()


@pytest.fixture
def server(monkeypatch):
    """Replace the server, which needs starlette; return where the one that is made can be found."""
    made, module = [], ModuleType("deepbelief.watch.server")

    def make(*parts):
        made.append(Reports(*parts))
        return made[-1]

    module.Server = make
    monkeypatch.setitem(sys.modules, "deepbelief.watch.server", module)
    monkeypatch.setattr("deepbelief.watch.watching.BETWEEN_VIEWS", 0.0)
    monkeypatch.setattr("deepbelief.watch.watching.SHARE", float("inf"))
    return made
