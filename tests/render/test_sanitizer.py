"""Third-party text in Discord messages: no Markdown, no mention and no link gets through."""

import re
import string
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.render.sanitizer import address, escaped, headline_link, link, plain, shortened
from bot.stories.text import tidy

SIGNS = "\\*_~|[]()<>#-@`"
PUNCTUATION = re.escape(string.punctuation)
INVISIBLE = [
    *("\u200b", "\u200c", "\u200d", "\u2060", "\u00ad", "\ufeff", "\u180e", "\x00", "\u061c"),
    *map(chr, (0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A))),
    *("\U000e0001", "\U000e0065", "\U000e007f"),
]
"""Characters that Discord may drop before it looks for mentions and links."""
HOSTILE = [
    "@everyone",
    "@every\u202eone",
    "@here <@1234> <@!1234> <@&1234> <#1234>",
    "</help:1234> <t:1577000000:R> <:blob:1234> <a:blob:1234> <id:home>",
    "[click](http://bad.example)",
    "foo](http://bad.example)",
    "<https://bad.example> https://bad.example http://bad.example",
    "**bold** __line__ ~~gone~~ ||hidden|| `code` ```block``` > quote # heading -# small - item",
    "\\[not escaped\\](http://bad.example)",
    "&#64;everyone",
    *(
        f"@every{sign}one <@{sign}1> http{sign}://x.example [a]{sign}(http://x)"
        for sign in INVISIBLE
    ),
]
hostile = st.lists(
    st.sampled_from(
        [*HOSTILE, *SIGNS, "a", " ", "://", "\n", "\u0301", "é", "\U0001f3f4", *INVISIBLE]
    ),
    max_size=12,
).map("".join)
texts = st.text(max_size=200) | hostile


def unescaped(text: str) -> str:
    """The rest of a text when every escaped character is removed."""
    return re.sub(rf"\\[{PUNCTUATION}]", "", text)


@given(texts, st.integers(1, 300))
def test_an_escaped_text_has_no_bare_sign_and_keeps_its_limit(text: str, limit: int) -> None:
    made = escaped(text, limit)
    assert len(made) <= limit
    assert not set(unescaped(made)) & set(SIGNS)
    assert "://" not in unescaped(made)


@given(texts, st.integers(1, 300))
def test_an_escaped_text_is_the_beginning_of_the_text(text: str, limit: int) -> None:
    read_back = re.sub(rf"\\([{PUNCTUATION}])", r"\1", escaped(text, limit))
    whole = plain(text, 10_000)
    assert read_back == whole or whole.startswith(read_back.removesuffix("…").rstrip())


@pytest.mark.parametrize("text", HOSTILE)
def test_no_mention_timestamp_command_or_link_survives(text: str) -> None:
    made = escaped(text, 2000)
    assert not re.search(r"(?<!\\)(<|@|\]\(|https?://)", made)


@given(texts, st.integers(1, 300))
def test_plain_text_is_one_visible_line_within_its_limit(text: str, limit: int) -> None:
    made = plain(text, limit)
    assert len(made) <= limit
    assert not any(unicodedata.category(char) in ("Cc", "Zl", "Zp") for char in made)
    assert tidy(made) == made


@given(texts, st.integers(1, 300))
def test_no_sign_or_letter_of_a_mention_or_an_address_is_parted_from_the_next_by_what_is_dropped(
    text: str, limit: int
) -> None:
    made = escaped(text, limit)
    # Allowed invisible characters follow a letter or an emoji beyond ASCII, which these texts lack.
    assert not re.search(r"[\x00-\x7f][\u200c\u200d\u180e\U000e0000-\U000e007f]", made)
    dropped = "".join(c for c in made if unicodedata.category(c) not in ("Cc", "Cf", "Mn", "Me"))
    assert not re.search(r"(?<!\\)(?:@|<|\]\()|(?<!\\)://", dropped)


labels = texts | st.sampled_from(
    ["example.com", "https://x.example/", "a.b:c/d", "]", "](http://bad.example)", "", "()", "[x]"]
)
urls = st.builds("https://x.example/{}".format, st.text(max_size=60) | hostile)


@given(labels, urls)
def test_a_link_cannot_be_broken_out_of(label: str, url: str) -> None:
    made = link(label, url)
    match = re.fullmatch(r"\[([^\[\]()<>\\`*_~|#@\n]+)\]\(([^\s()<>\\\"]+)\)", made)
    assert match
    assert match[1].strip()


@given(labels, urls)
def test_a_links_label_looks_like_no_address(label: str, url: str) -> None:
    shown = link(label, url).split("](")[0]
    assert not re.search(r"\S\.\w|://|\w/\w", shown)


EMOJI = ["\U0001f600", "\U0001f1e9\U0001f1ea", "\u2708\ufe0f", "1\ufe0f\u20e3", "\u2b50", "\u203c"]
EMOJI += ["\U0001f469\u200d\U0001f680", "\u260e", "\u2139\ufe0f", "\U0001f3f4\U000e0067\U000e007f"]
headlines = labels | st.lists(st.sampled_from([*EMOJI, "a", " ", "[b]", "||"])).map("".join)


@given(headlines, urls, st.integers(1, 300), st.booleans())
def test_no_headline_breaks_out_of_its_link(text: str, url: str, limit: int, quiet: bool) -> None:
    made = headline_link(text, url, limit, quiet=quiet)
    target = f"<{address(url)}>" if quiet else address(url)
    assert made.endswith((f"]({target})", f"]({target}))"))
    if made.endswith("))"):
        text_beside, label = made.removesuffix(f"]({target}))").rsplit("[", 1)
        assert label == "open"
        assert not set(unescaped(text_beside.removesuffix(" ("))) & set(SIGNS)
    else:
        label = made.removesuffix(f"]({target})").removeprefix("[")
        assert not re.search(r"[\[\]\\*_~`<>@]|\|\|", label)
        assert not any(sign in label for sign in "".join(EMOJI) if ord(sign) > 0x2000)
    assert label.strip()


@given(headlines, urls)
def test_no_headline_in_a_label_looks_like_an_address(text: str, url: str) -> None:
    made = headline_link(text, url, 300)
    label = made.split("](")[0].split("[")[-1]
    assert not re.search(r"\S\.\w|://|\w/\w", label)


@given(headlines, st.integers(1, 300))
def test_a_headline_in_a_label_is_whole_with_round_brackets(text: str, limit: int) -> None:
    made = headline_link(text, "https://x.example/", limit)
    if not made.endswith("))"):
        label = made.removesuffix("](https://x.example/)")[1:].replace("\u200b", "")
        shown = plain(re.sub("[©®™]\ufe0f?", "", text), limit)
        assert label == shown.translate(str.maketrans("[]", "()")) or label == "open"


LEGAL = ["©", "®", "™", "©\ufe0f", "®\ufe0f", "™\ufe0f"]


@given(st.lists(st.sampled_from([*LEGAL, *EMOJI, "a", " ", "Intel"])).map("".join), urls)
def test_no_sign_that_an_app_shows_as_emoji_stands_in_a_label(text: str, url: str) -> None:
    for made in (link(text, url), headline_link(text, url, 300)):
        label = made.split("](")[0].split("[")[-1]
        assert not set(label) & set("".join([*LEGAL, *EMOJI]).replace("1", ""))


@pytest.mark.parametrize("sign", LEGAL)
def test_a_trademark_is_no_reason_against_a_label(sign: str) -> None:
    made = headline_link(f"Intel{sign} opens a plant", "https://x.example/", 300)
    assert made == "[Intel opens a plant](https://x.example/)"
    assert link(f"Yahoo!{sign} News", "https://x.example/") == "[Yahoo! News](https://x.example/)"


@pytest.mark.parametrize(
    ("headline", "shown"),
    [
        ("U.S. [again] votes", "[U.\u200bS. (again) votes](<https://x.example/>)"),
        ("Snap buys Foo.com", "[Snap buys Foo.\u200bcom](<https://x.example/>)"),
        ("Is #1 - 50% | News", "[Is #1 - 50% | News](<https://x.example/>)"),
        ("Price™ of 3° ©", "[Price of 3°](<https://x.example/>)"),
        ("He said *no*", "He said \\*no\\* ([open](<https://x.example/>))"),
        ("Ask @everyone", "Ask \\@everyone ([open](<https://x.example/>))"),
        ("To the moon 🚀", "To the moon 🚀 ([open](<https://x.example/>))"),
        ("C:\\temp", "C:\\\\temp ([open](<https://x.example/>))"),
        (
            "a](http://bad.example) b",
            "[a)(http:\u200b/\u200b/\u200bbad.\u200bexample) b](<https://x.example/>)",
        ),
    ],
)
def test_a_headline_is_a_label_if_one_can_show_it(headline: str, shown: str) -> None:
    assert headline_link(headline, "https://x.example/", 200, quiet=True) == shown


def test_a_links_label_is_the_publishers_name() -> None:
    assert link("Saltmarsh Gazette", "https://x.example/a(b)") == (
        "[Saltmarsh Gazette](https://x.example/a%28b%29)"
    )
    assert link("[]", "https://x.example/") == "[source](https://x.example/)"


@given(urls)
def test_an_address_is_written_once_and_for_all(url: str) -> None:
    assert address(address(url)) == address(url)


@given(st.text(alphabet="ab*\\[_", max_size=30), st.integers(0, 60))
def test_what_is_cut_from_escaped_text_never_leaves_half_an_escape(text: str, limit: int):
    kept = shortened(whole := escaped(text, 200), limit)
    assert whole.startswith(kept)
    assert limit - 1 <= len(kept) <= limit or kept == whole
    assert re.fullmatch(r"(?:[^\\]|\\.)*", kept)
