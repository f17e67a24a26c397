"""Every way in which a secret comes to the pages and to OAuth's endpoints."""

import re
from html import unescape
from urllib.parse import parse_qs, quote, urlencode, urlsplit

from tests.integration.applications import challenge
from tests.processes.connections import Answer, basic
from tests.processes.plants import Planter

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
CALLBACK = "https://shop.example/callback"
AUTHORIZE = "/oauth2/authorize"


def plant_in_oauth(planter: Planter, password: str, client_id: str, secret: str) -> None:
    """Logs miguel in in a browser, lets the application have a code, and does all that wrongly."""
    planter.canaries.add("client secret", secret)
    cookies = log_in(planter, password)
    code, verifier = give_leave(planter, cookies, client_id)
    prove_wrongly(planter, client_id, secret, code)
    redeem(planter, basic(client_id, secret), code, verifier)
    last = {**FORM, "Cookie": cookies}
    page = planter.ask("log-out page", "GET", "/logout", status=200, headers=last)
    send(planter, "log-out", "/logout", {"csrf": csrf(page)}, cookies, status=303)


def log_in(planter: Planter, password: str) -> str:
    """The cookies of somebody who logged in at last."""
    new = planter.canaries.new
    bogus = {"Cookie": f"varvel={new('bogus cookie')}; varvel-form={new('bogus form cookie')}"}
    planter.ask("bogus cookies", "GET", "/logout", status=200, headers=bogus)
    page = planter.ask("log-in page", "GET", "/login", status=200)
    form = cookie(planter, "log-in page", page)
    proof = csrf(page)
    fields = {"csrf": proof, "username": "miguel", "password": new("page, wrong password")}
    send(planter, "page, wrong", "/login", fields, form, status=403)
    forged = {"csrf": new("page, csrf"), "password": new("page, forged")}
    send(planter, "page, forged", "/login", forged, form, status=403)
    taken = fields | {"password": new("page, taken name")}
    send(planter, "page, taken name", "/register", taken, form, status=400)
    query = f"/login?password={new('page, query')}"
    planter.ask("page, query", "GET", query, status=200, headers={"Cookie": form})
    right = fields | {"password": password}
    answer = send(planter, "page, log-in", "/login", right, form, status=303)
    return f"{form}; {cookie(planter, 'page, log-in', answer)}"


def give_leave(planter: Planter, cookies: str, client_id: str) -> tuple[str, str]:
    """A code, and the verifier that belongs to it."""
    verifier = planter.canaries.new("verifier") + "x" * 23
    asked = {
        "response_type": "code",
        "client_id": client_id,
        "state": planter.canaries.new("state"),
        "code_challenge": challenge(verifier),
        "code_challenge_method": "S256",
    }
    # Pages and answers carry the state, which is the application's own.
    for name in ("strangers are sent", "consent page", "consent"):
        planter.canaries.may_have(name, "state")
    address = f"{AUTHORIZE}?{urlencode(asked)}"
    planter.ask("strangers are sent", "GET", address, status=303)
    page = planter.ask("consent page", "GET", address, status=200, headers={"Cookie": cookies})
    forged = {"csrf": planter.canaries.new("consent, csrf"), "decision": "allow"}
    send(planter, "consent, forged", address, forged, cookies, status=403)
    decided = {"csrf": csrf(page), "decision": "allow"}
    answer = send(planter, "consent", address, decided, cookies, status=303)
    (code,) = parse_qs(urlsplit(answer.headers["Location"]).query)["code"]
    planter.canaries.add("code", code)
    planter.canaries.may_have("consent", "code")
    return code, verifier


def prove_wrongly(planter: Planter, client_id: str, secret: str, code: str) -> None:
    """Applications that prove nothing, and codes and tokens that are none."""
    new, right = planter.canaries.new, basic(client_id, secret)
    grant = {"grant_type": "authorization_code", "code": code, "code_verifier": "x" * 43}
    headers = {
        "wrong": basic(client_id, new("client, wrong secret")),
        "as name": basic(new("client, as name"), "x"),
        "Bearer": f"Bearer {new('client, Bearer')}",
        "unreadable": f"Basic {new('client, unreadable')}!",
    }
    for name, header in headers.items():
        post(planter, f"client, {name}", "token", grant, header, status=401)
    forms = {
        "no code": {"code": new("no code")},
        "no verifier": {"code_verifier": new("no verifier") + "x" * 23},
        "bad verifier": {"code_verifier": new("bad verifier") + "!"},
        "no grant": {"grant_type": new("no grant")},
        "no address": {"redirect_uri": f"{CALLBACK}?{new('no address')}"},
        "no refresh token": {"grant_type": "refresh_token", "refresh_token": new("no refresh")},
        "two ways": {"client_id": client_id, "client_secret": new("two ways")},
    }
    for name, changed in forms.items():
        post(planter, f"token, {name}", "token", grant | changed, right, status=400)
    by_form = {"client_id": client_id, "client_secret": new("client, by form")}
    post(planter, "client, by form", "token", grant | by_form, None, status=401)
    query = f"token?client_secret={quote(new('client, by query'))}"
    post(planter, "client, by query", query, grant, right, status=400)
    for name in ("revoke", "introspect"):
        post(planter, name, name, {"token": new(f"{name}, no token")}, right, status=200)


def redeem(planter: Planter, right: str, code: str, verifier: str) -> None:
    """What comes of the code, renewed and reused."""
    both = ("access_token", "refresh_token")
    grant = {"grant_type": "authorization_code", "code": code, "code_verifier": verifier}
    first = post(planter, "redeemed", "token", grant, right, status=200)
    _, spent = planter.given("redeemed", first, *both)
    renew = {"grant_type": "refresh_token", "refresh_token": spent}
    second = post(planter, "renewed", "token", renew, right, status=200)
    token, _ = planter.given("renewed", second, *both)
    for name in ("introspect", "revoke"):
        post(planter, f"{name}, token", name, {"token": token}, right, status=200)
    post(planter, "code again", "token", grant, right, status=400)


def send(
    planter: Planter, name: str, path: str, fields: dict[str, str], cookies: str, *, status: int
) -> Answer:
    """A form, as a browser sends it."""
    headers = {**FORM, "Cookie": cookies}
    body = urlencode(fields).encode()
    return planter.ask(name, "POST", path, status=status, sends=body, headers=headers)


def post(
    planter: Planter,
    name: str,
    endpoint: str,
    fields: dict[str, str],
    authorization: str | None,
    *,
    status: int,
) -> Answer:
    """A form, as an application sends it."""
    headers = FORM if authorization is None else FORM | {"Authorization": authorization}
    body = urlencode(fields).encode()
    path = f"/oauth2/{endpoint}"
    return planter.ask(name, "POST", path, status=status, sends=body, headers=headers)


def csrf(page: Answer) -> str:
    """What proves that the page's form is its own."""
    found = re.search(r'name="csrf" value="([^"]*)"', page.body.decode())
    assert found, page
    return unescape(found[1])


def cookie(planter: Planter, name: str, answer: Answer) -> str:
    """The cookie that an answer sets: a secret from now on."""
    pair = answer.headers["Set-Cookie"].partition(";")[0]
    where = f"{name}: cookie"
    planter.canaries.add(where, pair.partition("=")[2].rpartition(".")[2])
    planter.canaries.may_have(name, where)
    return pair
