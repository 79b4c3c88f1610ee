"""JSON that no database could hold is refused in words, wherever it comes from."""

from __future__ import annotations

import pytest
from werkzeug.exceptions import BadRequest

from crowd.api.bodies import parse_json
from crowd.tables.strict_json import parse


@pytest.mark.parametrize(
    ("text", "value"),
    [('{"a": [1, 2.5, null]}', {"a": [1, 2.5, None]}), ('"\\u00e9"', "é"), ('"\\\\u0000"', "\\u0000")],
)
def test_ordinary_json_is_read(text: str, value: object) -> None:
    assert parse(text) == value
    assert parse_json(text.encode()) == value


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"a": NaN}', "NaN is not a JSON number"),
        ('{"a": 1e999}', "1e999 is too large"),
        ('{"a": 1, "b": 2, "a": 3}', "names the field 'a' twice"),
        ('{"a": "\\u0000"}', "NUL"),
        ('{"a": "\\ud800"}', "half of a surrogate pair"),
    ],
)
def test_what_cannot_be_stored_is_refused_in_words(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        parse(text)
    with pytest.raises(BadRequest, match=said):
        parse_json(text.encode())
