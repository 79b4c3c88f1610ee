"""Claimed against true over HTTP, and when a project has bought enough."""

from __future__ import annotations

from marshmallow import fields, validate

from crowd.api.access import Visit, requires
from crowd.api.blueprint import Blueprint
from crowd.api.fields import Dollars, Number, Schema, about
from crowd.services.access import scope
from crowd.services.honesty import accuracy, stop
from crowd.services.honesty.accuracy import Accuracy

blueprint = Blueprint("accuracy", "What labels claim, and what a second look found.")


def _level(description: str) -> Number:
    return Number(
        validate=validate.Range(min=0.5, max=1, max_inclusive=False),
        metadata={"exclusiveMaximum": 1, **about(description)},
    )


class StopSchema(Schema):
    """When to ask about no new items: the first of these that comes true ends it."""

    accuracy = _level("Of all items, each labelled by what is known.")
    sure = _level("How likely that accuracy has to be; 0.8 unless given.")
    worth = Dollars(
        attribute="worth_micros", metadata=about("What one more right label is worth, in dollars.")
    )
    budget = Dollars(attribute="budget_micros", metadata=about("Held and spent together, in dollars."))


class ShareSchema(Schema):
    """A share of labels with its 90 % interval."""

    value = fields.Float()
    low = fields.Float()
    high = fields.Float()


class BandSchema(Schema):
    """Labels that claim between two confidences."""

    low = fields.Float()
    high = fields.Float()
    checked = fields.Integer()
    claimed = fields.Float()
    true = fields.Nested(ShareSchema)


class AccuracySchema(Schema):
    """What settled labels claim on average, and how many of them are right."""

    share = fields.Float(metadata=about("Of settled items that are drawn."))
    settled = fields.Integer()
    claimed = fields.Float(allow_none=True)
    true = fields.Nested(
        ShareSchema,
        allow_none=True,
        metadata=about("Wide where nothing was checked: then it only says how far claims are off elsewhere."),
    )
    gap = fields.Float(allow_none=True, metadata=about("Claimed less true."))
    checked = fields.Integer()
    agreed = fields.Integer(metadata=about("Second looks that came to the same label."))
    by_experts = fields.Integer()
    waiting = fields.Integer(metadata=about("Drawn, and not looked at yet."))
    bands = fields.List(fields.Nested(BandSchema), metadata=about("By what was claimed."))


class EvidenceSchema(Schema):
    """What the stop rule was weighed against."""

    settled = fields.Integer()
    rest = fields.Integer(metadata=about("Items that are not labelled yet."))
    accuracy = fields.Float(metadata=about("Of all items, each labelled by what is known."))
    low = fields.Float()
    high = fields.Float()
    certainty = fields.Float(metadata=about("That the target is reached."))
    gain = fields.Float(metadata=about("Labels made right by asking about one more item."))
    item = Dollars(attribute="item_micros", metadata=about("What an item costs on average."))
    used = Dollars(attribute="used_micros")
    free = Dollars(attribute="free_micros")


class StopVerdictSchema(Schema):
    """Whether to ask about no new items, and why."""

    stop = fields.Boolean()
    cause = fields.String(allow_none=True)
    text = fields.String()
    evidence = fields.Nested(EvidenceSchema)


class MeasuredSchema(AccuracySchema):
    """Claimed against true, with what the project's stop rule makes of it."""

    stopping = fields.Nested(StopVerdictSchema, allow_none=True, metadata=about("Null without a stop rule."))


@blueprint.on("GET", "/projects/<project>/accuracy")
@requires("read")
@blueprint.gives(200, MeasuredSchema)
def get_accuracy(at: Visit, project: str) -> dict[str, object]:
    """Hold what labels claim against the audit slice; say whether the stop rule is met."""
    row = scope.project(at.session, at.principal, project)
    found = accuracy.measure(at.session, row)
    columns = {name: getattr(found, name) for name in Accuracy.__slots__}
    return columns | {"stopping": stop.verdict(at.session, row)}
