"""Blocks on the wire: whom an account keeps out of all its HITs."""

from __future__ import annotations

from crowd.models import Worker
from crowd.models.market import WorkerBlock
from crowd.services.market import account as accounts
from crowd.services.market import blocks, limits
from crowd.turk.call import Call, Given, Operation, Reply
from crowd.turk.paging import page


def create(call: Call, given: Given) -> Reply:
    """Keep a worker out."""
    worker = known(call, given["WorkerId"])
    blocks.block(call.session, call.account, worker, reason=given["Reason"], now=call.now)
    call.note("block", f"worker:{worker.pseudonym}", reason=given["Reason"])
    return {}


def delete(call: Call, given: Given) -> Reply:
    """Let a worker in again; one who is not blocked is none the worse."""
    worker = accounts.worker_of(call.session, call.account, given["WorkerId"])
    if worker is None:
        raise limits.invalid("WorkerId is invalid.")
    if blocks.lift(call.session, call.account, worker):
        call.note("unblock", f"worker:{worker.pseudonym}", reason=given.get("Reason", ""))
    return {}


def list_all(call: Call, given: Given) -> Reply:
    """Return the workers who are kept out."""
    found = page(call, given, blocks.listed(call.account), WorkerBlock.id)
    workers = accounts.persons(call.session, {row.worker_id for row in found.rows})
    rows = [{"WorkerId": workers[row.worker_id], "Reason": row.reason} for row in found.rows]
    return found.reply("WorkerBlocks", rows)


def known(call: Call, worker_id: str) -> Worker:
    """Return the account's worker under this id; it must be one, and still be there."""
    worker = accounts.worker_of(call.session, call.account, worker_id)
    if worker is None or worker.erased_at is not None:
        raise limits.invalid(
            f"{worker_id} is a value not valid for WorkerId: no worker of yours has this id."
        )
    return worker


OPERATIONS = {
    "CreateWorkerBlock": Operation(create),
    "DeleteWorkerBlock": Operation(delete),
    "ListWorkerBlocks": Operation(list_all, is_reading=True),
}
