"""When a feed is asked next."""

from datetime import datetime

from bot.stories.feeds import FeedState


def corrected(state: FeedState, now: datetime, *, wanted: bool, jitter: float) -> FeedState | None:
    """The state with a plausible `next_at` if the clock was set back since it was written (the
    feed would not be asked for long); None if it is plausible already.
    """
    raise NotImplementedError
