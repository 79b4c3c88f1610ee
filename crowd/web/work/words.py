"""How money, time and answers read on a page."""

from __future__ import annotations

import json
from datetime import date, datetime

from flask import Blueprint

from crowd.web.sentences import sentence
from workers.money import display

MINUTE, HOUR = 60, 3600


def register(pages: Blueprint) -> None:
    """Give the templates of an application these filters."""
    for word in (duration, about, day, moment, answer, is_shown, sentence, display):
        pages.add_app_template_filter(word, "money" if word is display else word.__name__)


def duration(seconds: float) -> str:
    """Write a span of time: "45 s", "12 min", "3 h 05 min"."""
    whole = round(seconds)
    if whole < MINUTE:
        return f"{whole} s"
    if whole < HOUR:
        return f"{round(whole / MINUTE)} min"
    return f"{whole // HOUR} h {whole % HOUR // MINUTE:02} min"


def about(seconds: float) -> str:
    """Write a span of time that is only an estimate, in steps people think in."""
    step = 5 if seconds < MINUTE else MINUTE
    return f"about {duration(max(step, round(seconds / step) * step))}"


def day(value: date) -> str:
    """Write a day: "Mon 5 Jan 2026"."""
    return f"{value:%a} {value.day} {value:%b %Y}"


def moment(value: datetime) -> str:
    """Write a moment, in UTC: "5 Jan 2026, 14:03"."""
    return f"{value.day} {value:%b %Y, %H:%M}"


def answer(value: object) -> str:
    """Write an answer that an example shows: a label as it is, several with commas, all else as JSON."""
    if isinstance(value, str):
        return value
    if isinstance(value, list) and all(isinstance(each, str) for each in value):
        return ", ".join(value)
    return json.dumps(value, ensure_ascii=False)


def is_shown(address: object) -> bool:
    """Tell whether a page may load this address, as it stands in a payload."""
    return isinstance(address, str) and address.startswith(("https://", "data:"))
