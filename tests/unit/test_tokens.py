"""What an access token says, and which ones are accepted."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.clock import CLOCK_LEEWAY
from domain.issuance import Issuer
from domain.sessions import Session
from domain.tokens import AccessToken
from domain.users import User
from tests.fakes.clock import START, FakeClock
from tests.fakes.refresh_tokens import FakeRefreshTokens
from tests.fakes.signing_keys import FakeKeyRing
from tests.fakes.tokens import FakeTokenCodec
from tests.unit.log_ins import DEVICE, POLICY

NOW = START.replace(microsecond=0)
SECOND = timedelta(seconds=1)
MIGUEL = User(7, "Miguel", "miguel", "a hash", NOW)
SESSION = Session(
    id="id-2",
    user_id=7,
    client_id="varvel",
    parent_id=None,
    scope="account",
    audience=POLICY.issuer,
    counter=3,
    created_at=START,
    rotated_at=START,
    used_at=NOW,
    device=DEVICE,
    tokens_end=NOW + timedelta(days=30),
    idle_end=NOW + timedelta(days=14),
    absolute_end=NOW + timedelta(days=30),
)
ISSUER = Issuer(POLICY, FakeTokenCodec(FakeKeyRing(FakeClock()), FakeClock()), FakeRefreshTokens())
TOKEN = ISSUER.token(SESSION, MIGUEL, at=START, token_id="id-1")

# From the years 2000 to 2100, to the microsecond.
moments = st.timedeltas(timedelta(0), timedelta(days=36_500)).map(
    lambda age: datetime(2000, 1, 1, tzinfo=UTC) + age
)


def test_a_token_says_whose_it_is_where_it_is_taken_and_in_which_session_it_was_issued() -> None:
    token = ISSUER.token(SESSION, MIGUEL, at=START, token_id="id-1")

    assert token == AccessToken(
        issuer="https://auth.example",
        audience="https://auth.example",
        user_id=7,
        username="Miguel",
        client_id="varvel",
        scope="account",
        token_id="id-1",
        session_id="id-2",
        issued_at=NOW,
        expires_at=NOW + timedelta(minutes=10),
        authenticated_at=NOW,
    )


def test_a_token_is_for_the_client_the_scope_and_the_audience_of_its_session() -> None:
    foreign = replace(SESSION, client_id="wiki", scope="openid", audience="https://wiki.example")

    token = ISSUER.token(foreign, MIGUEL, at=START, token_id="id-1")

    assert (token.client_id, token.scope) == ("wiki", "openid")
    assert (token.issuer, token.audience) == ("https://auth.example", "https://wiki.example")
    assert not POLICY.accepts(token, now=START)


def test_the_token_of_a_rotation_is_the_same_at_every_look() -> None:
    renewed = replace(SESSION, used_at=NOW + timedelta(hours=1), idle_end=SESSION.absolute_end)

    assert ISSUER.rotation(SESSION, MIGUEL) == ISSUER.rotation(renewed, MIGUEL)
    assert ISSUER.rotation(SESSION, MIGUEL).issued_at == NOW


def test_no_two_rotations_have_the_same_token() -> None:
    later = replace(SESSION, counter=4)

    tokens = [ISSUER.rotation(each, MIGUEL).token_id for each in (SESSION, later)]

    assert len(set(tokens)) == 2


def test_a_token_is_accepted_from_its_issue_until_just_before_its_end() -> None:
    last_moment = TOKEN.expires_at - timedelta(microseconds=1)

    assert all(POLICY.accepts(TOKEN, now=now) for now in (START, NOW, last_moment))
    assert not POLICY.accepts(TOKEN, now=TOKEN.expires_at)


@pytest.mark.parametrize("field", ["issuer", "audience", "client_id", "scope"])
@pytest.mark.parametrize(
    "change",
    [lambda text: "", lambda text: "other", lambda text: text + " ", lambda text: text.upper()],
    ids=["empty", "other", "more", "upper case"],
)
def test_a_token_made_for_anything_else_is_refused(
    field: str, change: Callable[[str], str]
) -> None:
    changes: dict[str, str] = {field: change(getattr(TOKEN, field))}

    assert not POLICY.accepts(replace(TOKEN, **changes), now=START)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("scope", "is_accepted"),
    [
        *(("profile", True), ("read write", True), ("", True), ("accounts", True)),
        *(("account", False), ("admin", False), ("account admin", False)),
        *(("profile account", False), ("read  admin", False), ("admin\n", False)),
    ],
)
def test_another_clients_token_opens_this_api_for_all_but_what_only_a_log_in_gives(
    scope: str, *, is_accepted: bool
) -> None:
    token = replace(TOKEN, client_id="wiki", scope=scope)

    assert POLICY.accepts(token, now=START) == is_accepted
    assert POLICY.holds(token, now=START)
    assert not POLICY.accepts(replace(token, audience="https://wiki.example"), now=START)


def test_our_own_tokens_have_the_scope_of_a_log_in_or_open_nothing() -> None:
    scopes = ["account", "account admin", "admin", "admin account", "account profile", ""]

    accepted = [each for each in scopes if POLICY.accepts(replace(TOKEN, scope=each), now=START)]

    assert accepted == ["account", "account admin"]


def test_a_token_for_another_api_is_good_but_opens_nothing_here() -> None:
    elsewhere = replace(TOKEN, client_id="wiki", scope="read", audience="https://wiki.example")

    assert POLICY.holds(elsewhere, now=START)
    assert not POLICY.holds(elsewhere, now=elsewhere.expires_at)
    assert not POLICY.holds(replace(elsewhere, issuer="https://wiki.example"), now=START)


def test_a_token_of_another_issuer_is_refused_though_it_agrees_with_itself() -> None:
    foreign = replace(TOKEN, issuer="https://other.example", audience="https://other.example")

    assert not POLICY.accepts(foreign, now=START)


def test_a_clock_may_run_a_minute_ahead_and_no_more() -> None:
    ahead = NOW - CLOCK_LEEWAY

    assert POLICY.accepts(TOKEN, now=ahead)
    assert not POLICY.accepts(TOKEN, now=ahead - timedelta(microseconds=1))


def test_a_log_in_may_lie_a_minute_after_the_issue_and_no_more() -> None:
    late = replace(TOKEN, authenticated_at=NOW + CLOCK_LEEWAY)

    assert POLICY.accepts(late, now=START)
    assert not POLICY.accepts(replace(late, authenticated_at=NOW + 61 * SECOND), now=START)


def test_no_token_lives_longer_than_a_day_whoever_signed_it() -> None:
    longest = replace(TOKEN, expires_at=TOKEN.issued_at + timedelta(days=1))
    longer = replace(longest, expires_at=longest.expires_at + SECOND)

    assert POLICY.accepts(longest, now=START)
    assert not POLICY.accepts(longer, now=START)


@pytest.mark.parametrize("lifetime", [timedelta(0), -SECOND])
def test_a_token_that_ends_before_it_begins_is_refused(lifetime: timedelta) -> None:
    issued_at = NOW + 30 * SECOND
    backwards = replace(TOKEN, issued_at=issued_at, expires_at=issued_at + lifetime)

    assert not POLICY.accepts(backwards, now=START)


@settings(max_examples=50)
@given(
    now=moments,
    age=st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=31)),
    lifetime=st.integers(1, 86_400),
    elapsed=st.floats(0, 2),
)
def test_a_token_opens_the_api_exactly_as_long_as_it_lives(
    now: datetime, age: timedelta, lifetime: int, elapsed: float
) -> None:
    policy = replace(POLICY, lifetime=timedelta(seconds=lifetime))
    log_in = now - age
    absolute_end = log_in.replace(microsecond=0) + timedelta(days=31, seconds=1)
    session = replace(
        SESSION, created_at=log_in, absolute_end=absolute_end, tokens_end=absolute_end
    )

    token = replace(ISSUER, policy=policy).token(session, MIGUEL, at=now, token_id="id-1")
    later = now + elapsed * (token.expires_at - token.issued_at)

    assert token.issued_at < token.expires_at <= absolute_end
    assert policy.accepts(token, now=later) == (later < token.expires_at)
