"""How the pages of requesters write money, times and shares."""

from __future__ import annotations

from datetime import UTC, datetime

from flask import Blueprint

from workers import qualification
from workers.money import display


def register(pages: Blueprint) -> None:
    """Give the templates their filters."""
    pages.add_app_template_filter(display, "dollars")
    pages.add_app_template_filter(utc, "utc")
    pages.add_app_template_filter(qualification.text, "requirements")


def utc(moment: datetime) -> str:
    """Write a time (UTC) as people read it."""
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
