"""Labeling functions from a file: what they say, and what is wrong with them."""

from __future__ import annotations

from pathlib import Path

import pytest

from crowd.errors import CrowdError, Unprocessable
from crowd.learning import functions
from crowd.learning.function_file import read_functions

LABELS = ("spam", "ham")
GOOD = """
[[function]]
name = "link"
regex = "https?://"
label = "spam"

[[function]]
name = "greeting"
keyword = ["dear friend", "hello"]
field = "text"
label = "ham"

[[function]]
name = "sender"
lookup = "senders.csv"
field = "from"

[[function]]
name = "filter"
column = "old"
labels = {1 = "spam", 0 = "ham"}

[[function]]
name = "length"
python = "tests_rules:short"
"""
RULES = "def short(payload):\n    return 'ham' if len(payload['text']) < 9 else None\n"


def written(folder: Path, text: str) -> str:
    path = folder / "functions.toml"
    path.write_text(text)
    return str(path)


def read(path: str) -> list[functions.LabelingFunction]:
    return read_functions(path, LABELS, read_table=lambda _: {"a@x": "ham", "b@x": "spam"})


def test_every_kind_says_what_it_finds_and_is_silent_otherwise(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "tests_rules.py").write_text(RULES)
    monkeypatch.syspath_prepend(str(tmp_path))
    found = read(written(tmp_path, GOOD))
    payloads = [
        {"text": "HELLO there, see http://x", "from": "b@x", "old": "1"},
        {"text": "othello", "from": "nobody", "old": ""},
        {"text": "a long enough text", "from": "a@x", "old": 0},
    ]
    assert functions.run(found, payloads, LABELS).tolist() == [
        [0, 1, 0, 0, -1],
        [-1, -1, -1, -1, 1],
        [-1, -1, 1, 1, -1],
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[[function]]\nname = 'a'\nregex = '('\nlabel = 'spam'", "function a: '(' is no regular expression"),
        ("[[function]]\nname = 'a'\nregex = 'x'\nlabel = 'eggs'", "function a: label 'eggs' is not among"),
        ("[[function]]\nname = 'a'\nregex = 'x'", "function a: regex needs label too"),
        ("[[function]]\nname = 'a'\nkeyword = 'x'\nlabel = 'spam'", "keyword must be a list of words"),
        ("[[function]]\nname = 'a'\ncolumn = 'x'\nfoo = 1", "column takes no foo"),
        ("[[function]]\nregex = 'x'\nlabel = 'spam'", "function 1: needs a name of its own"),
        ("[[function]]\nname = 'a'", "needs exactly one of regex, keyword, lookup, column, python"),
        ("[[function]]\nname = 'a'\npython = 'no_such_module:f'", "cannot be imported"),
        ("x = ", "is no TOML"),
        ("x = 1", "needs one [[function]] or more, and nothing else"),
    ],
)
def test_a_wrong_file_is_refused_by_name(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(Unprocessable) as caught:
        read(written(tmp_path, text))
    assert message in str(caught.value)


def test_a_function_that_fails_or_makes_up_a_label_is_named() -> None:
    broken = functions.LabelingFunction("mine", lambda payload: payload["absent"])
    with pytest.raises(CrowdError, match="'mine' failed on item 1: KeyError"):
        functions.run([broken], [{}], LABELS)
    inventive = functions.LabelingFunction("mine", lambda _: "eggs")
    with pytest.raises(CrowdError, match="'mine' named 'eggs' on item 1; the labels are 'spam', 'ham'"):
        functions.run([inventive], [{}], LABELS)
