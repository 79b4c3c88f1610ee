"""What is asked: the project with its settings, its versioned label set and instructions."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from crowd.models.base import Base, Numbered, Stamped, append_only, one_of, reference

PROJECT_STATES = ("active", "paused", "closed")
REVIEWS = ("automatic", "manual")
ORDERINGS = ("depth", "breadth")
# When answers are bought from the second channel: where the own one's people leave places open, once they
# have given the first `overlap`, or where it gains more for the money.
SECOND_WHEN = ("overflow", "tie_break", "worth")


class Project(Numbered, Stamped, Base):
    """One question asked about many items, with the rules for asking it."""

    __tablename__ = "project"
    __table_args__ = (
        UniqueConstraint("requester_id", "slug"),
        one_of("state", PROJECT_STATES),
        CheckConstraint("overlap >= 1 AND max_overlap >= overlap", name="overlap"),
        one_of("review", REVIEWS),
        one_of("ordering", ORDERINGS),
        one_of("second_when", SECOND_WHEN),
        CheckConstraint("second_channel <> channel", name="second_channel"),
        CheckConstraint("(second_channel IS NULL) = (second_when IS NULL)", name="second"),
        CheckConstraint("second_price_micros >= 0 AND patience_seconds >= 1", name="second_terms"),
        CheckConstraint("price_micros >= 0 AND hourly_micros >= 0 AND fair_hourly_micros >= 0", name="price"),
        CheckConstraint("worker_cap >= 1 AND worker_day_cap >= 1", name="caps"),
        CheckConstraint("label_value_micros > 0 AND expert_price_micros > 0", name="worth"),
    )

    requester_id: Mapped[int] = reference("requester", index=False)
    slug: Mapped[str]
    title: Mapped[str]
    state: Mapped[str] = mapped_column(default="active")
    revision: Mapped[int] = mapped_column(default=1)  # grows with every change of settings or instructions
    task_type: Mapped[str] = mapped_column(default="choice")
    task_options: Mapped[dict[str, Any]] = mapped_column(default=dict)  # what the task type lets one set
    channel: Mapped[str] = mapped_column(default="pool")
    second_channel: Mapped[str | None]  # people asked besides those of `channel`
    second_when: Mapped[str | None]
    second_price_micros: Mapped[int | None] = mapped_column(BigInteger)  # for one answer of theirs
    patience_seconds: Mapped[int | None]  # overflow: how long places wait for the own channel's people
    # Elsewhere: only where one of the two channels is "mturk"
    endpoint: Mapped[str | None]  # the address of an endpoint that speaks the MTurk protocol
    posting: Mapped[dict[str, Any]] = mapped_column(default=dict)  # how it is offered there
    # Asking
    overlap: Mapped[int] = mapped_column(default=3)  # answers bought before the first decision
    max_overlap: Mapped[int] = mapped_column(default=3)
    confidence: Mapped[float | None]  # None: always exactly `overlap` answers
    # What a right label is worth; set: no answer is bought that is expected to gain less than its price
    label_value_micros: Mapped[int | None] = mapped_column(BigInteger)
    expert_price_micros: Mapped[int | None] = mapped_column(BigInteger)  # None: there is no expert to ask
    hit_size: Mapped[int] = mapped_column(default=10)  # questions on one page, gold included
    gold_share: Mapped[float] = mapped_column(default=0.1)
    gold_policy: Mapped[dict[str, Any] | None]  # how the share of gold falls with skill; None: it is flat
    audit_share: Mapped[float] = mapped_column(default=0.0)  # of settled items, to check what they claim
    stop: Mapped[dict[str, Any] | None]  # when the project as a whole has bought enough
    lease_seconds: Mapped[int] = mapped_column(default=900)
    price_micros: Mapped[int] = mapped_column(BigInteger, default=0)  # for one answer
    ordering: Mapped[str] = mapped_column(default="depth")  # "breadth": every item once before any twice
    # Proven workers are asked where an answer gains most, others where it gains least
    routing: Mapped[bool] = mapped_column(default=False)
    # People
    qualifications: Mapped[list[dict[str, Any]]] = mapped_column(default=list)  # all must be met
    quiz: Mapped[dict[str, Any] | None]  # questions, pass_mark, attempts; None: no entrance quiz
    worker_cap: Mapped[int | None]  # answers of one worker, in all
    worker_day_cap: Mapped[int | None]  # and in one day (UTC)
    leaderboard: Mapped[bool] = mapped_column(default=False)
    # Paying
    hourly_micros: Mapped[int | None] = mapped_column(BigInteger)  # set: paid by active time, up to the price
    fair_hourly_micros: Mapped[int | None] = mapped_column(BigInteger)  # warn when the median falls below
    review: Mapped[str] = mapped_column(default="automatic")
    # Choosing
    strategy: Mapped[str] = mapped_column(default="margin")
    random_share: Mapped[float] = mapped_column(default=0.25)
    batch_size: Mapped[int] = mapped_column(default=100)
    seed: Mapped[int] = mapped_column(BigInteger, default=0)
    model: Mapped[str | None]  # "builtin", or "module:object" with fit and predict_proba
    # Concluding
    method: Mapped[str] = mapped_column(default="panel")
    fuse_predictions: Mapped[bool] = mapped_column(default=True)  # as evidence, once they prove themselves
    method_parameters: Mapped[dict[str, Any]] = mapped_column(default=dict)

    @property
    def channels(self) -> tuple[str, ...]:
        """Return whose people are asked: one channel, or two."""
        return (self.channel,) if self.second_channel is None else (self.channel, self.second_channel)

    def price_at(self, channel: str) -> int:
        """Return what one answer of this channel's people is paid, in micro-dollars."""
        return self.price_of(handed_over=channel == self.second_channel)

    def price_of(self, *, handed_over: bool) -> int:
        """Return what one answer is paid, in micro-dollars, by whether it comes from the second channel."""
        return (self.second_price_micros or 0) if handed_over else self.price_micros


@append_only
class LabelSet(Numbered, Stamped, Base):
    """One version of the labels a project offers."""

    __tablename__ = "label_set"
    __table_args__ = (UniqueConstraint("project_id", "version"),)

    project_id: Mapped[int] = reference("project", index=False)
    version: Mapped[int]
    labels: Mapped[list[str]]
    # By label, each optional: definition, parent, key, and kind ("other" asks for words of one's own).
    details: Mapped[dict[str, Any]] = mapped_column(default=dict)


@append_only
class Instructions(Numbered, Stamped, Base):
    """One version of what workers are told; every page says which one it was built with."""

    __tablename__ = "instructions"
    __table_args__ = (UniqueConstraint("project_id", "version"),)

    project_id: Mapped[int] = reference("project", index=False)
    version: Mapped[int]
    text: Mapped[str]
    # Each with payload, label, note, and good (False: a counter-example).
    examples: Mapped[list[dict[str, Any]]] = mapped_column(default=list)
    template: Mapped[str | None]  # the requester's own page for a question; None: the task type's
