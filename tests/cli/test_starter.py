"""The starter feeds: chosen by topic, and noted in config/feeds.yaml by `broadsheet init`."""

from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from bot.cli.starter import starter_feeds, with_feeds
from bot.config import load_config, load_starter
from bot.errors import UsageError
from bot.stories.feeds import FeedSettings
from tests.cli.conftest import Broadsheet
from tests.conftest import ROOT

STARTER = """topics:
  AI:
    - {url: "https://lab.example/feed", provider: "Lab: the blog"}
    - {url: "https://both.example/feed", provider: Both}
  Séance & co:
    - {url: "https://both.example/feed", provider: Both, language: fr}
"""
OWN = "# Mine.\ncontact: me@mine.example  # stays\nfeeds: []  # none yet\n# The end.\n"


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """A config folder with starter feeds of its own, and no feeds."""
    folder = tmp_path / "own"
    folder.mkdir()
    (folder / "starter-feeds.yaml").write_text(STARTER, encoding="utf-8")
    (folder / "feeds.yaml").write_text(OWN)
    (folder / "topics.yaml").write_text("aliases: {AI: [artificial intelligence]}\n")
    return folder


def listed(config: Path) -> list[dict[str, object]]:
    found: list[dict[str, object]] = yaml.safe_load((config / "feeds.yaml").read_text("utf-8"))[
        "feeds"
    ]
    return found


@pytest.mark.parametrize("name", ["AI", "ai", "Artificial Intelligence"])
def test_a_topic_is_found_by_any_name(config: Path, name: str):
    assert [*starter_feeds(config, [name])] == ["AI"]
    assert [*starter_feeds(config, [name, "AI"])] == ["AI"]


def test_an_unknown_topic_is_refused_with_the_known_ones(config: Path):
    with pytest.raises(UsageError, match=r"“gardens”.* AI, Séance & co"):
        starter_feeds(config, ["ai", "gardens"])


def test_init_notes_the_feeds_of_the_topics_and_keeps_what_else_is_in_the_file(
    broadsheet: Broadsheet, config: Path
):
    done = broadsheet("init", "--topics", "séance co, ai,AI", "--config", config)
    assert done.code == 0
    assert f"wrote 2 feeds to {config / 'feeds.yaml'}" in done.out
    assert listed(config) == [
        {"url": "https://both.example/feed", "provider": "Both", "language": "fr"}
        | {"topics": ["Séance & co", "AI"]},
        {"url": "https://lab.example/feed", "provider": "Lab: the blog", "topics": ["AI"]},
    ]
    text = (config / "feeds.yaml").read_text(encoding="utf-8")
    assert text.startswith("# Mine.\ncontact: me@mine.example  # stays\nfeeds:\n  - url: https://b")
    assert text.endswith("topics: [AI]\n# The end.\n")
    assert [one.topics for one in load_config(config).feeds.feeds] == [
        ["Séance & co", "AI"],
        ["AI"],
    ]


def test_init_never_touches_a_file_that_lists_feeds(broadsheet: Broadsheet, config: Path):
    for text in ("feeds:\n  - url: https://a.example/feed\n", "contact: me@mine.example\n"):
        (config / "feeds.yaml").write_text(text)
        done = broadsheet("init", "--topics", "ai", "--config", config)
        assert (done.code, (config / "feeds.yaml").read_text()) == (0, text)
        assert "stays as it is" in done.err


def test_an_unknown_topic_writes_nothing(broadsheet: Broadsheet, config: Path, tmp_path: Path):
    done = broadsheet("init", "--topics", "ai,gardens", "--config", config, "--seeds", "new")
    assert done.code == 2
    assert "“gardens”. There are for: AI, Séance & co" in done.sentence
    assert (config / "feeds.yaml").read_text() == OWN
    assert not (tmp_path / "new").exists()


def test_a_new_folder_gets_our_file_with_the_feeds(broadsheet: Broadsheet, tmp_path: Path):
    (topic, feeds), *_ = load_starter(ROOT / "config").topics.items()
    done = broadsheet("init", "--topics", topic, "--config", tmp_path / "new")
    assert done.code == 0
    assert [one["url"] for one in listed(tmp_path / "new")] == [feed.url for feed in feeds]


_text = st.text(min_size=1)


@given(
    st.lists(
        st.builds(
            FeedSettings,
            url=_text,
            provider=st.none() | _text,
            topics=st.lists(_text).map(tuple),
            tier=st.none() | st.integers(1, 5),
            language=st.none() | _text,
            off=st.booleans(),
        ),
        min_size=1,
        max_size=5,
    )
)
def test_whatever_a_list_holds_is_noted_as_it_is(feeds: list[FeedSettings]):
    text = with_feeds("feeds: []\n", feeds)
    assert text is not None
    noted = [
        FeedSettings(**{**one, "topics": tuple(one.get("topics", ()))})
        for one in yaml.safe_load(text)["feeds"]
    ]
    assert noted == feeds
