"""A project at the fake endpoint, worked on by people whom a test makes up."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from crowd.channels.mturk.calls import Caller
from crowd.db import Database
from crowd.models import Answer, Assignment, AuditEntry, LedgerEntry, Quarantined
from crowd.services import grade, judge, loop
from crowd.services.experts import review
from crowd.services.experts.review import Verdict
from crowd.services.mturk.collect import Collected
from crowd.services.mturk.sender import Sent
from tests.fakes import wire
from tests.fakes.turk import Turk
from tests.integration.mturk.conftest import Shop, caller
from tests.integration.mturk.conftest import shop as make_shop
from tests.integration.world import Clock


@dataclass
class Stall:
    """A shop whose endpoint is the fake."""

    shop: Shop
    turk: Turk

    @property
    def database(self) -> Database:
        return self.shop.world.database

    @property
    def project_id(self) -> int:
        return self.shop.world.project_id

    def published(self) -> list[str]:
        """Publish everything; return the ids of the HITs."""
        self.shop.publish()
        return [hit.external_id for hit in self.shop.hits() if hit.external_id]

    def fields(self, hit_id: str, label: str = "a", **more: Any) -> list[tuple[str, str]]:
        """Return what the page's form holds when everything is answered with one label."""
        answers = dict.fromkeys(self.names(hit_id), label)
        return [("crowd", json.dumps({"answers": answers, "notes": {}, "skips": {}, "times": {}, **more}))]

    def names(self, hit_id: str) -> list[str]:
        from crowd.models import Hit, HitQuestion

        query = select(HitQuestion.position).join(Hit, Hit.id == HitQuestion.hit_id)
        rows = self.shop.world.rows(query.where(Hit.external_id == hit_id).order_by(HitQuestion.position))
        return [f"q{position}" for position in rows]

    def work(self, hit_id: str, *workers: str, label: str = "a") -> list[str]:
        return [self.turk.work(hit_id, worker, self.fields(hit_id, label)) for worker in workers]

    def collect(self, **options: Any) -> Collected:
        return self.shop.channel.collect(self.database, self.project_id, clock=self.shop.clock, **options)

    def judge(self) -> Mapping[Verdict, int]:
        self.shop.world.do(lambda s, p: grade.grade(s, p, now=self.shop.clock()))
        return self.shop.world.do(lambda s, p: judge.judge(s, p, now=self.shop.clock()))

    def send(self) -> Sent:
        return self.shop.channel.send(self.database, clock=self.shop.clock)

    def turn(self) -> loop.Turn:
        return loop.turn(self.database, self.project_id, self.shop.channel, clock=self.shop.clock)

    def review(self, verdict: Verdict, *pages: int, reason: str = "") -> int:
        world = self.shop.world
        return world.do(
            lambda s, p: review.decide(
                s, world.principal, p, pages, verdict, reason=reason, now=self.shop.clock()
            )
        )

    def assignments(self) -> list[Assignment]:
        mine = Assignment.project_id == self.project_id
        return self.shop.world.rows(select(Assignment).where(mine).order_by(Assignment.id))

    def answers(self) -> list[Answer]:
        mine = Answer.project_id == self.project_id
        return self.shop.world.rows(select(Answer).where(mine).order_by(Answer.id))

    def quarantined(self) -> list[Quarantined]:
        return self.shop.world.rows(select(Quarantined).where(Quarantined.project_id == self.project_id))

    def audited(self, action: str) -> list[AuditEntry]:
        return self.shop.world.rows(select(AuditEntry).where(AuditEntry.action == action))

    def posted(self) -> int:
        """Return what our ledger says was paid, in micro-dollars."""
        query = select(LedgerEntry.amount_micros)
        mine = LedgerEntry.project_id == self.project_id
        return sum(self.shop.world.rows(query.where(mine, LedgerEntry.kind == "post")))

    def called(self) -> Counter[str]:
        return Counter(call.operation for call in self.turk.calls)


def stall(database: Database, turk: Turk | None = None, *, client: Any = None, **settings: Any) -> Stall:
    """Open a project at a fake endpoint; both live on the same clock."""
    fake, clock = turk or Turk(), Clock()

    def forward(seconds: float) -> None:
        Clock.forward(clock, seconds)
        fake.forward(seconds)

    clock.forward = forward  # type: ignore[method-assign]
    shop = make_shop(database, client or wire.inside(fake), wire.ADDRESS, clock, **settings)
    shop.caller = caller(client or shop.caller.client, clock)
    return Stall(shop, fake)


def reread(stall: Stall, pages: Sequence[Assignment]) -> list[tuple[str, str]]:
    """Return review and payment of these assignments as they are now."""
    ids = [page.id for page in pages]
    return [(page.review, page.payment) for page in stall.assignments() if page.id in ids]


__all__ = ["Caller", "Stall", "reread", "stall"]
