"""The thread in which feeds are read."""

import asyncio
from functools import partial
from threading import Thread, current_thread

from bot.origins.feeds.parser_thread import RENEWED_AFTER, ParserThread


async def test_the_thread_is_replaced_after_so_many_bytes_and_ends():
    thread = ParserThread()
    used = [await thread.run(current_thread, RENEWED_AFTER // 2) for _ in range(6)]
    assert [used.count(one) for one in used] == [2] * 6
    await asyncio.to_thread(used[0].join)


async def test_feeds_are_read_one_after_another_also_while_the_thread_is_replaced():
    thread, order = ParserThread(), list[int]()
    reads = [thread.run(partial(order.append, number), 1) for number in range(50)]
    await asyncio.gather(*reads)
    assert order == [*range(50)]
    ran: list[Thread] = []
    await asyncio.gather(
        *(thread.run(lambda: ran.append(current_thread()), RENEWED_AFTER) for _ in range(10))
    )
    assert len({*ran}) >= 9
