"""Text, CSV rows and JSON objects, with their lines."""

from __future__ import annotations

import pytest

from crowd.errors import Unprocessable
from crowd.tables.reading import csv_rows, json_objects, text


@pytest.mark.parametrize("content", ["a,b\n1,2\n", "\ufeffa,b\n1,2\n"])
def test_a_byte_order_mark_is_no_part_of_the_text(given, content):
    assert text(given(content)) == "a,b\n1,2\n"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"a,b\n1,\xff\n", "a.csv line 2: is not UTF-8; save the file as UTF-8"),
        (b"a,b\n1,2\n3,\0\n", "a.csv line 3: holds a NUL character; save the file as plain UTF-8 text"),
        (
            "a,b\n".encode("utf-16"),
            "a.csv line 1: holds a NUL character; save the file as plain UTF-8 text",
        ),
        (b"", "a.csv: is empty"),
        (b" \n\n", "a.csv: is empty"),
    ],
)
def test_what_is_no_text_is_refused_with_its_line(given, content, message):
    with pytest.raises(Unprocessable) as refused:
        text(given(content))
    assert refused.value.message == message


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_rows_know_the_line_they_start_on(end):
    content = end.join(["a,b", "", '"x', 'y",2', "", "3,4", ""])
    expected = [(1, ["a", "b"]), (3, [f"x{end}y", "2"]), (6, ["3", "4"])]
    assert list(csv_rows("f", content)) == expected


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ('a,b\n1,2\n"3,4\n5,6\n', "f line 3: a quoted field is opened here and never closed"),
        ('a,b\n"1"x,2\n', "f line 2: text follows a closing quote"),
        ("a,b\n1," + "x" * 200_000, "f line 2: a field is longer than 131,072 characters"),
    ],
)
def test_broken_csv_is_refused_where_it_starts(content, message):
    with pytest.raises(Unprocessable) as refused:
        list(csv_rows("f", content))
    assert refused.value.message.startswith(message)


def test_objects_know_their_lines():
    content = '{"item": 1}\r\n\n{"item": "two", "x": [1.5, null, "\\u00e9\\\\u0000"]}'
    assert list(json_objects("f", content)) == [
        (1, {"item": 1}),
        (3, {"item": "two", "x": [1.5, None, "é\\u0000"]}),
    ]


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ('{"a": 1', "is not JSON: Expecting ',' delimiter at column 8"),
        ("[1, 2]", "must be one JSON object per line"),
        ("3", "must be one JSON object per line"),
        ('{"a": NaN}', "NaN is not a JSON number"),
        ('{"a": -Infinity}', "-Infinity is not a JSON number"),
        ('{"a": 1e999}', "1e999 is too large for a number"),
        ('{"a": 1, "a": 2}', "names the field 'a' twice"),
        ('{"x": {"a": 1, "a": 2}}', "names the field 'a' twice"),
        ('{"a": "\\u0000"}', "holds a NUL character"),
        ('{"a": "\\\\\\u0000"}', "holds a NUL character"),
        ('{"\\u0000": 1}', "holds a NUL character"),
        ('{"a": "\\ud800"}', "holds half of a surrogate pair"),
        ('{"a": ' + "9" * 5000 + "}", "Exceeds the limit"),
        ('{"a": ' + "[" * 100_000, "is nested too deeply"),
    ],
)
def test_what_a_database_cannot_hold_is_refused_with_its_line(row, message):
    with pytest.raises(Unprocessable, match=r"^f line 2: ") as refused:
        list(json_objects("f", '{"ok": true}\n' + row))
    assert message in refused.value.message
