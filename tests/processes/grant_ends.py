"""What applications were granted, ended in each way there is, as sessions are in `revocations`."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from domain.clients import Client
from tests.integration.applications import CALLBACK, VERIFIER, challenge
from tests.origins import ORIGIN
from tests.processes.browsing import Browser
from tests.processes.connections import Answer, basic
from tests.processes.revocations import PASSWORD, Crowd, End, Note, User, Way

FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@dataclass(frozen=True)
class Granted:
    """An application, the code that a user let it have, and what came of that."""

    crowd: Crowd
    client: Client
    secret: str
    code: str

    @classmethod
    def by(cls, user: User, browser: Browser) -> "Granted":
        """Whatever a new application asks for."""
        crowd = user.crowd
        client, secret = crowd.operators.create_client(
            name="Shop", redirect_uris=[CALLBACK], scopes=["profile"], origin=ORIGIN
        )
        asked = {
            "response_type": "code",
            "client_id": client.id,
            "code_challenge": challenge(),
            "code_challenge_method": "S256",
        }
        server = f"http://127.0.0.1:{crowd.server.port}"
        if browser.open(f"{server}/oauth2/authorize?{urlencode(asked)}") == "Log in":
            browser.log_in(user.name, PASSWORD)
        browser.submit(decision="allow")
        return cls(crowd, client, str(secret), browser.query["code"])

    def post(self, endpoint: str, **form: str) -> Answer:
        headers = FORM | {"Authorization": basic(self.client.id, self.secret)}
        body = urlencode(form).encode()
        return self.crowd.server.call("POST", f"/oauth2/{endpoint}", body=body, headers=headers)

    def redeem(self) -> Answer:
        return self.post(
            "token", grant_type="authorization_code", code=self.code, code_verifier=VERIFIER
        )

    def tokens(self) -> dict[str, Any]:
        answer = self.redeem()
        assert answer.status == 200, answer
        return dict(answer.json)


def _granted(user: User, number: int) -> dict[str, Granted]:
    """So many grants of a user's, each by the access token that came of it."""
    with Browser(stops_at=CALLBACK) as browser:
        grants = [Granted.by(user, browser) for _ in range(number)]
    return {each.tokens()["access_token"]: each for each in grants}


def withdrawal(crowd: Crowd, number: int) -> tuple[list[str], End]:
    user = crowd.user()
    own, grants = user.log_in(), _granted(user, number)

    def end(note: Note) -> None:
        for token, each in grants.items():
            user.call(own, "DELETE", f"/api/consents/{each.client.id}")
            note([token])

    return list(grants), end


def end_of_the_client(crowd: Crowd, number: int) -> tuple[list[str], End]:
    grants = _granted(crowd.user(), number)

    def end(note: Note) -> None:
        for token, each in grants.items():
            assert crowd.operators.delete_client(client_id=each.client.id, origin=ORIGIN) == 1
            note([token])

    return list(grants), end


def reused_code(crowd: Crowd, number: int) -> tuple[list[str], End]:
    grants = _granted(crowd.user(), number)

    def end(note: Note) -> None:
        for token, each in grants.items():
            answer = each.redeem()
            note([token])
            assert (answer.status, answer.json["error"]) == (400, "invalid_grant")

    return list(grants), end


def revocation(crowd: Crowd, number: int) -> tuple[list[str], End]:
    grants = _granted(crowd.user(), number)

    def end(note: Note) -> None:
        for token, each in grants.items():
            assert each.post("revoke", token=token).status == 200
            note([token])

    return list(grants), end


GRANT_WAYS: tuple[Way, ...] = (withdrawal, end_of_the_client, reused_code, revocation)
