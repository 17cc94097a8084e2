"""The operator's settings: which values are accepted, and which are refused, with file and key."""

from pathlib import Path

import pytest

from bot.config import (
    STARTER,
    Config,
    DigestConfig,
    FeedConfig,
    FeedsConfig,
    Layout,
    QuietDay,
    TrackersConfig,
    load_config,
    load_starter,
)
from bot.digests.settings import settings_of
from bot.errors import ConfigError
from bot.stories.urls import Trackers, link_of
from tests.conftest import ROOT


def written(folder: Path, text: str | bytes, name: str = "digest.yaml") -> Path:
    (folder / name).write_bytes(text.encode() if isinstance(text, str) else text)
    return folder


def refused(folder: Path) -> ConfigError:
    with pytest.raises(ConfigError) as caught:
        load_config(folder)
    return caught.value


def test_the_projects_own_configuration_is_the_default_digest() -> None:
    assert load_config(ROOT / "config").digest == DigestConfig()


def test_the_projects_own_configuration_names_every_key_of_every_file() -> None:
    config = load_config(ROOT / "config")
    files = {path.stem for path in (ROOT / "config").iterdir()}
    assert files == {*Config.model_fields, Path(STARTER).stem}
    for name in Config.model_fields:
        section = getattr(config, name)
        assert section.model_fields_set == set(type(section).model_fields), name


def test_every_key_of_a_digest_is_explained_in_its_file() -> None:
    lines = (ROOT / "config/digest.yaml").read_text(encoding="utf-8").splitlines()
    assert all("  # " in line for line in lines if not line.startswith("#"))


def test_every_owner_is_a_name_of_registrable_domains_listed_once() -> None:
    providers = load_config(ROOT / "config").providers
    domains = [domain for listed in providers.owners.values() for domain in listed]
    assert len(domains) == len(set(domains))
    assert providers.owner_by_domain().keys() == set(domains)


def test_missing_or_empty_files_mean_the_defaults(tmp_path: Path) -> None:
    ours = load_config(ROOT / "config")
    usual = Config(  # older folders have none of these lists
        editorial=ours.editorial, tiers=ours.tiers, topics=ours.topics, trackers=ours.trackers
    )
    assert load_config(tmp_path) == usual
    assert load_config(written(tmp_path, "# nothing yet\n")) == usual


def test_a_kind_of_junk_that_a_file_does_not_name_keeps_our_rules(tmp_path: Path) -> None:
    ours = load_config(ROOT / "config").editorial
    (tmp_path / "editorial.yaml").write_text("deal: []\nboilerplate: 5\n")
    theirs = load_config(tmp_path).editorial
    assert (theirs.deal, theirs.boilerplate) == ([], 5)
    assert theirs.market_research == ours.market_research
    assert theirs.press_release == ours.press_release


@pytest.mark.parametrize("off", ["off: true", "off: yes", "'off': on", "off: True"])
def test_a_feed_is_off_however_that_is_written(tmp_path: Path, off: str) -> None:
    text = f"feeds:\n  - url: https://gazette.example/feed\n    language: no\n    {off}\n"
    (feed,) = load_config(written(tmp_path, text, "feeds.yaml")).feeds.feeds
    assert (feed.off, feed.language) == (True, "no")


def test_a_page_may_be_a_pasted_address(tmp_path: Path) -> None:
    pages = "https://www.ZDNet.com/article, http://zdnet.com, /pr/"
    listed = str(pages.split(", "))
    text = f"deal: [{{reason: Why., pages: {listed}}}]\n"
    (tmp_path / "editorial.yaml").write_text(text)
    (rule,) = load_config(tmp_path).editorial.deal
    assert rule.pages == ["zdnet.com/article", "zdnet.com", "/pr/"]


@pytest.mark.parametrize("pattern", ["*", "id", "P", "l*", "st*ry", "", "*=*"])
def test_a_tracker_that_would_make_one_of_different_articles_is_refused(
    pattern: str, tmp_path: Path
) -> None:
    (tmp_path / "trackers.yaml").write_text(f"everywhere: ['{pattern}']\n")
    assert "tells articles apart" in refused(tmp_path).reason


def test_no_tracker_of_the_list_tells_articles_apart() -> None:
    listed = load_config(ROOT / "config").trackers
    assert {"utm_*", "gbraid", "ttclid", "igsh", "mkt_tok", "srsltid", "xtor", "mtm_*", "pk_*"} <= {
        *listed.everywhere
    }
    assert all("mod" in listed.at[site] for site in ("wsj.com", "barrons.com", "marketwatch.com"))


@pytest.mark.parametrize("text", ["everywhere:", "at:", "everywhere:\nat:\n", "everywhere: []"])
def test_a_list_of_trackers_may_be_empty(text: str, tmp_path: Path) -> None:
    (tmp_path / "trackers.yaml").write_text(text)
    assert load_config(tmp_path).trackers == TrackersConfig()


def test_a_site_of_trackers_is_known_by_its_name_in_links(tmp_path: Path) -> None:
    (tmp_path / "trackers.yaml").write_text("at: {Bücher.example: [x]}\n", encoding="utf-8")
    listed = load_config(tmp_path).trackers
    link = link_of("https://www.bücher.example/a?x=1", Trackers(listed.everywhere, listed.at))
    assert link == "https://www.xn--bcher-kva.example/a"
    (tmp_path / "trackers.yaml").write_text("at: {☃.example: [x]}\n", encoding="utf-8")
    assert refused(tmp_path).key.startswith("at")


def test_a_missing_folder_is_refused_with_advice(tmp_path: Path) -> None:
    error = refused(tmp_path / "missing")
    assert "no such folder" in error.reason
    assert "BROADSHEET_CONFIG" in str(error)


@pytest.mark.parametrize("name", ["digests.yaml", "digest.yml"])
def test_an_unknown_file_is_refused(name: str, tmp_path: Path) -> None:
    error = refused(written(tmp_path, "time: '08:00'", name))
    assert error.source == str(tmp_path / name)
    assert "unknown file; known are archive.yaml" in error.reason


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("- time", "must be a mapping"),
        ("time", "must be a mapping"),
        ("[]", "must be a mapping"),
        ("time: [", "not YAML"),
        ("time: !!python/object:os.system x", "not YAML"),
        ("time: 2020-13-45", "not YAML"),
        (b"time: caf\xe9", "not UTF-8 text; save the file as UTF-8"),
        ("days: all\ntime: a: b", "not YAML (line 2): mapping values are not allowed"),
        ("time: \x00", "not YAML"),
        ("{" * 5000, "not YAML (line 1): "),  # libyaml itself, in its version's words
        ("time: " + "[" * 5000, "not YAML (line 1): "),
    ],
)
def test_what_is_no_mapping_of_yaml_is_refused(
    text: str | bytes, reason: str, tmp_path: Path
) -> None:
    error = refused(written(tmp_path, text))
    assert error.source == str(tmp_path / "digest.yaml")
    assert error.reason.startswith(reason)
    assert "\n" not in str(error)
    assert "<unicode string>" not in str(error)


def test_a_folder_in_place_of_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "digest.yaml").mkdir()
    assert "cannot be read" in refused(tmp_path).reason


BAD_DIGESTS = [
    ("tiem: '08:00'", "tiem"),
    *(
        (f"time: {value}", "time")
        for value in ("25:00", "99", "860", "soon", "''", "[]", "{}", "yes")
    ),
    (f"time: {', '.join(f'0{hour}:00' for hour in range(7))}", "time"),
    *((f"timezone: {value}", "timezone") for value in ("Atlantis", "7", "localtime", "''", "CST")),
    *((f"days: {value}", "days") for value in ("someday", "7", "''", "[mon, noday]")),
    *((f"stories: {value}", "stories") for value in ("0", "11", "five", "'5'", "5.5", "yes")),
    *((f"sources: {value}", "sources") for value in ("0", "11", "five", "null")),
    *((f"minimum_heat: {value}", "minimum_heat") for value in ("-1", "1000001", "hot")),
    *((f"age_days: {value}", "age_days") for value in ("0", "-1", "3651", ".nan", ".inf", "yes")),
    *((f"half_life_hours: {value}", "half_life_hours") for value in ("0", "soon", "'18'")),
    *((f"quiet_day: {value}", "quiet_day") for value in ("silence", "1", "no")),
    *((f"layout: {value}", "layout") for value in ("mosaic", "1", "no")),
    *((f"thread: {value}", "thread") for value in ("1", "'yes'")),
    *((f"catch_up_hours: {value}", "catch_up_hours") for value in ("0", "169")),
]


@pytest.mark.parametrize(("text", "key"), BAD_DIGESTS)
def test_an_unknown_key_or_impossible_value_is_refused_by_its_name(
    text: str, key: str, tmp_path: Path
) -> None:
    error = refused(written(tmp_path, text))
    assert (error.source, error.key) == (str(tmp_path / "digest.yaml"), key)
    assert str(error).startswith(f"{tmp_path / 'digest.yaml'}: {key}: ")


@pytest.mark.parametrize(
    ("name", "text", "key"),
    [
        ("topics.yaml", "aliases: {AI: machine}", "aliases.AI"),
        ("topics.yaml", "aliases: {AI: [1]}", "aliases.AI.0"),
        ("topics.yaml", "names: {}", "names"),
        ("topics.yaml", "phrases: {AI: [llm]}", "phrases.AI"),
        ("topics.yaml", "phrases: {AI: {1: llm}}", "phrases.AI.1"),
        ("topics.yaml", "phrases: {AI: {1: ['!']}}", "phrases.AI.1.0"),
        ("topics.yaml", "phrases: {AI: {11: [llm]}}", "phrases.AI.11.[key]"),
        ("topics.yaml", "phrases: {AI: {1: [llm], 0.5: [LLM]}}", "phrases.AI"),
        ("tiers.yaml", "tiers: {6: [a.example]}", "tiers.6.[key]"),
        ("tiers.yaml", "tiers: {best: [a.example]}", "tiers.best.[key]"),
        ("tiers.yaml", "tiers: {1: a.example}", "tiers.1"),
        ("tiers.yaml", "tiers: {1: [a.example], 2: [A.example]}", "tiers"),
        ("providers.yaml", "owners: [Dow Jones]", "owners"),
        ("providers.yaml", "aggregators: msn.com", "aggregators"),
        ("editorial.yaml", "boilerplate: 1", "boilerplate"),
        ("editorial.yaml", "spam: []", "spam"),
        ("editorial.yaml", "deal: [{title: [[sale]]}]", "deal.0.reason"),
        ("editorial.yaml", "deal: [{reason: Why., title: [sale]}]", "deal.0.title.0"),
        ("editorial.yaml", "deal: [{reason: Why., title: [[]]}]", "deal.0.title.0"),
        ("editorial.yaml", "deal: [{reason: Why., text: [['*']]}]", "deal.0.text.0.0"),
        ("editorial.yaml", "deal: [{reason: Why., pages: ['/']}]", "deal.0.pages.0"),
        ("editorial.yaml", "deal: [{reason: Why., pages: [zdnet]}]", "deal.0.pages.0"),
        ("editorial.yaml", "press_release: [{reason: Why.}]", "press_release.0"),
        *(
            ("delivery.yaml", f"messages_per_second: {rate}", "messages_per_second")
            for rate in ("1.0e-300", "0.09", "0", "-1", "50.1", ".nan", ".inf")
        ),
    ],
)
def test_faults_of_the_other_files_are_named_by_their_keys(
    name: str, text: str, key: str, tmp_path: Path
) -> None:
    error = refused(written(tmp_path, text, name))
    assert (error.source, error.key) == (str(tmp_path / name), key)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("18:00", "18:00"),  # YAML's number 1080
        ("08:00", "08:00"),
        ("8:00", "08:00"),
        ("0:30", "00:30"),
        ('"18:30, 8:00"', "08:00, 18:30"),
        ("18:30, 8:00", "08:00, 18:30"),
        ("[18:30, 8:00, 18:30]", "08:00, 18:30"),
        ("\n  - 18:30\n  - 08:00", "08:00, 18:30"),
    ],
)
def test_times_are_read_with_and_without_quotes(value: str, expected: str, tmp_path: Path) -> None:
    assert load_config(written(tmp_path, f"time: {value}\n")).digest.time == expected


def test_every_key_of_a_digest_is_read(tmp_path: Path) -> None:
    text = """\ufefftime: 7:05
timezone: europe/berlin
days: [fri, Monday]
stories: 3
sources: 2
minimum_heat: 70
age_days: 2.5
half_life_hours: 6
quiet_day: note
catch_up_hours: 1
publish: true
layout: compact
thread: true
"""
    assert load_config(written(tmp_path, text)).digest == DigestConfig(
        time="07:05",
        timezone="Europe/Berlin",
        days="mon, fri",
        stories=3,
        sources=2,
        minimum_heat=70,
        age_days=2.5,
        half_life_hours=6,
        quiet_day=QuietDay.NOTE,
        catch_up_hours=1,
        publish=True,
        layout=Layout.COMPACT,
        thread=True,
    )


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("time: 8am", "08:00 UTC, every day"),
        ("time: 8", "08:00 UTC, every day"),
        ("time: 0700", "07:00 UTC, every day"),
        ("time: 18:00", "18:00 UTC, every day"),
        ("time: [0700, 18:30]", "07:00, 18:30 UTC, every day"),
        ("timezone: Munich", "08:00 in Berlin, every day"),
        ("timezone: EST", "08:00 EST, every day"),
        ("timezone: Etc/GMT-2", "08:00 UTC+2, every day"),
        ("timezone: UTC+2", "08:00 UTC+2, every day"),
        ("days: Mo-Fr", "08:00 UTC, Mon to Fri"),
        ("days: [Monday, wed]", "08:00 UTC, Mon, Wed"),
    ],
)
def test_times_days_and_zones_are_written_as_in_discord(tmp_path: Path, text: str, read: str):
    config = load_config(written(tmp_path, text)).digest
    assert settings_of(config).timetable.words == read


def test_a_domain_has_one_owner_and_no_capitals(tmp_path: Path) -> None:
    path = tmp_path / "providers.yaml"
    path.write_text("owners: {A: [One.example]}\naggregators: [Hub.example]\n")
    found = load_config(tmp_path).providers
    assert found.owner_by_domain() == {"one.example": "A"}
    assert found.aggregators == ["hub.example"]
    path.write_text("owners: {A: [one.example], B: [One.example]}\n")
    with pytest.raises(ConfigError, match=r"providers\.yaml: owners: one\.example is listed twice"):
        load_config(tmp_path)


@pytest.mark.parametrize("off", ["off: true", "off: on", "'off': yes"])
def test_a_feed_is_switched_off_by_a_name_that_yaml_takes_for_false(tmp_path: Path, off: str):
    text = f"feeds:\n  - url: https://gazette.example/feed\n    {off}\n"
    (tmp_path / "feeds.yaml").write_text(text, encoding="utf-8")
    assert [one.off for one in load_config(tmp_path).feeds.feeds] == [True]


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("AI: []", "AI"),
        ("topics: [AI]", "topics"),
        ("topics: {AI: [{provider: A}]}", "topics.AI.0.url"),
        ("topics: {AI: [{url: 'https://a.example/'}]}", "topics.AI.0.provider"),
        ("topics: {AI: [{url: a.example, provider: A}]}", "topics.AI.0.url"),
        ("topics: {AI: [{url: 'https://a.example/', provider: ''}]}", "topics.AI.0.provider"),
        ("topics: {AI: [{url: 'https://a.example/', provider: A, tier: 6}]}", "topics.AI.0.tier"),
        ("topics: {AI: [{url: 'https://a.example/', provider: A, off: true}]}", "topics.AI.0.off"),
    ],
)
def test_faults_of_starter_feeds_are_named_by_their_keys(
    text: str, key: str, tmp_path: Path
) -> None:
    (tmp_path / STARTER).write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        load_starter(tmp_path)
    assert (caught.value.source, caught.value.key) == (str(tmp_path / STARTER), key)


def test_every_starter_feed_is_an_address_of_its_own_in_its_topic() -> None:
    topics = load_starter(ROOT / "config").topics
    feeds = [feed for listed in topics.values() for feed in listed]
    assert len(feeds) == 73
    assert len({feed.url for feed in feeds}) == 73
    assert all(listed for listed in topics.values())
    FeedsConfig(feeds=[FeedConfig(url=one.url, tier=one.tier) for one in feeds])


def test_nobody_is_asked_before_a_feed_is_chosen() -> None:
    assert load_config(ROOT / "config").feeds.feeds == []
