"""What wants answers is offered at an endpoint: pages cut to fit, money set aside, calls written down."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from crowd import rendering
from crowd.channels import Page
from crowd.channels.mturk import envelope
from crowd.channels.mturk.posting import CHANNEL, Cost, Posting, cost, dollars
from crowd.errors import BudgetExceeded, Problem, bad_inputs
from crowd.models import Instructions, LabelSet, Project
from crowd.services import locks, pack, pay
from crowd.services.mturk import outbox, own
from crowd.services.pack import Draft, Pick
from crowd.services.setup import instructions, projects

CREATE_TYPE = "CreateHITType"
CREATE = "CreateHITWithHITType"
# Laid out in one transaction: many, because each is a commit; not all, because others wait meanwhile.
PAGES = 200
# Bytes of a page for each byte of an item's JSON, at most: shown up to four times, each byte as six. Only
# what a template makes of it, or the controls of a ranking, may be more.
LARGER = 24


@dataclass(frozen=True, slots=True)
class Offer:
    """One HIT to be: its page, for how many workers, and what each of them costs."""

    draft: Draft
    cost: Cost
    digest: str  # of the page, so that another page is never taken for this one

    @property
    def whole(self) -> int:
        """Return what it costs if every place is filled."""
        return self.draft.places * self.cost.whole


@dataclass(frozen=True, slots=True)
class _Desk:
    """What every page of a publication is made with."""

    project: Project
    posting: Posting
    told: Instructions
    label_set: LabelSet
    sizes: dict[int, int] = field(default_factory=dict)  # of pages without content, by questions

    @classmethod
    def of(cls, session: Session, project: Project) -> _Desk:
        """Read a project's settings as they are now."""
        told, labels = instructions.current(session, project), projects.labels(session, project)
        return cls(project, Posting.read(project.posting), told, labels)

    def page(self, picks: Sequence[Pick]) -> Page:
        """Return the page with these questions."""
        return pack.page(self.project, self.label_set, self.told, picks)

    def excess(self, draft: Draft) -> int:
        """Return by how many bytes a page is too long; where it is certainly not, nothing is rendered."""
        if self.posting.mode == "external":
            return 0
        content = len(json.dumps([pick.payload for pick in draft.picks]))
        if (
            self.told.template is None
            and self._empty(len(draft.picks)) + LARGER * content <= envelope.LONGEST
        ):
            return 0
        return self._size(self.page(draft.picks)) - envelope.LONGEST

    def digest(self, draft: Draft) -> str:
        """Return what tells a page from any other."""
        page = self.page(draft.picks)
        shown = [page.title, page.instructions, page.labels, page.details, page.options, page.template]
        said = [*shown, [question.payload for question in page.questions]]
        return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()

    def _empty(self, questions: int) -> int:
        """Return the size of a page of so many questions without any content."""
        if questions not in self.sizes:
            self.sizes[questions] = self._size(self.page([Pick(0, "", {})] * questions))
        return self.sizes[questions]

    def _size(self, page: Page) -> int:
        assert self.project.endpoint is not None
        return envelope.size(html_question(page, self.posting, self.project.endpoint))


def html_question(page: Page, posting: Posting, endpoint: str) -> str:
    """Return a page whole, as the endpoint will show it."""
    document = rendering.turk_page(page, hosts=posting.hosts(endpoint))
    return envelope.html_question(document, frame_height=posting.frame_height)


def publish(session: Session, project: Project, *, now: datetime) -> int:
    """Plan HITs for what wants answers, a limited number at a time; return how many, 0 if nothing is left.

    Nothing is planned that is not paid for: the whole cost with its fee is set aside.

    Raises:
        BudgetExceeded: the cap does not cover the fee, even without gold.
        Unprocessable: the page of a single item is longer than an endpoint takes.
    """
    locks.step(session, project)
    locks.terms(session, project)
    most = PAGES * project.hit_size
    offers = plan(session, project, most=most)
    number = f"hits:{project.id}:{pack.hits_so_far(session, project)}"
    try:
        pay.reserve(session, project.id, _on_top(project, offers), key=number, now=now)
    except BudgetExceeded:
        offers = plan(session, project, most=most, with_gold=False)
        pay.reserve(session, project.id, _on_top(project, offers), key=number, now=now)
    _store(session, project, offers, now)
    return len(offers)


def plan(
    session: Session, project: Project, *, most: int | None = None, with_gold: bool = True
) -> list[Offer]:
    """Lay out the HITs that would be published now; nothing is stored."""
    desk = _Desk.of(session, project)
    drafts = pack.compose(session, project, channel=CHANNEL, most=most, with_gold=with_gold)
    offers: list[Offer] = []
    too_long: list[Problem] = []
    for draft in drafts:
        for part in _fitting(desk, draft, too_long):
            offers += _siblings(desk, *part)
    if too_long:
        raise bad_inputs(too_long, what="pages")
    return offers


def _fitting(desk: _Desk, draft: Draft, too_long: list[Problem]) -> Iterator[tuple[Draft, str]]:
    """Yield a draft with the digest of its page, in halves where the page would be too long."""
    excess = desk.excess(draft)
    if excess <= 0:
        yield draft, desk.digest(draft)
    elif len(draft.picks) > 1:
        middle = len(draft.picks) // 2
        for picks in (draft.picks[:middle], draft.picks[middle:]):
            yield from _fitting(desk, Draft(picks, draft.places), too_long)
    else:
        text = f"its page is {excess} bytes longer than the {envelope.LONGEST} an HTMLQuestion may have"
        too_long.append(Problem(f"item {draft.picks[0].key!r}", f"{text}; shorten it, or use mode external"))


def _siblings(desk: _Desk, draft: Draft, digest: str) -> Iterator[Offer]:
    """Yield one HIT for all places, or several where that many on one would cost more."""
    most = desk.posting.most_assignments
    for start in range(0, draft.places, most):
        places = min(most, draft.places - start)
        price = desk.project.price_at(CHANNEL)
        each = cost(desk.posting, price_micros=price, questions=len(draft.picks), assignments=places)
        yield Offer(Draft(draft.picks, places), each, digest)


def _on_top(project: Project, offers: Sequence[Offer]) -> int:
    """Return what HITs cost beyond what is set aside for the places they take."""
    places = sum(offer.draft.places * (len(offer.draft.picks) - offer.draft.gold) for offer in offers)
    return sum(offer.whole for offer in offers) - project.price_at(CHANNEL) * places


def _store(session: Session, project: Project, offers: Sequence[Offer], now: datetime) -> None:
    told, posting = instructions.current(session, project), own.posting(session, project)
    hits = [
        {
            "project_id": project.id,
            "instructions_id": told.id,
            "channel": CHANNEL,
            "endpoint": project.endpoint,
            "assignments": offer.draft.places,
            "reward_micros": offer.cost.reward,
            "fee_micros": offer.cost.fee,
            "created_at": now,
        }
        for offer in offers
    ]
    ids = pack.store(session, [offer.draft for offer in offers], hits)
    types = {offer.cost.reward: _type(project, posting, offer.cost.reward) for offer in offers}
    subjects = {reward: _subject(parameters) for reward, parameters in types.items()}
    for reward, parameters in types.items():
        outbox.plan(session, project, CREATE_TYPE, subjects[reward], parameters, now=now)
    wanted = {
        f"hit:{hit_id}": (_call(hit_id, offer, subjects[offer.cost.reward], posting), offer.whole)
        for hit_id, offer in zip(ids, offers, strict=True)
    }
    outbox.plan_all(session, project, CREATE, wanted, now=now)


def _type(project: Project, posting: Posting, reward: int) -> dict[str, Any]:
    """Return the parameters of the HIT type: what HITs share that are listed together."""
    assert project.endpoint is not None
    parameters: dict[str, Any] = {
        "Title": project.title[:128],
        "Description": posting.description or project.title[:128],
        "Reward": dollars(reward),
        "AssignmentDurationInSeconds": posting.assignment_seconds,
        "AutoApprovalDelayInSeconds": posting.auto_approval_seconds,
    }
    if posting.keywords:
        parameters["Keywords"] = posting.keywords
    if wanted := posting.qualifications(project.endpoint):
        parameters["QualificationRequirements"] = wanted
    return parameters


def _subject(parameters: dict[str, Any]) -> str:
    text = json.dumps(parameters, sort_keys=True)
    return f"type:{hashlib.sha256(text.encode()).hexdigest()[:16]}"


def _call(hit_id: int, offer: Offer, type_subject: str, posting: Posting) -> dict[str, Any]:
    """Return what is kept of the call; the page itself is made anew when it is sent."""
    return {
        "hit": hit_id,
        "type": type_subject,
        "page": offer.digest,
        "MaxAssignments": offer.draft.places,
        "LifetimeInSeconds": posting.lifetime_seconds,
    }
