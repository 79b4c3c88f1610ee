"""Pages that wait are looked at and decided in the browser, one by one or all that are shown."""

from __future__ import annotations

import re

import pytest

HERE = "/projects/pets/reviews"


@pytest.fixture
def ann_sees(browse, pets):
    return browse()


@pytest.fixture
def waiting(ann, invite, pets):
    """Three pages of three questions that wait for a review, by three people."""
    assert ann("PATCH", f"/projects/{pets}", json={"review": "manual"}).status_code == 200
    assert ann.post(f"/projects/{pets}/batches", {"size": 3}).status_code == 201
    for name in ("Wim", "Zoe", "Kim"):
        worker = invite(name)
        (project,) = worker.get("/work/projects").get_json()["projects"]
        page = worker.post(f"/work/projects/{project['id']}/claim").get_json()
        answers = {question["name"]: "cat" for question in page["questions"]}
        assert worker.post(f"/work/pages/{page['token']}/submit", {"answers": answers}).status_code == 200
    return [page["page"] for page in ann.get(f"/projects/{pets}/reviews").get_json()["pages"]]


def states(ann) -> dict[int, str]:
    found = {}
    for state in ("pending", "accepted", "soft_rejected", "rejected", "overturned"):
        for page in ann.get(f"/projects/pets/reviews?state={state}").get_json()["pages"]:
            found[page["page"]] = state
    return found


def test_what_waits_is_shown_with_its_answers_its_worker_and_its_pay(ann_sees, ann, waiting):
    assert "3 pages wait for a review" in ann_sees.see("/projects/pets")
    page = ann_sees.see(HERE)
    (first, *_) = ann.get("/projects/pets/reviews").get_json()["pages"]
    assert f'href="/workers/{first["worker"]}"' in page
    assert "$0.15" in page
    for said in first["answers"]:
        assert f'<th scope="row">{said["item"]}' in page
        assert f"picture {said['item'][1:]}" in page
    assert "Wim" not in page  # a reviewer judges the work


def test_one_page_is_accepted_and_another_rejected(ann_sees, ann, waiting):
    one, two, three = waiting
    ann_sees.sent(HERE, pages=one, verdict="accepted")
    page = ann_sees.sent(HERE, pages=two, verdict="rejected", reason="All the same")
    assert f"Page {two}<" not in page
    assert states(ann) == {one: "accepted", two: "rejected", three: "pending"}
    assert f"Page {two}<" in ann_sees.see(f"{HERE}?state=rejected")
    ann_sees.sent(HERE, pages=two, verdict="overturned", state="rejected")
    assert states(ann)[two] == "overturned"


def test_a_rejection_needs_a_reason_and_the_form_says_so_where_it_is_missing(ann_sees, ann, waiting):
    _, two, _ = waiting
    answer = ann_sees.send(HERE, pages=two, verdict="rejected", reason=" ")
    assert answer.status_code == 422
    assert re.findall(r'id="reason-(\w+)"[^>]* aria-invalid="true"', answer.text) == [str(two)]
    assert "is needed for a rejection: the worker is told" in answer.text
    assert set(states(ann).values()) == {"pending"}


def test_all_that_are_shown_are_decided_together_or_none(ann_sees, ann, waiting):
    form = ann_sees.see(HERE).partition('id="all"')[2].partition("</form>")[0]
    assert re.findall(r'name="pages" value="(\d+)"', form) == [str(page) for page in waiting]
    ann_sees.sent(HERE, pages=waiting[0], verdict="rejected", reason="Empty")
    mixed = ann_sees.send(HERE, pages=waiting, verdict="accepted")
    assert (mixed.status_code, "nothing was decided" in mixed.text) == (409, True)
    assert list(states(ann).values()).count("pending") == 2
    page = ann_sees.sent(HERE, pages=waiting[1:], verdict="soft_rejected", reason="Too fast")
    assert "Nothing waits" in page
    assert list(states(ann).values()).count("soft_rejected") == 2


def test_who_may_not_spend_decides_nothing(browse, waiting):
    assert browse("read", "write").send(HERE, pages=waiting[0], verdict="accepted").status_code == 403
    other = browse(requester="bob")
    assert other.send(HERE, pages=waiting[0], verdict="accepted").status_code == 404


@pytest.mark.parametrize("form", [{"verdict": "lost"}, {"pages": "x"}, {"pages": []}, {"reason": "x" * 1001}])
def test_a_form_that_makes_no_sense_is_refused(ann_sees, waiting, form):
    sent = {"pages": waiting[0], "verdict": "accepted", **form}
    assert ann_sees.send(HERE, **sent).status_code == 422
