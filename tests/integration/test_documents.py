"""Tables of the documentation that have to say what the code does."""

import ast
import re
from pathlib import Path

import pytest
from falcon.testing import TestClient

from adapters.jose.tokens import MAXIMUM_TOKEN_SIZE
from adapters.sql.schema import metadata
from domain.passwords import MAXIMUM_PASSWORD_LENGTH
from domain.sessions import SessionPolicy
from domain.users import MAXIMUM_NAME_LENGTH
from entrypoints.bootstrap import build, create_app
from entrypoints.bootstrap.parts import PRODUCTION_MINIMUM_LENGTH
from entrypoints.bootstrap.services import STORAGE_QUEUE
from entrypoints.http import bodies, json, lanes
from entrypoints.http.app import routes
from entrypoints.http.operations import Access, Operation
from entrypoints.http.proxies import Proxies
from entrypoints.pages.returning import MAXIMUM_QUERY
from entrypoints.settings import Settings
from tests.integration.calls import field_codes, register
from tests.integration.conftest import MakeSettings
from tests.integration.stores import SQLITE, Store

pytestmark = pytest.mark.databases(SQLITE)
"""What is documented is so on every database."""

ROOT = Path(__file__).parents[2]
SECURITY = (ROOT / "docs/security.md").read_text("utf-8")
CRYPTOGRAPHY = {"cryptography", "hashlib", "hmac", "joserfc", "passlib", "secrets"}
"""What may be used; ssl, argon2 and others may not be imported by us.

Authlib hashes a verifier of PKCE (RFC 7636), and nothing of its cryptography is used besides.
"""

OTHER_CRYPTOGRAPHY = {
    *("Crypto", "OpenSSL", "_hashlib", "argon2", "bcrypt", "crypt", "jose", "jwt"),
    *("nacl", "random", "rsa", "ssl", "uuid"),
}

PROOFS = {
    Access.ANYONE: "nothing",
    Access.USER: "password or token",
    Access.TOKEN: "token",
    Access.PROFILE: "token, or an application's with the scope `profile`",
    Access.ADMIN: "token of an admin",
}
PROVED_BY_BODY = {
    "POST /api/users": "nothing, unless registration is closed",
    "GET /api/users/{user_id}": "nothing, unless users are not public",
    "PUT /api/users/me/password": "token and password",
    "POST /api/users/me/removal": "token and password",
    "POST /api/token": "refresh token",
    "POST /api/sessions": "password",
}


def section(heading: str) -> str:
    """What stands under this heading of docs/security.md, down to the next."""
    return re.split(r"^#+ ", SECURITY.split(f"# {heading}\n")[1], flags=re.MULTILINE)[0]


def rows(heading: str) -> list[list[str]]:
    """The cells of the section's tables, without their heads."""
    lines = [line for line in section(heading).splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def quoted(text: str) -> list[str]:
    return re.findall("`([^`]+)`", text)


def operations(settings: Settings) -> dict[str, Operation]:
    services, database = build(settings)
    database.dispose()
    return {
        f"{method} {route.path}": declared
        for route in routes(services, proxies=Proxies(()), jwks_max_age=300)
        for method, declared in route.resource.operations.items()
        if method != "HEAD" and not route.deprecated and route.is_api
    }


@pytest.mark.asvs("V6.1.3", "V6.3.4", "V6.3.6", "V6.4.2", "V8.1.1", "V8.1.2")
def test_every_operation_is_documented_with_its_proof_and_its_fields(
    make_settings: MakeSettings,
) -> None:
    documented = {
        name: (proof, quoted(taken), quoted(given))
        for cell, proof, taken, given in rows("Ways in, and who may do what")[1:]
        for name in quoted(cell)
    }

    assert documented == {
        name: (
            PROVED_BY_BODY.get(name, PROOFS[declared.access]),
            list(declared.body.fields) if declared.body else [],
            list(declared.answer.fields) if declared.answer else [],
        )
        for name, declared in operations(make_settings()).items()
    }


@pytest.mark.asvs("V6.1.2", "V6.2.11")
def test_the_documented_words_are_those_that_no_password_may_contain(store: Store) -> None:
    settings = store.settings(
        PROFILE="production", PUBLIC_URL="https://id.example.com", SECRET=store.secret()
    )
    services, database = build(settings)
    database.dispose()
    documented = quoted(section("Words that no password may contain"))

    assert documented == list(services.register_user.passwords.context_words)
    for word in (*documented, "miguel"):
        answer = register(TestClient(create_app(settings)), password=f"correct {word} battery")
        assert field_codes(answer) == [("password", "too_obvious")]


@pytest.mark.asvs("V2.1.3")
def test_the_documented_limits_are_those_of_the_code() -> None:
    settings = Settings.read({})

    documented = [int(number) for _, number, _ in rows("Limits")[1:]]

    assert documented == [
        *(MAXIMUM_NAME_LENGTH, MAXIMUM_PASSWORD_LENGTH, PRODUCTION_MINIMUM_LENGTH),
        *(
            MAXIMUM_TOKEN_SIZE,
            MAXIMUM_QUERY,
            json.MAXIMUM_BODY,
            bodies.MAXIMUM_BODY_SECONDS,
            json.MAXIMUM_DEPTH,
        ),
        *(SessionPolicy().maximum_live, SessionPolicy().maximum_granted),
        settings.token_lifetime.total_seconds(),
        settings.session_idle.total_seconds(),
        settings.session_lifetime.total_seconds(),
        *(settings.throttle.free, settings.throttle.maximum, settings.throttle.network_failures),
        *(settings.hash_queue, settings.storage_threads, STORAGE_QUEUE, lanes.MAXIMUM_SECONDS),
    ]


@pytest.mark.asvs("V14.1.1")
def test_every_column_is_classified_once() -> None:
    classified = [name for level, what, *more in rows("Data") if not more for name in quoted(what)]

    columns = [str(column) for table in metadata.sorted_tables for column in table.columns]
    assert sorted(name for name in classified if "." in name) == sorted(columns)


def imported(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add(str(node.module).partition(".")[0])
    return found


@pytest.mark.asvs("V11.1.2", "V11.2.1")
def test_the_inventory_of_cryptography_names_every_use() -> None:
    documented: dict[str, set[str]] = {}
    for *_, libraries, module in (row for row in rows("Cryptography")[1:] if len(row) == 5):
        documented.setdefault(quoted(module)[0], set()).update(quoted(libraries))

    used = {
        path.relative_to(ROOT / "src").as_posix(): imported(path)
        for path in (ROOT / "src").rglob("*.py")
    }

    assert documented == {
        path: names & CRYPTOGRAPHY for path, names in used.items() if names & CRYPTOGRAPHY
    }
    assert not set().union(*used.values()) & OTHER_CRYPTOGRAPHY
