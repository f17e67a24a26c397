"""Files of users: what is read of each form, row by row, and what is no such file."""

import io
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from adapters.user_files import FORMATS, UserFile, write
from domain.transfer import Row, UnreadableFile, UserRecord
from tests.fakes.clock import START


def read(directory: Path, form: str, content: str | bytes) -> list[Row]:
    file = directory / "users"
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    return list(UserFile(file, form=form))


def table(file: Path, *statements: str) -> list[Row]:
    with closing(sqlite3.connect(file)) as connection, connection:
        for statement in statements:
            connection.execute(statement)
    return list(UserFile(file, form="sqlite"))


@pytest.mark.parametrize("form", ["csv", "jsonl"])
def test_what_is_written_is_read_again(tmp_path: Path, form: str) -> None:
    users = [
        UserRecord("miguel", "$6$x", START, None),
        UserRecord('Zoë,"\u2028', "a,b", START, START + timedelta(microseconds=1)),
        UserRecord("=1+1", "'", datetime(1999, 12, 31, tzinfo=UTC), START),
    ]
    file = io.StringIO()

    assert write(users, file, form=form) == 3

    rows = read(tmp_path, form, file.getvalue())
    assert [(row.user, row.fault) for row in rows] == [(user, None) for user in users]


def test_csv_is_read_by_the_names_in_its_first_line(tmp_path: Path) -> None:
    content = (
        "\ufeffid,password_hash,username,created_at\r\n"
        '7,"a,b",José,2024-01-01 12:00:00\r\n'
        "\r\n"
        '8,"two\nlines",,2024-01-01T12:00:00+02:00\r\n'
        "9,hash\r\n"
        "10,hash,susan,,more\r\n"
        "11,hash,susan,yesterday\r\n"
    )

    rows = read(tmp_path, "csv", content)

    cells = "It has not 4 cells, as the first line has."
    assert rows[:4] == [
        Row("line 2", UserRecord("José", "a,b", datetime(2024, 1, 1, 12, tzinfo=UTC))),
        Row("line 5", UserRecord(None, "two\nlines", datetime(2024, 1, 1, 10, tzinfo=UTC))),
        Row("line 6", fault=cells),
        Row("line 7", fault=cells),
    ]
    assert rows[4].fault == "Its created_at is no moment of ISO 8601."


def test_json_lines_that_are_no_records_are_rows_with_a_fault(tmp_path: Path) -> None:
    lines = [
        '{"name": "José", "password_hash": "x", "disabled_at": "2024-01-01", "more": [1]}',
        "",
        "{",
        "[]",
        "[" * 200_000,
        '{"name": 5}',
        '{"name": "a", "password_hash": true}',
        '{"name": "a", "created_at": "0001-01-01T00:00:00+23:00"}',
    ]

    rows = read(tmp_path, "jsonl", "\n".join(lines))

    assert rows[0] == Row(
        "line 1", UserRecord("José", "x", disabled_at=datetime(2024, 1, 1, tzinfo=UTC))
    )
    assert [(row.place, row.fault) for row in rows[1:]] == [
        ("line 3", "It is no JSON object."),
        ("line 4", "It is no JSON object."),
        ("line 5", "It is no JSON object."),
        ("line 6", "Its name is no text."),
        ("line 7", "Its password_hash is no text."),
        ("line 8", "Its created_at is no moment of ISO 8601."),
    ]


def test_a_database_is_read_in_the_order_of_its_rows(tmp_path: Path) -> None:
    rows = table(
        tmp_path / "app.db",
        'CREATE TABLE "user" (id INTEGER PRIMARY KEY, created_at, username, password_hash)',
        "INSERT INTO \"user\" VALUES (9, '2024-01-01 12:00:00.000000', 'susan', 'x')",
        "INSERT INTO \"user\" VALUES (3, NULL, NULL, x'00')",
        "INSERT INTO \"user\" VALUES (4, 1700000000, CAST(x'ff61' AS TEXT), 'y')",
    )

    assert rows[0] == Row("row 3", UserRecord(), "Its password_hash is no text.")
    assert rows[1].user.name == "\udcffa"
    assert rows[1].fault == "Its created_at is no moment of ISO 8601."
    created = datetime(2024, 1, 1, 12, tzinfo=UTC)
    assert rows[2] == Row("row 9", UserRecord("susan", "x", created))


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"name\nmiguel\n",
        b"\x00\xff" * 4096,
        b'name,password_hash\n"miguel',
        b"SQLite format 3",
    ],
    ids=["nothing", "no hashes", "bytes", "an open quote", "the head of a database"],
)
def test_what_holds_no_users_is_refused_or_has_a_fault_in_every_row(
    tmp_path: Path, form: str, content: bytes
) -> None:
    if form == "jsonl":
        assert all(row.fault for row in read(tmp_path, form, content))
        return
    with pytest.raises(UnreadableFile, match=r"\.$"):
        read(tmp_path, form, content)


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("name", ["nowhere", "."])
def test_a_file_that_cannot_be_opened_is_refused_and_not_made(
    tmp_path: Path, form: str, name: str
) -> None:
    users = UserFile(tmp_path / name, form=form)

    for use in (list, UserFile.size):
        with pytest.raises(UnreadableFile, match=r"cannot be opened: .*\. Check its name"):
            use(users)

    assert list(tmp_path.iterdir()) == []


def test_a_table_without_users_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFile, match="no table of users"):
        table(tmp_path / "a.db", "CREATE TABLE people (name, password_hash)")
    with pytest.raises(UnreadableFile, match="no columns of users"):
        table(tmp_path / "b.db", "CREATE TABLE users (name, password)")


def test_the_size_is_about_the_number_of_rows(tmp_path: Path) -> None:
    for form, content in (("csv", "name,password_hash\na,b\nc,d\n"), ("jsonl", "{}\n{}\n{}")):
        (tmp_path / "users").write_text(content, "utf-8")
        assert UserFile(tmp_path / "users", form=form).size() == 3
    file = tmp_path / "app.db"
    table(file, "CREATE TABLE users (name, password_hash)", "INSERT INTO users VALUES (1, 2)")
    assert UserFile(file, form="sqlite").size() == 1
