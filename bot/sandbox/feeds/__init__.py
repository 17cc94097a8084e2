"""Invented feeds: a server on the loopback, and the news that it tells.

They imply no real publisher, and all their hosts end in .example.
"""

from bot.sandbox.feeds.documents import Format, Item, Publisher
from bot.sandbox.feeds.news import TOPICS
from bot.sandbox.feeds.resolver import InventedNames
from bot.sandbox.feeds.server import Fault, FeedServer, InventedFeed
from bot.sandbox.feeds.week import all_feeds, feeds_about, news_feeds

__all__ = [
    "TOPICS",
    "Fault",
    "FeedServer",
    "Format",
    "InventedFeed",
    "InventedNames",
    "Item",
    "Publisher",
    "all_feeds",
    "feeds_about",
    "news_feeds",
]
