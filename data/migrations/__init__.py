"""The steps that bring a database to its newest shape, run by Alembic."""
