"""The newest state of a training, between the thread that trains and those who read."""

import asyncio
import threading
from collections.abc import AsyncIterator

HEARTBEAT = 15.0  # seconds after which a reader is sent a sign of life, which shows whether it is still there


class Board:
    """Holds one text; a new one takes its place, whether the old one was read or not."""

    def __init__(self) -> None:
        self._text, self._version, self._is_closed = "", 0, False
        self._lock = threading.Lock()
        self._waiting: set[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = set()

    def put(self, text: str, last: bool = False) -> None:
        """Show another text, from any thread; after the `last` one, readers are let go."""
        with self._lock:
            self._text, self._version, self._is_closed = text, self._version + 1, last
            waiting, self._waiting = self._waiting, set()
        for loop, event in waiting:
            if not loop.is_closed():
                loop.call_soon_threadsafe(event.set)

    async def texts(self) -> AsyncIterator[str]:
        """Yield the newest text whenever there is a new one; "" as a sign of life."""
        seen = 0
        while True:
            entry = (asyncio.get_running_loop(), asyncio.Event())
            with self._lock:
                text, version, is_closed = self._text, self._version, self._is_closed
                if version == seen and not is_closed:
                    self._waiting.add(entry)
            if version > seen:
                seen = version
                yield text
                continue
            if is_closed:
                return
            try:
                is_new = await _happens(entry[1])
            finally:
                self._waiting.discard(entry)
            if not is_new:
                yield ""


async def _happens(event: asyncio.Event) -> bool:
    try:
        return await asyncio.wait_for(event.wait(), HEARTBEAT)
    except TimeoutError:
        return False
