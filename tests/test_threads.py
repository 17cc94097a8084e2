"""Work for many is done in a thread, for few at once."""

import threading

import pytest

from bot.threads import MANY, aside_if_many


@pytest.mark.parametrize(("number", "aside"), [(0, False), (MANY, False), (MANY + 1, True)])
async def test_only_work_for_many_is_done_in_a_thread(number: int, aside: bool):
    done_by = await aside_if_many(range(number), threading.get_ident)
    assert (done_by != threading.get_ident()) is aside


async def test_an_error_of_the_work_is_raised():
    with pytest.raises(ZeroDivisionError):
        await aside_if_many(range(MANY + 1), lambda: 1 / 0)
