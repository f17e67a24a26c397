"""Whatever users, thieves, operators and clocks do, in any order, in two processes."""

from collections.abc import Callable

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule, run_state_machine_as_test

from domain.accounts import UnknownUsername, WrongPassword
from domain.credentials import InvalidCredentials, PasswordCredentials
from domain.issuance import IssuedTokens
from domain.renewal import InvalidRefreshToken, RefreshTokenReused
from domain.sessions import CURRENT, SessionNotFound
from domain.tokens import PasswordPrincipal
from tests.contracts.conftest import Stores, fake_stores
from tests.contracts.databases import reset
from tests.contracts.expectations import Account, Login, Token
from tests.contracts.histories import PICKS, PROCESSES, Histories, picked
from tests.contracts.processes import SESSIONS
from tests.origins import ORIGIN

NAMES = ("miguel", "susan")
NAMED = st.sampled_from(NAMES)
BACK = st.sampled_from([1, 1, 1, 2])
AROUND_THE_GRACE = [0, 0, 9.75, 10, 10.25]


class SessionHistories(Histories):
    """Users log in, renew and log out; they and operators take back what was given."""

    def __init__(self, stores: Stores) -> None:
        super().__init__(stores)
        self.proven: list[tuple[PasswordPrincipal, Account, str]] = []
        for name in NAMES:
            self.register(0, name)
            self.log_in(0, name, times=1)

    @rule(process=PROCESSES, name=NAMED, action=st.sampled_from(["disable", "disable", "delete"]))
    def keep_out(self, process: int, name: str, action: str) -> None:
        account = self.expected.account(name)
        does: Callable[..., int] = getattr(self.processes[process], action)
        if account is None:
            self.refused(UnknownUsername, lambda: does(who=name, origin=ORIGIN))
            return
        live = len(self.expected.live(account, self.clock.now()))
        assert does(who=name, origin=ORIGIN) >= live
        if action == "delete":
            account.is_removed = True
        else:
            account.is_disabled = True
        self.expected.all_ended(account, process)

    @rule(process=PROCESSES, name=NAMED)
    def let_in(self, process: int, name: str) -> None:
        """Enables whom there is; else the name is free again."""
        account = self.expected.account(name)
        if account is None:
            self.refused(
                UnknownUsername,
                lambda: self.processes[process].enable(who=name, origin=ORIGIN),
            )
            self.register(process, name)
            return
        self.processes[process].enable(who=name, origin=ORIGIN)
        account.is_disabled = False

    @rule(process=PROCESSES, name=NAMED, is_right=st.booleans())
    def prove_password(self, process: int, name: str, is_right: bool) -> None:
        """A log-in begins; whatever comes before it goes on may forbid its end."""
        account = self.expected.account(name)
        password = account.password if account and is_right else "wrong"
        credentials = PasswordCredentials(name, password)
        authenticate = self.processes[process].authenticate
        if account is None or account.is_disabled or not is_right:
            self.refused(
                InvalidCredentials, lambda: authenticate(credentials=credentials, origin=ORIGIN)
            )
            return
        principal = authenticate(credentials=credentials, origin=ORIGIN)
        assert isinstance(principal, PasswordPrincipal)
        self.proven.insert(0, (principal, account, password))

    @rule(process=PROCESSES, pick=PICKS, refreshable=st.booleans())
    def start_session(self, process: int, pick: int, refreshable: bool) -> None:
        """A log-in that began at some time goes on."""
        principal, account, password = picked(self.proven, pick)
        # While a user is locked, no two log-ins are of the same moment.
        self.clock.advance(microseconds=1)
        self.latest = max(self.latest, self.clock.now())

        def call() -> IssuedTokens:
            return self.processes[process].issue(
                principal=principal, origin=ORIGIN, refreshable=refreshable
            )

        if account.is_removed or account.is_disabled or account.password != password:
            self.refused(InvalidCredentials, call)
            return
        issued = call()
        now, counter = self.clock.now(), int(refreshable)
        login = self.expected.began(account, issued.session.id, counter, now, process)
        self.note(login, issued)

    @rule(process=PROCESSES, name=NAMED, times=st.sampled_from([1, 1, 2, 3]))
    def log_in(self, process: int, name: str, times: int) -> None:
        for _ in range(times):
            before = len(self.proven)
            self.prove_password(process, name, is_right=True)
            if len(self.proven) > before:
                self.start_session(process, 0, refreshable=True)

    @precondition(Histories.has_tokens)
    @rule(process=PROCESSES, pick=PICKS)
    def renew_by_token(self, process: int, pick: int) -> None:
        acting = self.acting(process, pick)
        if acting is None:
            return
        principal, token = acting

        def call() -> IssuedTokens:
            return self.processes[process].issue(principal=principal, origin=ORIGIN)

        now = self.clock.now()
        if not token.login.is_live(now):
            self.refused(InvalidCredentials, call)
            return
        issued = call()
        self.expected.renewed(token.login, now)
        self.note(token.login, issued)

    @rule(process=PROCESSES, pick=PICKS)
    def refresh(self, process: int, pick: int) -> None:
        """Presents the present refresh token of a session, which may be over."""
        self.present(process, picked(self.expected.refreshable(self.clock.now()), pick), back=0)

    @rule(process=PROCESSES, pick=PICKS, back=BACK, seconds=st.sampled_from(AROUND_THE_GRACE))
    def refresh_with_a_replaced_token(
        self, process: int, pick: int, back: int, seconds: float
    ) -> None:
        """Presents one that is so many rotations old, and was replaced so many seconds ago."""
        login = picked(self.expected.refreshable(self.clock.now()), pick)
        while login.counter <= back and login.is_live(self.clock.now()):
            self.present(process, login, back=0)
        self.time_passes(seconds)
        self.present(process, login, back=back)

    def present(self, process: int, login: Login, *, back: int) -> None:
        now, counter = self.clock.now(), max(login.counter - back, 1)

        def call() -> IssuedTokens:
            refresh_token = login.refresh_tokens[counter]
            return self.processes[process].refresh(refresh_token=refresh_token, origin=ORIGIN)

        if not login.is_live(now):
            self.refused(InvalidRefreshToken, call)
        elif counter == login.counter:
            issued = call()
            login.counter, login.rotated_at, login.rotation = counter + 1, now, issued.token
            self.expected.renewed(login, now)
            self.note(login, issued)
        elif counter == login.counter - 1 and now - login.rotated_at <= SESSIONS.grace:
            again = call()
            expected = login.refresh_tokens[login.counter], login.rotation
            assert (again.refresh_token, again.token) == expected
        else:
            self.refused(RefreshTokenReused, call)
            self.expected.ended(login, process)

    @precondition(Histories.has_tokens)
    @rule(process=PROCESSES, pick=PICKS, other=st.none() | PICKS)
    def end_one_of_the_list(self, process: int, pick: int, other: int | None) -> None:
        """Ends the present session, or one of the user's own, or tries it with another's."""
        acting = self.acting(process, pick)
        if acting is None:
            return
        principal, token = acting
        now, account = self.clock.now(), token.login.account
        listed = [each.id for each in self.processes[process].list(principal=principal)]
        assert listed == [each.id for each in self.expected.live(account, now)]
        login = token.login if other is None else picked(self.expected.logins[::-1], other)
        session_id = CURRENT if other is None else login.id

        def call() -> None:
            self.processes[process].end(principal=principal, session_id=session_id, origin=ORIGIN)

        if token.login.is_live(now) and login.id in listed:
            call()
            self.expected.ended(login, process)
        elif token.login.is_live(now):
            self.refused(SessionNotFound, call)
        else:
            self.refused(InvalidCredentials, call)

    @precondition(Histories.has_tokens)
    @rule(process=PROCESSES, pick=PICKS)
    def end_others(self, process: int, pick: int) -> None:
        acting = self.acting(process, pick)
        if acting is None:
            return
        principal, token = acting
        end_others = self.processes[process].end_others
        if token.login.is_live(self.clock.now()):
            end_others(principal=principal, origin=ORIGIN)
            self.expected.all_ended(token.login.account, process, but=token.login)
        else:
            self.refused(InvalidCredentials, lambda: end_others(principal=principal, origin=ORIGIN))

    @precondition(Histories.has_tokens)
    @rule(process=PROCESSES, pick=PICKS, is_right=st.sampled_from([True, True, False]))
    def change_password(self, process: int, pick: int, is_right: bool) -> None:
        """Just when somebody who knows the old one logs in elsewhere."""
        acting = self.acting(process, pick)
        if acting is None:
            return
        principal, token = acting
        account, new = token.login.account, self.new_password()
        current = account.password if is_right else "wrong"

        def call() -> None:
            self.processes[process].change_password(
                principal=principal, current_password=current, new_password=new, origin=ORIGIN
            )

        self.prove_password(process, account.name, is_right=True)
        if self.is_done(token, is_right, call):
            account.password = new
            self.expected.all_ended(account, process, but=token.login)
        self.start_session(1 - process, 0, refreshable=True)

    @precondition(Histories.has_tokens)
    @rule(process=PROCESSES, pick=PICKS, is_right=st.booleans())
    def remove_account(self, process: int, pick: int, is_right: bool) -> None:
        acting = self.acting(process, pick)
        if acting is None:
            return
        principal, token = acting
        account = token.login.account
        password = account.password if is_right else "wrong"

        def call() -> None:
            self.processes[process].remove_account(
                principal=principal, password=password, origin=ORIGIN
            )

        if self.is_done(token, is_right, call):
            account.is_removed = True
            self.expected.all_ended(account, process)

    def is_done(self, token: Token, is_right: bool, call: Callable[[], None]) -> bool:
        """Whether it was done, after it was where the session lives and the password is right."""
        account = token.login.account
        if account.is_removed or account.is_disabled:
            self.refused(InvalidCredentials, call)
        elif not is_right:
            self.refused(WrongPassword, call)
        elif not token.login.is_live(self.clock.now()):
            self.refused(InvalidCredentials, call)
        else:
            call()
            return True
        return False


def run_histories(stores: Stores, chosen: settings) -> int:
    """Runs histories, each in storage that is empty at first; says how many."""
    count = 0

    def machine() -> SessionHistories:
        nonlocal count
        count += 1
        if stores.database is None:
            return SessionHistories(fake_stores())
        # Much quicker than a database for each.
        reset(stores.database)
        return SessionHistories(stores)

    run_state_machine_as_test(machine, settings=chosen)  # type: ignore[arg-type]
    return count
