"""A loopback Discord: REST, gateway and people, to try and test the bot without Discord.

An unmodified discord.py client accepts it. It imports nothing of the bot, and never discord.py.
"""

from bot.sandbox.page.clock_controls import ClockControls
from bot.sandbox.server import Sandbox
from bot.sandbox.world.entities import Channel, Guild
from bot.sandbox.world.people import Answer, Completion, NotOffered, Person
from bot.sandbox.world.world import World

__all__ = [
    "Answer",
    "Channel",
    "ClockControls",
    "Completion",
    "Guild",
    "NotOffered",
    "Person",
    "Sandbox",
    "World",
]
