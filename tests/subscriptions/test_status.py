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
