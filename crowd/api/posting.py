"""How a project's HITs are offered at an endpoint of the MTurk protocol, over HTTP."""

from __future__ import annotations

from marshmallow import fields, validate

from crowd.api.fields import Schema, about, flag, share, text, whole
from crowd.channels.mturk.posting import BAD_WORK, DAY, MODES, MOST_REQUIREMENTS, SCHEDULES, YEAR

MOST_ASSIGNMENTS = 1000


class PostingSchema(Schema):
    """How HITs are offered at an endpoint of the MTurk protocol; null or left out: the default."""

    mode = fields.String(
        validate=validate.OneOf(MODES), metadata=about("Who holds the page; html unless given.")
    )
    description = text(2000, metadata=about("What workers read before they accept."))
    keywords = text(1000, metadata=about("Separated by commas."))
    assignment_seconds = whole(30, YEAR, metadata=about("How long a worker may take; 3600 unless given."))
    lifetime_seconds = whole(30, YEAR, metadata=about("How long a HIT is offered; 259200 unless given."))
    auto_approval_seconds = whole(
        0, 30 * DAY, metadata=about("After which the endpoint pays by itself; 259200 unless given.")
    )
    requirements = fields.List(
        fields.Dict(keys=text(64)),
        validate=validate.Length(max=MOST_REQUIREMENTS),
        metadata=about("Who may accept, as the protocol has it."),
    )
    masters = flag("Masters only, for 5 % more.")
    fees = fields.String(
        validate=validate.OneOf(list(SCHEDULES)),
        metadata=about("What the endpoint charges; mturk unless given."),
    )
    most_assignments = whole(1, MOST_ASSIGNMENTS, metadata=about("Of one HIT; 9 unless given."))
    bad_work = fields.String(
        validate=validate.OneOf(BAD_WORK),
        metadata=about("What becomes of bad work; accepted unless given."),
    )
    bad_below = share(metadata=about("Bad: less of its gold right; 0.5 unless given."))
    bad_least = whole(1, 10_000, metadata=about("Gold answers it takes to say so; 10 unless given."))
    worked = text(
        64,
        metadata=about(
            "Id of a qualification: workers who have handed in a page get it, and no more HITs. "
            "Here, and of the next two: auto has the first publication make it."
        ),
    )
    barred = text(
        64, metadata=about("Id of a qualification: workers who are kept out get it, and no more HITs.")
    )
    skilled = text(64, metadata=about("Id of the qualification that tells skill in percent."))
    url = text(500, metadata=about("Where workers reach this server, for the mode external."))
    frame_height = whole(0, 10_000, metadata=about("In pixels; 0: as much as the page needs."))
