"""Review policies as a HIT carries them: read from the wire, checked, and the scores they rest on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from crowd.services.market import limits

KNOWN_ANSWERS = "ScoreMyKnownAnswers/2011-09-01"
PLURALITY = "SimplePlurality/2011-09-01"

# Longer answers take no part in what workers agree on.
LONGEST_ANSWER = 256
MOST_EXTENDED = 25
DEFAULT_MOST = 5
ALWAYS = 101  # one more than any score: approve never, reject or extend always
SECONDS = (60, 31_536_000)
# Nobody is rejected without a reason.
UNKNOWING = "Your answers to questions whose answers are known were not right."
DISAGREEING = "Your answers did not agree with those of other workers."

Values = frozenset[str]
Answers = Mapping[str, Values]  # what a worker gave, by question
Policy = Mapping[str, Any]  # as on the wire


@dataclass(frozen=True, slots=True)
class Deeds:
    """What follows from a score from 0 to 100; None: nothing."""

    approve_at: int | None
    approve_reason: str  # told to whoever is approved; empty: nothing is
    reject_below: int | None
    reject_reason: str
    extend_below: int | None
    extend_to: int
    extend_seconds: int


@dataclass(frozen=True, slots=True)
class KnownAnswers:
    """Score each assignment by questions whose answers are known."""

    key: Mapping[str, Values]
    deeds: Deeds

    def correct(self, answers: Answers) -> dict[str, bool]:
        """Tell of each known question whether it was answered just so."""
        return {question: answers.get(question, frozenset()) == right for question, right in self.key.items()}


@dataclass(frozen=True, slots=True)
class Agreed:
    """The answer that workers agree on, and how many in a hundred of them."""

    answer: Values
    score: int


@dataclass(frozen=True, slots=True)
class Plurality:
    """Score a HIT's assignments by how far they agree with each other."""

    questions: tuple[str, ...]
    threshold: int
    is_rejected_left_out: bool
    left_out_below: int | None  # of the score in known answers
    deeds: Deeds

    def agreed(self, given: Sequence[Answers]) -> dict[str, Agreed]:
        """Return the questions that have an agreed answer."""
        tallies = {question: _tally(question, given) for question in self.questions}
        found = {question: _leader(tally, len(given)) for question, tally in tallies.items()}
        return {question: leader for question, leader in found.items() if leader and self._is_enough(leader)}

    def _is_enough(self, leader: Agreed) -> bool:
        # More than the threshold, says the manual; yet its own example asks for 100, which is all of them.
        return leader.score > self.threshold or leader.score == 100


def percent(part: int, whole: int) -> int:
    """Return a share as scores have it: 2 of 3 is 66."""
    return 100 * part // whole


def known_answers(policy: Policy) -> KnownAnswers:
    """Read the policy of a HIT's assignments; raise where it is none."""
    given = _Given(policy, KNOWN_ANSWERS)
    key = {entry["Key"]: _trimmed(entry.get("Values") or ()) for entry in given.entries("AnswerKey")}
    if not key:
        raise limits.invalid(f"{KNOWN_ANSWERS} needs the parameter AnswerKey with at least one entry.")
    deeds = Deeds(
        approve_at=given.number("ApproveIfKnownAnswerScoreIsAtLeast", 0, ALWAYS),
        approve_reason=given.text("ApproveReason"),
        reject_below=given.number("RejectIfKnownAnswerScoreIsLessThan", 0, ALWAYS),
        reject_reason=given.text("RejectReason") or UNKNOWING,
        extend_below=given.number("ExtendIfKnownAnswerScoreIsLessThan", 0, ALWAYS),
        extend_to=given.number("ExtendMaximumAssignments", 2, MOST_EXTENDED) or DEFAULT_MOST,
        extend_seconds=given.number("ExtendMinimumTimeInSeconds", *SECONDS) or 0,
    )
    given.require_all_read()
    return KnownAnswers(key, deeds)


def plurality(policy: Policy) -> Plurality:
    """Read the policy of a whole HIT; raise where it is none."""
    given = _Given(policy, PLURALITY)
    questions = tuple(part.strip() for text in given.texts("QuestionIds") for part in text.split(","))
    threshold = given.number("QuestionAgreementThreshold", 0, 100)
    if not any(questions) or threshold is None:
        raise limits.invalid(f"{PLURALITY} needs the parameters QuestionIds and QuestionAgreementThreshold.")
    approve_at = given.number("ApproveIfWorkerAgreementScoreIsAtLeast", 0, ALWAYS)
    earlier_name = given.number("ApproveIfWorkerAgreementScoreIsNotLessThan", 0, ALWAYS)
    extend_below = given.number("ExtendIfHITAgreementScoreIsLessThan", 1, 100)
    extend_to = given.number("ExtendMaximumAssignments", 2, MOST_EXTENDED)
    seconds = given.number("ExtendMinimumTimeInSeconds", *SECONDS)
    if extend_below is not None and (extend_to is None or seconds is None):
        raise limits.invalid(
            "ExtendIfHITAgreementScoreIsLessThan needs ExtendMaximumAssignments "
            "and ExtendMinimumTimeInSeconds."
        )
    deeds = Deeds(
        approve_at=earlier_name if approve_at is None else approve_at,
        approve_reason="",
        reject_below=given.number("RejectIfWorkerAgreementScoreIsLessThan", 0, ALWAYS),
        reject_reason=given.text("RejectReason") or DISAGREEING,
        extend_below=extend_below,
        extend_to=extend_to or DEFAULT_MOST,
        extend_seconds=seconds or 0,
    )
    is_left_out = given.text("DisregardAssignmentIfRejected").lower() in ("t", "true")
    left_out_below = given.number("DisregardAssignmentIfKnownAnswerScoreIsLessThan", 0, ALWAYS)
    given.require_all_read()
    return Plurality(tuple(filter(None, questions)), threshold, is_left_out, left_out_below, deeds)


class _Given:
    """The parameters of a policy; their names' case does not matter, for the manual itself has two."""

    def __init__(self, policy: Policy, name: str) -> None:
        if policy["PolicyName"] != name:
            raise limits.invalid(f"PolicyName must be {name} here, not {policy['PolicyName']!r}.")
        self._name = name
        self._left = {each["Key"].lower(): each for each in policy.get("Parameters") or () if "Key" in each}

    def entries(self, name: str) -> Sequence[Mapping[str, Any]]:
        found = self._left.pop(name.lower(), {}).get("MapEntries") or ()
        return [entry for entry in found if entry.get("Key")]

    def texts(self, name: str) -> Sequence[str]:
        return self._left.pop(name.lower(), {}).get("Values") or ()

    def text(self, name: str) -> str:
        values = self.texts(name)
        return values[0].strip() if values else ""

    def number(self, name: str, low: int, high: int) -> int | None:
        text = self.text(name)
        if not text:
            return None
        if not text.isascii() or not text.isdigit() or not low <= int(text[:12]) <= high:
            raise limits.invalid(f"{name} must be a whole number from {low} to {high}, not {text!r}.")
        return int(text)

    def require_all_read(self) -> None:
        if self._left:
            unknown = ", ".join(sorted(each["Key"] for each in self._left.values()))
            raise limits.invalid(f"{self._name} has no parameter {unknown}.")


def _tally(question: str, given: Sequence[Answers]) -> Counter[Values]:
    tally: Counter[Values] = Counter()
    for answers in given:
        values = answers.get(question, frozenset())
        if values and sum(map(len, values)) <= LONGEST_ANSWER:
            tally[values] += 1
    return tally


def _leader(tally: Counter[Values], workers: int) -> Agreed | None:
    """Return the most frequent answer, unless another is as frequent."""
    ranked = tally.most_common(2)
    if not ranked or (len(ranked) == 2 and ranked[0][1] == ranked[1][1]):
        return None
    answer, count = ranked[0]
    return Agreed(answer, percent(count, workers))


def _trimmed(values: Sequence[str]) -> Values:
    return frozenset(filter(None, (value.strip() for value in values)))
