"""What the suites put into storage."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta

from domain.authorization import AuthorizationCode
from domain.clients import Client
from domain.sessions import Device, Session
from domain.users import User
from tests.contracts.conftest import Stores
from tests.fakes.clock import START


class Interrupted(Exception):
    """Whatever may go wrong inside a unit of work."""


@contextmanager
def failing_unit(stores: Stores) -> Iterator[None]:
    """A unit of work that fails after all that the block does."""
    with suppress(Interrupted), stores.unit_of_work():
        yield
        raise Interrupted


def session(session_id: str, user_id: int | None, *, created_at: datetime = START) -> Session:
    """A live session."""
    return Session(
        id=session_id,
        user_id=user_id,
        client_id="varvel",
        parent_id=None,
        scope="account",
        audience="https://varvel.example",
        counter=1,
        created_at=created_at,
        rotated_at=created_at,
        used_at=created_at,
        device=Device("A browser", "192.0.2.7"),
        tokens_end=created_at + timedelta(minutes=10),
        idle_end=created_at + timedelta(days=14),
        absolute_end=created_at + timedelta(days=30),
    )


def client(client_id: str, *, name: str = "The wiki") -> Client:
    """An application."""
    return Client(
        id=client_id,
        name=name,
        secret_digest="digest",
        redirect_uris=("https://wiki.example/callback",),
        scopes=("read", "write"),
        audiences=(),
        resource=None,
        acts_alone=False,
        is_trusted=False,
        created_at=START,
    )


def add_clients(stores: Stores, *client_ids: str) -> None:
    """Applications with these ids."""
    for client_id in client_ids:
        stores.clients.add(client(client_id, name=f"The {client_id}"))


def code(digest: str, user: User, client_id: str = "wiki") -> AuthorizationCode:
    """A code that this client has from this user."""
    return AuthorizationCode(
        digest=digest,
        client_id=client_id,
        user_id=user.id,
        parent_id="parent",
        redirect_uri="https://wiki.example/callback",
        scope="read",
        audience="https://wiki.example",
        code_challenge="challenge",
        expires_at=START + timedelta(minutes=1),
    )


def put_consent(
    stores: Stores, user: User, client_id: str, *, scope: str = "read", given_at: datetime = START
) -> None:
    """Lets the client do this, as the use case does."""
    with stores.unit_of_work():
        stores.users.lock(user.id)
        stores.consents.put(user.id, client_id, scope=scope, given_at=given_at)


def add_user(stores: Stores, name: str = "miguel") -> User:
    """A user of this name."""
    return stores.users.add(name=name, canonical_name=name, password_hash="hash", created_at=START)


def add_sessions(stores: Stores, user: User, *session_ids: str) -> list[Session]:
    """Live sessions of the user, the oldest first."""
    added = [
        session(session_id, user.id, created_at=START + timedelta(minutes=number))
        for number, session_id in enumerate(session_ids)
    ]
    for each in added:
        stores.sessions.add(each)
    return added


def live(stores: Stores, user: User, *, now: datetime = START) -> list[str]:
    """The ids of the user's live sessions, the youngest first."""
    return [each.id for each in stores.sessions.list_live(user.id, now=now)]


def end_all(stores: Stores, user: User) -> None:
    """Ends the user's sessions as the use cases do."""
    with stores.unit_of_work():
        stores.users.lock(user.id)
        stores.sessions.end(user.id, at=START)
