"""Labels that are known beforehand, as gold or as truth: read, and held against what people said."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from itertools import islice

from crowd.errors import bad_input
from crowd.tables.source import open_input
from crowd.tables.truth import read_truth

SHOWN = 4


def labels_of(path: str | None) -> dict[str, str] | None:
    """Read known labels; None where there is no file."""
    return None if path is None else read_truth(open_input(path))


def check_spoken(path: str | None, known: Iterable[str], labels: Collection[str]) -> None:
    """Refuse several known labels of which nobody said any: they are another coding of the same."""
    given = set(known)
    if len(given) > 1 and not given & set(labels):
        theirs, ours = _some(given), _some(labels)
        raise bad_input(
            f"{path}, field label", f"none of its labels ({theirs}) is one that was answered ({ours})"
        )


def _some(labels: Iterable[str]) -> str:
    names = sorted(set(labels))
    return ", ".join(map(repr, islice(names, SHOWN))) + (", …" if len(names) > SHOWN else "")
