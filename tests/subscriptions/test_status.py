"""What a digest's status tells of its editions."""

from tests.delivery.harness import (
    DAY,
    GUILD,
    MORNING,
    TARGET,
    Harness,
    story,
)

TODAY = MORNING.date()


async def test_a_status_tells_of_the_last_editions_newest_first(harness: Harness):
    await harness.load(*(story(n, 100, n * DAY) for n in range(1, 6)))
    await harness.follow()
    for day in range(7):
        await harness.tick(at=MORNING + day * DAY)
    status = await harness.statuses.of_channel(TARGET)
    assert status is not None
    assert [one.local_date for one in status.last] == [TODAY + n * DAY for n in range(6, 1, -1)]
    assert await harness.statuses.of_server(GUILD) == [status]


async def test_a_try_that_found_nothing_takes_no_editions_place(harness: Harness):
    await harness.load(*(story(n, 100, n * DAY) for n in range(1, 3)))
    await harness.settings.set_for_channel(TARGET, "quiet_day", "skip", by=1)
    await harness.follow()
    await harness.tick(at=MORNING)
    for _ in range(10):
        await harness.on_demand.post_now(TARGET)
    await harness.tick(after=DAY)
    status = await harness.statuses.of_channel(TARGET)
    assert status is not None
    assert [(one.local_date, one.slot) for one in status.last] == [(TODAY + DAY, 1), (TODAY, 1)]
    assert len(await harness.editions()) == 12
