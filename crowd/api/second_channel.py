"""The settings of a project's second channel over HTTP."""

from __future__ import annotations

from marshmallow import fields, validate

from crowd.api.fields import Dollars, Schema, about, text, whole
from crowd.models.project import SECOND_WHEN
from crowd.services.setup.two_channels import LONGEST_PATIENCE, PARTNERS


class SecondChannel(Schema):
    """Whose people are asked besides those of the project's own channel, when, and for how much."""

    second = fields.String(
        attribute="second_channel",
        validate=validate.OneOf(PARTNERS),
        allow_none=True,
        metadata=about("A second channel whose people are asked too, besides the project's own; null: none."),
    )
    second_when = fields.String(
        validate=validate.OneOf(SECOND_WHEN),
        metadata=about(
            "overflow: for places left open for too long; tie_break: for answers after the first overlap; "
            "worth: where it gains more for the money; overflow unless given."
        ),
    )
    second_price = Dollars(
        attribute="second_price_micros", metadata=about("For one answer of the second channel, in dollars.")
    )
    patience_seconds = whole(
        1,
        LONGEST_PATIENCE,
        metadata=about(
            "With overflow, how long places wait for the own channel's people; 3600 unless given."
        ),
    )
    endpoint = text(
        500, metadata=about("Where a channel mturk publishes: one of those this server may call.")
    )
