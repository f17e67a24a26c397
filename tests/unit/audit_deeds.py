"""What is done in tests of the audit trail, and what has to be told of it."""

from collections.abc import Callable

from domain.transfer import Row, UserRecord
from domain.users import User
from tests.fakes.passwords import FakePasswordHasher
from tests.fakes.throttling import FakePseudonyms
from tests.unit.audited import (
    CALLER,
    HERE,
    MIGUEL,
    OPERATOR,
    Deed,
    Told,
    World,
    nothing,
    once_more,
    refused,
    wrong,
)
from tests.unit.client_deeds import CLIENT_DEEDS
from tests.unit.log_ins import PASSWORD, proven

NEW = "another password"
SUSAN, ZOE = "user:2", "user:3"
NOBODY = f"name:{FakePseudonyms().of('nobody')}"


def log_in(user: Callable[[World], User]) -> Deed:
    return lambda world: world.issue(principal=proven(user(world)), origin=CALLER, refreshable=True)


def there(world: World) -> object:
    """Another log-in of Miguel's."""
    return log_in(lambda world: world.miguel)(world)


def register(username: str = "zoe", password: str = PASSWORD) -> Deed:
    return lambda world: world.register(username=username, password=password, origin=CALLER)


def change(password: str = PASSWORD, new_password: str = NEW) -> Deed:
    return lambda world: world.change_password(
        principal=world.here, current_password=password, new_password=new_password, origin=CALLER
    )


def remove(password: str = PASSWORD) -> Deed:
    return lambda world: world.remove_account(
        principal=world.here, password=password, origin=CALLER
    )


def end(session_id: str) -> Deed:
    return lambda world: world.end(principal=world.here, session_id=session_id, origin=CALLER)


def end_others(world: World) -> None:
    world.end_others(principal=world.here, origin=CALLER)


def refresh(world: World) -> object:
    """Presents Miguel's first refresh token."""
    return world.refresh(refresh_token=str(world.issued.refresh_token), origin=CALLER)


def operate(name: str, username: str = "miguel") -> Deed:
    return lambda world: getattr(world, name)(who=username, origin=OPERATOR)


def set_password(username: str = "miguel", password: str = NEW) -> Deed:
    return lambda world: world.set_password(username=username, password=password, origin=OPERATOR)


def create(*, is_admin: bool) -> Deed:
    """What operators do where nobody registers."""
    return lambda world: world.create(
        username="zoe", password=PASSWORD, is_admin=is_admin, origin=OPERATOR
    )


def bring(*names: str) -> Deed:
    """An import of users with these names."""
    password_hash = FakePasswordHasher().hash(PASSWORD)
    rows = [Row(name, UserRecord(name, password_hash)) for name in names]
    return lambda world: list(world.import_users(rows=rows, origin=OPERATOR))


def give_away(world: World) -> object:
    return list(world.export_users(origin=OPERATOR))


def rotate(world: World) -> object:
    return world.rotate(origin=OPERATOR)


def retire(generation: int, *, compromised: bool) -> Deed:
    return lambda world: world.retire(
        kid=world.kid(generation), compromised=compromised, origin=OPERATOR
    )


REFUSED_BY = ("unknown", None, None)


def prove_password(world: World) -> object:
    """What comes before Miguel's log-in."""
    return world.check.user_with(username="miguel", password=PASSWORD, origin=CALLER)


DEEDS: dict[str, tuple[Deed, Deed, list[Told]]] = {
    "registration": (nothing, register(), [("user_registered", ZOE, ZOE, None, None)]),
    "log-in": (
        nothing,
        log_in(lambda world: world.susan),
        [("logged_in", SUSAN, SUSAN, "id-3", None)],
    ),
    "log-in that ends the oldest": (
        there,
        there,
        [("logged_in", MIGUEL, MIGUEL, "id-5", "surplus=1")],
    ),
    "wrong password": (nothing, wrong("MIGUEL"), [("password_refused", MIGUEL, *REFUSED_BY)]),
    "no name": (nothing, wrong("nobody"), [("password_refused", NOBODY, *REFUSED_BY)]),
    "disabled": (
        operate("disable"),
        wrong("miguel", PASSWORD),
        [("password_refused", MIGUEL, *REFUSED_BY)],
    ),
    "wrong password at a change": (
        nothing,
        refused(change("wrong")),
        [("password_refused", MIGUEL, "unknown", HERE, None)],
    ),
    "wrong password at a removal": (
        nothing,
        refused(remove("wrong")),
        [("password_refused", MIGUEL, "unknown", HERE, None)],
    ),
    "last wrong password": (
        once_more(wrong("miguel"), wrong("miguel")),
        wrong("miguel"),
        [("password_refused", MIGUEL, *REFUSED_BY), ("password_locked", MIGUEL, *REFUSED_BY)],
    ),
    "change": (there, change(), [("password_changed", MIGUEL, MIGUEL, HERE, "sessions=1")]),
    "removal": (there, remove(), [("user_removed", MIGUEL, MIGUEL, None, None)]),
    "log-out": (nothing, end("current"), [("session_ended", MIGUEL, MIGUEL, HERE, None)]),
    "log-out elsewhere": (there, end("id-3"), [("session_ended", MIGUEL, MIGUEL, "id-3", None)]),
    "log-out everywhere else": (
        there,
        end_others,
        [("other_sessions_ended", MIGUEL, MIGUEL, HERE, "sessions=1")],
    ),
    "reuse": (
        once_more(refresh),
        refused(refresh),
        [("refresh_token_reused", MIGUEL, "unknown", HERE, None)],
    ),
    "disabling": (
        nothing,
        operate("disable", "MIGUEL"),
        [("user_disabled", MIGUEL, "operator", None, "sessions=1")],
    ),
    "right password after a wrong one": (
        wrong("miguel"),
        prove_password,
        [("password_accepted", MIGUEL, MIGUEL, None, "after failures")],
    ),
    "removal after a wrong password": (
        refused(remove("wrong")),
        remove(),
        [
            ("password_accepted", MIGUEL, MIGUEL, HERE, "after failures"),
            ("user_removed", MIGUEL, MIGUEL, None, None),
        ],
    ),
    "enabling": (
        operate("disable"),
        operate("enable"),
        [("user_enabled", MIGUEL, "operator", None, None)],
    ),
    "unlocking": (
        wrong("miguel"),
        operate("unlock"),
        [("password_unlocked", MIGUEL, "operator", None, None)],
    ),
    "deletion": (
        nothing,
        operate("delete"),
        [("user_removed", MIGUEL, "operator", None, "sessions=1")],
    ),
    "granting": (
        nothing,
        operate("grant"),
        [("role_granted", MIGUEL, "operator", None, "admin")],
    ),
    "taking a role": (
        operate("grant"),
        operate("withdraw"),
        [("role_withdrawn", MIGUEL, "operator", None, "admin sessions=1")],
    ),
    "log-out by an admin": (
        there,
        lambda world: world.end_of_user(user_id=1, session_id=HERE, origin=OPERATOR),
        [("session_ended", MIGUEL, "operator", HERE, "sessions=1")],
    ),
    "creation": (
        nothing,
        create(is_admin=False),
        [("user_registered", ZOE, "operator", None, None)],
    ),
    "creation of an admin": (
        nothing,
        create(is_admin=True),
        [
            ("user_registered", ZOE, "operator", None, None),
            ("role_granted", ZOE, "operator", None, "admin"),
        ],
    ),
    "setting a password": (
        wrong("miguel"),
        set_password("MIGUEL"),
        [("password_changed", MIGUEL, "operator", None, "sessions=1")],
    ),
    "import": (
        nothing,
        bring("zoe", "MIGUEL", "josé"),
        [("users_imported", None, "operator", None, "users=2 first=user:3 last=user:4")],
    ),
    "export": (nothing, give_away, [("users_exported", None, "operator", None, None)]),
    "rotation": (nothing, rotate, [("key_rotated", "key:2", "operator", None, None)]),
    "withdrawal": (
        rotate,
        retire(2, compromised=False),
        [("key_retired", "key:2", "operator", None, "pending")],
    ),
    "compromise": (
        nothing,
        retire(1, compromised=True),
        [("key_retired", "key:1", "operator", None, "signing")],
    ),
    "rewrapping": (
        rotate,
        lambda world: world.rewrap(origin=OPERATOR),
        [("keys_rewrapped", None, "operator", None, "keys=2")],
    ),
    **CLIENT_DEEDS,
}
