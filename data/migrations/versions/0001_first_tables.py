"""The first tables: territory, organisations, catalogue, incidents, cameras, records."""

import sqlalchemy as sa
from alembic import op

from data.models import columns

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


WGS_84 = (
    'GEOGCS["WGS 84",DATUM["WGS_1984",SPHEROID["WGS 84",6378137,298.257223563]],'
    'PRIMEM["Greenwich",0],UNIT["degree",0.0174532925199433],AUTHORITY["EPSG","4326"]]'
)
WHOLE_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
SHAPES = ("area", "grid_unit")

REFUSE_ON_SQLITE = """
CREATE TRIGGER incident_event_refuse_{verb} BEFORE {verb} ON incident_event
BEGIN SELECT RAISE(ABORT, 'incident_event is append-only'); END
"""
REFUSE_ON_POSTGRESQL = """
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END $$;
CREATE TRIGGER incident_event_refuse_change BEFORE UPDATE OR DELETE OR TRUNCATE ON incident_event
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
"""


def _finish_sqlite() -> None:
    """Make the history append-only, and tell GDAL and QGIS which columns hold shapes."""
    for verb in ("UPDATE", "DELETE"):
        op.execute(REFUSE_ON_SQLITE.format(verb=verb))
    op.execute(
        "CREATE TABLE geometry_columns (f_table_name TEXT, f_geometry_column TEXT, "
        "geometry_type INTEGER, coord_dimension INTEGER, srid INTEGER, geometry_format TEXT)"
    )
    op.execute(
        "CREATE TABLE spatial_ref_sys (srid INTEGER PRIMARY KEY, auth_name TEXT, auth_srid INTEGER, "
        "srtext TEXT)"
    )
    op.execute(f"INSERT INTO spatial_ref_sys VALUES (4326, 'EPSG', 4326, '{WGS_84}')")
    for table in SHAPES:
        op.execute(
            f"INSERT INTO geometry_columns VALUES ('{table}', 'geometry', 6, 2, 4326, 'WKB')"
        )


def _finish_postgresql() -> None:
    """Make the history append-only and the shapes quick to find."""
    op.execute(REFUSE_ON_POSTGRESQL)
    for table in SHAPES:
        op.execute(f"CREATE INDEX {table}_geometry_gist ON {table} USING gist (geometry)")


def upgrade() -> None:
    on_sqlite = op.get_bind().dialect.name == "sqlite"
    if not on_sqlite:
        op.execute("CREATE EXTENSION IF NOT EXISTS postgis")
    _create_tables()
    op.execute("INSERT INTO revision_counter (id, revision) VALUES (1, 0)")
    if on_sqlite:
        _finish_sqlite()
    else:
        _finish_postgresql()


def _create_tables() -> None:
    op.create_table(
        "grid_scheme",
        sa.Column("id", WHOLE_NUMBER, nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("translations", sa.JSON(), nullable=False),
        sa.Column("position", WHOLE_NUMBER, nullable=False),
        sa.Column("max_households", WHOLE_NUMBER, nullable=False),
        sa.Column("max_residents", WHOLE_NUMBER, nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("code"),
    )
    op.create_table(
        "import_batch",
        sa.Column("id", WHOLE_NUMBER, nullable=False),
        sa.Column("subject", sa.String(length=20), nullable=False),
        sa.Column("file_name", sa.String(length=255), nullable=False),
        sa.Column("file_sha256", sa.String(length=64), nullable=False),
        sa.Column("source_crs", sa.String(length=32), nullable=False),
        sa.Column("imported_at", columns.UtcDateTime(timezone=True), nullable=False),
        sa.Column("report", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "installation",
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("value", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("key"),
    )
    op.create_table(
        "revision_counter",
        sa.Column("id", WHOLE_NUMBER, nullable=False),
        sa.Column("revision", WHOLE_NUMBER, nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "service_category",
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("translations", sa.JSON(), nullable=False),
        sa.Column("cap_category", sa.String(length=16), nullable=False),
        sa.Column("position", WHOLE_NUMBER, nullable=False),
        sa.PrimaryKeyConstraint("code"),
    )
    op.create_table(
        "topic_change",
        sa.Column("topic", sa.String(length=64), nullable=False),
        sa.Column("revision", WHOLE_NUMBER, nullable=False),
        sa.Column("changed_at", columns.UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("topic"),
    )
    op.create_table(
        "area",
        sa.Column("id", WHOLE_NUMBER, nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("translations", sa.JSON(), nullable=False),
        sa.Column("level", sa.String(length=20), nullable=False),
        sa.Column("parent_id", WHOLE_NUMBER, nullable=True),
        sa.Column("urban_rural_class", sa.String(length=3), nullable=True),
        sa.Column("households", WHOLE_NUMBER, nullable=True),
        sa.Column("residents", WHOLE_NUMBER, nullable=True),
        sa.Column("area_m2", sa.Double(), nullable=False),
        sa.Column("geometry", columns.Geometry(), nullable=False),
        sa.Column("source_crs", sa.String(length=32), nullable=False),
        sa.Column("source_system", sa.String(length=64), nullable=False),
        sa.Column("source_id", sa.String(length=128), nullable=False),
        sa.Column("import_batch_id", WHOLE_NUMBER, nullable=True),
        sa.ForeignKeyConstraint(
            ["import_batch_id"],
            ["import_batch.id"],
        ),
        sa.ForeignKeyConstraint(
            ["parent_id"],
            ["area.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("code"),
        sa.UniqueConstraint("source_system", "source_id"),
    )
    op.create_index(op.f("ix_area_parent_id"), "area", ["parent_id"], unique=False)
    op.create_table(
        "grid_level",
        sa.Column("scheme_id", WHOLE_NUMBER, nullable=False),
        sa.Column("level", WHOLE_NUMBER, autoincrement=False, nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("translations", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["scheme_id"],
            ["grid_scheme.id"],
        ),
        sa.PrimaryKeyConstraint("scheme_id", "level"),
    )
    op.create_table(
        "grid_unit",
        sa.Column("id", WHOLE_NUMBER, nullable=False),
        sa.Column("scheme_id", WHOLE_NUMBER, nullable=False),
        sa.Column("level", WHOLE_NUMBER, nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("translations", sa.JSON(), nullable=False),
        sa.Column("parent_id", WHOLE_NUMBER, nullable=True),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("households", WHOLE_NUMBER, nullable=True),
        sa.Column("residents", WHOLE_NUMBER, nullable=True),
        sa.Column("area_m2", sa.Double(), nullable=False),
        sa.Column("geometry", columns.Geometry(), nullable=False),
        sa.Column("valid_from", columns.UtcDateTime(timezone=True), nullable=True),
        sa.Column("valid_until", columns.UtcDateTime(timezone=True), nullable=True),
        sa.Column("source_crs", sa.String(length=32), nullable=False),
        sa.Column("source_system", sa.String(length=64), nullable=False),
        sa.Column("source_id", sa.String(length=128), nullable=False),
        sa.Column("import_batch_id", WHOLE_NUMBER, nullable=True),
        sa.CheckConstraint(
            "valid_until IS NULL OR valid_from IS NULL OR valid_from < valid_until", name="validity"
        ),
        sa.ForeignKeyConstraint(
            ["import_batch_id"],
            ["import_batch.id"],
        ),
        sa.ForeignKeyConstraint(
            ["parent_id"],
            ["grid_unit.id"],
        ),
        sa.ForeignKeyConstraint(
            ["scheme_id"],
            ["grid_scheme.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("scheme_id", "code", "valid_from"),
        sa.UniqueConstraint("source_system", "source_id"),
    )
    op.create_index("grid_unit_of_level", "grid_unit", ["scheme_id", "level"], unique=False)
    op.create_index(op.f("ix_grid_unit_parent_id"), "grid_unit", ["parent_id"], unique=False)
    op.create_table(
        "organisation",
        sa.Column("id", WHOLE_NUMBER, nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("translations", sa.JSON(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("parent_id", WHOLE_NUMBER, nullable=True),
        sa.Column("source_system", sa.String(length=64), nullable=False),
        sa.Column("source_id", sa.String(length=128), nullable=False),
        sa.Column("import_batch_id", WHOLE_NUMBER, nullable=True),
        sa.ForeignKeyConstraint(
            ["import_batch_id"],
            ["import_batch.id"],
        ),
        sa.ForeignKeyConstraint(
            ["parent_id"],
            ["organisation.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("code"),
        sa.UniqueConstraint("source_system", "source_id"),
    )
    op.create_table(
        "service_item",
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("category_code", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("translations", sa.JSON(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("lead_organisation_code", sa.String(length=64), nullable=True),
        sa.Column("time_limit_value", WHOLE_NUMBER, nullable=True),
        sa.Column("time_limit_unit", sa.String(length=16), nullable=True),
        sa.ForeignKeyConstraint(
            ["category_code"],
            ["service_category.code"],
        ),
        sa.PrimaryKeyConstraint("code"),
    )
    op.create_index(
        op.f("ix_service_item_category_code"), "service_item", ["category_code"], unique=False
    )
    op.create_table(
        "camera",
        sa.Column("id", WHOLE_NUMBER, nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("longitude", sa.Double(), nullable=True),
        sa.Column("latitude", sa.Double(), nullable=True),
        sa.Column("cell", WHOLE_NUMBER, nullable=True),
        sa.Column("source_crs", sa.String(length=32), nullable=False),
        sa.Column("address", sa.String(length=300), nullable=True),
        sa.Column("area_id", WHOLE_NUMBER, nullable=True),
        sa.Column("status", sa.String(length=8), nullable=False),
        sa.Column("last_seen_at", columns.UtcDateTime(timezone=True), nullable=True),
        sa.Column("azimuth_deg", sa.Double(), nullable=True),
        sa.Column("view_angle_deg", sa.Double(), nullable=True),
        sa.Column("view_distance_m", sa.Double(), nullable=True),
        sa.Column("ptz_type", sa.String(length=2), nullable=True),
        sa.Column("position_type", sa.String(length=2), nullable=True),
        sa.Column("room_type", sa.String(length=2), nullable=True),
        sa.Column("direction_type", sa.String(length=2), nullable=True),
        sa.Column("business_group", sa.String(length=64), nullable=True),
        sa.Column("manager_unit", sa.String(length=200), nullable=True),
        sa.Column("purpose", sa.String(length=200), nullable=True),
        sa.Column("filing_no", sa.String(length=64), nullable=True),
        sa.Column("filing_date", sa.Date(), nullable=True),
        sa.Column("sign_posted", sa.Boolean(), nullable=True),
        sa.Column("retention_days", WHOLE_NUMBER, nullable=True),
        sa.Column("updated_at", columns.UtcDateTime(timezone=True), nullable=False),
        sa.Column("source_system", sa.String(length=64), nullable=False),
        sa.Column("source_id", sa.String(length=128), nullable=False),
        sa.Column("import_batch_id", WHOLE_NUMBER, nullable=True),
        sa.ForeignKeyConstraint(
            ["area_id"],
            ["area.id"],
        ),
        sa.ForeignKeyConstraint(
            ["import_batch_id"],
            ["import_batch.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("code"),
        sa.UniqueConstraint("source_system", "source_id"),
    )
    op.create_index(op.f("ix_camera_area_id"), "camera", ["area_id"], unique=False)
    op.create_table(
        "grid_area_link",
        sa.Column("grid_id", WHOLE_NUMBER, nullable=False),
        sa.Column("area_id", WHOLE_NUMBER, nullable=False),
        sa.Column("share_of_grid", sa.Double(), nullable=False),
        sa.Column("share_of_area", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(["area_id"], ["area.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["grid_id"], ["grid_unit.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("grid_id", "area_id"),
    )
    op.create_index(op.f("ix_grid_area_link_area_id"), "grid_area_link", ["area_id"], unique=False)
    op.create_table(
        "incident",
        sa.Column("id", WHOLE_NUMBER, nullable=False),
        sa.Column("incident_no", sa.String(length=64), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("category_code", sa.String(length=64), nullable=False),
        sa.Column("service_item_code", sa.String(length=64), nullable=True),
        sa.Column("source", sa.String(length=24), nullable=False),
        sa.Column("priority", sa.String(length=8), nullable=False),
        sa.Column("stage", sa.String(length=16), nullable=False),
        sa.Column("agency_id", WHOLE_NUMBER, nullable=True),
        sa.Column("longitude", sa.Double(), nullable=True),
        sa.Column("latitude", sa.Double(), nullable=True),
        sa.Column("cell", WHOLE_NUMBER, nullable=True),
        sa.Column("source_crs", sa.String(length=32), nullable=False),
        sa.Column("address", sa.String(length=300), nullable=True),
        sa.Column("area_id", WHOLE_NUMBER, nullable=True),
        sa.Column("occurred_at", columns.UtcDateTime(timezone=True), nullable=True),
        sa.Column("reported_at", columns.UtcDateTime(timezone=True), nullable=False),
        sa.Column("verified_at", columns.UtcDateTime(timezone=True), nullable=True),
        sa.Column("filed_at", columns.UtcDateTime(timezone=True), nullable=True),
        sa.Column("dispatched_at", columns.UtcDateTime(timezone=True), nullable=True),
        sa.Column("received_at", columns.UtcDateTime(timezone=True), nullable=True),
        sa.Column("handling_at", columns.UtcDateTime(timezone=True), nullable=True),
        sa.Column("handled_at", columns.UtcDateTime(timezone=True), nullable=True),
        sa.Column("checked_at", columns.UtcDateTime(timezone=True), nullable=True),
        sa.Column("closed_at", columns.UtcDateTime(timezone=True), nullable=True),
        sa.Column("evaluated_at", columns.UtcDateTime(timezone=True), nullable=True),
        sa.Column("due_at", columns.UtcDateTime(timezone=True), nullable=True),
        sa.Column("extended_due_at", columns.UtcDateTime(timezone=True), nullable=True),
        sa.Column("rework_count", WHOLE_NUMBER, nullable=False),
        sa.Column("return_count", WHOLE_NUMBER, nullable=False),
        sa.Column("transfer_count", WHOLE_NUMBER, nullable=False),
        sa.Column("duplicate_of_id", WHOLE_NUMBER, nullable=True),
        sa.Column("updated_at", columns.UtcDateTime(timezone=True), nullable=False),
        sa.Column("source_system", sa.String(length=64), nullable=False),
        sa.Column("source_id", sa.String(length=128), nullable=False),
        sa.Column("import_batch_id", WHOLE_NUMBER, nullable=True),
        sa.ForeignKeyConstraint(
            ["agency_id"],
            ["organisation.id"],
        ),
        sa.ForeignKeyConstraint(
            ["area_id"],
            ["area.id"],
        ),
        sa.ForeignKeyConstraint(
            ["category_code"],
            ["service_category.code"],
        ),
        sa.ForeignKeyConstraint(
            ["duplicate_of_id"],
            ["incident.id"],
        ),
        sa.ForeignKeyConstraint(
            ["import_batch_id"],
            ["import_batch.id"],
        ),
        sa.ForeignKeyConstraint(
            ["service_item_code"],
            ["service_item.code"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("source_system", "source_id"),
    )
    op.create_index("incident_position", "incident", ["latitude", "longitude"], unique=False)
    op.create_index(op.f("ix_incident_area_id"), "incident", ["area_id"], unique=False)
    op.create_index(op.f("ix_incident_cell"), "incident", ["cell"], unique=False)
    op.create_index(op.f("ix_incident_incident_no"), "incident", ["incident_no"], unique=False)
    op.create_index(op.f("ix_incident_reported_at"), "incident", ["reported_at"], unique=False)
    op.create_table(
        "camera_grid",
        sa.Column("camera_id", WHOLE_NUMBER, nullable=False),
        sa.Column("grid_id", WHOLE_NUMBER, nullable=False),
        sa.ForeignKeyConstraint(["camera_id"], ["camera.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["grid_id"], ["grid_unit.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("camera_id", "grid_id"),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_camera_grid_grid_id"), "camera_grid", ["grid_id"], unique=False)
    op.create_table(
        "incident_event",
        sa.Column("incident_id", WHOLE_NUMBER, nullable=False),
        sa.Column("sequence", WHOLE_NUMBER, autoincrement=False, nullable=False),
        sa.Column("at", columns.UtcDateTime(timezone=True), nullable=False),
        sa.Column("action", sa.String(length=24), nullable=False),
        sa.Column("stage", sa.String(length=16), nullable=False),
        sa.Column("from_value", sa.String(length=200), nullable=True),
        sa.Column("to_value", sa.String(length=200), nullable=True),
        sa.Column("organisation_id", WHOLE_NUMBER, nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["incident_id"],
            ["incident.id"],
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
        ),
        sa.PrimaryKeyConstraint("incident_id", "sequence"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "incident_grid",
        sa.Column("incident_id", WHOLE_NUMBER, nullable=False),
        sa.Column("grid_id", WHOLE_NUMBER, nullable=False),
        sa.ForeignKeyConstraint(["grid_id"], ["grid_unit.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["incident_id"], ["incident.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("incident_id", "grid_id"),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "incident_grid_of_grid", "incident_grid", ["grid_id", "incident_id"], unique=False
    )


def downgrade() -> None:
    raise NotImplementedError("There is nothing before the first tables.")
