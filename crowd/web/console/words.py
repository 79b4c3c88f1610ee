"""How the pages of requesters write money, times, numbers and messages."""

from __future__ import annotations

from datetime import UTC, datetime

from flask import Blueprint
from markupsafe import Markup

from crowd.web.sentences import sentence
from workers import qualification
from workers.money import display


def register(pages: Blueprint) -> None:
    """Give the templates their filters."""
    pages.add_app_template_filter(display, "dollars")
    pages.add_app_template_filter(utc, "utc")
    pages.add_app_template_filter(qualification.text, "requirements")
    pages.add_app_template_filter(thousands)
    pages.add_app_template_filter(counted)
    pages.add_app_template_filter(sentence)


def utc(moment: datetime) -> Markup:
    """Write a time (UTC) as people read it, which no line breaks apart."""
    shown = moment.astimezone(UTC)
    return Markup('<time datetime="{}">{} UTC</time>').format(
        f"{shown:%Y-%m-%dT%H:%MZ}", f"{shown:%Y-%m-%d %H:%M}"
    )


def thousands(number: int) -> str:
    """Write a number as people read it: 12,345."""
    return f"{number:,}"


def counted(number: int, noun: str) -> str:
    """Write how many there are of something: "1 page", "1,200 pages"."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def sized(content: int) -> str:
    """Write a number of bytes as people read it: "64 MiB"."""
    return f"{content / 2**20:,.3g} MiB" if content >= 2**20 else f"{content:,} bytes"
