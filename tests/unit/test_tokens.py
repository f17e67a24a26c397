from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.tokens import (
    CLOCK_LEEWAY,
    MAXIMUM_TOKEN_LIFETIME,
    AccessToken,
    InvalidCredentials,
    IssuedToken,
    IssueToken,
    Principal,
    TokenPolicy,
)
from tests.fakes.clock import START, FakeClock
from tests.fakes.identifiers import FakeIdentifiers
from tests.fakes.signing_keys import FakeKeyFactory, FakeKeyRing
from tests.fakes.tokens import FakeTokenCodec

NOW = START.replace(microsecond=0)
SECOND = timedelta(seconds=1)
POLICY = TokenPolicy(issuer="https://auth.example")
PRINCIPAL = Principal(7, "Miguel", None, NOW)
TOKEN = POLICY.new(PRINCIPAL, now=START, identifiers=FakeIdentifiers())

# From the years 2000 to 2100, to the microsecond.
moments = st.timedeltas(timedelta(0), timedelta(days=36_500)).map(
    lambda age: datetime(2000, 1, 1, tzinfo=UTC) + age
)


@pytest.fixture
def codec(clock: FakeClock) -> FakeTokenCodec:
    ring = FakeKeyRing()
    ring.load([FakeKeyFactory().new(generation=1, use_from=START)])
    return FakeTokenCodec(ring, clock)


@pytest.fixture
def issue(codec: FakeTokenCodec, clock: FakeClock) -> IssueToken:
    return IssueToken(POLICY, codec, clock, FakeIdentifiers())


def principal_of(token: AccessToken) -> Principal:
    return Principal(token.user_id, token.username, token.session_id, token.authenticated_at)


def test_a_token_says_who_it_is_for_and_from_whom(issue: IssueToken, codec: FakeTokenCodec) -> None:
    issued = issue(principal=PRINCIPAL)

    assert codec.decode(issued.token) == AccessToken(
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


def test_a_token_lives_ten_minutes_by_default(issue: IssueToken) -> None:
    assert issue(principal=PRINCIPAL).duration == 600


@pytest.mark.parametrize("seconds", [1, 599, 86_400])
def test_a_token_lives_as_long_as_the_policy_says(issue: IssueToken, seconds: int) -> None:
    policy = replace(POLICY, lifetime=timedelta(seconds=seconds))

    assert replace(issue, policy=policy)(principal=PRINCIPAL).duration == seconds


def test_every_log_in_begins_a_session_of_its_own(issue: IssueToken, codec: FakeTokenCodec) -> None:
    first, second = (codec.decode(issue(principal=PRINCIPAL).token) for _ in range(2))

    assert first.session_id != second.session_id
    assert first.token_id != second.token_id


def test_renewal_keeps_the_session_and_the_time_of_log_in(
    issue: IssueToken, codec: FakeTokenCodec, clock: FakeClock
) -> None:
    first = codec.decode(issue(principal=PRINCIPAL).token)
    clock.advance(minutes=9)

    second = codec.decode(issue(principal=principal_of(first)).token)

    assert (second.session_id, second.authenticated_at) == (first.session_id, NOW)
    assert second.token_id != first.token_id
    assert second.issued_at == first.issued_at + timedelta(minutes=9)
    assert second.expires_at == second.issued_at + timedelta(minutes=10)


def test_the_last_token_of_a_session_is_shortened_to_its_end(
    issue: IssueToken, codec: FakeTokenCodec, clock: FakeClock
) -> None:
    clock.advance(days=30, seconds=-90)

    issued = issue(principal=PRINCIPAL)

    assert issued.duration == 90
    assert codec.decode(issued.token).expires_at == NOW + timedelta(days=30)


def test_the_very_last_token_lives_a_second(issue: IssueToken, clock: FakeClock) -> None:
    clock.advance(days=30, seconds=-1)

    assert issue(principal=PRINCIPAL).duration == 1


@pytest.mark.parametrize("beyond", [timedelta(0), SECOND, timedelta(days=365)])
def test_nothing_renews_a_session_after_30_days(
    issue: IssueToken, clock: FakeClock, beyond: timedelta
) -> None:
    clock.advance(days=30, seconds=beyond.total_seconds())

    with pytest.raises(InvalidCredentials):
        issue(principal=replace(PRINCIPAL, session_id="id-0"))


def test_a_session_renewed_at_every_chance_ends_30_days_after_its_log_in(
    issue: IssueToken, codec: FakeTokenCodec, clock: FakeClock
) -> None:
    daily = replace(issue, policy=replace(POLICY, lifetime=timedelta(days=1)))
    token = codec.decode(daily(principal=PRINCIPAL).token)

    while token.expires_at < NOW + timedelta(days=30):
        clock.advance(hours=23)
        token = codec.decode(daily(principal=principal_of(token)).token)

    assert token.expires_at == NOW + timedelta(days=30)


def test_an_issued_token_is_text_and_seconds(issue: IssueToken) -> None:
    issued = issue(principal=PRINCIPAL)

    assert issued == IssuedToken(issued.token, 600)


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
    longest = replace(TOKEN, expires_at=TOKEN.issued_at + MAXIMUM_TOKEN_LIFETIME)
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
    log_in = (now - age).replace(microsecond=0)
    principal = Principal(7, "Miguel", "id-0", log_in)
    session_end = log_in + policy.session_lifetime

    if now.replace(microsecond=0) >= session_end:
        with pytest.raises(InvalidCredentials):
            policy.new(principal, now=now, identifiers=FakeIdentifiers())
        return
    token = policy.new(principal, now=now, identifiers=FakeIdentifiers())
    later = now + elapsed * (token.expires_at - token.issued_at)

    assert token.issued_at < token.expires_at <= session_end
    assert policy.accepts(token, now=later) == (later < token.expires_at)
