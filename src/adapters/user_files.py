"""Files of users: SQLite databases as Flask applications keep them, CSV (RFC 4180), JSON Lines."""

import csv
import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TextIO

from domain.transfer import FIELDS, Row, UnreadableFile, UserRecord

TABLES = ("users", "user")
"""As applications call it; the first one that is there is read."""

NAMES = ("name", "username")
"""What the field of the name is called."""


class UserFile:
    """The rows of a file, as often as they are gone through.

    Opens the file at each turn. Raises UnreadableFile.
    """

    def __init__(self, path: Path, *, form: str) -> None:
        self._path = path
        self._form = form

    def __iter__(self) -> Iterator[Row]:
        with self._translated_errors():
            yield from _READERS[self._form](self._path)

    def size(self) -> int:
        """About how many rows there are."""
        with self._translated_errors():
            if self._form == "sqlite":
                with closing(_connect(self._path)) as connection:
                    found = connection.execute(f"SELECT count(*) FROM {_table(connection)}")  # noqa: S608 - one of two names
                    return int(found.fetchone()[0])
            with self._path.open("rb") as file:
                return sum(1 for _ in file)

    @contextmanager
    def _translated_errors(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            reason = f"cannot be opened: {error.strerror}. Check its name and who may read it."
            raise UnreadableFile(f"{self._path} {reason}") from error
        except (sqlite3.Error, csv.Error) as error:
            reason = f"is no whole {self._form} file: {error}. Check it, or give its --format."
            raise UnreadableFile(f"{self._path} {reason}") from error


def write(users: Iterable[UserRecord], file: TextIO, *, form: str) -> int:
    """Writes each user to a line, as CSV or JSON Lines; says how many those were."""
    number = 0
    table = csv.writer(file, lineterminator="\n")
    if form == "csv":
        table.writerow(FIELDS)
    for user in users:
        values = {name: _text(getattr(user, name)) for name in FIELDS}
        if form == "csv":
            table.writerow(values.values())
        else:
            file.write(json.dumps(values, ensure_ascii=False) + "\n")
        number += 1
    return number


def _text(value: str | datetime | None) -> str | None:
    return value.isoformat() if isinstance(value, datetime) else value


def _sqlite(path: Path) -> Iterator[Row]:
    with closing(_connect(path)) as connection:
        table = _table(connection)
        # The names of its columns are among ours, so that they can be trusted.
        found = {name for _, name, *_ in connection.execute(f"PRAGMA table_info({table})")}
        # Roles in the database of another program mean what they mean there.
        known = dict.fromkeys((*NAMES, *FIELDS))
        columns = [name for name in known if name in found and name != "role"]
        _require(columns)
        query = f"SELECT rowid, {', '.join(columns)} FROM {table} ORDER BY rowid"  # noqa: S608
        for number, *values in connection.execute(query):
            yield _row(f"row {number}", dict(zip(columns, values, strict=True)))


def _connect(path: Path) -> sqlite3.Connection:
    # Opened before, since SQLite does not tell why it cannot.
    path.open("rb").close()
    connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)
    connection.text_factory = lambda data: data.decode("utf-8", "surrogateescape")
    return connection


def _table(connection: sqlite3.Connection) -> str:
    named = connection.execute("SELECT name FROM sqlite_master WHERE type IN ('table', 'view')")
    found = {name for (name,) in named}
    for table in TABLES:
        if table in found:
            return f'"{table}"'
    raise UnreadableFile("The database has no table of users: it would be named users or user.")


def _csv(path: Path) -> Iterator[Row]:
    with _opened(path, newline="") as file:
        reader = csv.DictReader(file, strict=True)
        columns = reader.fieldnames or ()
        _require(columns)
        for values in reader:
            place = f"line {reader.line_num}"
            if None in values or None in values.values():
                yield Row(place, fault=f"It has not {len(columns)} cells, as the first line has.")
            else:
                yield _row(place, values)


def _jsonl(path: Path) -> Iterator[Row]:
    with _opened(path) as file:
        for number, line in enumerate(file, 1):
            if line.strip():
                yield _from_json(f"line {number}", line)


def _from_json(place: str, line: str) -> Row:
    try:
        values = json.loads(line)
    except (ValueError, RecursionError):
        values = None
    if not isinstance(values, dict):
        return Row(place, fault="It is no JSON object.")
    return _row(place, values)


_READERS = {"sqlite": _sqlite, "csv": _csv, "jsonl": _jsonl}
FORMATS = tuple(_READERS)


def _opened(path: Path, newline: str | None = None) -> TextIO:
    # What is no UTF-8 is refused row by row, since it is in no name and no hash.
    return path.open(encoding="utf-8-sig", errors="surrogateescape", newline=newline)


def _require(columns: Iterable[str]) -> None:
    known = set(columns)
    if not known & set(NAMES) or "password_hash" not in known:
        raise UnreadableFile(
            "The file has no columns of users: name (or username) and password_hash are needed. "
            "If it is of another format, give that as --format."
        )


def _row(place: str, values: Mapping[str, Any]) -> Row:
    name = next((values[each] for each in NAMES if values.get(each) is not None), None)
    given = {**values, "name": name}
    read: dict[str, Any] = {}
    fault = None
    for each in FIELDS:
        value = given.get(each)
        try:
            read[each] = _read(each, None if value == "" else value)
        except (TypeError, ValueError, OverflowError):
            fault = f"Its {each} is {'no moment of ISO 8601' if _is_moment(each) else 'no text'}."
    return Row(place, UserRecord(**read), fault)


def _read(name: str, value: object) -> str | datetime | None:
    if value is None:
        return None
    if not isinstance(value, str):
        raise TypeError(name)
    if not _is_moment(name):
        return value
    moment = datetime.fromisoformat(value)
    return moment.replace(tzinfo=moment.tzinfo or UTC).astimezone(UTC)


def _is_moment(name: str) -> bool:
    return name.endswith("_at")
