"""Run by Alembic: apply the migrations on the engine that the store hands over."""

from alembic import context

from data.models import Model


def run() -> None:
    """Apply the migrations in one transaction each."""
    engine = context.config.attributes["engine"]
    with engine.connect() as connection:
        context.configure(
            connection=connection,
            target_metadata=Model.metadata,
            transaction_per_migration=True,
        )
        with context.begin_transaction():
            context.run_migrations()


run()
