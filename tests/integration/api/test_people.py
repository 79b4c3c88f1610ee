"""Requesters look after their workers over HTTP: groups, skills, letters, who may work and who not."""

from __future__ import annotations

import pytest

PAST = "2020-01-01T00:00:00Z"


@pytest.fixture
def wim(ann, invite, pets):
    """The pseudonym of a worker of ann's."""
    answer = ann.post("/workers", {"name": "Wim"})
    assert answer.status_code == 201
    return answer.get_json()["worker"]


def why(ann, wim, project="pets"):
    answer = ann.get(f"/projects/{project}/workers/{wim}/eligibility")
    assert answer.status_code == 200, answer.text
    found = answer.get_json()
    assert found["eligible"] == (not found["reasons"])
    return [reason["code"] for reason in found["reasons"]]


def test_groups_come_and_go_with_their_members(ann, wim):
    assert ann.get("/groups/radiology/workers").status_code == 404
    assert ann("PUT", f"/groups/radiology/workers/{wim}").get_json() == {"changed": 1}
    assert ann("PUT", f"/groups/radiology/workers/{wim}").get_json() == {"changed": 0}
    assert ann.get("/groups").get_json()["groups"] == [{"group": "radiology", "workers": 1}]
    assert ann.get("/groups/radiology/workers").get_json()["workers"] == [wim]
    assert ann("DELETE", f"/groups/radiology/workers/{wim}").get_json() == {"changed": 1}
    assert ann.get("/groups").get_json()["groups"] == []
    assert ann("PUT", f"/groups/bad name/workers/{wim}").status_code == 422


def test_two_requesters_may_have_a_group_of_the_same_name(ann, bob, wim):
    theirs = bob.post("/workers", {"name": "Zoe"}).get_json()["worker"]
    ann("PUT", f"/groups/g/workers/{wim}")
    bob("PUT", f"/groups/g/workers/{theirs}")
    assert bob.get("/groups/g/workers").get_json()["workers"] == [theirs]
    assert bob("PUT", f"/groups/g/workers/{wim}").status_code == 404


def test_a_requirement_is_explained_and_met(ann, wim):
    wanted = "skill german >= 0.8 and group radiology"
    shown = ann("PATCH", "/projects/pets", json={"qualifications": wanted})
    assert (shown.status_code, shown.get_json()["qualifications"]) == (200, wanted)
    assert why(ann, wim) == ["qualification", "qualification"]
    ann("PUT", f"/groups/radiology/workers/{wim}")
    body = {"name": "german", "value": 0.9, "evidence": 40, "note": "Goethe C1"}
    given = ann.post(f"/workers/{wim}/skills", body)
    assert (given.status_code, given.get_json()["source"]) == (201, "requester")
    assert why(ann, wim) == []
    (skill,) = ann.get(f"/workers/{wim}/skills").get_json()["skills"]
    assert (skill["name"], skill["value"], skill["evidence"]) == ("german", 0.9, 40)


@pytest.mark.parametrize("wanted", ["german", "skill german >= 80", "group a or group b"])
def test_a_requirement_that_is_none_is_refused(ann, pets, wanted):
    answer = ann("PATCH", f"/projects/{pets}", json={"qualifications": wanted})
    assert answer.status_code == 422
    assert answer.get_json()["errors"][0]["where"] == "qualifications"


@pytest.mark.parametrize(
    "body",
    [{"name": "quiz", "value": 1}, {"name": "x", "value": 2}, {"name": "x", "value": 1, "expires_at": PAST}],
)
def test_a_skill_that_cannot_be_is_refused(ann, wim, body):
    assert ann.post(f"/workers/{wim}/skills", body).status_code == 422


def test_a_restriction_may_end_by_itself(ann, wim, clock):
    path = f"/projects/pets/workers/{wim}/restrictions"
    body = {"kind": "paused", "reason": "holiday", "until": "2026-01-02T00:00:00+00:00"}
    assert ann.post(path, body).get_json()["until"] == "2026-01-02T00:00:00+00:00"
    assert why(ann, wim) == ["restriction"]
    clock.advance(86_400)
    assert why(ann, wim) == []
    assert ann.post(path, {**body, "until": PAST}).status_code == 422


def test_a_restriction_may_hold_in_all_projects(ann, key, wim):
    body = {"kind": "banned", "reason": "sold the account"}
    narrow = key("write", project="pets")
    assert narrow.post(f"/workers/{wim}/restrictions", body).status_code == 403
    assert ann.post(f"/workers/{wim}/restrictions", body).status_code == 201
    assert ann.post("/projects", {"slug": "cars", "labels": ["a", "b"]}).status_code == 201
    assert why(ann, wim) == why(ann, wim, "cars") == ["restriction"]
    assert narrow("DELETE", f"/workers/{wim}/restrictions").status_code == 403
    assert ann("DELETE", f"/projects/pets/workers/{wim}/restrictions").get_json() == {"lifted": 0}
    assert ann("DELETE", f"/workers/{wim}/restrictions").get_json() == {"lifted": 1}
    assert why(ann, wim) == []
    (past,) = ann.get(f"/workers/{wim}/restrictions").get_json()["restrictions"]
    assert (past["kind"], past["project"], past["lifted_at"]) == ("banned", None, "2026-01-01T00:00:00+00:00")


def test_letters_go_out_and_are_listed(ann, key, wim):
    sent = ann.post(f"/workers/{wim}/messages", {"text": "Well done.", "project": "pets"})
    assert (sent.status_code, sent.get_json()["sender"]) == (201, "requester")
    assert key("write", project="pets").post(f"/workers/{wim}/messages", {"text": "x"}).status_code == 403
    ann.post(f"/workers/{wim}/messages", {"text": "And thank you."})
    for path in ("/messages", f"/workers/{wim}/messages"):
        first = ann.get(f"{path}?limit=1").get_json()
        second = ann.get(f"{path}?limit=1&after={first['next']}").get_json()
        texts = [(row["text"], row["project"]) for row in (*first["messages"], *second["messages"])]
        assert texts == [("And thank you.", None), ("Well done.", "pets")]
        assert second["next"] is None
    assert ann.get("/messages?unread=true").get_json()["messages"] == []
    assert ann.post(f"/workers/{wim}/messages/read").get_json() == {"read": 0}


def test_instructions_come_in_versions_and_their_examples_are_checked(ann, pets):
    path = f"/projects/{pets}/instructions"
    body = {
        "text": "Cat or dog?",
        "examples": [
            {"payload": {"text": "woof"}, "label": "dog", "note": "barks"},
            {"payload": {"text": "woof"}, "label": "cat", "good": False},
        ],
    }
    assert ann("PUT", path, json=body).get_json()["version"] == 2
    assert ann("PUT", path, json=body).get_json()["version"] == 2
    assert (
        ann("PATCH", f"/projects/{pets}", json={"instructions": "Look."}).get_json()["instructions"]
        == "Look."
    )
    versions = ann.get(path).get_json()["versions"]
    assert [(row["version"], row["text"], len(row["examples"])) for row in versions] == [
        (3, "Look.", 2),
        (2, "Cat or dog?", 2),
        (1, "", 0),
    ]
    wrong = {"text": "x", "examples": [{"payload": {"text": "moo"}, "label": "cow"}]}
    refused = ann("PUT", path, json=wrong)
    assert (refused.status_code, refused.get_json()["errors"][0]["where"]) == (422, "examples[0]")


def test_a_template_that_cannot_be_used_is_refused(ann, pets):
    path = f"/projects/{pets}/instructions"
    right = {"text": "x", "template": "<b>{{ payload.text }}</b>{{ answer() }}"}
    assert ann("PUT", path, json=right).get_json()["template"] == right["template"]
    for wrong in (
        "{{ payload.text }}",
        "{% if %}",
        "{{ secret }}{{ answer() }}",
        "<iframe></iframe>{{ answer() }}",
    ):
        refused = ann("PUT", path, json={"text": "x", "template": wrong})
        assert (refused.status_code, refused.get_json()["errors"][0]["where"][:8]) == (422, "template"), wrong


def test_a_project_is_open_again_once_a_restriction_has_run_out(ann, invite, pets, clock):
    worker = invite("kim")
    kim = ann.get("/workers").get_json()["workers"][0]["worker"]
    body = {"kind": "paused", "reason": "holiday", "until": "2026-01-02T00:00:00+00:00"}
    assert ann.post(f"/workers/{kim}/restrictions", body).status_code == 201
    assert worker.get("/work/projects").get_json()["projects"] == []
    clock.advance(86_400)
    assert len(worker.get("/work/projects").get_json()["projects"]) == 1


def test_labels_are_described_by_a_new_version_and_stay(ann, pets):
    details = {"cat": {"definition": "It meows.", "key": "c"}, "dog": {"parent": "canines", "key": "d"}}
    made = ann("PUT", f"/projects/{pets}/labels/details", json={"details": details}).get_json()
    assert (made["version"], made["labels"], made["details"]) == (2, ["cat", "dog"], details)
    assert ann.get(f"/projects/{pets}").get_json()["label_details"] == details
    for wrong in ({"cow": {}}, {"cat": {"key": "c"}, "dog": {"key": "c"}}, {"cat": {"parent": "cat"}}):
        assert ann("PUT", f"/projects/{pets}/labels/details", json={"details": wrong}).status_code == 422


def test_what_was_given_before_new_details_still_becomes_a_label(ann, invite, pets):
    worker = invite("kim")
    ann.post(f"/projects/{pets}/batches", {"size": 3})
    (project,) = worker.get("/work/projects").get_json()["projects"]
    page = worker.post(f"/work/projects/{project['id']}/claim").get_json()
    answers = {question["name"]: "cat" for question in page["questions"]}
    worker.post(f"/work/pages/{page['token']}/submit", {"answers": answers})
    ann("PUT", f"/projects/{pets}/labels/details", json={"details": {"cat": {"definition": "It meows."}}})
    assert ann.post(f"/projects/{pets}/consensus", {}).status_code == 201
    labels = ann.get(f"/projects/{pets}/labels").get_json()["labels"]
    assert labels
    assert all(row["label"] == "cat" for row in labels)


SETTINGS = {
    "hourly": "18.50",
    "fair_hourly": "15.00",
    "review": "manual",
    "ordering": "breadth",
    "quiz": {"questions": 5, "pass_mark": 0.8, "attempts": 2},
    "worker_cap": 60,
    "worker_day_cap": 20,
    "leaderboard": True,
    "task_options": {},
}


def test_the_settings_of_people_and_pay_are_kept(ann, pets):
    shown = ann("PATCH", f"/projects/{pets}", json=SETTINGS)
    assert shown.status_code == 200, shown.text
    assert {name: shown.get_json()[name] for name in SETTINGS} == SETTINGS
    back = ann("PATCH", f"/projects/{pets}", json={"hourly": None, "quiz": None, "worker_cap": None})
    assert [back.get_json()[name] for name in ("hourly", "quiz", "worker_cap")] == [None] * 3


@pytest.mark.parametrize(
    ("where", "change"),
    [
        ("review", {"review": "none"}),
        ("quiz", {"quiz": {"questions": 5}}),
        ("quiz.pass_mark", {"quiz": {"questions": 5, "pass_mark": 0, "attempts": 1}}),
        ("worker_cap", {"worker_cap": 0}),
        ("hourly_micros", {"hourly": "0"}),
        ("price_micros", {"hourly": "5", "price": "0"}),
        ("task_options.fast", {"task_options": {"fast": 1}}),
        ("leaderboard", {"leaderboard": "yes"}),
    ],
)
def test_a_setting_that_makes_no_sense_is_refused_by_name(ann, pets, where, change):
    answer = ann("PATCH", f"/projects/{pets}", json=change)
    assert answer.status_code == 422, answer.text
    assert answer.get_json()["errors"][0]["where"].startswith(where)


def test_the_type_of_a_project_is_chosen_once(ann, pets):
    assert ann("PATCH", f"/projects/{pets}", json={"task_type": "choice"}).status_code == 422
    made = ann.post("/projects", {"slug": "p", "labels": ["a", "b"], "task_type": "choice"})
    assert made.get_json()["task_type"] == "choice"
    assert ann.post("/projects", {"slug": "q", "task_type": "choice"}).status_code == 422
    assert ann.post("/projects", {"slug": "q", "labels": ["a"], "task_type": "choice"}).status_code == 422


def test_people_are_invited_all_or_none(ann, key, wim):
    body = {"people": [{"name": "Ada", "groups": ["radiology"]}, {"name": "Bea"}]}
    assert key("write", project="pets").post("/workers/invitations", body).status_code == 403
    made = ann.post("/workers/invitations", body)
    assert made.status_code == 201
    assert all(row["path"].startswith("/work/invitations/") for row in made.get_json()["invitations"])
    again = ann.post("/workers/invitations", {"people": [{"name": "Cleo"}, {"name": "Ada"}]})
    assert (again.status_code, again.get_json()["errors"][0]["where"]) == (422, "people[1]")
    pool = ann.get("/workers").get_json()["workers"]
    assert {row["name"] for row in pool} == {"Wim", "Ada", "Bea"}
    assert [row["name"] for row in ann.get("/workers?group=radiology").get_json()["workers"]] == ["Ada"]
    assert ann.get("/workers?group=none").status_code == 404


def test_people_may_come_as_csv(ann, pets):
    csv = {"data": b"name,groups\nAda,a b\n,\n", "content_type": "text/csv"}
    refused = ann("POST", "/workers/invitations", **csv)
    assert (refused.status_code, refused.get_json()["errors"][0]["where"]) == (
        422,
        "body.csv line 3, field name",
    )
    made = ann("POST", "/workers/invitations", **{**csv, "data": b"name,groups\nAda,a b\n"})
    assert [row["name"] for row in made.get_json()["invitations"]] == ["Ada"]


def test_a_lost_link_is_replaced(ann, wim):
    first, second = (ann.post(f"/workers/{wim}/invitations").get_json()["path"] for _ in range(2))
    assert first != second


def test_the_pool_is_taken_out_by_pseudonym(ann, key, wim):
    table = ann.get("/workers/export")
    assert (table.mimetype, "Wim" in table.text, wim in table.text) == ("text/csv", False, True)
    assert "Wim" in ann.get("/workers/export?names=true&format=jsonl").text
    assert key("read", project="pets").get("/workers/export").status_code == 403


def test_an_erasure_has_to_be_meant(ann, key, wim):
    path = f"/workers/{wim}/erasure"
    assert ann.post(path, {"confirm": False}).status_code == 422
    assert ann.post(path, {}).status_code == 422
    assert key("write").post(path, {"confirm": True}).status_code == 403
    assert ann.post(path, {"confirm": True}).get_json()["tokens"] == 1
    assert ann.post(path, {"confirm": True}).status_code == 409
    (row,) = ann.get("/workers").get_json()["workers"]
    assert (row["worker"], row["name"], bool(row["erased_at"])) == (wim, f"(erased) {wim}", True)
    assert ann.post(f"/workers/{wim}/messages", {"text": "hello?"}).status_code == 404
    assert ann.get(f"/workers/{wim}/notes").get_json() == {"notes": []}
