"""What is shown of a training while it goes on, to readers of every speed."""

import asyncio

import pytest

from deepbelief.watch.board import Board
from watch.running import completed


async def taken(texts, n):
    return [await anext(texts) for _ in range(n)]


def test_a_reader_gets_the_newest_text_and_then_each_that_it_waits_for():
    async def read():
        board, seen = Board(), []
        board.put("one")
        board.put("two")
        texts = board.texts()
        seen.append(await anext(texts))
        waiting = asyncio.create_task(anext(texts))
        await asyncio.sleep(0)  # lets it begin to wait
        board.put("three")
        seen.append(await waiting)
        return seen

    assert completed(read()) == ["two", "three"]


def test_a_reader_that_reads_nothing_is_sent_the_newest_only_and_nothing_piles_up():
    async def read():
        board = Board()
        board.put("begin")
        texts = board.texts()
        await anext(texts)
        for number in range(1000):
            board.put(str(number))
        return await anext(texts), len(board._waiting)

    assert completed(read()) == ("999", 0)


def test_readers_are_let_go_after_the_last_text():
    async def read():
        board = Board()
        reading = [asyncio.create_task(read_all(board)) for _ in range(3)]
        await asyncio.sleep(0)
        assert len(board._waiting) == 3
        board.put("over", last=True)
        return await asyncio.gather(*reading), len(board._waiting)

    async def read_all(board):
        return [text async for text in board.texts()]

    assert completed(read()) == ([["over"]] * 3, 0)


def test_a_sign_of_life_is_sent_where_nothing_happens(monkeypatch):
    monkeypatch.setattr("deepbelief.watch.board.HEARTBEAT", 0.0)

    async def read():
        board = Board()
        return await anext(board.texts()), len(board._waiting)

    assert completed(read()) == ("", 0)


def test_a_text_may_come_from_another_thread():
    async def read():
        board = Board()
        texts = board.texts()
        waiting = asyncio.create_task(anext(texts))
        await asyncio.sleep(0)
        await asyncio.get_running_loop().run_in_executor(None, board.put, "from a thread")
        return await asyncio.wait_for(waiting, 60)

    assert completed(read()) == "from a thread"


def test_a_reader_that_has_left_is_forgotten():
    board = Board()

    async def leave():
        reading = asyncio.create_task(anext(board.texts()))
        await asyncio.sleep(0)
        reading.cancel()
        with pytest.raises(asyncio.CancelledError):
            await reading

    completed(leave())
    assert board._waiting == set()
    board.put("later")
