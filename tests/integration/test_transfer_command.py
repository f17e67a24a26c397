"""`varvel users import` and `export`: from Flask to here, and out again."""

import csv
import json
import stat
from io import StringIO
from pathlib import Path

import pytest
from falcon.testing import TestClient

from entrypoints.bootstrap import create_app
from tests import flask
from tests.flask import pbkdf2_hash, scrypt_hash, sha512_hash
from tests.integration.calls import problem, resource
from tests.integration.commands import refusal, run, said
from tests.integration.stores import SQLITE, Store, Stores

PASSWORDS = {"miguel": "python", "Zoë": "pässwörd", "dup": "first"}
ODD: list[flask.Account] = [
    ("dup", sha512_hash("second")),
    ("Dup", sha512_hash("third")),
    (None, sha512_hash("nobody's")),
    ("broken", "not-a-hash"),
    ("\x1b[31mred", sha512_hash("red")),
]
SHA512 = sha512_hash("python")
TOLD = """\
row 1        'miguel'  taken
row 2        'Zoë'  taken
row 3        'dup'  taken
row 4        'dup'  refused: It has the name of row 3, in this or another spelling.
row 5        'Dup'  refused: It has the name of row 3, in this or another spelling.
row 6        -  refused: It has no name.
row 7        'broken'  refused: No password can be verified by its hash, or only at too high a cost.
row 8        '\\x1b[31mred'  refused: A user name has letters, digits and common signs, and no spaces.
Taken: 3, already there: 0, refused: 5.
"""  # noqa: E501


def hashed(form: str, password: str) -> str:
    if form == "passlib":
        return sha512_hash(password)
    return scrypt_hash(password) if password != "python" else pbkdf2_hash(password)


@pytest.fixture(params=["passlib", "werkzeug"])
def old(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A database as Flask applications with passlib or Werkzeug leave it."""
    accounts = [(name, hashed(request.param, word)) for name, word in PASSWORDS.items()]
    return flask.database(tmp_path / "app.sqlite", [*accounts, *ODD])


def test_everybody_moves_in_from_flask_and_logs_in_by_their_old_password(
    store: Store, old: Path
) -> None:
    result = run(store.environment(), "users", "import", str(old))

    assert (result.exit_code, result.stdout, result.stderr) == (2, TOLD, "")
    api = TestClient(create_app(store.settings()))
    problem(resource(api, "miguel", "ruby"), 401, "invalid_credentials")
    for name, password in PASSWORDS.items():
        for _ in range(2):
            assert resource(api, name, password).status_code == 200
    problem(resource(api, "dup", "second"), 401, "invalid_credentials")
    hashes = [found for (found,) in store.execute("SELECT password_hash FROM users")]
    assert all(found.startswith("$argon2id$") for found in hashes)

    again = run(store.environment(), "users", "import", str(old))

    assert again.exit_code == 2
    assert again.stdout == TOLD.replace("  taken", "  already there").replace(
        "Taken: 3, already there: 0", "Taken: 0, already there: 3"
    )
    assert hashes == [found for (found,) in store.execute("SELECT password_hash FROM users")]


@pytest.mark.databases(SQLITE)
def test_a_dry_run_says_the_same_and_changes_nothing(store: Store, old: Path) -> None:
    result = run(store.environment(), "users", "import", "--dry-run", str(old))

    assert (result.exit_code, result.stdout) == (2, TOLD + "Nothing was changed.\n")
    assert store.execute("SELECT * FROM users") == []
    assert store.execute("SELECT * FROM audit_entries") == []


@pytest.mark.databases(SQLITE)
def test_duplicates_are_all_refused_on_demand(store: Store, old: Path) -> None:
    words = ("users", "import", "--on-duplicate", "refuse", str(old))

    result = run(store.environment(), *words)

    assert result.exit_code == 2
    several = "refused: Several rows have this name, in this or another spelling."
    assert result.stdout.splitlines()[2] == f"row 3        'dup'  {several}"
    assert result.stdout.endswith("Taken: 2, already there: 0, refused: 6.\n")


@pytest.mark.parametrize("ending", ["jsonl", "csv"])
def test_what_is_exported_is_imported_and_exported_alike(
    store: Store, stores: Stores, tmp_path: Path, old: Path, ending: str
) -> None:
    file, second = tmp_path / f"users.{ending}", tmp_path / f"again.{ending}"
    run(store.environment(), "users", "import", str(old))
    said(store.environment(), "users", "disable", "Zoë")

    result = run(store.environment(), "users", "export", str(file))

    assert (result.exit_code, result.stdout, result.stderr) == (0, "", "Exported: 3.\n")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    with stores.lent(tmp_path / "other") as other:
        assert "refused: 0." in said(other.environment(), "users", "import", str(file))
        run(other.environment(), "users", "export", str(second))
        assert said(other.environment(), "users", "import", str(second)).endswith(
            "Taken: 0, already there: 3, refused: 0.\n"
        )
    assert second.read_bytes() == file.read_bytes()
    assert len(file.read_text("utf-8").splitlines()) == 3 + (ending == "csv")


@pytest.mark.databases(SQLITE)
def test_standard_output_gets_json_lines_and_nothing_else(store: Store, old: Path) -> None:
    run(store.environment(), "users", "import", str(old))

    result = run(store.environment(), "users", "export")

    lines = [json.loads(line) for line in result.stdout.splitlines()]
    assert [line["name"] for line in lines] == list(PASSWORDS)
    assert list(lines[0]) == ["name", "password_hash", "created_at", "disabled_at", "role"]


@pytest.mark.databases(SQLITE)
def test_many_users_come_in_batches_each_with_its_entry(store: Store, tmp_path: Path) -> None:
    content = StringIO()
    csv.writer(content).writerows(
        [("name", "password_hash"), *((f"user-{each}", SHA512) for each in range(1200))]
    )
    (tmp_path / "many.csv").write_text(content.getvalue(), "utf-8")

    told = said(store.environment(), "users", "import", str(tmp_path / "many.csv"))

    assert told.endswith("Taken: 1,200, already there: 0, refused: 0.\n")
    assert "line 1201    'user-1199'  taken\n" in told
    entries = said(store.environment(), "audit", "list", "--event", "users_imported")
    details = [line.split("  ")[-1] for line in entries.splitlines()]
    assert sorted(details) == [
        "users=200 first=user:1001 last=user:1200",
        "users=500 first=user:1 last=user:500",
        "users=500 first=user:501 last=user:1000",
    ]


@pytest.mark.databases(SQLITE)
def test_a_file_that_cannot_be_read_is_refused(store: Store, tmp_path: Path) -> None:
    (tmp_path / "noise.sqlite").write_bytes(b"noise" * 1000)
    (tmp_path / "noise.csv").write_bytes(b"noise\n")

    assert "cannot be opened" in refusal(store.environment(), "users", "import", "nowhere.csv")
    for name in ("noise.sqlite", "noise.csv"):
        told = refusal(store.environment(), "users", "import", str(tmp_path / name))
        assert "--format" in told


@pytest.mark.databases(SQLITE)
def test_a_file_of_no_known_ending_needs_its_format_named(store: Store, tmp_path: Path) -> None:
    file = tmp_path / "users.txt"
    file.write_text(json.dumps({"name": "susan", "password_hash": SHA512}), "utf-8")

    assert run(store.environment(), "users", "import", str(file)).exit_code == 2
    told = said(store.environment(), "users", "import", "--format", "jsonl", str(file))
    assert told.startswith("line 1       'susan'  taken\n")


@pytest.mark.databases(SQLITE)
def test_no_file_that_is_there_is_written_over(store: Store, tmp_path: Path) -> None:
    file = tmp_path / "users.csv"
    file.write_text("precious", "utf-8")

    assert "not there yet" in refusal(store.environment(), "users", "export", str(file))
    assert run(store.environment(), "users", "export", "users.sqlite").exit_code == 2
    assert file.read_text("utf-8") == "precious"


@pytest.mark.databases(SQLITE)
def test_a_file_that_could_not_be_finished_is_taken_away(store: Store, tmp_path: Path) -> None:
    store.execute("ALTER TABLE users RENAME TO lost_users")

    refusal(store.environment(), "users", "export", str(tmp_path / "users.csv"))

    assert not (tmp_path / "users.csv").exists()
