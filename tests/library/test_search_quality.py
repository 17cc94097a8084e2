"""Questions as people type them find the story that they mean, mostly in the first place."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import pytest

from bot.library.ingest import Ingestion
from bot.library.queries import Queries
from tests.library.test_queries import load

WHEN: Final = datetime(2019, 12, 1, tzinfo=UTC)
GOAL: Final = 0.9
"""The least mean of 1 / the place at which a question finds the story that it means."""

STORIES: Final = {
    "courier": (
        "Marlow Freight and Kestrel announce partnership for smarter parcel delivery",
        "The courier will use the Kestrel cloud to track packages in real time, it said on Monday.",
    ),
    "courier shares": (
        "Marlow Freight shares fall after weak quarterly results",
        "Earnings missed what analysts expected; the company blames higher fuel prices.",
    ),
    "protest": (
        "Osprey files another protest over the navy's $10bn cloud contract",
        "The complaint says that the award to Kestrel was fatally flawed.",
    ),
    "cancelled": (
        "Navy scraps WARDEN cloud contract after years of legal fights",
        "The department will start again with several vendors.",
    ),
    "vell investment": (
        "Kestrel to invest $1 billion in Vell, including a new data center",
        "The investment is the largest by a technology company in the country.",
    ),
    "orsa investment": (
        "Kestrel plans a cloud region in Orsa",
        "Customers there will get data residency and faster services next year.",
    ),
    "telecoms": (
        "Kestrel acquires Brightwire, a maker of telecoms software",
        "The purchase helps operators to move their 5G networks to the cloud.",
    ),
    "bounty": (
        "Hackers can earn up to $100,000 for breaking Kestrel's Linux for small devices",
        "The research challenge runs for three months and is by application only.",
    ),
    "supercomputer": (
        "Lab gets one of the five fastest supercomputers for training large models",
        "It has 285,000 cores and was built for a single customer.",
    ),
    "hospitals": (
        "Cloud for Hospitals brings telehealth and patient records together",
        "Doctors can plan visits and share results from one place.",
    ),
    "camera": (
        "Image sensor maker and Kestrel to build smart cameras for shops",
        "The chips analyse video without sending it anywhere.",
    ),
    "jobs": (
        "Kestrel opens office in Fernhill and creates 1,500 jobs",
        "Most of the positions are in artificial intelligence.",
    ),
    "outage": (
        "Kestrel cloud down across the southern region, most users hit",
        "Engineers trace the failure to a cooling system; services return after six hours.",
    ),
    "leak": (
        "Misconfigured portals expose 38 million records, researchers say",
        "Names, vaccination dates and social security numbers could be read by anybody.",
    ),
    "formulas": (
        "Spreadsheet tool writes formulas from plain language with a language model",
        "Users describe what they want, and the tool suggests the formula.",
    ),
    "sketches": (
        "New feature turns sketches on paper into working apps",
        "A photo of a form is enough to begin with.",
    ),
    "robots": (
        "Kestrel buys Softarm to automate routine office work",
        "The acquisition brings recording of desktop tasks to its automation suite.",
    ),
    "containers": (
        "Dockyard works with Kestrel so that developers deploy containers in two commands",
        "The integration is in preview and works from the command line.",
    ),
    "malware": (
        "Researchers convert malware into pictures to classify it",
        "Deep learning then tells families of viruses apart with 99 percent accuracy.",
    ),
    "phishing": (
        "Massive phishing campaign installs remote access tools, firm warns",
        "The mails pretend to be about the pandemic and carry a spreadsheet.",
    ),
    "lawsuit": (
        "Kestrel sued for trademark infringement by a small training company",
        "The plaintiff says that it used the name years before.",
    ),
    "browser": (
        "Browser for Linux shown off briefly at developer conference",
        "No date was given for a first release.",
    ),
    "defence": (
        "Ministry of Defence hands Kestrel £17m hosting deal without a tender",
        "Rivals complain that they never heard of it.",
    ),
    "telescope": (
        "Broken cable damages giant telescope in Tarrow",
        "The dish had been listening to the sky for 57 years.",
    ),
    "ransomware": (
        "Machine learning detects ransomware before files are encrypted",
        "The model watches how a program touches the disk.",
    ),
    "print": (
        "Universal printing without servers is to be released in autumn",
        "Printers register with the cloud and need no drivers.",
    ),
    "fairness": (
        "Toolkit helps to find unfair predictions of models",
        "It compares errors between groups of people.",
    ),
    "ferries": (
        "Ferry companies cancel crossings as storm approaches",
        "Passengers are asked to stay at home until Sunday.",
    ),
    "election": (
        "Vell votes: turnout is the highest in a generation",
        "Counting goes on in the capital and in three provinces.",
    ),
    "rename": (
        "Portals are renamed Pages and get a design studio",
        "Makers can build sites without writing code.",
    ),
}
ASKED: Final = {
    "marlow partnership": "courier",
    "parcel tracking": "courier",
    "who delivers packages with kestrel": "courier",
    "marlow freight share price": "courier shares",
    "why did osprey protest the contract": "protest",
    "osprey complaint about the navy award": "protest",
    "navy cloud deal cancelled": "cancelled",
    "warden": "cancelled",
    "kestrel investing in vell": "vell investment",
    "vell data centers": "vell investment",
    "orsa region": "orsa investment",
    "what did kestrel acquire for 5g": "telecoms",
    "brightwire acquisition": "telecoms",
    "hack linux bounty 100,000": "bounty",
    "fastest supercomputer": "supercomputer",
    "super computers for models": "supercomputer",
    "hospital cloud": "hospitals",
    "patients' records": "hospitals",
    "smart camera": "camera",
    "fernhill job": "jobs",
    "is the kestrel cloud down?": "outage",
    "outage in the southern region": "outage",
    "38 million records exposed": "leak",
    "exposing portals": "leak",
    "plain language formula": "formulas",
    "sketch to app": "sketches",
    "softarm": "robots",
    "deploying a container": "containers",
    "detecting malware by turning it into pictures": "malware",
    "pandemic phishing mail": "phishing",
    "trademark lawsuit against kestrel": "lawsuit",
    "linux browsers": "browser",
    "ministry of defense deal": "defence",
    "what happened with the telescope?": "telescope",
    "detecting ransomware": "ransomware",
    "when will universal print be released": "print",
    "unfair model prediction": "fairness",
    "storm ferries cancelled": "ferries",
    "vell election turnout": "election",
    "portals new name": "rename",
}


@pytest.fixture
async def asked(ingestion: Ingestion, folder: Path, queries: Queries) -> Queries:
    """An archive of the stories, one a week, so that each is an event of its own."""
    files = [
        {"title": title, "excerpt": excerpt, "publishedDateTime": WHEN - timedelta(weeks=number)}
        for number, (title, excerpt) in enumerate(STORIES.values())
    ]
    await load(ingestion, folder, *files)
    return queries


async def test_forty_questions_find_what_they_mean_at_the_top(asked: Queries) -> None:
    worth = {
        question: await _worth(asked, question, STORIES[ASKED[question]][0]) for question in ASKED
    }
    missed = {question: value for question, value in worth.items() if value < 1}
    assert len(worth) == 40
    assert sum(worth.values()) / len(worth) >= GOAL, missed


async def _worth(queries: Queries, question: str, title: str) -> float:
    """1 for the first place, 1/2 for the second, and so on; 0 if it is not among ten."""
    found = [story.article.title for story in await queries.find(question, 10)]
    return 1 / (found.index(title) + 1) if title in found else 0.0
