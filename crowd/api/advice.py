"""What the instructions should say better, over HTTP."""

from __future__ import annotations

from marshmallow import fields

from crowd.api.access import Visit, requires
from crowd.api.blueprint import Blueprint
from crowd.api.fields import Schema, about
from crowd.services.access import scope
from crowd.services.reports import guidance
from crowd.services.reports.guidance import Advice

blueprint = Blueprint("advice", "What the answers say about the question.")


class MixedSchema(Schema):
    """Two labels that good workers mix up more than chance would."""

    one = fields.String()
    other = fields.String()
    one_taken_for_other = fields.Float(metadata=about("Answers, as far as the truth is known."))
    other_taken_for_one = fields.Float()
    by_chance = fields.Float(metadata=about("Of both together, were errors spread at random."))
    items = fields.Integer(metadata=about("On which both were answered."))
    examples = fields.List(fields.String())


class HardSchema(Schema):
    """An item that stays doubtful, or that divides good workers."""

    item = fields.String()
    doubt = fields.Float(metadata=about("0: none is left; 1: as much as there can be."))
    division = fields.Float(
        allow_none=True, metadata=about("How likely two good workers who answered it disagree.")
    )
    answers = fields.Integer()


class UnansweredSchema(Schema):
    """Questions handed back, by reason."""

    reason = fields.String()
    skips = fields.Integer()
    rate = fields.Float(metadata=about("Of all questions answered or handed back."))
    examples = fields.List(fields.String())


class AdviceSchema(Schema):
    """What is hard about the items, and what the instructions should say."""

    items = fields.Integer(metadata=about("That have answers."))
    doubtful = fields.Integer()
    pairs = fields.List(fields.Nested(MixedSchema))
    hard = fields.List(fields.Nested(HardSchema))
    unanswered = fields.List(fields.Nested(UnansweredSchema))
    questions = fields.List(fields.String(), metadata=about("For the instructions to answer, in words."))


@blueprint.on("GET", "/projects/<project>/advice")
@requires("read")
@blueprint.gives(200, AdviceSchema)
def get_advice(at: Visit, project: str) -> Advice:
    """Say which labels are mixed up, which items divide good workers, and what is handed back."""
    return guidance.advise(at.session, scope.project(at.session, at.principal, project))
