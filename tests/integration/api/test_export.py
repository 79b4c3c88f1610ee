"""An export is sent while it is read, in a snapshot of its own."""

from __future__ import annotations

import pytest

from crowd.services import export


@pytest.fixture
def where(ann, pets) -> str:
    assert ann.post(f"/projects/{pets}/training-sets", {"name": "main"}).status_code == 201
    return f"/projects/{pets}/training-sets/main/versions/1/export"


@pytest.mark.parametrize(
    ("form", "kind", "begins"),
    [
        ("jsonl", "application/x-ndjson", b'{"item": "i0"'),
        ("csv", "text/csv; charset=utf-8", b"item,label,"),
        ("parquet", "application/vnd.apache.parquet", b"PAR1"),
    ],
)
def test_a_form_has_its_type_and_its_name(ann, where, form, kind, begins):
    answer = ann.get(f"{where}?format={form}")
    assert answer.content_type == kind
    assert answer.headers["Content-Disposition"] == f'attachment; filename="main-1.{form}"'
    assert answer.data.startswith(begins)


def test_a_client_that_leaves_early_leaves_nothing_open(ann, where, database, monkeypatch):
    monkeypatch.setattr(export, "PAGE", 1)
    answer = ann.get(where, buffered=False)
    assert next(answer.iter_encoded()).startswith(b'{"item": "i0"')
    answer.close()
    assert database.engine.pool.checkedout() == 0
