"""Sources: files, standard input, uploads, gzip."""

from __future__ import annotations

import gzip
import io
import sys
from types import SimpleNamespace

import pytest

from crowd.errors import TooLarge, Unprocessable
from crowd.tables.source import open_input, uploaded


def test_a_file_keeps_its_path_as_name(tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes(b"item\n1\n")
    assert (open_input(path).name, open_input(str(path)).body) == (str(path), b"item\n1\n")


def test_dash_is_standard_input(monkeypatch):
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(b"item\n1\n")))
    assert open_input("-").name == "standard input"


def test_gzip_is_recognised_whatever_the_name(tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes(gzip.compress(b"item\n1\n"))
    assert open_input(path).body == b"item\n1\n"


@pytest.mark.parametrize("path", ["no/such/file.csv", ".", "a\0b"])
def test_a_path_that_cannot_be_read_is_named(path):
    with pytest.raises(Unprocessable, match="cannot be read"):
        open_input(path)


@pytest.mark.parametrize("cut", [3, 12, -4])
def test_a_damaged_gzip_file_is_refused(cut):
    with pytest.raises(Unprocessable, match=r"up\.csv: is not a whole gzip file"):
        uploaded("up.csv", gzip.compress(b"item,label\n" * 50)[:cut], limit=10_000)


def test_an_upload_within_the_limit_passes():
    assert uploaded("up.csv", b"x" * 100, limit=100).body == b"x" * 100


def test_an_upload_over_the_limit_is_too_large():
    with pytest.raises(TooLarge, match="more than 100 bytes"):
        uploaded("up.csv", b"x" * 101, limit=100)


def test_a_small_upload_may_not_unpack_to_more_than_the_limit():
    bomb = gzip.compress(b"0" * 1_000_000)
    assert len(bomb) < 2_000
    with pytest.raises(TooLarge, match="more than 2,000 bytes"):
        uploaded("up.csv", bomb, limit=2_000)
