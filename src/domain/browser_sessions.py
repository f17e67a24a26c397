"""Sessions of people's browsers, in which they let applications act for them."""

from dataclasses import dataclass

from domain.clock import Clock
from domain.issuance import RefreshTokenCodec
from domain.sessions import SessionPolicy, SessionRepository
from domain.tokens import BROWSER, TokenPrincipal
from domain.users import UserRepository


@dataclass(frozen=True, slots=True)
class ResumeBrowserSession:
    """Finds out who uses a browser."""

    refresh_tokens: RefreshTokenCodec
    users: UserRepository
    sessions: SessionRepository
    policy: SessionPolicy
    clock: Clock

    def __call__(self, *, cookie: str) -> TokenPrincipal | None:
        """Whom the cookie proves, whose session then goes on; None if it proves nobody."""
        named = self.refresh_tokens.decode(cookie)
        session = self.sessions.find(named[0]) if named else None
        now = self.clock.now()
        if session is None or session.user_id is None or session.client_id != BROWSER:
            return None
        user = self.users.find(session.user_id)
        if user is None or user.disabled_at is not None or not session.is_live(now):
            return None
        renewed = self.policy.renewed(session, now=now, tokens_end=session.tokens_end)
        if renewed.used_at != session.used_at and not self.sessions.renew(
            renewed, counter=session.counter
        ):
            return None
        return TokenPrincipal(user.id, user.name, session.id, session.created_at, session.scope)
