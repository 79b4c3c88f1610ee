"""Tables of the old requester site: what is read from them, and what is refused with its line."""

from __future__ import annotations

import pytest

from crowd.errors import Unprocessable
from crowd.tables.batches import Verdict, read_inputs, read_verdicts
from crowd.tables.source import Source


def source(content: str) -> Source:
    return Source("in.csv", content.encode())


def test_inputs_are_rows_of_any_columns():
    found = read_inputs(source('\ufeffimage url, text\r\nhttps://a.org/?b&c,"one\ntwo"\r\nx,\r\n'))
    assert found.columns == ("image url", "text")
    assert found.rows == (("https://a.org/?b&c", "one\ntwo"), ("x", ""))
    assert found.lines == (2, 4)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("a,b\n", "has a header but no rows"),
        ("a,b\n1\n", "in.csv line 2: has 1 cells, the header has 2"),
        ("a,a\n1,2\n", "stands more than once"),
        ("text;url\nx;y\n", "in.csv line 1: the columns are separated by ';'; save the file with commas"),
        ("", "is empty"),
    ],
)
def test_a_table_that_is_none_is_refused(content: str, said: str):
    with pytest.raises(Unprocessable, match=said):
        read_inputs(source(content))


def test_verdicts_are_marks_and_reasons():
    table = "HITId,AssignmentId,Approve,Reject\nh,A1,x,\nh,A2,,\nh,A3,,All the same answer\nh,A4,,X\n"
    assert read_verdicts(source(table), reason="Wrong") == [
        Verdict("A1", True, "", "in.csv line 2"),
        Verdict("A3", False, "All the same answer", "in.csv line 4"),
        Verdict("A4", False, "Wrong", "in.csv line 5"),
    ]


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("A1,x,bad", "has both Approve and Reject"),
        ("A1,maybe,", "Approve must be x or empty"),
        ("A1,,x", "write into Reject why"),
        (",x,", "has no AssignmentId"),
    ],
)
def test_a_verdict_that_says_too_little_or_too_much_is_refused(row: str, said: str):
    with pytest.raises(Unprocessable, match=said):
        read_verdicts(source(f"AssignmentId,Approve,Reject\n{row}\n"))


def test_results_without_their_columns_are_refused():
    with pytest.raises(Unprocessable, match="columns Approve, Reject are missing"):
        read_verdicts(source("AssignmentId\nA1\n"))
