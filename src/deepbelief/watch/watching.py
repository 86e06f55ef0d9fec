"""Between a training and its live page: what is sent to the page, and what its buttons ask for."""

import importlib.util
import json
import socket
import threading
import time
from collections.abc import Iterator
from typing import Self

import numpy as np

from deepbelief.annotations import JsonObject
from deepbelief.command_line import in_options
from deepbelief.core.progress import EpochRecord
from deepbelief.datasets.dataset import square_shape
from deepbelief.experiment.network_view import NetworkView
from deepbelief.experiment.training import Training
from deepbelief.experiment.watching import Onlooker, View
from deepbelief.page.encoding import encoded_pixels
from deepbelief.page.inlining import document
from deepbelief.watch.board import Board

BETWEEN_VIEWS = 1.0  # seconds: pictures of epochs that follow each other faster are left out
SHARE = 0.05  # of the time that looking may take, beside the looks at the end of each phase
_WHILE_PAUSED = 0.2  # seconds between two looks at whether a signal has come


def check_installed(option: str = "--watch") -> None:
    """Refuse to begin where there is no server for what an option asks for.

    Raises
    ------
    ValueError
    """
    missing = [name for name in ("starlette", "uvicorn") if importlib.util.find_spec(name) is None]
    if missing:
        raise ValueError(
            f"{option} needs {' and '.join(missing)}, which this Python does not have; pip install "
            f"'deepbelief[serve]', or leave {option} out."
        )


class Watch:
    """A live page of a training, as long as the ``with`` block around it lasts.

    Parameters
    ----------
    training : Training
    listening : socket
        From :func:`bound`.

    Attributes
    ----------
    url : str
        Where the page is.
    """

    def __init__(self, training: Training, listening: socket.socket) -> None:
        from deepbelief.watch.server import Server

        self._training, self._onlooker = training, Onlooker(training)
        self._board, self._asked = Board(), threading.Event()
        self._is_paused, self._next_look = False, float("-inf")
        self._view: JsonObject = {}
        self._state = "reading"
        html = document("watch.mjs", ("base", "controls", "watch"), self._about(), title="deepbelief watch", live=True)
        self._server = Server(html, self._board, self._ask, listening)
        self.url = self._server.url
        self._put()

    def __enter__(self) -> Self:
        self._training.between_steps = self._wait_while_paused
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        over = "over" if kind is None else "stopped" if issubclass(kind, KeyboardInterrupt) else "failed"
        self._server.close(self._seen() | {"state": over})

    def along(self) -> Iterator[EpochRecord]:
        """Train, and show each epoch."""
        for record in self._training:
            self._state = "training"
            self._onlooker.noticed(record)
            begin = time.monotonic()
            if record.epoch == record.n_epochs or begin > self._next_look:
                view = self._onlooker.view()
                if view is not None:
                    self._view = _network_packed(view) if isinstance(view, NetworkView) else _packed(view)
                end = time.monotonic()
                self._next_look = end + max(BETWEEN_VIEWS, (end - begin) / SHARE)
            self._put()
            yield record

    def _ask(self, what: str) -> None:
        """Do what a button asks for: called by the thread of the server."""
        if what == "stop":
            self._training.stopping = True
        if what in ("pause", "resume", "stop"):
            self._is_paused = what == "pause"
            self._asked.set()
            self._put()

    def _wait_while_paused(self) -> None:
        while self._is_paused and not self._training.stopping:
            self._asked.wait(_WHILE_PAUSED)
            self._asked.clear()

    def _put(self) -> None:
        self._board.put(json.dumps(self._seen()))

    def _seen(self) -> JsonObject:
        records = self._onlooker.records
        state = "stopping" if self._training.stopping else "paused" if self._is_paused else self._state
        return {
            "state": state,
            "left": getattr(self._training, "seconds_left", None),
            "epochs": [
                {"place": record.place.label, "epoch": record.epoch, "of": record.n_epochs} | _finite(record.metrics)
                for record in records
            ],
            "view": self._view,
        }

    def _about(self) -> JsonObject:
        """Return what does not change while the net learns."""
        data = self._training.dataset
        n_features = data.images.shape[1]
        shape = data.image_shape or (None if data.schema is not None else square_shape(n_features))
        return {
            "title": data.name,
            "layers": list(self._training.network["hidden_layer_sizes"]),
            "phases": [phase.place.title for phase in self._training.phases],
            "shape": None if shape is None else list(shape),
            "out": str(self._training.out),
            "resume": self._training.resume_command,
        }


def _packed(view: View) -> JsonObject:
    """Return a view of a layer as JSON can hold it."""
    low, high = float(view.rows.min()), float(view.rows.max())
    pictures = {name: encoded_pixels(getattr(view, name), low, high) for name in ("rows", "reconstructions", "samples")}
    return {
        "layer": view.layer,
        "units": _changes(view.units, np.abs(view.units).max(axis=1, keepdims=True)),
        **pictures,
        "findings": [
            {
                "name": one.name.replace("-", " "),
                "where": one.where,
                "evidence": one.evidence,
                "advice": in_options(one.advice),
            }
            for one in view.findings
        ],
    }


def _network_packed(view: NetworkView) -> JsonObject:
    """Return a view of a network as JSON can hold it."""
    n_rows = len(view.rows)
    about: JsonObject = {
        "network": True,
        "units": _changes(view.units, np.abs(view.units).max(axis=1, keepdims=True)),
        "changes": _changes(
            view.changes, np.abs(view.changes).max()
        ),  # of one scale: units that changed most stand out
        "moved": view.moved,
        "rows": encoded_pixels(view.rows, float(view.rows.min()), float(view.rows.max())),
        "heldOut": view.are_held_out,
        "names": view.names,
        "truth": view.truth[:n_rows].tolist(),
        "answers": np.round(view.answers[:n_rows].astype(float), 4).tolist(),
    }
    if view.names:
        return about | {"confusion": view.confusion.tolist()}
    return about | {"points": np.round(np.stack([view.truth, view.answers], axis=1).astype(float), 4).tolist()}


def _changes(values: np.ndarray, sizes: np.ndarray | np.floating) -> JsonObject:
    """Return changes as shares of some sizes, between −1 and 1."""
    return encoded_pixels(values / np.where(sizes > 0, sizes, 1), -1, 1)


def bound(port: int, option: str = "--watch") -> socket.socket:
    """Return a socket of this computer that no other program has; `port` 0 stands for any that is free.

    Parameters
    ----------
    port : int
    option : str, default="--watch"
        Of the command, that needs it.

    Raises
    ------
    ValueError
        If another program has it.
    """
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        listening.bind(("127.0.0.1", port))
        listening.listen()  # a browser that comes before the server waits for it
    except OSError as error:
        listening.close()
        raise ValueError(
            f"port {port} cannot be used by {option} ({(error.strerror or str(error)).lower()}); say another with "
            f"{option}-port, or leave it out, which takes a free one"
        ) from None
    return listening


def _finite(metrics: dict[str, float]) -> dict[str, float]:
    return {name: float(value) for name, value in metrics.items() if np.isfinite(value)}
