"""A table in, HITs out, results home: as the old requester site did it."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import pytest

from crowd.errors import Conflict, Unprocessable
from crowd.models.market import MarketAccount
from crowd.questions import read
from crowd.services.market import batches, layouts, results
from crowd.services.market.batches import Offer
from crowd.services.market.hit_types import Terms
from crowd.services.market.refusals import Refused
from crowd.tables.batches import Inputs, Verdict
from crowd.tables.lines import write_lines

PAGE = "<p>${company}</p><input name='label'>"
COLUMNS = ("company", "note")
ROWS = (("AT&T <b>", "=1+1"), ("${company} ]]>", "é"))


def inputs(*rows: tuple[str, ...]) -> Inputs:
    given = rows or ROWS
    return Inputs(COLUMNS, given, tuple(range(2, 2 + len(given))), "in.csv")


def upload(market, *, page: str = PAGE, table: Inputs | None = None, **more: Any) -> int:
    """Post a batch; return its number."""
    terms = Terms("Label it", "Read it", to_reward(more.pop("reward", "0.05")), 600, "text, quick")
    account_id = market.account.id

    def act(session) -> int:
        account = session.get_one(MarketAccount, account_id)
        offer = Offer(terms, **more)
        now, profile = market.clock(), market.settings.market
        made = batches.upload(
            session, account, page, table or inputs(), offer, name="labels", now=now, profile=profile
        )
        return made.id

    return market.do(act)


def to_reward(text: str) -> int:
    return int(float(text) * 1_000_000)


def hits_of(market) -> list[dict]:
    return sorted(market.client.list_hits(MaxResults=100)["HITs"], key=lambda hit: hit["Question"])


def download(market, batch_id: int) -> list[dict[str, str]]:
    """Return the results as whoever opens the file reads them."""

    def act(session) -> bytes:
        account = session.get_one(MarketAccount, market.account.id)
        batch = batches.get(session, account, batch_id)
        found = results.read(session, account, batch, now=market.clock())
        return b"".join(write_lines(found.columns, found.rows, "csv", exact=results.EXACT))

    return list(csv.DictReader(io.StringIO(market.do(act).decode(), newline="")))


def decide(market, *verdicts: Verdict) -> batches.Decided:
    account_id = market.account.id
    return market.do(
        lambda s: batches.decide(s, s.get_one(MarketAccount, account_id), list(verdicts), now=market.clock())
    )


def test_each_row_becomes_a_hit_with_its_values_as_they_are(market):
    batch_id = upload(market, assignments=3)
    made = hits_of(market)
    shown = [read(hit["Question"]).html for hit in made]
    assert [
        f"<p>{company}</p>" in page for (company, _), page in zip(reversed(ROWS), shown, strict=True)
    ] == [
        True,
        True,
    ]
    assert all('action="https://www.mturk.com/mturk/externalSubmit"' in page for page in shown)
    assert {hit["RequesterAnnotation"] for hit in made} == {f"BatchId:{batch_id};"}
    assert {hit["MaxAssignments"] for hit in made} == {3}
    assert len({hit["HITTypeId"] for hit in made}) == 1


def test_a_batch_is_posted_whole_or_not_at_all(market):
    with pytest.raises(Unprocessable, match=r"has no column for \$\{city\}"):
        upload(market, page="${company} ${city}")
    with pytest.raises(Unprocessable, match=r"in\.csv line 3: .*at most 65535"):
        upload(market, table=inputs(("x", ""), ("y" * 65_535, "")))
    with pytest.raises(Unprocessable, match=r"in\.csv line 3: .*control character"):
        upload(market, table=inputs(("x", ""), ("\x01", "")))
    with pytest.raises(Refused, match="insufficient funds"):
        upload(market, reward="500.00")
    assert hits_of(market) == []
    assert market.client.get_account_balance()["AvailableBalance"] == "1000.00"


def test_results_have_the_old_columns(market):
    batch_id = upload(market, assignments=2)
    first = next(hit for hit in hits_of(market) if "AT&T" in hit["Question"])
    market.clock.forward(seconds=60)
    assignment = market.accept("wim", first["HITId"])
    market.clock.forward(seconds=42)
    market.submit(assignment, label="=cmd|' /C calc'!A0", more="ok")
    (row,) = download(market, batch_id)
    assert list(row) == [
        *results.OF_HIT,
        *results.OF_ASSIGNMENT,
        "Input.company",
        "Input.note",
        "Answer.label",
        "Answer.more",
        "Approve",
        "Reject",
    ]
    expected = {
        "HITId": first["HITId"],
        "HITTypeId": first["HITTypeId"],
        "Reward": "$0.05",
        "CreationTime": "Thu Jan 01 00:00:00 UTC 2026",
        "AssignmentId": assignment,
        "WorkerId": market.person("wim"),
        "AssignmentStatus": "Submitted",
        "AcceptTime": "Thu Jan 01 00:01:00 UTC 2026",
        "WorkTimeInSeconds": "42",
        "LifetimeInSeconds": "604800",
        "LifetimeApprovalRate": "0% (0/0)",
        "Input.company": "AT&T <b>",
        "Input.note": "'=1+1",
        "Answer.label": "'=cmd|' /C calc'!A0",
        "Answer.more": "ok",
        "Approve": "",
        "Reject": "",
    }
    assert {name: row[name] for name in expected} == expected


@pytest.mark.parametrize(
    ("handed_in", "shown"),
    [
        ({"taskAnswers": json.dumps([{"a": {"label": "x"}, "b": [1], "c": True}])}, ["x", "[1]", "true"]),
        ({"taskAnswers": "not JSON"}, ["not JSON"]),
        ({"taskAnswers": "[1, 2]"}, ["[1, 2]"]),
    ],
)
def test_what_a_crowd_form_packed_is_unpacked(market, handed_in, shown):
    batch_id = upload(market)
    market.done("wim", hits_of(market)[0]["HITId"], **handed_in)
    (row,) = download(market, batch_id)
    assert [value for name, value in row.items() if name.startswith("Answer.")] == shown


def test_marks_in_the_table_decide(market):
    batch_id = upload(market, assignments=3)
    hit_id = hits_of(market)[0]["HITId"]
    good, bad, open_ = (market.done(name, hit_id) for name in ("wim", "eva", "cleo"))
    verdicts = Verdict(good, True, "", "line 2"), Verdict(bad, False, "Not an answer", "line 3")
    decided = decide(market, *verdicts)
    assert (decided.approved, decided.rejected, decided.unchanged) == (1, 1, 0)
    again = decide(market, *verdicts)
    assert (again.approved, again.rejected, again.unchanged) == (0, 0, 2)
    rows = {row["AssignmentId"]: row for row in download(market, batch_id)}
    assert {key: row["AssignmentStatus"] for key, row in rows.items()} == {
        good: "Approved",
        bad: "Rejected",
        open_: "Submitted",
    }
    assert rows[bad]["RequesterFeedback"] == "Not an answer"
    assert rows[good]["LifetimeApprovalRate"] == "100% (1/1)"
    assert rows[bad]["Last7DaysApprovalRate"] == "0% (0/1)"


def test_verdicts_count_all_or_none(market):
    upload(market, assignments=2)
    good = market.done("wim", hits_of(market)[0]["HITId"])
    with pytest.raises(Unprocessable, match=r"line 3: .*3NOBODYS does not exist"):
        decide(market, Verdict(good, True, "", "line 2"), Verdict("3NOBODYS", True, "", "line 3"))
    assert market.client.get_assignment(AssignmentId=good)["Assignment"]["AssignmentStatus"] == "Submitted"


def test_a_layout_is_kept_under_its_name_and_used_by_programs(market):
    account_id = market.account.id

    def create(page: str) -> str:
        return market.do(
            lambda s: (
                layouts.create(
                    s,
                    s.get_one(MarketAccount, account_id),
                    "receipts",
                    page,
                    frame_height=300,
                    now=market.clock(),
                ).external_id
            )
        )

    layout_id = create(PAGE)
    assert create(PAGE) == layout_id
    with pytest.raises(Conflict, match="give this one another name"):
        create("other")
    made = market.client.create_hit_with_hit_type(
        HITTypeId=market.hit_type(),
        LifetimeInSeconds=600,
        HITLayoutId=layout_id,
        HITLayoutParameters=[{"Name": "company", "Value": "AT&T"}],
    )["HIT"]
    question = read(made["Question"])
    assert "<p>AT&T</p>" in question.html
    assert question.frame_height == 300
