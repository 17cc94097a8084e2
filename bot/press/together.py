"""Work on many rows, some of them at once."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TypeVar

T = TypeVar("T")


async def together(
    rows: AsyncIterator[T], work: Callable[[T], Awaitable[None]], at_once: int
) -> int:
    """Work on every row, so many at once; returns how many there were.

    After an error, which is raised at the end, no other row is begun.
    """
    one_asks, failures = asyncio.Lock(), list[Exception]()

    async def worker() -> int:
        done = 0
        while not failures:
            async with one_asks:
                row = await anext(rows, None)
            if row is None:
                break
            done += 1
            try:
                await work(row)
            except Exception as error:  # noqa: BLE001 - raised below
                failures.append(error)
        return done

    workers = [asyncio.create_task(worker()) for _ in range(at_once)]
    try:
        done = sum(await asyncio.gather(*workers))
    finally:
        for one in workers:
            one.cancel()
        await asyncio.gather(*workers, return_exceptions=True)
    if failures:
        raise failures[0]
    return done
