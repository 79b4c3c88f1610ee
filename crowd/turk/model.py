"""The protocol's own description, as botocore ships it."""

from __future__ import annotations

from functools import cache

from botocore.loaders import Loader
from botocore.model import ServiceModel

NAME = "mturk"


@cache
def service() -> ServiceModel:
    """Return the service model; `AWS_DATA_PATH` may name a directory with another copy of it."""
    return ServiceModel(Loader().load_service_model(NAME, "service-2"), NAME)
