"""What must be true of users, sessions and tokens, kept in plain words beside the services."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from tests.contracts.processes import MAXIMUM_LIVE, SESSIONS, TOKENS


@dataclass
class Account:
    """A user as the test knows them."""

    id: int
    name: str
    password: str
    is_disabled: bool = False
    is_removed: bool = False


@dataclass
class Login:
    """A session as the test knows it."""

    id: str
    account: Account
    created_at: datetime
    counter: int
    rotated_at: datetime
    absolute_end: datetime
    idle_end: datetime
    refresh_tokens: dict[int, str] = field(default_factory=dict)
    rotation: str = ""
    """The access token that was given out with the last refresh token."""

    is_ended: bool = False
    known_to: set[int] = field(default_factory=set)
    """The processes that have to know of its end."""

    def is_live(self, now: datetime) -> bool:
        return not self.is_ended and now < self.idle_end


@dataclass(frozen=True)
class Token:
    """An access token that was given out."""

    text: str
    login: Login
    expires_at: datetime


class Expected:
    """All that was given out, and what has become of it."""

    def __init__(self) -> None:
        self.accounts: list[Account] = []
        self.logins: list[Login] = []
        self.tokens: list[Token] = []

    def account(self, name: str) -> Account | None:
        """Who has this name now."""
        return next((a for a in self.accounts if a.name == name and not a.is_removed), None)

    def live(self, account: Account, now: datetime) -> list[Login]:
        """The account's live sessions, the youngest first."""
        own = [each for each in self.logins if each.account is account and each.is_live(now)]
        return sorted(own, key=lambda each: (each.created_at, each.id), reverse=True)

    def began(
        self, account: Account, session_id: str, counter: int, now: datetime, process: int
    ) -> Login:
        """A session began; those beyond the limit have to end, the oldest first."""
        absolute_end = now.replace(microsecond=0) + SESSIONS.lifetime
        login = Login(session_id, account, now, counter, now, absolute_end, now)
        self.logins.append(login)
        self.renewed(login, now)
        others = [each for each in self.live(account, now) if each is not login]
        for surplus in others[MAXIMUM_LIVE - 1 :]:
            self.ended(surplus, process)
        return login

    def renewed(self, login: Login, now: datetime) -> None:
        """Something was issued in the session."""
        idle = SESSIONS.idle if login.counter else timedelta(0)
        longest = max(login.idle_end, now + idle, self.token_end(login, now))
        login.idle_end = min(longest, login.absolute_end)

    def token_end(self, login: Login, now: datetime) -> datetime:
        """When an access token that is issued now expires."""
        return min(now.replace(microsecond=0) + TOKENS.lifetime, login.absolute_end)

    def issued(self, login: Login, text: str, now: datetime) -> None:
        self.tokens.append(Token(text, login, self.token_end(login, now)))

    def ended(self, login: Login, process: int) -> None:
        """A process has ended the session, and has to know of that at once."""
        if not login.is_ended:
            login.is_ended = True
            login.known_to.add(process)

    def all_ended(self, account: Account, process: int, *, but: Login | None = None) -> None:
        for login in self.logins:
            if login.account is account and login is not but:
                self.ended(login, process)

    def followed(self, process: int) -> None:
        """The process has read the feed to its end."""
        for login in self.logins:
            if login.is_ended:
                login.known_to.add(process)

    def unexpired(self, now: datetime) -> list[Token]:
        """The tokens whose time is not over, those of live sessions first, then the newest."""
        found = [token for token in self.tokens[::-1] if now < token.expires_at]
        return sorted(found, key=lambda token: not token.login.is_live(now))

    def refreshable(self, now: datetime) -> list[Login]:
        """The sessions that have refresh tokens, the live ones first, then the newest."""
        found = [login for login in self.logins[::-1] if login.counter]
        return sorted(found, key=lambda login: not login.is_live(now))
