"""How Alembic reaches the database: on a connection it is given, or on its own."""

import os

from alembic import context
from sqlalchemy import Connection

from adapters.sql.database import Database
from adapters.sql.schema import metadata


def _migrate(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=metadata,
        transactional_ddl=True,
        render_as_batch=connection.dialect.name == "sqlite",
    )
    with context.begin_transaction():
        context.run_migrations()


def _url() -> str:
    url = os.environ.get("VARVEL_DATABASE_URL") or context.config.get_main_option("sqlalchemy.url")
    if not url:
        raise SystemExit("Set VARVEL_DATABASE_URL, or sqlalchemy.url in alembic.ini.")
    return url


given = context.config.attributes.get("connection")
if given is not None:
    _migrate(given)
elif context.is_offline_mode():
    context.configure(url=_url(), target_metadata=metadata, literal_binds=True)
    with context.begin_transaction():
        context.run_migrations()
else:
    database = Database(_url())
    with database.engine.begin() as connection:
        _migrate(connection)
    database.dispose()
