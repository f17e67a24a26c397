"""An application on another site that sends its users to log in."""

from dataclasses import dataclass
from typing import Any, Self
from urllib.parse import parse_qs, urlencode

from domain.clients import Client
from tests.browser.visitors import Visitor
from tests.integration.applications import VERIFIER, challenge
from tests.processes.connections import basic
from tests.processes.realms import Realm

SCOPE = "profile photos.read photos.share"
ASKS = "wants to use your account"
"""In the heading of the page that asks for consent."""


@dataclass(frozen=True)
class Shop:
    """What the application does with its user's browser, and behind its back."""

    visitor: Visitor
    realm: Realm
    client: Client
    secret: str
    callback: str

    @classmethod
    def registered(cls, visitor: Visitor, realm: Realm, callback: str, **options: Any) -> Self:
        client, secret = realm.client(callback, scopes=SCOPE.split(), **options)
        assert secret is not None
        return cls(visitor, realm, client, secret, callback)

    def ask(self, **said: str) -> None:
        """Sends the browser to ask for leave."""
        usual = {
            "response_type": "code",
            "client_id": self.client.id,
            "redirect_uri": self.callback,
            "scope": SCOPE,
            "state": "é &",
            "code_challenge": challenge(),
            "code_challenge_method": "S256",
        }
        self.visitor.open(f"/oauth2/authorize?{urlencode(usual | said)}")

    def answer(self) -> dict[str, str]:
        """What the browser brings back, as soon as it does."""
        self.visitor.sees("Elsewhere: /callback")
        address, _, query = self.visitor.driver.current_url.partition("?")
        assert address == self.callback
        found = parse_qs(query)
        assert [len(values) for values in found.values()] == [1] * len(found)
        answer = {name: values[0] for name, values in found.items()}
        assert (answer.pop("iss"), answer.pop("state")) == (self.realm.base, "é &")
        return answer

    def redeem(self, code: str) -> dict[str, Any]:
        """The tokens for a code."""
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "code_verifier": VERIFIER,
            "redirect_uri": self.callback,
        }
        answer = self.realm.server.call(
            "POST",
            "/oauth2/token",
            body=urlencode(form).encode(),
            headers={
                "Content-Type": "application/x-www-form-urlencoded",
                "Authorization": basic(self.client.id, self.secret),
            },
        )
        assert answer.status == 200, answer
        return dict(answer.json)
