"""Every way in which a secret comes to a server, right and wrong ones alike."""

import json
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field

from tests.processes.canaries import Canaries
from tests.processes.connections import Answer, basic, exchange
from tests.processes.servers import Server

JSON = {"Content-Type": "application/json"}
ME = "/api/users/me"


@dataclass
class Planter:
    """Sends what is planted, and keeps every answer."""

    server: Server
    canaries: Canaries
    answers: dict[str, bytes] = field(default_factory=dict)

    def ask(
        self,
        name: str,
        method: str,
        path: str,
        *,
        status: int,
        body: object = None,
        headers: Mapping[str, str] | None = None,
        sends: bytes | None = None,
    ) -> Answer:
        """One request, whose answer is kept by this name. Fails on another status."""
        answer = self.server.call(method, path, json=body, body=sends, headers=headers)
        assert answer.status == status, (name, answer)
        lines = [f"{key}: {value}" for key, value in answer.headers.items()]
        self._keep(name, "\r\n".join(lines).encode() + b"\r\n\r\n" + answer.body)
        return answer

    def send_raw(self, name: str, data: bytes) -> None:
        self._keep(name, exchange(self.server.port, data))

    def given(self, name: str, answer: Answer, *fields: str) -> list[str]:
        """Tokens that an answer hands out: secrets from now on."""
        found = []
        for each in fields:
            whole = str(answer.json[each])
            where = f"{name}: {each}"
            # The end of a token is what nobody can make; the rest says who and until when.
            self.canaries.add(where, whole.rpartition(".")[2])
            self.canaries.may_have(name, where)
            found.append(whole)
        return found

    def _keep(self, name: str, answer: bytes) -> None:
        assert name not in self.answers
        self.answers[name] = answer


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def plant_everything(planter: Planter) -> str:
    """Registers miguel and susan, and leaves out no way in. Gives miguel's last password."""
    new = planter.canaries.new
    password = new("the password")
    for name in ("miguel", "susan"):
        body = {"username": name, "password": password}
        planter.ask(f"{name} registers", "POST", "/api/users", status=201, body=body)
    register(planter)
    authorize(planter, password)
    send_headers(planter)
    send_addresses(planter)
    send_malformed(planter)
    live = log_in_and_refresh(planter, password)
    forge(planter, live)
    change(planter, live, password)
    return planter.canaries.planted["change, done"].decode()


def register(planter: Planter) -> None:
    """Registrations that are refused."""
    new, path = planter.canaries.new, "/api/users"
    bodies: dict[str, object] = {
        "a taken name": {"username": "miguel", "password": new("beside a taken name")},
        "no name": {"username": "no name", "password": new("beside no name")},
        "too long": {"username": "jane", "password": new("too long") + "x" * 256},
        "no password": {"username": "jane", "password": new("no password") + "\t"},
        "a list": {"username": "jane", "password": [new("a list")]},
        "an unknown field": {"username": "jane", "password": "x", "pin": new("an unknown field")},
        "no object": [new("no object")],
    }
    for name, body in bodies.items():
        planter.ask(f"register, {name}", "POST", path, status=400, body=body)
    pieces = {
        "cut": '{"username": "jane", "password": "%s',
        "twice": '{"username": "jane", "password": "x", "password": "%s"}',
        "no number": '{"username": "jane", "password": NaN, "x": "%s"}',
        "surrogate": '{"username": "jane", "password": "\\ud800%s"}',
        "deep": '{"username": "%s", "password": ' + "[" * 1000,
    }
    for name, piece in pieces.items():
        sends = (piece % new(f"body, {name}")).encode()
        planter.ask(f"body, {name}", "POST", path, status=400, sends=sends, headers=JSON)
    form = f"username=jane&password={new('a form')}".encode()
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    planter.ask("a form", "POST", path, status=415, sends=form, headers=headers)
    large = json.dumps({"username": "jane", "password": new("large") + "x" * 70_000}).encode()
    planter.ask("large", "POST", path, status=413, sends=large, headers=JSON)


def authorize(planter: Planter, password: str) -> None:
    """Authorization headers, good and bad."""
    new = planter.canaries.new
    good = planter.ask(
        "Basic",
        "GET",
        "/api/token",
        status=200,
        headers={"Authorization": basic("miguel", password)},
    )
    (token,) = planter.given("Basic", good, "token")
    as_name = {"Authorization": basic(token, "x")}
    planter.ask("token as a name", "GET", "/api/resource", status=200, headers=as_name)
    encoded = b64encode(b"miguel:" + new("Basic, no UTF-8").encode() + b"\xff").decode()
    no_colon = b64encode(new("Basic, no colon").encode()).decode()
    refused = {
        "wrong": basic("miguel", new("Basic, wrong")),
        "unknown": basic("nobody", new("Basic, unknown")),
        "password as name": basic(new("Basic, password as name"), "x"),
        "no UTF-8": f"Basic {encoded}",
        "no colon": f"Basic {no_colon}",
        "no base64": f"Basic {new('Basic, no base64')}!",
        "Bearer": f"Bearer {new('Bearer, opaque')}",
        "Bearer, two words": f"Bearer {new('Bearer, two words')} {new('Bearer, second word')}",
        "Digest": f"Digest {new('Digest')}",
        "nothing but it": new("no scheme"),
    }
    for name, authorization in refused.items():
        headers = {"Authorization": authorization}
        planter.ask(f"header, {name}", "GET", "/api/resource", status=401, headers=headers)
    token_only = {"Authorization": basic("miguel", password)}
    planter.ask("password for a token", "GET", ME, status=401, headers=token_only)
    twice = {"Authorization": f"Bearer {new('repeated')}, Bearer x"}
    planter.ask("repeated", "GET", ME, status=400, headers=twice)


def send_headers(planter: Planter) -> None:
    """Headers that nobody asked for."""
    new = planter.canaries.new
    for name in (
        *(
            "Cookie",
            "Referer",
            "Origin",
            "X-Api-Key",
            "X-Request-ID",
            "X-Forwarded-For",
            "Forwarded",
        ),
        *("Proxy-Authorization", "X-Forwarded-Proto", "Accept", "Content-Encoding", "Expect-CT"),
    ):
        headers = {name: new(f"header {name}")}
        planter.ask(f"header {name}", "GET", "/api/resource", status=401, headers=headers)
    host = {"Host": f"{new('header Host')}@x"}
    planter.ask("header Host", "GET", "/", status=400, headers=host)
    media = {"Content-Type": f"text/{new('header Content-Type')}"}
    planter.ask("header Content-Type", "POST", "/api/users", status=415, sends=b"x", headers=media)


def send_addresses(planter: Planter) -> None:
    """Secrets in an address, where careless clients put them."""
    new = planter.canaries.new
    for name in ("password", "access_token", "refresh_token"):
        query = f"/api/resource?{name}={new(f'query {name}')}"
        planter.ask(f"query {name}", "GET", query, status=401)
    planter.ask("path", "GET", f"/{new('path')}", status=404)
    planter.ask("path of a user", "GET", f"/api/users/{new('path of a user')}", status=400)
    planter.ask("path of a session", "GET", f"/api/sessions/{new('path of a session')}", status=401)


def send_malformed(planter: Planter) -> None:
    """What the server below the application refuses by itself."""
    new, host = planter.canaries.new, b"Host: localhost\r\n"
    lines = {
        "method": b"%b / HTTP/1.1\r\n" + host + b"\r\n",
        "version": b"GET /%b HTTP/9.9\r\n" + host + b"\r\n",
        "request line": b"GET %b\r\n" + host + b"\r\n",
        "header": b"GET / HTTP/1.1\r\n" + host + b"%b\r\n\r\n",
        "header's name": b"GET / HTTP/1.1\r\n" + host + b"%b : x\r\n\r\n",
        "header's value": b"GET / HTTP/1.1\r\n" + host + b"X-Api-Key: %b\0\r\n\r\n",
        "length": b"POST / HTTP/1.1\r\n" + host + b"Content-Length: %b\r\n\r\n",
        "coding": b"POST / HTTP/1.1\r\n" + host + b"Transfer-Encoding: %b\r\n\r\n",
        "handshake": b"GET /?token=%b HTTP/1.1\r\n" + host + b"Connection: Upgrade\r\n"
        b"Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
        b"Sec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n\r\n",
    }
    for name, line in lines.items():
        planter.send_raw(f"raw {name}", line % new(f"raw {name}").encode())


def log_in_and_refresh(planter: Planter, password: str) -> str:
    """Sessions, and refresh tokens that are used, used again and made up. Gives a live token."""
    new = planter.canaries.new
    both = ("access_token", "refresh_token")
    log_ins: dict[str, tuple[object, int]] = {
        "wrong": ({"username": "miguel", "password": new("log-in, wrong")}, 401),
        "unknown": ({"username": "nobody", "password": new("log-in, unknown")}, 401),
        "password as name": ({"username": new("log-in, as name"), "password": "x"}, 401),
        "no text": ({"username": "miguel", "password": {"is": new("log-in, no text")}}, 400),
        "unknown field": ({"password": "x", "otp": new("log-in, unknown field")}, 400),
    }
    for name, (body, status) in log_ins.items():
        planter.ask(f"log-in, {name}", "POST", "/api/sessions", status=status, body=body)
    right = {"username": "miguel", "password": password}
    first = planter.ask("log-in", "POST", "/api/sessions", status=201, body=right)
    _, spent = planter.given("log-in", first, *both)
    body = {"refresh_token": spent}
    second = planter.ask("refresh", "POST", "/api/token", status=200, body=body)
    _, present = planter.given("refresh", second, *both)
    made_up = present.rpartition(".")[0] + "." + new("refresh, made up") + "x" * 23
    refused = {"made up": made_up, "cut": present[:-1], "anything": new("refresh, anything")}
    for name, sent in refused.items():
        body = {"refresh_token": sent}
        planter.ask(f"refresh, {name}", "POST", "/api/token", status=401, body=body)
    listed = {"refresh_token": [present]}
    planter.ask("refresh, a list", "POST", "/api/token", status=400, body=listed)
    planter.ask("refresh token as Bearer", "GET", ME, status=401, headers=bearer(present))
    third = planter.ask(
        "refresh again", "POST", "/api/token", status=200, body={"refresh_token": present}
    )
    planter.given("refresh again", third, *both)
    planter.ask("reuse", "POST", "/api/token", status=401, body={"refresh_token": spent})
    last = planter.ask("last log-in", "POST", "/api/sessions", status=201, body=right)
    live, _ = planter.given("last log-in", last, *both)
    for path in ("/api/sessions", "/api/sessions/current", ME, "/api/resource"):
        planter.ask(f"see {path}", "GET", path, status=200, headers=bearer(live))
    return live


def forge(planter: Planter, live: str) -> None:
    """Tokens that are not ours, or nearly."""
    new = planter.canaries.new
    header, payload, signature = live.split(".")
    claims = (
        b64encode(json.dumps({"sub": new("claims of a forgery")}).encode()).decode().rstrip("=")
    )
    keyed = b64encode(
        json.dumps({"alg": "ES256", "kid": new("kid of a forgery")}).encode()
    ).decode()
    forgeries = {
        "signature": f"{header}.{payload}.{new('signature of a forgery')}",
        "claims": f"{header}.{claims}.{signature}",
        "kid": f"{keyed.rstrip('=')}.{payload}.{signature}",
        "cut": live[:-1],
    }
    for name, forged in forgeries.items():
        planter.ask(f"forged {name}", "GET", "/api/resource", status=401, headers=bearer(forged))
        as_name = {"Authorization": basic(forged, new(f"beside a forged {name}"))}
        planter.ask(f"forged {name} as a name", "GET", "/api/token", status=401, headers=as_name)


def change(planter: Planter, live: str, password: str) -> None:
    """A new password, and the end of an account."""
    new, path, removal = planter.canaries.new, f"{ME}/password", f"{ME}/removal"
    pairs = {
        "wrong": {"current_password": new("change, wrong"), "new_password": new("change, vain")},
        "refused": {"current_password": password, "new_password": new("change, refused") + "\t"},
        "unknown": {"current_password": password, "new": new("change, unknown field")},
    }
    for name, pair in pairs.items():
        planter.ask(f"change, {name}", "PUT", path, status=400, body=pair, headers=bearer(live))
    body = {"current_password": password, "new_password": new("change, done")}
    planter.ask("change", "PUT", path, status=204, body=body, headers=bearer(live))
    wrong = {"password": new("removal, wrong")}
    planter.ask("removal, wrong", "POST", removal, status=400, body=wrong, headers=bearer(live))
    susan = {"username": "susan", "password": password}
    last = planter.ask("susan's log-in", "POST", "/api/sessions", status=201, body=susan)
    hers, _ = planter.given("susan's log-in", last, "access_token", "refresh_token")
    body = {"password": password}
    planter.ask("removal", "POST", removal, status=204, body=body, headers=bearer(hers))
