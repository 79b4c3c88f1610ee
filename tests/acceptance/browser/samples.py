"""A page of each task type, with pictures and sounds that are part of it."""

from __future__ import annotations

from typing import Any

from crowd.channels import Page
from tests.acceptance.browser.labeling import make_page

# 800 × 500 pixels: a square at (100, 120) of 200 × 150, and a circle.
SHAPES = (
    "data:image/svg+xml,%3Csvg%20xmlns='http://www.w3.org/2000/svg'%20width='800'%20height='500'%3E"
    "%3Crect%20width='800'%20height='500'%20fill='%23bcd'/%3E"
    "%3Crect%20x='100'%20y='120'%20width='200'%20height='150'%20fill='%23c63'/%3E"
    "%3Ccircle%20cx='560'%20cy='300'%20r='90'%20fill='%23384'/%3E%3C/svg%3E"
)
SILENCE = "data:audio/wav;base64,UklGRiQAAABXQVZFZm10IBAAAAABAAEAQB8AAEAfAAABAAgAZGF0YQAAAAA="
SENTENCE = "Ada Lovelace wrote to Charles Babbage 👋🏽 in London.\r\nThe Analytical Engine was never built."
SUMMARIES = [
    {"key": "short", "text": "A short summary that says it all."},
    {"key": "long", "text": "A longer summary, with names and dates."},
    {"key": "off", "text": "Off the point."},
]


def choice() -> Page:
    """Return pictures to choose a label for, with everything a label set can have."""
    details = {
        "Square": {"definition": "Four equal sides, four right angles.", "parent": "Polygons"},
        "Circle": {"definition": "All points at one distance."},
        "Something else": {"kind": "other"},
        "Cannot tell": {"kind": "cannot_tell"},
    }
    payloads = [{"image": SHAPES, "alt": "Shapes", "source": "drawn"}, {"audio": SILENCE}]
    labels = ("Square", "Circle", "Something else", "Cannot tell")
    return make_page("choice", payloads, labels, title="Which shape do you see?", details=details)


def multilabel() -> Page:
    """Return texts that may have several labels."""
    details = {
        "Battery": {"definition": "Power, charging, endurance.", "parent": "Product"},
        "Screen": {"parent": "Product"},
        "Delivery": {"parent": "Service"},
        "Cannot tell": {"kind": "cannot_tell"},
    }
    texts = [{"text": "A great battery, a dim screen, and it came late."}, {"text": "Works."}]
    labels = ("Battery", "Screen", "Delivery", "Cannot tell")
    return make_page(
        "multilabel", texts, labels, title="What is it about?", details=details, options={"max": 2}
    )


def number() -> Page:
    """Return pictures to count in."""
    options = {"min": 0, "max": 20, "step": 0.5, "unit": "shapes", "tolerance": 1}
    return make_page("number", [{"image": SHAPES}] * 2, title="How many are there?", options=options)


def rating() -> Page:
    """Return texts to rate."""
    options = {"low": "very rude", "high": "very polite"}
    texts = [{"text": "Please find enclosed the report."}, {"text": "Where is the report?"}]
    return make_page("rating", texts, ("1", "2", "3", "4", "5"), title="How polite is it?", options=options)


def text() -> Page:
    """Return sounds to write down."""
    return make_page(
        "text", [{"audio": SILENCE}] * 2, title="Write down what is said.", options={"max_length": 300}
    )


def pairwise() -> Page:
    """Return two answers to compare."""
    sides = {
        "left": "Because blue light is scattered more than red.",
        "right": {"image": SHAPES, "alt": "Shapes"},
    }
    labels = ("Left is better", "Right is better", "Equally good")
    payloads: list[dict[str, Any]] = [{"text": "Why is the sky blue?", **sides}] * 2
    return make_page("pairwise", payloads, labels, title="Which answer is better?", options={"tie": True})


def ranking() -> Page:
    """Return summaries to order."""
    payloads: list[dict[str, Any]] = [{"text": "Summaries of one article", "choices": SUMMARIES}] * 2
    return make_page("ranking", payloads, title="Order the summaries.", options={"ties": True})


def spans() -> Page:
    """Return a text to mark."""
    labels = ("Person", "Place", "Machine")
    return make_page("spans", [{"text": SENTENCE, "year": 1843}] * 2, labels, title="Mark all names.")


def boxes() -> Page:
    """Return a picture to draw on."""
    pictures = [{"image": SHAPES, "alt": "Shapes"}] * 2
    return make_page("boxes", pictures, ("Square", "Circle"), title="Draw a box around each shape.")


PAGES = {
    make.__name__: make
    for make in (choice, multilabel, number, rating, text, pairwise, ranking, spans, boxes)
}
