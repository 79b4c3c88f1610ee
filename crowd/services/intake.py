"""Data comes in: items and gold. Either all rows of an import are stored or none."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy import update as sql_update
from sqlalchemy.orm import Session

from crowd.db import chunks
from crowd.errors import Problem, bad_inputs
from crowd.models import Gold, Item, Project
from crowd.services import locks
from crowd.services.setup import projects
from crowd.tables.gold import GoldRow
from crowd.tables.items import ItemRow
from crowd.task_types import TASK_TYPES, Ask

MAX_PROBLEMS = 20


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import changed; rows that were there already, with the same content, are `unchanged`."""

    added: int
    unchanged: int


@dataclass(frozen=True, slots=True)
class Truth:
    """What is known of an item, as it is stored."""

    label: str
    accepted: dict[str, float]
    use: str
    explanation: str


def add_items(session: Session, project: Project, rows: Sequence[ItemRow], *, now: datetime) -> Imported:
    """Store new items. Importing the same file twice changes nothing; another payload is refused."""
    digests = {row.key: digest(row.payload) for row in rows}
    locks.name(session, f"items:{project.id}")
    stored = dict(_stored(session, project, list(digests)))
    _refuse(_contradictions(rows, digests, stored), "items")
    new = {row.key: row for row in rows if row.key not in stored}
    values = [
        {
            "project_id": project.id,
            "key": key,
            "payload": dict(row.payload),
            "payload_digest": digests[key],
            "created_at": now,
        }
        for key, row in new.items()
    ]
    if values:
        session.execute(insert(Item), values)
    return Imported(added=len(new), unchanged=len(rows) - len(new))


def add_gold(
    session: Session, project: Project, rows: Sequence[GoldRow], *, source: str, now: datetime
) -> Imported:
    """Declare the right label of items; such an item is no longer asked for its own sake."""
    # Pages are built with the gold known to a revision, see `terms`.
    locks.change(session, project)
    project.revision += 1
    items = _locked(session, project, [row.key for row in rows])
    labels, known = projects.labels(session, project).labels, _current_gold(session, project)

    def read(row: GoldRow) -> Truth:
        payload = items[row.key].payload if row.key in items else {}
        kind, ask = TASK_TYPES[project.task_type], Ask(labels, project.task_options, payload)
        accepted = {kind.read(value, ask): credit for value, credit in row.accepted.items()}
        return Truth(kind.read(row.label, ask), accepted, row.use, row.explanation)

    among = f" ({', '.join(labels)})" if labels else ""
    _refuse(list(_gold_problems(rows, read, among, items, known)), "gold")
    new = {row.key: row for row in rows if items[row.key].id not in known}
    for row in new.values():
        session.add(
            Gold(
                project_id=project.id,
                item_id=items[row.key].id,
                source=source,
                created_at=now,
                **asdict(read(row)),
            )
        )
    _take_out(session, [items[key].id for key in new])
    return Imported(added=len(new), unchanged=len(rows) - len(new))


def digest(payload: Mapping[str, Any]) -> str:
    """Return the digest of a payload, the same whatever the order of its fields."""
    return hashlib.sha256(json.dumps(payload, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def _contradictions(
    rows: Sequence[ItemRow], digests: dict[str, str], stored: dict[str, str]
) -> list[Problem]:
    problems = []
    for row in rows:
        if digest(row.payload) != digests[row.key]:
            problems.append(Problem(row.where, f"item {row.key!r} appears twice with different content"))
        elif stored.get(row.key, digests[row.key]) != digests[row.key]:
            problems.append(Problem(row.where, f"item {row.key!r} is already stored with different content"))
    return problems


def _gold_problems(
    rows: Sequence[GoldRow],
    read: Callable[[GoldRow], Truth],
    among: str,
    items: Mapping[str, Item],
    known: Mapping[int, Truth],
) -> Iterator[Problem]:
    said: dict[str, Truth] = {}
    for row in rows:
        item = items.get(row.key)
        try:
            truth = read(row)
        except ValueError as error:
            yield Problem(row.where, f"label {error}{among}")
            continue
        if said.setdefault(row.key, truth) != truth:
            yield Problem(row.where, f"item {row.key!r} appears twice with different labels")
        elif item is None:
            yield Problem(row.where, f"no item {row.key!r}; import the items first")
        elif known.get(item.id, truth).label != truth.label:
            yield Problem(row.where, f"item {row.key!r} already has the gold label {known[item.id].label!r}")
        elif known.get(item.id, truth).accepted != truth.accepted:
            yield Problem(row.where, f"item {row.key!r} is gold already, with other answers accepted")
        elif item.state not in ("new", "gold"):
            yield Problem(row.where, f"item {row.key!r} is already being asked and cannot become gold")


def _refuse(problems: list[Problem], what: str) -> None:
    if not problems:
        return
    if len(problems) > MAX_PROBLEMS:
        problems = [*problems[:MAX_PROBLEMS], Problem("", f"and {len(problems) - MAX_PROBLEMS} more")]
    raise bad_inputs(problems, what=what)


def _stored(session: Session, project: Project, keys: Sequence[str]) -> Iterator[tuple[str, str]]:
    for chunk in chunks(keys):
        query = select(Item.key, Item.payload_digest).where(
            Item.project_id == project.id, Item.key.in_(chunk)
        )
        yield from ((key, payload_digest) for key, payload_digest in session.execute(query))


def _locked(session: Session, project: Project, keys: Sequence[str]) -> dict[str, Item]:
    """Return the items of these keys, as they will stay until the transaction ends."""
    ids: list[int] = []
    for chunk in chunks(keys):
        query = select(Item.id).where(Item.project_id == project.id, Item.key.in_(chunk))
        ids.extend(session.scalars(query))
    locks.items(session, ids)
    found: dict[str, Item] = {}
    for some in chunks(ids):
        rows = select(Item).where(Item.id.in_(some)).execution_options(populate_existing=True)
        found.update({item.key: item for item in session.scalars(rows)})
    return found


def _current_gold(session: Session, project: Project) -> dict[int, Truth]:
    columns = Gold.item_id, Gold.label, Gold.accepted, Gold.use, Gold.explanation
    query = select(*columns).where(Gold.project_id == project.id, Gold.retired_at.is_(None))
    return {item_id: Truth(*truth) for item_id, *truth in session.execute(query)}


def _take_out(session: Session, item_ids: Sequence[int]) -> None:
    for chunk in chunks(item_ids):
        statement = sql_update(Item).where(Item.id.in_(chunk), Item.state == "new").values(state="gold")
        session.execute(statement, execution_options={"synchronize_session": False})
