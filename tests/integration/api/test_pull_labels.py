"""docs/how-to/pull-labels.md: its addresses answer a key that may only read, and its pandas reads them."""

from __future__ import annotations

import io
import re
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest

# What is shown here comes before any database.
pytestmark = pytest.mark.parametrize("migrated_url", ["sqlite"], indirect=True)
PAGE = (Path(__file__).parents[3] / "docs/how-to/pull-labels.md").read_text()
ADDRESSES = re.findall(r'"\$URL(/[^"]+)"', PAGE)
PYTHON = re.search(r"^```python\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)


@pytest.fixture
def reader(ann, pets, invite, key):
    """A key that may only read, of a project with labels and a version."""
    assert ann.post(f"/projects/{pets}/batches", {"size": 8}).status_code == 201
    worker = invite("wim")
    where = worker.get("/work/projects").get_json()["projects"][0]["id"]
    while (page := worker.post(f"/work/projects/{where}/claim")).status_code == 200:
        told = page.get_json()
        answers = {question["name"]: "cat" for question in told["questions"]}
        assert worker.post(f"/work/pages/{told['token']}/submit", {"answers": answers}).status_code == 200
    assert ann.post(f"/projects/{pets}/consensus", {}).status_code == 201
    assert ann.post(f"/projects/{pets}/training-sets", {"name": "main"}).status_code == 201
    return key("read")


def test_every_address_of_the_page_answers(reader, pets):
    assert len(ADDRESSES) == 4
    for address in ADDRESSES:
        assert reader.get(f"/projects/{pets}{address}").status_code == 200, address


def test_pandas_reads_the_table_as_the_page_shows(reader, pets):
    def read_csv(url: str, storage_options: dict[str, str], **options: object) -> pd.DataFrame:
        assert storage_options == {"Authorization": "Bearer cw_x"}
        return pd.read_csv(io.BytesIO(reader.get(url).data), **options)

    names = {"pd": SimpleNamespace(read_csv=read_csv), "URL": f"/projects/{pets}", "KEY": "cw_x"}
    assert PYTHON
    exec(compile(PYTHON[1], "pull-labels", "exec"), names)
    assert list(names["labels"].columns) == ["item", "label", "confidence", "answers"]
    assert set(names["labels"]["label"]) == {"cat"}
