"""The settings of a project over HTTP."""

from __future__ import annotations

from typing import Any

from marshmallow import fields, validate

from crowd.api.accuracy import StopSchema
from crowd.api.fields import Dollars, Number, Schema, about, flag, share, slug, text, whole
from crowd.api.posting import PostingSchema
from crowd.api.second_channel import SecondChannel
from crowd.errors import bad_input
from crowd.models.project import ORDERINGS, REVIEWS
from crowd.selection.strategies import STRATEGIES
from crowd.services.estimate import METHODS
from crowd.services.setup.validation import (
    KINDS,
    LONGEST_COOLING,
    LONGEST_DEFINITION,
    LONGEST_LABEL,
    MAX_LABELS,
)
from crowd.task_types import TASK_TYPES
from qc.gold_policy import LEAST, MOST, PROMOTE
from workers import qualification

# A model that is Python code is for the operator to set, on the command line: it runs with our rights.
MODELS = ("builtin",)
MOST_ANSWERS = 1000


def _gold_share(description: str) -> Number:
    return Number(validate=validate.Range(min=LEAST, max=MOST), metadata=about(description))


class Quiz(Schema):
    """An entrance quiz: gold only, unpaid, passed before the first page."""

    questions = whole(1, 100, required=True)
    pass_mark = Number(
        required=True,
        validate=validate.Range(min=0, min_inclusive=False, max=1),
        metadata={"exclusiveMinimum": 0, **about("Share of the questions that has to be right.")},
    )
    attempts = whole(1, 100, required=True)
    cooling_seconds = whole(0, LONGEST_COOLING, metadata=about("Between two attempts; 0 unless given."))


class GoldPolicySchema(Schema):
    """How the share of gold falls with what a worker has shown; what is left out is the default."""

    share = _gold_share("Of the first answers; 0.4 unless given.")
    first = whole(0, metadata=about("How many answers those are, gold included; 20 unless given."))
    then = _gold_share("Of those after; 0.05 unless given.")
    proven = _gold_share("Once a worker is proven; 0.01 unless given.")
    proven_at = Number(
        validate=validate.Range(min=0, min_inclusive=False, max=1),
        metadata={
            "exclusiveMinimum": 0,
            **about("The lower bound of their skill from which they are; 0.8 unless given."),
        },
    )
    exposure = whole(
        1,
        allow_none=True,
        metadata=about("Workers one gold is shown to before it is hidden no longer; null: no end."),
    )
    promote = fields.String(
        validate=validate.OneOf(PROMOTE),
        metadata=about("Items that could be gold, where it is short: to a reviewer, or made gold at once."),
    )


class LabelAbout(Schema):
    """What is to be known of a label."""

    definition = text(LONGEST_DEFINITION, metadata=about("Shown with the label."))
    parent = text(LONGEST_LABEL, shortest=1, metadata=about("The heading or label it stands under."))
    key = text(1, shortest=1, metadata=about("The key that chooses it."))
    kind = fields.String(
        validate=validate.OneOf(KINDS), metadata=about("“other” asks for the worker's own words.")
    )


def label_details(**options: Any) -> fields.Dict:  # noqa: ANN401 - marshmallow's own
    """Return a field for the details of labels, by label."""
    return fields.Dict(keys=text(LONGEST_LABEL), values=fields.Nested(LabelAbout), **options)


class Settings(SecondChannel):
    """The settings of a project."""

    posting = fields.Nested(PostingSchema)
    title = text(200, metadata=about("Shown to workers; the slug where it is left out."))
    instructions = text(20_000, metadata=about("Shown to workers on every page."))
    price = Dollars(
        attribute="price_micros", metadata=about("For one answer, in dollars: “0.05”; 0 unless given.")
    )
    hourly = Dollars(
        attribute="hourly_micros",
        allow_none=True,
        metadata=about("For an hour of active time; the price is then the most that an answer may cost."),
    )
    fair_hourly = Dollars(
        attribute="fair_hourly_micros",
        allow_none=True,
        metadata=about("The overview warns when the median page earns less by the hour."),
    )
    task_options = fields.Dict(keys=text(50), metadata=about("What the task type lets one set."))
    review = fields.String(
        validate=validate.OneOf(REVIEWS),
        metadata=about("Who accepts pages, and with that pays; automatic unless given."),
    )
    ordering = fields.String(
        validate=validate.OneOf(ORDERINGS),
        metadata=about("depth: finish items; breadth: every item once before any twice; depth unless given."),
    )
    routing = flag("Whether the best items are for those whose answers have said more than most.")
    qualifications = text(
        2000,
        metadata=about(
            "Who may work: “skill german >= 0.8 and not group trainees”; nobody is kept out unless given."
        ),
    )
    quiz = fields.Nested(Quiz, allow_none=True)
    worker_cap = whole(1, allow_none=True, metadata=about("Answers of one worker, in all."))
    worker_day_cap = whole(1, allow_none=True, metadata=about("Answers of one worker in a day (UTC)."))
    leaderboard = flag("Whether workers see each other's progress.")
    overlap = whole(
        1, MOST_ANSWERS, metadata=about("Answers bought before the first decision; 3 unless given.")
    )
    max_overlap = whole(
        1,
        MOST_ANSWERS,
        allow_none=True,
        metadata=about(
            "Answers bought at most; unless given 3 more than overlap if there is a confidence, else overlap."
        ),
    )
    confidence = Number(
        validate=validate.Range(min=0.5, max=1, max_inclusive=False),
        allow_none=True,
        metadata={
            "exclusiveMaximum": 1,
            **about("Another answer is bought until a label is this sure; null: exactly overlap answers."),
        },
    )
    label_value = Dollars(
        attribute="label_value_micros",
        allow_none=True,
        metadata=about(
            "What a right label is worth, in dollars: no answer is bought that is expected to gain less than "
            "its price; null: by confidence alone."
        ),
    )
    expert_price = Dollars(
        attribute="expert_price_micros",
        allow_none=True,
        metadata=about("What an expert's answer costs: what is given up goes to the expert where worth it."),
    )
    hit_size = whole(1, 100, metadata=about("Questions on one page, gold included; 10 unless given."))
    gold_share = Number(
        validate=validate.Range(min=0, max=0.5),
        metadata=about("Of the questions, the same for all workers; given, it goes without a policy."),
    )
    gold_policy = fields.Nested(
        GoldPolicySchema,
        allow_none=True,
        metadata=about("How the share falls with proven skill; the default unless gold_share is given."),
    )
    audit_share = share(
        metadata=about("Of settled items, drawn by lot and looked at again; 0 unless given, 0.03 is good.")
    )
    stop = fields.Nested(StopSchema, allow_none=True)
    lease_seconds = whole(10, 86_400, metadata=about("How long a worker may hold a page; 900 unless given."))
    strategy = fields.String(
        validate=validate.OneOf(STRATEGIES), metadata=about("How items are chosen; margin unless given.")
    )
    random_share = share(metadata=about("Of a batch, drawn at random instead; 0.25 unless given."))
    batch_size = whole(1, metadata=about("Items asked about in one turn; 100 unless given."))
    seed = whole(0, metadata=about("Of all chance in the project; drawn unless given."))
    model = fields.String(
        validate=validate.OneOf(MODELS),
        allow_none=True,
        metadata=about("Trained anew in each turn; null: none, upload predictions instead."),
    )
    fuse_predictions = fields.Boolean(
        metadata=about("Hear predictions beside people's answers once they prove right; true unless given.")
    )
    method = fields.String(
        validate=validate.OneOf(METHODS),
        metadata=about(
            "How answers are aggregated; the default of the task type unless given, for labels panel."
        ),
    )


class NewProject(Settings):
    """A project to be made."""

    slug = slug(required=True, metadata=about("Its name in paths: lower-case letters, digits and dashes."))
    task_type = fields.String(
        validate=validate.OneOf(list(TASK_TYPES)), metadata=about("What is answered; choice unless given.")
    )
    channel = fields.String(
        validate=validate.OneOf(("pool", "mturk")),
        metadata=about("pool: our own people; mturk: those of an endpoint. pool unless given."),
    )
    labels = fields.List(
        text(LONGEST_LABEL, shortest=1),
        load_default=list,
        validate=validate.Length(max=MAX_LABELS),
        metadata=about("What can be answered, where the task type has labels."),
    )
    label_details = label_details(load_default=dict, metadata=about("By label."))
    cap = Dollars(load_default=0, metadata=about("What the project may cost in all, in dollars: “12.50”."))


class ProjectSchema(Schema):
    """A project."""

    slug = fields.String()
    title = fields.String()
    instructions = fields.String()
    state = fields.String()
    channel = fields.String()
    second = fields.String(attribute="second_channel", allow_none=True)
    second_when = fields.String(allow_none=True)
    second_price = Dollars(attribute="second_price_micros", allow_none=True)
    patience_seconds = fields.Integer(allow_none=True)
    endpoint = fields.String(allow_none=True)
    posting = fields.Dict()
    task_type = fields.String()
    task_options = fields.Dict()
    labels = fields.List(fields.String())
    label_details = fields.Dict()
    price = Dollars(attribute="price_micros")
    hourly = Dollars(attribute="hourly_micros", allow_none=True)
    fair_hourly = Dollars(attribute="fair_hourly_micros", allow_none=True)
    review = fields.String()
    ordering = fields.String()
    routing = fields.Boolean()
    qualifications = fields.String()
    quiz = fields.Nested(Quiz, allow_none=True)
    worker_cap = fields.Integer(allow_none=True)
    worker_day_cap = fields.Integer(allow_none=True)
    leaderboard = fields.Boolean()
    cap = Dollars()
    held = Dollars()
    spent = Dollars()
    overlap = fields.Integer()
    max_overlap = fields.Integer()
    confidence = fields.Float(allow_none=True)
    label_value = Dollars(attribute="label_value_micros", allow_none=True)
    expert_price = Dollars(attribute="expert_price_micros", allow_none=True)
    hit_size = fields.Integer()
    gold_share = fields.Float(metadata=about("On pages made before it is known who answers them."))
    gold_policy = fields.Nested(GoldPolicySchema, allow_none=True)
    audit_share = fields.Float()
    stop = fields.Nested(StopSchema, allow_none=True)
    lease_seconds = fields.Integer()
    strategy = fields.String()
    random_share = fields.Float()
    batch_size = fields.Integer()
    seed = fields.Integer()
    model = fields.String(allow_none=True)
    method = fields.String()
    fuse_predictions = fields.Boolean()
    created_at = fields.DateTime()


def settings_of(body: dict[str, Any]) -> dict[str, Any]:
    """Return a body's settings with the qualifications read."""
    if "qualifications" not in body:
        return body
    try:
        return body | {"qualifications": qualification.parse(body["qualifications"])}
    except ValueError as error:
        raise bad_input("qualifications", str(error)) from None
