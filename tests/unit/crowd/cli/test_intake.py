"""`crowd items`, `gold` and `predictions`: files are taken whole or not at all."""

from __future__ import annotations

import pytest


def test_the_same_file_twice_changes_nothing(told, reviews):
    row = "item,text\nr1,a\n"
    assert told("items", "add", reviews, "-", stdin=row) == {"added": 0, "unchanged": 1}


def test_json_lines_are_items_too(told, reviews):
    rows = '{"item": 7, "text": "g", "stars": 4}\n{"item": "r8", "text": "h"}\n'
    assert told("items", "add", reviews, "-", stdin=rows) == {"added": 2, "unchanged": 0}
    assert told("items", "show", reviews, "7")["payload"] == {"text": "g", "stars": 4}


@pytest.mark.parametrize(
    ("noun", "text", "place"),
    [
        ("items", "item,text\nr9,x\nr1,other\n", "standard input line 3"),
        ("items", "item,text\nr9,x\nr9,y\n", "standard input line 3"),
        ("items", "item,text\nr9,x\nr10\n", "standard input line 3"),
        ("items", "item,text\nr9,x\n,y\n", "standard input line 3, field item"),
        ("items", 'item,text\nr9,"x\n', "standard input line 2"),
        ("items", "text\nx\n", "standard input line 1"),
        ("items", "", "standard input: is empty"),
        ("gold", "item,label\nr2,good\nr3,fair\n", "standard input line 3"),
        ("gold", "item,label\nr2,good\nr99,bad\n", "standard input line 3"),
        ("gold", "item,label\nr2,good\nr1,bad\n", "standard input line 3"),
        ("gold", "item,label,note\nr2,good,x\n", "standard input line 2, field note"),
    ],
)
def test_a_fault_in_one_row_is_named_and_no_row_is_stored(crowd, told, reviews, noun, text, place):
    before = told(noun, "list", reviews)
    result = crowd(noun, "add", reviews, "-", stdin=text)
    assert (result.exit_code, result.stdout) == (2, "")
    assert place in result.stderr
    assert told(noun, "list", reviews) == before


def test_an_item_on_offer_cannot_become_gold(crowd, told, reviews):
    told("batch", "create", reviews, "--size", "5")
    result = crowd("gold", "add", reviews, "-", stdin="item,label\nr2,good\n")
    assert (result.exit_code, "already being asked" in result.stderr) == (2, True)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("item,good,bad\nr2,0.5,nan\n", "standard input line 2, field bad"),
        ("item,good,bad\nr2,0.5,0.5\nr3,0.9,0.9\n", "standard input line 3"),
        ("item,good,fair\nr2,0.5,0.5\n", "standard input line 1, field fair"),
        ("item,good,bad\nr2,0.5,0.5\nr99,0.5,0.5\n", "no item 'r99'"),
        ("item,good,bad\n", "standard input: has a header but no rows"),
    ],
)
def test_wrong_predictions_are_refused_whole(crowd, told, reviews, text, place):
    result = crowd("predictions", "add", reviews, "-", "--model-version", "m1", stdin=text)
    assert result.exit_code == 2
    assert place in result.stderr
    assert told("predictions", "list", reviews)["predictions"] == []


def test_a_model_version_is_stored_once(crowd, told, reviews):
    add = ("predictions", "add", reviews, "-", "--model-version", "m1")
    first = told(*add, stdin="item,good,bad\nr2,0.5,0.5\n")
    assert told(*add, stdin="item,good,bad\nr2,0.5,0.5\n") == first
    result = crowd(*add, stdin="item,good,bad\nr2,0.6,0.4\n")
    assert (result.exit_code, "already has other predictions" in result.stderr) == (1, True)
    assert [row["items"] for row in told("predictions", "list", reviews)["predictions"]] == [1]


def test_items_are_listed_by_state(crowd, told, reviews):
    assert [row["key"] for row in told("items", "list", reviews, "--state", "gold")["items"]] == ["r1"]
    assert len(told("items", "list", reviews, "--limit", "2")["items"]) == 2
    assert crowd("items", "list", reviews, "--state", "done").exit_code == 2
