"""Old code runs on the next schema: every step adds, or says by its name that it takes away."""

from pathlib import Path

import pytest

from adapters.sql.migrations import versions
from tests.integration.additive import takes_away

STEPS = sorted(path for place in versions.__path__ for path in Path(place).glob("[0-9]*.py"))
CONTRACTION = "contraction"
NEW = "op.create_table('new', sa.Column('id', sa.Integer))"


def upgrade(*statements: str) -> str:
    lines = "\n".join(f"    {line}" for line in "\n".join(statements).splitlines())
    return (
        f"def upgrade() -> None:\n{lines}\n\n\ndef downgrade() -> None:\n    op.drop_table('x')\n"
    )


def test_there_are_steps_to_read() -> None:
    assert STEPS[0].stem == "0001_users_and_signing_keys"
    assert all("def upgrade() -> None:" in path.read_text("utf-8") for path in STEPS)


@pytest.mark.parametrize("path", STEPS, ids=lambda path: path.stem)
def test_a_step_only_adds_unless_it_is_named_a_contraction(path: Path) -> None:
    found = takes_away(path.read_text("utf-8"))

    assert CONTRACTION in path.stem or not found, (
        f"{path.name} takes something away, while processes of the release before still run: "
        f"{'; '.join(found)}. Do it a release later, in a step named …_{CONTRACTION}.py."
    )


@pytest.mark.parametrize(
    "statement",
    [
        "op.drop_table('users')",
        "op.drop_column('users', 'name')",
        "op.drop_constraint('uq_users_name', 'users')",
        "op.drop_index('ix_users_name')",
        "op.rename_table('users', 'accounts')",
        "op.alter_column('users', 'name', nullable=False)",
        "op.alter_column('users', 'name', existing_type=sa.Text(), nullable=False)",
        "op.alter_column('users', 'name', new_column_name='title')",
        "op.alter_column('users', 'name', type_=sa.String(10))",
        "op.alter_column('users', 'name', server_default=None)",
        "op.add_column('users', sa.Column('email', sa.Text, nullable=False))",
        "op.add_column('users', sa.Column('email', sa.Text, primary_key=True))",
        "op.add_column('users', Column('email', Text, default='x', nullable=False))",
        "op.create_unique_constraint('uq', 'users', ['name'])",
        "op.create_check_constraint('ck', 'users', 'id > 1')",
        "op.create_foreign_key('fk', 'users', 'others', ['id'], ['id'])",
        "op.create_primary_key('pk', 'users', ['name'])",
        "op.create_index('ix', 'users', ['name'], unique=True)",
        "op.execute('DROP TABLE users')",
        "op.execute(sa.text('ALTER TABLE users RENAME TO accounts'))",
        "op.execute('''\n    delete from users\n''')",
        "op.execute(built(up))",
        "op.get_bind().execute(sa.text('TRUNCATE users'))",
        "with op.batch_alter_table('users') as batch:\n    batch.drop_column('name')",
        "with op.batch_alter_table('users') as batch:\n    batch.alter_column('n', nullable=False)",
        "with op.batch_alter_table('users') as b:\n    b.create_unique_constraint('uq', ['name'])",
        "with op.batch_alter_table('users') as b:\n    b.add_column(Column('e', nullable=False))",
        "if True:\n    for name in ('users',):\n        op.drop_table(name)",
        "op.create_table('new', sa.Column('id', sa.Integer))\nop.drop_table('users')",
    ],
)
def test_what_takes_something_away_is_found(statement: str) -> None:
    assert len(takes_away(upgrade("pass", statement))) == 1


def test_what_a_function_of_the_step_takes_away_is_found() -> None:
    assert takes_away("def _away():\n    drop_table('users')\n" + upgrade("_away()"))


@pytest.mark.parametrize(
    "statement",
    [
        "pass",
        "op.create_table('new', sa.Column('id', nullable=False), sa.UniqueConstraint('id'))",
        f"{NEW}\nop.create_unique_constraint('uq', 'new', ['id'])",
        f"{NEW}\nop.create_foreign_key('fk', 'new', 'users', ['id'], ['id'])",
        f"{NEW}\nop.create_index('ix', 'new', ['id'], unique=True)",
        f"{NEW}\nop.add_column('new', sa.Column('more', sa.Text, nullable=False))",
        "op.create_index('ix', 'users', ['name'])",
        "op.create_index('ix', 'users', ['name'], unique=False)",
        "op.add_column('users', sa.Column('email', sa.Text))",
        "op.add_column('users', sa.Column('email', sa.Text, nullable=True))",
        "op.add_column('users', sa.Column('n', sa.Integer, nullable=False, server_default='0'))",
        "op.alter_column('users', 'name', nullable=True)",
        "op.alter_column('users', 'name', server_default='x')",
        "with op.batch_alter_table('users') as b:\n    b.add_column(sa.Column('email', sa.Text))",
        "op.execute('UPDATE users SET email = name')",
        "op.execute(sa.insert(users).values(name='replacement of dropped'))",
    ],
)
def test_what_only_adds_is_left_alone(statement: str) -> None:
    assert takes_away(upgrade(statement)) == []
