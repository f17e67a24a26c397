"""Sessions started, renewed and ended at the same moment, by services as several processes have.

The services are wired as a server wires them, each process with connections and a memory of its
own; that they share this process lets all threads begin together, with passwords proved before.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from threading import Barrier

from domain.credentials import InvalidCredentials, PasswordCredentials, TokenCredentials
from domain.errors import DomainError
from domain.issuance import IssuedTokens
from domain.renewal import InvalidRefreshToken
from domain.sessions import SessionNotFound
from domain.tokens import PasswordPrincipal, TokenPrincipal
from domain.unit_of_work import StorageUnavailable
from entrypoints.administration import Administration
from entrypoints.bootstrap import administration, build, prepare
from entrypoints.http.app import Services
from entrypoints.settings import Settings
from tests.origins import ORIGIN
from tests.patience import PATIENCE, tries
from tests.processes.databases import Database
from tests.processes.servers import clean_environment

PROCESSES = 4
AT_ONCE = 20
"""How often a call is made again that the database was too busy for."""

PASSWORD, NEW_PASSWORD = "python", "falcon"
DEADLOCK = "DeadlockDetected"
LONG = "300"
"""Seconds of grace, since none of this is about how long it takes."""

Call = Callable[[Services], object]


@dataclass(frozen=True)
class Arena:
    """The processes, the operators' command line, and threads that call them."""

    processes: Sequence[Services]
    operators: Administration
    threads: ThreadPoolExecutor
    numbers: "count[int]" = field(default_factory=count)

    def register(self) -> "Racer":
        name = f"user-{next(self.numbers)}"
        user = self.processes[0].register_user(username=name, password=PASSWORD, origin=ORIGIN)
        return Racer(self, name, user.id)

    def at_once(self, calls: Sequence[Call]) -> list[object]:
        """What came of each of these calls, which all begin together."""
        barrier = Barrier(len(calls))

        def run(number: int, call: Call) -> object:
            barrier.wait(PATIENCE)
            return outcome(call, self.processes[number % PROCESSES])

        return list(self.threads.map(run, range(len(calls)), calls))

    def catch_up(self) -> None:
        """Every process reads the feed, as its own thread would do by and by."""
        for services in self.processes:
            services.follow_revocations()

    def principal(self, token: str) -> TokenPrincipal:
        found = self.processes[0].authenticate_request(
            credentials=TokenCredentials(token), origin=ORIGIN
        )
        assert isinstance(found, TokenPrincipal)
        return found


def outcome(call: Call, services: Services) -> object:
    """What came of this call, made again for as long as the database is too busy for it."""
    for _ in tries():
        try:
            return call(services)
        except StorageUnavailable as error:
            if error.reason == DEADLOCK:
                raise AssertionError("Two waited for each other.") from error
        except DomainError as error:
            return error
    raise AssertionError("The database is too busy without an end.")


@contextmanager
def arena(directory: Path, database: Database) -> Iterator[Arena]:
    """An arena on this database."""
    variables = database.variables | {"STORAGE_THREADS": "5", "REFRESH_GRACE": LONG}
    settings = Settings.read(clean_environment(directory, **variables))
    prepare(settings)
    with ExitStack() as stack:
        processes = []
        for _ in range(PROCESSES):
            services, opened = build(settings)
            stack.callback(opened.dispose)
            services.follow_revocations()
            processes.append(services)
        operators = stack.enter_context(administration(settings))
        threads = stack.enter_context(ThreadPoolExecutor(AT_ONCE))
        yield Arena(processes, operators, threads)


@dataclass(frozen=True)
class Racer:
    """A user, and what is done with their sessions."""

    arena: Arena
    name: str
    user_id: int

    def proven(self, password: str = PASSWORD) -> PasswordPrincipal:
        credentials = PasswordCredentials(self.name, password)
        found = self.arena.processes[0].authenticate_request(credentials=credentials, origin=ORIGIN)
        assert isinstance(found, PasswordPrincipal)
        return found

    def log_in(self, password: str = PASSWORD) -> IssuedTokens:
        issued = start(self.proven(password))(self.arena.processes[0])
        assert isinstance(issued, IssuedTokens)
        return issued

    def live(self) -> set[str]:
        """The live sessions, as the database has them."""
        sessions = self.arena.processes[0].list_sessions.sessions
        return {each.id for each in sessions.list_live(self.user_id, now=datetime.now(UTC))}

    def check_over(self, handed_out: Sequence[IssuedTokens], *, live: Sequence[str] = ()) -> None:
        """Fails unless only these sessions live, and nothing of all others is accepted anywhere."""
        assert self.live() == set(live)
        self.arena.catch_up()
        for services in self.arena.processes:
            for issued in handed_out:
                assert issued.session.id not in live
                credentials = TokenCredentials(issued.token)
                with refused(InvalidCredentials):
                    services.authenticate_request(credentials=credentials, origin=ORIGIN)
                with refused(InvalidRefreshToken):
                    services.refresh_session(
                        refresh_token=issued.refresh_token or "", origin=ORIGIN
                    )


@contextmanager
def refused(expected: type[DomainError]) -> Iterator[None]:
    try:
        yield
    except expected:
        return
    raise AssertionError(f"It is accepted, where it should be {expected.code}.")


def start(principal: PasswordPrincipal) -> Call:
    """Starts a session for somebody who has proved the password already."""
    return lambda services: services.issue_token(
        principal=principal, origin=ORIGIN, refreshable=True
    )


def refresh(issued: IssuedTokens) -> Call:
    return lambda services: services.refresh_session(
        refresh_token=issued.refresh_token or "", origin=ORIGIN
    )


Race = Callable[[Arena], Counter[str]]
"""Runs one round; says how often what came of it."""


def refreshes(arena: Arena) -> Counter[str]:
    """All hold the same refresh token, and get the same one for it."""
    racer = arena.register()
    first = racer.log_in()
    outcomes = arena.at_once([refresh(first)] * AT_ONCE)

    issued = issued_of(outcomes)
    assert len(issued) == AT_ONCE, outcomes
    assert len({each.refresh_token for each in issued}) == 1
    assert issued[0].refresh_token != first.refresh_token
    codec = arena.processes[0].refresh_session.issuer.tokens
    assert len({codec.decode(each.token) for each in issued}) == 1
    assert len({each.session.rotated_at for each in issued}) == 1
    stored = arena.processes[0].list_sessions.sessions.find(first.session.id)
    assert stored is not None
    assert stored.counter == first.session.counter + 1
    assert issued_of(arena.at_once([refresh(issued[-1])]))
    return counted(outcomes)


def log_ins_beside_disable(arena: Arena) -> Counter[str]:
    racer = arena.register()
    proven = racer.proven()
    outcomes = arena.at_once(
        [
            lambda _: arena.operators.disable_user(who=racer.name, origin=ORIGIN),
            *[start(proven)] * (AT_ONCE - 1),
        ]
    )

    racer.check_over(issued_of(outcomes))
    arena.operators.enable_user(who=racer.name, origin=ORIGIN)
    again = racer.log_in()
    racer.check_over(issued_of(outcomes), live=[again.session.id])
    return counted(outcomes[1:], InvalidCredentials)


def log_ins_beside_password_change(arena: Arena) -> Counter[str]:
    racer = arena.register()
    proven, own = racer.proven(), racer.log_in()
    principal = arena.principal(own.token)
    outcomes = arena.at_once(
        [
            lambda services: services.change_password(
                principal=principal,
                current_password=PASSWORD,
                new_password=NEW_PASSWORD,
                origin=ORIGIN,
            ),
            *[start(proven)] * (AT_ONCE - 1),
        ]
    )

    assert outcomes[0] is None
    racer.check_over(issued_of(outcomes), live=[own.session.id])
    arena.principal(own.token)
    return counted(outcomes[1:], InvalidCredentials)


def log_ins_beside_removal(arena: Arena) -> Counter[str]:
    racer = arena.register()
    proven = racer.proven()
    outcomes = arena.at_once(
        [
            lambda _: arena.operators.delete_user(who=racer.name, origin=ORIGIN),
            *[start(proven)] * (AT_ONCE - 1),
        ]
    )

    racer.check_over(issued_of(outcomes))
    return counted(outcomes[1:], InvalidCredentials)


def refreshes_beside_removal(arena: Arena) -> Counter[str]:
    racer = arena.register()
    first = [racer.log_in() for _ in range(AT_ONCE - 1)]
    principal = arena.principal(first[0].token)
    outcomes = arena.at_once(
        [
            lambda services: services.remove_account(
                principal=principal, password=PASSWORD, origin=ORIGIN
            ),
            *map(refresh, first),
        ]
    )

    assert outcomes[0] is None
    racer.check_over([*first, *issued_of(outcomes)])
    return counted(outcomes[1:], InvalidRefreshToken)


def refreshes_beside_log_out(arena: Arena) -> Counter[str]:
    racer = arena.register()
    first = racer.log_in()
    principal = arena.principal(first.token)
    ended = [
        lambda services: services.end_session(
            principal=principal, session_id=first.session.id, origin=ORIGIN
        )
    ] * (AT_ONCE // 2)
    outcomes = arena.at_once([*ended, *[refresh(first)] * (AT_ONCE // 2)])

    ends, renewals = outcomes[: len(ended)], outcomes[len(ended) :]
    assert None in ends
    # Whoever comes too late finds the session over before or after looking who is asking.
    too_late = (InvalidCredentials, SessionNotFound)
    assert all(end is None or isinstance(end, too_late) for end in ends)
    racer.check_over([first, *issued_of(renewals)])
    return counted(renewals, InvalidRefreshToken)


RACES: tuple[Race, ...] = (
    refreshes,
    log_ins_beside_disable,
    log_ins_beside_password_change,
    log_ins_beside_removal,
    refreshes_beside_removal,
    refreshes_beside_log_out,
)


def issued_of(outcomes: Sequence[object]) -> list[IssuedTokens]:
    return [each for each in outcomes if isinstance(each, IssuedTokens)]


def counted(outcomes: Sequence[object], refusal: type[DomainError] | None = None) -> Counter[str]:
    """How many came first and how many too late. Fails if there was any other outcome."""
    number = Counter({"in time": 0, "too late": 0})
    for outcome in outcomes:
        if isinstance(outcome, IssuedTokens):
            number["in time"] += 1
        else:
            assert refusal is not None, outcome
            assert isinstance(outcome, refusal), outcome
            number["too late"] += 1
    return number
