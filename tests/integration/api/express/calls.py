"""What workers call all day, and what is left of it in the database."""

from __future__ import annotations

from sqlalchemy import func, select

from crowd.services.check import check

# A claim now takes or stores its page, and a submission its answers: on SQLite, and on PostgreSQL.
HOLDING = ("UPDATE item SET open = open - 1", "WITH best AS")
STORING = ("UPDATE slot SET state = 'done'", "WITH accepted AS", "WITH counted AS")
HIT_SIZE = 3


def claim(worker, project, **body):
    return worker.post(f"/work/projects/{project}/claim", body)


def answers(page, label="cat"):
    return {"answers": {each["name"]: label for each in page["questions"]}, "seconds": 2}


def submit(worker, page, body=None):
    return worker.post(f"/work/pages/{page['token']}/submit", body or answers(page))


def count(database, model, *where) -> int:
    with database.read() as session:
        return session.scalar(select(func.count()).select_from(model).where(*where))


def sound(database) -> None:
    with database.read() as session:
        assert [text for finding in check(session) for text in finding.named] == []
