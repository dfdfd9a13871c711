"""The beginning: records and their changes, journeys and who passes through them."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_MOMENT = sa.DateTime(timezone=True)
_JSON = sa.Text()
_CODE = sa.String().with_variant(sa.String(collation="C"), "postgresql")
_COUNT = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _where(condition: str) -> dict[str, Any]:
    return {"sqlite_where": sa.text(condition), "postgresql_where": sa.text(condition)}


def upgrade() -> None:  # noqa: PLR0915 - every table there is
    op.create_table(
        "awaited",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("person_table", sa.String(), nullable=False),
        sa.Column("person_id", sa.String(), nullable=False),
        sa.Column("firing", _JSON, nullable=False),
        sa.Column("until", _MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_awaited_until", "awaited", ["until"])
    op.create_index("awaited_by_person", "awaited", ["person_table", "person_id", "id"])
    op.create_table(
        "brought",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("instance", sa.String(), nullable=False),
        sa.Column("tile", sa.String(), nullable=False),
        sa.Column("record", sa.String(), nullable=True),
        sa.Column("values", _JSON, nullable=False),
        sa.Column("at", _MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_brought_instance", "brought", ["instance"])
    op.create_table(
        "catalogue",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version", _COUNT, nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "commands",
        sa.Column("id", _COUNT, nullable=False),
        sa.Column("instance_id", sa.String(), nullable=False),
        sa.Column("journey", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("payload", _JSON, nullable=False),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.Column("due_at", _MOMENT, nullable=True),
        sa.Column("outcome", sa.String(), nullable=True),
        sa.Column("problem", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("commands_waiting", "commands", ["journey", "id"], **_where("outcome IS NULL"))
    for name, column in (("commands_held", "instance_id"), ("commands_due", "due_at")):
        op.create_index(name, "commands", [column], **_where("outcome = 'held'"))
    op.create_table(
        "definitions",
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("digest"),
    )
    op.create_table(
        "drafts",
        sa.Column("journey", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("draft", _JSON, nullable=False),
        sa.PrimaryKeyConstraint("journey", "number"),
    )
    op.create_table(
        "fired_triggers",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("event_id", sa.String(), nullable=False),
        sa.Column("trigger", sa.String(), nullable=False),
        sa.Column("person_table", sa.String(), nullable=False),
        sa.Column("person_id", sa.String(), nullable=False),
        sa.Column("binding", sa.String(), nullable=True),
        sa.Column("values", _JSON, nullable=False),
        sa.Column("before", _JSON, nullable=False),
        sa.Column("occurred_at", _MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("fired_for_person", "fired_triggers", ["person_table", "person_id"])
    op.create_table(
        "heard",
        sa.Column("fired", sa.String(), nullable=False),
        sa.Column("instance", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("fired", "instance"),
    )
    op.create_index("ix_heard_instance", "heard", ["instance"])
    op.create_table(
        "inbox",
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("event_id", sa.String(), nullable=False),
        sa.Column("received_at", _MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("source", "event_id"),
    )
    op.create_index("ix_inbox_received_at", "inbox", ["received_at"])
    op.create_table(
        "instances",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("journey", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("person_table", sa.String(), nullable=False),
        sa.Column("person_id", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("binding", sa.String(), nullable=True),
        sa.Column("fired_id", sa.String(), nullable=False),
        sa.Column("workflow_id", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("tile", sa.String(), nullable=True),
        sa.Column("next_wake_at", _MOMENT, nullable=True),
        sa.Column("watching", sa.String(), nullable=True),
        sa.Column("queued", sa.Boolean(), nullable=False),
        sa.Column("held", sa.String(), nullable=True),
        sa.Column("erased", sa.Boolean(), nullable=False),
        sa.Column("pruned", sa.Boolean(), nullable=False),
        sa.Column("goal_reached_at", _MOMENT, nullable=True),
        sa.Column("entered_at", _MOMENT, nullable=False),
        sa.Column("ended_at", _MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("workflow_id"),
    )
    op.create_index("ix_instances_watching", "instances", ["watching"])
    op.create_index("instances_of_journey", "instances", ["journey", "status", "tile"])
    numbered = ["journey", "person_table", "person_id", "number"]
    op.create_index("instances_of_person", "instances", numbered, unique=True)
    op.create_index("entries_of_journey", "instances", ["journey", "entered_at"])
    op.create_index("instances_in_order", "instances", ["journey", "id"])
    op.create_index("instances_to_prune", "instances", ["ended_at"], **_where("NOT pruned"))
    op.create_index("standing_by_binding", "instances", ["binding", "status"])
    op.create_index("standing_by_person", "instances", ["person_table", "person_id", "status"])
    op.create_table(
        "journeys",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("draft", _JSON, nullable=False),
        sa.Column("draft_version", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=True),
        sa.Column("changed_at", _MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "keys",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("scopes", _JSON, nullable=False),
        sa.Column("signing_secret", sa.String(), nullable=True),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.Column("last_used_at", _MOMENT, nullable=True),
        sa.Column("revoked_at", _MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("name"),
        sa.UniqueConstraint("digest"),
    )
    op.create_table(
        "links",
        sa.Column("table", _CODE, nullable=False),
        sa.Column("id", _CODE, nullable=False),
        sa.Column("column", sa.String(), nullable=False),
        sa.Column("to_table", sa.String(), nullable=False),
        sa.Column("to_id", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("table", "id", "column"),
    )
    op.create_index("links_to", "links", ["to_table", "to_id", "column", "table", "id"])
    op.create_table(
        "matches",
        sa.Column("instance", sa.String(), nullable=False),
        sa.Column("field", sa.String(), nullable=False),
        sa.Column("journey", sa.String(), nullable=False),
        sa.Column("likeness", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("instance", "field"),
    )
    op.create_index("matches_alike", "matches", ["journey", "field", "likeness"])
    op.create_table(
        "messages",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("instance", sa.String(), nullable=False),
        sa.Column("journey", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("tile", sa.String(), nullable=False),
        sa.Column("person_table", sa.String(), nullable=False),
        sa.Column("person_id", sa.String(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("template", sa.String(), nullable=False),
        sa.Column("purpose", sa.String(), nullable=False),
        sa.Column("to", sa.String(), nullable=True),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("subject", sa.String(), nullable=True),
        sa.Column("text", sa.String(), nullable=True),
        sa.Column("html", sa.String(), nullable=True),
        sa.Column("at", _MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("messages_in_order", "messages", ["at", "id"])
    op.create_index("ix_messages_instance", "messages", ["instance"])
    op.create_index("messages_of_journey", "messages", ["journey", "at", "id"])
    op.create_index("messages_of_person", "messages", ["person_table", "person_id", "at", "id"])
    op.create_table(
        "partings",
        sa.Column("journey", sa.String(), nullable=False),
        sa.Column("tile", sa.String(), nullable=False),
        sa.Column("winner", sa.String(), nullable=True),
        sa.Column("why", sa.String(), nullable=True),
        sa.Column("decided_at", _MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("journey", "tile"),
    )
    op.create_table(
        "received",
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("last_received_at", _MOMENT, nullable=False),
        sa.Column("received", sa.BigInteger(), nullable=False),
        sa.Column("accepted", sa.BigInteger(), nullable=False),
        sa.Column("duplicates", sa.BigInteger(), nullable=False),
        sa.Column("refused", sa.BigInteger(), nullable=False),
        sa.Column("ignored", sa.BigInteger(), nullable=False),
        sa.Column("hour", _MOMENT, nullable=False),
        sa.Column("this_hour", sa.BigInteger(), nullable=False),
        sa.Column("hour_before", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("source"),
    )
    op.create_table(
        "records",
        sa.Column("table", _CODE, nullable=False),
        sa.Column("id", _CODE, nullable=False),
        sa.Column("values", _JSON, nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=True),
        sa.Column("source", sa.String(), nullable=True),
        sa.Column("occurred_at", _MOMENT, nullable=True),
        sa.Column("changed_at", _MOMENT, nullable=False),
        sa.Column("deleted_at", _MOMENT, nullable=True),
        sa.Column("created", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("table", "id"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "refused",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("at", _MOMENT, nullable=False),
        sa.Column("what", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("problem", sa.String(), nullable=False),
        sa.Column("form", sa.String(), nullable=True),
        sa.Column("source", sa.String(), nullable=True),
        sa.Column("headers", _JSON, nullable=False),
        sa.Column("change", _JSON, nullable=True),
        sa.Column("journey", sa.String(), nullable=True),
        sa.Column("trigger", sa.String(), nullable=True),
        sa.Column("person", sa.String(), nullable=True),
        sa.Column("values", _JSON, nullable=False),
        sa.Column("replayed_at", _MOMENT, nullable=True),
        sa.Column("became", _JSON, nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    for name, column in (("kind", "what"), ("journey", "journey"), ("person", "person")):
        op.create_index(f"refused_of_{name}", "refused", [column, "id"])
    op.create_index("ix_refused_source", "refused", ["source"])
    op.create_table(
        "sources",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("format", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("settings", _JSON, nullable=False),
        sa.Column("credentials", _JSON, nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "tables",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("definition", _JSON, nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "templates",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("definition", _JSON, nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "timeline",
        sa.Column("instance_id", sa.String(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("at", _MOMENT, nullable=False),
        sa.Column("what", sa.String(), nullable=False),
        sa.Column("tile", sa.String(), nullable=True),
        sa.Column("target", sa.String(), nullable=True),
        sa.Column("why", sa.String(), nullable=True),
        sa.Column("values", _JSON, nullable=False),
        sa.Column("message", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("instance_id", "seq"),
    )
    op.create_table(
        "tracked",
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("table", sa.String(), nullable=False),
        sa.Column("link", sa.String(), nullable=False),
        sa.Column("at", _MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("source", "table"),
    )
    op.create_table(
        "triggers",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("definition", _JSON, nullable=False),
        sa.Column("fired_count", _COUNT, nullable=False),
        sa.Column("last_fired_at", _MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "ways_taken",
        sa.Column("journey", sa.String(), nullable=False),
        sa.Column("tile", sa.String(), nullable=False),
        sa.Column("instance", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("way", sa.String(), nullable=False),
        sa.Column("place", _COUNT, nullable=False),
        sa.Column("at", _MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("journey", "tile", "instance"),
    )
    op.create_table(
        "versions",
        sa.Column("journey", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("published_at", _MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("journey", "number"),
    )
