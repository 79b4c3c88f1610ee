"""What workers are told and what labels mean, over HTTP."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from marshmallow import fields, validate

from crowd.api.access import Visit, requires
from crowd.api.blueprint import Blueprint
from crowd.api.fields import Schema, about
from crowd.api.fields import text as words
from crowd.api.paging import PageQuery, PageSchema, number, page
from crowd.api.project_settings import label_details
from crowd.models import Instructions, LabelSet
from crowd.services.access import scope
from crowd.services.setup import instructions, label_sets
from crowd.services.setup.instructions import LONGEST, LONGEST_TEMPLATE, MOST_EXAMPLES, Wording

blueprint = Blueprint(
    "instructions", "What workers are told: versions, each page names the one it was built with."
)


class ExampleSchema(Schema):
    """An item with the right answer, or with a wrong one to learn from."""

    payload = fields.Dict(keys=fields.String(), required=True, validate=validate.Length(min=1))
    label = fields.Raw(required=True, metadata=about("As a page would send the answer."))
    note = words(2000, load_default="", metadata=about("Why it is right, or wrong."))
    good = fields.Boolean(load_default=True, truthy={True}, falsy={False})


class NewInstructions(Schema):
    """All that workers read beside the question; what is left out is gone in the new version."""

    text = words(LONGEST, required=True)
    examples = fields.List(
        fields.Nested(ExampleSchema), load_default=list, validate=validate.Length(max=MOST_EXAMPLES)
    )
    template = words(
        LONGEST_TEMPLATE,
        load_default=None,
        allow_none=True,
        metadata=about("A page for one question, in Jinja."),
    )


class InstructionsSchema(Schema):
    """One version."""

    version = fields.Integer()
    text = fields.String()
    examples = fields.List(fields.Dict())
    template = fields.String(allow_none=True)
    created_at = fields.DateTime()


class InstructionsPage(PageSchema):
    """A page of versions."""

    versions = fields.List(fields.Nested(InstructionsSchema))


class NewDetails(Schema):
    """What is to be known of the labels; what is left out is gone."""

    details = label_details(required=True)


class LabelSetSchema(Schema):
    """A version of a project's labels."""

    version = fields.Integer()
    labels = fields.List(fields.String())
    details = fields.Dict()


@blueprint.on("PUT", "/projects/<project>/instructions")
@blueprint.takes(NewInstructions)
@requires("write")
@blueprint.gives(200, InstructionsSchema)
def revise_instructions(at: Visit, body: dict[str, Any], project: str) -> Instructions:
    """Put other instructions in force; the same again change nothing."""
    row = scope.project(at.session, at.principal, project)
    return instructions.revise(at.session, at.principal, row, Wording(**body), now=at.now)


@blueprint.on("GET", "/projects/<project>/instructions")
@blueprint.takes_query(PageQuery)
@requires("read")
@blueprint.gives(200, InstructionsPage)
def list_instructions(at: Visit, query: dict[str, Any], project: str) -> dict[str, Any]:
    """List the versions, newest first."""
    row, before = scope.project(at.session, at.principal, project), number(query["after"])
    found: Sequence[Instructions] = [
        told for told in instructions.versions(at.session, row) if before is None or told.version < before
    ]
    return page("versions", found, query["limit"], lambda told: told.version)


@blueprint.on("PUT", "/projects/<project>/labels/details")
@blueprint.takes(NewDetails)
@requires("write")
@blueprint.gives(200, LabelSetSchema)
def describe_labels(at: Visit, body: dict[str, Any], project: str) -> LabelSet:
    """Say what the labels mean, as a new version of the label set; the labels stay."""
    row = scope.project(at.session, at.principal, project)
    return label_sets.describe(at.session, at.principal, row, body["details"], now=at.now)
