"""What is wrong with a requester's template, in words, before any worker sees it."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from html.parser import HTMLParser

from jinja2 import meta, nodes

from crowd.errors import Problem
from crowd.rendering import language
from crowd.rendering.fuel import Bounded

VARIABLES = ("payload", "question", "labels", "details", "options", "title")
NAME = "question-name-goes-here"
FIELDS = ("input", "textarea", "select", "button")
REFUSED = {
    "form": "the page already is a form",
    **dict.fromkeys(
        ("html", "head", "body", "main"), "a template is a part of the page, not a page of its own"
    ),
    **dict.fromkeys(("iframe", "frame", "object", "embed"), "the page's policy loads no other documents"),
    **dict.fromkeys(("base", "meta", "link"), "nothing is loaded from elsewhere; a <style> is allowed"),
}
NO_FIELD = (
    "there is nothing to answer with: use {{ answer() }}, or give a field of your own "
    'name="{{ question.name }}"'
)


def check_template(source: str) -> list[Problem]:
    """Return what is wrong with a template; nothing when it can be used."""
    try:
        language.compiled(source)
        tree = language.parse(source)
    except language.NotUnderstood as error:
        return [_at(error.line, error.message)]
    unknown = meta.find_undeclared_variables(tree) - {*VARIABLES, *language.FUNCTIONS}
    found = [_at(_line(tree, name), _stranger(name)) for name in sorted(unknown)]
    page = _Page()
    page.feed(_html(source))
    page.close()
    found += [_at(line, message) for line, message in (*page.problems, *_answers(tree))]
    if not page.has_field and not uses_answer(source):
        found.append(Problem("template", NO_FIELD))
    return found


@lru_cache(maxsize=64)
def uses_answer(source: str) -> bool:
    """Tell whether a template leaves the answer's field to the type; one that is not understood does not."""
    try:
        return any(True for _ in _calls(language.parse(source)))
    except language.NotUnderstood:
        return False


def _answers(tree: nodes.Template) -> Iterator[tuple[int, str]]:
    calls = list(_calls(tree))
    inside = {
        id(call) for block in tree.find_all((nodes.If, nodes.For, nodes.CondExpr)) for call in _calls(block)
    }
    for number, call in enumerate(calls):
        if id(call) in inside:
            yield (
                call.lineno,
                "answer() must stand outside of {% if %} and {% for %}, so that it is always there",
            )
        elif number:
            yield call.lineno, "answer() is there twice"


def _calls(node: nodes.Node) -> Iterator[nodes.Call]:
    for call in node.find_all(nodes.Call):
        if isinstance(call.node, nodes.Name) and call.node.name == "answer":
            yield call


class _Page(HTMLParser):
    """Reads the markup of a template, its expressions replaced by words."""

    def __init__(self) -> None:
        super().__init__()
        self.problems: list[tuple[int, str]] = []
        self.has_field = False
        self._sections = 0
        self._seen: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        self.has_field |= tag in FIELDS and values.get("name") == NAME
        self._sections += tag == "section"
        self._seen.add(tag)
        if tag == "script":
            self._script(values)
        elif tag in REFUSED:
            self._refuse(f"<{tag}> is refused: {REFUSED[tag]}")
        for name, value in values.items():
            self._attribute(name, value)

    def handle_endtag(self, tag: str) -> None:
        self._sections -= tag == "section"
        is_alone = tag in REFUSED and tag not in self._seen
        if is_alone or self._sections < 0:
            self._refuse(f"</{tag}> closes what the template did not open")
            self._sections = max(0, self._sections)

    def _script(self, values: dict[str, str]) -> None:
        if "src" in values:
            self._refuse("<script src> is refused: the page's policy loads no script from elsewhere")
        else:
            self._refuse("<script> does not run: the page's policy lets only crowd's own scripts run")

    def _attribute(self, name: str, value: str) -> None:
        start = value.strip().lower()
        if name.startswith("on"):
            self._refuse(f"{name} does not run: the page's policy lets no inline handler run")
        elif start.startswith("javascript:"):
            self._refuse(f"{name}=javascript: does not run under the page's policy")
        elif name in ("src", "poster") and start.startswith(("http:", "//", "/", ".")):
            self._refuse(f"{name}={value} is not loaded: only https: and data: addresses are")

    def _refuse(self, message: str) -> None:
        self.problems.append((self.getpos()[0], message))


def _html(source: str) -> str:
    """Return a template with a word for every expression, each line where it was."""
    kept, inside = [], None
    for _, kind, value in Bounded().lex(source):
        if kind in ("variable_begin", "block_begin", "comment_begin", "raw_begin"):
            inside = "" if kind == "variable_begin" else None
        elif kind == "variable_end":
            kept.append(NAME if "".join((inside or "").split()) == "question.name" else "x")
            inside = None
        elif kind == "data":
            kept.append(value)
            continue
        elif inside is not None:
            inside += value
        kept.append("\n" * value.count("\n"))
    return "".join(kept)


def _line(tree: nodes.Template, name: str) -> int:
    return next((node.lineno for node in tree.find_all(nodes.Name) if node.name == name), 1)


def _stranger(name: str) -> str:
    known = ", ".join(VARIABLES)
    return f"{name} is not known here: there are {known}; a field of the item is payload.{name}"


def _at(line: int, message: str) -> Problem:
    return Problem(f"line {line}", message)
