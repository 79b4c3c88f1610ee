"""Labels that look like one label written in several ways: a slip no method can repair."""

from __future__ import annotations

import math
import unicodedata
from collections import defaultdict
from collections.abc import Iterable

from qc.cautions import Caution

SHOWN = 3


def look_alikes(labels: Iterable[str]) -> list[tuple[str, ...]]:
    """Return the groups of labels that differ only in letter case, spaces, or how a number is written."""
    groups: dict[str, list[str]] = defaultdict(list)
    for label in labels:
        groups[_plain(label)].append(label)
    return [tuple(group) for group in groups.values() if len(group) > 1]


def spelling(labels: Iterable[str]) -> list[Caution]:
    """Say which labels were perhaps meant to be one."""
    groups = look_alikes(labels)
    if not groups:
        return []
    shown = "; ".join(" and ".join(map(repr, group)) for group in groups[:SHOWN])
    more = f"; and {len(groups) - SHOWN} more" if len(groups) > SHOWN else ""
    return [
        Caution(
            "spelling",
            f"labels count as different though they look like slips of one another: {shown}{more}; "
            "if they mean the same, write them alike",
        )
    ]


def _plain(label: str) -> str:
    """Return what is left of a label when nobody looks closely."""
    folded = " ".join(unicodedata.normalize("NFKC", label).casefold().split())
    try:
        number = float(folded)
    except ValueError:
        return folded
    return repr(number) if math.isfinite(number) and "_" not in folded else folded
