"""broadsheet event: what an editor says is one event, alone and beside a running bot."""

from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Broadsheet, Start, option

UP = "Ctrl-C ends it."


def story(broadsheet: Broadsheet, query: str) -> dict[str, Any]:
    found = broadsheet("story", query, "--limit", 1, "--json").json["stories"]
    one: dict[str, Any] = found[0]
    return one


def test_two_events_are_merged_shown_listed_and_parted_again(loaded: Broadsheet):
    ferry, label = story(loaded, "ferry"), story(loaded, "label")
    assert ferry["event"] != label["event"]
    merged = loaded("event", "merge", ferry["id"], label["url"], "--json")
    ((event,), ids) = merged.json["events"], {ferry["id"], label["id"]}
    assert merged.code == 0
    assert ids <= {one["id"] for one in event["stories"]}
    assert [{*pin["stories"]} for pin in event["pins"]] == [ids]
    assert loaded("event", "show", label["id"], "--json").json["events"] == [event]
    assert loaded("event", "pins", "--json").json["pins"] == event["pins"]
    assert "pinned together on" in loaded("event", "pins").out
    assert f"Event {event['id']}: " in loaded("event", "show", ferry["url"]).out
    parted = loaded("event", "unpin", label["id"], ferry["id"], "--json")
    assert len(parted.json["events"]) == 2
    nothing = loaded("event", "pins")
    assert (nothing.code, nothing.out, nothing.err) == (0, "", "nothing is pinned\n")


def test_an_event_is_split_and_why_tells_it(loaded: Broadsheet):
    (one, other) = loaded("event", "show", story(loaded, "label")["id"], "--json").json["events"][
        0
    ]["stories"][:2]
    both = loaded("event", "split", one["url"], other["id"], "--json").json["events"]
    assert len(both) == 2
    assert loaded("event", "split", one["url"], other["id"]).out.count("pinned apart on") == 2
    why = loaded("story", one["headline"], "--limit", 1, "--why").out
    assert "Pinned apart by hand on" in why
    record = loaded("story", one["headline"], "--limit", 1, "--why", "--json").json["stories"][0]
    assert [pin["together"] for pin in record["why"]["pins"]] == [False]


@pytest.mark.parametrize(
    "arguments",
    [
        ("show", "99"),
        ("show", "https://nowhere.example/"),
        ("merge", "1", "1"),
        ("merge", "1", "no address"),
        ("unpin", "1", "2"),
    ],
)
def test_wrong_use_is_one_sentence(loaded: Broadsheet, arguments: tuple[str, ...]):
    outcome = loaded("event", *arguments)
    assert outcome.code == 2
    assert outcome.sentence.startswith("broadsheet: ")


def test_what_contradicts_earlier_pins_is_refused_and_says_how_to_undo_them(loaded: Broadsheet):
    ids = [story(loaded, query)["id"] for query in ("ferry", "label")]
    assert loaded("event", "split", *ids).code == 0
    third = next(n for n in range(1, 14) if n not in ids and loaded("event", "show", n).code == 0)
    assert loaded("event", "merge", ids[0], third).code == 0
    refused = loaded("event", "merge", third, ids[1])
    assert refused.code == 2
    assert f"broadsheet event unpin {ids[0]} {ids[1]}" in refused.sentence


def test_an_editor_works_beside_a_running_bot(tmp_path: Path, start: Start):
    at = option(tmp_path / "broadsheet.db")
    bot = start("sandbox", "--headless", "--port", 0, *at)
    bot.waits_for(UP)
    found = start("story", "a", "--limit", 13, "--json", *at).outcome().json["stories"]
    one, other = found[0], next(s for s in found if s["event"] != found[0]["event"])
    merged = start("event", "merge", one["id"], other["url"], "--json", *at).outcome()
    assert (merged.code, len(merged.json["events"])) == (0, 1)
    parted = start("event", "unpin", one["id"], other["id"], "--json", *at).outcome()
    assert (parted.code, len(parted.json["events"])) == (0, 2)
    assert "Traceback" not in bot.text
