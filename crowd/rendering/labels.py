"""The label set as workers meet it: in groups under headings, each label with the keys that choose it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from string import ascii_lowercase
from typing import Any

# Keys of the page itself: skip and report.
RESERVED = frozenset("sr")
DIGITS = "123456789"
OTHER, CANNOT_TELL = "other", "cannot_tell"
APART = ""


@dataclass(frozen=True, slots=True)
class Option:
    """One label to choose."""

    label: str
    keys: tuple[str, ...]
    definition: str
    kind: str  # "other" asks for own words, "cannot_tell" stands apart; else empty


@dataclass(frozen=True, slots=True)
class Group:
    """Labels under one heading, and the groups below it."""

    name: str
    options: tuple[Option, ...]
    groups: tuple[Group, ...]

    def __iter__(self) -> Iterator[Option]:
        """Yield all options in the order they are shown."""
        yield from self.options
        for group in self.groups:
            yield from group

    def only(self, label: str) -> Group:
        """Return a group of one label."""
        return Group("", tuple(option for option in self if option.label == label), ())


@dataclass(slots=True)
class _Branch:
    labels: list[str] = field(default_factory=list)
    branches: dict[str, _Branch] = field(default_factory=dict)

    def walk(self) -> Iterator[str]:
        yield from self.labels
        for branch in self.branches.values():
            yield from branch.walk()


def arrange(labels: Sequence[str], details: Mapping[str, Any], reserved: Collection[str] = RESERVED) -> Group:
    """Return the labels as a tree without a name at its root; "other" and "cannot tell" come last."""
    root = _Branch()
    for label in sorted(labels, key=lambda label: _rank(details, label)):
        branch = root
        # What stands apart comes after the headings too, in a group without one.
        apart = [APART] if root.branches and _rank(details, label) else []
        for parent in _parents(details, label) or apart:
            branch = branch.branches.setdefault(parent, _Branch())
        branch.labels.append(label)
    return _group("", root, keys(list(root.walk()), details, reserved), details)


def keys(
    labels: Sequence[str], details: Mapping[str, Any], reserved: Collection[str] = RESERVED
) -> dict[str, tuple[str, ...]]:
    """Return the keys of each label: the requester's own or a letter of the label, and its digit."""
    chosen = _requested(labels, details, reserved)
    digits = {
        label: digit for label, digit in zip(labels, DIGITS, strict=False) if digit not in chosen.values()
    }
    taken = {*reserved, *chosen.values()}
    for label in labels:
        if label not in chosen and (letter := _letter(label, taken)):
            chosen[label] = letter
            taken.add(letter)
    return {
        label: tuple(dict.fromkeys(key for key in (digits.get(label), chosen.get(label)) if key))
        for label in labels
    }


def _requested(
    labels: Sequence[str], details: Mapping[str, Any], reserved: Collection[str]
) -> dict[str, str]:
    found: dict[str, str] = {}
    for label in labels:
        key = str(_detail(details, label, "key")).lower()
        if len(key) == 1 and key.isalnum() and key not in reserved and key not in found.values():
            found[label] = key
    return found


def _letter(label: str, taken: set[str]) -> str | None:
    """Return the first letter still free, of the label itself if it can be typed as one key."""
    own = (letter for letter in label.lower() if letter.upper() != letter)
    return next((letter for letter in (*own, *ascii_lowercase) if letter not in taken), None)


def _rank(details: Mapping[str, Any], label: str) -> int:
    return {OTHER: 1, CANNOT_TELL: 2}.get(_detail(details, label, "kind"), 0)


def _parents(details: Mapping[str, Any], label: str) -> list[str]:
    """Return the headings above a label, outermost first."""
    above: list[str] = []
    parent = _detail(details, label, "parent")
    while parent and parent != label and parent not in above:
        above.insert(0, parent)
        parent = _detail(details, parent, "parent")
    return above


def _group(
    name: str, branch: _Branch, keys: Mapping[str, tuple[str, ...]], details: Mapping[str, Any]
) -> Group:
    options = tuple(
        Option(label, keys[label], _detail(details, label, "definition"), _detail(details, label, "kind"))
        for label in branch.labels
    )
    below = tuple(_group(name, below, keys, details) for name, below in branch.branches.items())
    return Group(name, options, below)


def _detail(details: Mapping[str, Any], label: str, name: str) -> str:
    value = details.get(label, {}).get(name)
    return value if isinstance(value, str) else ""
