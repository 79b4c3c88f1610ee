"""Who is suspended until an exam gets its pages over HTTP, like any other page, and nothing else."""

from __future__ import annotations

from sqlalchemy import func, select

from crowd.models import Project, Slot, Worker
from crowd.services.trust import exam
from tests.integration.world import START


def test_an_exam_is_claimed_and_answered_like_work(ann, pets, invite, database):
    gold = [{"item": f"i{n}", "label": "cat"} for n in range(2, 6)]
    assert ann.post(f"/projects/{pets}/gold", {"gold": gold}).status_code == 201
    assert ann("PATCH", f"/projects/{pets}", json={"gold_share": 0.0}).status_code == 200
    assert ann.post(f"/projects/{pets}/batches", {"size": 4}).status_code == 201
    kim = invite("kim")
    with database.write() as session:
        worker = session.scalars(select(Worker).where(Worker.name == "kim")).one()
        options = {"reason": "r", "facts": {"test": "t"}, "actor": "system:qc", "now": START}
        project = session.scalars(select(Project)).one()
        number = project.id
        exam.begin(session, project, worker, **options)
        pseudonym = worker.pseudonym
    why = ann.get(f"/projects/{pets}/workers/{pseudonym}/eligibility").get_json()
    assert [reason["code"] for reason in why["reasons"]] == ["exam"]
    assert len(kim.get("/work/projects").get_json()["projects"]) == 1
    page = kim.post(f"/work/projects/{number}/claim", {}).get_json()
    assert page["kind"] == "work"
    body = {"answers": {each["name"]: "cat" for each in page["questions"]}, "seconds": 2}
    receipt = kim.post(f"/work/pages/{page['token']}/submit", body)
    assert receipt.status_code == 200, receipt.text
    with database.read() as session:
        asked = session.execute(select(func.count(), func.count(Slot.gold_id))).one()
    assert asked[0] == asked[1] == len(page["questions"]) == 3
