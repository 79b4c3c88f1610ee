"""Outputs appear whole or not at all."""

from __future__ import annotations

import csv
import io
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import given as forall
from hypothesis import settings
from hypothesis import strategies as st

from crowd.errors import CrowdError, Unprocessable
from crowd.tables.writing import check_output, replacing, spreadsheet_safe, write_csv


def test_a_new_file_appears_with_its_content(tmp_path):
    path = tmp_path / "out.csv"
    with replacing(path) as stream:
        write_csv(stream, ("a", "b"), [("é, x", None), (1, 0.5)])
        assert not path.exists()
    assert path.read_text(encoding="utf-8") == 'a,b\n"é, x",\n1,0.5\n'
    assert [path.name for path in tmp_path.iterdir()] == ["out.csv"]


def test_a_failure_leaves_the_old_file_and_nothing_else(tmp_path):
    path = tmp_path / "out.csv"
    path.write_text("old")

    def rows():
        yield (1,)
        raise RuntimeError

    with pytest.raises(RuntimeError), replacing(path) as stream:
        write_csv(stream, ("a",), rows())
    assert path.read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["out.csv"]


def test_a_replaced_file_keeps_its_mode_and_a_link_its_place(tmp_path):
    path, link = tmp_path / "out.csv", tmp_path / "link.csv"
    path.write_text("old")
    path.chmod(0o640)
    link.symlink_to(path)
    with replacing(link) as stream:
        stream.write(b"new")
    assert (path.read_text(), path.stat().st_mode & 0o777, link.is_symlink()) == ("new", 0o640, True)


def test_what_is_no_file_is_written_to_directly():
    with replacing("/dev/null") as stream:
        stream.write(b"gone")
    assert not Path("/dev/null").is_file()


def test_dash_is_standard_output_and_stays_open(monkeypatch):
    buffer = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", SimpleNamespace(buffer=buffer))
    with replacing("-") as stream:
        write_csv(stream, ("a",), [(1,)])
    assert buffer.getvalue() == b"a\n1\n"


def test_a_full_disk_is_an_error_of_ours():
    with (
        pytest.raises(CrowdError, match="/dev/full: cannot be written: No space left"),
        replacing("/dev/full") as stream,
    ):
        write_csv(stream, ("a",), [(1,)])


@pytest.mark.parametrize(
    ("path", "message"), [("", "is a folder"), ("no/out.csv", "the folder .* does not exist")]
)
def test_a_path_that_cannot_be_written_is_refused_beforehand(tmp_path, path, message):
    with pytest.raises(Unprocessable, match=message):
        check_output(tmp_path / path)


def test_a_path_that_can_be_written_passes(tmp_path):
    check_output(tmp_path / "out.csv")
    check_output("-")
    assert [path.name for path in tmp_path.iterdir()] == []


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@x", "\t=1", "\r=1", "\n=1"])
def test_free_text_that_looks_like_a_formula_is_quoted(cell):
    assert spreadsheet_safe(cell) == "'" + cell


@pytest.mark.parametrize("cell", ["plain", "a=1", "", -1, -0.5, None])
def test_other_cells_stay_as_they_are(cell):
    assert spreadsheet_safe(cell) == cell


@settings(deadline=None)
@forall(
    st.lists(
        st.lists(
            st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")), min_size=2, max_size=2
        )
    )
)
def test_what_is_written_is_read_back(rows):
    stream = io.BytesIO()
    write_csv(stream, ("a", "b"), rows)
    assert list(csv.reader(io.StringIO(stream.getvalue().decode(), newline=""), strict=True))[1:] == rows
