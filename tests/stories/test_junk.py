"""What is no news, by the project's own config/editorial.yaml and by rules made for a test."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.stories.junk import Junk, JunkRule, JunkRules, Page
from bot.stories.model import Article, Provider
from bot.stories.ranking import Rules
from tests.conftest import START

WIRE = "https://www.businesswire.com/news/home/1"
PAPER = "https://www.ledger.example/1"


def article(title: str, excerpt: str = "", url: str = PAPER, domain: str = "") -> Article:
    provider = Provider("Ledger", domain or url.split("/")[2].removeprefix("www."))
    return Article(url, title, excerpt, START, provider, 50, None)


def page(title: str, excerpt: str = "", url: str = PAPER, domain: str = "") -> Page:
    one = article(title, excerpt, url, domain)
    return Page.of(one.url, one.provider.domain, one.title, one.excerpt)


@pytest.mark.parametrize(
    ("title", "excerpt", "url"),
    [
        ("Tidal Ferry Market Size, Share and Forecast to 2027", "The report gives a CAGR.", PAPER),
        ("Tidal Ferry Market 2027 | Key Players: Saltbay, Quay", "", WIRE),
        ("Tidal Ferry Market to Boom", "A new research report says so.", WIRE),
        (
            "Impact of COVID-19 on Ferry Market",
            "",
            "https://paper.example/press-release/ferry-market",
        ),
        ("Ferry Industry Analysis", "Ferries are expected to grow in the forecast period.", PAPER),
    ],
)
def test_market_research_is_recognised(title: str, excerpt: str, url: str, rules: Rules) -> None:
    assert rules.junk.kind(article(title, excerpt, url)) is Junk.MARKET_RESEARCH


@pytest.mark.parametrize(
    ("title", "excerpt"),
    [
        ("The best Ferrow ticket deals for May", ""),
        ("Best Ferrow deals: go to sea", "Here is what you can buy."),
        ("Save $90 on a year of ferries", "The price falls until Friday."),
        ("Ferry handbook and course bundle is 95% off", ""),
        ("The Ferrow is a must at $17.50, a new low", ""),
        ("Ferry pilot exam dumps", ""),
    ],
)
def test_a_deal_is_recognised(title: str, excerpt: str, rules: Rules) -> None:
    assert rules.junk.kind(article(title, excerpt)) is Junk.DEAL


@pytest.mark.parametrize(
    ("title", "excerpt", "url"),
    [
        ("Tidewell opens a pier", "", WIRE),
        ("Tidewell opens a pier", "", "https://paper.example/PR%20Newswire/12ab"),
        ("Tidewell opens a pier", "", "https://paper.example/news/pr_newswire/tech/pier"),
        ("Tidewell opens a pier", "SALTBAY, May 5, 2020 /PRNewswire/ -- A pier", PAPER),
        ("Tidewell opens a pier", "(GLOBE NEWSWIRE via COMTEX) -- A pier", PAPER),
        ("Tidewell opens a pier", "Tidewell today announced a pier", "https://apnews.com/12ab"),
        ("Tidewell Earns Harbour Gold Competency Status", "", PAPER),
        ("Tidewell Now Available in the Harbour Marketplace", "", PAPER),
    ],
)
def test_a_press_release_is_recognised(title: str, excerpt: str, url: str, rules: Rules) -> None:
    assert rules.junk.kind(article(title, excerpt, url)) is Junk.PRESS_RELEASE


@pytest.mark.parametrize(
    ("title", "excerpt"),
    [
        ("Ferry market grows as Saltbay gains market share", "Saltbay now has half of the market."),
        ("Saltbay signs a deal for ferries", "A deal with a discount on tickets."),
        ("Layoffs hit an all-time low", "Fewer people lost their work."),
        ("Ferry shares are 20% off their high", "Investors sold them."),
        ("Saltbay could save $2 billion with ferries", "The council says so."),
        ("Tidewell today announced a pier", "It will open in May, a reporter was told."),
        ("Ferry tickets are now available in every marketplace town", ""),
        ("Marketplaces of Saltbay: an analysis", "The forecast is rain."),
        ("", ""),
        ("Cloud market share: Azure gains on AWS", "A research report says so."),
        ("Council to save £3m on school buses", ""),
        ("How cities save up to 40% on energy", ""),
        ("Flaw in discount codes exposes shoppers", ""),
        ("University offers free courses to refugees", ""),
        ("The best AI deals of 2019: who bought whom", ""),
        ("Town hospital achieves trauma centre status", ""),
        ("Ferry has earned the trust of islanders", ""),
    ],
)
def test_news_is_not_junk(title: str, excerpt: str, rules: Rules) -> None:
    assert rules.junk.kind(article(title, excerpt)) is None


def test_the_worst_kind_counts(rules: Rules) -> None:
    study = article("Ferry Market Forecast 2027, save $90 on it", "", WIRE)
    assert rules.junk.kind(study) is Junk.MARKET_RESEARCH


@pytest.mark.parametrize(
    ("phrase", "title", "found"),
    [
        ("best ... deals", "The Best Deals", True),
        ("best ... deals", "Best one two three four five six deals", True),
        ("best ... deals", "Best one two three four five six seven deals", False),
        ("key player*", "KEY  PLAYERS of ferries", True),
        ("key player*", "monkey players", False),
        ("deal", "deals", False),
        ("*% off", "now 95% off", True),
        ("*% off", "95% offered", False),
        ("a.b", "axb", False),
        ("(PRWEB*", "x (PRWEB via Y)", True),
    ],
)
def test_a_phrase_stands_for_whole_words(phrase: str, title: str, found: bool) -> None:
    assert JunkRule(title=[[phrase]]).fits(page(title)) is found


@pytest.mark.parametrize(
    ("listed", "found"),
    [
        ("ledger.example", True),
        ("wire.ledger.example", True),
        ("edger.example", False),
        ("/press/", True),
        ("/pre/", False),
        ("ledger.example/press/", True),
        ("other.example/press/", False),
        ("provider.example", True),
    ],
)
def test_a_page_is_on_a_site_or_below_a_path(listed: str, found: bool) -> None:
    one = page("A pier", url="https://wire.ledger.example/Press/1", domain="provider.example")
    assert JunkRule(pages=[listed]).fits(one) is found


def test_all_conditions_must_hold() -> None:
    rule = JunkRule(title=[["pier"], ["ferry"]], text=[["today"]], pages=["ledger.example"])
    assert rule.fits(page("A ferry at the pier", "today"))
    assert not rule.fits(page("A ferry", "today at the pier"))
    assert not rule.fits(page("A ferry at the pier", "tomorrow"))
    assert not rule.fits(page("A ferry at the pier", "today", "https://other.example/1"))


@given(st.data())
def test_a_page_is_of_the_first_kind_whose_rules_it_meets(
    rules: Rules, data: st.DataObject
) -> None:
    kinds = rules.junk.by_kind
    groups = [
        group for kind in kinds for rule in kinds[kind] for group in (*rule.title, *rule.text)
    ]
    phrases = sorted({phrase.upper() for group in groups for phrase in group})
    told = [one.replace(" ... ", " a pier ").replace("*", "9") for one in phrases]
    texts = st.lists(st.sampled_from([*told, "Saltbay", "é", "news of"]), max_size=4).map(" ".join)
    url = data.draw(
        st.sampled_from([PAPER, WIRE, "https://apnews.com/1", f"{PAPER}/press-release/"])
    )
    one = article(data.draw(texts), data.draw(texts), url)
    seen = Page.of(one.url, one.provider.domain, one.title, one.excerpt)
    fitting = [kind for kind in Junk if any(rule.fits(seen) for rule in kinds[kind])]
    assert rules.junk.kind(one) == (fitting[0] if fitting else None)


@pytest.mark.parametrize("phrase", ["*", "é*", "... *", "pier", "piér ... a pier", "A ... PIER"])
def test_any_phrase_may_be_the_only_one(phrase: str) -> None:
    junk = JunkRules({Junk.DEAL: [JunkRule(title=[[phrase]])]}, boilerplate=3)
    shown = article("A PIER by a pier is a piér and a pier")
    assert (junk.kind(shown) is Junk.DEAL) == junk.by_kind[Junk.DEAL][0].fits(page(shown.title))
    plain = article("A Pier by a pier")
    assert (junk.kind(plain) is Junk.DEAL) == junk.by_kind[Junk.DEAL][0].fits(page(plain.title))
