"""Whether a subject does what the seed's contract says: asked before and after it is measured."""

import json
import secrets
from http.client import HTTPConnection

from bench.subjects import LIFETIME, Running
from scripts.floods import PASSWORD, TIMEOUT, basic

GREETING = "Hello, {}!"


def call(
    port: int, method: str, path: str, *, authorization: str = "", body: object = None
) -> tuple[int, dict[str, str], dict[str, object]]:
    """One request on a connection of its own: the status, the headers, the JSON."""
    headers = {"Authorization": authorization} if authorization else {}
    if body is not None:
        headers["Content-Type"] = "application/json"
    connection = HTTPConnection("127.0.0.1", port, timeout=TIMEOUT)
    try:
        connection.request(method, path, json.dumps(body) if body else None, headers)
        answer = connection.getresponse()
        text = answer.read()
    finally:
        connection.close()
    try:
        value = json.loads(text)
    except ValueError:
        value = {}
    named = {name.lower(): value for name, value in answer.getheaders()}
    return answer.status, named, value if isinstance(value, dict) else {}


def token(port: int, username: str) -> str:
    """A token, for the password that everybody has."""
    status, _, value = call(port, "GET", "/api/token", authorization=basic(username, PASSWORD))
    expect("a token", (status, value.get("duration")), (200, LIFETIME))
    return str(value["token"])


def expect(what: str, found: object, wanted: object) -> None:
    """Ends the run where an answer is wrong: what is wrong need not be quick."""
    if found != wanted:
        raise SystemExit(f"{what}: {wanted} was expected, {found} came.")


def greets(server: Running, authorization: str, username: str) -> None:
    """The protected resource has to greet whoever this is."""
    status, _, value = call(server.port, "GET", "/api/resource", authorization=authorization)
    wanted = (200, GREETING.format(username))
    expect(f"{server.subject.title}, resource", (status, value.get("data")), wanted)


def check(server: Running) -> None:
    """All of the contract that is measured, with a new user."""
    name, title, port = f"new-{secrets.token_hex(6)}", server.subject.title, server.port
    if server.subject.is_ceiling:
        return greets(server, "", "miguel")
    user = {"username": name, "password": PASSWORD}
    status, headers, value = call(port, "POST", "/api/users", body=user)
    expect(f"{title}, registration", (status, value), (201, {"username": name}))
    path = "/api/users/" + headers["location"].rpartition("/")[2]
    expect(f"{title}, user", call(port, "GET", path)[::2], (200, {"username": name}))
    expect(f"{title}, name taken", call(port, "POST", "/api/users", body=user)[0], 400)
    expect(f"{title}, no such user", call(port, "GET", "/api/users/999999999")[0], 400)
    given = token(port, name)
    greets(server, basic(given, "x"), name)
    greets(server, basic(name, PASSWORD), name)
    for refused in (basic(name, "ruby"), basic(given[:-10] + "AAAAAAAAAA", "x")):
        status, headers, _ = call(port, "GET", "/api/resource", authorization=refused)
        expect(f"{title}, refusal", status, 401)
        asked = headers.get("www-authenticate", "")
        is_asked = asked.lower().startswith('basic realm="authentication required"')
        expect(f"{title}, challenge {asked}", is_asked, True)
    return None
