"""What is done with applications in tests of the audit trail, and what has to be told of it."""

from typing import Any

from domain.authorization import AuthorizationCode
from domain.clients import Client
from tests.fakes.authorization import TABLE as CODES
from tests.fakes.sessions import TABLE as SESSIONS
from tests.unit.applications import CALLBACK, OWN, WIKI
from tests.unit.audited import (
    CALLER,
    HERE,
    MIGUEL,
    OPERATOR,
    Deed,
    Told,
    World,
    nothing,
    refused,
)

GRANT = "id-3"
"""The session that comes of Miguel's first code."""

OF_WIKI = "client=wiki"


def create(**changes: Any) -> Deed:
    given = {"name": "A blog", "redirect_uris": [CALLBACK], "scopes": ["read"]} | changes
    return lambda world: world.apps.create(**given, origin=OPERATOR)


def operate(name: str, client_id: str) -> Deed:
    return lambda world: getattr(world.apps, name)(client_id=client_id, origin=OPERATOR)


def let(client: Client, scope: str = "read") -> Deed:
    """Miguel lets the client do this."""
    return lambda world: world.apps.code(world.here, client, scope=scope, origin=CALLER)


def redeem(client: Client) -> Deed:
    """The client presents the first code that there is."""

    def run(world: World) -> object:
        code: AuthorizationCode = next(iter(world.storage.rows(CODES).values()))
        return world.apps.redeemed(code, client, origin=CALLER)

    return run


def grant(world: World) -> None:
    """Miguel lets the wiki read, and it does."""
    let(WIKI)(world)
    redeem(WIKI)(world)


def withdraw(client_id: str) -> Deed:
    def run(world: World) -> None:
        world.apps.withdraw(principal=world.here, client_id=client_id, origin=CALLER)

    return run


def act_alone(world: World) -> object:
    """The wiki acts for itself."""
    return world.apps.alone(origin=CALLER)


def end_grant(session_id: str, client_id: str = "wiki") -> Deed:
    """The client ends this session by its token."""

    def run(world: World) -> None:
        session, issuer = world.storage.rows(SESSIONS)[session_id], world.issue.issuer
        user = None if session.user_id is None else world.miguel
        said = issuer.token(session, user, at=world.clock.now(), token_id="id-77")
        token = issuer.tokens.encode(said)
        world.apps.end_grant(token=token, client_id=client_id, origin=CALLER)

    return run


def reuse(world: World) -> object:
    """The wiki's code is presented again, and refused."""
    return refused(redeem(WIKI))(world)


def log_out(world: World) -> None:
    """Ends Miguel's session."""
    world.end(principal=world.here, session_id="current", origin=CALLER)


CLIENT_DEEDS: dict[str, tuple[Deed, Deed, list[Told]]] = {
    "client": (nothing, create(), [("client_created", "client:id-3", "operator", None, None)]),
    "client's new secret": (
        nothing,
        operate("rotate_secret", "wiki"),
        [("client_secret_rotated", "client:wiki", "operator", None, None)],
    ),
    "client's end": (
        grant,
        operate("delete", "wiki"),
        [("client_deleted", "client:wiki", "operator", None, None)],
    ),
    "consent": (nothing, let(WIKI), [("consent_given", MIGUEL, MIGUEL, HERE, OF_WIKI)]),
    "wider consent": (
        let(WIKI),
        let(WIKI, "profile"),
        [("consent_given", MIGUEL, MIGUEL, HERE, OF_WIKI)],
    ),
    "consent's end": (
        grant,
        withdraw("wiki"),
        [("consent_withdrawn", MIGUEL, MIGUEL, HERE, f"{OF_WIKI} sessions=1")],
    ),
    "code": (let(WIKI), redeem(WIKI), [("code_redeemed", MIGUEL, MIGUEL, GRANT, OF_WIKI)]),
    "code of the owner's own": (
        let(OWN),
        redeem(OWN),
        [("code_redeemed", MIGUEL, MIGUEL, GRANT, "client=own")],
    ),
    "code again": (grant, reuse, [("code_reused", MIGUEL, "unknown", GRANT, OF_WIKI)]),
    "client that acts for itself": (
        nothing,
        act_alone,
        [("logged_in", "client:wiki", "client:wiki", "id-3", None)],
    ),
    "grant's end by its client": (
        grant,
        end_grant(GRANT),
        [("session_ended", MIGUEL, MIGUEL, GRANT, OF_WIKI)],
    ),
    "end of a client's own session": (
        act_alone,
        end_grant("id-3"),
        [("session_ended", "client:wiki", "client:wiki", "id-3", OF_WIKI)],
    ),
}


def end_of_a_grant(world: World) -> None:
    """The wiki ends what it was granted."""
    grant(world)
    end_grant(GRANT)(world)


def delete_wiki(world: World) -> object:
    """The wiki goes."""
    return operate("delete", "wiki")(world)


REFUSED_CLIENT_DEEDS: dict[str, tuple[Deed, Deed]] = {
    "a client that is none": (nothing, create(name="")),
    "a new secret of no client": (nothing, operate("rotate_secret", "nobody")),
    "the end of no client": (nothing, operate("delete", "nobody")),
    "a consent in a session that is over": (log_out, let(WIKI)),
    "a consent to a client that is gone": (delete_wiki, let(WIKI)),
    "the end of no consent": (nothing, withdraw("wiki")),
    "the end of a consent in a session that is over": (log_out, withdraw("wiki")),
    "a client that acts for itself and is gone": (delete_wiki, act_alone),
    "a grant's end by another client": (grant, end_grant(GRANT, "shop")),
}

UNTOLD_CLIENT_DEEDS: dict[str, tuple[Deed, Deed]] = {
    "a code for what was consented to before": (let(WIKI), let(WIKI)),
    "a code for the owner's own application": (nothing, let(OWN)),
    "a client's next token": (act_alone, act_alone),
    "the end of a grant that is over": (
        end_of_a_grant,
        end_grant(GRANT),
    ),
}
