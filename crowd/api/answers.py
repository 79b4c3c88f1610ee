"""Answers over HTTP, as a table."""

from __future__ import annotations

from typing import Any

from flask import Response
from marshmallow import fields

from crowd.api.access import admits
from crowd.api.blueprint import Blueprint
from crowd.api.downloads import DOCUMENTED, FormatQuery, download
from crowd.api.edge import edge
from crowd.api.fields import about
from crowd.services.access import scope
from crowd.services.access.keys import Principal
from crowd.services.reports import answers

blueprint = Blueprint("answers", "What workers said, answer by answer.")


class AnswersQuery(FormatQuery):
    """Which answers, and in which form."""

    counted = fields.Boolean(
        load_default=False, metadata=about("Only those that labels are made of: no gold, nothing set aside.")
    )


@blueprint.on("GET", "/projects/<project>/answers")
@blueprint.takes_query(AnswersQuery)
@admits("read")
@blueprint.describes(responses={200: {"description": "The answers.", **DOCUMENTED}})
def export_answers(caller: Principal, query: dict[str, Any], project: str) -> Response:
    """Write the answers by pseudonym in the order they came; `crowd aggregate` reads the CSV."""
    with edge().database.read() as session:
        row = scope.project(session, caller, project)
    return download(
        f"{row.slug}-answers",
        query["format"],
        answers.COLUMNS,
        lambda session: answers.rows(session, row, counted=query["counted"]),
        exact=answers.exact(row),
    )
