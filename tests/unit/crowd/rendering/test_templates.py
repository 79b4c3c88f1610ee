"""Requester-written templates: what is told about them, what they can do, and what they cannot cost."""

from __future__ import annotations

from typing import Any

import pytest

from crowd.channels import Page, Question
from crowd.rendering import check_template, frame, language, preview
from crowd.rendering.fuel import Bounded
from tests.payloads import PAYLOADS

GOOD = """
<style>.photo { max-width: 20rem }</style>
<h3>{{ title }}: {{ payload.name | default("no name") | upper }}</h3>
{{ show("image", payload.photo) }}
{% if payload.tags is defined and "new" in payload.tags %}<b>new</b>{% endif %}
<ul>
{% for tag in payload.tags %}<li>{{ loop.index }}. {{ tag ~ "!" }}</li>{% else %}<li>none</li>{% endfor %}
</ul>
{% set price = payload.price * 2 %}<p>{{ price }} of {{ labels | length }}</p>
{{ answer() }}
"""
OWN_FIELD = '<p>{{ payload.text }}</p><label>Name <input name="{{ question.name }}"></label>'
PAYLOAD: dict[str, Any] = {
    "name": "Ada",
    "photo": "https://example.org/a.png",
    "tags": ["new", "<b>"],
    "price": 4,
}


def render(source: str, **payload: Any) -> str:
    return preview(
        source, task_type="choice", payload=payload, labels=("Yes", "No"), title="Well?", nonce="n"
    )


@pytest.mark.parametrize("source", [GOOD, OWN_FIELD, "{# nothing #}{{ answer() }}"])
def test_a_good_template_has_no_problem(source: str):
    assert check_template(source) == []


def test_a_template_shows_fields_loops_and_the_types_answer():
    page = render(GOOD, **PAYLOAD)
    assert "Well?: ADA" in page
    assert '<img src="https://example.org/a.png"' in page
    assert "<b>new</b>" in page
    assert "<li>2. &lt;b&gt;!</li>" in page
    assert "<p>8 of 2</p>" in page
    assert page.count('type="radio" name="q1"') == 2


def test_a_missing_field_is_empty():
    assert "NO NAME" in render(GOOD, price=1)


PROBLEMS = [
    ("{{ answer() }}\n{% if x %}", "line 2", "endif"),
    ("{{ answer( }}", "line 1", "unexpected"),
    ("\n\n{{ text }}{{ answer() }}", "line 3", "text is not known here"),
    ("<p>hello</p>", "template", "nothing to answer with"),
    ('<input name="answer">', "template", "nothing to answer with"),
    ("{{ answer() }}\n<script src='https://example.org/a.js'></script>", "line 2", "loads no script"),
    ("{{ answer() }}<script>let a = 1</script>", "line 1", "does not run"),
    ("{{ answer() }}<p onclick='go()'>", "line 1", "onclick does not run"),
    ("{{ answer() }}<a href='javascript:go()'>x</a>", "line 1", "does not run"),
    ("{{ answer() }}<img src='http://example.org/a.png'>", "line 1", "only https: and data:"),
    ("{{ answer() }}<form></form>", "line 1", "already is a form"),
    ("{{ answer() }}</section>", "line 1", "did not open"),
    ("{{ answer() }}<iframe></iframe>", "line 1", "no other documents"),
    ("{{ answer() }}<link rel=stylesheet href=x>", "line 1", "nothing is loaded"),
    ("{{ payload.text | safe }}{{ answer() }}", "line 1", "never become markup"),
    ("{{ payload.text | pprint }}{{ answer() }}", "line 1", "no filter |pprint"),
    ("{{ payload.text.upper() }}{{ answer() }}", "line 1", "can be called"),
    ("{{ payload.__class__ }}{{ answer() }}", "line 1", "private"),
    ("{{ payload.text[1:] }}{{ answer() }}", "line 1", "cannot be cut"),
    ("{% macro m() %}{% endmacro %}{{ answer() }}", "line 1", "macros"),
    ("{% include 'pages/home.html' %}{{ answer() }}", "line 1", "included"),
    ("{% for a in payload recursive %}{% endfor %}{{ answer() }}", "line 1", "recursive"),
    ("{% if payload.a %}{{ answer() }}{% endif %}", "line 1", "outside"),
    ("{{ answer() }}{{ answer() }}", "line 1", "twice"),
    ("x" * 70_000, "line 1", "longer than 64 KB"),
    ("{% if " + " and ".join(["labels"] * 4_000) + " %}{% endif %}", "line 1", "too deeply"),
    ("{{" + "(" * 2_000 + "1" + ")" * 2_000 + "}}", "line 1", "too deeply"),
]


@pytest.mark.parametrize(("source", "where", "says"), PROBLEMS)
def test_a_problem_says_where_and_what(source: str, where: str, says: str):
    problems = check_template(source)
    assert [problem.where for problem in problems] == [where]
    assert says in problems[0].message


ESCAPES = [
    "{{ payload.__class__.__mro__ }}",
    "{{ payload['__class__'] }}",
    "{{ ''['__class__'] }}",
    "{{ answer.__globals__ }}",
    "{{ answer['__globals__']['os'] }}",
    "{{ ('{0.__class__}').format(1) }}",
    "{{ '%s' % payload }}",
    "{{ question|attr('__class__') }}",
    "{{ loop }}",
    "{% for a in [1] %}{{ loop.__class__ }}{% endfor %}",
    "{{ payload }}",
    "{{ self }}",
    "{{ cycler('a') }}",
    "{{ lipsum() }}",
    "{{ namespace() }}",
    "{{ environment }}",
]


@pytest.mark.parametrize("source", ESCAPES)
def test_nothing_beyond_the_language_is_reached(source: str):
    try:
        text = language.render(source, {"payload": {"a": 1}, "question": {}, "answer": lambda: "x"})
    except ValueError:
        text = ""
    assert "class" not in text
    assert "object" not in text


EXPENSIVE = [
    "{% for a in range(1000) %}{% for b in range(1000) %}{% endfor %}{% endfor %}",
    "{% for a in range(1000) %}{% for b in range(1000) %}{{ b }}{% endfor %}{% endfor %}",
    "{% for a in range(1000) %}" + "x" * 60_000 + "{% endfor %}",
    "{% for a in range(1000) %}{{ payload.long }}{% endfor %}",
    "{% for a in range(1000) %}{% if payload.long == payload.same %}{% endif %}{% endfor %}",
    "{% for a in range(1000) %}{% if 'zz' in payload.long %}{% endif %}{% endfor %}",
    "{% for a in range(1000) %}{% set b = payload.long|upper %}{% endfor %}",
    "{% for a in range(1000) %}{% set b = payload.long|replace('a', 'b') %}{% endfor %}",
    "{% for a in range(1000) %}{% set b = payload.list|sort %}{% endfor %}",
    "{% for a in range(1000) %}{% set b = payload.list|join %}{% endfor %}",
    "{% for a in range(1000) %}{% if 'x' in payload.list %}{% endif %}{% endfor %}",
    "{{ payload.long|replace('', payload.long) }}",
    "{% set a = 'aaaaaaaa' %}" + "{% set a = a ~ a %}" * 40 + "{{ a }}",
    "{% set a = [1, 2] %}" + "{% set a = [a, a] %}" * 40 + "{{ a == a }}",
    "{{ 'a' * 1000000000 }}",
    "{{ 10 ** 10 ** 10 }}",
    "{% set a = 999999999 %}" + "{% set a = a * a %}" * 40 + "{{ a }}",
    "{{ range(1000000000)|length }}",
    "{{ 'a'|truncate(1000000000) }}",
    "{{ 1.5|round(1000000000) }}",
    "{% for a in payload.list %}{% for b in payload.list %}x{% endfor %}{% endfor %}",
    "{% for a in range(1000) %}" + "{{ a }}" * 8_000 + "{% endfor %}",
    "{% for a in range(1000) %}{{ answer() }}{% endfor %}",
]
HEAVY = {"long": "a" * 60_000, "same": "a" * 59_999 + "b", "list": [str(number) for number in range(5_000)]}


@pytest.mark.parametrize("source", EXPENSIVE)
def test_an_expensive_template_is_stopped(source: str):
    # Without its limits each of these takes from minutes to for ever, and the test would not end.
    with pytest.raises(ValueError, match=r"."):
        language.render(source, {"payload": HEAVY, "answer": lambda: "x" * 1_000})


def test_what_costs_the_same_is_stopped_at_the_same_place():
    left = []
    for _ in range(2):
        environment = Bounded()
        list(environment.filters["__counted"](range(100), 7))
        left.append(environment.fuel)
    assert left[0] == left[1] < Bounded().fuel


def test_an_item_that_breaks_the_template_can_still_be_skipped():
    page = Page(
        token="t",
        title="Well?",
        instructions="",
        labels=("Yes", "No"),
        questions=(Question("q1", "k", {"price": "dear"}), Question("q2", "k", {"price": 2})),
        template="<p>{{ payload.price * 2 }}</p>{{ answer() }}",
    )
    document = frame(page, nonce="n", host="")
    assert "Skip it as broken" in document
    assert "<p>4</p>" in document


def test_a_preview_says_what_went_wrong():
    with pytest.raises(ValueError, match="numbers"):
        render("{{ payload.price * 2 }}{{ answer() }}", price="dear")


@pytest.mark.parametrize("harm", PAYLOADS)
def test_item_content_never_becomes_markup(harm: str):
    source = (
        '<p title="{{ payload.text }}">{{ payload.text }}</p>{{ show("image", payload.text) }}{{ answer() }}'
    )
    text = language.render(
        source, {"payload": {"text": harm}, "show": lambda kind, value: "", "answer": lambda: ""}
    )
    assert text.count("<") == 2
    assert text.count('"') == 2


@pytest.mark.parametrize(
    "task_type", ["choice", "multilabel", "number", "rating", "text", "pairwise", "ranking", "spans", "boxes"]
)
def test_every_type_gives_its_field_to_a_template(task_type: str):
    payload = {
        "text": "Once",
        "image": "https://example.org/a.png",
        "choices": ["a", "b"],
        "left": "l",
        "right": "r",
    }
    labels = ("1", "2") if task_type not in ("number", "text", "ranking") else ()
    page = preview(
        "<p>mine</p>{{ answer() }}", task_type=task_type, payload=payload, labels=labels, nonce="n"
    )
    assert "<p>mine</p>" in page
    assert 'name="q1' in page
