"""The MTurk contract is whole: its statements are numbered, and every one is shown by a test."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType

TWO_SIDED = {47, 52, 62, 67, 71}


def test_the_statements_are_numbered_without_a_gap(generator: ModuleType):
    numbers = [each.number for each in generator.statements()]
    assert numbers == sorted([*range(1, 76), *TWO_SIDED])


def test_every_statement_has_a_side_and_a_source(generator: ModuleType):
    sources = {"documented", "observed", "measured", "assumed", "designed"}
    assert {each.side for each in generator.statements()} == {"E", "P"}
    assert {each.source for each in generator.statements()} == sources


def test_every_statement_is_shown_on_each_of_its_sides(generator: ModuleType):
    tests = list(generator.shown())
    missing = [
        f"{each.number} ({generator.SIDES[each.side]}): {each.text}"
        for each in generator.statements()
        if not any(generator.shows(test, each) for test in tests)
    ]
    assert not missing, "\n".join(missing)


def test_no_test_shows_what_is_not_stated(generator: ModuleType):
    known = {each.number for each in generator.statements()}
    assert [test for test in generator.shown() if test.number not in known] == []


def test_marks_are_found_wherever_they_may_stand(generator: ModuleType, tmp_path: Path):
    folder = tmp_path / "mturk"
    folder.mkdir()
    (folder / "test_them.py").write_text("""
pytestmark = pytest.mark.contract(1)

@pytest.mark.contract(2, 3)
@pytest.mark.parametrize("n", [pytest.param(1, marks=pytest.mark.contract(4, side="E"))])
def test_one(n): ...
""")
    found = [(each.number, each.side, each.name) for each in generator.shown(tmp_path)]
    sides = [(1, "P"), (2, "P"), (3, "P"), (4, "E")]
    assert found == [(number, side, "test_one") for number, side in sides]
