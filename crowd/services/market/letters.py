"""Letters to workers: what programs write to them, and what they are told of bonuses and qualifications."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from crowd.models import Worker
from crowd.models.market import MarketAccount
from crowd.services.market import account as accounts
from crowd.services.market import limits
from crowd.services.people import messages

MOST_WORKERS = 100
LONGEST_SUBJECT = 200
LONGEST_TEXT = 4096


@dataclass(frozen=True, slots=True)
class Unreached:
    """A worker to whom a letter could not be delivered, and why."""

    worker_id: str
    message: str


def notify(
    session: Session,
    account: MarketAccount,
    worker_ids: Sequence[str],
    *,
    subject: str,
    text: str,
    now: datetime,
) -> list[Unreached]:
    """Write to these workers, once to each; return those who could not be reached."""
    _check(worker_ids, subject, text)
    unreached = []
    for worker_id in dict.fromkeys(worker_ids):
        worker = accounts.worker_of(session, account, worker_id)
        if worker is None or worker.erased_at is not None:
            unreached.append(Unreached(worker_id, f"There is no worker {worker_id} who works for you."))
        else:
            tell(session, account, worker, f"{subject.strip()}\n\n{text.strip()}", now=now)
    return unreached


def tell(session: Session, account: MarketAccount, worker: Worker, text: str, *, now: datetime) -> None:
    """Put words into a worker's inbox; what is too long for one message comes in two."""
    if worker.erased_at is not None:
        return
    for part in _parts(text):
        messages.send(
            session, requester_id=account.requester_id, worker=worker, sender="requester", text=part, now=now
        )


def _parts(text: str) -> Iterator[str]:
    for start in range(0, len(text), messages.LONGEST):
        if part := text[start : start + messages.LONGEST].strip():
            yield part


def _check(worker_ids: Sequence[str], subject: str, text: str) -> None:
    if not 1 <= len(worker_ids) <= MOST_WORKERS:
        raise limits.invalid(f"WorkerIds must name 1 to {MOST_WORKERS} workers, not {len(worker_ids)}.")
    for name, words, longest in (
        ("Subject", subject, LONGEST_SUBJECT),
        ("MessageText", text, LONGEST_TEXT),
    ):
        if not 1 <= len(words.strip()) <= longest:
            raise limits.invalid(f"{name} must have 1 to {longest} characters.")
