"""How a session goes on: by its refresh token."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from domain.audit import AuditTrail, Event
from domain.clock import Clock
from domain.errors import DomainError, ErrorKind
from domain.issuance import IssuedTokens, Issuer, renewed
from domain.origins import Origin
from domain.revocations import Revocation, RevokedSessions
from domain.sessions import Session, SessionPolicy, SessionRepository
from domain.tokens import CLIENT_ID, scope_words
from domain.unit_of_work import UnitOfWork
from domain.users import User, UserRepository, subject_of


class InvalidRefreshToken(DomainError):
    """The refresh token is none of ours, or its session is over."""

    code = "invalid_refresh_token"
    kind = ErrorKind.UNAUTHENTICATED
    detail = "This refresh token is not valid any more; log in again."


class RefreshTokenReused(DomainError):
    """The refresh token was replaced long ago: two hold it, and nobody knows who is the thief."""

    code = "refresh_token_reused"
    kind = ErrorKind.UNAUTHENTICATED
    detail = "This refresh token was used before, so its session was ended; log in again."


class BeyondGrant(DomainError):
    """More was asked for than the session has (RFC 6749 section 6); `what` is of which kind."""

    code = "beyond_grant"
    kind = ErrorKind.INVALID
    detail = "This session has less than was asked for; ask for less, or send the user again."

    def __init__(self, what: str = "scope") -> None:
        super().__init__()
        self.what = what


@dataclass(frozen=True, slots=True)
class RefreshSession:
    """Replaces a refresh token, whoever's it is (RFC 9700 section 4.14.2)."""

    issuer: Issuer
    users: UserRepository
    sessions: SessionRepository
    policy: SessionPolicy
    revoked: RevokedSessions
    audit: AuditTrail
    clock: Clock
    unit_of_work: UnitOfWork

    def __call__(
        self,
        *,
        refresh_token: str,
        origin: Origin,
        client_id: str = CLIENT_ID,
        scope: str | None = None,
        audience: str | None = None,
    ) -> IssuedTokens:
        """A new pair of tokens; the same pair again for a token replaced within the grace.

        The access token has all that the session has, or only this `scope` of it (RFC 6749 section
        6), unless that is blank. Raises InvalidRefreshToken, BeyondGrant, and RefreshTokenReused
        after ending the session.
        """
        presented = self.issuer.refresh_tokens.decode(refresh_token)
        if presented is None:
            raise InvalidRefreshToken
        session_id, counter = presented
        issued: IssuedTokens | None = None
        ended: Sequence[Revocation] = ()
        with self.unit_of_work():
            user, session = self._locked(session_id, client_id)
            now = self.clock.now()
            if not session.is_live(now):
                raise InvalidRefreshToken
            wanted = _narrowed(session, scope, audience)
            if session.counter == counter:
                session = self._rotated(session, now)
                issued = self._issued(session, user, now, wanted)
            elif session.counter == counter + 1 and not self._is_over(session, now):
                issued = self._issued(session, user, now, wanted)
            else:
                ended = self.sessions.end(user.id, at=now, only=session.id)
                self.audit.record(
                    Event.REFRESH_TOKEN_REUSED,
                    origin=origin,
                    subject=subject_of(user.id),
                    session_id=session.id,
                )
        self.revoked.add(ended)
        if issued is None:
            raise RefreshTokenReused
        return issued

    def _issued(self, session: Session, user: User, now: datetime, scope: str) -> IssuedTokens:
        token = self.issuer.rotation(session, user, scope=scope)
        return self.issuer.issued(replace(session, scope=scope), token, now=now)

    def _locked(self, session_id: str, client_id: str) -> tuple[User, Session]:
        session = self.sessions.find(session_id)
        if session is None or session.user_id is None or session.client_id != client_id:
            raise InvalidRefreshToken
        user = self.users.lock(session.user_id)
        # Looked at again, since whoever had the user until now may have changed it.
        session = self.sessions.find(session_id)
        if user is None or user.disabled_at is not None or session is None:
            raise InvalidRefreshToken
        return user, session

    def _rotated(self, session: Session, now: datetime) -> Session:
        rotated = replace(session, counter=session.counter + 1, rotated_at=now)
        rotated = renewed(self.issuer, self.policy, rotated, now)
        if not self.sessions.renew(rotated, counter=session.counter):
            raise InvalidRefreshToken
        return rotated

    def _is_over(self, session: Session, now: datetime) -> bool:
        # By a clock that is set back, a rotation lies ahead.
        return abs(now - session.rotated_at) > self.policy.grace


def _narrowed(session: Session, scope: str | None, audience: str | None) -> str:
    # Made of the session's own words, since what was sent would be signed as it came.
    granted = scope_words(session.scope)
    asked = scope_words(scope or "") or granted
    if not set(asked) <= set(granted):
        raise BeyondGrant("scope")
    if audience not in (None, session.audience):
        raise BeyondGrant("audience")
    return " ".join(word for word in granted if word in asked)
