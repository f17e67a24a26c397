"""What applications do with tokens: act for themselves, end what they hold, ask what one says."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from domain.audit import AuditTrail, Event
from domain.clients import Client, ClientNotFound, ClientRepository, client_subject
from domain.clock import Clock
from domain.credentials import InvalidCredentials
from domain.errors import DomainError, ErrorKind
from domain.identifiers import Identifiers
from domain.issuance import IssuedTokens, Issuer, RefreshTokenCodec, new_session, renewed
from domain.origins import Origin
from domain.revocations import Revocation, RevokedSessions
from domain.sessions import Session, SessionPolicy, SessionRepository
from domain.tokens import AccessToken, TokenCodec, TokenPolicy
from domain.unit_of_work import UnitOfWork
from domain.users import subject_of


class OthersToken(DomainError):
    """The token was issued to another client."""

    code = "others_token"
    kind = ErrorKind.INVALID
    detail = "This token was issued to another application, which alone may end it."


@dataclass(frozen=True, slots=True)
class IssueClientToken:
    """Lets a client act for itself (RFC 6749 section 4.4)."""

    issuer: Issuer
    clients: ClientRepository
    sessions: SessionRepository
    policy: SessionPolicy
    audit: AuditTrail
    clock: Clock
    identifiers: Identifiers
    unit_of_work: UnitOfWork

    def __call__(
        self, *, client: Client, scope: str, audience: str, origin: Origin
    ) -> IssuedTokens:
        """A token of the client's standing session, which begins with its first.

        Another begins before the session's end would make tokens short; the former is over with
        its last token. Raises ClientNotFound when the client was removed meanwhile.
        """
        with self.unit_of_work():
            if self.clients.lock(client.id) is None:
                raise ClientNotFound
            now = self.clock.now()
            session = self._renewed(client, now) or self._begin(
                client, scope, audience, origin, now
            )
            session = replace(session, scope=scope, audience=audience)
            token = self.issuer.token(session, None, at=now, token_id=self.identifiers.new())
            return self.issuer.issued(session, token, now=now)

    def _renewed(self, client: Client, now: datetime) -> Session | None:
        standing = self.sessions.find_standing(client.id, now=now)
        # Where sessions live hardly longer than tokens, a half keeps them from being one for each.
        enough = min(self.issuer.policy.lifetime, self.policy.lifetime / 2)
        if standing is None or standing.absolute_end - now < enough:
            return None
        session = renewed(self.issuer, self.policy, standing, now)
        # It may be over meanwhile, by another clock.
        return session if self.sessions.renew(session, counter=standing.counter) else None

    def _begin(
        self, client: Client, scope: str, audience: str, origin: Origin, now: datetime
    ) -> Session:
        session = new_session(
            self.issuer,
            self.policy,
            id=self.identifiers.new(),
            user_id=None,
            client_id=client.id,
            scope=scope,
            audience=audience,
            origin=origin,
            now=now,
            refreshable=False,
        )
        self.sessions.add(session)
        subject = client_subject(client.id)
        self.audit.record(Event.LOGGED_IN, origin=origin, subject=subject, session_id=session.id)
        return session


@dataclass(frozen=True, slots=True)
class EndGrant:
    """Ends the session that a token belongs to (RFC 7009)."""

    tokens: TokenCodec
    refresh_tokens: RefreshTokenCodec
    clients: ClientRepository
    sessions: SessionRepository
    revoked: RevokedSessions
    audit: AuditTrail
    clock: Clock
    unit_of_work: UnitOfWork

    def __call__(self, *, token: str, client_id: str, origin: Origin) -> None:
        """Ends it; does nothing for what is no token, or not any more.

        With one token of a client's own, all of its own end. Raises OthersToken.
        """
        session_id = self._session_id(token)
        session = self.sessions.find(session_id) if session_id else None
        if session is None:
            return
        if session.client_id != client_id:
            raise OthersToken
        with self.unit_of_work():
            ended = self._end(session)
            if ended:
                self.audit.record(
                    Event.SESSION_ENDED,
                    origin=origin,
                    subject=subject_of(session.user_id)
                    if session.user_id
                    else client_subject(client_id),
                    session_id=session.id,
                    detail=f"client={client_id}",
                )
        self.revoked.add(ended)

    def _end(self, session: Session) -> Sequence[Revocation]:
        if session.user_id is not None:
            return self.sessions.end(session.user_id, at=self.clock.now(), only=session.id)
        # So that no other begins meanwhile. Whoever has removed the client ends them as well.
        if self.clients.lock(session.client_id) is None:
            return ()
        found = self.sessions.find(session.id)
        if found is None or found.ended_at is not None:
            # What stands now was begun after that.
            return ()
        return self.sessions.end(
            None, at=self.clock.now(), client_id=session.client_id, nobodys=True
        )

    def _session_id(self, token: str) -> str | None:
        if (named := self.refresh_tokens.decode(token)) is not None:
            return named[0]
        try:
            return self.tokens.decode(token).session_id
        except InvalidCredentials:
            return None


@dataclass(frozen=True, slots=True)
class InspectToken:
    """Tells an API what an access token says, and that it is good (RFC 7662)."""

    policy: TokenPolicy
    tokens: TokenCodec
    revoked: RevokedSessions
    clock: Clock

    def __call__(self, *, token: str, client: Client) -> AccessToken | None:
        """What it says; None for every other text, and for tokens that do not concern this client.

        Those do that were issued to it, or for the API that it is. Raises RevocationsUnknown.
        """
        try:
            told = self.tokens.decode(token)
        except InvalidCredentials:
            return None
        now = self.clock.now()
        is_good = self.policy.holds(told, now=now) and not self.revoked.holds(
            told.session_id, now=now
        )
        concerns = told.client_id == client.id or told.audience == client.resource
        return told if is_good and concerns else None
