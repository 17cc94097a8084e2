"""Work on many rows, several at a time."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TypeVar

T = TypeVar("T")


async def together(
    rows: AsyncIterator[T], work: Callable[[T], Awaitable[None]], at_once: int
) -> int:
    """Work on every row, a limited number at a time; returns how many rows there were.

    After an error no other row is begun; the error is raised at the end.
    """
    first = await anext(rows, None)
    if first is None:  # as in most ticks, which should not pay for workers
        return 0
    return await _by_workers(_behind(first, rows), work, at_once)


async def _behind(first: T, rows: AsyncIterator[T]) -> AsyncIterator[T]:
    yield first
    async for row in rows:
        yield row


async def _by_workers(
    rows: AsyncIterator[T], work: Callable[[T], Awaitable[None]], at_once: int
) -> int:
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
