"""What rendering a requester's template may cost, counted rather than timed: the same on any machine."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Sized
from typing import Any, TypeGuard

from jinja2 import Undefined
from jinja2.runtime import Context
from jinja2.sandbox import SandboxedEnvironment
from markupsafe import Markup

# A unit is a step of the template, or 64 characters moved: in all well below 0.2 s (see test_templates.py).
FUEL = 60_000
UNIT = 64
LONGEST_TEXT = 64 * 1024
LARGEST_PAGE = 512 * 1024  # of what it renders for one question
LARGEST = 10**15
LONGEST_RANGE = 1_000
Scalar = (str, int, float, type(None), Undefined)


class TooCostly(ValueError):
    """A template does more than a page may cost."""


class Bounded(SandboxedEnvironment):
    """An environment for rendering one question once: every loop and every text is paid for from its fuel.

    Templates are checked before they get here: see `language`, which also puts the filters without a
    name one could write (`counted`, `sized`, …) around what they bound.
    """

    intercepted_binops = frozenset(["+", "-", "*", "/", "//", "%", "**"])

    def __init__(self) -> None:
        super().__init__(autoescape=True, optimized=False, finalize=self._shown)
        self.fuel, self.room = FUEL, LARGEST_PAGE
        self.filters = {**self._filters(), **self._bounds()}
        self.globals = {"range": self._range}

    def burn(self, units: int) -> None:
        """Pay for some steps.

        Raises:
            TooCostly: there is not so much fuel left.
        """
        self.fuel -= units
        if self.fuel < 0:
            raise TooCostly("the template does too much for one question: fewer or shorter loops are needed")

    def fill(self, characters: int) -> None:
        """Count what has been rendered.

        Raises:
            TooCostly: it is more than a page may hold.
        """
        self.room -= characters
        if self.room < 0:
            raise TooCostly(f"the template renders more than {LARGEST_PAGE // 1024} KB")

    def call_binop(self, context: Context, operator: str, left: object, right: object) -> object:
        """Calculate with numbers of modest size."""
        if operator == "**" or not _is_number(left) or not _is_number(right):
            raise TypeError(f"{operator} is for numbers; texts are joined with ~")
        if max(abs(left), abs(right)) > LARGEST:
            raise TooCostly(f"{operator} is for numbers up to {LARGEST}")
        return super().call_binop(context, operator, left, right)

    def _bounds(self) -> dict[str, Callable[..., Any]]:
        return {
            "__counted": self._counted,
            "__sized": self._sized,
            "__plain": self._plain,
            "__searched": self._searched,
            "__flat": self._flat,
        }

    def _filters(self) -> dict[str, Callable[..., Any]]:
        texts = ("upper", "lower", "title", "capitalize", "trim", "truncate", "int", "float", "round", "abs")
        return {
            **{name: self._paid(self.filters_of_jinja()[name]) for name in texts},
            **{name: self.filters_of_jinja()[name] for name in ("default", "d", "length", "count", "items")},
            **{name: self._first_or_last(name) for name in ("first", "last")},
            "replace": self._replace,
            "join": self._join,
            "sort": self._sort,
        }

    @staticmethod
    def filters_of_jinja() -> dict[str, Callable[..., Any]]:
        """Return Jinja's own filters."""
        from jinja2.filters import FILTERS

        return FILTERS

    def _paid(self, own: Callable[..., Any]) -> Callable[..., Any]:
        """Return a filter of single values that pays for the length of what it is given."""
        takes_environment = hasattr(own, "jinja_pass_arg")

        def run(value: object, *args: object, **named: object) -> object:
            self._plain(value)
            for argument in (*args, *named.values()):
                self._bounded(argument)
            return own(self, value, *args, **named) if takes_environment else own(value, *args, **named)

        return run

    def _bounded(self, argument: object) -> None:
        if isinstance(argument, (int, float)) and abs(argument) > LONGEST_TEXT:
            raise TooCostly(f"an argument of a filter is at most {LONGEST_TEXT}")
        self._plain(argument)

    def _first_or_last(self, name: str) -> Callable[[object], object]:
        def run(value: object) -> object:
            if not isinstance(value, (list, tuple, str)) or not value:
                return self.undefined(f"there is no {name}")
            return value[0 if name == "first" else -1]

        return run

    def _replace(self, value: object, old: object, new: object) -> str:
        text, old, new = (str(self._plain(part)) for part in (value, old, new))
        self._fits(len(text) + text.count(old) * max(0, len(new) - len(old)))
        return text.replace(old, new)

    def _join(self, values: object, between: str = "") -> str:
        parts = [str(self._plain(value)) for value in self._counted(values)]
        self._fits(sum(map(len, parts)) + len(str(self._plain(between))) * len(parts))
        return str(between).join(parts)

    def _sort(self, values: object) -> list[Any]:
        return sorted(self._plain(value) for value in self._counted(values))

    def _counted(self, values: object, weight: int = 1) -> Iterator[Any]:
        """Yield what a loop goes over, paying for each round."""
        if isinstance(values, Undefined):
            return
        if not isinstance(values, Iterable):
            raise TypeError(f"{values!r} cannot be looped over")
        for value in values:
            self.burn(weight)
            yield value

    def _sized(self, text: str) -> str:
        self._fits(len(text))
        return text

    def _plain(self, value: object) -> object:
        """Return a single value; lists and mappings are not printed, compared or joined as a whole."""
        if not isinstance(value, Scalar):
            raise TypeError("a list or an object is used where a single value is needed; loop over it")
        self.burn(1 + (len(value) // UNIT if isinstance(value, str) else 0))
        return value

    def _searched(self, values: object) -> object:
        if isinstance(values, Sized):
            self.burn(1 + len(values) // (UNIT if isinstance(values, str) else 1))
        if isinstance(values, (list, tuple)):
            return [self._plain(value) for value in values]
        return values if isinstance(values, (str, Mapping)) else ()

    def _flat(self, values: Mapping[str, object] | Sequence[object]) -> object:
        """Return a list written in the template; lists of lists of lists would have no bound."""
        for value in values.values() if isinstance(values, Mapping) else values:
            for part in value if isinstance(value, (list, tuple)) else [value]:
                self._plain(part)
        return values

    def _fits(self, length: int) -> None:
        if length > LONGEST_TEXT:
            raise TooCostly(f"a text grows beyond {LONGEST_TEXT} characters")
        self.burn(1 + length // UNIT)

    def _range(self, *bounds: int) -> range:
        found = range(*bounds)
        if len(found) > LONGEST_RANGE:
            raise TooCostly(f"a range has at most {LONGEST_RANGE} numbers")
        return found

    def _shown(self, value: object) -> object:
        """Return what `{{ }}` prints."""
        if not isinstance(value, Markup):
            self._plain(value)
        return "" if value is None else value


def _is_number(value: object) -> TypeGuard[float]:
    return isinstance(value, (int, float)) and not isinstance(value, bool)
