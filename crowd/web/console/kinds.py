"""The task types as a form offers them: what they are called, what each lets one set, what its items hold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

ITEMS = 'item,text\nr1,"Works exactly as described."\nr2,"Broke after two days."'


@dataclass(frozen=True, slots=True)
class Option:
    """One thing a task type lets one set; `default` is how the form comes, a flag's is "1" or nothing."""

    name: str
    text: str
    kind: Literal["whole", "number", "words", "flag", "choice"]
    hint: str = ""
    choices: tuple[tuple[str, str], ...] = ()  # what is sent, and what it says
    default: str = ""


@dataclass(frozen=True, slots=True)
class Kind:
    """One task type: `labels` tells what its labels are, and is empty where it takes none."""

    title: str
    about: str
    labels: str = "One on a line."
    prefilled: tuple[str, ...] = ()
    options: tuple[Option, ...] = ()
    items: str = ITEMS


DIRECTIONS = ("", "By the text itself"), ("ltr", "Left to right"), ("rtl", "Right to left")
_NEAR = Option(
    "gold_score",
    "How near to gold counts as right",
    "number",
    "Above 0 and at most 1, where 1 is the same; 0.7 unless given.",
)


def _least(things: str) -> Option:
    return Option("min", f"{things} at least", "whole", "Unless given, there may be none.")


KINDS: Mapping[str, Kind] = {
    "choice": Kind(
        "One label",
        "Choose one of several labels, for a text, an image, a sound or a video.",
        "Two or more, one on a line.",
    ),
    "multilabel": Kind(
        "Several labels",
        "Choose all labels that apply.",
        options=(
            Option("min", "Labels at least", "whole", "1 unless given; 0 allows none."),
            Option("max", "Labels at most", "whole", "All unless given."),
            _NEAR,
        ),
    ),
    "rating": Kind(
        "A rating",
        "Choose a step of a scale, such as 1 to 5.",
        "The steps: rising numbers, one on a line.",
        ("1", "2", "3", "4", "5"),
        (
            Option("low", "What the lowest step means", "words", "Such as: very rude."),
            Option("high", "What the highest step means", "words", "Such as: very polite."),
        ),
    ),
    "pairwise": Kind(
        "A comparison",
        "Choose the better one of two things side by side.",
        "One on a line: the first for left, the second for right, and where ties are allowed a third.",
        ("Left is better", "Right is better"),
        (Option("tie", "A third label says that both are equally good", "flag"),),
        'item,left,right\np1,"A short summary.","A longer summary."',
    ),
    "number": Kind(
        "A number",
        "Count or estimate something.",
        "",
        options=(
            Option("min", "Smallest number", "number"),
            Option("max", "Largest number", "number"),
            Option("step", "Step", "number", "Counted from the smallest, or from 0."),
            Option("unit", "Unit", "words", "Shown behind the number."),
            Option("tolerance", "Difference that does not matter", "number", "When answers are compared."),
            _NEAR,
        ),
        items="item,image,alt\ni1,https://example.org/street.jpg,A street",
    ),
    "text": Kind(
        "A text",
        "Write in one's own words: a transcription, a translation, a caption.",
        "",
        options=(
            Option("max_length", "Characters at most", "whole", "10000 unless given."),
            Option("multiline", "There may be several lines", "flag"),
            Option("direction", "Direction of writing", "choice", choices=DIRECTIONS),
            _NEAR,
        ),
        items="item,audio\na1,https://example.org/call.mp3",
    ),
    "ranking": Kind(
        "A ranking",
        "Put a few things in order, the best first.",
        "",
        options=(Option("ties", "Things may share a place", "flag"), _NEAR),
        items='{"item": "r1", "text": "Which summary is best?", "choices": ["The first.", "The second."]}',
    ),
    "spans": Kind(
        "Passages of a text",
        "Mark passages, each with a label, such as all names.",
        options=(
            Option("overlap", "Passages may overlap", "flag", default="1"),
            _least("Passages"),
            _NEAR,
        ),
        items='item,text\nt1,"Ada Lovelace wrote to Charles Babbage."',
    ),
    "boxes": Kind(
        "Boxes on an image",
        "Draw boxes, each with a label.",
        options=(
            Option("min_size", "Smallest side in pixels", "number", "1 unless given."),
            _least("Boxes"),
            _NEAR,
        ),
        items="item,image,alt\ni1,https://example.org/street.jpg,A street",
    ),
}
