"""What histories of any kind share: two processes, a clock, and what must always be true."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import TypeVar

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from domain.credentials import InvalidCredentials, TokenCredentials
from domain.errors import DomainError
from domain.housekeeping import BATCH, MARGIN
from domain.issuance import IssuedTokens
from domain.revocations import RevocationsUnknown
from domain.tokens import TokenPrincipal
from tests.contracts.conftest import Stores
from tests.contracts.expectations import Account, Expected, Login, Token
from tests.contracts.processes import BOUND, MAXIMUM_LIVE, Process, Shared
from tests.fakes.clock import FakeClock
from tests.fakes.identifiers import FakeIdentifiers
from tests.fakes.passwords import FakePasswordHasher
from tests.origins import ORIGIN

Item = TypeVar("Item")

PROCESSES = st.sampled_from([0, 1])
PICKS = st.sampled_from([0, 0, 0, 1, 1, 2, 3, 5, 8, -1, -1, -2])
"""Places in a list, whose first are in order and whose last are over."""

MOMENTS = [0.5, 1, 5, 9.75, 10, 10.25, 60]
"""Seconds; the grace is among them."""

SPANS = [119, 121, 300, 600, 86_400, 13 * 86_400, 14 * 86_400, 30 * 86_400]
SET_BACK = [-0.5, -10, -30]

FURTHEST_BACK = timedelta(seconds=30)
"""How far behind its latest moment the clock is ever set."""


def picked(items: Sequence[Item], pick: int) -> Item:
    """One of these; what is drawn does not depend on what there is."""
    return items[pick % len(items)]


class Histories(RuleBasedStateMachine):
    """Compares what the processes do with what they must."""

    def __init__(self, stores: Stores) -> None:
        super().__init__()
        self.stores = stores
        self.clock = FakeClock()
        self.latest = self.clock.now()
        self.shared = Shared(stores, self.clock, FakeIdentifiers(), FakePasswordHasher())
        self.expected = Expected()
        self.read_at = [self.clock.now()] * 2
        self.processes = [Process(self.shared) for _ in self.read_at]

    def refused(self, error: type[DomainError], call: Callable[[], object]) -> None:
        """Calls it, and fails unless it raises this very error."""
        with pytest.raises(DomainError) as caught:
            call()
        assert type(caught.value) is error

    def register(self, process: int, name: str) -> None:
        """Somebody gets an account under this name."""
        password = self.new_password()
        user = self.processes[process].register(username=name, password=password, origin=ORIGIN)
        assert all(user.id > account.id for account in self.expected.accounts)
        self.expected.accounts.append(Account(user.id, name, password))

    def new_password(self) -> str:
        """One that nobody had before."""
        return f"password {self.shared.identifiers.new()}"

    def has_tokens(self) -> bool:
        """Whether there is a token whose time is not over."""
        return bool(self.expected.unexpired(self.clock.now()))

    def acting(self, process: int, pick: int) -> tuple[TokenPrincipal, Token] | None:
        """Somebody who holds a token that the process accepts, even if its session is over."""
        if not self.is_current(process):
            self.follow(process)
        tokens = self.expected.unexpired(self.clock.now())
        unknown = [token for token in tokens if process not in token.login.known_to]
        if not unknown:
            return None
        token = picked(unknown, pick)
        credentials = TokenCredentials(token.text)
        principal = self.processes[process].authenticate(credentials=credentials, origin=ORIGIN)
        assert isinstance(principal, TokenPrincipal)
        return principal, token

    def note(self, login: Login, issued: IssuedTokens) -> None:
        """Takes down what was handed out in the session."""
        now = self.clock.now()
        self.expected.issued(login, issued.token, now)
        assert (issued.session.id, issued.session.counter) == (login.id, login.counter)
        assert issued.session.idle_end == login.idle_end
        whole = now.replace(microsecond=0)
        assert timedelta(seconds=issued.duration) == self.expected.token_end(login, now) - whole
        if login.counter == 0:
            assert issued.refresh_token is None
            return
        assert issued.refresh_token is not None
        assert login.refresh_tokens.setdefault(login.counter, issued.refresh_token) == (
            issued.refresh_token
        )
        assert len(set(login.refresh_tokens.values())) == len(login.refresh_tokens)

    def is_current(self, process: int) -> bool:
        """Whether the process has read the feed lately."""
        return abs(self.clock.now() - self.read_at[process]) <= BOUND

    def follow(self, process: int) -> None:
        """The process reads the feed."""
        self.processes[process].follow()
        self.read_at[process] = self.clock.now()
        self.expected.followed(process)

    @rule(seconds=st.sampled_from(MOMENTS * 3 + SPANS + SET_BACK * 2))
    def time_passes(self, seconds: float) -> None:
        """Or the clock is set back, though never far."""
        moment = self.clock.now() + timedelta(seconds=seconds)
        if self.latest - moment <= FURTHEST_BACK:
            self.clock.advance(seconds=seconds)
            self.latest = max(self.latest, moment)

    @rule(process=PROCESSES, what=st.sampled_from(["follow", "follow", "restart", "clean up"]))
    def a_process_does_its_own(self, process: int, what: str) -> None:
        if what == "clean up":
            self.stores.expiring.remove_expired(before=self.latest - MARGIN, limit=BATCH)
            return
        if what == "restart":
            self.processes[process] = Process(self.shared)
        self.follow(process)

    @invariant()
    def a_token_is_accepted_until_it_expires_or_its_end_is_known(self) -> None:
        now = self.clock.now()
        for process in range(len(self.processes)):
            for token in self.expected.tokens:
                self.check(process, token, is_expired=now >= token.expires_at)

    def check(self, process: int, token: Token, *, is_expired: bool) -> None:
        """Fails unless the process judges the token as it must."""

        def call() -> object:
            credentials = TokenCredentials(token.text)
            return self.processes[process].authenticate(credentials=credentials, origin=ORIGIN)

        login = token.login
        if is_expired:
            self.refused(InvalidCredentials, call)
        elif not self.is_current(process):
            self.refused(RevocationsUnknown, call)
        elif process in login.known_to:
            self.refused(InvalidCredentials, call)
        else:
            # Who has not heard of an end goes on; nobody who lives is refused.
            account, since = login.account, login.created_at.replace(microsecond=0)
            assert call() == TokenPrincipal(account.id, account.name, login.id, since)

    @invariant()
    def exactly_the_live_sessions_are_live(self) -> None:
        now = self.clock.now()
        for account in self.expected.accounts:
            listed = self.stores.sessions.list_live(account.id, now=now)
            assert [(each.id, each.counter, each.idle_end) for each in listed] == [
                (each.id, each.counter, each.idle_end) for each in self.expected.live(account, now)
            ]
            assert len(listed) <= MAXIMUM_LIVE
            assert not (listed and (account.is_disabled or account.is_removed))
