"""Values that cannot be read here, and refused words, as a server's people meet them."""

from datetime import timedelta
from pathlib import Path

from bot.demo import Demo
from bot.sandbox.faults.faults import Fault
from tests.chat.conftest import ask, is_a_private_sentence, mention, move_to, opened, shown_in
from tests.conftest import make_story_file

HOUR = timedelta(hours=1)


def text_of(demo: Demo) -> str:
    """Everything that the bot wrote in the server's channels."""
    channels = demo.sandbox.world.channels
    return "\n".join(message["content"] for one in channels for message in one.messages)


async def test_a_zone_that_this_machine_lacks_is_named_wherever_somebody_looks_and_mended_by_one(
    demo: Demo,
):
    admin = demo.sandbox.person("admin")
    for channel in ("general", "ai"):
        await admin.command("subscribe", topic="AI", channel_=channel)
    await ask(demo, "timezone", "general", timezone="America/New_York")
    async with demo.services.database.writing() as db:
        await db.execute(
            "UPDATE digest SET timezone = 'US/Pacific-New' WHERE timezone = 'America/New_York'"
        )
    zone = "its time zone `US/Pacific-New` is unknown here (set it with `/digest timezone`)"
    before = {name: len(shown_in(demo, name)) for name in ("general", "ai")}
    for _ in range(24):
        await demo.move(HOUR)
    assert len(shown_in(demo, "ai")) == before["ai"] + 1
    told = [one["content"] for one in shown_in(demo, "general")[before["general"] :]]
    assert [zone in one for one in told] == [True], "its admins, once, and no digest"
    everybody = await demo.sandbox.person("member").command("subscriptions")
    assert f"{mention(demo, 'general')}: **AI**; ⚠️ held back: {zone}" in everybody.text
    assert everybody.text.count("next Tue 08:00") == 2
    for answer in (await ask(demo, "status", "general"), await ask(demo, "status")):
        assert zone in answer.text
    for line in ("now", "preview"):
        answer = await ask(demo, line, "general")
        assert is_a_private_sentence(answer), answer.text
        assert zone in answer.text
    for line, options in (("time", {"time": "07:00"}), ("days", {"days": "daily"})):
        assert zone in (await ask(demo, line, "general", **options)).text
    await ask(demo, "time", "general", time="default")
    mended = await ask(demo, "timezone", "general", timezone="UTC")
    assert "unknown" not in mended.text
    for _ in range(24):
        await demo.move(HOUR)
    assert [one["embeds"] != [] for one in shown_in(demo, "general")].count(True) >= 1
    assert "⚠️" not in (await ask(demo, "status", "general")).text


async def test_a_story_refused_for_a_word_is_told_without_it_and_found_by_its_number(
    tmp_path: Path,
):
    seeds = tmp_path / "seeds"
    seeds.mkdir()
    for number, title in enumerate(("Goldrush in the hills", "A quiet garden")):
        (seeds / f"{number}.md").write_bytes(
            make_story_file(
                title=title,
                excerpt=f"Words that only story {number} has, {title[::-1]}.",
                webUrl=f"https://paper{number}.example/story",
                provider={"name": f"Paper {number}", "domain": f"paper{number}.example"},
                heat=900 - number,
                topics=["Hills"],
            )
        )
    async with opened(tmp_path, seeds=seeds) as demo:
        await demo.sandbox.person("admin").command("subscribe", topic="Hills", channel_="ai")
        refused = Fault("status", "POST", "/channels/*", 400, 200000, None, contains="Goldrush")
        demo.sandbox.faults.add(refused)
        before = text_of(demo).splitlines()
        await move_to(demo, demo.clock.now().replace(hour=8, minute=1) + timedelta(days=1))
        for _ in range(3):
            await demo.move(timedelta(minutes=1))
        said = "\n".join(line for line in text_of(demo).splitlines() if line not in before)
        assert "A quiet garden" in said
        assert "Goldrush" not in said
        assert f"left out of {mention(demo, 'ai')}'s digest" in said
        status = await ask(demo, "status", "ai")
        assert "posted, 1 of 2 stories" in status.text
        demo.sandbox.faults.clear()
        named = said.split("shows as `")[1].split("`")[0]
        found = await demo.sandbox.person("admin").command("story", query=named)
        assert found.message["embeds"][0]["title"] == "Goldrush in the hills"
