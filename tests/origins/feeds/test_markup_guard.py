"""What stands before a feed's root, and the patterns that read it."""

import importlib
import pkgutil
import re

import pytest

from bot import origins
from bot.origins.feeds.document import NotAFeed
from bot.origins.feeds.markup_guard import MAX_TAG, guarded

ROOT_TAG = b'<rss version="2.0"><channel/></rss>'


@pytest.mark.parametrize(
    "prolog",
    [
        b'<?xml version="1.0"?>\n',
        b"<?xml version='1.0'?><?xml-stylesheet href='a.xsl'?><!-- one --><!-- > two --->",
        b'<?xml version="1.0"?><!DOCTYPE rss [<!ATTLIST rss a CDATA "]"> ] ><!-- a --> ',
        b"<?xml version='1.0'?><!DOCTYPE rss SYSTEM 'rss.dtd'>",
    ],
)
def test_a_feed_begins_after_everything_that_xml_allows_before_it(prolog: bytes):
    assert guarded(prolog + ROOT_TAG) == ROOT_TAG


@pytest.mark.parametrize("place", range(0, MAX_TAG + 1, 4096))
def test_a_tag_that_is_too_long_is_refused_wherever_it_stands(place: int):
    before = ROOT_TAG + b"<b/>" + b"x" * place
    assert guarded(before + b"<a " + b"b" * (MAX_TAG - 3) + b"><c/>")
    with pytest.raises(NotAFeed):
        guarded(before + b"<a " + b"b" * (MAX_TAG - 1) + b"><c/>")


def test_no_pattern_repeats_a_group_possessively():
    """Python before 3.11.5 matches such patterns wrongly, and Debian 12 has 3.11.2."""
    names = [one.name for one in pkgutil.walk_packages(origins.__path__, "bot.origins.")]
    values = [value for name in names for value in vars(importlib.import_module(name)).values()]
    patterns = [value for value in values if isinstance(value, re.Pattern)]
    texts = [one.pattern if isinstance(one.pattern, str) else repr(one.pattern) for one in patterns]
    assert len(texts) > 20
    assert not [text for text in texts if re.search(r"[^\\]\)(?:[*+?]|\{[\d,]+\})\+", text)]
