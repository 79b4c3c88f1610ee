"""Rules that come with crowd: what they are for, and which of them a new project begins with.

Those only tell the requester: they take nobody's work away, cost nothing, and are wrong about few. Whoever
does not look at items is found by the sequential test of `grade`, which is sharper than a rule on gold.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Default:
    """A rule that comes with crowd."""

    name: str
    line: str
    why: str
    begins: bool = False  # whether a new project has it active


DEFAULTS: Final = (
    Default(
        "too-fast",
        "collect speed; when flagged == true and answers >= 20; do notify to requester",
        "faster than people who look can be",
        begins=True,
    ),
    Default(
        "same-answer",
        "collect repetition; when flagged == true and answers >= 20; do notify to requester",
        "one label again and again",
        begins=True,
    ),
    Default(
        "copies",
        "collect sequences; when flagged == true and answers >= 20; do notify to requester",
        "two workers, or two accounts of one, who answer alike where others differ",
        begins=True,
    ),
    Default(
        "most-of-the-work",
        "collect volume; when flagged == true and answers >= 50; do notify to requester",
        "one person's habits become the training set's",
        begins=True,
    ),
    Default(
        "below-par",
        "collect gold; when graded >= 20 and accuracy_high < 0.6; do suspend for 7d",
        "wrong too often about gold, though they look; needs gold enough",
    ),
    Default(
        "proven",
        "collect gold; when graded >= 30 and accuracy_low >= 0.85; "
        "do set_skill name proven value accuracy for 26w",
        "gives the good a skill that harder projects can ask for",
    ),
    Default(
        "ring",
        "collect rings; when member == true and size >= 3; do open_case",
        "three or more who share their errors; reads all answers in every turn",
    ),
    Default(
        "many-skips",
        "collect skips over last 50; when asked >= 50 and skip_rate > 0.5; do notify to requester",
        "the instructions do not help this worker, or they pick the easy items",
    ),
    Default(
        "often-rejected",
        "collect rejections over last 20; when reviewed >= 10 and rejected_share > 0.5; "
        "do hold_payment for 7d",
        "reviewers set most of it aside: look before more is paid",
    ),
    Default(
        "long-day",
        "collect today; when active_hours >= 8; do pause for 12h",
        "tired people make mistakes",
    ),
    Default(
        "no-information",
        "collect quality; when answers >= 50 and informedness_high < 0.2; do exam",
        "answers tell next to nothing, measured against people together; reads all answers in every turn",
    ),
    Default(
        "says-little",
        "collect quality; when answers >= 20 and information_ratio < 0.5; do pause",
        "half of what others tell for the same price; reads all answers in every turn",
    ),
    Default(
        "nobody-can-tell",
        "collect items; when cannot_tell >= 2 and cannot_tell_share >= 0.5; do open_case",
        "the item, or the instructions, are at fault",
    ),
    Default(
        "split",
        "collect items; when answers >= 3 and disagreement >= 0.5; do raise_overlap to 5",
        "more answers where people differ; costs money",
    ),
)
