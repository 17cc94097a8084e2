"""The first digest in each layout, each in a channel of its own."""

from bot.demo import Demo

CHANNELS = {"cards": "news", "compact": "general", "headlines": "ai"}
"""The channel that shows a layout; #news has its digest from the start."""


async def post_each(demo: Demo) -> None:
    """Post the stories of the first digest in the other layouts, too."""
    admin = demo.sandbox.person("admin")
    for layout, name in CHANNELS.items():
        if name == "news":
            continue
        channel = demo.sandbox.world.channel(name)
        for topic in ("AI", "Facebook AI"):
            answer = await admin.command("subscribe", name, topic=topic)
        await admin.command("digest layout", name, layout=layout, channel_=name)
        assert not (await admin.press(answer.message, f"now:{channel.id}")).failed
