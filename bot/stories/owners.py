"""Finds the owner of a publisher. An aggregator's page belongs to the publisher of its text."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple

from bot.stories.model import Article, Provider
from bot.stories.text import stretches
from bot.stories.urls import host_of, registrable_domain

_ON_AGGREGATOR = re.compile(r"(?P<publisher>.+?) (?:on|via) \S+", re.IGNORECASE)


class _Domains(NamedTuple):
    """The domains of an article, narrowest first: `registrable` is that of its publisher."""

    host: str
    domain: str
    registrable: str
    registrable_host: str


@dataclass(frozen=True)
class Owners:
    """The operator's map: `by_domain` from a host or registrable domain to its owner's name."""

    by_domain: Mapping[str, str] = field(default_factory=dict)
    aggregators: frozenset[str] = frozenset()

    def is_aggregator(self, article: Article) -> bool:
        """Whether the article is on a site that republishes others."""
        return self._gathers(_domains(article.url, article.provider))

    def of(self, articles: Iterable[Article]) -> dict[str, str]:
        """The owner of each article, by its URL.

        Within one story "NBC News on MSN.com" has the owner of the NBC page beside it; alone it
        has an owner named after its publisher. An unlisted publisher owns itself.
        """
        members = list(articles)
        owners = {one.url: self._owner(_domains(one.url, one.provider)) for one in members}
        gathered = [article for article in members if self.is_aggregator(article)]
        if gathered:
            own = (article for article in members if article not in gathered)
            known = {name: owners[article.url] for article in own for name in _names(article)}
            told = ((one.url, _publisher(one.provider, known)) for one in gathered)
            owners |= {url: owner for url, owner in told if owner}
        return owners

    def of_one(self, url: str, provider: Provider) -> str:
        """The owner of one article alone."""
        domains = _domains(url, provider)
        publisher = _publisher(provider, {}) if self._gathers(domains) else None
        return publisher or self._owner(domains)

    def _gathers(self, domains: _Domains) -> bool:
        return not self.aggregators.isdisjoint(domains)

    def _owner(self, domains: _Domains) -> str:
        listed = (self.by_domain[one] for one in domains if one in self.by_domain)
        return next(listed, domains.registrable)


def _publisher(provider: Provider, known: Mapping[str, str]) -> str | None:
    """The owner of the publisher whose text an aggregator's page carries, if its name says that."""
    match = _ON_AGGREGATOR.fullmatch(provider.name)
    if match is None:
        return None
    publisher = _squash(match["publisher"])
    return known.get(publisher, publisher)


def _domains(url: str, provider: Provider) -> _Domains:
    return _domains_at(host_of(url), provider.domain)


@lru_cache(maxsize=1 << 12)
def _domains_at(host: str, domain: str) -> _Domains:
    host = host.removeprefix("www.")
    return _Domains(host, domain, registrable_domain(domain), registrable_domain(host))


def _names(article: Article) -> tuple[str, str]:
    """The names that an aggregator may use for this publisher."""
    return _squash(article.provider.name), _squash(article.provider.domain.split(".")[0])


@lru_cache(maxsize=1024)
def _squash(name: str) -> str:
    first, *others = stretches(name) or [""]
    return "".join(others if others and first == "the" else (first, *others))
