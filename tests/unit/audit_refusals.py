"""What is refused in tests of the audit trail, and what nothing is told of."""

from dataclasses import replace

from tests.unit.audit_deeds import (
    bring,
    change,
    end,
    end_others,
    log_in,
    operate,
    prove_password,
    refresh,
    register,
    remove,
    retire,
    rotate,
    set_password,
)
from tests.unit.audited import CALLER, OPERATOR, Deed, World, nothing, once_more, wrong
from tests.unit.client_deeds import REFUSED_CLIENT_DEEDS, UNTOLD_CLIENT_DEEDS
from tests.unit.log_ins import PASSWORD

COUNTED_BEFORE = (
    "last wrong password",
    "right password after a wrong one",
    "removal after a wrong password",
)
"""The one try here that is counted before it is found to be wrong."""


def is_wrong_three_times(world: World) -> None:
    once_more(wrong("miguel"), wrong("miguel"), wrong("miguel"))(world)


def log_out(world: World) -> object:
    """Ends Miguel's session."""
    return end("current")(world)


def stale(world: World) -> object:
    """A log-in by a password that was changed since it was proved."""
    return log_in(lambda world: replace(world.miguel, password_hash="another"))(world)


def register_where_it_is_closed(world: World) -> object:
    """A registration."""
    return replace(world.register, is_open=False)(username="zoe", password=PASSWORD, origin=CALLER)


REFUSED: dict[str, tuple[Deed, Deed]] = {
    "a name that is taken": (nothing, register("MIGUEL")),
    "a name that is none": (nothing, register("two words")),
    "a password that is none": (nothing, register(password="")),
    "a registration where none is": (nothing, register_where_it_is_closed),
    "a throttled try": (is_wrong_three_times, prove_password),
    "a throttled change": (is_wrong_three_times, change()),
    "a throttled removal": (is_wrong_three_times, remove()),
    "a log-in by a former password": (nothing, stale),
    "a log-in of somebody disabled": (operate("disable"), log_in(lambda world: world.miguel)),
    "a change to what is no password": (nothing, change(new_password="")),
    "a change by somebody removed": (operate("delete"), change()),
    "a change in a session that is over": (log_out, change()),
    "a removal in a session that is over": (log_out, remove()),
    "a log-out from a session that is over": (log_out, end("current")),
    "a log-out from no session": (nothing, end("id-77")),
    "a log-out everywhere else from a session that is over": (log_out, end_others),
    "a refresh token that is none": (
        nothing,
        lambda world: world.refresh(refresh_token="none", origin=CALLER),
    ),
    "a refresh token of a session that is over": (log_out, refresh),
    "disabling nobody": (nothing, operate("disable", "nobody")),
    "enabling nobody": (nothing, operate("enable", "nobody")),
    "unlocking nobody": (nothing, operate("unlock", "nobody")),
    "deleting nobody": (nothing, operate("delete", "nobody")),
    "setting nobody's password": (nothing, set_password("nobody")),
    "setting what is no password": (nothing, set_password(password="")),
    "a rotation while a key is pending": (rotate, rotate),
    "retirement of no key": (
        nothing,
        lambda world: world.retire(kid="none", compromised=True, origin=OPERATOR),
    ),
    "retirement of the only key": (nothing, retire(1, compromised=False)),
    **REFUSED_CLIENT_DEEDS,
}

UNTOLD: dict[str, tuple[Deed, Deed]] = {
    "an import of who is there": (nothing, bring("miguel", "SUSAN")),
    "an import of nobody who can be": (nothing, bring("two words")),
    "a right password": (
        nothing,
        prove_password,
    ),
    "a token for a token": (
        nothing,
        lambda world: world.issue(principal=world.here, origin=CALLER),
    ),
    "a refreshed session": (nothing, refresh),
    "enabling who is not disabled": (nothing, operate("enable")),
    "unlocking what is not locked": (nothing, operate("unlock")),
    "the retirement of a key that retires by itself": (rotate, retire(1, compromised=False)),
    **UNTOLD_CLIENT_DEEDS,
}
