"""Broadsheet: a Discord bot that posts daily digests of news stories with their best sources."""

__version__ = "0.1.0"
