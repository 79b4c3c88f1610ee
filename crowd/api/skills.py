"""Skills of workers over HTTP."""

from __future__ import annotations

from typing import Any

from marshmallow import fields, validate

from crowd.api.access import Visit, requires
from crowd.api.blueprint import Blueprint
from crowd.api.fields import Moment, Number, Schema, about, share, text
from crowd.models import Skill
from crowd.services.access import scope
from crowd.services.people import skills
from crowd.services.people.skills import Given

blueprint = Blueprint("skills", "What workers can do: said by the requester, or estimated from gold.")


class SkillQuery(Schema):
    """Where the skills are to hold."""

    project = fields.String(
        load_default=None, metadata=about("A project's own skills go before those for all projects.")
    )


class NewSkill(Schema):
    """What a requester knows of a worker."""

    name = text(63, shortest=1, required=True)
    value = share(required=True)
    evidence = Number(
        load_default=0.0, validate=validate.Range(min=0), metadata=about("How many tests it rests on.")
    )
    note = text(1000, load_default="", metadata=about("How it is known; kept in the audit chain."))
    expires_at = Moment(load_default=None, allow_none=True)
    project = fields.String(load_default=None, allow_none=True, metadata=about("Null: in all projects."))


class SkillSchema(Schema):
    """A skill from 0 to 1; an estimate comes with its 90 % interval."""

    name = fields.String()
    source = fields.String()
    value = fields.Float()
    low = fields.Float()
    high = fields.Float()
    evidence = fields.Float()
    expires_at = fields.DateTime(allow_none=True)
    created_at = fields.DateTime()


class SkillList(Schema):
    """All skills of a worker that hold now."""

    skills = fields.List(fields.Nested(SkillSchema))


@blueprint.on("GET", "/workers/<worker>/skills")
@blueprint.takes_query(SkillQuery)
@requires("read")
@blueprint.gives(200, SkillList)
def list_skills(at: Visit, query: dict[str, Any], worker: str) -> dict[str, Any]:
    """List a worker's skills by name."""
    person = scope.worker(at.session, at.principal, worker)
    slug = query["project"]
    project = scope.project(at.session, at.principal, slug) if slug else None
    held = skills.current(at.session, person, project, now=at.now)
    return {"skills": [held[name] for name in sorted(held)]}


@blueprint.on("POST", "/workers/<worker>/skills")
@blueprint.takes(NewSkill)
@requires("write")
@blueprint.gives(201, SkillSchema)
def give_skill(at: Visit, body: dict[str, Any], worker: str) -> Skill:
    """Say how well a worker can do something; the newest word of a name holds."""
    slug = body.pop("project")
    project = scope.project(at.session, at.principal, slug) if slug else None
    person = scope.worker(at.session, at.principal, worker)
    return skills.give(at.session, at.principal, person, Given(**body), project=project, now=at.now)
