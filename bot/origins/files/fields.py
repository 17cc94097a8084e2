"""Reads the fields of a story file one by one, whatever their names are, and notes each fault.

A Fields never raises: a bad value is noted with its path and read as missing, so that a rejection
can name all faults at once.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, date, datetime, time, timedelta
from email.utils import parsedate_to_datetime
from functools import lru_cache, partial
from typing import Any, Final

from bot.errors import StoryFileError, placed
from bot.origins.files.field_names import AMP_NAMES, NAMES, SECTIONS, Generation
from bot.origins.files.frontmatter import kind
from bot.origins.files.safeyaml import is_nothing, resolved
from bot.stories.text import clean, cut
from bot.stories.urls import BadUrl, Trackers, link_of

MAX_SCORE: Final = 1_000_000
"""The largest quality or heat accepted; the largest seen are 189 and about 3,700."""
NO_DATE: Final = datetime(1970, 1, 1, tzinfo=UTC)
"""Stands for a missing date, which is noted as a fault."""
NAMED: Final = 10
"""How many faults a rejection names; the rest are counted."""
Path = tuple[str | int, ...]
"""The path to a value: keys and positions in lists."""

_EXACT: Final = frozenset(
    (
        *(name for names in NAMES.values() for name in names),
        *("name", "domain", "related", "quality", "heat", "removed", "draft"),
    )
)
_SMALL: Final = frozenset(name.lower() for name in _EXACT)
_WITH_MONTH: Final = ("%b %d %Y", "%b %d, %Y", "%B %d %Y", "%B %d, %Y", "%d %b %Y", "%d %B %Y")
_MAIL_DATE: Final = re.compile(r"(?:[A-Za-z]{3}, )?\d{1,2} [A-Za-z]{3} \d{4} [\d:]{5,8}(?: \S+)?")
_PART_OF_HOUR: Final = re.compile(r"^\d{4}-\d\d-\d\d[T ]\d\d[.,]")
_DAYS_END: Final = re.compile(r"(?<=[T ])24(?=:00(?::00(?:\.0+)?)?(?![:.\d]))")
_LEAP_SECOND: Final = re.compile(r"(?<=:\d\d:)60(?!\d)")
_LONGEST_DATE: Final = 64


class Missing(StoryFileError):
    """A required field is missing; `what` describes it."""

    def __init__(self, path: Path, what: str) -> None:
        super().__init__(f"missing: give {what}", path)
        self.what = what


Lines = Callable[[Sequence[Path]], Sequence[int | None]]
"""Finds the lines of a file on which the values at paths are."""


def no_lines(paths: Sequence[Path]) -> list[int | None]:
    """The lines of values that are in no file."""
    return [None] * len(paths)


def joined(faults: Sequence[StoryFileError], lines: Lines) -> StoryFileError:
    """All faults as one: the missing fields in one sentence, then each other fault with its place.
    The field and line of the whole are those of the first fault named.
    """
    if len(faults) == 1:
        return faults[0]
    missing = [one for one in faults if isinstance(one, Missing)]
    others = [one for one in faults if not isinstance(one, Missing)]
    first, *_ = missing or others
    line, *found = lines([one.path for one in (first, *others[:NAMED])])
    names = _listed([f"{one.field} ({one.what})" for one in missing]) if missing else ""
    sentences = [f"missing: {names}"] if missing else []
    for one, at in zip(others, found, strict=False):  # only the others that are named
        sentences.append(f"{placed(at, one.field)}: {one.reason}")
    more = [f"{len(others) - NAMED} more faults"] if len(others) > NAMED else []
    return StoryFileError("; ".join((*sentences, *more)), first.path, line, several=True)


def _listed(names: Sequence[str]) -> str:
    if len(names) > NAMED:
        names = (*names[:NAMED], f"{len(names) - NAMED} more")
    *others, last = names
    return f"{', '.join(others)} and {last}" if others else last


class Fields:
    """One mapping of a story file. `generation` says what a missing field would be called;
    `trackers` are left out of links.
    """

    def __init__(
        self,
        values: Mapping[Any, Any],
        generation: Generation,
        faults: list[StoryFileError],
        trackers: Trackers,
        path: Path = (),
    ) -> None:
        self.generation, self._faults, self._path = generation, faults, path
        self._trackers = trackers
        self._places = places_in(values)
        self._spelled = [_in_other_case(tuple(values)) for _, values in self._places]

    def fault(self, reason: str, path: Path) -> None:
        """Note a fault of the value at a path of this mapping."""
        self._faults.append(StoryFileError(reason, (*self._path, *path)))

    def missing(self, name: str, what: str) -> None:
        """Note that a required field is missing; a dot in its name leads one level down."""
        self._faults.append(Missing((*self._path, *name.split(".")), what))

    def given(self, field: str) -> Iterator[tuple[Path, Any]]:
        """The value under each name of a field, the winning name first."""
        for (section, values), spelled in zip(self._places, self._spelled, strict=True):
            for name in NAMES.get(field, (field,)):
                key = spelled.get(name.lower(), name) if spelled and name not in values else name
                value = values.get(key)
                if value is not None and value != "" and not is_nothing(value):
                    yield (*section, str(key)), value

    def _first(self, field: str) -> tuple[Path, Any]:
        name, *_ = NAMES.get(field, (field,))
        value = self._places[0][1].get(name)
        if value and not is_nothing(value):  # nearly always
            return (name,), value
        return next(self.given(field), ((), None))

    def _resolved(self, path: Path, value: object) -> Any:  # noqa: ANN401 - any value of YAML
        """A plain scalar as YAML reads it; None, with a fault noted, if it cannot be read."""
        try:
            return resolved(value)
        except ValueError as error:
            self.fault(str(error), path)
            return None

    def text(self, field: str, limit: int) -> str | None:
        """Clean text of at most `limit` characters, as written in the file (`3.10`, `NO`, `007`);
        "" if there is none, None if it is not text.
        """
        path, value = self._first(field)
        if value is None:
            return ""
        if not is_scalar(value):
            self.fault(no_text("must be text", value), path)
            return None
        return cut(clean(str(value)), limit)

    def required_text(self, field: str, limit: int, what: str) -> str:
        """Like `text`; noted as missing if there is none."""
        text = self.text(field, limit)
        if text == "":
            meant = self._nothing_meant(field)
            self.missing(field, f"{what} (if it is {meant}, put it in quotes)" if meant else what)
        return text or ""

    def _nothing_meant(self, field: str) -> str | None:
        """A word under a field's names that means nothing in YAML but may be meant as text."""
        values = (here.get(name) for _, here in self._places for name in NAMES.get(field, (field,)))
        return next((str(value) for value in values if value and is_nothing(value)), None)

    def link(self) -> str:
        """The link to the article; "" if there is none.

        The first name that holds a URL wins: in other tools `url` may be a path in a site, and
        `source` a publisher's name, or a mapping with its `url`.
        """
        refused: list[tuple[str, Path]] = []
        for path, value in self.given("URL"):
            inside = isinstance(value, dict) and is_named(path, "source")
            try:
                return self._link(value.get("url") if inside else value)
            except BadUrl as error:
                refused.append((str(error), path))
        # A `source` that is not a URL is a publisher.
        faults = [one for one in refused if not is_named(one[1], "source")]
        if faults:
            self.fault(*faults[0])
        else:
            self.missing(self.generation.url, "the article's URL")
        return ""

    def _link(self, value: object) -> str:
        if not isinstance(value, str):
            raise BadUrl(f"must be a URL, not {kind(value)}")
        return link_of(str(value), self._trackers, self._has_amp_step(value))

    def _has_amp_step(self, url: str) -> bool | None:
        """Whether the last step of the article's URL names its AMP form; None if unknown."""
        page = url.strip().rstrip("/")
        if not page.endswith("/amp"):
            return None
        fields = (values.get(name) for _, values in self._places for name in AMP_NAMES)
        forms = {value.strip().rstrip("/") for value in fields if isinstance(value, str)}
        return True if page in forms else False if f"{page}/amp" in forms else None

    def moment(self, latest: datetime) -> datetime:
        """The date of the article as an instant in UTC, not after `latest`; else NO_DATE."""
        given = ((path, value) for path, value in self.given("date") if not _is_flag(path, value))
        path, written = next(given, ((), None))
        value = self._resolved(path, written)
        moment = instant_in(value)
        if written is None:
            self.missing(self.generation.date, "a date like 2020-05-12T19:02:00Z")
        elif value is None:
            return NO_DATE
        elif moment is None:
            self.fault(f"must be a date like 2020-05-12T19:02:00Z, not {_quoted(written)}", path)
        elif moment > latest:
            self.fault(f"{moment:%Y-%m-%d} is in the future; correct the date", path)
        return moment or NO_DATE

    def score(self, field: str, least: int) -> int | None:
        """A whole number from `least` to MAX_SCORE, or None if it is missing."""
        path, written = self._first(field)
        value = self._resolved(path, written)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int):
            self.fault(f"must be a whole number, not {_quoted(written)}", path)
        elif not least <= value <= MAX_SCORE:
            self.fault(f"must be between {least} and {MAX_SCORE:,}, not {value}", path)
        else:
            return value
        return None

    def flag(self, field: str) -> bool | None:
        """True or false, or None if it is missing. `published` is a date in other tools."""
        path, written = self._first(field)
        value = self._resolved(path, written)
        if value is None or isinstance(value, bool):
            return value
        if not (field == "published" and instant_in(value)):
            self.fault(f"must be true or false, not {_quoted(written)}", path)
        return None

    def below(self, path: Path, values: Mapping[Any, Any]) -> "Fields":
        """The mapping at a path of this one, read in the same way."""
        return Fields(values, self.generation, self._faults, self._trackers, (*self._path, *path))

    def limited(self, path: Path, entries: Sequence[Any], limit: int) -> list[tuple[Path, Any]]:
        """The entries of the list at a path, each with its own path; none if there are too many."""
        if len(entries) > limit:
            self.fault(f"has {len(entries)} entries, the limit is {limit}", path)
            return []
        return [((*path, position), entry) for position, entry in enumerate(entries)]


@lru_cache(maxsize=1024)  # files have the same keys again and again
def _in_other_case(keys: tuple[object, ...]) -> Mapping[str, str]:
    """Those of the keys that differ from a field's name only in case, by the lower-case name."""
    strange = (key for key in keys if isinstance(key, str) and key not in _EXACT)
    return {key.lower(): key for key in strange if key.lower() in _SMALL}


def places_in(values: Mapping[Any, Any]) -> list[tuple[Path, dict[Any, Any]]]:
    """The mappings that hold fields, each with its path: the file's own, then its sections."""
    inside = [] if SECTIONS.isdisjoint(values) else sorted(SECTIONS)
    found = [((name,), values.get(name)) for name in inside]
    return [((), dict(values)), *((at, one) for at, one in found if isinstance(one, dict))]


def is_named(path: Path, name: str) -> bool:
    """Whether a path ends in a name, in any case."""
    return str(path[-1]).lower() == name


def is_scalar(value: object) -> bool:
    """Whether a value is text, as every scalar of YAML is except `null`."""
    return isinstance(value, str) and not is_nothing(value)


def no_text(reason: str, value: object) -> str:
    """Why a value is not the text that it must be, and what to do if it was meant as text."""
    quotes = "" if value in (None, "") or isinstance(value, dict | list) else "; put it in quotes"
    return f"{reason}, not {kind(value)}{quotes}"


def _is_flag(path: Path, value: object) -> bool:
    with suppress(ValueError):
        return is_named(path, "published") and isinstance(resolved(value), bool)
    return False


def instant_in(value: object) -> datetime | None:
    """A date, or text that is a date, as an instant in whole seconds; without a zone, in UTC."""
    try:
        if isinstance(value, str):
            value = _date_in(value.strip())
        if isinstance(value, date) and not isinstance(value, datetime):
            value = datetime.combine(value, time())
        if not isinstance(value, datetime):
            return None
        return value.replace(tzinfo=value.tzinfo or UTC, microsecond=0).astimezone(UTC)
    except OverflowError:  # year 1 or 9999, shifted out of range
        return None


def _date_in(text: str) -> datetime | None:
    """A date that text is. 24:00 is the next day's beginning, and a leap second the one before.
    Raises OverflowError.
    """
    begun = _DAYS_END.sub("00", text)
    found = _written_date(_LEAP_SECOND.sub("59", begun))
    return found + timedelta(days=1) if found and begun != text else found


def _written_date(text: str) -> datetime | None:
    """A date as in ISO 8601, as in mail, or with the month's name in English."""
    if len(text) > _LONGEST_DATE:
        return None
    iso = re.sub(r"^(\d{4})/(\d\d)/(\d\d)", r"\1-\2-\3", text)
    iso = re.sub(r"(?<=\d[T ]\d\d)\.(\d\d)(?:\.(\d\d))?(?!\d)", _with_colons, iso)
    if _PART_OF_HOUR.search(iso):  # Python would drop the part
        return None
    iso = re.sub(r"\s+(?=[+-]\d\d:?\d\d$)", "", iso)
    iso = re.sub(r"\s*(?:Z|UTC|GMT)$", "+00:00", iso)
    readers: list[Callable[[], datetime]] = [lambda: datetime.fromisoformat(iso)]
    if _MAIL_DATE.fullmatch(text):
        readers.append(lambda: parsedate_to_datetime(text))
    readers += [partial(datetime.strptime, text, form) for form in _WITH_MONTH]
    for read in readers:
        with suppress(ValueError, OverflowError):
            return read()
    return None


def _with_colons(time_: re.Match[str]) -> str:
    return "".join(f":{part}" for part in time_.groups() if part)


def _quoted(value: object) -> str:
    return f"“{cut(clean(str(value)), 40)}”"
