"""Cleaning and cutting third-party text, and the keys of topics."""

import unicodedata

import pytest
import regex
from hypothesis import given
from hypothesis import strategies as st

from bot.stories.text import (
    MAX_COMBINING,
    clean,
    cut,
    indexed,
    is_unspaced,
    slug,
    stretches,
    tidy,
    with_tail,
    without_tail,
    words,
)

ODD = (
    "aZß \u00a0\u0301\u0302\u200b\u200d\u202e\u00ad\u2028\x00\x1b\x85\t\n\ue000\ufe0f\u2019\u2014é"
)
SCRIPTS = "新人工のPa1 ข่าว한국\u0639\u0650\u064e\u0640\u06cc\u05e9\u05c1\u05b8फ\u093c\u02bb\u0259"
texts = st.text(max_size=80) | st.text(alphabet=ODD, max_size=80) | st.text(alphabet=SCRIPTS)


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("It&#8217;s &amp; &nbsp; on&hellip;", "It\u2019s & on…"),
        ("shares of <MSFT.O> rose", "shares of <MSFT.O> rose"),
        ("@every\u202eone", "@everyone"),
        ("soft\u00adhyphen zero\u200bwidth", "softhyphen zerowidth"),
        ("two\r\n\tlines\u2028here ", "two lines here"),
        ("\x1b[31mred\x07", "[31mred"),
        ("&amp;lt;b&amp;gt;", "&lt;b&gt;"),
    ],
)
def test_entities_are_decoded_and_what_cannot_be_seen_is_dropped(raw: str, expected: str) -> None:
    assert clean(raw) == expected


@given(texts)
def test_tidy_text_is_one_line_in_which_only_what_shapes_letters_and_emoji_is_invisible(
    text: str,
) -> None:
    tidied = tidy(text)
    assert not any(unicodedata.category(c) in ("Cc", "Cs", "Co", "Zl", "Zp") for c in tidied)
    assert not regex.search(
        r"[\u00ad\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff]", tidied
    )
    assert not regex.search(r"(?:^|[\x00-\x7f])[\u200c\u200d\u180e]", tidied)
    assert not regex.search(
        r"(?<!\U0001f3f4[\U000e0020-\U000e007f]*)[\U000e0000-\U000e007f]", tidied
    )
    assert tidied == " ".join(tidied.split())


HARMLESS = [
    "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",  # Persian, with a non-joiner
    "\u0d28\u0d4d\u200d",  # Malayalam as it was written before 2008, with a joiner at its end
    "\u0dc1\u0dca\u200d\u0dbb\u0dd3",  # Sinhala, with a joiner
    "\u1828\u180e\u1820",  # Mongolian, with a vowel separator
    "\U0001f469\u200d\u2764\ufe0f\u200d\U0001f48b\u200d\U0001f468",
    "\U0001f469\U0001f3fd\u200d\U0001f680",
    "\U0001f3f4\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f",  # Scotland
    "\U0001f1ec\U0001f1e7 1\ufe0f\u20e3 \u2764\ufe0f \u260e\ufe0e",
    "\u845b\U000e0100",  # a variant of a Han character
    "\u0600\u0661",  # an Arabic sign before a number, which is visible
    "\U0001fae8",  # newer than the Unicode of Python 3.11
]


@pytest.mark.parametrize("text", HARMLESS)
def test_what_shapes_words_and_emoji_stays(text: str) -> None:
    assert clean(text) == text
    assert clean(f"x {text} y") == f"x {text} y"


BIDI = [
    chr(code) for code in (0x61C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A))
]
HIDDEN = [
    "\u200b",
    "\u00ad",
    "\u2060",
    "\ufeff",
    "\ufff9",
    "\x07",
    "\ue000",
    "\U000e0001",
    "\ufdd0",
    *"\u3164\u115f\u1160\uffa0\u2800\u034f",
]


@pytest.mark.parametrize("sign", [*BIDI, *HIDDEN, "\u200d", "\u200c", "\U000e0061\U000e007f"])
def test_what_does_harm_goes(sign: str) -> None:
    assert clean(f"@every{sign}one {sign}a{sign}") == "@everyone a"


@given(texts)
def test_tidying_twice_is_tidying_once(text: str) -> None:
    assert tidy(tidy(text)) == tidy(text)


@given(st.lists(st.sampled_from(["\u0301", "\u20dd", "\u200d", "\x00"]), max_size=60))
def test_marks_do_not_pile_up_even_with_invisible_characters_between(pile: list[str]) -> None:
    assert len(tidy("e" + "".join(pile))) <= 1 + MAX_COMBINING


@given(texts, st.integers(0, 90))
def test_a_cut_text_never_exceeds_its_limit(text: str, limit: int) -> None:
    kept = cut(text, limit)
    assert len(kept) <= limit
    assert kept == text or len(text) > limit


@pytest.mark.parametrize("tail", ["...", " ...", " [...]", "…", " […]", ".....", " ... […]"])
def test_a_text_that_was_cut_off_ends_in_one_ellipsis(tail: str) -> None:
    assert without_tail(f"The ferries{tail}") == "The ferries…"
    assert without_tail(f"The{tail} ferries.") == f"The{tail} ferries."


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("The ferries run. The mayor says that", "The ferries run. The mayor says that…"),
        ("The ferries of the bay,", "The ferries of the bay…"),
        ("The ferries \u2013 ", "The ferries…"),
        ("The ferries run", "The ferries run"),  # a line without full stops
        ("The ferries run.", "The ferries run."),
        ("“The ferries run.”", "“The ferries run.”"),
        ("The ferries run. Do they?)", "The ferries run. Do they?)"),
        ("The ferries…", "The ferries…"),
        ("Version 2.0 is out", "Version 2.0 is out"),
        ("渡し船が走る。市長は", "渡し船が走る。市長は…"),
        ("渡し船が走る。", "渡し船が走る。"),
        (",", ","),
        ("", ""),
    ],
)
def test_a_text_that_its_publisher_cut_off_without_an_ellipsis_gets_one(
    text: str, shown: str
) -> None:
    assert with_tail(text) == shown
    assert with_tail(shown) == shown


def test_a_text_is_cut_after_a_word() -> None:
    assert cut("Ferry town lets a machine write", 20) == "Ferry town lets a…"
    assert cut("Donaudampfschifffahrtsgesellschaft", 10) == "Donaudamp…"


def test_words_are_folded_and_parted_by_punctuation_and_hyphens() -> None:
    assert words("The AI-powered Straße, again_and again") == (
        *("the", "ai", "powered", "strasse", "again", "and", "again"),
    )


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("Power Apps", "power-apps"),
        ("  AI  ", "ai"),
        ("C", "c"),
        ("C++", "c-plus-plus"),
        ("C#", "c-sharp"),
        ("\uff23\uff0b\uff0b", "c-plus-plus"),
        ("Élysée", "elysee"),
        ("\u210cello", "hello"),
        ("新闻", "新闻"),
        ("कला", "कला"),
        ("ข่าว", "ข่าว"),
        ("မြန်မာ", "မြန်မာ"),
        ("ខ្មែរ", "ខ្មែរ"),
        ("Łódź, Đà Nẵng", "lodz-da-nang"),
        ("København Æ œ þ ð ħ ŋ \u0131", "kobenhavn-ae-oe-th-d-h-n-i"),
        ("İSTANBUL", "istanbul"),
        ("Ёлка, ёлка́", "елка-елка"),
        ("мой", "мои\u0306"),
        ("Power BI™", "power-bi"),
        ("كِتَاب", "كِتَاب"),
        ("أخبار", "اخبار"),
        ("Ḥawai\u02bbi", "hawai\u02bbi"),
        ("\U0001f3ae", "\U0001f3ae"),
        ("Games\U0001f3ae", "games-\U0001f3ae"),
        ("#\ufe0f\u20e3", "sharp\u20e3"),
        ("©", ""),
        ("?!", ""),
        ("", ""),
    ],
)
def test_a_topic_has_one_key_however_it_is_spelled(name: str, key: str) -> None:
    assert slug(name) == key


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("कला", "कल"),
        ("ข่าว", "ขาว"),
        ("ຂ່າວ", "ຂາວ"),
        ("ကာ", "ကိ"),
        ("កា", "កិ"),
        ("ハハ", "パパ"),
        ("мой", "мои"),
        ("\U0001f44d", "\U0001f44d\U0001f3fd"),
        ("1\ufe0f\u20e3", "1"),
        ("#\ufe0f\u20e3", "*\ufe0f\u20e3"),
        ("\U0001f1ec\U0001f1e7", "\U0001f1ec\U0001f1ee"),
    ],
)
def test_topics_that_differ_in_a_mark_or_an_emoji_are_two(one: str, other: str) -> None:
    assert slug(one) != slug(other)
    assert words(one) != words(other)


VOWELS = ["عِلم عَلَم علم", "שֵׁם שָׁם שם", "ܟܬܳܒܳܐ ܟܬܒܐ", "رحمٰن رحمن"]


@pytest.mark.parametrize("spellings", VOWELS)
def test_topics_may_differ_by_vowels_that_search_leaves_out(spellings: str) -> None:
    several = spellings.split()
    assert len({slug(one) for one in several}) == len(several)
    assert len({words(one) for one in several}) == 1


@pytest.mark.parametrize(
    "spellings",
    [
        *("Hawai\u02bbi hawaii", "O\u02bczbek Ozbek", "\u018fliyev \u0259liyev eliyev"),
        *("محـمد محمد", "ایران إيران ايران", "کتاب كتاب", "على علي", "ٱلله الله", "تہران تهران"),
        *("फ़िल्म फिल्म", "लड़का लडका", "ড় ড"),
    ],
)
def test_what_people_type_for_letters_is_the_same_word(spellings: str) -> None:
    assert len({words(one) for one in spellings.split()}) == 1


@given(texts)
def test_all_that_is_indexed_is_words_and_each_character_begins_one(text: str) -> None:
    found = indexed(text)
    assert {*words(text)} <= {*found}
    for stretch in stretches(text):
        units = regex.findall(r".\p{M}*", stretch) if is_unspaced(stretch) else [stretch]
        assert all(any(word.startswith(unit) for word in found) for unit in units)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("\u2764\ufe0f", "\u2764"),
        ("\u2764\ufe0f\u200d\U0001f525", "\u2764\u200d\U0001f525"),
        ("1\ufe0f\u20e3", "1\u20e3"),
        ("\U0001f3ae\u200d", "\U0001f3ae"),
        ("caf\u00e9", "cafe\u0301"),
        ("\u09cb", "\u09c7\u09be"),
        ("\u30ac", "\uff76\uff9e"),
        ("soft\u00adly", "softly"),
        ("\u0645\u06cc\u200c\u062e", "\u0645\u06cc\u062e"),
    ],
)
def test_spellings_that_look_the_same_are_one(one: str, other: str) -> None:
    assert slug(f"x{one}") == slug(f"x{other}")
    assert words(f"x {one}") == words(f"x {other}")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("中国发布AI新规", "中国 国发 发布 ai 新规"),
        ("2024年の、猫", "2024 年の 猫"),
        ("データ・ベース", "テ\u3099ー ータ ヘ\u3099ー ース"),
        ("ข่าวด่วน", "ข่า าว วด่ ด่ว วน"),
        ("한국 뉴스", "한국 뉴스"),
        ("कला मेला", "कला मेला"),
        ("\U0001f3aeGames", "\U0001f3ae games"),
    ],
)
def test_scripts_without_blanks_come_in_overlapping_pairs(text: str, expected: str) -> None:
    nfd = [unicodedata.normalize("NFD", word) for word in expected.split()]
    assert [*words(text)] == nfd


@given(texts)
def test_the_words_of_words_are_themselves(text: str) -> None:
    found = words(text)
    assert words(" ".join(found)) == found


@given(texts)
def test_slugs_and_words_have_the_same_letters(text: str) -> None:
    text = text.replace("+", "").replace("#", "")
    assert "".join(stretches(slug(text))) == "".join(stretches(text))


@given(
    st.text(alphabet="a\u0301\u0915\u093f\U0001f469\u200d\U0001f3fd\ufe0f ", max_size=40),
    st.integers(0, 40),
)
def test_a_cut_parts_no_letter_from_its_marks_and_no_emoji(text: str, limit: int) -> None:
    kept = cut(text, limit).removesuffix("…")
    assert (
        regex.findall(r"\X", kept) == regex.findall(r"\X", text)[: len(regex.findall(r"\X", kept))]
    )


@given(texts)
def test_the_key_of_a_key_is_itself(text: str) -> None:
    assert slug(slug(text)) == slug(text)
