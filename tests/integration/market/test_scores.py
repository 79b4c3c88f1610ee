"""What programs are told of workers' scores: tools know these words and act on them."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError

from tests.integration.market.conftest import Market


@pytest.fixture
def taken_part(market: Market) -> str:
    made = market.client.create_qualification_type(
        Name="Has taken part", Description="in an experiment", QualificationTypeStatus="Active"
    )
    return str(made["QualificationType"]["QualificationTypeId"])


def test_a_score_that_never_was_does_not_exist(market: Market, taken_part: str):
    with pytest.raises(ClientError, match="Qualification that does not exist") as caught:
        market.client.get_qualification_score(QualificationTypeId=taken_part, WorkerId=market.person("ben"))
    assert caught.value.response["TurkErrorCode"] == "AWS.MechanicalTurk.QualificationDoesNotExist"


def test_a_score_that_was_revoked_is_not_told(market: Market, taken_part: str):
    names = {"QualificationTypeId": taken_part, "WorkerId": market.person("ben")}
    market.client.associate_qualification_with_worker(**names, IntegerValue=3, SendNotification=False)
    assert market.client.get_qualification_score(**names)["Qualification"]["IntegerValue"] == 3
    market.client.disassociate_qualification_from_worker(**names)
    with pytest.raises(ClientError, match="can be called with a status of: Granted"):
        market.client.get_qualification_score(**names)
