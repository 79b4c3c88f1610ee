"""Files of known labels."""

from __future__ import annotations

import pytest

from crowd.errors import Unprocessable
from crowd.tables.gold import GoldRow, read_gold
from crowd.tables.truth import read_truth


def problems(read, *args: object, **options: object) -> list[str]:
    with pytest.raises(Unprocessable) as error:
        read(*args, **options)
    return [str(problem) for problem in error.value.problems]


def test_truth_ignores_the_columns_real_exports_carry(given):
    assert read_truth(given("task,label,grade\n1,a,2\n2,b,0\n1,a,9\n")) == {"1": "a", "2": "b"}


def test_truth_that_contradicts_itself_is_refused(given):
    assert problems(read_truth, given("item,label\n1,a\n2,b\n1,b\n")) == [
        "a.csv line 4, field label: item '1' is 'b' here and 'a' above; keep one"
    ]


def test_truth_outside_the_label_set_is_refused(given):
    assert problems(read_truth, given("item,label\n1,a\n2,b\n"), labels=["b"]) == [
        "a.csv line 2, field label: 'a' is not in the label set: 'b'"
    ]


@pytest.mark.parametrize(
    ("content", "first_line"),
    [
        ("item,label\n7,3\n8,4\n7,3\n", 2),
        ('{"task": 7, "label": 3}\n{"label": "4", "item": "8"}\n', 1),
    ],
)
def test_gold_is_read_from_csv_and_jsonl(given, content, first_line):
    assert read_gold(given(content), labels=("3", "4")) == [
        GoldRow("7", "3", f"a.csv line {first_line}"),
        GoldRow("8", "4", f"a.csv line {first_line + 1}"),
    ]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("item,label\n1,a\n1,b\n", ["a.csv line 3, field label: item '1' is 'a' on line 2; keep one"]),
        ("item,label\n1,c\n", ["a.csv line 2, field label: 'c' is not in the label set: 'a', 'b'"]),
        ("item,label\n1,\n", ["a.csv line 2, field label: is missing, blank, or no text"]),
        ("item,truth\n1,a\n", [
            "a.csv line 2, field truth: unknown field; expected item, label, accepted, use, explanation",
            "a.csv line 2, field label: is missing, blank, or no text",
        ]),
        ('{"item": 1, "label": true}', ["a.csv line 1, field label: is missing, blank, or no text"]),
        ("item,label,use\n1,a,secret\n", ["a.csv line 2, field use: choose from hidden, training, told"]),
        ("item,label,accepted\n1,a,b=2\n",
         ["a.csv line 2, field accepted: the credit of 'b' is 2.0; it must be above 0 and at most 1"]),
        ("item,label,accepted\n1,a,b=half\n",
         ["a.csv line 2, field accepted: the credit of 'b' is 'half'; it must be a number"]),
        ('{"item": 1, "label": "a", "explanation": 3}', ["a.csv line 1, field explanation: is no text"]),
    ],
)  # fmt: skip
def test_faults_of_gold_are_named_by_line_and_field(given, content, expected):
    assert problems(read_gold, given(content), labels=("a", "b")) == expected


@pytest.mark.parametrize(
    ("content", "accepted"),
    [
        ("item,label,accepted\n1,cat,kitten=0.5; tom\n", {"kitten": 0.5, "tom": 1.0}),
        ('item,label,accepted\n1,cat,"[""tom""]"\n', {"tom": 1.0}),
        ('{"item": 1, "label": "cat", "accepted": {"kitten": 0.5}}', {"kitten": 0.5}),
        ("item,label,accepted\n1,cat,\n", {}),
    ],
)
def test_gold_may_accept_several_answers(given, content, accepted):
    [row] = read_gold(given(content))
    assert row.accepted == accepted


def test_gold_for_training_comes_with_its_explanation(given):
    [row] = read_gold(given("item,label,use,explanation\n1,cat,training,It has whiskers.\n"))
    assert (row.use, row.explanation) == ("training", "It has whiskers.")
