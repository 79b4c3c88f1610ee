"""The part of Jinja that requesters write in: no calls of their own, no way to build up without paying."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from types import CodeType
from typing import Any

from jinja2 import Template, TemplateSyntaxError, nodes
from jinja2.visitor import NodeTransformer

from crowd.rendering.fuel import UNIT, Bounded, TooCostly

LONGEST = 64 * 1024  # of a template
TOO_DEEP = "the template is nested too deeply, or holds a number that is too long"
FUNCTIONS = ("answer", "show", "range")
TESTS = ("defined", "undefined", "none", "number", "string", "mapping", "sequence", "boolean", "even", "odd")
PLAIN = (
    *(nodes.Template, nodes.Output, nodes.TemplateData, nodes.Name, nodes.Const, nodes.If, nodes.CondExpr),
    *(nodes.Assign, nodes.Compare, nodes.Operand, nodes.And, nodes.Or, nodes.Not, nodes.Concat),
    *(nodes.Add, nodes.Sub, nodes.Mul, nodes.Div, nodes.FloorDiv, nodes.Mod, nodes.Neg, nodes.Pos),
    *(nodes.List, nodes.Tuple, nodes.Dict, nodes.Pair, nodes.Keyword, nodes.Getitem),
)
WORDS = {
    nodes.Macro: "macros cannot be defined here",
    nodes.Include: "nothing can be included",
    nodes.Import: "nothing can be imported",
    nodes.FromImport: "nothing can be imported",
    nodes.Extends: "a template cannot extend another",
    nodes.Block: "there are no blocks here",
    nodes.AssignBlock: "write {% set x = … %}, without a block",
    nodes.Slice: "texts and lists cannot be cut like this; use |truncate or |first",
    nodes.Pow: "there are no powers",
}


class NotUnderstood(ValueError):
    """A template goes beyond the language; `line` is where."""

    def __init__(self, line: int, message: str) -> None:
        super().__init__(f"line {line}: {message}")
        self.line, self.message = line, message


def parse(source: str) -> nodes.Template:
    """Return the tree of a template.

    Raises:
        NotUnderstood: it is too long or not in the language.
    """
    if len(source.encode()) > LONGEST:
        raise NotUnderstood(1, f"the template is longer than {LONGEST // 1024} KB")
    try:
        tree = Bounded().parse(source)
        found = next(strange(tree), None)
    except TemplateSyntaxError as error:
        raise NotUnderstood(error.lineno, str(error.message)) from error
    except (RecursionError, ValueError) as error:
        raise NotUnderstood(
            1, "the template is nested too deeply, or holds a number that is too long"
        ) from error
    if found is not None:
        raise NotUnderstood(*found)
    return tree


def strange(tree: nodes.Template) -> Iterator[tuple[int, str]]:
    """Yield what of a template is not in the language: line and words."""
    for node in tree.find_all(nodes.Node):
        message = _refused(node)
        if message:
            yield node.lineno, message


def render(source: str, context: Mapping[str, Any]) -> str:
    """Return a template filled in.

    Raises:
        ValueError: it is not in the language, fails, or costs too much.
    """
    environment = Bounded()
    template = Template.from_code(environment, compiled(source), environment.globals)
    pieces: list[str] = []
    try:
        for piece in template.generate(**context):
            pieces.append(piece)
            environment.fill(len(piece))
    except TooCostly:
        raise
    except Exception as error:  # whatever a stranger's template comes to, it is the template's fault
        raise ValueError(f"{error}") from error
    return "".join(pieces)


@lru_cache(maxsize=64)
def compiled(source: str) -> CodeType:
    """Return a template as code that pays for what it does.

    Raises:
        NotUnderstood: it is not in the language.
    """
    tree = parse(source)
    try:
        return Bounded().compile(_Payer().visit(tree))
    except (RecursionError, MemoryError) as error:
        raise NotUnderstood(1, TOO_DEEP) from error


def _refused(node: nodes.Node) -> str | None:
    if isinstance(node, PLAIN):
        return None
    check = _CHECKS.get(type(node))
    if check is None:
        return WORDS.get(type(node), f"{type(node).__name__} is not offered here")
    return check(node)


def _check_call(node: nodes.Call) -> str | None:
    is_known = isinstance(node.node, nodes.Name) and node.node.name in FUNCTIONS
    if is_known and not (node.dyn_args or node.dyn_kwargs):
        return None
    return f"only {', '.join(f'{name}()' for name in FUNCTIONS)} can be called; for methods there are filters"


def _check_filter(node: nodes.Filter) -> str | None:
    if node.name == "safe":
        return "|safe is refused: what an item holds must never become markup"
    known = sorted(name for name in Bounded().filters if not name.startswith("__"))
    return None if node.name in known else f"there is no filter |{node.name}; there are {', '.join(known)}"


def _check_test(node: nodes.Test) -> str | None:
    return None if node.name in TESTS else f"there is no test “is {node.name}”; there are {', '.join(TESTS)}"


def _check_for(node: nodes.For) -> str | None:
    return "a loop cannot be recursive" if node.recursive else None


def _check_getattr(node: nodes.Getattr) -> str | None:
    return f"{node.attr} is private" if node.attr.startswith("_") else None


_CHECKS: dict[type[nodes.Node], Callable[..., str | None]] = {
    nodes.Call: _check_call,
    nodes.Filter: _check_filter,
    nodes.Test: _check_test,
    nodes.For: _check_for,
    nodes.Getattr: _check_getattr,
}


class _Payer(NodeTransformer):
    """Puts around every loop, text, list and comparison what makes it pay."""

    def get_visitor(self, node: nodes.Node) -> Callable[..., nodes.Node] | None:
        """Return what changes a node; by type, the most particular one."""
        visitors: dict[type[nodes.Node], Callable[..., nodes.Node]] = {
            nodes.For: self._loop,
            nodes.Concat: self._concat,
            nodes.Compare: self._compare,
            nodes.List: self._literal,
            nodes.Tuple: self._literal,
            nodes.Dict: self._literal,
        }
        return visitors.get(type(node))

    def _loop(self, node: nodes.For) -> nodes.For:
        weight = sum(_weight(inner) for part in node.body for inner in (part, *part.find_all(nodes.Node)))
        self.generic_visit(node)
        looped: Any = node.iter
        node.iter = _around(looped, "__counted", nodes.Const(1 + weight))
        return node

    def _concat(self, node: nodes.Concat) -> nodes.Filter:
        self.generic_visit(node)
        node.nodes = [_around(part, "__plain") for part in node.nodes]
        return _around(node, "__sized")

    def _compare(self, node: nodes.Compare) -> nodes.Compare:
        self.generic_visit(node)
        node.expr = _around(node.expr, "__plain")
        for operand in node.ops:
            bound = "__searched" if operand.op in ("in", "notin") else "__plain"
            operand.expr = _around(operand.expr, bound)
        return node

    def _literal(self, node: nodes.List | nodes.Tuple | nodes.Dict) -> nodes.Expr:
        self.generic_visit(node)
        is_target = isinstance(node, nodes.Tuple) and node.ctx == "store"
        return node if is_target else _around(node, "__flat")


def _weight(node: nodes.Node) -> int:
    return 1 + len(node.data) // UNIT if isinstance(node, nodes.TemplateData) else 1


def _around(node: nodes.Expr, name: str, *args: nodes.Expr) -> nodes.Filter:
    return nodes.Filter(node, name, list(args), [], None, None, lineno=node.lineno)
