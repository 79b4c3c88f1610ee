"""A project's page says what the answers ask for, and since when where it does not look by itself."""

from __future__ import annotations

from crowd.services.reports import guidance

ASKED = "could not tell"


def test_the_page_of_a_large_project_tells_what_a_turn_found_and_when(browse, ann, pets, invite, monkeypatch):
    assert ann.post(f"/projects/{pets}/batches", {"size": 8}).status_code == 201
    wim = invite("wim")
    page = wim.post("/work/projects/1/claim").get_json()
    said = {"answers": {"q2": "cat", "q3": "dog"}, "skips": {"q1": {"reason": "cannot_tell"}}}
    assert wim.post(f"/work/pages/{page['token']}/submit", said).status_code == 200
    ann_sees = browse()
    assert ASKED in ann_sees.see("/projects/pets")
    monkeypatch.setattr(guidance, "MANY", 1)
    large = ann_sees.see("/projects/pets")
    assert ASKED not in large
    assert "There are too many answers" in large
    assert ann.post("/projects/pets/step").status_code == 200
    large = ann_sees.see("/projects/pets")
    assert ASKED in large
    assert "As of 2026-01-01 00:00 UTC" in large
