"""Whatever is sent, the server does what its OpenAPI document says: generated requests, in process."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

pytestmark = pytest.mark.parametrize("migrated_url", ["sqlite"], indirect=True)

# Valid data need not be accepted: a generated label may be in no label set, a generated item unknown.
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    negative_data_rejection,
]
FEW, MANY = 1, 10
QUIET = settings(
    deadline=None,
    database=None,
    derandomize=True,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture
def schema(app) -> Any:
    schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", app)
    schema.config.generation.update(with_security_parameters=False)  # who may call is tested elsewhere
    return schema


@pytest.fixture
def call(ann, invite, pets):
    """Send a generated request as somebody who may; most ids are made to lead somewhere."""
    assert ann.post(f"/projects/{pets}/batches", {"size": 4}).status_code == 201
    assert ann.post(f"/projects/{pets}/consensus", {}).status_code == 201
    assert ann.post(f"/projects/{pets}/training-sets", {}).status_code == 201
    worker = invite("wim")
    statuses: Counter[int] = Counter()
    known = {
        "project": pets,
        "item": "i3",
        "name": "main",
        "batch": 1,
        "version": 1,
        "case": 1,
        "rule": "copies",
    }

    def send(case: Any) -> None:
        is_worker = "/work/" in case.operation.path
        for name in case.path_parameters or {}:
            if name in known and case.meta.generation.mode is GenerationMode.POSITIVE:
                case.path_parameters[name] = 1 if is_worker else known[name]
        token = worker.token if is_worker else ann.token
        answer = case.call_and_validate(headers={"Authorization": f"Bearer {token}"}, checks=CHECKS)
        statuses[answer.status_code] += 1

    send.statuses = statuses
    return send


def can_be_wrong(operation: Any) -> bool:
    """Tell whether there is something to get wrong: any text is a path, so that a path alone is not."""
    return bool(operation.body or operation.query)


@pytest.mark.parametrize("examples", [FEW, pytest.param(MANY, marks=pytest.mark.slow)])
@pytest.mark.parametrize("mode", list(GenerationMode), ids=lambda mode: mode.value)
def test_generated_requests_get_documented_answers(schema, call, mode, examples):
    is_right = mode is GenerationMode.POSITIVE
    operations = [result.ok() for result in schema.get_all_operations()]
    chosen = [operation for operation in operations if is_right or can_be_wrong(operation)]
    assert len(chosen) >= (35 if is_right else 24)
    for operation in chosen:
        asked = given(case=operation.as_strategy(generation_mode=mode))(call)
        settings(QUIET, max_examples=examples)(asked)()
    # Else the checks would have looked at refusals only, or at none.
    accepted = sum(count for status, count in call.statuses.items() if status < 300)
    share = accepted / call.statuses.total()
    assert share > 1 / 3 if is_right else share < 1 / 3
