"""Draft the next revision from what changed in the models: python -m crowd.migrations "what changes"."""

from __future__ import annotations

import sys

from crowd.db import connect
from crowd.migrations import config, head, upgrade


def draft(message: str) -> None:
    """Write the revision that takes the newest schema to the models', to be read and corrected by hand."""
    from alembic import command

    database = connect("sqlite://")
    upgrade(database)
    with database.engine.begin() as connection:
        command.revision(config(connection), message, autogenerate=True, rev_id=f"{int(head()) + 1:04}")


if __name__ == "__main__":
    draft(" ".join(sys.argv[1:]) or sys.exit("say in a few words what changes"))
