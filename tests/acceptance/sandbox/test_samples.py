"""Programs in the manner of AWS's own samples run unchanged: they know boto3 and four variables."""

from __future__ import annotations

import sys
from pathlib import Path

from tests.acceptance.sandbox.conftest import Sandbox

SAMPLES = Path(__file__).parent / "samples"


def printed(sandbox: Sandbox, sample: str, folder: Path) -> list[str]:
    return sandbox.run(SAMPLES / f"{sample}.py", cwd=folder, python=Path(sys.executable)).splitlines()


def test_a_hit_is_posted_polled_approved_and_deleted(sandbox: Sandbox, tmp_path: Path):
    balance, made, *answers, state = printed(sandbox, "create_hit", tmp_path)
    assert balance == "I have $10000.00 in my Sandbox account"
    assert made.startswith("A new HIT has been created")
    assert len(answers) == 3
    assert {line.removeprefix("Worker's answer was: ") for line in answers} <= {"happy", "upset"}
    assert state == "Reviewable 3"
    # Three rewards of 15 cents and three fees of 3.
    (account,) = sandbox.admin("balance")["accounts"]
    assert (account["held"], account["spent"]) == ("0.00", "0.54")


def test_a_qualification_lets_in_who_has_it_and_a_bonus_is_paid_once(sandbox: Sandbox, tmp_path: Path):
    assert printed(sandbox, "qualification", tmp_path) == [
        "You have already created a QualificationType with this name.",
        "90",
        "True",
        "RequestError",
        "0.50 Careful",
        "taskAnswers sentiment why",
    ]


def test_a_question_form_is_answered_by_its_own_widgets(sandbox: Sandbox, tmp_path: Path):
    said = printed(sandbox, "question_form", tmp_path)
    assert len(said) == 6
    assert set(said) <= {"yes True", "no True"}
