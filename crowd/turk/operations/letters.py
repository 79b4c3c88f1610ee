"""Letters on the wire."""

from __future__ import annotations

from crowd.services.market import letters
from crowd.turk.call import Call, Given, Operation, Reply


def notify(call: Call, given: Given) -> Reply:
    """Write to workers; those who cannot be reached are in the reply."""
    unreached = letters.notify(
        call.session,
        call.account,
        given["WorkerIds"],
        subject=given["Subject"],
        text=given["MessageText"],
        now=call.now,
    )
    call.note("notify", "workers", workers=len(given["WorkerIds"]), unreached=len(unreached))
    return {
        "NotifyWorkersFailureStatuses": [
            {
                "NotifyWorkersFailureCode": "HardFailure",
                "NotifyWorkersFailureMessage": each.message,
                "WorkerId": each.worker_id,
            }
            for each in unreached
        ]
    }


OPERATIONS = {"NotifyWorkers": Operation(notify)}
