"""Codes redeemed, grants refreshed and taken back at the same moment, as sessions are raced for."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from domain.authorization import AuthorizationCode, InvalidGrant
from domain.clients import Client, ClientNotFound
from domain.consents import ConsentNotFound
from domain.credentials import InvalidCredentials
from domain.errors import DomainError
from domain.issuance import IssuedTokens
from domain.renewal import InvalidRefreshToken
from domain.tokens import TokenPrincipal
from tests.origins import ORIGIN
from tests.processes.session_races import (
    AT_ONCE,
    Arena,
    Call,
    Race,
    Racer,
    counted,
    issued_of,
    refused,
)

CALLBACK = "https://wiki.example/callback"
GRANTS = 20
TOO_LATE = (
    *(InvalidRefreshToken, InvalidGrant, InvalidCredentials, ClientNotFound, ConsentNotFound),
)
API = "https://wiki.example/api"


@dataclass(frozen=True)
class Grants:
    """A client, and a user who lets it do something in a session of their own."""

    arena: Arena
    racer: Racer
    principal: TokenPrincipal
    client: Client

    @classmethod
    def of_somebody(cls, arena: Arena) -> "Grants":
        racer = arena.register()
        client, _ = arena.operators.create_client(
            name="The wiki", redirect_uris=[CALLBACK], scopes=["read"], origin=ORIGIN
        )
        return cls(arena, racer, arena.principal(racer.log_in().token), client)

    def of_another(self) -> "Grants":
        """The same client, and another user."""
        racer = self.arena.register()
        return replace(self, racer=racer, principal=self.arena.principal(racer.log_in().token))

    @property
    def end_all(self) -> Call:
        return lambda services: services.administration.end_user_sessions(
            user_id=self.racer.user_id, origin=ORIGIN
        )

    @property
    def withdraw(self) -> Call:
        return lambda services: services.withdraw_consent(
            principal=self.principal, client_id=self.client.id, origin=ORIGIN
        )

    def end(self, issued: IssuedTokens) -> Call:
        return lambda services: services.oauth.end_grant(
            token=issued.token, client_id=self.client.id, origin=ORIGIN
        )

    @property
    def authorize(self) -> Call:
        return lambda services: services.oauth.authorize_client(
            principal=self.principal,
            client=self.client,
            redirect_uri=CALLBACK,
            scope="read",
            audience=API,
            code_challenge="a challenge",
            origin=ORIGIN,
        )

    def code(self) -> AuthorizationCode:
        """What a new code stands for."""
        services = self.arena.processes[0]
        text = str(self.authorize(services))
        found = services.oauth.find_code(code=text, client_id=self.client.id)
        assert found is not None
        return found

    def redeem(self, code: AuthorizationCode) -> Call:
        return lambda services: services.oauth.redeem_code(
            code=code, client=self.client, refreshable=True, origin=ORIGIN
        )

    def granted(self) -> IssuedTokens:
        """What the client has when the user has let it."""
        issued = self.redeem(self.code())(self.arena.processes[0])
        assert isinstance(issued, IssuedTokens)
        return issued

    def refresh(self, issued: IssuedTokens) -> Call:
        return lambda services: services.refresh_session(
            refresh_token=issued.refresh_token or "", client_id=self.client.id, origin=ORIGIN
        )

    def check_over(self, handed_out: Sequence[IssuedTokens]) -> None:
        """Fails unless only the user's own session lives, and nothing of the client's is good."""
        assert self.racer.live() == {self.principal.session_id}
        self.arena.catch_up()
        for services in self.arena.processes:
            for issued in handed_out:
                inspect = services.oauth.inspect_token
                assert inspect(token=issued.token, client=self.client) is None
                with refused(InvalidRefreshToken):
                    self.refresh(issued)(services)


def redemptions(arena: Arena) -> Counter[str]:
    """All hold the same code: one gets tokens, and the others end what came of it."""
    grants = Grants.of_somebody(arena)
    code = grants.code()
    outcomes = arena.at_once([grants.redeem(code)] * AT_ONCE)

    issued = issued_of(outcomes)
    assert len(issued) == 1, outcomes
    stored = arena.processes[0].list_sessions.sessions.find(issued[0].session.id)
    assert stored is not None
    assert stored.ended_at is not None
    grants.check_over(issued)
    return counted(outcomes, InvalidGrant)


def refreshes_of_a_grant(arena: Arena) -> Counter[str]:
    """All hold the same refresh token, and get the same one for it."""
    grants = Grants.of_somebody(arena)
    first = grants.granted()
    outcomes = arena.at_once([grants.refresh(first)] * AT_ONCE)

    issued = issued_of(outcomes)
    assert len(issued) == AT_ONCE, outcomes
    assert len({each.refresh_token for each in issued}) == 1
    assert issued[0].refresh_token != first.refresh_token
    assert issued_of(arena.at_once([grants.refresh(issued[-1])]))
    return counted(outcomes)


def redemptions_beside_withdrawal(arena: Arena) -> Counter[str]:
    grants = Grants.of_somebody(arena)
    return _beside(grants, grants.withdraw)


def redemptions_beside_deletion(arena: Arena) -> Counter[str]:
    grants = Grants.of_somebody(arena)
    return _beside(
        grants,
        lambda _: arena.operators.delete_client(client_id=grants.client.id, origin=ORIGIN),
        [grants.authorize] * 5,
    )


def deletion_beside_ends(arena: Arena) -> Counter[str]:
    """A client goes with the sessions of two users, which end in every other way as well."""
    first = Grants.of_somebody(arena)
    both = [first, first.of_another()]
    granted = [[grants.granted() for _ in range(GRANTS)] for grants in both]
    calls: list[Call] = [
        lambda _: arena.operators.delete_client(client_id=first.client.id, origin=ORIGIN)
    ]
    for grants, held in zip(both, granted, strict=True):
        codes = [grants.code() for _ in range(2)]
        calls += [grants.end_all, grants.withdraw, grants.authorize, grants.end(held[0])]
        calls += [*map(grants.refresh, held[1:4]), *map(grants.redeem, codes)]
    outcomes = arena.at_once(calls)

    assert not isinstance(outcomes[0], DomainError), outcomes[0]
    assert not first.racer.live() | both[1].racer.live()
    arena.catch_up()
    for services in arena.processes:
        for issued in (*granted[0], *granted[1], *issued_of(outcomes)):
            inspect = services.oauth.inspect_token
            assert inspect(token=issued.token, client=first.client) is None
    done = [each for each in outcomes if not isinstance(each, DomainError)]
    for each in outcomes:
        assert each in done or isinstance(each, TOO_LATE), each
    return Counter({"in time": len(done), "too late": len(outcomes) - len(done)})


def _beside(grants: Grants, act: Call, others: Sequence[Call] = ()) -> Counter[str]:
    codes = [grants.code() for _ in range(AT_ONCE - 1 - len(others))]
    outcomes = grants.arena.at_once([act, *map(grants.redeem, codes), *others])

    assert not isinstance(outcomes[0], DomainError), outcomes[0]
    redeemed, authorized = outcomes[1 : len(codes) + 1], outcomes[len(codes) + 1 :]
    grants.check_over(issued_of(redeemed))
    assert all(isinstance(each, str | ClientNotFound) for each in authorized), authorized
    return counted(redeemed, InvalidGrant)


GRANT_RACES: tuple[Race, ...] = (
    redemptions,
    refreshes_of_a_grant,
)
WITHDRAWAL_RACES: tuple[Race, ...] = (
    redemptions_beside_withdrawal,
    redemptions_beside_deletion,
    deletion_beside_ends,
)
