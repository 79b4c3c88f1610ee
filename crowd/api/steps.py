"""One turn of the loop over HTTP."""

from __future__ import annotations

from marshmallow import fields

from crowd.api.access import admits
from crowd.api.blueprint import Blueprint
from crowd.api.edge import edge
from crowd.api.fields import Schema, about
from crowd.services import loop
from crowd.services.access import scope
from crowd.services.access.keys import Principal

blueprint = Blueprint("steps", "The loop, turn by turn.")


class DecidedSchema(Schema):
    """What was decided on items."""

    enough = fields.Integer()
    more = fields.Integer()
    give_up = fields.Integer()
    expert = fields.Integer(metadata=about("Waits for an expert instead of further answers."))
    unfunded = fields.Integer(metadata=about("Wanted another answer that the budget does not cover."))


class TurnSchema(Schema):
    """What one turn did; an idle turn did nothing, and neither would another."""

    idle = fields.Boolean()
    expired = fields.Integer()
    collected = fields.Integer()
    graded = fields.Integer()
    restricted = fields.Integer()
    fired = fields.Integer(metadata=about("How often rules acted."))
    decided = fields.Nested(DecidedSchema)
    audited = fields.Integer(metadata=about("Answers asked for to check labels that are settled."))
    gold_disputed = fields.Integer(metadata=about("Gold that good workers contradict, for a reviewer."))
    gold_warning = fields.String(allow_none=True, metadata=about("Set where gold runs out for workers."))
    paid = fields.Integer()
    version = fields.Integer(allow_none=True, metadata=about("Of the training set frozen."))
    model_version = fields.String(allow_none=True, metadata=about("Of the model trained."))
    asked = fields.Integer()
    strategy = fields.String(allow_none=True, metadata=about("By which the items asked about were chosen."))
    fallback = fields.String(
        allow_none=True, metadata=about("Why they were drawn at random against the project's strategy.")
    )
    stopped = fields.String(allow_none=True, metadata=about("Why no further item is asked about."))
    paused_funds = fields.Boolean(metadata=about("The account at the endpoint had no money for all of it."))
    unreached = fields.String(
        allow_none=True,
        metadata=about("Why the endpoint of one of two channels was left out of it."),
    )


@blueprint.on("POST", "/projects/<project>/step")
@admits("spend")
@blueprint.gives(200, TurnSchema)
def step(caller: Principal, project: str) -> loop.Turn:
    """Grade, aggregate, decide, pay; and once everything asked is answered: freeze, learn and ask on."""
    database, clock = edge().database, edge().clock
    with database.read() as session:
        row = scope.project(session, caller, project)
    return loop.step(database, row.id, clock=clock)
