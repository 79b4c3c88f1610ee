"""Answer files: what is read, what is refused, and that the fast way reads what the exact one does."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given as forall
from hypothesis import settings
from hypothesis import strategies as st

from aggregation.answers import Answers
from crowd.errors import Unprocessable
from crowd.tables import columns
from crowd.tables.answers import read_answers
from crowd.tables.source import Source

GOOD = "item,worker,label\n1,ann,cat\n1,bob,dog\n2,ann,cat\n"


def refused(source: Source, **options: object) -> str:
    with pytest.raises(Unprocessable) as error:
        read_answers(source, **options)
    return "\n".join(str(problem) for problem in error.value.problems)


def test_columns_come_in_the_order_of_the_file(given):
    table = read_answers(given(GOOD))
    assert list(table.items) == ["1", "1", "2"]
    assert list(table.workers) == ["ann", "bob", "ann"]
    assert (table.labels[1], table.labels[1:], len(table)) == ("dog", ["dog", "cat"], 3)
    assert table.timestamp is None
    assert table.seconds is None


def test_crowd_kits_column_names_and_any_order_of_columns_are_understood(given):
    table = read_answers(given("label,task,worker\ncat,1,ann\n"))
    assert (table.items[0], table.workers[0], table.labels[0]) == ("1", "ann", "cat")


def test_times_become_seconds_since_1970_and_blanks_nan(given):
    times = ("2026-09-30T12:00:00Z,1.5", ",", "2026-09-30T14:00:00+02:00,0", "2026-09-30 12:00,7")
    rows = [f"{item},a,x,{time}" for item, time in enumerate(times)]
    table = read_answers(given("\n".join(["item,worker,label,timestamp,seconds", *rows])))
    noon = 1790769600.0
    np.testing.assert_array_equal(table.timestamp, [noon, np.nan, noon, noon])
    np.testing.assert_array_equal(table.seconds, [1.5, np.nan, 0, 7])


def test_times_not_asked_for_are_extra_columns(given):
    source = given("item,worker,label,seconds\n1,a,x,soon\n")
    assert read_answers(source, times=(), extra="ignore").seconds is None
    assert refused(source, times=()) == (
        "a.csv line 1, field seconds: unknown column; expected item, worker, label"
    )


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("item,worker,label\n", "a.csv: has a header but no rows"),
        ("item,worker\n1,a\n", "a.csv line 1: column label is missing; found item, worker"),
        (
            "item,task,worker,label\n1,1,a,x\n",
            "a.csv line 1, field item: the column stands more than once; keep one",
        ),
        (
            "item,worker,label,label\n1,a,x,y\n",
            "a.csv line 1, field label: the column stands more than once; keep one",
        ),
        (
            "item,worker,label,note\n1,a,x,y\n",
            (
                "a.csv line 1, field note: unknown column; "
                "expected item, worker, label, and optionally timestamp, seconds"
            ),
        ),
        (
            "item;worker;label\n1;a;x\n",
            "a.csv line 1: the columns are separated by ';'; save the file with commas",
        ),
        (
            "item\tworker\tlabel\n1\ta\tx\n",
            "a.csv line 1: the columns are separated by tabs; save the file with commas",
        ),
        (
            "item, worker, label\n1, a, x\n",
            "a.csv line 1, field  worker: remove the spaces around the commas, here and below",
        ),
        ("item,worker,label\n1,a,x\n\n2,b\n", "a.csv line 4: has 2 fields, the header has 3"),
        ("item,worker,label\n1,a,x\n2,b,y,z\n", "a.csv line 3: has 4 fields, the header has 3"),
        (
            "item,worker,label\n1,a,\n, ,x\n",
            (
                "a.csv line 2, field label: is blank\n"
                "a.csv line 3, field item: is blank\n"
                "a.csv line 3, field worker: is blank"
            ),
        ),
        (
            "item,worker,label,seconds\n1,a,x,-1\n2,a,x,nan\n3,a,x,3s\n",
            "\n".join(
                f"a.csv line {line}, field seconds: '{value}': is not a number of seconds, 0 or more"
                for line, value in ((2, "-1"), (3, "nan"), (4, "3s"))
            ),
        ),
        (
            "item,worker,label,timestamp\n1,a,x,yesterday\n",
            (
                "a.csv line 2, field timestamp: 'yesterday': is not an ISO 8601 time, "
                "such as 2026-09-30T12:00:00Z"
            ),
        ),
    ],
)
def test_faults_are_named_by_file_line_and_field(given, content, message):
    assert refused(given(content)) == message


def test_a_label_outside_the_label_set_is_named(given):
    assert refused(given(GOOD), labels=("cat", "bird")) == (
        "a.csv line 3, field label: 'dog' is not in the label set: 'cat', 'bird'"
    )


def test_a_file_of_faults_is_reported_up_to_a_hundred(given):
    with pytest.raises(Unprocessable) as error:
        read_answers(given("item,worker,label\n" + "1,a\n" * 500))
    assert len(error.value.problems) == 100


def test_place_counts_blank_lines_and_line_breaks_in_quotes(given):
    table = read_answers(given('item,worker,label\n"1\n1",a,x\n\n2,a,x\n'))
    assert table.place(1, "worker") == "a.csv line 5, field worker"


names = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=4
).filter(str.strip)
rows = st.lists(st.tuples(names, names, names), min_size=1, max_size=30)


def as_csv(table: list[tuple[str, ...]], *, quoted: bool) -> str:
    def cell(value: str) -> str:
        return f'"{value.replace(chr(34), chr(34) * 2)}"' if quoted or set(value) & set(',"\r\n') else value

    return "".join(",".join(map(cell, row)) + "\n" for row in [("item", "worker", "label"), *table])


@pytest.fixture
def fast_from_the_first_byte(monkeypatch):
    """Let pyarrow read files of any size."""
    monkeypatch.setattr(columns, "FAST_FROM", 0)


@forall(rows, st.booleans())
@settings(max_examples=150, deadline=None)
def test_any_answers_survive_the_file_in_both_readers(table, quoted):
    source = Source("f", as_csv(table, quoted=quoted).encode())
    for fast_from in (0, 2**40):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(columns, "FAST_FROM", fast_from)
            read = read_answers(source)
        assert list(zip(read.items, read.workers, read.labels, strict=True)) == table


@forall(st.text(st.sampled_from('item,worklab"\n\r 1x;\t\0é'), max_size=60) | st.binary(max_size=60))
@settings(max_examples=400, deadline=None)
def test_both_readers_agree_on_any_input_and_raise_nothing_else(body):
    head = b"item,worker,label\n" if isinstance(body, str) else b""
    source = Source("f", head + (body.encode() if isinstance(body, str) else body))
    outcomes = []
    for fast_from in (0, 2**40):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(columns, "FAST_FROM", fast_from)
            try:
                read = read_answers(source, extra="ignore")
                outcomes.append(list(zip(read.items, read.workers, read.labels, strict=True)))
            except Unprocessable as error:
                outcomes.append(error.problems)
    assert outcomes[0] == outcomes[1]


def test_the_fast_reader_joins_the_codes_of_all_its_blocks():
    expected = [(f"item {n}", f"w{n % 7}", "yes" if n % 3 else "no") for n in range(150_000)]
    body = as_csv(expected, quoted=False).encode()
    assert len(body) > columns.FAST_FROM
    table = read_answers(Source("f", body))
    assert list(zip(table.items, table.workers, table.labels, strict=True)) == expected


@pytest.mark.usefixtures("fast_from_the_first_byte")
def test_the_fast_reader_leaves_faults_to_the_exact_one(given):
    assert refused(given(GOOD + "3,ann\n")) == "a.csv line 5: has 2 fields, the header has 3"
    assert refused(given(GOOD + '3,ann,"x"y\n')).startswith("a.csv line 5: text follows a closing quote")


few = st.sampled_from("abc")


@forall(st.lists(st.tuples(few, few, few), min_size=1, max_size=30))
@settings(max_examples=100, deadline=None)
def test_coded_columns_equal_those_coded_from_strings(table):
    read = read_answers(Source("f", as_csv(table, quoted=False).encode()))
    for label_set in (None, ("c", "z", "a", "b")):
        ours = read.coded(label_set)
        theirs = Answers.from_columns(*zip(*table, strict=True), label_set=label_set)
        assert (ours.items, ours.workers, ours.labels) == (theirs.items, theirs.workers, theirs.labels)
        for field in ("item", "worker", "label"):
            np.testing.assert_array_equal(getattr(ours, field), getattr(theirs, field))


@pytest.mark.parametrize(
    ("content", "found"),
    [
        ('{"item": "1", "worker": "ann", "label": "cat"}\n', "JSON"),
        ("\ufeff\n[]", "JSON"),
        (b"PAR1\x15\x04", "Parquet"),
    ],
)
def test_a_file_of_another_format_is_called_by_its_name(given, content, found):
    assert refused(given(content)) == (
        f"a.csv: is {found}; this table is read as CSV, with the header item,worker,label and a row for each"
    )
