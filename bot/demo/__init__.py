"""The bot in its sandbox."""

from bot.demo.start import Demo, DemoOptions, demo

__all__ = ["Demo", "DemoOptions", "demo"]
