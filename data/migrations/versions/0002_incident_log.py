"""The log of changed incidents, by which indexes in memory keep in step; open cases quick to find."""

import secrets

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


WHOLE_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

LOG_ON_SQLITE = (
    """
CREATE TRIGGER incident_log_insert AFTER INSERT ON incident
BEGIN INSERT INTO incident_change (incident_id) VALUES (NEW.id); END
""",
    # REPLACE deletes without a trigger, unless the connection asks for recursive ones.
    """
CREATE TRIGGER incident_log_replace BEFORE INSERT ON incident
BEGIN
    INSERT INTO incident_change (incident_id) SELECT id FROM incident
    WHERE source_system = NEW.source_system AND source_id = NEW.source_id;
END
""",
    """
CREATE TRIGGER incident_log_update AFTER UPDATE ON incident
BEGIN
    INSERT INTO incident_change (incident_id) VALUES (NEW.id);
    INSERT INTO incident_change (incident_id) SELECT OLD.id WHERE OLD.id <> NEW.id;
END
""",
    """
CREATE TRIGGER incident_log_delete AFTER DELETE ON incident
BEGIN INSERT INTO incident_change (incident_id) VALUES (OLD.id); END
""",
)
# TRUNCATE needs no trigger: it would have to empty incident_event too, which refuses.
LOG_ON_POSTGRESQL = """
CREATE FUNCTION log_incident_change() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN
    INSERT INTO incident_change (incident_id) SELECT id FROM changed;
    IF TG_OP = 'UPDATE' THEN
        INSERT INTO incident_change (incident_id)
        SELECT id FROM former EXCEPT SELECT id FROM changed;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER incident_log_insert AFTER INSERT ON incident
REFERENCING NEW TABLE AS changed
FOR EACH STATEMENT EXECUTE FUNCTION log_incident_change();
CREATE TRIGGER incident_log_update AFTER UPDATE ON incident
REFERENCING OLD TABLE AS former NEW TABLE AS changed
FOR EACH STATEMENT EXECUTE FUNCTION log_incident_change();
CREATE TRIGGER incident_log_delete AFTER DELETE ON incident
REFERENCING OLD TABLE AS changed
FOR EACH STATEMENT EXECUTE FUNCTION log_incident_change();
"""


def upgrade() -> None:
    op.create_table(
        "incident_change",
        sa.Column("id", WHOLE_NUMBER, nullable=False),
        sa.Column("incident_id", WHOLE_NUMBER, nullable=False),
        sa.Column("revision", WHOLE_NUMBER, nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("incident_change_in_order", "incident_change", ["revision", "id"], unique=False)
    op.create_table(
        "incident_revision",
        sa.Column("revision", WHOLE_NUMBER, autoincrement=False, nullable=False),
        sa.Column("mark", WHOLE_NUMBER, nullable=False),
        sa.PrimaryKeyConstraint("revision"),
    )
    for column in ("closed_at", "duplicate_of_id"):
        op.create_index(op.f(f"ix_incident_{column}"), "incident", [column], unique=False)
    if op.get_bind().dialect.name == "sqlite":
        for trigger in LOG_ON_SQLITE:
            op.execute(trigger)
    else:
        op.execute(LOG_ON_POSTGRESQL)
    # Last: the triggers have waited for whoever was writing incidents, and taken a revision.
    op.execute(
        "INSERT INTO incident_revision (revision, mark) "
        f"SELECT revision, {secrets.randbits(63)} FROM revision_counter"
    )


def downgrade() -> None:
    raise NotImplementedError("Indexes that follow the log would not notice that it is gone.")
