"""The schema's history: up, down and up again, on both databases."""

import io
from collections.abc import Iterator

import pytest
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import inspect, text
from sqlalchemy.exc import IntegrityError

from adapters.sql import migration
from adapters.sql.database import Database
from adapters.sql.schema import HEAD, metadata
from domain.unit_of_work import StorageUnavailable

ADD = (
    "INSERT INTO users (name, canonical_name, password_hash, created_at) "
    "VALUES ('{name}', 'a', 'x', '2026-01-01 00:00:00+00:00')"
)
MOMENTS = ("created_at", "rotated_at", "used_at", "tokens_end", "idle_end", "absolute_end")
ADD_SESSION = (
    f"INSERT INTO sessions (id, user_id, parent_id, client_id, scope, audience, counter, "
    f"{', '.join(MOMENTS)}) VALUES ('{{name}}', {{user}}, {{parent}}, 'x', 'x', 'x', 1, "
    f"{', '.join(['CURRENT_TIMESTAMP'] * len(MOMENTS))})"
)
BOOKKEEPING = {"alembic_version", "sqlite_sequence"}


@pytest.fixture
def database(empty_url: str) -> Iterator[Database]:
    database = Database(empty_url)
    yield database
    database.dispose()


def config(**attributes: object) -> Config:
    made = Config(stdout=io.StringIO())
    made.set_main_option("script_location", "adapters:sql/migrations")
    made.attributes.update(attributes)
    return made


def tables(database: Database) -> set[str]:
    with database.connection() as connection:
        return set(inspect(connection).get_table_names()) - BOOKKEEPING


def schema(database: Database) -> dict[str, list[str]]:
    """Each table's columns, keys and indexes."""
    with database.connection() as connection:
        seen = inspect(connection)
        return {
            table: [
                *(repr({**column, "type": str(column["type"])}) for column in columns),
                repr(seen.get_pk_constraint(table)),
                repr(seen.get_unique_constraints(table)),
                repr(seen.get_foreign_keys(table)),
                repr(seen.get_indexes(table)),
            ]
            for table in tables(database)
            if (columns := seen.get_columns(table))
        }


def rows(database: Database) -> list[tuple[object, ...]]:
    with database.connection() as connection:
        found = connection.execute(text("SELECT * FROM users"))
        return [tuple(row) for row in found]


def downgrade(database: Database, *, to: str) -> None:
    with database.engine.begin() as connection:
        command.downgrade(config(connection=connection), to)


def run(database: Database, statement: str) -> None:
    with database.engine.begin() as connection:
        connection.execute(text(statement))


def test_the_newest_revision_is_the_one_the_program_knows() -> None:
    script = ScriptDirectory.from_config(config())

    assert script.get_heads() == [HEAD]


def test_revisions_are_numbers_of_four_digits_one_after_the_other() -> None:
    found = [step.revision for step in ScriptDirectory.from_config(config()).walk_revisions()]

    assert found[::-1] == [f"{number:04}" for number in range(1, len(found) + 1)]


def test_an_empty_database_has_no_revision(database: Database) -> None:
    assert migration.revision(database) is None
    assert migration.state(database) is migration.SchemaState.OLDER


def test_migrations_lead_to_the_schema_that_the_program_uses(database: Database) -> None:
    migration.upgrade(database)

    assert migration.revision(database) == HEAD
    assert migration.state(database) is migration.SchemaState.CURRENT
    assert tables(database) == set(metadata.tables)


def test_alembic_finds_nothing_left_to_migrate(database: Database) -> None:
    migration.upgrade(database)

    with database.engine.begin() as connection:
        command.check(config(connection=connection))


def test_the_tables_that_the_program_names_are_those_that_migrations_make(
    database: Database,
) -> None:
    migration.upgrade(database)
    migrated = schema(database)
    downgrade(database, to="base")

    with database.engine.begin() as connection:
        metadata.create_all(connection)

    assert {table: sorted(parts) for table, parts in schema(database).items()} == {
        table: sorted(parts) for table, parts in migrated.items()
    }


def test_the_history_goes_down_to_nothing_and_up_again(database: Database) -> None:
    migration.upgrade(database)
    whole = schema(database)

    downgrade(database, to="base")
    assert tables(database) == set()
    assert migration.revision(database) is None

    migration.upgrade(database)
    assert whole
    assert schema(database) == whole


def test_upgrading_twice_changes_nothing(database: Database) -> None:
    migration.upgrade(database)
    run(database, ADD.format(name="a"))
    before = schema(database), rows(database)

    migration.upgrade(database)

    assert (schema(database), rows(database)) == before
    assert len(rows(database)) == 1


def test_an_upgrade_that_fails_leaves_nothing_behind(database: Database) -> None:
    run(database, "CREATE TABLE signing_keys (mine INTEGER)")
    before = schema(database)

    with pytest.raises(StorageUnavailable):
        migration.upgrade(database)

    assert schema(database) == before
    assert migration.revision(database) is None


def test_migrating_after_somebody_else_did_it_first_changes_nothing(empty_url: str) -> None:
    late = Database(empty_url)
    assert migration.state(late) is migration.SchemaState.OLDER
    early = Database(empty_url)
    migration.upgrade(early)
    before = schema(early)

    migration.upgrade(late)

    assert schema(late) == before
    early.dispose()
    late.dispose()


def test_an_id_is_never_given_twice(database: Database) -> None:
    migration.upgrade(database)

    given = []
    for _ in range(2):
        run(database, ADD.format(name="a"))
        given += [row[0] for row in rows(database)]
        run(database, "DELETE FROM users")

    assert given == [1, 2]


def test_a_name_is_unique_in_the_database_itself(database: Database) -> None:
    migration.upgrade(database)
    run(database, ADD.format(name="a"))

    with pytest.raises(IntegrityError):
        run(database, ADD.format(name="A"))


def test_users_are_kept_and_none_is_disabled_when_sessions_come(database: Database) -> None:
    migration.upgrade(database, to="0001")
    run(database, ADD.format(name="a"))
    before = rows(database)

    migration.upgrade(database)

    assert rows(database) == [(*row, None, None) for row in before]
    assert len(before) == 1


def test_users_are_kept_when_sessions_go(database: Database) -> None:
    migration.upgrade(database)
    run(database, ADD.format(name="a"))
    run(database, "UPDATE users SET disabled_at = created_at")
    before = rows(database)

    downgrade(database, to="0001")

    assert rows(database) == [row[:-2] for row in before]
    assert tables(database) == {"users", "signing_keys"}
    migration.upgrade(database)
    assert rows(database) == [(*row[:-2], None, None) for row in before]


def test_an_id_is_not_given_again_after_an_upgrade(database: Database) -> None:
    migration.upgrade(database, to="0001")
    run(database, ADD.format(name="a"))
    run(database, "DELETE FROM users")

    migration.upgrade(database)
    run(database, ADD.format(name="a"))

    assert rows(database)[0][0] == 2


@pytest.mark.parametrize("table", ["feed", "housekeeping"])
def test_what_processes_count_on_is_there_once(database: Database, table: str) -> None:
    migration.upgrade(database)

    with database.connection() as connection:
        assert connection.scalar(text(f"SELECT count(*) FROM {table}")) == 1


def test_sessions_go_with_their_user_and_leave_those_that_came_of_them(database: Database) -> None:
    migration.upgrade(database)
    run(database, ADD.format(name="a"))
    for name, user, parent in (("a", "1", "NULL"), ("b", "NULL", "'a'"), ("c", "1", "'b'")):
        run(database, ADD_SESSION.format(name=name, user=user, parent=parent))

    run(database, "DELETE FROM users")

    with database.connection() as connection:
        found = connection.execute(text("SELECT id, user_id, parent_id FROM sessions"))
        assert [tuple(row) for row in found] == [("b", None, None)]


@pytest.mark.parametrize(("user", "parent"), [("7", "NULL"), ("NULL", "'z'")])
def test_no_session_has_a_user_or_a_parent_who_is_not_there(
    database: Database, user: str, parent: str
) -> None:
    migration.upgrade(database)

    with pytest.raises(IntegrityError):
        run(database, ADD_SESSION.format(name="a", user=user, parent=parent))
