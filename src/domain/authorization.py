"""Authorization codes: how a user's leave reaches an application (RFC 6749 section 4.1)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from domain.audit import AuditTrail, Event
from domain.clients import Client
from domain.clock import Clock
from domain.consents import Consent, ConsentRepository
from domain.errors import DomainError, ErrorKind
from domain.identifiers import Identifiers
from domain.issuance import IssuedTokens, Issuer, end_surplus, new_session
from domain.origins import Origin
from domain.revocations import Revocation, RevokedSessions
from domain.secrets import SecretFactory, digest_of
from domain.sessions import Session, SessionPolicy, SessionRepository, require_live
from domain.tokens import TokenPrincipal
from domain.unit_of_work import UnitOfWork
from domain.users import User, UserRepository, subject_of

CODE_LIFETIME = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class AuthorizationCode:
    """What a code stands for.

    `parent_id` is the session in which the user gave leave. `redirect_uri` is empty if the
    application named none. `session_id` is the session that came of it.
    """

    digest: str
    client_id: str
    user_id: int
    parent_id: str
    redirect_uri: str
    scope: str
    audience: str
    code_challenge: str
    expires_at: datetime
    session_id: str | None = None


class InvalidGrant(DomainError):
    """The code is none of this client's, or is not good any more."""

    code = "invalid_grant"
    kind = ErrorKind.INVALID
    detail = "This code is not valid, or was used before; send the user to authorize again."


class ConsentRequired(DomainError):
    """The user has to be asked first."""

    code = "consent_required"
    kind = ErrorKind.CONFLICT
    detail = "The user has to be asked; send them to authorize again."


class AuthorizationCodeRepository(Protocol):
    """Keeps codes. Outside a unit of work each call is a transaction of its own."""

    def add(self, code: AuthorizationCode) -> None:
        """Stores a new code. Raises ClientNotFound when its client is not there any more."""

    def find(self, digest: str) -> AuthorizationCode | None:
        """The code with this digest, used or not."""

    def use(self, digest: str, *, session_id: str) -> bool:
        """Notes what comes of the code; says whether nothing had before."""


@dataclass(frozen=True, slots=True)
class AuthorizeClient:
    """Gives an application a code, with the leave of a user."""

    users: UserRepository
    sessions: SessionRepository
    consents: ConsentRepository
    codes: AuthorizationCodeRepository
    audit: AuditTrail
    clock: Clock
    secrets: SecretFactory
    unit_of_work: UnitOfWork

    def __call__(
        self,
        *,
        principal: TokenPrincipal,
        client: Client,
        redirect_uri: str,
        scope: str,
        audience: str,
        code_challenge: str,
        origin: Origin,
        is_asked: bool = True,
    ) -> str:
        """The code; remembers the consent, if the user was asked and the client needs one.

        Nobody has to be asked about the owner's own applications, nor for what was consented to
        before, unless another program could pass for the client.

        Raises InvalidCredentials when the user's session is over, ClientNotFound when the client
        was removed meanwhile, and ConsentRequired when the user was not asked and has to be.
        """
        code = self.secrets.new()
        with self.unit_of_work():
            self.users.lock(principal.user_id)
            now = self.clock.now()
            require_live(self.sessions, principal, now)
            known = None if client.is_trusted else self.consents.find(principal.user_id, client.id)
            is_given = client.is_trusted or (known is not None and known.covers(scope))
            is_sure = client.is_trusted or client.is_known_at(redirect_uri)
            if not is_asked and not (is_given and is_sure):
                raise ConsentRequired
            # Before the consent, since only a client that is there and stays has codes.
            self.codes.add(
                AuthorizationCode(
                    digest=digest_of(code),
                    client_id=client.id,
                    user_id=principal.user_id,
                    parent_id=principal.session_id,
                    redirect_uri=redirect_uri,
                    scope=scope,
                    audience=audience,
                    code_challenge=code_challenge,
                    expires_at=now + CODE_LIFETIME,
                )
            )
            if not is_given:
                self._remember(principal, client, _wider(known, scope), origin, now)
        return code

    def _remember(
        self, principal: TokenPrincipal, client: Client, scope: str, origin: Origin, now: datetime
    ) -> None:
        self.consents.put(principal.user_id, client.id, scope=scope, given_at=now)
        self.audit.record(
            Event.CONSENT_GIVEN,
            origin=origin,
            subject=subject_of(principal.user_id),
            session_id=principal.session_id,
            detail=f"client={client.id}",
        )


@dataclass(frozen=True, slots=True)
class FindAuthorizationCode:
    """Looks a code up."""

    codes: AuthorizationCodeRepository

    def __call__(self, *, code: str, client_id: str) -> AuthorizationCode | None:
        """What the code stands for, if it is this client's; it may be used or expired."""
        found = self.codes.find(digest_of(code))
        return found if found is not None and found.client_id == client_id else None


@dataclass(frozen=True, slots=True)
class RedeemCode:
    """Gives an application tokens for its code, once."""

    issuer: Issuer
    users: UserRepository
    sessions: SessionRepository
    consents: ConsentRepository
    codes: AuthorizationCodeRepository
    policy: SessionPolicy
    revoked: RevokedSessions
    audit: AuditTrail
    clock: Clock
    identifiers: Identifiers
    unit_of_work: UnitOfWork

    def __call__(
        self, *, code: AuthorizationCode, client: Client, refreshable: bool, origin: Origin
    ) -> IssuedTokens:
        """Tokens of a new session, whose parent is that in which the user gave leave.

        The caller has compared client, redirect address and verifier. Raises InvalidGrant; after a
        second use, the session that came of the first is over (RFC 6749 section 4.1.2).
        """
        issued: IssuedTokens | None = None
        ended: Sequence[Revocation] = ()
        with self.unit_of_work():
            user = self.users.lock(code.user_id)
            now = self.clock.now()
            session_id = self.identifiers.new()
            # Used up before anything comes of it, whatever becomes of that.
            if not self.codes.use(code.digest, session_id=session_id):
                ended = self._end_first(code, now, origin)
            elif user and (parent := self._parent(code, client, user, now)):
                issued, ended = self._begin(
                    code=code,
                    user=user,
                    parent=parent,
                    session_id=session_id,
                    now=now,
                    refreshable=refreshable,
                    origin=origin,
                )
        self.revoked.add(ended)
        if issued is None:
            raise InvalidGrant
        return issued

    def _parent(
        self, code: AuthorizationCode, client: Client, user: User, now: datetime
    ) -> Session | None:
        # Whoever logs out, changes the password or takes the consent back within the code's minute
        # is obeyed.
        parent = self.sessions.find(code.parent_id)
        if user.disabled_at is not None or now >= code.expires_at:
            return None
        if parent is None or not parent.is_live(now):
            return None
        if not client.is_trusted:
            consent = self.consents.find(code.user_id, client.id)
            if consent is None or not consent.covers(code.scope):
                return None
        return parent

    def _begin(
        self,
        *,
        code: AuthorizationCode,
        user: User,
        parent: Session,
        session_id: str,
        now: datetime,
        refreshable: bool,
        origin: Origin,
    ) -> tuple[IssuedTokens, Sequence[Revocation]]:
        session = new_session(
            self.issuer,
            self.policy,
            id=session_id,
            user_id=code.user_id,
            client_id=code.client_id,
            scope=code.scope,
            audience=code.audience,
            origin=origin,
            now=now,
            refreshable=refreshable,
            parent=parent,
        )
        self.sessions.add(session)
        token = self.issuer.rotation(session, user)
        issued = self.issuer.issued(session, token, now=now)
        surplus = end_surplus(self.sessions, self.policy, session)
        self.audit.record(
            Event.CODE_REDEEMED,
            origin=origin,
            subject=subject_of(code.user_id),
            session_id=session.id,
            detail=f"client={code.client_id}" + (f" surplus={len(surplus)}" if surplus else ""),
        )
        return issued, surplus

    def _end_first(
        self, code: AuthorizationCode, now: datetime, origin: Origin
    ) -> Sequence[Revocation]:
        used = self.codes.find(code.digest)
        if used is None or used.session_id is None:
            return ()
        self.audit.record(
            Event.CODE_REUSED,
            origin=origin,
            subject=subject_of(code.user_id),
            session_id=used.session_id,
            detail=f"client={code.client_id}",
        )
        return self.sessions.end(code.user_id, at=now, only=used.session_id)


def _wider(known: Consent | None, scope: str) -> str:
    words = [*(known.scope.split() if known else ()), *scope.split()]
    return " ".join(dict.fromkeys(words))
