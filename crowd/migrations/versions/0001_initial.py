"""Everything: the schema of the first release."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
Moment = sa.DateTime(timezone=True)

APPEND_ONLY = (
    "answer",
    "answer_flag",
    "answer_set",
    "audit_entry",
    "batch",
    "batch_item",
    "consensus",
    "consensus_run",
    "decision",
    "example",
    "firing",
    "grade",
    "instructions",
    "label_set",
    "ledger_entry",
    "market_bonus",
    "market_entry",
    "policy_result",
    "prediction",
    "prediction_set",
    "received_notice",
    "skill",
    "skip",
    "stray_submission",
    "tick",
    "training_set_version",
)
REFUSAL = (
    "CREATE OR REPLACE FUNCTION crowd_append_only() RETURNS trigger LANGUAGE plpgsql AS "
    "$$BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END$$"
)


def upgrade() -> None:
    for make in (
        _attempts,
        _consensus,
        _lease,
        _requester,
        _tick,
        _access_key,
        _market_account,
        _project,
        _worker,
        _account,
        _answer_block,
        _answer_set,
        _api_key,
        _audit_entry,
        _budget,
        _group_member,
        _hit_type,
        _instructions,
        _invitation,
        _item,
        _label_set,
        _layout,
        _ledger_entry,
        _market_entry,
        _market_person,
        _notice,
        _outbox_entry,
        _prediction_set,
        _qualification_type,
        _quarantined,
        _received_notice,
        _restriction,
        _rule,
        _skill,
        _spent_token,
        _standing,
        _training_set,
        _worker_block,
        _worker_token,
        _batch,
        _consensus_run,
        _firing,
        _gold,
        _hit,
        _idempotency_record,
        _market_batch,
        _market_hit,
        _prediction,
        _qualification,
        _qualification_request,
        _reservation,
        _training_set_version,
        _web_session,
        _assignment,
        _audit_pick,
        _batch_item,
        _current_run,
        _decision,
        _example,
        _exchange,
        _hit_question,
        _kept_advice,
        _market_assignment,
        _market_batch_row,
        _provisional,
        _market_bonus,
        _message,
        _policy_result,
        _review_case,
        _slot,
        _stray_submission,
        _answer,
        _skip,
        _answer_flag,
        _grade,
    ):
        make()
    _protect(APPEND_ONLY)


def _attempts() -> None:
    op.create_table(
        "attempts",
        sa.Column("bucket", sa.Text(), nullable=False),
        sa.Column("window", Moment, nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.CheckConstraint("count >= 0", name=op.f("ck_attempts_count")),
        sa.PrimaryKeyConstraint("bucket", "window", name=op.f("pk_attempts")),
    )


def _consensus() -> None:
    op.create_table(
        "consensus",
        sa.Column("run_id", Id, autoincrement=False, nullable=False),
        sa.Column("item_id", Id, autoincrement=False, nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("confidence", sa.Double(), nullable=False),
        sa.Column("posterior", sa.JSON(), nullable=False),
        sa.Column("human_posterior", sa.JSON(), nullable=True),
        sa.Column("votes", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("run_id", "item_id", name=op.f("pk_consensus")),
        sqlite_with_rowid=False,
    )


def _lease() -> None:
    op.create_table(
        "lease",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("holder", sa.Text(), nullable=False),
        sa.Column("term", sa.Integer(), nullable=False),
        sa.Column("until", Moment, nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_lease")),
    )


def _requester() -> None:
    op.create_table(
        "requester",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("id", Id, nullable=False),
        sa.Column("created_at", Moment, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_requester")),
        sa.UniqueConstraint("name", name=op.f("uq_requester_name")),
    )


def _tick() -> None:
    op.create_table(
        "tick",
        sa.Column("job", sa.Text(), nullable=False),
        sa.Column("period", sa.BigInteger(), nullable=False),
        sa.Column("term", sa.Integer(), nullable=False),
        sa.Column("id", Id, nullable=False),
        sa.Column("created_at", Moment, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tick")),
        sa.UniqueConstraint("job", "period", name=op.f("uq_tick_job_period")),
    )


def _access_key() -> None:
    op.create_table(
        "access_key",
        sa.Column("requester_id", Id, nullable=False),
        sa.Column("access_key_id", sa.Text(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("expires_at", Moment, nullable=True),
        sa.Column("revoked_at", Moment, nullable=True),
        sa.Column("last_used_at", Moment, nullable=True),
        sa.Column("id", Id, nullable=False),
        sa.Column("created_at", Moment, nullable=False),
        sa.ForeignKeyConstraint(
            ["requester_id"], ["requester.id"], name=op.f("fk_access_key_requester_id_requester")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_access_key")),
        sa.UniqueConstraint("access_key_id", name=op.f("uq_access_key_access_key_id")),
    )
    op.create_index(op.f("ix_access_key_requester_id"), "access_key", ["requester_id"])


def _market_account() -> None:
    op.create_table(
        "market_account",
        sa.Column("requester_id", Id, nullable=False),
        sa.Column("external_id", sa.Text(), nullable=False),
        sa.Column("play", sa.Boolean(), nullable=False),
        sa.Column("deposited", sa.BigInteger(), nullable=False),
        sa.Column("held", sa.BigInteger(), nullable=False),
        sa.Column("spent", sa.BigInteger(), nullable=False),
        sa.Column("id", Id, nullable=False),
        sa.Column("created_at", Moment, nullable=False),
        sa.CheckConstraint("held >= 0 AND spent >= 0", name=op.f("ck_market_account_money")),
        sa.CheckConstraint("play OR held + spent <= deposited", name=op.f("ck_market_account_covered")),
        sa.ForeignKeyConstraint(
            ["requester_id"], ["requester.id"], name=op.f("fk_market_account_requester_id_requester")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_market_account")),
        sa.UniqueConstraint("external_id", name=op.f("uq_market_account_external_id")),
        sa.UniqueConstraint("requester_id", name=op.f("uq_market_account_requester_id")),
    )


def _project() -> None:
    op.create_table(
        "project",
        sa.Column("requester_id", Id, nullable=False),
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("task_type", sa.Text(), nullable=False),
        sa.Column("task_options", sa.JSON(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("second_channel", sa.Text(), nullable=True),
        sa.Column("second_when", sa.Text(), nullable=True),
        sa.Column("second_price_micros", sa.BigInteger(), nullable=True),
        sa.Column("patience_seconds", sa.Integer(), nullable=True),
        sa.Column("endpoint", sa.Text(), nullable=True),
        sa.Column("posting", sa.JSON(), nullable=False),
        sa.Column("overlap", sa.Integer(), nullable=False),
        sa.Column("max_overlap", sa.Integer(), nullable=False),
        sa.Column("confidence", sa.Double(), nullable=True),
        sa.Column("label_value_micros", sa.BigInteger(), nullable=True),
        sa.Column("expert_price_micros", sa.BigInteger(), nullable=True),
        sa.Column("hit_size", sa.Integer(), nullable=False),
        sa.Column("gold_share", sa.Double(), nullable=False),
        sa.Column("gold_policy", sa.JSON(), nullable=True),
        sa.Column("audit_share", sa.Double(), nullable=False),
        sa.Column("stop", sa.JSON(), nullable=True),
        sa.Column("lease_seconds", sa.Integer(), nullable=False),
        sa.Column("price_micros", sa.BigInteger(), nullable=False),
        sa.Column("ordering", sa.Text(), nullable=False),
        sa.Column("routing", sa.Boolean(), nullable=False),
        sa.Column("qualifications", sa.JSON(), nullable=False),
        sa.Column("quiz", sa.JSON(), nullable=True),
        sa.Column("worker_cap", sa.Integer(), nullable=True),
        sa.Column("worker_day_cap", sa.Integer(), nullable=True),
        sa.Column("leaderboard", sa.Boolean(), nullable=False),
        sa.Column("hourly_micros", sa.BigInteger(), nullable=True),
        sa.Column("fair_hourly_micros", sa.BigInteger(), nullable=True),
        sa.Column("review", sa.Text(), nullable=False),
        sa.Column("strategy", sa.Text(), nullable=False),
        sa.Column("random_share", sa.Double(), nullable=False),
        sa.Column("batch_size", sa.Integer(), nullable=False),
        sa.Column("seed", sa.BigInteger(), nullable=False),
        sa.Column("model", sa.Text(), nullable=True),
        sa.Column("method", sa.Text(), nullable=False),
        sa.Column("fuse_predictions", sa.Boolean(), nullable=False),
        sa.Column("method_parameters", sa.JSON(), nullable=False),
        sa.Column("id", Id, nullable=False),
        sa.Column("created_at", Moment, nullable=False),
        sa.CheckConstraint("ordering IN ('depth', 'breadth')", name=op.f("ck_project_ordering")),
        sa.CheckConstraint("review IN ('automatic', 'manual')", name=op.f("ck_project_review")),
        sa.CheckConstraint(
            "second_when IN ('overflow', 'tie_break', 'worth')", name=op.f("ck_project_second_when")
        ),
        sa.CheckConstraint("state IN ('active', 'paused', 'closed')", name=op.f("ck_project_state")),
        sa.CheckConstraint(
            "(second_channel IS NULL) = (second_when IS NULL)", name=op.f("ck_project_second")
        ),
        sa.CheckConstraint(
            "label_value_micros > 0 AND expert_price_micros > 0", name=op.f("ck_project_worth")
        ),
        sa.CheckConstraint("overlap >= 1 AND max_overlap >= overlap", name=op.f("ck_project_overlap")),
        sa.CheckConstraint(
            "price_micros >= 0 AND hourly_micros >= 0 AND fair_hourly_micros >= 0",
            name=op.f("ck_project_price"),
        ),
        sa.CheckConstraint("second_channel <> channel", name=op.f("ck_project_second_channel")),
        sa.CheckConstraint(
            "second_price_micros >= 0 AND patience_seconds >= 1", name=op.f("ck_project_second_terms")
        ),
        sa.CheckConstraint("worker_cap >= 1 AND worker_day_cap >= 1", name=op.f("ck_project_caps")),
        sa.ForeignKeyConstraint(
            ["requester_id"], ["requester.id"], name=op.f("fk_project_requester_id_requester")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_project")),
        sa.UniqueConstraint("requester_id", "slug", name=op.f("uq_project_requester_id_slug")),
    )


def _worker() -> None:
    op.create_table(
        "worker",
        sa.Column("requester_id", Id, nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("pseudonym", sa.Text(), nullable=False),
        sa.Column("erased_at", Moment, nullable=True),
        sa.Column("id", Id, nullable=False),
        sa.Column("created_at", Moment, nullable=False),
        sa.ForeignKeyConstraint(
            ["requester_id"], ["requester.id"], name=op.f("fk_worker_requester_id_requester")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_worker")),
        sa.UniqueConstraint("pseudonym", name=op.f("uq_worker_pseudonym")),
        sa.UniqueConstraint(
            "requester_id", "channel", "name", name=op.f("uq_worker_requester_id_channel_name")
        ),
    )


def _account() -> None:
    op.create_table(
        "account",
        sa.Column("worker_id", Id, nullable=False),
        sa.Column("login", sa.Text(), nullable=False),
        sa.Column("password_digest", sa.Text(), nullable=True),
        sa.Column("issuer", sa.Text(), nullable=True),
        sa.Column("subject", sa.Text(), nullable=True),
        sa.Column("id", Id, nullable=False),
        sa.Column("created_at", Moment, nullable=False),
        sa.CheckConstraint(
            "password_digest IS NOT NULL OR subject IS NOT NULL", name=op.f("ck_account_way_in")
        ),
        sa.ForeignKeyConstraint(["worker_id"], ["worker.id"], name=op.f("fk_account_worker_id_worker")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account")),
        sa.UniqueConstraint("issuer", "subject", name=op.f("uq_account_issuer_subject")),
        sa.UniqueConstraint("login", name=op.f("uq_account_login")),
        sa.UniqueConstraint("worker_id", name=op.f("uq_account_worker_id")),
    )


def _answer_block() -> None:
    op.create_table(
        "answer_block",
        sa.Column("project_id", Id, nullable=False),
        sa.Column("last", Id, nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("labels", sa.JSON(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("id", Id, nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id"], ["project.id"], name=op.f("fk_answer_block_project_id_project")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_answer_block")),
        sa.UniqueConstraint("project_id", "last", name=op.f("uq_answer_block_project_id_last")),
    )


def _answer_set() -> None:
    op.create_table(
        "answer_set",
        sa.Column("project_id", Id, nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("ids", sa.LargeBinary(), nullable=False),
        sa.Column("id", Id, nullable=False),
        sa.Column("created_at", Moment, nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id"], ["project.id"], name=op.f("fk_answer_set_project_id_project")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_answer_set")),
        sa.UniqueConstraint("project_id", "digest", name=op.f("uq_answer_set_project_id_digest")),
    )


def _api_key() -> None:
    op.create_table(
        "api_key",
        sa.Column("requester_id", Id, nullable=False),
        sa.Column("project_id", Id, nullable=True),
        sa.Column("public_id", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("scopes", sa.JSON(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("expires_at", Moment, nullable=True),
        sa.Column("revoked_at", Moment, nullable=True),
        sa.Column("last_used_at", Moment, nullable=True),
        sa.Column("id", Id, nullable=False),
        sa.Column("created_at", Moment, nullable=False),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_api_key_project_id_project")),
        sa.ForeignKeyConstraint(
            ["requester_id"], ["requester.id"], name=op.f("fk_api_key_requester_id_requester")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_key")),
        sa.UniqueConstraint("public_id", name=op.f("uq_api_key_public_id")),
    )
    op.create_index(op.f("ix_api_key_project_id"), "api_key", ["project_id"])
    op.create_index(op.f("ix_api_key_requester_id"), "api_key", ["requester_id"])


def _audit_entry() -> None:
    op.create_table(
        "audit_entry",
        sa.Column("requester_id", Id, nullable=False),
        sa.Column("project_id", Id, nullable=True),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("details", sa.JSON(), nullable=False),
        sa.Column("previous", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("id", Id, nullable=False),
        sa.Column("created_at", Moment, nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id"], ["project.id"], name=op.f("fk_audit_entry_project_id_project")
        ),
        sa.ForeignKeyConstraint(
            ["requester_id"], ["requester.id"], name=op.f("fk_audit_entry_requester_id_requester")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_entry")),
        sa.UniqueConstraint("digest", name=op.f("uq_audit_entry_digest")),
        sa.UniqueConstraint("previous", name=op.f("uq_audit_entry_previous")),
    )
    op.create_index(op.f("ix_audit_entry_project_id"), "audit_entry", ["project_id"])
    op.create_index(op.f("ix_audit_entry_requester_id"), "audit_entry", ["requester_id"])


def _budget() -> None:
    op.create_table(
        "budget",
        sa.Column("project_id", Id, nullable=False),
        sa.Column("cap", sa.BigInteger(), nullable=False),
        sa.Column("held", sa.BigInteger(), nullable=False),
        sa.Column("spent", sa.BigInteger(), nullable=False),
        sa.Column("id", Id, nullable=False),
        sa.CheckConstraint("held + spent <= cap", name=op.f("ck_budget_cap")),
        sa.CheckConstraint("held >= 0", name=op.f("ck_budget_held")),
        sa.CheckConstraint("spent >= 0", name=op.f("ck_budget_spent")),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_budget_project_id_project")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_budget")),
        sa.UniqueConstraint("project_id", name=op.f("uq_budget_project_id")),
    )


def _group_member() -> None:
    op.create_table(
        "group_member",
        sa.Column("worker_id", Id, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("created_at", Moment, nullable=False),
        sa.ForeignKeyConstraint(["worker_id"], ["worker.id"], name=op.f("fk_group_member_worker_id_worker")),
        sa.PrimaryKeyConstraint("worker_id", "name", name=op.f("pk_group_member")),
    )


def _hit_type() -> None:
    op.create_table(
        "hit_type",
        sa.Column("account_id", Id, nullable=False),
        sa.Column("external_id", sa.Text(), nullable=False),
        sa.Column("group_id", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("keywords", sa.Text(), nullable=False),
        sa.Column("reward_micros", sa.BigInteger(), nullable=False),
        sa.Column("assignment_seconds", sa.Integer(), nullable=False),
        sa.Column("auto_approval_seconds", sa.Integer(), nullable=False),
        sa.Column("requirements", sa.JSON(), nullable=False),
        sa.Column("notification", sa.JSON(), nullable=True),
        sa.Column("notification_key", sa.Text(), nullable=True),
        sa.Column("notifies", sa.Boolean(), nullable=False),
        sa.Column("id", Id, nullable=False),
        sa.Column("created_at", Moment, nullable=False),
        sa.CheckConstraint("reward_micros >= 0", name=op.f("ck_hit_type_reward")),
        sa.ForeignKeyConstraint(
            ["account_id"], ["market_account.id"], name=op.f("fk_hit_type_account_id_market_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hit_type")),
        sa.UniqueConstraint("account_id", "digest", name=op.f("uq_hit_type_account_id_digest")),
        sa.UniqueConstraint("external_id", name=op.f("uq_hit_type_external_id")),
        sa.UniqueConstraint("group_id", name=op.f("uq_hit_type_group_id")),
    )


def _instructions() -> None:
    op.create_table(
        "instructions",
        sa.Column("project_id", Id, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("examples", sa.JSON(), nullable=False),
        sa.Column("template", sa.Text(), nullable=True),
        sa.Column("id", Id, nullable=False),
        sa.Column("created_at", Moment, nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id"], ["project.id"], name=op.f("fk_instructions_project_id_project")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_instructions")),
        sa.UniqueConstraint("project_id", "version", name=op.f("uq_instructions_project_id_version")),
    )


def _invitation() -> None:
    op.create_table(
        "invitation",
        sa.Column("worker_id", Id, nullable=False),
        sa.Column("public_id", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("expires_at", Moment, nullable=False),
        sa.Column("consumed_at", Moment, nullable=True),
        sa.Column("id", Id, nullable=False),
        sa.Column("created_at", Moment, nullable=False),
        sa.ForeignKeyConstraint(["worker_id"], ["worker.id"], name=op.f("fk_invitation_worker_id_worker")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invitation")),
        sa.UniqueConstraint("public_id", name=op.f("uq_invitation_public_id")),
    )
    op.create_index(op.f("ix_invitation_worker_id"), "invitation", ["worker_id"])


def _item() -> None:
    op.create_table(
        "item",
        sa.Column("project_id", Id, nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("payload", sa.JSON(), nullable=False),
        sa.Column("payload_digest", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("rank", sa.Double(), nullable=False),
        sa.Column("wanted", sa.Integer(), nullable=False),
        sa.Column("open", sa.Integer(), nullable=False),
        sa.Column("claimable", sa.Boolean(), nullable=False),
        sa.Column("handed_over", sa.Boolean(), nullable=False),
        sa.Column("opened_at", Moment, nullable=True),
        sa.Column("reserved", sa.Boolean(), nullable=False),
        sa.Column("id", Id, nullable=False),
        sa.Column("created_at", Moment, nullable=False),
        sa.CheckConstraint(
            "state IN ('new', 'asking', 'settled', 'given_up', 'quarantined', 'gold')",
            name=op.f("ck_item_state"),
        ),
        sa.CheckConstraint("claimable = (open > 0)", name=op.f("ck_item_claimable")),
        sa.CheckConstraint("open >= 0", name=op.f("ck_item_open")),
        sa.CheckConstraint("wanted >= open", name=op.f("ck_item_wanted")),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_item_project_id_project")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_item")),
        sa.UniqueConstraint("project_id", "key", name=op.f("uq_item_project_id_key")),
        postgresql_with={
            "fillfactor": 70,
            "autovacuum_vacuum_scale_factor": 0.02,
            "autovacuum_vacuum_cost_delay": 0,
        },
    )
    op.create_index(
        "ix_item_claimable",
        "item",
        ["project_id", "handed_over", "rank", "id"],
        sqlite_where=sa.text("claimable"),
        postgresql_where=sa.text("claimable"),
    )
    op.create_index("ix_item_state", "item", ["project_id", "state"])


def _label_set() -> None:
    op.create_table(
        "label_set",
        sa.Column("project_id", Id, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("labels", sa.JSON(), nullable=False),
        sa.Column("details", sa.JSON(), nullable=False),
        sa.Column("id", Id, nullable=False),
        sa.Column("created_at", Moment, nullable=False),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_label_set_project_id_project")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_label_set")),
        sa.UniqueConstraint("project_id", "version", name=op.f("uq_label_set_project_id_version")),
    )


def _layout() -> None:
    op.create_table(
        "layout",
        sa.Column("account_id", Id, nullable=False),
        sa.Column("external_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("html", sa.Text(), nullable=False),
        sa.Column("frame_height", sa.Integer(), nullable=False),
        sa.Column("id", Id, nullable=False),
        sa.Column("created_at", Moment, nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["market_account.id"], name=op.f("fk_layout_account_id_market_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_layout")),
        sa.UniqueConstraint("account_id", "name", name=op.f("uq_layout_account_id_name")),
        sa.UniqueConstraint("external_id", name=op.f("uq_layout_external_id")),
    )


def _ledger_entry() -> None:
    op.create_table(
        "ledger_entry",
        sa.Column("project_id", Id, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("amount_micros", sa.BigInteger(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("id", Id, nullable=False),
        sa.Column("created_at", Moment, nullable=False),
        sa.CheckConstraint("kind IN ('reserve', 'post', 'void')", name=op.f("ck_ledger_entry_kind")),
        sa.CheckConstraint("amount_micros > 0", name=op.f("ck_ledger_entry_amount")),
        sa.ForeignKeyConstraint(
            ["project_id"], ["project.id"], name=op.f("fk_ledger_entry_project_id_project")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_entry")),
        sa.UniqueConstraint("key", name=op.f("uq_ledger_entry_key")),
    )
    op.create_index(op.f("ix_ledger_entry_project_id"), "ledger_entry", ["project_id"])


def _market_entry() -> None:
    op.create_table(
        "market_entry",
        sa.Column("account_id", Id, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("amount_micros", sa.BigInteger(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("id", Id, nullable=False),
        sa.Column("created_at", Moment, nullable=False),
        sa.CheckConstraint(
            "kind IN ('deposit', 'hold', 'release', 'pay', 'fee', 'bonus')", name=op.f("ck_market_entry_kind")
        ),
        sa.CheckConstraint("amount_micros > 0", name=op.f("ck_market_entry_amount")),
        sa.ForeignKeyConstraint(
            ["account_id"], ["market_account.id"], name=op.f("fk_market_entry_account_id_market_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_market_entry")),
        sa.UniqueConstraint("account_id", "key", name=op.f("uq_market_entry_account_id_key")),
    )


def _market_person() -> None:
    op.create_table(
        "market_person",
        sa.Column("worker_id", Id, nullable=False),
        sa.Column("external_id", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["worker_id"], ["worker.id"], name=op.f("fk_market_person_worker_id_worker")),
        sa.PrimaryKeyConstraint("worker_id", name=op.f("pk_market_person")),
        sa.UniqueConstraint("external_id", name=op.f("uq_market_person_external_id")),
    )


def _notice() -> None:
    op.create_table(
        "notice",
        sa.Column("account_id", Id, nullable=False),
        sa.Column("document_id", sa.Text(), nullable=False),
        sa.Column("access_key_id", sa.Text(), nullable=True),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("destination", sa.Text(), nullable=False),
        sa.Column("transport", sa.Text(), nullable=False),
        sa.Column("events", sa.JSON(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_at", Moment, nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("id", Id, nullable=False),
        sa.Column("created_at", Moment, nullable=False),
        sa.CheckConstraint("state IN ('waiting', 'sent', 'failed')", name=op.f("ck_notice_state")),
        sa.CheckConstraint("transport IN ('SQS', 'SNS', 'webhook')", name=op.f("ck_notice_transport")),
        sa.ForeignKeyConstraint(
            ["account_id"], ["market_account.id"], name=op.f("fk_notice_account_id_market_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notice")),
        sa.UniqueConstraint("document_id", name=op.f("uq_notice_document_id")),
    )
    op.create_index(op.f("ix_notice_account_id"), "notice", ["account_id"])
    op.create_index(
        "ix_notice_waiting",
        "notice",
        ["next_at"],
        sqlite_where=sa.text("state = 'waiting'"),
        postgresql_where=sa.text("state = 'waiting'"),
    )


def _outbox_entry() -> None:
    op.create_table(
        "outbox_entry",
        sa.Column("project_id", Id, nullable=False),
        sa.Column("endpoint", sa.Text(), nullable=False),
        sa.Column("operation", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("token", sa.Text(), nullable=False),
        sa.Column("parameters", sa.JSON(), nullable=False),
        sa.Column("cost_micros", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_at", Moment, nullable=False),
        sa.Column("first_sent_at", Moment, nullable=True),
        sa.Column("finished_at", Moment, nullable=True),
        sa.Column("result", sa.JSON(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("id", Id, nullable=False),
        sa.Column("created_at", Moment, nullable=False),
        sa.CheckConstraint(
            "state IN ('planned', 'sent', 'done', 'ambiguous', 'failed', 'waiting')",
            name=op.f("ck_outbox_entry_state"),
        ),
        sa.CheckConstraint("cost_micros >= 0", name=op.f("ck_outbox_entry_cost")),
        sa.ForeignKeyConstraint(
            ["project_id"], ["project.id"], name=op.f("fk_outbox_entry_project_id_project")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox_entry")),
        sa.UniqueConstraint(
            "project_id", "operation", "subject", name=op.f("uq_outbox_entry_project_id_operation_subject")
        ),
        sa.UniqueConstraint("token", name=op.f("uq_outbox_entry_token")),
        postgresql_with={
            "fillfactor": 70,
            "autovacuum_vacuum_scale_factor": 0.02,
            "autovacuum_vacuum_cost_delay": 0,
        },
    )
    op.create_index(
        "ix_outbox_entry_open",
        "outbox_entry",
        ["endpoint", "next_at"],
        sqlite_where=sa.text("state IN ('planned', 'sent', 'ambiguous')"),
        postgresql_where=sa.text("state IN ('planned', 'sent', 'ambiguous')"),
    )


def _prediction_set() -> None:
    op.create_table(
        "prediction_set",
        sa.Column("project_id", Id, nullable=False),
        sa.Column("model_version", sa.Text(), nullable=False),
        sa.Column("lineage", sa.Text(), nullable=True),
        sa.Column("labels", sa.JSON(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("id", Id, nullable=False),
        sa.Column("created_at", Moment, nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id"], ["project.id"], name=op.f("fk_prediction_set_project_id_project")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_prediction_set")),
        sa.UniqueConstraint(
            "project_id", "model_version", name=op.f("uq_prediction_set_project_id_model_version")
        ),
    )


def _qualification_type() -> None:
    op.create_table(
        "qualification_type",
        sa.Column("account_id", Id, nullable=False),
        sa.Column("external_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("keywords", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("test", sa.Text(), nullable=True),
        sa.Column("test_seconds", sa.Integer(), nullable=True),
        sa.Column("answer_key", sa.Text(), nullable=True),
        sa.Column("retry_seconds", sa.Integer(), nullable=True),
        sa.Column("is_auto_granted", sa.Boolean(), nullable=False),
        sa.Column("auto_granted_value", sa.Integer(), nullable=False),
        sa.Column("deleted_at", Moment, nullable=True),
        sa.Column("id", Id, nullable=False),
        sa.Column("created_at", Moment, nullable=False),
        sa.CheckConstraint("status IN ('Active', 'Inactive')", name=op.f("ck_qualification_type_status")),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["market_account.id"],
            name=op.f("fk_qualification_type_account_id_market_account"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_qualification_type")),
        sa.UniqueConstraint("external_id", name=op.f("uq_qualification_type_external_id")),
    )
    op.create_index(
        "ix_qualification_type_name",
        "qualification_type",
        ["account_id", "name"],
        unique=True,
        sqlite_where=sa.text("deleted_at IS NULL"),
        postgresql_where=sa.text("deleted_at IS NULL"),
    )


def _quarantined() -> None:
    op.create_table(
        "quarantined",
        sa.Column("project_id", Id, nullable=False),
        sa.Column("hit", sa.Text(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=False),
        sa.Column("worker", sa.Text(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("id", Id, nullable=False),
        sa.Column("created_at", Moment, nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id"], ["project.id"], name=op.f("fk_quarantined_project_id_project")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quarantined")),
        sa.UniqueConstraint(
            "project_id", "external_id", "worker", name=op.f("uq_quarantined_project_id_external_id_worker")
        ),
    )


def _received_notice() -> None:
    op.create_table(
        "received_notice",
        sa.Column("project_id", Id, nullable=False),
        sa.Column("document_id", sa.Text(), nullable=False),
        sa.Column("hits", sa.JSON(), nullable=False),
        sa.Column("id", Id, nullable=False),
        sa.Column("created_at", Moment, nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id"], ["project.id"], name=op.f("fk_received_notice_project_id_project")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_received_notice")),
        sa.UniqueConstraint(
            "project_id", "document_id", name=op.f("uq_received_notice_project_id_document_id")
        ),
    )


def _restriction() -> None:
    op.create_table(
        "restriction",
        sa.Column("worker_id", Id, nullable=False),
        sa.Column("project_id", Id, nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.Column("until", Moment, nullable=True),
        sa.Column("lifted_at", Moment, nullable=True),
        sa.Column("exam_after", Id, nullable=True),
        sa.Column("id", Id, nullable=False),
        sa.Column("created_at", Moment, nullable=False),
        sa.CheckConstraint("kind IN ('paused', 'suspended', 'banned')", name=op.f("ck_restriction_kind")),
        sa.ForeignKeyConstraint(
            ["project_id"], ["project.id"], name=op.f("fk_restriction_project_id_project")
        ),
        sa.ForeignKeyConstraint(["worker_id"], ["worker.id"], name=op.f("fk_restriction_worker_id_worker")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_restriction")),
    )
    op.create_index(op.f("ix_restriction_project_id"), "restriction", ["project_id"])
    op.create_index(op.f("ix_restriction_worker_id"), "restriction", ["worker_id"])


def _rule() -> None:
    op.create_table(
        "rule",
        sa.Column("project_id", Id, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("body", sa.JSON(), nullable=False),
        sa.Column("looked_at", sa.Integer(), nullable=False),
        sa.Column("id", Id, nullable=False),
        sa.Column("created_at", Moment, nullable=False),
        sa.CheckConstraint("state IN ('draft', 'active', 'retired')", name=op.f("ck_rule_state")),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_rule_project_id_project")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rule")),
        sa.UniqueConstraint("project_id", "name", "version", name=op.f("uq_rule_project_id_name_version")),
    )


def _skill() -> None:
    op.create_table(
        "skill",
        sa.Column("worker_id", Id, nullable=False),
        sa.Column("project_id", Id, nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("value", sa.Double(), nullable=False),
        sa.Column("low", sa.Double(), nullable=False),
        sa.Column("high", sa.Double(), nullable=False),
        sa.Column("evidence", sa.Double(), nullable=False),
        sa.Column("expires_at", Moment, nullable=True),
        sa.Column("id", Id, nullable=False),
        sa.Column("created_at", Moment, nullable=False),
        sa.CheckConstraint("source IN ('gold', 'quiz', 'requester', 'rule')", name=op.f("ck_skill_source")),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_skill_project_id_project")),
        sa.ForeignKeyConstraint(["worker_id"], ["worker.id"], name=op.f("fk_skill_worker_id_worker")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_skill")),
    )
    op.create_index(op.f("ix_skill_project_id"), "skill", ["project_id"])
    op.create_index(op.f("ix_skill_worker_id"), "skill", ["worker_id"])


def _spent_token() -> None:
    op.create_table(
        "spent_token",
        sa.Column("account_id", Id, nullable=False),
        sa.Column("operation", sa.Text(), nullable=False),
        sa.Column("token", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("id", Id, nullable=False),
        sa.Column("created_at", Moment, nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["market_account.id"], name=op.f("fk_spent_token_account_id_market_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_spent_token")),
        sa.UniqueConstraint(
            "account_id", "operation", "token", name=op.f("uq_spent_token_account_id_operation_token")
        ),
    )


def _standing() -> None:
    op.create_table(
        "standing",
        sa.Column("project_id", Id, nullable=False),
        sa.Column("worker_id", Id, nullable=False),
        sa.Column("answers", sa.Integer(), nullable=False),
        sa.Column("graded", sa.Integer(), nullable=False),
        sa.Column("gold_share", sa.Double(), nullable=False),
        sa.Column("spam", sa.Double(), nullable=False),
        sa.Column("proven", sa.Boolean(), nullable=False),
        sa.Column("trained_at", Moment, nullable=True),
        sa.Column("held_until", Moment, nullable=True),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_standing_project_id_project")),
        sa.ForeignKeyConstraint(["worker_id"], ["worker.id"], name=op.f("fk_standing_worker_id_worker")),
        sa.PrimaryKeyConstraint("project_id", "worker_id", name=op.f("pk_standing")),
    )
    op.create_index(op.f("ix_standing_worker_id"), "standing", ["worker_id"])


def _training_set() -> None:
    op.create_table(
        "training_set",
        sa.Column("project_id", Id, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("id", Id, nullable=False),
        sa.Column("created_at", Moment, nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id"], ["project.id"], name=op.f("fk_training_set_project_id_project")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_training_set")),
        sa.UniqueConstraint("project_id", "name", name=op.f("uq_training_set_project_id_name")),
    )


def _worker_block() -> None:
    op.create_table(
        "worker_block",
        sa.Column("account_id", Id, nullable=False),
        sa.Column("worker_id", Id, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("id", Id, nullable=False),
        sa.Column("created_at", Moment, nullable=False),
        sa.CheckConstraint("reason <> ''", name=op.f("ck_worker_block_reason")),
        sa.ForeignKeyConstraint(
            ["account_id"], ["market_account.id"], name=op.f("fk_worker_block_account_id_market_account")
        ),
        sa.ForeignKeyConstraint(["worker_id"], ["worker.id"], name=op.f("fk_worker_block_worker_id_worker")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_worker_block")),
        sa.UniqueConstraint("account_id", "worker_id", name=op.f("uq_worker_block_account_id_worker_id")),
    )
    op.create_index(op.f("ix_worker_block_worker_id"), "worker_block", ["worker_id"])


def _worker_token() -> None:
    op.create_table(
        "worker_token",
        sa.Column("worker_id", Id, nullable=False),
        sa.Column("public_id", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("revoked_at", Moment, nullable=True),
        sa.Column("id", Id, nullable=False),
        sa.Column("created_at", Moment, nullable=False),
        sa.ForeignKeyConstraint(["worker_id"], ["worker.id"], name=op.f("fk_worker_token_worker_id_worker")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_worker_token")),
        sa.UniqueConstraint("public_id", name=op.f("uq_worker_token_public_id")),
    )
    op.create_index(op.f("ix_worker_token_worker_id"), "worker_token", ["worker_id"])


def _batch() -> None:
    op.create_table(
        "batch",
        sa.Column("project_id", Id, nullable=False),
        sa.Column("strategy", sa.Text(), nullable=False),
        sa.Column("parameters", sa.JSON(), nullable=False),
        sa.Column("seed", sa.BigInteger(), nullable=False),
        sa.Column("prediction_set_id", Id, nullable=True),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("id", Id, nullable=False),
        sa.Column("created_at", Moment, nullable=False),
        sa.ForeignKeyConstraint(
            ["prediction_set_id"],
            ["prediction_set.id"],
            name=op.f("fk_batch_prediction_set_id_prediction_set"),
        ),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_batch_project_id_project")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_batch")),
    )
    op.create_index(op.f("ix_batch_project_id"), "batch", ["project_id"])


def _consensus_run() -> None:
    op.create_table(
        "consensus_run",
        sa.Column("project_id", Id, nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("answer_set_id", Id, nullable=False),
        sa.Column("label_set_id", Id, nullable=False),
        sa.Column("gold_ids", sa.LargeBinary(), nullable=False),
        sa.Column("method", sa.Text(), nullable=False),
        sa.Column("parameters", sa.JSON(), nullable=False),
        sa.Column("iterations", sa.Integer(), nullable=False),
        sa.Column("log_likelihood", sa.Double(), nullable=True),
        sa.Column("evidence", sa.JSON(), nullable=True),
        sa.Column("stand", sa.LargeBinary(), nullable=True),
        sa.Column("id", Id, nullable=False),
        sa.Column("created_at", Moment, nullable=False),
        sa.ForeignKeyConstraint(
            ["answer_set_id"], ["answer_set.id"], name=op.f("fk_consensus_run_answer_set_id_answer_set")
        ),
        sa.ForeignKeyConstraint(
            ["label_set_id"], ["label_set.id"], name=op.f("fk_consensus_run_label_set_id_label_set")
        ),
        sa.ForeignKeyConstraint(
            ["project_id"], ["project.id"], name=op.f("fk_consensus_run_project_id_project")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consensus_run")),
        sa.UniqueConstraint("project_id", "key", name=op.f("uq_consensus_run_project_id_key")),
    )


def _firing() -> None:
    op.create_table(
        "firing",
        sa.Column("project_id", Id, nullable=False),
        sa.Column("rule_id", Id, nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("worker_id", Id, nullable=True),
        sa.Column("item_id", Id, nullable=True),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.Column("action", sa.JSON(), nullable=False),
        sa.Column("id", Id, nullable=False),
        sa.Column("created_at", Moment, nullable=False),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_firing_item_id_item")),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_firing_project_id_project")),
        sa.ForeignKeyConstraint(["rule_id"], ["rule.id"], name=op.f("fk_firing_rule_id_rule")),
        sa.ForeignKeyConstraint(["worker_id"], ["worker.id"], name=op.f("fk_firing_worker_id_worker")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_firing")),
        sa.UniqueConstraint("rule_id", "key", name=op.f("uq_firing_rule_id_key")),
    )
    op.create_index(op.f("ix_firing_item_id"), "firing", ["item_id"])
    op.create_index("ix_firing_project", "firing", ["project_id", "id"])
    op.create_index(op.f("ix_firing_worker_id"), "firing", ["worker_id"])


def _gold() -> None:
    op.create_table(
        "gold",
        sa.Column("project_id", Id, nullable=False),
        sa.Column("item_id", Id, nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("accepted", sa.JSON(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("use", sa.Text(), nullable=False),
        sa.Column("explanation", sa.Text(), nullable=False),
        sa.Column("replaces_id", Id, nullable=True),
        sa.Column("retired_at", Moment, nullable=True),
        sa.Column("retired_because", sa.Text(), nullable=True),
        sa.Column("id", Id, nullable=False),
        sa.Column("created_at", Moment, nullable=False),
        sa.CheckConstraint("use IN ('hidden', 'training', 'told')", name=op.f("ck_gold_use")),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_gold_item_id_item")),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_gold_project_id_project")),
        sa.ForeignKeyConstraint(["replaces_id"], ["gold.id"], name=op.f("fk_gold_replaces_id_gold")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_gold")),
    )
    op.create_index(
        "ix_gold_current",
        "gold",
        ["item_id"],
        unique=True,
        sqlite_where=sa.text("retired_at IS NULL"),
        postgresql_where=sa.text("retired_at IS NULL"),
    )
    op.create_index(op.f("ix_gold_item_id"), "gold", ["item_id"])
    op.create_index(op.f("ix_gold_project_id"), "gold", ["project_id"])


def _hit() -> None:
    op.create_table(
        "hit",
        sa.Column("project_id", Id, nullable=False),
        sa.Column("instructions_id", Id, nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("endpoint", sa.Text(), nullable=True),
        sa.Column("external_id", sa.Text(), nullable=True),
        sa.Column("assignments", sa.Integer(), nullable=False),
        sa.Column("reward_micros", sa.BigInteger(), nullable=False),
        sa.Column("fee_micros", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", Moment, nullable=True),
        sa.Column("collected_at", Moment, nullable=True),
        sa.Column("id", Id, nullable=False),
        sa.Column("created_at", Moment, nullable=False),
        sa.CheckConstraint("state IN ('open', 'closed')", name=op.f("ck_hit_state")),
        sa.CheckConstraint("assignments >= 1 AND reward_micros >= 0", name=op.f("ck_hit_offer")),
        sa.ForeignKeyConstraint(
            ["instructions_id"], ["instructions.id"], name=op.f("fk_hit_instructions_id_instructions")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hit")),
        sa.UniqueConstraint("project_id", "external_id", name=op.f("uq_hit_project_id_external_id")),
    )


def _idempotency_record() -> None:
    op.create_table(
        "idempotency_record",
        sa.Column("api_key_id", Id, nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("route", sa.Text(), nullable=False),
        sa.Column("body_digest", sa.Text(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("body", sa.JSON(), nullable=False),
        sa.Column("id", Id, nullable=False),
        sa.Column("created_at", Moment, nullable=False),
        sa.ForeignKeyConstraint(
            ["api_key_id"], ["api_key.id"], name=op.f("fk_idempotency_record_api_key_id_api_key")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_idempotency_record")),
        sa.UniqueConstraint("api_key_id", "key", name=op.f("uq_idempotency_record_api_key_id_key")),
    )


def _market_batch() -> None:
    op.create_table(
        "market_batch",
        sa.Column("account_id", Id, nullable=False),
        sa.Column("layout_id", Id, nullable=False),
        sa.Column("hit_type_id", Id, nullable=False),
        sa.Column("columns", sa.JSON(), nullable=False),
        sa.Column("id", Id, nullable=False),
        sa.Column("created_at", Moment, nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["market_account.id"], name=op.f("fk_market_batch_account_id_market_account")
        ),
        sa.ForeignKeyConstraint(
            ["hit_type_id"], ["hit_type.id"], name=op.f("fk_market_batch_hit_type_id_hit_type")
        ),
        sa.ForeignKeyConstraint(["layout_id"], ["layout.id"], name=op.f("fk_market_batch_layout_id_layout")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_market_batch")),
    )
    op.create_index(op.f("ix_market_batch_account_id"), "market_batch", ["account_id"])


def _market_hit() -> None:
    op.create_table(
        "market_hit",
        sa.Column("account_id", Id, nullable=False),
        sa.Column("hit_type_id", Id, nullable=False),
        sa.Column("layout_id", Id, nullable=True),
        sa.Column("external_id", sa.Text(), nullable=False),
        sa.Column("question", sa.Text(), nullable=False),
        sa.Column("question_kind", sa.Text(), nullable=False),
        sa.Column("annotation", sa.Text(), nullable=True),
        sa.Column("max_assignments", sa.Integer(), nullable=False),
        sa.Column("open", sa.Integer(), nullable=False),
        sa.Column("is_large", sa.Boolean(), nullable=False),
        sa.Column("fee_micros", sa.BigInteger(), nullable=False),
        sa.Column("is_prepaid", sa.Boolean(), nullable=False),
        sa.Column("held_micros", sa.BigInteger(), nullable=False),
        sa.Column("moves", sa.Integer(), nullable=False),
        sa.Column("expires_at", Moment, nullable=False),
        sa.Column("is_reviewing", sa.Boolean(), nullable=False),
        sa.Column("review_status", sa.Text(), nullable=False),
        sa.Column("assignment_policy", sa.JSON(), nullable=True),
        sa.Column("hit_policy", sa.JSON(), nullable=True),
        sa.Column("policy_saw", sa.Integer(), nullable=True),
        sa.Column("told", sa.JSON(), nullable=False),
        sa.Column("disposed_at", Moment, nullable=True),
        sa.Column("id", Id, nullable=False),
        sa.Column("created_at", Moment, nullable=False),
        sa.CheckConstraint(
            "question_kind IN ('html', 'external', 'form')", name=op.f("ck_market_hit_question_kind")
        ),
        sa.CheckConstraint("held_micros >= 0", name=op.f("ck_market_hit_money")),
        sa.CheckConstraint("max_assignments >= 1", name=op.f("ck_market_hit_assignments")),
        sa.CheckConstraint("open >= 0 AND open <= max_assignments", name=op.f("ck_market_hit_open")),
        sa.ForeignKeyConstraint(
            ["account_id"], ["market_account.id"], name=op.f("fk_market_hit_account_id_market_account")
        ),
        sa.ForeignKeyConstraint(
            ["hit_type_id"], ["hit_type.id"], name=op.f("fk_market_hit_hit_type_id_hit_type")
        ),
        sa.ForeignKeyConstraint(["layout_id"], ["layout.id"], name=op.f("fk_market_hit_layout_id_layout")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_market_hit")),
        sa.UniqueConstraint("external_id", name=op.f("uq_market_hit_external_id")),
    )
    op.create_index(op.f("ix_market_hit_account_id"), "market_hit", ["account_id"])
    op.create_index(op.f("ix_market_hit_expires_at"), "market_hit", ["expires_at"])
    op.create_index(op.f("ix_market_hit_hit_type_id"), "market_hit", ["hit_type_id"])
    op.create_index(
        "ix_market_hit_offered",
        "market_hit",
        ["account_id", "hit_type_id"],
        sqlite_where=sa.text("open > 0 AND disposed_at IS NULL"),
        postgresql_where=sa.text("open > 0 AND disposed_at IS NULL"),
    )
    op.create_index(
        "ix_market_hit_watched",
        "market_hit",
        ["id"],
        sqlite_where=sa.text("policy_saw IS NOT NULL AND disposed_at IS NULL"),
        postgresql_where=sa.text("policy_saw IS NOT NULL AND disposed_at IS NULL"),
    )


def _prediction() -> None:
    op.create_table(
        "prediction",
        sa.Column("prediction_set_id", Id, nullable=False),
        sa.Column("item_id", Id, nullable=False),
        sa.Column("probabilities", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_prediction_item_id_item")),
        sa.ForeignKeyConstraint(
            ["prediction_set_id"],
            ["prediction_set.id"],
            name=op.f("fk_prediction_prediction_set_id_prediction_set"),
        ),
        sa.PrimaryKeyConstraint("prediction_set_id", "item_id", name=op.f("pk_prediction")),
    )


def _qualification() -> None:
    op.create_table(
        "qualification",
        sa.Column("type_id", Id, nullable=False),
        sa.Column("worker_id", Id, nullable=False),
        sa.Column("value", sa.Integer(), nullable=False),
        sa.Column("granted_at", Moment, nullable=False),
        sa.Column("revoked_at", Moment, nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("id", Id, nullable=False),
        sa.Column("created_at", Moment, nullable=False),
        sa.ForeignKeyConstraint(
            ["type_id"], ["qualification_type.id"], name=op.f("fk_qualification_type_id_qualification_type")
        ),
        sa.ForeignKeyConstraint(["worker_id"], ["worker.id"], name=op.f("fk_qualification_worker_id_worker")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_qualification")),
        sa.UniqueConstraint("type_id", "worker_id", name=op.f("uq_qualification_type_id_worker_id")),
    )
    op.create_index(op.f("ix_qualification_worker_id"), "qualification", ["worker_id"])


def _qualification_request() -> None:
    op.create_table(
        "qualification_request",
        sa.Column("type_id", Id, nullable=False),
        sa.Column("worker_id", Id, nullable=False),
        sa.Column("external_id", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("submitted_at", Moment, nullable=True),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.Column("score", sa.Integer(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("decided_at", Moment, nullable=True),
        sa.Column("id", Id, nullable=False),
        sa.Column("created_at", Moment, nullable=False),
        sa.CheckConstraint(
            "state IN ('begun', 'overdue', 'pending', 'granted', 'rejected')",
            name=op.f("ck_qualification_request_state"),
        ),
        sa.ForeignKeyConstraint(
            ["type_id"],
            ["qualification_type.id"],
            name=op.f("fk_qualification_request_type_id_qualification_type"),
        ),
        sa.ForeignKeyConstraint(
            ["worker_id"], ["worker.id"], name=op.f("fk_qualification_request_worker_id_worker")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_qualification_request")),
        sa.UniqueConstraint("external_id", name=op.f("uq_qualification_request_external_id")),
    )
    op.create_index(
        "ix_qualification_request_open",
        "qualification_request",
        ["type_id", "worker_id"],
        unique=True,
        sqlite_where=sa.text("state IN ('begun', 'pending')"),
        postgresql_where=sa.text("state IN ('begun', 'pending')"),
    )
    op.create_index(op.f("ix_qualification_request_type_id"), "qualification_request", ["type_id"])
    op.create_index(op.f("ix_qualification_request_worker_id"), "qualification_request", ["worker_id"])


def _reservation() -> None:
    op.create_table(
        "reservation",
        sa.Column("item_id", Id, nullable=False),
        sa.Column("worker_id", Id, nullable=False),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_reservation_item_id_item")),
        sa.ForeignKeyConstraint(["worker_id"], ["worker.id"], name=op.f("fk_reservation_worker_id_worker")),
        sa.PrimaryKeyConstraint("item_id", "worker_id", name=op.f("pk_reservation")),
    )
    op.create_index(op.f("ix_reservation_worker_id"), "reservation", ["worker_id"])


def _training_set_version() -> None:
    op.create_table(
        "training_set_version",
        sa.Column("training_set_id", Id, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("content_hash", sa.Text(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("manifest", sa.JSON(), nullable=False),
        sa.Column("id", Id, nullable=False),
        sa.Column("created_at", Moment, nullable=False),
        sa.ForeignKeyConstraint(
            ["training_set_id"],
            ["training_set.id"],
            name=op.f("fk_training_set_version_training_set_id_training_set"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_training_set_version")),
        sa.UniqueConstraint(
            "training_set_id", "number", name=op.f("uq_training_set_version_training_set_id_number")
        ),
    )


def _web_session() -> None:
    op.create_table(
        "web_session",
        sa.Column("worker_id", Id, nullable=True),
        sa.Column("api_key_id", Id, nullable=True),
        sa.Column("public_id", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("seen_at", Moment, nullable=False),
        sa.Column("expires_at", Moment, nullable=False),
        sa.Column("revoked_at", Moment, nullable=True),
        sa.Column("id", Id, nullable=False),
        sa.Column("created_at", Moment, nullable=False),
        sa.CheckConstraint("(worker_id IS NULL) <> (api_key_id IS NULL)", name=op.f("ck_web_session_whose")),
        sa.ForeignKeyConstraint(
            ["api_key_id"], ["api_key.id"], name=op.f("fk_web_session_api_key_id_api_key")
        ),
        sa.ForeignKeyConstraint(["worker_id"], ["worker.id"], name=op.f("fk_web_session_worker_id_worker")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_web_session")),
        sa.UniqueConstraint("public_id", name=op.f("uq_web_session_public_id")),
    )
    op.create_index(op.f("ix_web_session_api_key_id"), "web_session", ["api_key_id"])
    op.create_index(op.f("ix_web_session_worker_id"), "web_session", ["worker_id"])


def _assignment() -> None:
    op.create_table(
        "assignment",
        sa.Column("project_id", Id, nullable=False),
        sa.Column("hit_id", Id, nullable=False),
        sa.Column("worker_id", Id, nullable=False),
        sa.Column("external_id", sa.Text(), nullable=False),
        sa.Column("token", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("ahead", sa.Boolean(), nullable=False),
        sa.Column("work", sa.Text(), nullable=False),
        sa.Column("review", sa.Text(), nullable=False),
        sa.Column("payment", sa.Text(), nullable=False),
        sa.Column("lease_until", Moment, nullable=True),
        sa.Column("begun_at", Moment, nullable=True),
        sa.Column("submitted_at", Moment, nullable=True),
        sa.Column("active_seconds", sa.Double(), nullable=True),
        sa.Column("submission_digest", sa.Text(), nullable=True),
        sa.Column("amount_micros", sa.BigInteger(), nullable=False),
        sa.Column("gold_micros", sa.BigInteger(), nullable=False),
        sa.Column("id", Id, nullable=False),
        sa.Column("created_at", Moment, nullable=False),
        sa.CheckConstraint("kind IN ('work', 'quiz', 'training')", name=op.f("ck_assignment_kind")),
        sa.CheckConstraint("payment IN ('none', 'due', 'paid')", name=op.f("ck_assignment_payment")),
        sa.CheckConstraint(
            "review IN ('pending', 'accepted', 'soft_rejected', 'rejected', 'overturned')",
            name=op.f("ck_assignment_review"),
        ),
        sa.CheckConstraint(
            "work IN ('assigned', 'submitted', 'returned', 'expired')", name=op.f("ck_assignment_work")
        ),
        sa.CheckConstraint("amount_micros >= 0 AND gold_micros >= 0", name=op.f("ck_assignment_money")),
        sa.ForeignKeyConstraint(["hit_id"], ["hit.id"], name=op.f("fk_assignment_hit_id_hit")),
        sa.ForeignKeyConstraint(["worker_id"], ["worker.id"], name=op.f("fk_assignment_worker_id_worker")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_assignment")),
        sa.UniqueConstraint(
            "hit_id", "external_id", "worker_id", name=op.f("uq_assignment_hit_id_external_id_worker_id")
        ),
        sa.UniqueConstraint("token", name=op.f("uq_assignment_token")),
        postgresql_with={
            "fillfactor": 70,
            "autovacuum_vacuum_scale_factor": 0.02,
            "autovacuum_vacuum_cost_delay": 0,
        },
    )
    op.create_index(
        "ix_assignment_due",
        "assignment",
        ["project_id"],
        sqlite_where=sa.text("payment = 'due'"),
        postgresql_where=sa.text("payment = 'due'"),
    )
    op.create_index(
        "ix_assignment_held",
        "assignment",
        ["worker_id", "project_id", "ahead"],
        unique=True,
        sqlite_where=sa.text("work = 'assigned'"),
        postgresql_where=sa.text("work = 'assigned'"),
    )
    op.create_index(
        "ix_assignment_lease",
        "assignment",
        ["lease_until"],
        sqlite_where=sa.text("work = 'assigned' AND lease_until IS NOT NULL"),
        postgresql_where=sa.text("work = 'assigned' AND lease_until IS NOT NULL"),
    )
    op.create_index("ix_assignment_project_work", "assignment", ["project_id", "work"])
    op.create_index(op.f("ix_assignment_worker_id"), "assignment", ["worker_id"])


def _audit_pick() -> None:
    op.create_table(
        "audit_pick",
        sa.Column("project_id", Id, nullable=False),
        sa.Column("item_id", Id, nullable=False),
        sa.Column("run_id", Id, nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("confidence", sa.Double(), nullable=False),
        sa.Column("votes", sa.Integer(), nullable=False),
        sa.Column("answers", sa.JSON(), nullable=False),
        sa.Column("extra", sa.Integer(), nullable=False),
        sa.Column("found", sa.Text(), nullable=True),
        sa.Column("right", sa.Double(), nullable=True),
        sa.Column("checked_by", sa.Text(), nullable=True),
        sa.Column("checked_at", Moment, nullable=True),
        sa.Column("id", Id, nullable=False),
        sa.Column("created_at", Moment, nullable=False),
        sa.CheckConstraint("checked_by IN ('answers', 'expert')", name=op.f("ck_audit_pick_checked_by")),
        sa.CheckConstraint("confidence >= 0 AND confidence <= 1", name=op.f("ck_audit_pick_confidence")),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_audit_pick_item_id_item")),
        sa.ForeignKeyConstraint(
            ["project_id"], ["project.id"], name=op.f("fk_audit_pick_project_id_project")
        ),
        sa.ForeignKeyConstraint(
            ["run_id"], ["consensus_run.id"], name=op.f("fk_audit_pick_run_id_consensus_run")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_pick")),
        sa.UniqueConstraint("item_id", name=op.f("uq_audit_pick_item_id")),
    )
    op.create_index(op.f("ix_audit_pick_project_id"), "audit_pick", ["project_id"])


def _batch_item() -> None:
    op.create_table(
        "batch_item",
        sa.Column("batch_id", Id, nullable=False),
        sa.Column("item_id", Id, nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("score", sa.Double(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("random", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["batch_id"], ["batch.id"], name=op.f("fk_batch_item_batch_id_batch")),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_batch_item_item_id_item")),
        sa.PrimaryKeyConstraint("batch_id", "item_id", name=op.f("pk_batch_item")),
    )
    op.create_index(op.f("ix_batch_item_item_id"), "batch_item", ["item_id"])


def _current_run() -> None:
    op.create_table(
        "current_run",
        sa.Column("project_id", Id, nullable=False),
        sa.Column("method", sa.Text(), nullable=False),
        sa.Column("run_id", Id, nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id"], ["project.id"], name=op.f("fk_current_run_project_id_project")
        ),
        sa.ForeignKeyConstraint(
            ["run_id"], ["consensus_run.id"], name=op.f("fk_current_run_run_id_consensus_run")
        ),
        sa.PrimaryKeyConstraint("project_id", "method", name=op.f("pk_current_run")),
    )


def _decision() -> None:
    op.create_table(
        "decision",
        sa.Column("project_id", Id, nullable=False),
        sa.Column("item_id", Id, nullable=False),
        sa.Column("run_id", Id, nullable=True),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("id", Id, nullable=False),
        sa.Column("created_at", Moment, nullable=False),
        sa.CheckConstraint(
            "action IN ('enough', 'more', 'give_up', 'quarantine', 'expert', 'audit', 'hand_over')",
            name=op.f("ck_decision_action"),
        ),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_decision_item_id_item")),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_decision_project_id_project")),
        sa.ForeignKeyConstraint(
            ["run_id"], ["consensus_run.id"], name=op.f("fk_decision_run_id_consensus_run")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_decision")),
    )
    op.create_index("ix_decision_item", "decision", ["item_id", "id"])


def _example() -> None:
    op.create_table(
        "example",
        sa.Column("version_id", Id, nullable=False),
        sa.Column("item_id", Id, nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("confidence", sa.Double(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("run_id", Id, nullable=True),
        sa.Column("gold_id", Id, nullable=True),
        sa.Column("batch_id", Id, nullable=True),
        sa.Column("model_version", sa.Text(), nullable=True),
        sa.Column("answers", sa.JSON(), nullable=False),
        sa.Column("workers", sa.JSON(), nullable=False),
        sa.Column("id", Id, nullable=False),
        sa.CheckConstraint("source IN ('consensus', 'gold')", name=op.f("ck_example_source")),
        sa.ForeignKeyConstraint(["batch_id"], ["batch.id"], name=op.f("fk_example_batch_id_batch")),
        sa.ForeignKeyConstraint(["gold_id"], ["gold.id"], name=op.f("fk_example_gold_id_gold")),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_example_item_id_item")),
        sa.ForeignKeyConstraint(
            ["run_id", "item_id"],
            ["consensus.run_id", "consensus.item_id"],
            name=op.f("fk_example_run_id_consensus"),
        ),
        sa.ForeignKeyConstraint(
            ["version_id"],
            ["training_set_version.id"],
            name=op.f("fk_example_version_id_training_set_version"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_example")),
        sa.UniqueConstraint("version_id", "item_id", name=op.f("uq_example_version_id_item_id")),
    )
    op.create_index(op.f("ix_example_item_id"), "example", ["item_id"])


def _exchange() -> None:
    op.create_table(
        "exchange",
        sa.Column("hit_id", Id, nullable=False),
        sa.Column("worker_id", Id, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("item_id", Id, nullable=False),
        sa.Column("gold_id", Id, nullable=False),
        sa.ForeignKeyConstraint(["gold_id"], ["gold.id"], name=op.f("fk_exchange_gold_id_gold")),
        sa.ForeignKeyConstraint(["hit_id"], ["hit.id"], name=op.f("fk_exchange_hit_id_hit")),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_exchange_item_id_item")),
        sa.ForeignKeyConstraint(["worker_id"], ["worker.id"], name=op.f("fk_exchange_worker_id_worker")),
        sa.PrimaryKeyConstraint("hit_id", "worker_id", "position", name=op.f("pk_exchange")),
    )
    op.create_index(op.f("ix_exchange_worker_id"), "exchange", ["worker_id"])


def _hit_question() -> None:
    op.create_table(
        "hit_question",
        sa.Column("hit_id", Id, nullable=False),
        sa.Column("item_id", Id, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("gold_id", Id, nullable=True),
        sa.Column("places", sa.Integer(), nullable=False),
        sa.CheckConstraint("places >= 0", name=op.f("ck_hit_question_places")),
        sa.ForeignKeyConstraint(["gold_id"], ["gold.id"], name=op.f("fk_hit_question_gold_id_gold")),
        sa.ForeignKeyConstraint(["hit_id"], ["hit.id"], name=op.f("fk_hit_question_hit_id_hit")),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_hit_question_item_id_item")),
        sa.PrimaryKeyConstraint("hit_id", "item_id", name=op.f("pk_hit_question")),
    )
    op.create_index(op.f("ix_hit_question_item_id"), "hit_question", ["item_id"])


def _kept_advice() -> None:
    op.create_table(
        "kept_advice",
        sa.Column("project_id", Id, nullable=False),
        sa.Column("run_id", Id, nullable=False),
        sa.Column("questions", sa.JSON(), nullable=False),
        sa.Column("kept_at", Moment, nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id"], ["project.id"], name=op.f("fk_kept_advice_project_id_project")
        ),
        sa.ForeignKeyConstraint(
            ["run_id"], ["consensus_run.id"], name=op.f("fk_kept_advice_run_id_consensus_run")
        ),
        sa.PrimaryKeyConstraint("project_id", name=op.f("pk_kept_advice")),
    )


def _market_assignment() -> None:
    op.create_table(
        "market_assignment",
        sa.Column("hit_id", Id, nullable=False),
        sa.Column("worker_id", Id, nullable=False),
        sa.Column("external_id", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("deadline", Moment, nullable=False),
        sa.Column("submitted_at", Moment, nullable=True),
        sa.Column("auto_approve_at", Moment, nullable=True),
        sa.Column("decided_at", Moment, nullable=True),
        sa.Column("rejected_at", Moment, nullable=True),
        sa.Column("feedback", sa.Text(), nullable=True),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.Column("is_automatic", sa.Boolean(), nullable=False),
        sa.Column("id", Id, nullable=False),
        sa.Column("created_at", Moment, nullable=False),
        sa.CheckConstraint(
            "state IN ('accepted', 'returned', 'abandoned', 'submitted', 'approved', 'rejected')",
            name=op.f("ck_market_assignment_state"),
        ),
        sa.ForeignKeyConstraint(
            ["hit_id"], ["market_hit.id"], name=op.f("fk_market_assignment_hit_id_market_hit")
        ),
        sa.ForeignKeyConstraint(
            ["worker_id"], ["worker.id"], name=op.f("fk_market_assignment_worker_id_worker")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_market_assignment")),
    )
    op.create_index(
        "ix_market_assignment_auto",
        "market_assignment",
        ["auto_approve_at"],
        sqlite_where=sa.text("state = 'submitted'"),
        postgresql_where=sa.text("state = 'submitted'"),
    )
    op.create_index(
        "ix_market_assignment_deadline",
        "market_assignment",
        ["deadline"],
        sqlite_where=sa.text("state = 'accepted'"),
        postgresql_where=sa.text("state = 'accepted'"),
    )
    op.create_index(
        "ix_market_assignment_external",
        "market_assignment",
        ["external_id"],
        unique=True,
        sqlite_where=sa.text("state IN ('accepted', 'submitted', 'approved', 'rejected')"),
        postgresql_where=sa.text("state IN ('accepted', 'submitted', 'approved', 'rejected')"),
    )
    op.create_index(op.f("ix_market_assignment_external_id"), "market_assignment", ["external_id"])
    op.create_index(op.f("ix_market_assignment_hit_id"), "market_assignment", ["hit_id"])
    op.create_index(
        "ix_market_assignment_worker",
        "market_assignment",
        ["hit_id", "worker_id"],
        unique=True,
        sqlite_where=sa.text("state IN ('accepted', 'submitted', 'approved', 'rejected')"),
        postgresql_where=sa.text("state IN ('accepted', 'submitted', 'approved', 'rejected')"),
    )
    op.create_index(op.f("ix_market_assignment_worker_id"), "market_assignment", ["worker_id"])


def _market_batch_row() -> None:
    op.create_table(
        "market_batch_row",
        sa.Column("hit_id", Id, nullable=False),
        sa.Column("batch_id", Id, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("cells", sa.JSON(), nullable=False),
        sa.CheckConstraint("position >= 1", name=op.f("ck_market_batch_row_position")),
        sa.ForeignKeyConstraint(
            ["batch_id"], ["market_batch.id"], name=op.f("fk_market_batch_row_batch_id_market_batch")
        ),
        sa.ForeignKeyConstraint(
            ["hit_id"], ["market_hit.id"], name=op.f("fk_market_batch_row_hit_id_market_hit")
        ),
        sa.PrimaryKeyConstraint("hit_id", name=op.f("pk_market_batch_row")),
        sa.UniqueConstraint("batch_id", "position", name=op.f("uq_market_batch_row_batch_id_position")),
    )


def _provisional() -> None:
    op.create_table(
        "provisional",
        sa.Column("item_id", Id, nullable=False),
        sa.Column("project_id", Id, nullable=False),
        sa.Column("run_id", Id, nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("confidence", sa.Double(), nullable=False),
        sa.Column("posterior", sa.JSON(), nullable=False),
        sa.Column("votes", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_provisional_item_id_item")),
        sa.ForeignKeyConstraint(
            ["project_id"], ["project.id"], name=op.f("fk_provisional_project_id_project")
        ),
        sa.ForeignKeyConstraint(
            ["run_id"], ["consensus_run.id"], name=op.f("fk_provisional_run_id_consensus_run")
        ),
        sa.PrimaryKeyConstraint("item_id", name=op.f("pk_provisional")),
    )
    op.create_index(op.f("ix_provisional_project_id"), "provisional", ["project_id"])


def _market_bonus() -> None:
    op.create_table(
        "market_bonus",
        sa.Column("assignment_id", Id, nullable=False),
        sa.Column("amount_micros", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("id", Id, nullable=False),
        sa.Column("created_at", Moment, nullable=False),
        sa.CheckConstraint("amount_micros > 0", name=op.f("ck_market_bonus_amount")),
        sa.ForeignKeyConstraint(
            ["assignment_id"],
            ["market_assignment.id"],
            name=op.f("fk_market_bonus_assignment_id_market_assignment"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_market_bonus")),
    )
    op.create_index(op.f("ix_market_bonus_assignment_id"), "market_bonus", ["assignment_id"])


def _message() -> None:
    op.create_table(
        "message",
        sa.Column("requester_id", Id, nullable=False),
        sa.Column("worker_id", Id, nullable=False),
        sa.Column("project_id", Id, nullable=True),
        sa.Column("assignment_id", Id, nullable=True),
        sa.Column("sender", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("read_at", Moment, nullable=True),
        sa.Column("id", Id, nullable=False),
        sa.Column("created_at", Moment, nullable=False),
        sa.CheckConstraint("sender IN ('requester', 'worker')", name=op.f("ck_message_sender")),
        sa.ForeignKeyConstraint(
            ["assignment_id"], ["assignment.id"], name=op.f("fk_message_assignment_id_assignment")
        ),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_message_project_id_project")),
        sa.ForeignKeyConstraint(
            ["requester_id"], ["requester.id"], name=op.f("fk_message_requester_id_requester")
        ),
        sa.ForeignKeyConstraint(["worker_id"], ["worker.id"], name=op.f("fk_message_worker_id_worker")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_message")),
    )
    op.create_index(op.f("ix_message_project_id"), "message", ["project_id"])
    op.create_index(op.f("ix_message_requester_id"), "message", ["requester_id"])
    op.create_index(op.f("ix_message_worker_id"), "message", ["worker_id"])


def _policy_result() -> None:
    op.create_table(
        "policy_result",
        sa.Column("hit_id", Id, nullable=False),
        sa.Column("assignment_id", Id, nullable=True),
        sa.Column("policy", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.Column("id", Id, nullable=False),
        sa.Column("created_at", Moment, nullable=False),
        sa.CheckConstraint("kind IN ('result', 'action')", name=op.f("ck_policy_result_kind")),
        sa.ForeignKeyConstraint(
            ["assignment_id"],
            ["market_assignment.id"],
            name=op.f("fk_policy_result_assignment_id_market_assignment"),
        ),
        sa.ForeignKeyConstraint(
            ["hit_id"], ["market_hit.id"], name=op.f("fk_policy_result_hit_id_market_hit")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_policy_result")),
    )
    op.create_index(op.f("ix_policy_result_assignment_id"), "policy_result", ["assignment_id"])
    op.create_index(op.f("ix_policy_result_hit_id"), "policy_result", ["hit_id"])


def _review_case() -> None:
    op.create_table(
        "review_case",
        sa.Column("project_id", Id, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("item_id", Id, nullable=True),
        sa.Column("gold_id", Id, nullable=True),
        sa.Column("assignment_id", Id, nullable=True),
        sa.Column("restriction_id", Id, nullable=True),
        sa.Column("worker_id", Id, nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("value", sa.Double(), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("label", sa.Text(), nullable=True),
        sa.Column("reviewer", sa.Text(), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("closed_at", Moment, nullable=True),
        sa.Column("id", Id, nullable=False),
        sa.Column("created_at", Moment, nullable=False),
        sa.CheckConstraint(
            "kind IN ('disputed', 'unsure', 'gold_dispute', 'gold_candidate', 'audit', 'appeal', 'rule')",
            name=op.f("ck_review_case_kind"),
        ),
        sa.CheckConstraint("state IN ('open', 'closed')", name=op.f("ck_review_case_state")),
        sa.ForeignKeyConstraint(
            ["assignment_id"], ["assignment.id"], name=op.f("fk_review_case_assignment_id_assignment")
        ),
        sa.ForeignKeyConstraint(["gold_id"], ["gold.id"], name=op.f("fk_review_case_gold_id_gold")),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_review_case_item_id_item")),
        sa.ForeignKeyConstraint(
            ["project_id"], ["project.id"], name=op.f("fk_review_case_project_id_project")
        ),
        sa.ForeignKeyConstraint(
            ["restriction_id"], ["restriction.id"], name=op.f("fk_review_case_restriction_id_restriction")
        ),
        sa.ForeignKeyConstraint(["worker_id"], ["worker.id"], name=op.f("fk_review_case_worker_id_worker")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_review_case")),
    )
    op.create_index(op.f("ix_review_case_assignment_id"), "review_case", ["assignment_id"])
    op.create_index(op.f("ix_review_case_gold_id"), "review_case", ["gold_id"])
    op.create_index(op.f("ix_review_case_item_id"), "review_case", ["item_id"])
    op.create_index(
        "ix_review_case_open",
        "review_case",
        ["project_id", "kind", "subject"],
        unique=True,
        sqlite_where=sa.text("state = 'open'"),
        postgresql_where=sa.text("state = 'open'"),
    )
    op.create_index(op.f("ix_review_case_restriction_id"), "review_case", ["restriction_id"])
    op.create_index("ix_review_case_state", "review_case", ["project_id", "state", "kind"])
    op.create_index(op.f("ix_review_case_worker_id"), "review_case", ["worker_id"])


def _slot() -> None:
    op.create_table(
        "slot",
        sa.Column("project_id", Id, nullable=False),
        sa.Column("item_id", Id, nullable=False),
        sa.Column("worker_id", Id, nullable=False),
        sa.Column("assignment_id", Id, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("gold_id", Id, nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column(
            "live",
            sa.Boolean(),
            sa.Computed("state IN ('leased', 'done', 'skipped', 'void')", persisted=True),
            nullable=False,
        ),
        sa.Column("id", Id, nullable=False),
        sa.Column("created_at", Moment, nullable=False),
        sa.CheckConstraint(
            "state IN ('leased', 'done', 'skipped', 'returned', 'expired', 'void')",
            name=op.f("ck_slot_state"),
        ),
        sa.ForeignKeyConstraint(
            ["assignment_id"], ["assignment.id"], name=op.f("fk_slot_assignment_id_assignment")
        ),
        sa.ForeignKeyConstraint(["gold_id"], ["gold.id"], name=op.f("fk_slot_gold_id_gold")),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_slot_item_id_item")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_slot")),
        postgresql_with={
            "fillfactor": 70,
            "autovacuum_vacuum_scale_factor": 0.02,
            "autovacuum_vacuum_cost_delay": 0,
        },
    )
    op.create_index("ix_slot_asked", "slot", ["worker_id"])
    op.create_index(op.f("ix_slot_assignment_id"), "slot", ["assignment_id"])
    op.create_index(
        "ix_slot_gold",
        "slot",
        ["gold_id"],
        sqlite_where=sa.text("gold_id IS NOT NULL"),
        postgresql_where=sa.text("gold_id IS NOT NULL"),
    )
    op.create_index(
        "ix_slot_live",
        "slot",
        ["item_id", "worker_id"],
        unique=True,
        sqlite_where=sa.text("live"),
        postgresql_where=sa.text("live"),
    )


def _stray_submission() -> None:
    op.create_table(
        "stray_submission",
        sa.Column("project_id", Id, nullable=False),
        sa.Column("assignment_id", Id, nullable=True),
        sa.Column("worker_id", Id, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("payload", sa.JSON(), nullable=False),
        sa.Column("id", Id, nullable=False),
        sa.Column("created_at", Moment, nullable=False),
        sa.ForeignKeyConstraint(
            ["assignment_id"], ["assignment.id"], name=op.f("fk_stray_submission_assignment_id_assignment")
        ),
        sa.ForeignKeyConstraint(
            ["project_id"], ["project.id"], name=op.f("fk_stray_submission_project_id_project")
        ),
        sa.ForeignKeyConstraint(
            ["worker_id"], ["worker.id"], name=op.f("fk_stray_submission_worker_id_worker")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stray_submission")),
    )
    op.create_index(op.f("ix_stray_submission_assignment_id"), "stray_submission", ["assignment_id"])
    op.create_index(op.f("ix_stray_submission_project_id"), "stray_submission", ["project_id"])
    op.create_index(op.f("ix_stray_submission_worker_id"), "stray_submission", ["worker_id"])


def _answer() -> None:
    op.create_table(
        "answer",
        sa.Column("project_id", Id, nullable=False),
        sa.Column("item_id", Id, nullable=False),
        sa.Column("worker_id", Id, nullable=False),
        sa.Column("slot_id", Id, nullable=False),
        sa.Column("label_set_id", Id, nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("seconds", sa.Double(), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("id", Id, nullable=False),
        sa.Column("created_at", Moment, nullable=False),
        sa.ForeignKeyConstraint(["slot_id"], ["slot.id"], name=op.f("fk_answer_slot_id_slot")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_answer")),
        sa.UniqueConstraint("slot_id", name=op.f("uq_answer_slot_id")),
    )
    op.create_index("ix_answer_project_item", "answer", ["project_id", "item_id"])
    op.create_index(op.f("ix_answer_worker_id"), "answer", ["worker_id"])


def _skip() -> None:
    op.create_table(
        "skip",
        sa.Column("project_id", Id, nullable=False),
        sa.Column("item_id", Id, nullable=False),
        sa.Column("worker_id", Id, nullable=False),
        sa.Column("slot_id", Id, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("id", Id, nullable=False),
        sa.Column("created_at", Moment, nullable=False),
        sa.CheckConstraint("reason IN ('cannot_tell', 'broken', 'other')", name=op.f("ck_skip_reason")),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_skip_item_id_item")),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_skip_project_id_project")),
        sa.ForeignKeyConstraint(["slot_id"], ["slot.id"], name=op.f("fk_skip_slot_id_slot")),
        sa.ForeignKeyConstraint(["worker_id"], ["worker.id"], name=op.f("fk_skip_worker_id_worker")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_skip")),
        sa.UniqueConstraint("slot_id", name=op.f("uq_skip_slot_id")),
    )
    op.create_index(op.f("ix_skip_item_id"), "skip", ["item_id"])
    op.create_index(op.f("ix_skip_project_id"), "skip", ["project_id"])
    op.create_index(op.f("ix_skip_worker_id"), "skip", ["worker_id"])


def _answer_flag() -> None:
    op.create_table(
        "answer_flag",
        sa.Column("project_id", Id, nullable=False),
        sa.Column("answer_id", Id, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("id", Id, nullable=False),
        sa.Column("created_at", Moment, nullable=False),
        sa.CheckConstraint("kind IN ('excluded', 'reinstated')", name=op.f("ck_answer_flag_kind")),
        sa.ForeignKeyConstraint(["answer_id"], ["answer.id"], name=op.f("fk_answer_flag_answer_id_answer")),
        sa.ForeignKeyConstraint(
            ["project_id"], ["project.id"], name=op.f("fk_answer_flag_project_id_project")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_answer_flag")),
    )
    op.create_index(op.f("ix_answer_flag_answer_id"), "answer_flag", ["answer_id"])
    op.create_index(op.f("ix_answer_flag_project_id"), "answer_flag", ["project_id"])


def _grade() -> None:
    op.create_table(
        "grade",
        sa.Column("project_id", Id, nullable=False),
        sa.Column("answer_id", Id, nullable=False),
        sa.Column("gold_id", Id, nullable=False),
        sa.Column("worker_id", Id, nullable=False),
        sa.Column("correct", sa.Boolean(), nullable=False),
        sa.Column("score", sa.Double(), nullable=False),
        sa.Column("id", Id, nullable=False),
        sa.Column("created_at", Moment, nullable=False),
        sa.ForeignKeyConstraint(["answer_id"], ["answer.id"], name=op.f("fk_grade_answer_id_answer")),
        sa.ForeignKeyConstraint(["gold_id"], ["gold.id"], name=op.f("fk_grade_gold_id_gold")),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_grade_project_id_project")),
        sa.ForeignKeyConstraint(["worker_id"], ["worker.id"], name=op.f("fk_grade_worker_id_worker")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_grade")),
        sa.UniqueConstraint("answer_id", "gold_id", name=op.f("uq_grade_answer_id_gold_id")),
    )
    op.create_index(op.f("ix_grade_gold_id"), "grade", ["gold_id"])
    op.create_index(op.f("ix_grade_project_id"), "grade", ["project_id"])
    op.create_index(op.f("ix_grade_worker_id"), "grade", ["worker_id"])


def _protect(tables: tuple[str, ...]) -> None:
    if op.get_context().dialect.name == "postgresql":
        statements = [REFUSAL, *(trigger for table in tables for trigger in _postgres_triggers(table))]
    else:
        statements = [trigger for table in tables for trigger in _sqlite_triggers(table)]
    for statement in statements:
        op.execute(statement)


def _sqlite_triggers(table: str) -> list[str]:
    return [
        f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
        f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
        for verb in ("UPDATE", "DELETE")
    ]


def _postgres_triggers(table: str) -> list[str]:
    call = "EXECUTE FUNCTION crowd_append_only()"
    return [
        f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW {call}",
        f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} FOR EACH STATEMENT {call}",
    ]
