"""`crowd project show` and the settings that go with it."""

from __future__ import annotations

from pathlib import Path


def test_what_is_shown_of_a_project_stands_in_two_columns(crowd, tmp_path: Path) -> None:
    where = ("--database", f"sqlite:///{tmp_path}/crowd.db")
    made = crowd("project", "create", "pets", "--labels", "cat,dog", "--routing", *where)
    assert made.exit_code == 0, made.output
    lines = crowd("project", "show", "pets", *where).stdout.splitlines()
    names = dict(line.split(maxsplit=1) for line in lines)
    assert (names["routing"], names["fuse_predictions"]) == ("yes", "yes")
    assert names["gold_policy"] == "share=0.4,first=20,then=0.05,proven=0.01,proven_at=0.8,promote=review"
    assert not [line for line in lines if "{" in line or "None" in line]
    assert "money" in names
    begin = len(max(names, key=len)) + 1
    assert [line for line in lines if line[begin - 1] != " " or line[begin] == " "] == []


def test_routing_goes_with_finishing_items_only(crowd, tmp_path: Path) -> None:
    where = ("--database", f"sqlite:///{tmp_path}/crowd.db")
    told = crowd("project", "create", "pets", "--labels", "a,b", "--routing", "--ordering", "breadth", *where)
    assert told.exit_code != 0
    assert "routing: goes with the ordering depth" in told.stderr
